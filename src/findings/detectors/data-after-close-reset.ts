import { type Sentence, say } from '../../base/sentence.ts';
import type { End } from '../../flow/vocabulary.ts';
import { findResetAfterFin, unacknowledgedBytes } from '../close.ts';
import type { Detector } from '../detector.ts';
import { count, duration, endName } from '../words.ts';

export const dataAfterCloseReset: Detector = {
  entry: {
    code: 'data-after-close-reset',
    category: 'teardown',
    severity: 'error',
    title: 'Data sent to an end that had closed was answered by a reset',
    meaning:
      'An end that had sent its FIN answered data with a reset: nobody was left to read it, so it is lost, and the sender gets ECONNRESET, then EPIPE.',
    cause:
      'The first end called close() (or shutdown(SHUT_RDWR), or its process ended) and not shutdown(SHUT_WR); the other did not treat recv() = 0 as the end, or the protocol lets it go on talking.',
    hint: "Where an answer is still to come, call shutdown(SHUT_WR) and read to the end before close(). On the other side stop sending when recv() returns 0 and the protocol says that the peer is done. A TLS close_notify that crosses the peer's close ends like this too, and is the harmless case. nstat TcpExtTCPAbortOnData counts them on the end that closed.",
    source: 'RFC 1122 §4.2.2.13; RFC 9293 §3.10.7.4; RFC 2525 §2.17; Linux tcp_rcv_state_process()',
  },
  detect(connection) {
    const found = findResetAfterFin(connection);
    if (found === null || found.payload === null) return null;
    const { index, reset, payload } = found;
    const talker = index === 0 ? 1 : 0;
    const name = endName(connection, index);
    const frames = [connection.ends[index].finCopies[0].frame, payload.frame, reset.segment.frame];
    const message = (): Sentence =>
      lateResetMessage({
        name,
        talker: endName(connection, talker),
        dataFrame: payload.frame,
        resetFrame: reset.segment.frame,
        waitedNanos: found.waitedNanos,
        lostBytes: unacknowledgedBytes(connection, talker),
      });
    return { at: name, frames, message };
  },
};

/** A reset that answers data behind a FIN. */
interface LateReset {
  /** Who had closed and resets, and who sent the data. */
  readonly name: End;
  readonly talker: End;
  readonly dataFrame: number;
  readonly resetFrame: number;
  /** From the FIN to the data, nanoseconds. */
  readonly waitedNanos: number;
  /** Octets of the other end that were not acknowledged. */
  readonly lostBytes: number;
}

export function lateResetMessage({ name, talker, dataFrame, resetFrame, waitedNanos, lostBytes }: LateReset): Sentence {
  const lost = lostBytes === 0 ? '' : say`: ${count(lostBytes, 'octet')} ${lostBytes === 1 ? 'is' : 'are'} lost`;
  return say`The ${talker} sent data (frame ${dataFrame}) ${duration(waitedNanos)} after the ${name}'s FIN, which it had acknowledged, and the ${name} answered with a reset (frame ${resetFrame})${lost}.`;
}
