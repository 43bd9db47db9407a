import { goesOnFor } from '../../flow/settle.ts';
import { seqAdd } from '../../tcp/seq.ts';
import type { Detector } from '../detector.ts';
import { count, duration } from '../words.ts';

/** Time in which any kernel acknowledges data or repeats its SYN-ACK. */
const SILENCE_NANOS = 3_000_000_000;

export const serverSilentAfterHandshake: Detector = {
  entry: {
    code: 'server-silent-after-handshake',
    category: 'handshake',
    severity: 'error',
    title: 'Nothing came from the server after its SYN-ACK',
    meaning:
      'The handshake completed, the client sent data again and again, and the server neither acknowledged it nor repeated its SYN-ACK: since the handshake nothing of the server was seen.',
    cause:
      'A firewall or load balancer between them that lets SYNs pass and drops what follows, a path that cannot carry full-size segments (the ICMP errors for path MTU discovery are filtered), or a server that went down right then. A program that is merely busy still has a kernel that acknowledges.',
    hint: 'Capture at the server: does the data arrive there? If only large segments are lost, lower the MSS or let ICMP "fragmentation needed" / "packet too big" through (net.ipv4.tcp_mtu_probing).',
    source: 'RFC 9293 §3.8.1; RFC 2923 §2.1',
  },
  detect(connection) {
    const { client, server, handshakeAck, acceptedSynBytes } = connection;
    if (handshakeAck === null || !server.sentSynAck || server.segments === 0) return null;
    if (server.sentBeyondSyn || server.payloadBytes > 0 || server.rst > 0 || server.fin !== -1) return null;
    if (connection.synAckRepeatsAfterAck > 0 || client.uniquePayloadBytes <= acceptedSynBytes) return null;
    if (client.ackHigh !== seqAdd(server.isn, 1) || client.resend === null) return null;
    const data = client.recent.find(
      (segment) => segment.payloadBytes > 0 && segment.timeNanos >= handshakeAck.timeNanos,
    );
    if (data === undefined || !goesOnFor(connection, data.timeNanos, SILENCE_NANOS)) return null;
    const untilNanos = connection.closingReset?.segment.timeNanos ?? connection.observedUntilNanos;
    if (untilNanos - data.timeNanos < SILENCE_NANOS) return null;
    const bytes = count(client.uniquePayloadBytes - acceptedSynBytes, 'octet');
    const silence = duration(untilNanos - data.timeNanos);
    const repeats = count(client.retransmittedSegments, 'retransmission');
    return {
      at: 'path',
      frames: [connection.synAckFrame, handshakeAck.frame, data.frame],
      message: `Nothing of the server was seen after its SYN-ACK in frame ${connection.synAckFrame}: ${bytes} of the client stayed without acknowledgment for ${silence}, in spite of ${repeats}.`,
    };
  },
};
