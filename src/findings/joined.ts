/**
 * Findings about a listener, a host or the whole capture: what only shows when connections are looked at together.
 *
 * A joined detector sees every connection once, as it becomes final, and keeps little: counts by host or by service, and
 * a few frames as evidence.
 */
import {
  type Ends,
  type HostCounts,
  type Key,
  type Names,
  type SpanCounts,
  TimeWaitAt,
  UNNAMED,
} from '../flow/host-counts.ts';
import type { FlowAddresses } from '../flow/place.ts';
import type { CatalogEntry } from './catalog.ts';
import type { Evidence, Policy } from './detector.ts';
import type { Finding } from './finding.ts';
import type { JoinedFacts } from './joined-facts.ts';

/** Frames of evidence for one joined finding. */
export const MAX_JOINED_FRAMES = 16;

/** What is known of the packets of a capture, whatever connection they belong to. */
export interface CaptureFacts {
  /** Frames at which the clock of an interface went back (the first ones), how often, and how far at most, nanoseconds. */
  readonly backwardFrames: readonly number[];
  readonly backwardSteps: number;
  readonly furthestBackNanos: number;
}

/** Joins connections; one object a capture. */
export interface Joiner {
  take(seen: Seen): void;
  /** Whether it has any use for connections that differ from this one in names, times, frames and options only (default: yes). */
  minds?(seen: Seen): boolean;
  finish(capture: CaptureFacts): Evidence[];
}

export interface JoinedDetector {
  readonly entry: CatalogEntry;
  /** Codes of the findings that it looks for. */
  readonly codes: readonly string[];
  create(policy: Policy, ordinary: Ordinary): Joiner;
}

/** Where a connection was, and when its first and its last segment came; `addresses` need not outlive the call that it is for. */
export interface SeenPlace {
  readonly clientIndex: 0 | 1;
  readonly firstNanos: number;
  readonly lastNanos: number;
  readonly addresses: FlowAddresses;
}

/** What there is to say of a connection to all joined detectors. */
export interface SeenParts extends SeenPlace {
  readonly connection: JoinedFacts | null;
  readonly findings: readonly Finding[];
}

/** A final connection, with names for its hosts and its service; it may be written over for the next one. */
export class Seen implements Ends {
  /** Null for one that opened by the book and has nothing to tell. */
  connection: JoinedFacts | null;
  /** Those of one that went by the book are its own by code, place and severity only. */
  findings: readonly Finding[];
  /** Times of its first and its last segment, nanoseconds. */
  firstNanos: number;
  lastNanos: number;
  client: Key;
  server: Key;
  service: Key;

  constructor(
    { client, server, service }: Ends,
    connection: JoinedFacts | null,
    findings: readonly Finding[],
    firstNanos: number,
    lastNanos: number,
  ) {
    this.connection = connection;
    this.findings = findings;
    this.firstNanos = firstNanos;
    this.lastNanos = lastNanos;
    this.client = client;
    this.server = server;
    this.service = service;
  }

  /** Whether the third segment of the handshake was seen. */
  get isCompleted(): boolean {
    return this.connection === null || this.connection.isCompleted;
  }

  /** The finding of that code; undefined if there is none. @hot */
  find(code: string): Finding | undefined {
    const { findings } = this;
    for (let i = 0; i < findings.length; i++) if (findings[i].code === code) return findings[i];
    return undefined;
  }

  /** The first finding of one of those codes; undefined if there is none. @hot */
  findAny(codes: readonly string[]): Finding | undefined {
    const { findings } = this;
    for (let i = 0; i < findings.length; i++) if (codes.includes(findings[i].code)) return findings[i];
    return undefined;
  }
}

/** Values by host or service, as many as are kept. */
export class Tally<Value> {
  readonly #values = new Map<Key, Value>();
  readonly #make: (seen: Seen) => Value;

  constructor(make: (seen: Seen) => Value) {
    this.#make = make;
  }

  /** The value of a key, made when it is new; undefined if there is no room for it. */
  at(key: Key, seen: Seen): Value | undefined {
    if (key === UNNAMED) return undefined;
    const known = this.#values.get(key);
    if (known !== undefined) return known;
    const fresh = this.#make(seen);
    this.#values.set(key, fresh);
    return fresh;
  }

  /** Those with `least` or more, those with the most first; of equal ones that first that was seen first, by whichever connection. */
  mostFirst(least: number, countOf: (value: Value) => number): [Key, Value][] {
    const entries: [Key, Value][] = [];
    // There may be as many as there are hosts, of which hardly any matters: an iterator would make a pair of each.
    this.#values.forEach((value, key) => {
      if (countOf(value) >= least) entries.push([key, value]);
    });
    return entries.sort(([keyA, a], [keyB, b]) => countOf(b) - countOf(a) || keyA - keyB);
  }
}

/**
 * Nearly all connections: they opened by the book, have nothing to tell, and no finding that is looked for but who pays
 * TIME_WAIT. They are counted, once for all joined detectors, which do not see them one by one.
 */
export class Ordinary {
  readonly counts: HostCounts;
  /** Frames with which TIME_WAIT began, of the first connections of which they are known, by the end and host that pays. */
  readonly timeWaitFrames = { client: new FirstFrames(), server: new FirstFrames() };

  constructor(counts: HostCounts) {
    this.counts = counts;
  }

  get names(): Names {
    return this.counts.names;
  }

