import { Core } from '../core/core.ts';
import {
  LINGER,
  MODE,
  MODE_FINISH,
  MODE_LANE,
  MODE_REUSE,
  MODE_SHARE,
  NEXT_ID,
  NOW,
  OURS,
  BUCKETS as ROW_BUCKETS,
  ROWS_AT,
  STOP_BITS,
  STOP_CLOSE,
  STOP_FINAL,
  STOP_FLOW,
  STOP_GIVE_UP,
  STOP_LONG,
  STOP_NEW,
  STOP_OVER,
  STOP_REUSED,
  STOP_SCOPE,
  TIME_WAIT,
  TOUCH_FROM,
} from '../core/layout.ts';
import { type IcmpError, ROW_WORDS, type SegmentBatch, TcpFlag } from '../wire/batch.ts';
import { BUCKETS } from './bucket.ts';
import { type Connection, keepsSegments } from './connection.ts';
import { CountedKinds } from './counted-kinds.ts';
import { type ConnectionLimit, earliest, excessOf } from './eviction.ts';
import type { Flawless } from './flawless.ts';
import { Flow, type FlowContext } from './flow.ts';
import type { FlowAddresses, PlainPlace } from './place.ts';
import { Places } from './places.ts';
import { PlainLane } from './plain-lane.ts';
import { PlainStage } from './plain-record.ts';
import { Replays } from './replay.ts';
import { takeSegment } from './segment.ts';
import { settle } from './settle.ts';
import { NO_ENTRY, TupleTable } from './table.ts';
import type { RowShare, TrackerOptions, TrackerWatcher } from './tracker-options.ts';
import { isNear, Variants } from './variants.ts';

/** Connections that are over are kept for stray segments, until many wait and their TIME_WAIT has been over for this long. */
const LINGER_NANOS = 5_000_000_000;
const STOP_MASK = (1 << STOP_BITS) - 1;
/** Their memory is too much for the caches of a processor. */
const MANY_TUPLES = 1 << 17;
/** Connections handed over between two pauses at the end. */
const CLOSED_AT_A_TIME = 256;
const NO_BUCKET = -1;
/** The segment was given to a new entry already. */
const HANDLED = -2;

/** Follows every tuple of a capture and hands over its connections. */
export class Tracker {
  readonly #options: TrackerOptions;
  readonly #core: Core;
  readonly #table: TupleTable;
  readonly #plain: PlainLane;
  /** By entry: the flow of a tuple that the machine has; none of a plain one. */
  readonly #flows = new Map<number, Flow>();
  readonly #variants = new Variants();
  readonly #places: Places;
  readonly #replays: Replays;
  readonly #context: FlowContext;
  readonly #lane: boolean;
  /** Connections that the core has counted instead of handing them over. */
  readonly counted: CountedKinds;
  /** A bucket with too many that may be over; `NO_BUCKET` when none has. */
  #overfull = NO_BUCKET;
  readonly #watcher: TrackerWatcher | null;
  readonly #limit: ConnectionLimit | null;
  /** Entries of flows that hold segments back; only kept for a watcher. */
  readonly #holding = new Set<number>();
  #entry = NO_ENTRY;
  /** For the plain connection of `#entry`. */
  readonly #buildPlain = (): void => this.#finishFlow(this.#replays.take(this.#entry), this.#entry);
  readonly #placePlain = (): PlainPlace => this.#places.placeOf(this.#entry, this.#nowNanos);
  readonly #tellPlain = (): Flawless | null =>
    this.#plain.tell(this.#entry, this.#nowNanos, this.#options.timeWaitNanos);

