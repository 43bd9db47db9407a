/**
 * Findings about a listener, a host or the whole capture: what only shows when connections are looked at together.
 *
 * A joined detector sees every connection once, as it becomes final, and keeps little: counts by host or by service, and
 * a few frames as evidence.
 */
import { formatAddress } from '../base/address.ts';
import { NO_NUMBER, WordTable } from '../base/word-table.ts';
import type { FlowAddresses } from '../flow/place.ts';
import type { CatalogEntry } from './catalog.ts';
import type { Evidence, Policy } from './detector.ts';
import type { Finding } from './finding.ts';
import type { JoinedFacts } from './joined-facts.ts';

/** Hosts and services that are told apart; those that come later are not counted. */
const MAX_TALLIED = 65_536;
/** Frames of evidence for one joined finding. */
export const MAX_JOINED_FRAMES = 16;

/** Number of a host or a service, small so that maps are fast; `UNNAMED` when there are too many. */
export type Key = number;
export const UNNAMED = NO_NUMBER;

/** Numbers for the hosts and services of one capture. */
export class Names {
  readonly #hosts4 = new WordTable(1, MAX_TALLIED);
  readonly #hosts6 = new WordTable(4, MAX_TALLIED);
  readonly #services = new WordTable(2, MAX_TALLIED);
  readonly #service = new Int32Array(2);

  /** IPv4 hosts have even numbers, IPv6 hosts odd ones. */
  host(ipVersion: 4 | 6, words: Int32Array, at = 0): Key {
    const number = (ipVersion === 4 ? this.#hosts4 : this.#hosts6).numberOf(words, at);
    return number === NO_NUMBER ? UNNAMED : number * 2 + (ipVersion === 4 ? 0 : 1);
  }

  /** The address of a host. */
  textOf(host: Key): string {
    const ipVersion = host % 2 === 0 ? 4 : 6;
    const words = new Int32Array(4);
    (ipVersion === 4 ? this.#hosts4 : this.#hosts6).copyKey(Math.floor(host / 2), words);
    return formatAddress(ipVersion, words);
  }

  /** The address and port of a service: `10.0.0.2:80`, `[2001:db8::2]:80`. */
  textOfService(service: Key): string {
    this.#services.copyKey(service, this.#service);
    const [host, port] = this.#service;
    const text = this.textOf(host);
    return `${text.includes(':') ? `[${text}]` : text}:${port}`;
  }

  service(host: Key, port: number): Key {
    if (host === UNNAMED) return UNNAMED;
    this.#service[0] = host;
    this.#service[1] = port;
    return this.#services.numberOf(this.#service);
  }
}

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
  finish(capture: CaptureFacts): Evidence[];
}

export interface JoinedDetector {
  readonly entry: CatalogEntry;
  /** Codes of the findings that it looks for. */
  readonly codes: readonly string[];
  create(policy: Policy, ordinary: Ordinary): Joiner;
}

/** What a `Seen` is made of; `addresses` need not outlive the call that it is for. */
export interface SeenParts {
  readonly connection: JoinedFacts | null;
  readonly findings: readonly Finding[];
  readonly clientIndex: 0 | 1;
  readonly firstNanos: number;
  readonly lastNanos: number;
  readonly addresses: FlowAddresses;
}

/** A final connection, with names for its hosts and its service. */
export class Seen {
  /** Null for one that opened by the book and has nothing to tell. */
  readonly connection: JoinedFacts | null;
  /** Those of one that went by the book are its own by code, place and severity only. */
  readonly findings: readonly Finding[];
  readonly clientIndex: 0 | 1;
  /** Times of its first and its last segment, nanoseconds. */
  readonly firstNanos: number;
  readonly lastNanos: number;
  readonly client: Key;
  readonly server: Key;
  /** The server's address and port. */
  readonly service: Key;

