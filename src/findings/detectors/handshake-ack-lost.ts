import type { Detector } from '../detector.ts';
import { duration } from '../words.ts';

/** No timer repeats a SYN-ACK sooner: the network doubled it. */
const TIMER_NANOS = 200_000_000;

export const handshakeAckLost: Detector = {
  entry: {
    code: 'handshake-ack-lost',
    category: 'handshake',
    severity: 'note',
    title: 'The third segment of the handshake was captured and did not arrive',
    meaning:
      'The server repeated its SYN-ACK although the acknowledgment of it had passed more than a round trip before; then it went on. The client believed the connection open all the time, the server only from then on.',
    cause:
      'The acknowledgment was lost between the capture point and the server, or the server dropped it: an accept queue that was full for a moment, or a listener with TCP_DEFER_ACCEPT that waits for data.',
    hint: 'If it comes often on one port, look at nstat TcpExtListenOverflows on the server and at how fast the program calls accept().',
    source: 'RFC 9293 §3.5 and §3.8.1; Linux tcp_check_req()',
  },
  detect(connection) {
    const { handshakeAck, server } = connection;
    if (connection.synAckRepeatsAfterAck !== 1 || handshakeAck === null || !server.sentBeyondSyn) return null;
    const again = server.synCopies.find((copy) => copy.timeNanos > handshakeAck.timeNanos);
    if (again === undefined || again.timeNanos - server.synCopies[0].timeNanos < TIMER_NANOS) return null;
    return {
      at: 'path',
      frames: [handshakeAck.frame, again.frame],
      message: `The server repeated its SYN-ACK in frame ${again.frame}, ${duration(again.timeNanos - handshakeAck.timeNanos)} after the third segment of frame ${handshakeAck.frame} had passed.`,
    };
  },
};
