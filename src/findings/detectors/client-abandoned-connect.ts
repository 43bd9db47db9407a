import { type Sentence, say } from '../../base/sentence.ts';
import type { Moment } from '../../flow/history.ts';
import type { Detector } from '../detector.ts';
import { duration } from '../words.ts';

export const clientAbandonedConnect: Detector = {
  entry: {
    code: 'client-abandoned-connect',
    category: 'handshake',
    severity: 'note',
    title: 'The client gave up before the SYN-ACK came',
    meaning:
      'The SYN-ACK was answered by a reset: the socket that had sent the SYN no longer existed. The server was reachable and willing.',
    cause:
      'The program closed its socket while connect() was under way: its own time-out was shorter than the answer took, another address was faster (Happy Eyeballs), the user cancelled. A SYN scanner does it on purpose to every open port.',
    hint: 'Compare the time to the SYN-ACK with the connect time-out of the client (strace -f -e trace=network,close shows connect() and the close() that came first). Resets of one source to many ports are a scan: see syn-scan.',
    source: 'RFC 9293 §3.10.4 and §3.10.7.1; RFC 8305 §5; Linux tcp_v4_send_reset()',
  },
  detect(connection) {
    const { closingReset, client, server, verdict } = connection;
    if (verdict.outcome !== 'abandoned' || closingReset === null || !server.sentSynAck) return null;
    const { segment } = closingReset;
    const answer = server.synCopies.findLast((copy) => copy.timeNanos <= segment.timeNanos);
    const [syn] = client.synCopies;
    if (answer === undefined || syn === undefined) return null;
    return {
      at: 'client',
      frames: [syn.frame, answer.frame, segment.frame],
      message: () => abandonmentMessage(syn, answer, segment),
    };
  },
};

/** The first SYN, the SYN-ACK, and the reset that answers that. */
export function abandonmentMessage(syn: Moment, answer: Moment, reset: Moment): Sentence {
  return say`The client reset the SYN-ACK of frame ${answer.frame} in frame ${reset.frame}; the SYN-ACK came ${duration(answer.timeNanos - syn.timeNanos)} after the first SYN.`;
}
