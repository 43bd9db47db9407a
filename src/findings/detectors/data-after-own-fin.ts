import { seqAdd, seqDiff } from '../../tcp/seq.ts';
import { frameList } from '../close.ts';
import type { Detector } from '../detector.ts';
import { count, endName } from '../words.ts';

export const dataAfterOwnFin: Detector = {
  entry: {
    code: 'data-after-own-fin',
    category: 'teardown',
    severity: 'error',
    title: 'An end sent data behind its own FIN',
    meaning: 'A segment carries octets with numbers beyond the FIN of the same end; no receiver takes them.',
    cause:
      'No TCP does this of its own accord. The FIN or the data was forged, a middlebox or proxy changed sequence numbers, or the stack (embedded, user space) is broken.',
    hint: 'Compare TTL and IP identification of the FIN and the data: different values mean different senders. Capture next to that end to see which of the two it really sent.',
    source: 'RFC 9293 §3.9.1 (SEND after CLOSE is an error), §3.10.7.4 (seventh step)',
  },
  detect(connection) {
    const [first] = connection.dataAfterFin;
    if (first === undefined) return null;
    const { from } = first;
    const me = connection.ends[from];
    const [fin] = me.finCopies;
    if (fin === undefined) return null;
    const segments = connection.dataAfterFin.filter((each) => each.from === from);
    let bytes = 0;
    for (const { seq, payloadBytes } of segments) {
      bytes += Math.min(payloadBytes, seqDiff(seqAdd(seq, payloadBytes), me.fin));
    }
    const name = endName(connection, from);
    return {
      at: name,
      frames: [fin.frame, ...segments.map(({ frame }) => frame)],
      message: `After its FIN (frame ${fin.frame}) the ${name} sent ${count(bytes, 'octet')} with numbers behind it (${frameList(segments)}).`,
    };
  },
};
