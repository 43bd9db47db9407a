import { type IcmpError, ROW_DOUBLES, ROW_WORDS, type SegmentBatch, TcpFlag, Word } from '../wire/batch.ts';
import { BUCKETS } from './bucket.ts';
import { ClosedQueue, NO_BUCKET } from './closed-queue.ts';
import { type Connection, type ConnectionOptions, keepsSegments } from './connection.ts';
import { type ConnectionLimit, earliest, excessOf } from './eviction.ts';
import { Flow, type FlowContext } from './flow.ts';
import type { FlowAddresses, PlainPlace } from './place.ts';
import { PlainLane, type PlainLimits } from './plain-lane.ts';
import { PlainStage } from './plain-record.ts';
import { replay } from './replay.ts';
import { takeSegment } from './segment.ts';
import { settle } from './settle.ts';
import { NO_ENTRY, TupleTable } from './table.ts';

/** Sees what becomes of connections before they are over, as somebody who watches a live capture wants to. */
export interface TrackerWatcher extends ConnectionLimit {
  /** The connections of a tuple may have changed; `entry` is its place until `onConnection` was called for the last. */
  onChange(flow: Flow, entry: number): void;
}

/** Which rows of a batch belong to a tracker that has only some of the buckets. */
export interface RowShare {
  /** Bucket of each row. */
  readonly buckets: Uint8Array;
  /** 1 for the buckets of this tracker, 0 for the others. */
  readonly isMine: Uint8Array;
  /** Set to twice the row in work, and one less while ICMP errors before it are. */
  step: number;
  /** Called after a row that began connections; `nextId` is the id of the next one. */
  onOpened(nextId: number): void;
}

export interface TrackerOptions extends ConnectionOptions {
  /** Called with each connection once it is final; without a watcher, its addresses are written over for the next one. */
  readonly onConnection: (connection: Connection, addresses: FlowAddresses) => void;
  /**
   * Called with each connection that went by the book once it is final, before anything is built of it; all with the
   * same `kind` have the same outcome and findings. `build` calls `onConnection` with it; without a call it is passed
   * over. `place` must be called at once, if at all.
   */
  readonly onPlain?: (kind: number, id: number, build: () => void, place: () => PlainPlace) => void;
  /** From where on connections are not alike; without it all that went by the book are. */
  readonly limits?: PlainLimits;
  /** How many connections may be tracked at a time (default: any number, or what the watcher says). */
  readonly limit?: ConnectionLimit;
  /** Whoever watches; the machine then gets every connection from its first segment on. */
  readonly watcher?: TrackerWatcher;
}

/** Connections that are over are kept for stray segments, until many wait and their TIME_WAIT has been over for this long. */
const LINGER_NANOS = 5_000_000_000;
const INITIAL_ENTRIES = 1 << 12;
/** Connections handed over between two pauses at the end. */
const CLOSED_AT_A_TIME = 256;
const { POSITIVE_INFINITY: NEVER } = Number;
const NO_LIMITS: PlainLimits = { handshakeNanos: NEVER, closeNanos: NEVER, copies: NEVER };
/** The segment was given to a new entry already. */
const HANDLED = -2;
/** Sequence numbers this near belong to one connection. */
const SAME_CONNECTION_OCTETS = 1 << 22;

