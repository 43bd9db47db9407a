/** Hosts and services of a capture, and what the core counts by them of ordinary connections. */
import { formatAddress } from '../base/address.ts';
import type { Core } from '../core/core.ts';
import {
  HOSTS4,
  HOSTS6,
  NAME_KEY,
  NAMES_COUNT,
  NAMES_KEYS,
  NO_NAME,
  ORDINARY_COUNT,
  SERVICES,
  SPAN_BYTES,
  SPAN_FIRST,
  SPAN_LAST,
  SPANS_CLIENTS,
  SPANS_CLIENTS_WAIT,
  SPANS_SERVERS_WAIT,
  SPANS_SERVICES,
  TAG_CLIENT_WAITS,
  TAG_SERVER_WAITS,
} from '../core/layout.ts';

/** Number of a host or a service, small so that maps are fast; `UNNAMED` when there are too many: those are not counted. */
export type Key = number;
export const UNNAMED = NO_NAME;

/** Numbers for the hosts and services of one capture, of which the core keeps the tables. */
export class Names {
  readonly #core: Core;

  constructor(core: Core) {
    this.#core = core;
    core.exports.openNames();
  }

  /** IPv4 hosts have even numbers, IPv6 hosts odd ones. @hot */
  host(ipVersion: 4 | 6, words: Int32Array): Key {
    const { words: memory, exports } = this.#core;
    const isIpv4 = ipVersion === 4;
    memory[NAME_KEY >> 2] = words[0];
    if (!isIpv4) for (let i = 1; i < 4; i++) memory[(NAME_KEY >> 2) + i] = words[i];
    return exports.hostOf(NAME_KEY, isIpv4 ? 1 : 0);
  }

  service(host: Key, port: number): Key {
    return this.#core.exports.serviceOf(host, port);
  }

  /** Greater than the number of any host. */
  get hostsEnd(): number {
    const { unsigned } = this.#core;
    return 2 * Math.max(unsigned[(HOSTS4 + NAMES_COUNT) >> 2], unsigned[(HOSTS6 + NAMES_COUNT) >> 2]);
  }

  /** The address of a host. */
  textOf(host: Key): string {
    const ipVersion = host % 2 === 0 ? 4 : 6;
    const { words } = this.#core;
    const at = words[((ipVersion === 4 ? HOSTS4 : HOSTS6) + NAMES_KEYS) >> 2] >>> 2;
    const number = host >> 1;
    return formatAddress(
      ipVersion,
      ipVersion === 4 ? words.slice(at + number, at + number + 1) : words.slice(at + number * 4, at + number * 4 + 4),
    );
  }

  /** The host of a service. */
  hostOf(service: Key): Key {
    return this.#core.words[this.#keyOf(service)];
  }

  /** Where the host of a service is, in words; its port is behind it. */
  #keyOf(service: Key): number {
    return (this.#core.unsigned[(SERVICES + NAMES_KEYS) >> 2] >>> 2) + service * 2;
  }

  /** The address and port of a service: `10.0.0.2:80`, `[2001:db8::2]:80`. */
  textOfService(service: Key): string {
    const text = this.textOf(this.hostOf(service));
    return `${text.includes(':') ? `[${text}]` : text}:${this.#core.words[this.#keyOf(service) + 1]}`;
  }
}

/** Its client, its server, and the server's address and port. */
export interface Ends {
  readonly client: Key;
  readonly server: Key;
  readonly service: Key;
}

/** Which end pays TIME_WAIT, as a number; if both do, it counts for the server. */
export const TimeWaitAt = { NEITHER: 0, CLIENT: TAG_CLIENT_WAITS, SERVER: TAG_SERVER_WAITS } as const;
export type TimeWaitAt = (typeof TimeWaitAt)[keyof typeof TimeWaitAt];

/** How often something happened by host or service, and when first and last. */
export interface SpanCounts {
  countOf(key: Key): number;
  /** The first time, nanoseconds; Infinity if there is none. */
  firstOf(key: Key): number;
  /** The last time, nanoseconds; -Infinity if there is none. */
  lastOf(key: Key): number;
}

/** Those that the core keeps. */
class CoreSpans implements SpanCounts {
  readonly #core: Core;
  readonly #spans: number;

  constructor(core: Core, spans: number) {
    this.#core = core;
    this.#spans = spans;
  }

  countOf(key: Key): number {
    return this.#numberAt(key, 0);
  }

  firstOf(key: Key): number {
    return this.countOf(key) === 0 ? Number.POSITIVE_INFINITY : this.#numberAt(key, SPAN_FIRST);
  }

  lastOf(key: Key): number {
    return this.countOf(key) === 0 ? Number.NEGATIVE_INFINITY : this.#numberAt(key, SPAN_LAST);
  }

  #numberAt(key: Key, offset: number): number {
    const { unsigned, doubles } = this.#core;
    return doubles[(unsigned[this.#spans >> 2] + key * SPAN_BYTES + offset) >> 3];
  }
}

/** Those that the core keeps of hosts. */
export class HostSpans extends CoreSpans {
  readonly #names: Names;

  constructor(core: Core, spans: number, names: Names) {
    super(core, spans);
    this.#names = names;
  }

  /** Hosts to which it happened so often or more, once at least, by number. */
  keysOf(least: number): Key[] {
    const keys: Key[] = [];
    const { hostsEnd } = this.#names;
    for (let key = 0; key < hostsEnd; key++) if (this.countOf(key) >= Math.max(least, 1)) keys.push(key);
    return keys;
  }
}

/** What is counted of connections of which there is nothing to tell but who pays TIME_WAIT. */
export class HostCounts {
  readonly names: Names;
  readonly #core: Core;
  /** How many by service, and when the first and the last of them began; by client, and when they ended. */
  readonly services: SpanCounts;
  readonly clients: SpanCounts;
  /** As `clients`, those of which an end pays TIME_WAIT, by that end. */
  readonly timeWaitClients: HostSpans;
  readonly timeWaitServers: HostSpans;

  constructor(core: Core) {
    this.#core = core;
    this.names = new Names(core);
    this.services = new CoreSpans(core, SPANS_SERVICES);
    this.clients = new CoreSpans(core, SPANS_CLIENTS);
    this.timeWaitClients = new HostSpans(core, SPANS_CLIENTS_WAIT, this.names);
    this.timeWaitServers = new HostSpans(core, SPANS_SERVERS_WAIT, this.names);
  }

  /** All of them. */
  get total(): number {
    return this.#core.unsigned[ORDINARY_COUNT >> 2];
  }

  /** Adds one that the core has not counted itself; times are those of its first and its last segment, nanoseconds. */
  add({ client, server, service }: Ends, { firstNanos, lastNanos }: Times, timeWaitAt: TimeWaitAt): void {
    this.#core.exports.countOrdinary(client, server, service, timeWaitAt, firstNanos, lastNanos);
  }
}

interface Times {
  readonly firstNanos: number;
  readonly lastNanos: number;
}
