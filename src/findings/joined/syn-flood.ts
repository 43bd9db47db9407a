import type { Key } from '../../flow/host-counts.ts';
import { Counter, type JoinedDetector, keepFrame, Tally } from '../joined.ts';
import type { JoinedFacts } from '../joined-facts.ts';
import { count, duration } from '../words.ts';

/** Half-open connections count together when they began within this time: as long as Linux keeps one by default. */
const WINDOW_NANOS = 63e9;
/** Begins that are kept for one service. */
const MAX_BEGINS = 65_536;
const MAX_SOURCES = 65_536;
/** Of all attempts at a port, the half-open ones must be this share: a busy port always has a few. */
const LEAST_SHARE = 0.1;

/** What was left half-open at one service. */
interface Target {
  readonly begins: number[];
  readonly sources: Set<Key>;
  readonly frames: number[];
}

export const synFlood: JoinedDetector = {
  entry: {
    code: 'syn-flood',
    category: 'security',
    severity: 'warning',
    title: 'A flood of half-open connections',
    meaning:
      'A server answered many SYNs to one port whose senders never completed the handshake. Each takes a place in the SYN queue until the server gives up, 63 s later on Linux.',
    cause: 'A SYN flood with forged sources, or a broken path on which the SYN-ACKs or the third segments are lost.',
    hint: 'See that SYN cookies are on (net.ipv4.tcp_syncookies) and the queue is long enough (net.ipv4.tcp_max_syn_backlog, net.core.somaxconn). The number is the option --flood-connections.',
    source: 'RFC 4987; Linux tcp_conn_request()',
  },
  codes: [],
  create(policy, ordinary) {
    const targets = new Tally<Target>(() => ({
      begins: [],
      sources: new Set(),
      frames: [],
    }));
    const completed = new Counter();
    let hasPlain = false;
    return {
      take(seen) {
        const { connection } = seen;
        hasPlain ||= connection === null || connection.hasPlainSegments;
        if (connection === null || seen.isCompleted) completed.add(seen.service);
        else if (connection.isHalfOpen) note(targets.at(seen.service, seen), seen.client, connection);
      },
      minds: (seen) =>
        seen.isCompleted || seen.connection?.hasPlainSegments === true || seen.connection?.isHalfOpen === true,
      finish() {
        const flooded = targets
          .mostFirst(policy.floodConnections, ({ begins }) => begins.length)
          .flatMap(([key, target]) => {
            const { begins, sources, frames } = target;
            const { most, nanos } = densest(begins);
            const others = completed.of(key) + ordinary.counts.services.countOf(key);
            if (most < policy.floodConnections || begins.length < LEAST_SHARE * (begins.length + others)) return [];
            return [
              {
                at: 'server' as const,
                frames,
                message: `${ordinary.names.textOfService(key)} answered ${count(most, 'SYN')} within ${duration(nanos)} that were never followed up, from ${count(sources.size, 'source')}; ${others === 0 ? 'no handshake' : count(others, 'handshake')} with it ${others > 1 ? 'were' : 'was'} completed.`,
                ...(hasPlain || ordinary.counts.total > 0 ? {} : { cause: DOUBT }),
              },
            ];
          });
        return flooded;
      },
    };
  },
};

const DOUBT =
  'A SYN flood with forged sources; or a capture filter that let through nothing but SYNs: there is no other segment in this capture that would tell.';

function note(target: Target | undefined, client: Key, connection: JoinedFacts): void {
  if (target === undefined) return;
  if (target.begins.length < MAX_BEGINS) target.begins.push(connection.firstNanos);
  if (target.sources.size < MAX_SOURCES) target.sources.add(client);
  keepFrame(target.frames, connection.firstFrame);
}

/** The most that began within the window, and the time that these took. */
function densest(begins: number[]): { readonly most: number; readonly nanos: number } {
  begins.sort((a, b) => a - b);
  let most = 0;
  let nanos = 0;
  for (let last = 0, first = 0; last < begins.length; last++) {
    while (begins[last] - begins[first] > WINDOW_NANOS) first++;
    if (last - first < most) continue;
    most = last - first + 1;
    nanos = begins[last] - begins[first];
  }
  return { most, nanos };
}