  constructor({ connection, findings, clientIndex, firstNanos, lastNanos, addresses }: SeenParts, names: Names) {
    this.connection = connection;
    this.findings = findings;
    this.clientIndex = clientIndex;
    this.firstNanos = firstNanos;
    this.lastNanos = lastNanos;
    const { ipVersion, words0, words1, ports } = addresses;
    this.client = names.host(ipVersion, clientIndex === 0 ? words0 : words1);
    this.server = names.host(ipVersion, clientIndex === 0 ? words1 : words0);
    this.service = names.service(this.server, ports[1 - clientIndex]);
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
  readonly #values: (Value | undefined)[] = [];
  readonly #keys: Key[] = [];
  readonly #make: (seen: Seen) => Value;

  constructor(make: (seen: Seen) => Value) {
    this.#make = make;
  }

  /** The value of a key, made when it is new; undefined if there is no room for it. */
  at(key: Key, seen: Seen): Value | undefined {
    if (key === UNNAMED) return undefined;
    while (this.#values.length <= key) this.#values.push(undefined);
    const known = this.#values[key];
    if (known !== undefined) return known;
    const fresh = this.#make(seen);
    this.#values[key] = fresh;
    this.#keys.push(key);
    return fresh;
  }

  /** Those with the most first; of equal ones that first that was seen first, by whichever connection. */
  mostFirst(countOf: (value: Value) => number): [Key, Value][] {
    const entries = this.#keys.map((key): [Key, Value] => [key, this.#values[key] as Value]);
    return entries.sort(([keyA, a], [keyB, b]) => countOf(b) - countOf(a) || keyA - keyB);
  }
}

/** Which end pays TIME_WAIT, as a number; if both do, it counts for the server. */
export const TimeWaitAt = { NEITHER: 0, CLIENT: 1, SERVER: 2 } as const;
export type TimeWaitAt = (typeof TimeWaitAt)[keyof typeof TimeWaitAt];

/**
 * Nearly all connections: they opened by the book, have nothing to tell, and no finding that is looked for but who pays
 * TIME_WAIT. They are counted here, once for all joined detectors, which do not see them one by one.
 */
export class Ordinary {
  readonly names: Names;
  /** All of them. */
  count = 0;
  /** How many by service, and when the first and the last of them began; by client, and when they ended. */
  readonly services = new Spans();
  readonly clients = new Spans();
  /** As `clients`, those of which an end pays TIME_WAIT, by that end. */
  readonly timeWaitClients = new Spans();
  readonly timeWaitServers = new Spans();
  /** Frames with which TIME_WAIT began, of the first connections of which they are known, by the end and host that pays. */
  readonly timeWaitFrames = { client: new FirstFrames(), server: new FirstFrames() };

  constructor(names: Names) {
    this.names = names;
  }

  /** `timeWaitFrame` is the frame with which TIME_WAIT began, 0 if it is not known. */
  take(parts: Omit<SeenParts, 'connection' | 'findings'>, timeWaitAt: TimeWaitAt, timeWaitFrame = 0): void {
    const { clientIndex, firstNanos, lastNanos, addresses } = parts;
    const { ipVersion, words0, words1, ports } = addresses;
    const client = this.names.host(ipVersion, clientIndex === 0 ? words0 : words1);
    const server = this.names.host(ipVersion, clientIndex === 0 ? words1 : words0);
    this.add(client, server, ports[1 - clientIndex], firstNanos, lastNanos, timeWaitAt);
    if (timeWaitFrame === 0) return;
    if (timeWaitAt === TimeWaitAt.CLIENT) this.timeWaitFrames.client.note(client, timeWaitFrame);
    else if (timeWaitAt === TimeWaitAt.SERVER) this.timeWaitFrames.server.note(server, timeWaitFrame);
  }

  /** As `take`; `port` is that of the service. @hot */
  add(client: Key, server: Key, port: number, firstNanos: number, lastNanos: number, timeWaitAt: TimeWaitAt): void {
    this.count++;
    this.services.add(this.names.service(server, port), firstNanos);
    this.clients.add(client, lastNanos);
    if (timeWaitAt === TimeWaitAt.CLIENT) this.timeWaitClients.add(client, lastNanos);
    else if (timeWaitAt === TimeWaitAt.SERVER) this.timeWaitServers.add(server, lastNanos);
  }
}

const SPAN_NUMBERS = 3;

/** How often something happened by host or service, and when first and last: three numbers side by side. */
export class Spans {
  #numbers = new Float64Array(SPAN_NUMBERS * 256);
  /** In the order in which they came. */
  readonly keys: Key[] = [];

  /** `nanos` is the time; a key for which there was no room is passed over. */
  add(key: Key, nanos: number): void {
    if (key === UNNAMED) return;
    const at = key * SPAN_NUMBERS;
    if (at >= this.#numbers.length) this.#grow(at);
    const numbers = this.#numbers;
    if (numbers[at]++ === 0) {
      this.keys.push(key);
      numbers[at + 1] = nanos;
      numbers[at + 2] = nanos;
    } else if (nanos < numbers[at + 1]) numbers[at + 1] = nanos;
    else if (nanos > numbers[at + 2]) numbers[at + 2] = nanos;
  }

  countOf(key: Key): number {
    return this.#numbers[key * SPAN_NUMBERS] ?? 0;
  }

  /** The first time, nanoseconds; Infinity if there is none. */
  firstOf(key: Key): number {
    return this.countOf(key) === 0 ? Number.POSITIVE_INFINITY : this.#numbers[key * SPAN_NUMBERS + 1];
  }

  /** The last time, nanoseconds; -Infinity if there is none. */
  lastOf(key: Key): number {
    return this.countOf(key) === 0 ? Number.NEGATIVE_INFINITY : this.#numbers[key * SPAN_NUMBERS + 2];
  }

  #grow(at: number): void {
    const grown = new Float64Array((at + SPAN_NUMBERS) * 2);
    grown.set(this.#numbers);
    this.#numbers = grown;
  }
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
  for (const frame of more) if (frames.length < MAX_JOINED_FRAMES) frames.push(frame);
}
