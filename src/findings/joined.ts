/**
 * Findings about a listener, a host or the whole capture: what only shows when connections are looked at together.
 *
 * A joined detector sees every connection once, as it becomes final, and keeps little: counts by host or by service, and
 * a few frames as evidence.
 */
import { formatAddress } from '../base/address.ts';
import type { Connection } from '../flow/connection.ts';
import type { FlowAddresses } from '../flow/tracker.ts';
import type { CatalogEntry } from './catalog.ts';
import type { Evidence, Policy } from './detector.ts';
import type { Finding } from './finding.ts';

/** Hosts or services that one detector keeps count of; those that come later are not counted. */
const MAX_TALLIED = 65_536;
/** Frames of evidence for one joined finding. */
export const MAX_JOINED_FRAMES = 16;

/** Names a host or a service in a map: a number for IPv4, text for IPv6. */
export type Key = number | string;

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
  create(policy: Policy): Joiner;
}

/** What a `Seen` is made of. */
export interface SeenParts {
  readonly connection: Connection | null;
  readonly findings: readonly Finding[];
  readonly clientIndex: 0 | 1;
  readonly lastNanos: number;
  readonly addresses: FlowAddresses;
}

/** A final connection, with names for its hosts and its service. */
export class Seen {
  /** Null for one that went by the book: handshake, data, two FINs, and nothing to tell. */
  readonly connection: Connection | null;
  /** Those of one that went by the book are its own by code, place and severity only. */
  readonly findings: readonly Finding[];
  readonly clientIndex: 0 | 1;
  /** Time of its last segment, nanoseconds. */
  readonly lastNanos: number;
  readonly #addresses: FlowAddresses;

  constructor(parts: SeenParts) {
    this.connection = parts.connection;
    this.findings = parts.findings;
    this.clientIndex = parts.clientIndex;
    this.lastNanos = parts.lastNanos;
    this.#addresses = parts.addresses;
  }

  /** Whether the third segment of the handshake was seen. */
  get isCompleted(): boolean {
    return this.connection === null || this.connection.handshakeAck !== null;
  }

  get client(): Key {
    return this.#host(this.clientIndex);
  }

  get server(): Key {
    return this.#host(this.clientIndex === 0 ? 1 : 0);
  }

  /** The server's address and port. */
  get service(): Key {
    const host = this.server;
    return typeof host === 'number' ? host * 65_536 + this.servicePort : `${host}|${this.servicePort}`;
  }

  get servicePort(): number {
    return this.#addresses.ports[1 - this.clientIndex];
  }

  get clientText(): string {
    return this.#text(this.clientIndex);
  }

  get serverText(): string {
    return this.#text(this.clientIndex === 0 ? 1 : 0);
  }

  /** `10.0.0.2:80`, `[2001:db8::2]:80`. */
  get serviceText(): string {
    const host = this.serverText;
    return `${host.includes(':') ? `[${host}]` : host}:${this.servicePort}`;
  }

  /** The finding of that code; undefined if there is none. */
  find(code: string): Finding | undefined {
    return this.findings.find((finding) => finding.code === code);
  }

  #words(end: 0 | 1): Int32Array {
    return end === 0 ? this.#addresses.words0 : this.#addresses.words1;
  }

  #host(end: 0 | 1): Key {
    const words = this.#words(end);
    return this.#addresses.ipVersion === 4 ? words[0] >>> 0 : words.join(' ');
  }

  #text(end: 0 | 1): string {
    return formatAddress(this.#addresses.ipVersion, this.#words(end));
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
    const known = this.#values.get(key);
    if (known !== undefined || this.#values.size >= MAX_TALLIED) return known;
    const fresh = this.#make(seen);
    this.#values.set(key, fresh);
    return fresh;
  }

  values(): IterableIterator<Value> {
    return this.#values.values();
  }

  entries(): IterableIterator<[Key, Value]> {
    return this.#values.entries();
  }
}

/** Counts by host or service, as many as are kept. */
export class Counter {
  readonly #counts = new Map<Key, number>();

  add(key: Key): void {
    const count = this.#counts.get(key);
    if (count !== undefined || this.#counts.size < MAX_TALLIED) this.#counts.set(key, (count ?? 0) + 1);
  }

  of(key: Key): number {
    return this.#counts.get(key) ?? 0;
  }
}

/** Adds frames of evidence as long as there is room. */
export function keepFrames(frames: number[], more: readonly number[]): void {
  for (const frame of more) if (frames.length < MAX_JOINED_FRAMES) frames.push(frame);
}

/** Whether the SYN was answered and its sender never completed the handshake, as far as it was possible to see. */
export function isHalfOpen({ verdict, handshakeAck, client }: Connection): boolean {
  if (verdict.outcome === 'abandoned') return true;
  if (verdict.outcome !== 'handshake-incomplete' || verdict.undeterminedBecause !== null) return false;
  return handshakeAck === null && !client.sentBeyondSyn;
}
