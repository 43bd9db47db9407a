import { type Sentence, say } from '../../base/sentence.ts';
import type { Connection } from '../../flow/connection.ts';
import { isTimedRepeat } from '../../flow/lost-wave.ts';
import type { Segment } from '../../flow/segment.ts';
import type { End } from '../../flow/vocabulary.ts';
import type { Detector } from '../detector.ts';
import { leadingEnd } from '../leading-end.ts';
import { duration, endName, times } from '../words.ts';

export const finRetransmission: Detector = {
  entry: {
    code: 'fin-retransmission',
    category: 'teardown',
    severity: 'note',
    title: 'A FIN was sent again',
    meaning:
      'An end repeated its FIN because no acknowledgment of it had arrived when its retransmission timer ran out.',
    cause:
      'The FIN or its acknowledgment was lost, or the other host answered later than the time-out (200 ms plus the round trip on Linux at the least). The timer belongs to the kernel: the program that called close() learns nothing of it.',
    hint: 'See which wave was lost (teardown-w1-lost to teardown-w4-lost) to learn on which side of the capture point. While it goes on, ss -tno state fin-wait-1 (or last-ack) shows the socket, its timer and the repeats so far; net.ipv4.tcp_orphan_retries limits them once the program has closed.',
    source: 'RFC 6298 §5; RFC 9293 §3.8.1; Linux tcp_retransmit_timer()',
  },
  detect(connection) {
    if (connection.ends[0].finCopies.length < 2 && connection.ends[1].finCopies.length < 2) return null;
    const byEnd = [repeatsOf(connection, 0), repeatsOf(connection, 1)];
    const index = leadingEnd(connection, (each) => byEnd[each].length);
    const [repeats, others] = [byEnd[index], byEnd[1 - index]];
    const [repeat] = repeats;
    if (repeat === undefined) return null;
    const [first] = connection.ends[index].finCopies;
    const name = endName(connection, index);
    const frames = [first.frame];
    for (const { frame } of repeats) frames.push(frame);
    for (const { frame } of others) frames.push(frame);
    const names = [name, endName(connection, index === 0 ? 1 : 0)] as const;
    const afterNanos = repeat.timeNanos - first.timeNanos;
    return { at: name, frames, message: () => finsAgainMessage(names, repeats.length, afterNanos, others.length) };
  },
};

/** The end that sent its FIN again more often, and the other; how often they did, and how long after its first FIN the former did. */
export function finsAgainMessage(
  [name, other]: readonly [End, End],
  repeats: number,
  afterNanos: number,
  others: number,
): Sentence {
  const after = say`${repeats === 1 ? '' : 'first '}after ${duration(afterNanos)}`;
  const second = others === 0 ? '' : say`; the ${other} sent its own again ${times(others)}`;
  return say`The ${name} sent its FIN again ${times(repeats)}, ${after}${second}.`;
}

function repeatsOf(connection: Connection, index: 0 | 1): Segment[] {
  if (index === 1 && connection.isSelfConnect) return [];
  const copies = connection.ends[index].finCopies;
  return copies.filter((copy) => isTimedRepeat(connection, copies[0], copy));
}
