import { type Sentence, say } from '../../base/sentence.ts';
import type { Moment } from '../../flow/history.ts';
import type { Detector } from '../detector.ts';
import { duration } from '../words.ts';

export const simultaneousClose: Detector = {
  entry: {
    code: 'simultaneous-close',
    category: 'teardown',
    severity: 'info',
    title: 'Both ends closed of their own accord',
    meaning:
      'Each end sent its FIN before the FIN of the other had arrived: none of them was ever in CLOSE_WAIT, and both end in TIME_WAIT. Who closed first cannot be said.',
    cause:
      'Both applications called close() or shutdown(SHUT_WR) within one path delay, often on the same message or the same idle timer; a lost first FIN has the same effect.',
    hint: 'Nothing is wrong; note that both hosts keep the tuple in TIME_WAIT.',
    source: 'RFC 9293 §3.6, figure 13',
  },
  detect(connection) {
    if (!connection.isCrossingClose) return null;
    const [a] = connection.ends[0].finCopies;
    const [b] = connection.ends[1].finCopies;
    if (a === undefined || b === undefined) return null;
    const [first, second] = a.timeNanos <= b.timeNanos ? [a, b] : [b, a];
    return {
      at: 'path',
      frames: [first.frame, second.frame],
      message: () => crossingMessage(first, second, connection.isBeyondRtt(first.timeNanos, second.timeNanos)),
    };
  },
};

/** The FINs in their order, and whether they are more than a round trip apart. */
export function crossingMessage(first: Moment, second: Moment, isBeyondRtt: boolean): Sentence {
  const how = isBeyondRtt
    ? say`the second was sent ${duration(second.timeNanos - first.timeNanos)} after the first, which had not arrived by then`
    : 'each was sent before the other arrived';
  return say`The FINs of frames ${first.frame} and ${second.frame} crossed: ${how}.`;
}