  endsOf({ clientIndex, addresses }: SeenPlace): Ends {
    const { names } = this;
    const { ipVersion, words0, words1, ports } = addresses;
    const client = names.host(ipVersion, clientIndex === 0 ? words0 : words1);
    const server = names.host(ipVersion, clientIndex === 0 ? words1 : words0);
    return { client, server, service: names.service(server, ports[1 - clientIndex]) };
  }

  /** `timeWaitFrame` is the frame with which TIME_WAIT began, 0 if it is not known. */
  take(place: SeenPlace, timeWaitAt: TimeWaitAt, timeWaitFrame = 0): void {
    const ends = this.endsOf(place);
    this.counts.add(ends, place, timeWaitAt);
    if (timeWaitFrame === 0) return;
    if (timeWaitAt === TimeWaitAt.CLIENT) this.timeWaitFrames.client.note(ends.client, timeWaitFrame);
    else if (timeWaitAt === TimeWaitAt.SERVER) this.timeWaitFrames.server.note(ends.server, timeWaitFrame);
  }
}

const SPAN_NUMBERS = 3;

/** What is counted of connections that are seen one by one: three numbers side by side. */
export class Spans implements SpanCounts {
  #numbers = new Float64Array(SPAN_NUMBERS * 256);
  /** In the order in which they came. */
  readonly keys: Key[] = [];

  /** `nanos` is the time; a key for which there was no room is passed over. */
  add(key: Key, nanos: number): void {
    if (key === UNNAMED) return;
    const at = key * SPAN_NUMBERS;
    if (at >= this.#numbers.length) this.#grow(at);
    if (addToSpan(this.#numbers, at, nanos)) this.keys.push(key);
  }

  countOf(key: Key): number {
    return this.#numbers[key * SPAN_NUMBERS] ?? 0;
  }

  firstOf(key: Key): number {
    return this.countOf(key) === 0 ? Number.POSITIVE_INFINITY : this.#numbers[key * SPAN_NUMBERS + 1];
  }

  lastOf(key: Key): number {
    return this.countOf(key) === 0 ? Number.NEGATIVE_INFINITY : this.#numbers[key * SPAN_NUMBERS + 2];
  }

  #grow(at: number): void {
    const grown = new Float64Array((at + SPAN_NUMBERS) * 2);
    grown.set(this.#numbers);
    this.#numbers = grown;
  }
}

/** Adds a time to three numbers, how many there are, the first and the last; returns whether it is the first to come. */
export function addToSpan(numbers: Float64Array, at: number, nanos: number): boolean {
  if (numbers[at]++ === 0) {
    numbers[at + 1] = nanos;
    numbers[at + 2] = nanos;
    return true;
  }
  if (nanos < numbers[at + 1]) numbers[at + 1] = nanos;
  else if (nanos > numbers[at + 2]) numbers[at + 2] = nanos;
  return false;
}

/** Frames by host, as many as are told. */
export class FirstFrames {
  readonly #frames: (number[] | undefined)[] = [];

  note(key: Key, frame: number): void {
    if (key === UNNAMED) return;
    const frames = this.#frames;
    while (frames.length <= key) frames.push(undefined);
    const known = frames[key];
    if (known === undefined) frames[key] = [frame];
    else if (known.length < MAX_JOINED_FRAMES) known.push(frame);
  }

  of(key: Key): number[] {
    return this.#frames[key] ?? [];
  }
}

/** Words of bits for the lowest keys; so many of the others are kept as they are before there are bits for them, too. */
const LEAST_BIT_WORDS = 32;
const MAX_FAR = 256;

/** Hosts or services, each once. */
export class Members {
  #bits = new Int32Array(LEAST_BIT_WORDS);
  readonly #far = new Set<Key>();
  #near = 0;
  /** Whether there were others, for which there was no number. */
  hasUnnamed = false;

  /** How many. */
  get size(): number {
    return this.#near + this.#far.size;
  }

  /** @hot */
  add(key: Key): void {
    const at = key >> 5;
    if (key === UNNAMED) this.hasUnnamed = true;
    else if (at >= this.#bits.length) this.#addFar(key);
    else {
      const bit = 1 << (key & 31);
      if ((this.#bits[at] & bit) === 0) this.#near++;
      this.#bits[at] |= bit;
    }
  }

  #addFar(key: Key): void {
    this.#far.add(key);
    if (this.#far.size <= MAX_FAR) return;
    const far = [...this.#far];
    const bits = new Int32Array(2 * ((Math.max(...far) >> 5) + 1));
    bits.set(this.#bits);
    this.#bits = bits;
    this.#far.clear();
    for (const each of far) this.add(each);
  }

  forEach(visit: (key: Key) => void): void {
    for (let key = 0; key < this.#bits.length << 5; key++) {
      if (((this.#bits[key >> 5] >> (key & 31)) & 1) !== 0) visit(key);
    }
    this.#far.forEach(visit);
  }
}

/** Counts by host or service, as many as are kept. */
export class Counter {
  readonly #counts: number[] = [];

  add(key: Key): void {
    if (key === UNNAMED) return;
    while (this.#counts.length <= key) this.#counts.push(0);
    this.#counts[key]++;
  }

  of(key: Key): number {
    return this.#counts[key] ?? 0;
  }
}

/** Adds frames of evidence as long as there is room. */
export function keepFrames(frames: number[], more: readonly number[]): void {
  for (let i = 0; i < more.length; i++) keepFrame(frames, more[i]);
}

/** As `keepFrames`, one. */
export function keepFrame(frames: number[], frame: number): void {
  if (frames.length < MAX_JOINED_FRAMES) frames.push(frame);
}
