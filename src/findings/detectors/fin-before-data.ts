import { frameList } from '../close.ts';
import type { Detector } from '../detector.ts';
import { count, endName } from '../words.ts';

export const finBeforeData: Detector = {
  entry: {
    code: 'fin-before-data',
    category: 'teardown',
    severity: 'note',
    title: 'A FIN was captured before data that was sent earlier',
    meaning:
      'Data that belongs before the FIN was captured after it, and its time stamp or IP identification shows that it was sent first: the packets changed places.',
    cause:
      'Several paths or queues between the sender and the capture point, or a capture that merges several interfaces or receive queues.',
    hint: 'The connection is not at fault: the receiver puts the octets in order and sees the end of the stream after the last of them. Do not take the data for data after close.',
    source: 'RFC 9293 §3.10.7.4 (a FIN counts when all before it has arrived); RFC 7323 §3; RFC 6864',
  },
  detect(connection) {
    const [first] = connection.finBeforeData;
    if (first === undefined) return null;
    const { from } = first;
    const [fin] = connection.ends[from].finCopies;
    if (fin === undefined) return null;
    const segments = connection.finBeforeData.filter((each) => each.from === from);
    const bytes = segments.reduce((sum, each) => sum + each.payloadBytes, 0);
    return {
      at: 'capture',
      frames: [fin.frame, ...segments.map(({ frame }) => frame)],
      message: `The ${endName(connection, from)}'s FIN (frame ${fin.frame}) was captured before ${count(bytes, 'octet')} that it had sent earlier (${frameList(segments)}).`,
    };
  },
};
