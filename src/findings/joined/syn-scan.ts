import { type Key, UNNAMED } from '../../flow/host-counts.ts';
import { addToSpan, Counter, type JoinedDetector, MAX_JOINED_FRAMES, Members } from '../joined.ts';
import { count, duration } from '../words.ts';

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
          sources.note(client, seen.service, connection.firstFrame, connection.firstNanos);
        }
      },
      minds: (seen) => seen.isCompleted || seen.connection?.isProbe === true,
      finish() {
        const scanners = sources.keys
          .filter((key) => sources.countOf(key) >= Math.max(policy.scanTargets, completedBy(key)))
          .filter((key) => sources.servicesOf(key) >= policy.scanTargets)
          .map((key) => ({ key, ...sources.of(key) }))
          .sort((a, b) => b.targets.size - a.targets.size || a.key - b.key);
        return scanners.map(({ key, targets, frames }) => {
          const hosts = new Set<Key>();
          targets.forEach((service) => void hosts.add(ordinary.names.hostOf(service)));
          const several = targets.hasUnnamed ? `more than ${targets.size}` : targets.size;
          const others = completedBy(key);
          const rest =
            others === 0
              ? 'completed no handshake'
              : `finished none of these handshakes, but ${count(others, 'other')}`;
          return {
            at: 'client' as const,
            frames,
            message: `${ordinary.names.textOf(key)} sent SYNs to ${several} targets on ${count(hosts.size, 'host')} within ${duration(sources.spanOf(key))} and ${rest}.`,
          };
        });
      },
    };
  },
};

/** What one source left half-open: the services that it tried, and the first frames. */
interface Source {
  readonly targets: Members;
  readonly frames: number[];
}

/** So many services of each source are kept side by side with those of all others: most sources try no more. */
const FEW = 8;
/**
 * What is kept of a source, a cache line: how many attempts (float64), and when the first and the last began; how many services
 * there are, and above that how many frames; which of `#many` has all services if there are more; the services.
 */
const SOURCE_WORDS = 16;
const FIRST = 1;
const LAST = 2;
const FEW_COUNT = 6;
const FRAMES_SHIFT = 8;
const MANY = 7;
const FEW_AT = 8;

/** What each source left half-open. */
class Sources {
  /** In the order in which they came. */
  readonly keys: Key[] = [];
  #words = new Int32Array(256 * SOURCE_WORDS);
  #numbers = new Float64Array(this.#words.buffer);
  /** The first frames of each source, elsewhere: they are there soon. */
  #frames = new Int32Array(256 * MAX_JOINED_FRAMES);
  readonly #many: Members[] = [];

  /** @hot */
  note(source: Key, service: Key, frame: number, nanos: number): void {
    const at = source * SOURCE_WORDS;
    if (at >= this.#words.length) this.#grow(2 * source);
    const words = this.#words;
    if (addToSpan(this.#numbers, at / 2, nanos)) this.keys.push(source);
    const frames = words[at + FEW_COUNT] >> FRAMES_SHIFT;
    if (frames < MAX_JOINED_FRAMES) {
      this.#frames[source * MAX_JOINED_FRAMES + frames] = frame;
      words[at + FEW_COUNT] += 1 << FRAMES_SHIFT;
    }
    if (words[at + MANY] !== 0) this.#many[words[at + MANY] - 1].add(service);
    else this.#noteFew(at, service);
  }

  #noteFew(at: number, service: Key): void {
    const words = this.#words;
    const few = fewOf(words, at);
    for (let i = 0; i < few; i++) if (words[at + FEW_AT + i] === service) return;
    if (few < FEW) {
      words[at + FEW_AT + few] = service;
      words[at + FEW_COUNT]++;
      return;
    }
    const members = membersOf(words, at);
    members.add(service);
    words[at + MANY] = this.#many.push(members);
  }

  #grow(sources: number): void {
    this.#words = grown(this.#words, sources * SOURCE_WORDS);
    this.#numbers = new Float64Array(this.#words.buffer);
    this.#frames = grown(this.#frames, sources * MAX_JOINED_FRAMES);
  }

  countOf(source: Key): number {
    return this.#numbers[source * (SOURCE_WORDS / 2)];
  }

  /** How many services a source tried; all those without a number are one. */
  servicesOf(source: Key): number {
    const at = source * SOURCE_WORDS;
    const many = this.#words[at + MANY];
    if (many === 0) return fewOf(this.#words, at);
    const { size, hasUnnamed } = this.#many[many - 1];
    return size + Number(hasUnnamed);
  }

  /** From the first attempt of a source to its last, nanoseconds. */
  spanOf(source: Key): number {
    const at = source * (SOURCE_WORDS / 2);
    return this.#numbers[at + LAST] - this.#numbers[at + FIRST];
  }

  /** What is known of the attempts of a source. */
  of(source: Key): Source {
    const words = this.#words;
    const at = source * SOURCE_WORDS;
    const first = source * MAX_JOINED_FRAMES;
    const frames = this.#frames.subarray(first, first + (words[at + FEW_COUNT] >> FRAMES_SHIFT));
    return {
      targets: words[at + MANY] === 0 ? membersOf(words, at) : this.#many[words[at + MANY] - 1],
      frames: Array.from(frames, (frame) => frame >>> 0),
    };
  }
}

function grown(words: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const longer = new Int32Array(length);
  longer.set(words);
  return longer;
}

function fewOf(words: Int32Array, at: number): number {
  return words[at + FEW_COUNT] & ((1 << FRAMES_SHIFT) - 1);
}

/** The services that are kept of the source at `at`. */
function membersOf(words: Int32Array, at: number): Members {
  const members = new Members();
  for (let i = 0; i < fewOf(words, at); i++) members.add(words[at + FEW_AT + i]);
  return members;
}
