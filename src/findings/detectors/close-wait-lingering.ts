import { type Sentence, say } from '../../base/sentence.ts';
import type { End } from '../../flow/vocabulary.ts';
import type { Detector } from '../detector.ts';
import { duration, endName } from '../words.ts';

export const closeWaitLingering: Detector = {
  entry: {
    code: 'close-wait-lingering',
    category: 'teardown',
    severity: 'warning',
    title: 'An end stays in CLOSE_WAIT',
    meaning:
      'One end closed, the other acknowledged that and has done nothing since: no data, no FIN. Its kernel waits for the program to call close(), and no timer ends that.',
    cause:
      'The program does not call close() after recv() returned 0: a leaked descriptor, a connection pool that does not look at idle sockets, a thread that is stuck. Whether the other end called close() or shutdown(SHUT_WR) cannot be seen while this one is silent.',
    hint: 'On that host: ss -tnp state close-wait names the process; close the socket on every path when recv() returns 0, error paths too. No sysctl ends CLOSE_WAIT; keep-alives end it only when the other host is gone.',
    source: 'RFC 9293 §3.6, §3.10.7.4; Linux tcp_fin()',
  },
  detect(connection, policy) {
    const { firstFinIndex, closingReset, halfCloseSegments } = connection;
    if (firstFinIndex === -1 || connection.isSelfConnect) return null;
    const closer = connection.ends[firstFinIndex];
    const index = firstFinIndex === 0 ? 1 : 0;
    const cover = closer.finCover;
    if (cover === null || connection.ends[index].fin !== -1 || connection.ends[index].rst > 0) return null;
    if (halfCloseSegments.some(({ from }) => from === index) || cover.payloadBytes > 0) return null;
    const untilNanos = closingReset?.segment.timeNanos ?? connection.observedUntilNanos;
    const silenceNanos = untilNanos - cover.timeNanos;
    if (silenceNanos < policy.closeWaitSeconds * 1e9) return null;
    const name = endName(connection, index);
    const [fin] = closer.finCopies;
    const end = (): string | undefined =>
      closingReset !== null
        ? `until the reset in frame ${closingReset.segment.frame}`
        : connection.successor !== null
          ? 'until the port was used again'
          : undefined;
    return {
      at: name,
      frames: fin === undefined ? [cover.frame] : [fin.frame, cover.frame],
      severity: silenceNanos >= policy.closeWaitErrorSeconds * 1e9 ? 'error' : 'warning',
      message: () => lingeringMessage(name, endName(connection, firstFinIndex), cover.frame, silenceNanos, end()),
    };
  },
};

/** Who lingers, who had closed, the acknowledgment of the FIN, and for how long nothing came until what. */
export function lingeringMessage(
  name: End,
  closer: End,
  coverFrame: number,
  silenceNanos: number,
  end = 'to the end of the capture',
): Sentence {
  return say`The ${name} acknowledged the ${closer}'s FIN in frame ${coverFrame} and then sent neither data nor a FIN for ${duration(silenceNanos)}, ${end}: it lingers in CLOSE_WAIT.`;
}