/** Follows every tuple of a capture and hands over its connections. */
export class Tracker {
  readonly #options: TrackerOptions;
  readonly #table = new TupleTable();
  readonly #plain: PlainLane;
  /** By entry: the flow of a tuple that the machine has; null for a plain one. */
  readonly #flows: (Flow | null)[] = [];
  /** By entry: the id of a plain tuple's connection. */
  readonly #ids: number[] = [];
  /** By first entry of a tuple that was seen on several: the entry of each. */
  readonly #variants = new Map<number, Map<number, number>>();
  /** By entry of a further variant: where it is listed. */
  readonly #variantOf = new Map<number, { readonly first: number; readonly scope: number }>();
  readonly #context: FlowContext;
  readonly #lane: boolean;
  readonly #closed = new ClosedQueue();
  /** By entry: 1 if it waits among those that may be over. */
  #isQueued = new Uint8Array(INITIAL_ENTRIES);
  readonly #watcher: TrackerWatcher | null;
  readonly #limit: ConnectionLimit | null;
  /** Entries of flows that hold segments back; only kept for a watcher. */
  readonly #holding = new Set<number>();
  #openCount = 0;
  #entry = NO_ENTRY;
  readonly #place = {
    clientIndex: 0 as 0 | 1,
    firstFrame: 0,
    lastFrame: 0,
    firstNanos: Number.NaN,
    lastNanos: Number.NaN,
    isOpened: true,
    synOptions: 0,
    addresses: {
      ipVersion: 4 as 4 | 6,
      words0: new Int32Array(4),
      words1: new Int32Array(4),
      ports: [0, 0] as [number, number],
    },
  };
  /** For the plain connection of `#entry`. */
  readonly #buildPlain = (): void => this.#finishFlow(this.#replay(this.#entry), this.#entry);
  readonly #placePlain = (): PlainPlace => this.#placeOf(this.#entry);
  /** Latest time of any segment, nanoseconds. */
  #nowNanos = Number.NEGATIVE_INFINITY;

  constructor(options: TrackerOptions) {
    this.#options = options;
    this.#plain = new PlainLane(options.limits ?? NO_LIMITS);
    this.#watcher = options.watcher ?? null;
    this.#limit = options.limit ?? this.#watcher;
    this.#lane = options.segments !== true && options.alwaysInFull !== true && this.#watcher === null;
    this.#context = {
      options,
      nextId: 1,
      retire: (connection) => this.#handOver(connection, this.#entry),
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
      if (this.#closed.overfull !== NO_BUCKET) this.#evict(this.#closed.overfull);
    }
    while (icmp < batch.icmpErrors.length) this.#takeIcmp(batch.icmpErrors[icmp++]);
    if (this.#limit !== null && this.#openCount > this.#limit.maxConnections) this.#giveUp(this.#limit);
  }

  /** As `push`, for a share of the rows; time passes with all of them. */
  pushShare(batch: SegmentBatch, share: RowShare): void {
    const { isMine, buckets } = share;
    const context = this.#context;
    let icmp = 0;
    for (let row = 0; row <= batch.count; row++) {
      share.step = row * 2 - 1;
      while (icmp < batch.icmpErrors.length && (row === batch.count || batch.icmpErrors[icmp].beforeRow <= row)) {
        this.#takeIcmp(batch.icmpErrors[icmp++]);
      }
      if (row === batch.count) return;
      if (isMine[buckets[row]] === 0) {
        if (batch.timeNanos(row) > this.#nowNanos) this.#nowNanos = batch.timeNanos(row);
        continue;
      }
      share.step = row * 2;
      const { nextId } = context;
      this.#takeRow(batch, row);
      if (this.#closed.overfull !== NO_BUCKET) this.#evict(this.#closed.overfull);
      if (context.nextId !== nextId) share.onOpened(context.nextId);
    }
  }

  /** Number of the first connection of the tuple in work: what is left at the end is handed over in this order. */
  get tupleId(): number {
    return this.#ids[this.#entry];
  }

  /** Number of the connection that begins next. */
  get nextId(): number {
    return this.#context.nextId;
  }

  /** Tuples that are tracked, those among them that are over included. */
  get openCount(): number {
    return this.#openCount;
  }

  /** Time has passed, whether a segment came or not: what waited long enough goes on, and what is long over goes. */
  tick(nowNanos: number): void {
    if (nowNanos > this.#nowNanos) this.#nowNanos = nowNanos;
    for (const entry of this.#holding) {
      const flow = this.#flows[entry];
      this.#entry = entry;
      flow?.tick(this.#nowNanos);
      if (flow?.isHolding !== true) this.#holding.delete(entry);
      if (flow) this.#noteChange(flow, entry);
    }
    for (let bucket = 0; bucket < BUCKETS; bucket++) this.#closeOld(bucket, true);
  }

  /** Addresses of the tuple at an entry that a watcher was told. */
  addressesAt(entry: number): FlowAddresses {
    return this.#addressesOf(entry);
  }

  /**
   * The capture is over: settles and hands over what is left, and pauses now and then so that the caller can take it.
   * `endNanos` is the time of the last packet.
   */
  *finish(endNanos: number): Generator<void, void, undefined> {
    this.#nowNanos = Math.max(this.#nowNanos, endNanos);
    const { endEntry } = this.#table;
    // By id and entry in one number, since numbers are sorted faster than anything else.
    const order = new Float64Array(this.#openCount);
    let count = 0;
    for (let entry = 0; entry < endEntry; entry++) {
      if (this.#ids[entry] > 0) order[count++] = this.#ids[entry] * endEntry + entry;
    }
    order.sort();
    for (let from = 0; from < count; from += CLOSED_AT_A_TIME) {
      this.#closeAll(order.subarray(from, Math.min(from + CLOSED_AT_A_TIME, count)), endEntry);
      yield;
    }
  }

  /**
   * What is done for each, apart from the generator: V8 does not make those fast. Nor does it what takes the entry as a
   * float64 that took it as an integer before.
   */
  #closeAll(order: Float64Array, endEntry: number): void {
    for (let index = 0; index < order.length; index++) this.#close((order[index] % endEntry) | 0);
  }

  /** @hot */
  #takeRow(batch: SegmentBatch, row: number): void {
    const table = this.#table;
    const time = batch.nanos[row * ROW_DOUBLES];
    if (time > this.#nowNanos) this.#nowNanos = time;
    let entry = table.find(batch, row);
    if (entry !== NO_ENTRY && table.scopeOf(entry) !== batch.words[row * ROW_WORDS + Word.SCOPE])
      entry = this.#findScoped(entry, batch, row);
    if (entry === NO_ENTRY) {
      this.#open(batch, row);
      return;
    }
    if (entry === HANDLED) return;
    const plain = this.#plain;
    if (plain.has(entry)) {
      if (plain.take(entry, batch, row, table.from)) {
        if (plain.stageOf(entry) >= PlainStage.DONE) this.#queue(entry);
        return;
      }
      this.#takeInFull(this.#promote(entry), entry, batch, row);
      return;
    }
    const flow = this.#flows[entry];
    if (flow !== null) this.#takeInFull(flow, entry, batch, row);
  }

  /**
   * The tuple was seen on another VLAN or VNI. If the numbers go on it is the same connection, seen twice or tagged in
   * one direction only; otherwise it is another one that happens to have the same addresses and ports.
   */
  #findScoped(first: number, batch: SegmentBatch, row: number): number {
    const scope = batch.scope(row);
    const variants = this.#variants.get(first) ?? new Map<number, number>();
    this.#variants.set(first, variants);
    const known = variants.get(scope);
    if (known !== undefined) return known;
    if (this.#goesOn(first, batch, row)) {
      variants.set(scope, first);
      return first;
    }
    const entry = this.#open(batch, row, variants.size + 1);
    variants.set(scope, entry);
    this.#variantOf.set(entry, { first, scope });
    return HANDLED;
  }

  #goesOn(entry: number, batch: SegmentBatch, row: number): boolean {
    const { from } = this.#table;
    const isOdd = this.#plain.stageOf(entry) === PlainStage.ODD;
    const { current } = (isOdd ? this.#promote(entry) : this.#flowAt(entry)) ?? {};
    const mine = current ? current.ends[from].nxt : this.#plain.nextOf(entry, from);
    const theirs = current ? current.ends[1 - from].nxt : this.#plain.nextOf(entry, from === 0 ? 1 : 0);
    const isNear = (a: number, b: number): boolean => b !== -1 && Math.abs((a - b) | 0) < SAME_CONNECTION_OCTETS;
    if ((batch.flags(row) & (TcpFlag.SYN | TcpFlag.ACK)) === TcpFlag.SYN) {
      const isn = current ? current.ends[from].isn : this.#plain.isnOf(entry, from);
      return batch.seq(row) === isn;
    }
    if (isNear(batch.seq(row), mine)) return true;
    return (batch.flags(row) & TcpFlag.ACK) !== 0 && isNear(batch.ack(row), theirs);
  }

  #open(batch: SegmentBatch, row: number, variant = 0): number {
    const table = this.#table;
    const entry = table.add(variant, batch.scope(row));
    this.#openCount++;
    const id = this.#context.nextId;
    this.#ids[entry] = id;
    if (entry >= this.#isQueued.length) this.#growQueued(entry);
    this.#isQueued[entry] = 0;
    const isRecorded = keepsSegments(this.#options.segments, id);
    if (this.#lane && !table.isSelf && !isRecorded) {
      this.#plain.open(entry, batch, row, table.from);
      this.#context.nextId++;
      if (entry >= this.#flows.length) this.#flows[entry] = null;
      if (this.#plain.stageOf(entry) === PlainStage.ODD) this.#queue(entry);
      return entry;
    }
    const ports = table.portsOf(entry);
    this.#context.nextId++;
    const flow = new Flow(ports >>> 16, ports & 0xffff, table.isSelf, this.#context, id);
    this.#flows[entry] = flow;
    this.#takeInFull(flow, entry, batch, row);
    return entry;
  }

  #growQueued(entry: number): void {
    const grown = new Uint8Array(entry * 2);
    grown.set(this.#isQueued);
    this.#isQueued = grown;
  }

  #takeInFull(flow: Flow, entry: number, batch: SegmentBatch, row: number): void {
    this.#entry = entry;
    flow.take(takeSegment(batch, row, this.#table.from));
    if (flow.isOver && this.#isQueued[entry] === 0) this.#queue(entry);
    if (this.#watcher !== null) this.#noteChange(flow, entry);
  }

  #noteChange(flow: Flow, entry: number): void {
    if (flow.isHolding) this.#holding.add(entry);
    if (flow.isOver && this.#isQueued[entry] === 0) this.#queue(entry);
    this.#watcher?.onChange(flow, entry);
  }

  /** There are too many connections: those go first that were over first, then those that were silent for longest. */
  #giveUp(limit: ConnectionLimit): void {
    let excess = excessOf(this.#openCount, limit);
    for (; excess > 0; excess--) {
      const entry = this.#closed.takeOldestOfAll();
      if (entry === NO_ENTRY) break;
      this.#giveUpOne(limit, entry);
    }
    if (excess <= 0) return;
    const open = new Int32Array(this.#openCount);
    let count = 0;
    for (let entry = 0; entry < this.#table.endEntry; entry++) if (this.#ids[entry] > 0) open[count++] = entry;
    const nanos = Float64Array.from(open, (entry) => this.#lastNanosOf(entry));
    for (const entry of earliest(open, nanos, excess)) this.#giveUpOne(limit, entry);
  }

  #lastNanosOf(entry: number): number {
    return this.#flowAt(entry)?.lastNanos ?? this.#plain.lastNanosOf(entry);
  }

  #giveUpOne(limit: ConnectionLimit, entry: number): void {
    limit.onEvict(this.#flowAt(entry)?.isOver ?? this.#plain.isClosed(entry));
    this.#close(entry);
  }

  /** What the machine has of a tuple; null for a plain one, whose record tells so without a look at another place. */
  #flowAt(entry: number): Flow | null {
    return this.#plain.has(entry) ? null : this.#flows[entry];
  }

  /** Gives a plain connection to the machine, which takes in all its rows again. */
  #promote(entry: number): Flow {
    const flow = this.#replay(entry);
    this.#flows[entry] = flow;
    this.#plain.release(entry);
    return flow;
  }

  #replay(entry: number): Flow {
    this.#entry = entry;
    const ports = this.#table.portsOf(entry);
    const flow = new Flow(ports >>> 16, ports & 0xffff, false, this.#context, this.#ids[entry]);
    replay(flow, this.#plain.rowsOf(entry));
    return flow;
  }

  #queue(entry: number): void {
    if (this.#isQueued[entry] !== 0) return;
    this.#isQueued[entry] = 1;
    this.#closed.add(this.#table.bucketOf(entry), entry, this.#nowNanos);
  }

  #evict(bucket: number): void {
    this.#closeOld(bucket, false);
    this.#closed.settle();
  }

  /**
   * Hands over what has been over for long in a bucket, the oldest first: all, or as long as there are too many. Whether
   * an odd connection is over is known only once the machine has seen it; one that is not keeps its rows.
   */
  #closeOld(bucket: number, isAll: boolean): void {
    const horizon = this.#nowNanos - this.#options.timeWaitNanos - LINGER_NANOS;
    while (isAll || this.#closed.isOverfull(bucket)) {
      const entry = this.#closed.takeOldest(bucket, horizon);
      if (entry === NO_ENTRY) return;
      const lastNanos = this.#lastNanosOf(entry);
      if (lastNanos > horizon) this.#closed.add(bucket, entry, this.#nowNanos);
      else if (!this.#closeIfOver(entry)) this.#isQueued[entry] = 0;
    }
  }

  #closeIfOver(entry: number): boolean {
    let flow = this.#flowAt(entry);
    if (flow === null && !this.#plain.isClosed(entry)) flow = this.#replay(entry);
    if (flow !== null && !flow.isOver) return false;
    this.#close(entry, flow);
    return true;
  }

  /** Hands over what a tuple holds, and forgets the tuple; `replayed` is its flow if the machine has seen it just now. */
  #close(entry: number, replayed: Flow | null = null): void {
    this.#entry = entry;
    const own = this.#flowAt(entry);
    const flow = own ?? replayed;
    if (flow !== null) this.#finishFlow(flow, entry);
    else {
      const kind = this.#plain.kindOf(entry);
      const { onPlain } = this.#options;
      if (kind !== -1 && onPlain !== undefined) onPlain(kind, this.#ids[entry], this.#buildPlain, this.#placePlain);
      else this.#buildPlain();
    }
    if (own === null) this.#plain.release(entry);
    else this.#flows[entry] = null;
    this.#ids[entry] = 0;
    this.#openCount--;
    this.#table.remove(entry);
    if (this.#holding.size > 0) this.#holding.delete(entry);
    if (this.#variants.size + this.#variantOf.size === 0) return;
    this.#variants.delete(entry);
    const variant = this.#variantOf.get(entry);
    if (variant === undefined) return;
    this.#variants.get(variant.first)?.delete(variant.scope);
    this.#variantOf.delete(entry);
  }

  #finishFlow(flow: Flow, entry: number): void {
    flow.finish();
    if (flow.current !== null) this.#handOver(flow.current, entry);
  }

  #handOver(connection: Connection, entry: number): void {
    settle(connection, this.#nowNanos);
    this.#options.onConnection(connection, this.#watcher === null ? this.#lookUp(entry) : this.#addressesOf(entry));
  }

  #addressesOf(entry: number): FlowAddresses {
    const { ipVersion, words0, words1, ports } = this.#lookUp(entry);
    return { ipVersion, words0: words0.slice(), words1: words1.slice(), ports: [ports[0], ports[1]] };
  }

  /** As `addressesOf`, written over by the next call. */
  #lookUp(entry: number): FlowAddresses {
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

  /** Where and when the connection was that is being handed over. */
  #placeOf(entry: number): PlainPlace {
    const plain = this.#plain;
    const place = this.#place;
    this.#lookUp(entry);
    place.clientIndex = plain.clientOf(entry);
    place.lastNanos = plain.lastNanosOf(entry);
    place.isOpened = plain.wasAnswered(entry);
    place.synOptions = plain.synOptionsOf(entry);
    if (place.isOpened) return place;
    place.firstFrame = plain.firstFrameOf(entry);
    place.lastFrame = plain.lastFrameOf(entry);
    place.firstNanos = plain.firstNanosOf(entry);
    return place;
  }

  #takeIcmp(error: IcmpError): void {
    const ports = (error.sourcePort << 16) | error.destinationPort;
    const { ipVersion, sourceAddress, destinationAddress } = error;
    const entry = this.#table.findTuple(ipVersion, sourceAddress, destinationAddress, ports);
    if (entry === NO_ENTRY) return;
    this.#entry = entry;
    const { from } = this.#table;
    const flow = this.#flowAt(entry) ?? this.#promote(entry);
    flow.takeIcmp(error, from);
    if (this.#watcher !== null) this.#noteChange(flow, entry);
  }
}
