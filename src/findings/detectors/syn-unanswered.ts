import { type Sentence, say } from '../../base/sentence.ts';
import type { Moment } from '../../flow/history.ts';
import { goesOnFor } from '../../flow/settle.ts';
import type { Detector } from '../detector.ts';
import { count, duration } from '../words.ts';

/** Time in which an answer to a single SYN would have come, or the SYN have been repeated. */
const ANSWER_NANOS = 3_000_000_000;

export const synUnanswered: Detector = {
  entry: {
    code: 'syn-unanswered',
    category: 'handshake',
    severity: 'error',
    title: 'Nobody answers the SYN',
    meaning: 'The client asked for a connection and nothing came back: no SYN-ACK, no reset, no ICMP error.',
    cause:
      'A firewall that drops silently, a host that is down or not routed, or a listener whose SYN or accept queue is full. If other clients of that port were answered in the same capture, think of the full queue first. connect() fails with ETIMEDOUT.',
    hint: 'Capture at the server: a SYN that arrives there and gets no answer is dropped by that host (nstat TcpExtListenDrops, TcpExtListenOverflows; firewall counters); one that does not arrive is lost on the path. How long the client tries is net.ipv4.tcp_syn_retries.',
    source: 'RFC 9293 §3.8.3; RFC 6298 §5; Linux tcp_v4_conn_request() and tcp_write_timeout()',
  },
  detect(connection) {
    const { client, server, verdict, lastNanos } = connection;
    if (verdict.outcome !== 'unanswered' || server.segments > 0 || client.synCopies.length === 0) return null;
    const copies = client.synCopies;
    if (copies.length < 2 && !goesOnFor(connection, lastNanos, ANSWER_NANOS)) return null;
    const [first] = copies;
    const { observedUntilNanos } = connection;
    const attempt = { count: copies.length === 1 ? 1 : connection.synRetransmissions + 1, first, lastNanos };
    const frames = copies.map((copy) => copy.frame);
    const { icmpErrors } = connection;
    if (icmpErrors.length === 0) {
      return { at: 'path', frames, message: () => unansweredMessage(attempt, observedUntilNanos) };
    }
    return {
      at: 'path',
      frames: [...frames, ...icmpErrors.map((error) => error.frame)],
      message: `${sentOf(attempt)} and no answer came in ${duration(observedUntilNanos - first.timeNanos)}, only ${icmpErrors.length === 1 ? 'an ICMP error' : `${icmpErrors.length} ICMP errors, the first`} in frame ${icmpErrors[0].frame}.`,
      cause:
        'The SYN did not get through: a routing loop or a time to live that was too small (a traceroute with SYNs does it on purpose), or a packet too large for the path.',
    };
  },
};

/** How many SYNs there were, the first, and when the last was sent. */
interface Attempt {
  readonly count: number;
  readonly first: Moment;
  readonly lastNanos: number;
}

function sentOf({ count: syns, first, lastNanos }: Attempt): string | Sentence {
  if (syns === 1) return 'The client sent one SYN';
  return say`The client sent ${count(syns, 'SYN')} within ${duration(lastNanos - first.timeNanos)}`;
}

/** `untilNanos` is how long it was watched. */
export function unansweredMessage(attempt: Attempt, untilNanos: number): Sentence {
  return say`${sentOf(attempt)} and nothing came back in ${duration(untilNanos - attempt.first.timeNanos)}.`;
}
