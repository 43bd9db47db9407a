import type { Detector } from '../detector.ts';
import { count, duration, endName } from '../words.ts';

export const finRetransmission: Detector = {
  entry: {
    code: 'fin-retransmission',
    category: 'teardown',
    severity: 'note',
    title: 'A FIN was sent again',
    meaning:
      'An end repeated its FIN because no acknowledgment of it had arrived when its retransmission timer ran out.',
    cause: 'The FIN or its acknowledgment was lost, or the other host was too slow to answer within the time-out.',
    hint: 'See which wave was lost (teardown-w1-lost to teardown-w4-lost) to learn on which side of the capture point.',
    source: 'RFC 6298 §5; RFC 9293 §3.8.1',
  },
  detect(connection) {
    const index = connection.finRetransmissions[0] >= connection.finRetransmissions[1] ? 0 : 1;
    const repeats = connection.finRetransmissions[index];
    if (repeats === 0) return null;
    const { finCopies } = connection.ends[index];
    const name = endName(connection, index);
    const after = duration(finCopies[1].timeNanos - finCopies[0].timeNanos);
    return {
      at: name,
      frames: finCopies.map((copy) => copy.frame),
      message: `The ${name} sent its FIN again ${count(repeats, 'time')}, first after ${after}.`,
    };
  },
};
