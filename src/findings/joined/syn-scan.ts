import { type Key, UNNAMED } from '../../flow/host-counts.ts';
import { Counter, type JoinedDetector, keepFrame, Spans } from '../joined.ts';
import { count, duration } from '../words.ts';

/** Targets of one source that are told apart. */
const MAX_TARGETS = 4096;

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
    const sources = new Sources();
    const completed = new Counter();
    const completedBy = (key: Key): number => completed.of(key) + ordinary.counts.clients.countOf(key);
    return {
      take(seen) {
        const { connection, client } = seen;
        if (connection === null || seen.isCompleted) completed.add(client);
        else if (connection.isProbe && client !== UNNAMED) {
          sources.note(client, seen.service, seen.server, connection.firstFrame, connection.firstNanos);
        }
      },
      minds: (seen) => seen.isCompleted || seen.connection?.isProbe === true,
      finish() {
        const { attempts } = sources;
        const scanners = attempts.keys
          .filter((key) => attempts.countOf(key) >= Math.max(policy.scanTargets, completedBy(key)))
          .map((key) => ({ key, ...sources.of(key) }))
          .filter(({ targets }) => targets.size >= policy.scanTargets)
          .sort((a, b) => b.targets.size - a.targets.size || a.key - b.key);
        return scanners.map(({ key, targets, frames }) => {
          const span = attempts.lastOf(key) - attempts.firstOf(key);
          const hosts = new Set(targets.values());
          const others = completedBy(key);
          const rest =
            others === 0
              ? 'completed no handshake'
              : `finished none of these handshakes, but ${count(others, 'other')}`;
          return {
            at: 'client' as const,
            frames,
            message: `${ordinary.names.textOf(key)} sent SYNs to ${targets.size} targets on ${count(hosts.size, 'host')} within ${duration(span)} and ${rest}.`,
          };
        });
      },
    };
  },
};

/** What one source left half-open: the targets with the host of each, and the first frames. */
interface Source {
  readonly targets: Map<Key, Key>;
  readonly frames: number[];
}

/** The first attempts of each source are kept side by side with those of all others: most have no more. */
const FEW = 8;
/** A service, its host and a frame. */
const ATTEMPT_WORDS = 3;
const FEW_WORDS = FEW * ATTEMPT_WORDS;

/** What each source left half-open. */
class Sources {
  /** How many attempts by source, and when the first and the last began. */
  readonly attempts = new Spans();
  #few = new Int32Array(256 * FEW_WORDS);
  readonly #many = new Map<Key, Source>();

  /** @hot */
  note(source: Key, service: Key, server: Key, frame: number, nanos: number): void {
    const before = this.attempts.countOf(source);
    this.attempts.add(source, nanos);
    if (before < FEW) this.#noteFew(source * FEW_WORDS + before * ATTEMPT_WORDS, service, server, frame);
    else noteTo(this.of(source), service, server, frame);
  }

  #noteFew(at: number, service: Key, server: Key, frame: number): void {
    if (at >= this.#few.length) {
      const grown = new Int32Array(at * 2);
      grown.set(this.#few);
      this.#few = grown;
    }
    this.#few[at] = service;
    this.#few[at + 1] = server;
    this.#few[at + 2] = frame;
  }

  /** All that is known of a source. */
  of(key: Key): Source {
    const known = this.#many.get(key);
    if (known !== undefined) return known;
    const source: Source = { targets: new Map(), frames: [] };
    this.#many.set(key, source);
    const from = key * FEW_WORDS;
    const end = from + Math.min(FEW, this.attempts.countOf(key)) * ATTEMPT_WORDS;
    for (let at = from; at < end; at += ATTEMPT_WORDS) {
      noteTo(source, this.#few[at], this.#few[at + 1], this.#few[at + 2] >>> 0);
    }
    return source;
  }
}

function noteTo({ targets, frames }: Source, service: Key, server: Key, frame: number): void {
  if (targets.size < MAX_TARGETS) targets.set(service, server);
  keepFrame(frames, frame);
}
