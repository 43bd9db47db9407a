import { type Sentence, say } from '../../base/sentence.ts';
import { goesOnFor } from '../../flow/settle.ts';
import type { Detector } from '../detector.ts';
import { duration, times } from '../words.ts';

const REPEATS = 2;

export const synAckGiveUp: Detector = {
  entry: {
    code: 'syn-ack-give-up',
    category: 'handshake',
    severity: 'warning',
    title: 'The server gave up its SYN-ACK',
    meaning:
      'The repeats of the SYN-ACK stopped, and none came in twice the time of the last interval: the server has dropped the half-open connection from SYN_RECEIVED without telling anyone.',
    cause:
      'No acknowledgment of the SYN-ACK arrived within net.ipv4.tcp_synack_retries repeats (5 by default on Linux).',
    hint: 'Find out why the client does not acknowledge (see syn-ack-retransmission). If it sends later, the server will answer with a reset.',
    source: 'RFC 9293 §3.8.3; Linux reqsk_timer_handler()',
  },
  detect(connection) {
    const { client, server, handshakeAck, synAckRetransmissions: repeats } = connection;
    if (repeats < REPEATS || handshakeAck !== null || client.sentBeyondSyn || server.sentBeyondSyn) return null;
    if (connection.isSimultaneousOpen || client.segments === 0 || client.rst > 0 || server.rst > 0) return null;
    const copies = server.synCopies;
    if (copies.length <= REPEATS || client.lastSentNanos > copies[copies.length - 1].timeNanos) return null;
    const interval = copies[copies.length - 1].timeNanos - copies[copies.length - 2].timeNanos;
    if (!goesOnFor(connection, server.lastSentNanos, 2 * interval)) return null;
    const silenceNanos = connection.observedUntilNanos - server.lastSentNanos;
    return {
      at: 'server',
      frames: copies.map((copy) => copy.frame),
      message: () => givenUpMessage(repeats, interval, silenceNanos),
    };
  },
};

/** How often the SYN-ACK was sent again, how long after the copy before the last one came, and the silence behind it, nanoseconds. */
export function givenUpMessage(repeats: number, intervalNanos: number, silenceNanos: number): Sentence {
  return say`The server repeated its SYN-ACK ${times(repeats)}, last after ${duration(intervalNanos)}, and then no more for ${duration(silenceNanos)}.`;
}
