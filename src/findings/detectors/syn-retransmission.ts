import { type Sentence, say } from '../../base/sentence.ts';
import type { Moment } from '../../flow/history.ts';
import type { End } from '../../flow/vocabulary.ts';
import { TcpFlag } from '../../wire/batch.ts';
import type { Detector } from '../detector.ts';
import { duration, endName, times } from '../words.ts';

export const synRetransmission: Detector = {
  entry: {
    code: 'syn-retransmission',
    category: 'handshake',
    severity: 'note',
    title: 'A SYN was sent again',
    meaning: 'An end repeated its SYN because no answer had reached it when its retransmission timer ran out.',
    cause:
      'The SYN or the SYN-ACK was lost, a full queue or a firewall dropped the SYN, or the answer was slow. connect() takes that much longer: the first repeat comes after one second on most systems, and the interval doubles.',
    hint: 'See whether syn-lost-downstream or syn-ack-lost tells which of the two was lost. The number of repeats is net.ipv4.tcp_syn_retries; nstat TcpExtTCPSynRetrans counts them on the client.',
    source: 'RFC 6298 §2.1 and §5; RFC 9293 §3.8.1',
  },
  detect(connection) {
    if (connection.synRetransmissions === 0) return null;
    const index = connection.ends[1].synCopies.length > connection.ends[0].synCopies.length ? 1 : 0;
    const end = connection.ends[connection.client.sentBareSyn ? connection.clientIndex : index];
    const synCopies = end.synCopies.filter((copy) => (copy.flags & TcpFlag.ACK) === 0);
    if (!end.sentBareSyn || synCopies.length < 2) return null;
    const name = end === connection.client ? 'client' : endName(connection, index);
    const evidence = {
      at: name,
      frames: synCopies.map((copy) => copy.frame),
      message: () => synAgainMessage(name, synCopies, connection.synRetransmissions),
    } as const;
    if (connection.isRecovery) {
      return {
        ...evidence,
        cause: 'The first SYN met an old connection of the same ports and had to reset it before it could be answered.',
        hint: 'See half-open-recovery; nothing was lost.',
      };
    }
    if (connection.verdict.outcome !== 'refused' || connection.closingReset === null) return evidence;
    return {
      ...evidence,
      cause:
        'The attempt had been refused: Windows sends its SYN again about half a second after a refusal, twice by default, before connect() fails.',
      hint: 'See connection-refused; nothing was lost.',
    };
  },
};

/** The copies of the SYN, the first one first, and how often it was sent again. */
export function synAgainMessage(name: End, [first, second]: readonly Moment[], repeats: number): Sentence {
  return say`The ${name} sent its SYN again ${times(repeats)}, first after ${duration(second.timeNanos - first.timeNanos)}.`;
}
