import type { Key } from '../../flow/host-counts.ts';
import { Counter, type JoinedDetector, keepFrame, Members, Tally } from '../joined.ts';
import type { JoinedFacts } from '../joined-facts.ts';
import { count, duration } from '../words.ts';

/** Half-open connections count together when they began within this time: as long as Linux keeps one by default. */
const WINDOW_NANOS = 63e9;
/** As many begins of one service are kept to the nanosecond; of more it is known in which second they were. */
const MAX_EXACT = 65_536;
const SECOND_NANOS = 1e9;
/** Seconds that are told apart. */
const MAX_SECONDS = 65_536;
/** Of all attempts at a port, the half-open ones must be this share: a busy port always has a few. */
const LEAST_SHARE = 0.1;

/** What was left half-open at one service. */
interface Target {
  readonly begins: Begins;
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
      begins: new Begins(),
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
            const { most, nanos } = begins.densest();
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

/** When connections began, in whatever order. */
class Begins {
  count = 0;
  readonly #times: number[] = [];
  /** How many by second, once there are too many for their times. */
  #seconds: Map<number, number> | null = null;

  /** @hot */
  add(nanos: number): void {
    this.count++;
    if (this.#seconds !== null) addTo(this.#seconds, nanos);
    else if (this.#times.push(nanos) > MAX_EXACT) {
      this.#seconds = new Map();
      for (const time of this.#times) addTo(this.#seconds, time);
      this.#times.length = 0;
    }
  }

  /** The most that began within the window, and the time that these took. */
  densest(): Dense {
    if (this.#seconds === null) return densestTimes(this.#times);
    const seconds = [...this.#seconds].sort(([a], [b]) => a - b);
    let best: Dense = { most: 0, nanos: 0 };
    let most = 0;
    for (let last = 0, first = 0; last < seconds.length; last++) {
      most += seconds[last][1];
      for (; nanosOf(seconds[first][0], seconds[last][0]) > WINDOW_NANOS; first++) most -= seconds[first][1];
      if (most > best.most) best = { most, nanos: nanosOf(seconds[first][0], seconds[last][0]) };
    }
    return best;
  }
}

interface Dense {
  readonly most: number;
  readonly nanos: number;
}

function addTo(seconds: Map<number, number>, nanos: number): void {
  const second = Math.floor(nanos / SECOND_NANOS);
  const known = seconds.get(second);
  if (known !== undefined || seconds.size < MAX_SECONDS) seconds.set(second, (known ?? 0) + 1);
}

/** Time from the beginning of one second to the end of another. */
function nanosOf(first: number, last: number): number {
  return (last - first + 1) * SECOND_NANOS;
}

function densestTimes(times: number[]): Dense {
  times.sort((a, b) => a - b);
  let most = 0;
  let nanos = 0;
  for (let last = 0, first = 0; last < times.length; last++) {
    while (times[last] - times[first] > WINDOW_NANOS) first++;
    if (last - first < most) continue;
    most = last - first + 1;
    nanos = times[last] - times[first];
  }
  return { most, nanos };
}
