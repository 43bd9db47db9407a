import { type Sentence, say } from '../../base/sentence.ts';
import type { Moment } from '../../flow/history.ts';
import type { Detector } from '../detector.ts';
import { duration } from '../words.ts';

export const connectionRefused: Detector = {
  entry: {
    code: 'connection-refused',
    category: 'handshake',
    severity: 'error',
    title: 'Connection refused',
    meaning: 'The SYN was answered by a reset that acknowledges it: connect() fails with ECONNREFUSED.',
    cause:
      'No socket listens on that address and port (the service is down, or bound to another address), or a firewall refuses in the name of the host (REJECT with tcp-reset). The segment alone does not tell which.',
    hint: 'On the server look at ss -ltn. If the port is open there, a firewall answers: compare the TTL of the reset with that of other packets of the host.',
    source: 'RFC 9293 §3.10.7.1 and §3.10.7.3; Linux tcp_v4_send_reset()',
  },
  detect(connection) {
    const { closingReset, client, verdict } = connection;
    if (verdict.outcome !== 'refused' || closingReset === null || closingReset.isWithdrawn) return null;
    const { segment } = closingReset;
    const asked = client.synCopies.findLast((copy) => copy.timeNanos <= segment.timeNanos);
    if (asked === undefined) return null;
    const attempts = client.synCopies.length;
    const times = attempts > 1 && connection.server.rst > 1 ? `; all ${attempts} attempts went the same way` : '';
    return {
      at: 'server',
      frames: [asked.frame, segment.frame],
      message: () => refusalMessage(asked, segment, segment.ttl, times),
    };
  },
};

/** The SYN and the reset, with its time to live; `times` is said behind. */
export function refusalMessage(asked: Moment, reset: Moment, ttl: number, times = ''): Sentence {
  const after = duration(reset.timeNanos - asked.timeNanos);
  return say`The SYN in frame ${asked.frame} was refused by the reset in frame ${reset.frame} after ${after} (TTL ${ttl})${times}.`;
}
