import type { FlowAddresses, PlainPlace } from './place.ts';
import type { PlainLane } from './plain-lane.ts';
import type { OldConnection } from './reuse.ts';
import type { TupleTable } from './table.ts';

/** Tells where connections are, in objects that are written over for the next one. */
export class Places {
  readonly #table: TupleTable;
  readonly #plain: PlainLane;
  readonly #place = {
    clientIndex: 0 as 0 | 1,
    firstFrame: 0,
    lastFrame: 0,
    firstNanos: Number.NaN,
    lastNanos: Number.NaN,
    isTelling: false,
    isAnswered: true,
    isCompleted: true,
    finFrame: 0,
    closeWaitNanos: 0,
    synOptions: 0,
    addresses: {
      ipVersion: 4 as 4 | 6,
      words0: new Int32Array(4),
      words1: new Int32Array(4),
      ports: [0, 0] as [number, number],
    },
  };

  constructor(table: TupleTable, plain: PlainLane) {
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

  /** Where and when the connection was that was closed before another one began on its tuple. */
  placeOfOld(entry: number, { clientIndex, firstNanos, lastNanos }: OldConnection): PlainPlace {
    const place = this.#place;
    this.addressesOf(entry);
    place.clientIndex = clientIndex;
    place.firstNanos = firstNanos;
    place.lastNanos = lastNanos;
    place.isAnswered = true;
    place.isCompleted = true;
    place.isTelling = false;
    return place;
  }

  /** Where and when the plain connection at an entry was, that was watched until `nowNanos`. */
  placeOf(entry: number, nowNanos: number): PlainPlace {
    const plain = this.#plain;
    const place = this.#place;
    this.addressesOf(entry);
    place.clientIndex = plain.clientOf(entry);
    place.firstNanos = plain.firstNanosOf(entry);
    place.lastNanos = plain.lastNanosOf(entry);
    place.isAnswered = plain.wasAnswered(entry);
    place.isCompleted = plain.wasCompleted(entry);
    const closeWaitSince = plain.closeWaitSinceNanos(entry);
    const isHalfClosed = !Number.isNaN(closeWaitSince);
    place.isTelling = !place.isAnswered || !place.isCompleted || isHalfClosed;
    if (!place.isTelling) return place;
    place.synOptions = plain.synOptionsOf(entry);
    place.finFrame = place.isCompleted ? plain.finFrameOf(entry) : 0;
    place.closeWaitNanos = isHalfClosed ? nowNanos - closeWaitSince : 0;
    place.firstFrame = plain.firstFrameOf(entry);
    place.lastFrame = plain.lastFrameOf(entry);
    return place;
  }
}
