import type { Detector } from '../detector.ts';
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
    hint: 'See which wave was lost (teardown-w1-lost to teardown-w4-lost) to learn on which side of the capture point.',
    source: 'RFC 6298 §5; RFC 9293 §3.8.1; Linux tcp_retransmit_timer()',
  },
  detect(connection) {
    const { finRetransmissions } = connection;
    const index = finRetransmissions[0] >= finRetransmissions[1] ? 0 : 1;
    const other = index === 0 ? 1 : 0;
    const copies = connection.ends[index].finCopies;
    if (finRetransmissions[index] === 0 || copies.length < 2) return null;
    const name = endName(connection, index);
    const after = duration(copies[1].timeNanos - copies[0].timeNanos);
    const first = `The ${name} sent its FIN again ${times(finRetransmissions[index])}, first after ${after}`;
    const isBoth = finRetransmissions[other] > 0 && !connection.isSelfConnect;
    const frames = copies.map((copy) => copy.frame);
    if (isBoth) frames.push(...connection.ends[other].finCopies.map((copy) => copy.frame));
    const second = isBoth
      ? `; the ${endName(connection, other)} sent its own again ${times(finRetransmissions[other])}`
      : '';
    return { at: name, frames, message: `${first}${second}.` };
  },
};
