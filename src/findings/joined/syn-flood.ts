import type { Key } from '../../flow/host-counts.ts';
import { Counter, type JoinedDetector, keepFrame, Members, Tally } from '../joined.ts';
import type { JoinedFacts } from '../joined-facts.ts';
import { Times } from '../joined-times.ts';
import { count, duration } from '../words.ts';

/** Half-open connections count together when they began within this time: as long as Linux keeps one by default. */
const WINDOW_NANOS = 63e9;
/** So many begins of one service are kept to the nanosecond. */
const MAX_EXACT = 65_536;
/** Of all attempts at a port, the half-open ones must be this share: a busy port always has a few. */
const LEAST_SHARE = 0.1;

/** What was left half-open at one service. */
interface Target {
  readonly begins: Times;
  readonly sources: Members;
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
      begins: new Times(MAX_EXACT),
      sources: new Members(),
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
          .mostFirst(policy.floodConnections, ({ begins }) => begins.count)
          .flatMap(([key, target]) => {
            const { begins, sources, frames } = target;
            const { most, nanos } = begins.densest(WINDOW_NANOS);
            const several = count(sources.size, 'source');
            const others = completed.of(key) + ordinary.counts.services.countOf(key);
            if (most < policy.floodConnections || begins.count < LEAST_SHARE * (begins.count + others)) return [];
            return [
              {
                at: 'server' as const,
                frames,
                message: `${ordinary.names.textOfService(key)} answered ${count(most, 'SYN')} within ${duration(nanos)} that were never followed up, from ${sources.hasUnnamed ? `more than ${several}` : several}; ${others === 0 ? 'no handshake' : count(others, 'handshake')} with it ${others > 1 ? 'were' : 'was'} completed.`,
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
  target.begins.add(connection.firstNanos);
  target.sources.add(client);
  keepFrame(target.frames, connection.firstFrame);
}
