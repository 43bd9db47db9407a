import type { Core } from '../core/core.ts';
import { newPlace, readNoted } from './alike.ts';
import type { FlowAddresses, PlainPlace } from './place.ts';
import type { PlainLane } from './plain-lane.ts';
import type { TupleTable } from './table.ts';

/** Tells where connections are, in objects that are written over for the next one. */
export class Places {
  readonly #table: TupleTable;
  readonly #plain: PlainLane;
  readonly #core: Core;
  readonly #place = newPlace();

  constructor(table: TupleTable, plain: PlainLane, core: Core) {
    this.#core = core;
    this.#table = table;
    this.#plain = plain;
  }

  /** Addresses of the tuple at an entry, for good. */
  copyAddresses(entry: number): FlowAddresses {
    const { ipVersion, words0, words1, ports } = this.addressesOf(entry);
    return { ipVersion, words0: words0.slice(), words1: words1.slice(), ports: [ports[0], ports[1]] };
  }

  /** As `copyAddresses`, written over by the next call. */
  addressesOf(entry: number): FlowAddresses {
    const table = this.#table;
    const { addresses } = this.#place;
    table.copyAddress(entry, 0, addresses.words0);
    table.copyAddress(entry, 1, addresses.words1);
    const ports = table.portsOf(entry);
    addresses.ports[0] = ports >>> 16;
    addresses.ports[1] = ports & 0xffff;
    addresses.ipVersion = table.ipVersionOf(entry);
    return addresses;
  }

  /** Where and when the plain connection at an entry was, that was watched until `nowNanos`. */
  placeOf(entry: number, nowNanos: number): PlainPlace {
    const plain = this.#plain;
    const place = this.#place;
    this.addressesOf(entry);
    place.clientIndex = plain.clientOf(entry);
    readNoted(place, this.#core, this.#core.exports.describe(entry, nowNanos));
    return place;
  }
}
