import { seqAdd, seqDiff } from '../../tcp/seq.ts';
import type { Detector } from '../detector.ts';
import { count } from '../words.ts';

export const synAckBadAck: Detector = {
  entry: {
    code: 'syn-ack-bad-ack',
    category: 'handshake',
    severity: 'warning',
    title: 'A SYN-ACK acknowledges a SYN that was not sent',
    meaning:
      'The acknowledgment number of the SYN-ACK is not the one that follows the SYN of the client. The client answers with a reset and goes on waiting.',
    cause:
      'A firewall, NAT or load balancer that changes sequence numbers lost track, the server answers an old duplicate SYN of an earlier connection, or someone forges answers.',
    hint: 'Compare captures on both sides of the stateful devices on the path; switch sequence number randomisation off there if it is on.',
    source: 'RFC 9293 §3.5, figure 8, and §3.10.7.3',
  },
  detect(connection) {
    const { badSynAckFrames: frames, client, server } = connection;
    const bad = server.synCopies.find((copy) => copy.frame === frames[0]);
    if (bad === undefined || client.isn === -1) return null;
    const off = seqDiff(bad.ack, seqAdd(client.isn, 1));
    const others = frames.length > 1 ? `, the first of ${count(frames.length, 'such segment')},` : '';
    return {
      at: 'server',
      frames: [connection.synFrame, ...frames],
      message: `The SYN-ACK in frame ${bad.frame}${others} acknowledges a number ${count(Math.abs(off), 'octet')} ${off > 0 ? 'above' : 'below'} the one that follows the SYN in frame ${connection.synFrame}.`,
    };
  },
};
