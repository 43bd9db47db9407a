import type { Key } from '../../flow/host-counts.ts';
import { Counter, type JoinedDetector, keepFrame, type Seen, Tally } from '../joined.ts';
import type { JoinedFacts } from '../joined-facts.ts';
import { count, duration } from '../words.ts';

/** Targets of one source that are told apart. */
const MAX_TARGETS = 4096;
/** What one source left half-open. */
interface Source {
  /** The host of each. */
  readonly targets: Map<Key, Key>;
  attempts: number;
  readonly frames: number[];
  firstNanos: number;
  lastNanos: number;
}

export const synScan: JoinedDetector = {
  entry: {
    code: 'syn-scan',
    category: 'security',
    severity: 'warning',
    title: 'A SYN scan',
    meaning:
      'One source sent SYNs to many targets and completed hardly any handshake: it left those that answered half-open or reset them, as a port scanner does to stay out of the logs of the applications.',
    cause:
      'A port scan (nmap -sS, masscan, zmap), a worm that looks for victims, or a monitoring system that tests ports this way.',
    hint: 'If the source is not a scanner of yours, find out what runs there. The number of targets is the option --scan-targets.',
    source: 'RFC 4987 §2 for half-open connections; nmap reference, TCP SYN scan',
  },
  codes: [],
  create(policy, ordinary) {
    const sources = new Tally<Source>(newSource);
    const completed = new Counter();
    const completedBy = (key: Key): number => completed.of(key) + ordinary.counts.clients.countOf(key);
    return {
      take(seen) {
        const { connection } = seen;
        if (connection === null || seen.isCompleted) completed.add(seen.client);
        else if (connection.isProbe) note(sources.at(seen.client, seen), seen, connection);
      },
      finish() {
        const scanners = sources
          .mostFirst(policy.scanTargets, ({ targets }) => targets.size)
          .filter(([key, { attempts }]) => attempts >= completedBy(key));
        return scanners.map(([key, source]) => {
          const { targets, frames, firstNanos, lastNanos } = source;
          const hosts = new Set(targets.values());
          const others = completedBy(key);
          const rest =
            others === 0
              ? 'completed no handshake'
              : `finished none of these handshakes, but ${count(others, 'other')}`;
          return {
            at: 'client' as const,
            frames,
            message: `${ordinary.names.textOf(key)} sent SYNs to ${targets.size} targets on ${count(hosts.size, 'host')} within ${duration(lastNanos - firstNanos)} and ${rest}.`,
          };
        });
      },
    };
  },
};

function newSource(): Source {
  return {
    targets: new Map(),
    attempts: 0,
    frames: [],
    firstNanos: Number.POSITIVE_INFINITY,
    lastNanos: Number.NEGATIVE_INFINITY,
  };
}

function note(source: Source | undefined, seen: Seen, { firstFrame, firstNanos }: JoinedFacts): void {
  if (source === undefined) return;
  source.attempts++;
  if (source.targets.size < MAX_TARGETS) source.targets.set(seen.service, seen.server);
  keepFrame(source.frames, firstFrame);
  source.firstNanos = Math.min(source.firstNanos, firstNanos);
  source.lastNanos = Math.max(source.lastNanos, firstNanos);
}