  /** Batches of the core are taken as they are, others are copied. */
  constructor(options: TrackerOptions, core: Core = new Core()) {
    this.#options = options;
    this.#core = core;
    this.#table = new TupleTable(core);
    this.#plain = new PlainLane(options.limits, core);
    this.#places = new Places(this.#table, this.#plain, core);
    this.#watcher = options.watcher ?? null;
    this.#limit = options.limit ?? this.#watcher;
    this.#lane = options.segments !== true && options.alwaysInFull !== true && this.#watcher === null;
    this.#context = {
      options,
      get nextId() {
        return core.unsigned[NEXT_ID >> 2];
      },
      set nextId(id) {
        core.words[NEXT_ID >> 2] = id;
      },
      retire: (connection) => {
        if (this.#replays.isBehindFinal) settle(connection, this.#nowNanos);
        else this.#handOver(connection, this.#entry);
      },
    };
    this.#context.nextId = 1;
    this.#replays = new Replays(this.#table, this.#plain, this.#context);
    this.#nowNanos = Number.NEGATIVE_INFINITY;
    core.doubles[LINGER >> 3] = options.timeWaitNanos + LINGER_NANOS;
    core.doubles[TIME_WAIT >> 3] = options.timeWaitNanos;
    core.words[TOUCH_FROM >> 2] ||= MANY_TUPLES;
    const mode = options.onPlain === undefined ? MODE_LANE : MODE_LANE | MODE_REUSE;
    core.words[MODE >> 2] = this.#lane && options.segments === false ? mode : 0;
    this.counted = new CountedKinds(core, this.#lane ? (options.onAlike ?? null) : null);
  }

  /** Latest time of any segment, nanoseconds. */
  get #nowNanos(): number {
    return this.#core.doubles[NOW >> 3];
  }

