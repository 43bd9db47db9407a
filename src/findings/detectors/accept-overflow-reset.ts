import type { Detector } from '../detector.ts';
import { duration } from '../words.ts';

/** A third segment later than this after the SYN-ACK may meet a server that has given the attempt up. */
const LATE_NANOS = 10_000_000_000;

export const acceptOverflowReset: Detector = {
  entry: {
    code: 'accept-overflow-reset',
    category: 'handshake',
    severity: 'error',
    title: 'The third segment of the handshake was answered by a reset',
    meaning:
      'The server sent a SYN-ACK and then refused the acknowledgment of it: the client saw the connection open and at once reset.',
    cause:
      'The accept queue of the listener is full and net.ipv4.tcp_abort_on_overflow is set. Otherwise the listener was closed between the two segments, or a firewall or SYN proxy in front of it had no state for the connection.',
    hint: 'On the server watch nstat TcpExtListenOverflows and compare Recv-Q with Send-Q in ss -ltn; raise the backlog, call accept() faster, and see whether tcp_abort_on_overflow is meant to be set.',
    source: 'Linux tcp_check_req() and tcp_v4_send_reset(); RFC 9293 §3.10.7.4',
  },
  detect(connection) {
    const { closingReset, handshakeAck, server, client } = connection;
    if (closingReset === null || closingReset.isWithdrawn || closingReset.shape !== 'reactive') return null;
    const { provoking, segment } = closingReset;
    if (provoking === null || handshakeAck === null || !server.sentSynAck || server.sentBeyondSyn) return null;
    if (connection.ends[segment.from] !== server || client.fin !== -1 || client.rst > 0) return null;
    const [answer] = server.synCopies;
    if (answer === undefined || handshakeAck.timeNanos - answer.timeNanos > LATE_NANOS) return null;
    const afterNanos = segment.timeNanos - handshakeAck.timeNanos;
    if (afterNanos > Math.max(2 * connection.rttNanos, 100_000_000)) return null;
    return {
      at: 'server',
      frames: [handshakeAck.frame, segment.frame],
      message: `The server reset the connection in frame ${segment.frame}, ${duration(afterNanos)} after the third segment of the handshake in frame ${handshakeAck.frame}, without having sent anything but its SYN-ACK.`,
    };
  },
};
