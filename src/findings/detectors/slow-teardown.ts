import type { Detector } from '../detector.ts';
import { duration, endName, times } from '../words.ts';

export const slowTeardown: Detector = {
  entry: {
    code: 'slow-teardown',
    category: 'teardown',
    severity: 'note',
    title: 'The close took long',
    meaning: 'Much time passed between the first FIN and the acknowledgment of the last one, without data in between.',
    cause:
      'The program at the second end called close() late after recv() had returned 0 (CLOSE_WAIT), or FINs and their acknowledgments were lost and repeated at doubling intervals.',
    hint: 'If CLOSE_WAIT took the time, look at what that program does between the end of the stream and close(). If repeats took it, see which wave was lost (teardown-w1-lost to teardown-w4-lost).',
    source: 'RFC 9293 §3.6; RFC 6298 §5.5',
  },
  detect(connection, policy) {
    const { firstFinIndex, secondFinIndex, verdict } = connection;
    if (verdict.outcome !== 'graceful' || firstFinIndex === -1 || secondFinIndex === -1) return null;
    if (connection.isHalfCloseAcknowledged) return null;
    const closer = connection.ends[firstFinIndex];
    const other = connection.ends[secondFinIndex];
    const [fin1] = closer.finCopies;
    const [fin2] = other.finCopies;
    if (fin1 === undefined || fin2 === undefined || closer.finCover === null || other.finCover === null) return null;
    const end = other.finCover.timeNanos > closer.finCover.timeNanos ? other.finCover : closer.finCover;
    const tookNanos = end.timeNanos - fin1.timeNanos;
    if (tookNanos < policy.slowTeardownSeconds * 1e9) return null;
    const waitNanos = fin2.timeNanos - closer.finCover.timeNanos;
    const isWaiting = waitNanos >= tookNanos / 2 && !connection.isCrossingClose;
    const name = endName(connection, secondFinIndex);
    const repeats = connection.finRetransmissions[0] + connection.finRetransmissions[1];
    const why = isWaiting
      ? `for ${duration(waitNanos)} of it the ${name} stayed in CLOSE_WAIT before it closed too`
      : repeats > 0
        ? `FINs had to be sent again ${times(repeats)}`
        : 'the answers came late';
    return {
      at: isWaiting ? name : 'path',
      frames: [fin1.frame, closer.finCover.frame, fin2.frame, other.finCover.frame],
      message: `The close took ${duration(tookNanos)} from the first FIN (frame ${fin1.frame}) to the last ACK (frame ${end.frame}); ${why}.`,
    };
  },
};
