import { goesOnFor } from '../../flow/settle.ts';
import { findUncoveredFin } from '../close.ts';
import type { Detector } from '../detector.ts';
import { duration, endName } from '../words.ts';

export const finalAckNotCaptured: Detector = {
  entry: {
    code: 'final-ack-not-captured',
    category: 'teardown',
    severity: 'note',
    title: 'The final ACK is missing from the capture only',
    meaning:
      'The second FIN is not acknowledged in the capture, but its sender did not repeat it either, although there was time: it got its acknowledgment by a way that the capture did not see.',
    cause:
      'The capture dropped the packet, a filter left it out, or that direction takes another path for a part of its packets.',
    hint: 'Nothing is wrong with the connection. Look at the drop counters of the capture (tcpdump prints them at the end) and enlarge its buffer (tcpdump -B).',
    source: 'RFC 6298 §5 (a FIN without acknowledgment is repeated); RFC 9293 §3.10.7.4',
  },
  detect(connection) {
    if (connection.verdict.outcome !== 'final-ack-missing') return null;
    const fin = findUncoveredFin(connection);
    if (fin === null || connection.finRetransmissions[fin.index] > 0) return null;
    if (!goesOnFor(connection, fin.last.timeNanos, connection.repeatNanos)) return null;
    const name = endName(connection, fin.index);
    const watched = duration(connection.observedUntilNanos - fin.last.timeNanos);
    return {
      at: 'capture',
      frames: [fin.first.frame],
      message: `No acknowledgment of the ${name}'s FIN (frame ${fin.first.frame}) was captured, yet the ${name} did not repeat it in the ${watched} that followed: it did get its acknowledgment.`,
    };
  },
};
