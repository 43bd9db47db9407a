import { type Sentence, say } from '../../base/sentence.ts';
import type { Moment } from '../../flow/history.ts';
import type { End } from '../../flow/vocabulary.ts';
import { couldBeCovered, findUncoveredFin, frameList } from '../close.ts';
import type { Detector } from '../detector.ts';
import { duration, endName, times } from '../words.ts';

export const finalAckMissing: Detector = {
  entry: {
    code: 'final-ack-missing',
    category: 'teardown',
    severity: 'warning',
    title: 'The last FIN was never acknowledged',
    meaning:
      'Both ends sent their FIN, but the second one was repeated without an answer: its sender stays in LAST_ACK until its kernel gives up.',
    cause:
      'The other host is gone, a firewall between them dropped its entry after the first FIN, or the FIN or all its acknowledgments were lost on the way; the packets do not tell which.',
    hint: 'All data was acknowledged before, so nothing is lost. Capture on the other host, and look for firewalls and NAT boxes that forget connections in FIN_WAIT too early (nf_conntrack_tcp_timeout_fin_wait). On Linux net.ipv4.tcp_orphan_retries limits the repeats.',
    source: 'RFC 9293 §3.6, §3.10.7.4; Linux tcp_orphan_retries()',
  },
  detect(connection) {
    if (connection.verdict.outcome !== 'final-ack-missing') return null;
    const fin = findUncoveredFin(connection);
    if (fin === null || connection.finRetransmissions[fin.index] === 0) return null;
    if (!couldBeCovered(connection, fin)) return null;
    const name = endName(connection, fin.index);
    const repeats = connection.finRetransmissions[fin.index];
    return {
      at: name,
      frames: fin.copies.map((copy) => copy.frame),
      message: () => uncoveredMessage(name, repeats, fin.copies, connection.observedUntilNanos),
    };
  },
};

/** Who sent its FIN again and how often, the copies, and until when no acknowledgment came. */
export function uncoveredMessage(name: End, repeats: number, copies: readonly Moment[], untilNanos: number): Sentence {
  const [first] = copies;
  const span = duration(copies[copies.length - 1].timeNanos - first.timeNanos);
  const watched = duration(untilNanos - first.timeNanos);
  return say`The ${name} repeated its FIN ${times(repeats)} within ${span} (${frameList(copies)}), and no acknowledgment of it was seen in the ${watched} from the first copy on.`;
}
