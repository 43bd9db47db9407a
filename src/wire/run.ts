import type { TimeBase } from '../base/time.ts';
import type { RunCore } from '../core/core.ts';
import {
  CLOCK,
  EPOCH_SECONDS,
  FIRST_TIME,
  FRAME,
  INTERFACE_ID,
  IS_SWAPPED,
  LAST_TIME,
  OFFSET_SECONDS,
  ROW_COUNT,
  TICKS_PER_SECOND,
} from '../core/layout.ts';
import { ROW_WORDS, type SegmentBatch } from './batch.ts';

/** Packets of one interface of a capture file, as they lie there one after the other. */
export interface PacketRun {
  readonly format: 'pcap' | 'pcapng';
  readonly isBigEndian: boolean;
  /** Ticks of its clock, at most 1e9, and what a pcapng file adds to every time. */
  readonly ticksPerSecond: number;
  readonly offsetSeconds: number;
  /** LINKTYPE_ number. */
  readonly linkType: number;
  readonly interfaceIndex: number;
  /** Number of the interface in its section of a pcapng file. */
  readonly interfaceId: number;
  /** Number of the latest frame, set by whoever reads the file; whoever takes some counts on. */
  frame: number;
  /** Earliest and latest time so far, likewise, and the time of the latest frame, nanoseconds. */
  firstTimeNanos: number;
  lastTimeNanos: number;
  timeNanos: number;
}

/** A run to begin with; fields that are not given are those of a pcap file of Ethernet packets. */
export function newRun(format: PacketRun['format'], fields: Partial<PacketRun> = {}): PacketRun {
  return {
    format,
    isBigEndian: false,
    ticksPerSecond: 1e6,
    offsetSeconds: 0,
    linkType: 1,
    interfaceIndex: 0,
    interfaceId: 0,
    frame: 0,
    firstTimeNanos: Number.POSITIVE_INFINITY,
    lastTimeNanos: Number.NEGATIVE_INFINITY,
    timeNanos: 0,
    ...fields,
  };
}

/** Memory that octets are copied to which the core cannot see. */
const WINDOW_BYTES = 1 << 16;
const LEAST_WINDOW_BYTES = 1 << 12;
const WORD_BYTES = 8;
/** Packets that are not offered to the core once it has refused so many in a row. */
const MOST_PASSED_BY = 64;

/** Has the core decode runs of ordinary packets. */
export class RunDecoder {
  readonly #core: RunCore;
  readonly #timeBase: TimeBase;
  #windowAt = 0;
  #windowBytes = LEAST_WINDOW_BYTES;
  /** Runs not to try, and how many it was the last time. */
  #passBy = 0;
  #passedBy = 0;

  constructor(core: RunCore, timeBase: TimeBase) {
    this.#core = core;
    this.#timeBase = timeBase;
  }

  /**
   * Appends rows to a batch, as many as there is room for; returns where the first packet begins that was not taken, or
   * what is left of a half one. Stops where time goes back: `clockNanos` is that of the latest packet of the interface. @hot
   */
  decode(
    bytes: Uint8Array,
    from: number,
    end: number,
    run: PacketRun,
    batch: SegmentBatch,
    clockNanos: number,
  ): number {
    if (this.#passBy > 0) {
      this.#passBy--;
      return from;
    }
    const core = this.#core;
    const { words, doubles, runAt } = core;
    const before = batch.count;
    doubles[(runAt + CLOCK) >> 3] = clockNanos;
    doubles[(runAt + FIRST_TIME) >> 3] = run.firstTimeNanos;
    doubles[(runAt + LAST_TIME) >> 3] = run.lastTimeNanos;
    doubles[(runAt + TICKS_PER_SECOND) >> 3] = run.ticksPerSecond;
    doubles[(runAt + OFFSET_SECONDS) >> 3] = run.offsetSeconds;
    doubles[(runAt + EPOCH_SECONDS) >> 3] = this.#timeBase.epochSeconds;
    words[(runAt + ROW_COUNT) >> 2] = before;
    words[(runAt + FRAME) >> 2] = run.frame;
    words[(runAt + INTERFACE_ID) >> 2] = run.interfaceId;
    words[(runAt + IS_SWAPPED) >> 2] = run.isBigEndian ? 1 : 0;
    const isThere = batch.core === core;
    const rowsAt = isThere ? batch.words.byteOffset : core.rowsAt;
    const next = this.#decode(run.format, bytes, from, end, rowsAt);
    const count = words[(runAt + ROW_COUNT) >> 2];
    this.#noteTaken(count - before);
    batch.count = count;
    run.frame = words[(runAt + FRAME) >> 2] >>> 0;
    run.timeNanos = doubles[(runAt + CLOCK) >> 3];
    run.lastTimeNanos = doubles[(runAt + LAST_TIME) >> 3];
    if (!isThere && count > before) {
      const rows = rowsAt >> 2;
      batch.words.set(words.subarray(rows + before * ROW_WORDS, rows + count * ROW_WORDS), before * ROW_WORDS);
    }
    return next;
  }

  #decode(format: PacketRun['format'], bytes: Uint8Array, from: number, end: number, rowsAt: number): number {
    const core = this.#core;
    const { exports, runAt } = core;
    const decode = format === 'pcap' ? exports.decodePcap : exports.decodePcapng;
    if (core.owns(bytes)) {
      const base = bytes.byteOffset;
      return (decode(base + from, base + end, runAt, rowsAt) >>> 0) - base;
    }
    if (this.#windowAt === 0) this.#windowAt = core.allocate(WINDOW_BYTES + WORD_BYTES);
    // V8 copies to shared memory octet by octet, unless both places are as far from a multiple of a word.
    const at = this.#windowAt + ((bytes.byteOffset + from) % WORD_BYTES);
    const length = Math.min(end - from, this.#windowBytes);
    core.bytes.set(bytes.subarray(from, from + length), at);
    const taken = decode(at, at + length, runAt, rowsAt) - at;
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
