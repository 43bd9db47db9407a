import type { IcmpError, SegmentBatch } from '../wire/batch.ts';
import type { Connection, ConnectionOptions } from './connection.ts';
import { Flow, type FlowContext } from './flow.ts';
import { takeSegment } from './segment.ts';
import { settle } from './settle.ts';
import { TupleTable } from './table.ts';

/** Addresses of a flow, as the batch has them. */
export interface FlowAddresses {
  readonly ipVersion: 4 | 6;
  /** Four words each, of ends 0 and 1. */
  readonly words0: Int32Array;
  readonly words1: Int32Array;
}

export interface TrackerOptions extends ConnectionOptions {
  /** Called with each connection once it is final. */
  readonly onConnection: (connection: Connection, addresses: FlowAddresses) => void;
}

interface Tracked {
  readonly flow: Flow;
  readonly key: Int32Array;
}

/** Connections that gave way to a new incarnation wait for the end of the capture, or for this many successors. */
const MAX_RETIRED = 65_536;

/** Follows every tuple of a capture and hands over its connections. */
export class Tracker {
  readonly #options: TrackerOptions;
  readonly #table = new TupleTable();
  readonly #flows: Tracked[] = [];
  readonly #retired: { connection: Connection; tracked: Tracked }[] = [];
  readonly #context: FlowContext;
  #current: Tracked | null = null;
  /** Latest time of any packet of the capture, nanoseconds. */
  lastNanos = Number.NEGATIVE_INFINITY;

  constructor(options: TrackerOptions) {
    this.#options = options;
    this.#context = {
      options,
      duplicatesSeen: 0,
      nextId: 1,
      retire: (connection) => this.#retire(connection),
    };
  }

  /** Takes in all rows of a batch, and the ICMP errors among them. */
  push(batch: SegmentBatch): void {
    let icmp = 0;
    for (let row = 0; row < batch.count; row++) {
      while (icmp < batch.icmpErrors.length && batch.icmpErrors[icmp].beforeRow <= row) {
        this.#takeIcmp(batch.icmpErrors[icmp++]);
      }
      this.#takeRow(batch, row);
    }
    while (icmp < batch.icmpErrors.length) this.#takeIcmp(batch.icmpErrors[icmp++]);
  }

  /** The capture is over: settles and hands over what is left. `endNanos` is the time of its last packet. */
  finish(endNanos: number): void {
    this.lastNanos = Math.max(this.lastNanos, endNanos);
    for (const tracked of this.#flows) {
      this.#current = tracked;
      tracked.flow.finish();
      if (tracked.flow.current) this.#retire(tracked.flow.current);
    }
    const finals = this.#retired.splice(0);
    finals.sort((a, b) => a.connection.id - b.connection.id);
    for (const each of finals) this.#handOver(each);
  }

  #takeRow(batch: SegmentBatch, row: number): void {
    const table = this.#table;
    const slot = table.find(batch, row);
    let index: number;
    if (slot >= 0) index = table.valueAt(slot);
    else {
      index = this.#flows.length;
      const flow = new Flow(table.port0, table.port1, table.isSelf, this.#context);
      this.#flows.push({ flow, key: table.key.slice() });
      table.add(index);
    }
    this.#current = this.#flows[index];
    const time = batch.timeNanos[row];
    if (time > this.lastNanos) this.lastNanos = time;
    this.#current.flow.take(takeSegment(batch, row, table.from));
  }

  #retire(connection: Connection): void {
    if (this.#current === null) return;
    this.#retired.push({ connection, tracked: this.#current });
    if (this.#retired.length > MAX_RETIRED) this.#handOver(this.#retired.shift()!);
  }

  #handOver({ connection, tracked }: { connection: Connection; tracked: Tracked }): void {
    settle(connection, this.lastNanos);
    const { key } = tracked;
    const ipVersion = key[0] >> 16 === 4 ? 4 : 6;
    this.#options.onConnection(connection, { ipVersion, words0: key.subarray(2, 6), words1: key.subarray(6, 10) });
  }

  #takeIcmp(error: IcmpError): void {
    for (const tracked of this.#flows) {
      const from = quotedEnd(tracked.key, error);
      const connection = tracked.flow.pending?.connection ?? tracked.flow.current;
      if (from === -1 || !connection) continue;
      connection.icmpErrors.push(error);
      const asker = connection.ends[from];
      const isOpening = asker.state === 'SYN_SENT' && asker.isn === error.seq;
      if (isOpening) connection.icmpRefusal ??= error;
    }
  }
}

/** Which end of a tuple an ICMP error tells: 0 or 1, or -1 if it quotes another tuple. */
function quotedEnd(key: Int32Array, error: IcmpError): 0 | 1 | -1 {
  if (key[0] >> 16 !== error.ipVersion) return -1;
  const isFirst = matches(key, 2, error.sourceAddress) && matches(key, 6, error.destinationAddress);
  if (isFirst && key[1] === ((error.sourcePort << 16) | error.destinationPort)) return 0;
  const isSecond = matches(key, 6, error.sourceAddress) && matches(key, 2, error.destinationAddress);
  return isSecond && key[1] === ((error.destinationPort << 16) | error.sourcePort) ? 1 : -1;
}

function matches(key: Int32Array, at: number, words: Int32Array): boolean {
  return key[at] === words[0] && key[at + 1] === words[1] && key[at + 2] === words[2] && key[at + 3] === words[3];
}