  set #nowNanos(nanos: number) {
    this.#core.doubles[NOW >> 3] = nanos;
  }

  /** Takes in all rows of a batch, and the ICMP errors among them. */
  push(batch: SegmentBatch): void {
    this.#load(batch);
    let row = 0;
    for (const error of batch.icmpErrors) {
      row = this.#takeRows(batch, row, error.beforeRow);
      this.#takeIcmp(error);
    }
    this.#takeRows(batch, row, batch.count);
    if (this.#limit !== null && this.openCount > this.#limit.maxConnections) this.#giveUp(this.#limit);
  }

  /** As `push`, for a share of the rows; time passes with all of them. */
  pushShare(batch: SegmentBatch, share: RowShare): void {
    this.#load(batch);
    const { words, bytes } = this.#core;
    bytes.set(share.isMine, OURS);
    bytes.set(share.buckets, ROW_BUCKETS);
    words[MODE >> 2] |= MODE_SHARE;
    let row = 0;
    for (const error of batch.icmpErrors) {
      row = this.#takeRows(batch, row, error.beforeRow, share);
      share.step = row * 2 - 1;
      this.#takeIcmp(error);
    }
    this.#takeRows(batch, row, batch.count, share);
    share.step = batch.count * 2 - 1;
  }

  /** Lets the core have the rows. */
  #load(batch: SegmentBatch): void {
    const { words, rowsAt } = this.#core;
    const isThere = batch.core === this.#core;
    words[ROWS_AT >> 2] = isThere ? batch.words.byteOffset : rowsAt;
    if (!isThere) words.set(batch.words.subarray(0, batch.count * ROW_WORDS), rowsAt >> 2);
  }

  /** Takes in the rows `[from, to)`; returns `to`. The core does most of it, and stops where it does not know on. */
  #takeRows(batch: SegmentBatch, from: number, to: number, share?: RowShare): number {
    const { exports } = this.#core;
    const context = this.#context;
    for (let row = from; row < to; row++) {
      const nextId = share === undefined ? 0 : context.nextId;
      const stop = exports.take(row, to);
      row = stop >>> STOP_BITS;
      if (row >= to) break;
      if (share !== undefined) share.step = row * 2;
      this.#takeStop(stop & STOP_MASK, this.#table.found, batch, row);
      if (this.#overfull !== NO_BUCKET) this.#evict(this.#overfull);
      if (share !== undefined && context.nextId !== nextId) share.onOpened(context.nextId);
    }
    this.counted.passIfMany();
    return to;
  }

  /** Number of the first connection of the tuple in work: what is left at the end is handed over in this order. */
  get tupleId(): number {
    return this.#table.idOf(this.#entry);
  }

  /** Number of the connection that begins next. */
  get nextId(): number {
    return this.#context.nextId;
  }

  /** Tuples that are tracked, those among them that are over included. */
  get openCount(): number {
    return this.#table.count;
  }

  /** Time has passed, whether a segment came or not: what waited long enough goes on, and what is long over goes. */
  tick(nowNanos: number): void {
    if (nowNanos > this.#nowNanos) this.#nowNanos = nowNanos;
    for (const entry of this.#holding) {
      const flow = this.#flows.get(entry);
      this.#entry = entry;
      flow?.tick(this.#nowNanos);
      if (flow?.isHolding !== true) this.#holding.delete(entry);
      if (flow) this.#noteChange(flow, entry);
    }
    for (let bucket = 0; bucket < BUCKETS; bucket++) this.#closeOld(bucket);
  }

  /** Addresses of the tuple at an entry that a watcher was told. */
  addressesAt(entry: number): FlowAddresses {
    return this.#places.copyAddresses(entry);
  }

  /**
   * The capture is over: settles and hands over what is left, and pauses now and then so that the caller can take it.
   * `endNanos` is the time of the last packet.
   */
  *finish(endNanos: number): Generator<void, void, undefined> {
    this.#nowNanos = Math.max(this.#nowNanos, endNanos);
    const order = this.#table.order();
    this.#core.words[MODE >> 2] |= MODE_FINISH;
    for (let from = 0; from < order.length; from += CLOSED_AT_A_TIME) {
      this.#closeAll(order.subarray(from, from + CLOSED_AT_A_TIME));
      yield;
    }
    this.counted.pass();
  }

  /** The core closes what it can. No batch is in work any more: the numbers of the entries are where its rows were. */
  #closeAll(entries: Int32Array): void {
    const { exports, words, rowsAt } = this.#core;
    words.set(entries, rowsAt >> 2);
    for (let at = exports.closeAllAlike(0, entries.length); at < entries.length; ) {
      this.#close(entries[at]);
      at = exports.closeAllAlike(at + 1, entries.length);
    }
    this.counted.passIfMany();
  }

  /** Sees to a row at which the core stopped, for which it found an entry or none. */
  #takeStop(stop: number, entry: number, batch: SegmentBatch, row: number): void {
    switch (stop) {
      case STOP_OVER:
        this.#queue(entry);
        return;
      case STOP_CLOSE:
        this.#overfull = this.#core.exports.bucketAt(entry);
        this.#closeWaiting(entry);
        return;
      case STOP_FLOW: {
        const flow = this.#flows.get(entry);
        if (flow !== undefined) this.#takeInFull(flow, entry, batch, row);
        return;
      }
      case STOP_GIVE_UP:
        this.#takeInFull(this.#promote(entry), entry, batch, row);
        return;
      case STOP_LONG:
        this.#plain.condense(entry);
        return;
      case STOP_NEW:
        this.#open(batch, row);
        return;
      case STOP_SCOPE:
        this.#takeScoped(entry, batch, row);
        return;
      case STOP_REUSED:
        this.#takeStop(this.#core.exports.reopenAt(entry, row), entry, batch, row);
        return;
      case STOP_FINAL:
        this.#closeFormer(entry);
        // A refusal is all that comes.
        if (this.#plain.isClosed(entry)) this.#queue(entry);
    }
  }

  #takeScoped(first: number, batch: SegmentBatch, row: number): void {
    const entry = this.#findScoped(first, batch, row);
    if (entry !== HANDLED) this.#takeStop(this.#core.exports.takeAt(entry, row), entry, batch, row);
  }

  /**
   * The tuple was seen on another VLAN or VNI. If the numbers go on it is the same connection, seen twice or tagged in
   * one direction only; otherwise it is another one that happens to have the same addresses and ports.
   */
  #findScoped(first: number, batch: SegmentBatch, row: number): number {
    const variants = this.#variants;
    const scope = batch.scope(row);
    const known = variants.get(first, scope);
    if (known !== undefined) return known;
    this.counted.stop();
    if (this.#goesOn(first, batch, row)) {
      variants.set(first, scope, first);
      return first;
    }
    variants.set(first, scope, this.#open(batch, row, variants.count(first) + 1));
    return HANDLED;
  }

  #goesOn(entry: number, batch: SegmentBatch, row: number): boolean {
    const { from } = this.#table;
    const isUnclear = this.#plain.isUnclear(entry);
    const { current } = (isUnclear ? this.#promote(entry) : this.#flowAt(entry)) ?? {};
    const mine = current ? current.ends[from].nxt : this.#plain.nextOf(entry, from);
    const theirs = current ? current.ends[1 - from].nxt : this.#plain.nextOf(entry, from === 0 ? 1 : 0);
    if ((batch.flags(row) & (TcpFlag.SYN | TcpFlag.ACK)) === TcpFlag.SYN) {
      const isn = current ? current.ends[from].isn : this.#plain.isnOf(entry, from);
      return batch.seq(row) === isn;
    }
    if (isNear(batch.seq(row), mine)) return true;
    return (batch.flags(row) & TcpFlag.ACK) !== 0 && isNear(batch.ack(row), theirs);
  }

  #open(batch: SegmentBatch, row: number, variant = 0): number {
    const table = this.#table;
    const { isSelf } = table;
    const entry = table.add(variant, batch.scope(row));
    const id = this.#context.nextId++;
    table.setId(entry, id);
    if (this.#lane && !isSelf && !keepsSegments(this.#options.segments, id)) {
      this.#plain.open(entry, row);
      if (this.#plain.stageOf(entry) === PlainStage.ODD) this.#queue(entry);
      return entry;
    }
    const ports = table.portsOf(entry);
    const flow = new Flow(ports >>> 16, ports & 0xffff, isSelf, this.#context, id);
    this.#flows.set(entry, flow);
    this.#takeInFull(flow, entry, batch, row);
    return entry;
  }

  #takeInFull(flow: Flow, entry: number, batch: SegmentBatch, row: number): void {
    this.#entry = entry;
    flow.take(takeSegment(batch, row, this.#table.from));
    if (flow.isOver && !this.#table.isQueued(entry)) this.#queue(entry);
    if (this.#watcher !== null) this.#noteChange(flow, entry);
  }

  #noteChange(flow: Flow, entry: number): void {
    if (flow.isHolding) this.#holding.add(entry);
    if (flow.isOver && !this.#table.isQueued(entry)) this.#queue(entry);
    this.#watcher?.onChange(flow, entry);
  }

  /** There are too many connections: those go first that were over first, then those that were silent for longest. */
  #giveUp(limit: ConnectionLimit): void {
    let excess = excessOf(this.openCount, limit);
    for (; excess > 0; excess--) {
      const entry = this.#core.exports.takeOldestOfAll();
      if (entry === NO_ENTRY) break;
      this.#giveUpOne(limit, entry);
    }
    if (excess <= 0) return;
    const open = this.#table.entries();
    // `from` goes through an iterator, which takes ten times as long.
    const nanos = new Float64Array(open.length);
    for (let index = 0; index < open.length; index++) nanos[index] = this.#lastNanosOf(open[index]);
    for (const entry of earliest(open, nanos, excess)) this.#giveUpOne(limit, entry);
  }

  #lastNanosOf(entry: number): number {
    return this.#flowAt(entry)?.lastNanos ?? this.#plain.lastNanosOf(entry);
  }

  #giveUpOne(limit: ConnectionLimit, entry: number): void {
    limit.onEvict(this.#flowAt(entry)?.isOver ?? this.#plain.isClosed(entry));
    if (this.#core.exports.closeAlike(entry) === 0) this.#close(entry);
  }

  /** What the machine has of a tuple; null for a plain one, whose record tells so without a look at another place. */
  #flowAt(entry: number): Flow | null {
    return this.#plain.has(entry) ? null : (this.#flows.get(entry) ?? null);
  }

  /** Gives a plain connection to the machine, which takes in all its rows again. */
  #promote(entry: number): Flow {
    this.#entry = entry;
    const flow = this.#replays.take(entry);
    this.#flows.set(entry, flow);
    this.#plain.release(entry);
    return flow;
  }

  /** The former connection of a tuple is final. */
  #closeFormer(entry: number): void {
    if (this.#core.exports.countFormer(entry) !== 0) return;
    const { formers } = this.#plain;
    const [former, nanos] = [formers.of(entry), formers.began(entry).timeNanos];
    this.#entry = entry;
    this.counted.pass();
    const build = (): void => void this.#replays.take(entry);
    const place = (): PlainPlace => this.#places.placeOf(former, nanos);
    const tell = (): Flawless | null => this.#plain.tellFormer(entry, this.#options.timeWaitNanos);
    this.#options.onPlain?.(this.#plain.kindOf(former, nanos), formers.idOf(former), build, place, tell);
    this.#core.exports.finishFormer(entry);
  }

  #queue(entry: number): void {
    if (this.#table.isQueued(entry)) return;
    const bucket = this.#core.exports.queue(entry);
    if (bucket !== NO_BUCKET) this.#overfull = bucket;
  }

  /** Hands over what has been over for long in a bucket, the oldest first, as long as there are too many. */
  #evict(bucket: number): void {
    const { exports } = this.#core;
    for (let entry = exports.evict(bucket); entry !== NO_ENTRY; entry = exports.evict(bucket))
      this.#closeWaiting(entry);
    this.#overfull = NO_BUCKET;
  }

  /** As `#evict`, all of a bucket. */
  #closeOld(bucket: number): void {
    const { exports } = this.#core;
    for (;;) {
      const entry = exports.takeOldest(bucket, this.#horizonNanos);
      if (entry === NO_ENTRY) return;
      this.#closeWaiting(entry);
    }
  }

  /** What has had no segment since then may go if it is over. */
  get #horizonNanos(): number {
    return this.#nowNanos - this.#options.timeWaitNanos - LINGER_NANOS;
  }

  /**
   * Sees to an entry that was taken out of its queue. Whether an odd connection is over is known only once the machine
   * has seen it; one that is not keeps its rows.
   */
  #closeWaiting(entry: number): void {
    if (this.#lastNanosOf(entry) > this.#horizonNanos) this.#core.exports.queue(entry);
    else if (!this.#closeIfOver(entry)) this.#table.setQueued(entry, false);
  }

  #closeIfOver(entry: number): boolean {
    let flow = this.#flowAt(entry);
    if (flow === null && !this.#plain.isClosed(entry)) {
      if (this.#plain.isLeft(entry)) return false;
      this.#entry = entry;
      flow = this.#replays.take(entry);
    }
    if (flow !== null && !flow.isOver) return false;
    this.#close(entry, flow);
    return true;
  }

  /** Hands over what a tuple holds, and forgets the tuple; `replayed` is its flow if the machine has seen it just now. */
  #close(entry: number, replayed: Flow | null = null): void {
    this.counted.pass();
    this.#entry = entry;
    const own = this.#flowAt(entry);
    const flow = own ?? replayed;
    if (flow !== null) this.#finishFlow(flow, entry);
    else {
      const kind = this.#plain.kindOf(entry, this.#nowNanos);
      const { onPlain } = this.#options;
      if (kind !== -1 && onPlain !== undefined) {
        onPlain(kind, this.#replays.idOf(entry), this.#buildPlain, this.#placePlain, this.#tellPlain);
      } else this.#buildPlain();
    }
    if (own === null) this.#plain.release(entry);
    else this.#flows.delete(entry);
    this.#table.remove(entry);
    if (this.#holding.size > 0) this.#holding.delete(entry);
    this.#variants.forget(entry);
  }

  #finishFlow(flow: Flow, entry: number): void {
    flow.finish();
    if (flow.current !== null) this.#handOver(flow.current, entry);
  }

  #handOver(connection: Connection, entry: number): void {
    this.counted.pass();
    settle(connection, this.#nowNanos);
    const places = this.#places;
    const addresses = this.#watcher === null ? places.addressesOf(entry) : places.copyAddresses(entry);
    this.#options.onConnection(connection, addresses);
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
