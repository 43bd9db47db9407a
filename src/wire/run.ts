import type { TimeBase } from '../base/time.ts';
import type { Core } from '../core/core.ts';
import {
  CLOCK,
  EPOCH_SECONDS,
  FIRST_TIME,
  FRAME,
  INTERFACE,
  IS_SWAPPED,
  LAST_TIME,
  NANOS_PER_TICK,
  ROW_COUNT,
} from '../core/layout.ts';
import { ROW_WORDS, type SegmentBatch } from './batch.ts';

/** Packets of a classic pcap file, as they lie there one after the other. */
export interface PcapRun {
  readonly isBigEndian: boolean;
  readonly nanosPerTick: number;
  /** LINKTYPE_ number. */
  readonly linkType: number;
  readonly interfaceIndex: number;
  /** Packets before it; whoever takes some counts on. */
  packetCount: number;
  /** Earliest and latest time of those, nanoseconds, likewise. */
  firstTimeNanos: number;
  lastTimeNanos: number;
}

/** Memory that octets are copied to which the core cannot see. */
const WINDOW_BYTES = 1 << 16;
const LEAST_WINDOW_BYTES = 1 << 12;
/** Packets that are not offered to the core once it has refused so many in a row. */
const MOST_PASSED_BY = 64;

/** Has the core decode runs of ordinary packets. */
export class RunDecoder {
  readonly #core: Core;
  readonly #timeBase: TimeBase;
  #windowAt = 0;
  #windowBytes = LEAST_WINDOW_BYTES;
  /** Runs not to try, and how many it was the last time. */
  #passBy = 0;
  #passedBy = 0;
  /** Time of the latest packet of the interface, nanoseconds: in, and out. */
  clockNanos = 0;

  constructor(core: Core, timeBase: TimeBase) {
    this.#core = core;
    this.#timeBase = timeBase;
  }

  /**
   * Appends rows to a batch, as many as there is room for; returns where the first packet begins that was not taken, or
   * what is left of a half one. Stops where time goes back. @hot
   */
  decode(bytes: Uint8Array, from: number, end: number, run: PcapRun, batch: SegmentBatch): number {
    if (this.#passBy > 0) {
      this.#passBy--;
      return from;
    }
    const core = this.#core;
    const { words, doubles } = core;
    const before = batch.count;
    doubles[CLOCK >> 3] = this.clockNanos;
    doubles[FIRST_TIME >> 3] = run.firstTimeNanos;
    doubles[LAST_TIME >> 3] = run.lastTimeNanos;
    doubles[NANOS_PER_TICK >> 3] = run.nanosPerTick;
    doubles[EPOCH_SECONDS >> 3] = this.#timeBase.epochSeconds;
    words[ROW_COUNT >> 2] = before;
    words[FRAME >> 2] = run.packetCount;
    words[INTERFACE >> 2] = run.interfaceIndex;
    words[IS_SWAPPED >> 2] = run.isBigEndian ? 1 : 0;
    const next = core.owns(bytes) ? this.#decodeThere(bytes, from, end) : this.#decodeCopy(bytes, from, end);
    const count = words[ROW_COUNT >> 2];
    this.#noteTaken(count - before);
    batch.count = count;
    run.packetCount = core.unsigned[FRAME >> 2];
    run.lastTimeNanos = doubles[LAST_TIME >> 3];
    this.clockNanos = doubles[CLOCK >> 3];
    if (batch.core !== core && count > before) {
      const rows = core.rowsAt >> 2;
      batch.words.set(words.subarray(rows + before * ROW_WORDS, rows + count * ROW_WORDS), before * ROW_WORDS);
    }
    return next;
  }

  #decodeThere(bytes: Uint8Array, from: number, end: number): number {
    const base = bytes.byteOffset;
    return (this.#core.exports.decodePcap(base + from, base + end) >>> 0) - base;
  }

  #decodeCopy(bytes: Uint8Array, from: number, end: number): number {
    const core = this.#core;
    if (this.#windowAt === 0) this.#windowAt = core.exports.allocate(WINDOW_BYTES);
    const at = this.#windowAt;
    const length = Math.min(end - from, this.#windowBytes);
    core.bytes.set(bytes.subarray(from, from + length), at);
    const taken = core.exports.decodePcap(at, at + length) - at;
    // What is copied and not taken is copied again: so little at first, then more as long as most of it is taken.
    this.#windowBytes = taken * 2 < length ? LEAST_WINDOW_BYTES : Math.min(this.#windowBytes * 2, WINDOW_BYTES);
    return from + taken;
  }

  /** Where no packet is an ordinary one, asking about each would take longer than it saves. */
  #noteTaken(rows: number): void {
    this.#passedBy = rows > 0 ? 0 : Math.min(this.#passedBy * 2 + 1, MOST_PASSED_BY);
    this.#passBy = this.#passedBy;
  }
}
