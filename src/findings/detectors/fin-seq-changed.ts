import { seqAdd, seqDiff } from '../../tcp/seq.ts';
import type { Detector } from '../detector.ts';
import { count, endName } from '../words.ts';

/** FINs further apart than this belong to two connections, of which the second's SYN was not captured. */
const SAME_CONNECTION_BYTES = 0xffff;

export const finSeqChanged: Detector = {
  entry: {
    code: 'fin-seq-changed',
    category: 'teardown',
    severity: 'error',
    title: 'An end sent two FINs with different numbers',
    meaning: 'The FIN of an end stands at two places of its stream; only one of them can be the end of it.',
    cause:
      'One of the FINs is forged or comes from a middlebox that closed on behalf of the host, or a proxy changed sequence numbers half-way.',
    hint: 'Compare TTL and IP identification of the two frames; capture next to that end to see which FIN it really sent. If octets lie between the two, check whether the stream was cut short.',
    source: 'RFC 9293 §3.4, §3.9.1 (the FIN takes one number, behind all data)',
  },
  detect(connection) {
    for (const change of connection.finSeqChanges) {
      const me = connection.ends[change.from];
      const [first] = me.finCopies;
      if (first === undefined || first === change) continue;
      const apart = seqDiff(seqAdd(change.seq, change.payloadBytes), me.fin);
      if (apart === 0 || Math.abs(apart) > SAME_CONNECTION_BYTES) continue;
      const name = endName(connection, change.from);
      const place = `${count(Math.abs(apart), 'octet')} ${apart > 0 ? 'further on' : 'further back'}`;
      return {
        at: name,
        frames: [first.frame, change.frame],
        message: `The ${name}'s FIN in frame ${change.frame} stands ${place} than its FIN in frame ${first.frame}.`,
      };
    }
    return null;
  },
};
