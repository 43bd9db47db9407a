/**
 * Where connections wait, as packed rows, until they are over: the machine looks at them only then.
 *
 * Nothing is judged here. A connection goes by the book as long as each segment is the next one that the book allows
 * (handshake, data in order, new acknowledgments, two FINs), if only of the client when nothing of the server was captured:
 * the core takes those in (assembly/lane.ts). Others may belong to a trouble that is put right before it closes
 * (assembly/trouble.ts); rows in the middle of a long one are added up. Once a segment is neither, it is ODD: its rows are
 * just kept. One with too many rows, or on whose tuple another connection may begin though it was not closed (reuse.ts), is
 * given to the machine at once. As the machine gets the very rows, all ways lead to the same result.
 */
import { Core } from '../core/core.ts';
import {
  CHUNK_NEXT,
  CHUNK_ROWS,
  CLOSE_LIMIT,
  CLOSE_WAIT_ERROR_LIMIT,
  CLOSE_WAIT_LIMIT,
  COPIES_LIMIT,
  ENTRY_RECORD,
  HANDSHAKE_LIMIT,
  NO_ENTRY,
  TIME_WAIT_AT_CLIENT,
  TIME_WAIT_NEITHER,
} from '../core/layout.ts';
import { type EndedTimeWait, Flawless } from './flawless.ts';
import type { Moment } from './history.ts';
import { addToMiddle, type Middle, newMiddle } from './middle.ts';
import { Course, FIN_BITS, HEAD_ROWS, Plain, PlainNanos, PlainStage } from './plain-record.ts';
import { Formers } from './reuse.ts';
import type { Segment } from './segment.ts';
import { SegmentLog } from './segment-log.ts';

const { STAGE, CLIENT, NXT, SEEN, NEXT_CHUNK, ROWS, NEW_KIND_ROW, COURSE, ISN, SYNS } = Plain;
const { LAST: LAST_NANOS } = PlainNanos;
const RECORD_WORD = ENTRY_RECORD >> 2;
const TAIL_PER_END = 16;
/** What became of a close in which FINs were sent again, see assembly/shape.ts; one without shape is -1. */
const CloseEnd = { NONE: -1, GRACEFUL: 1 } as const;

/** From where on a connection is worth a closer look although it went by the book. */
export interface PlainLimits {
  /** How long a handshake or a close takes, nanoseconds. */
  readonly handshakeNanos: number;
  readonly closeNanos: number;
  /** Copies of one segment. */
  readonly copies: number;
  /** How long an end stays in CLOSE_WAIT, nanoseconds, and from when on that is an error. */
  readonly closeWaitNanos: number;
  readonly closeWaitErrorNanos: number;
}

const { POSITIVE_INFINITY: NEVER } = Number;
const NO_LIMITS: PlainLimits = {
  handshakeNanos: NEVER,
  closeNanos: NEVER,
  copies: NEVER,
  closeWaitNanos: NEVER,
  closeWaitErrorNanos: NEVER,
};

/** Packed records of plain connections, known by the entries of their tuples. */
export class PlainLane {
  readonly log: SegmentLog;
  /** Of connections on tuples that were used before. */
  readonly formers: Formers;
  readonly #core: Core;
  readonly #middles = new Map<number, Middle>();
  readonly #flawless = new Flawless();

  constructor(limits: PlainLimits = NO_LIMITS, core: Core = new Core()) {
    this.#core = core;
    this.log = new SegmentLog(core);
    this.formers = new Formers(core);
    core.doubles[HANDSHAKE_LIMIT >> 3] = limits.handshakeNanos;
    core.doubles[CLOSE_LIMIT >> 3] = limits.closeNanos;
    core.doubles[COPIES_LIMIT >> 3] = limits.copies;
    core.doubles[CLOSE_WAIT_LIMIT >> 3] = limits.closeWaitNanos;
    core.doubles[CLOSE_WAIT_ERROR_LIMIT >> 3] = limits.closeWaitErrorNanos;
  }

  /** Begins the record of a new tuple with a row of the batch that the core has. */
  open(record: number, row: number): void {
    this.#core.exports.openAt(record, row);
  }

  /** Where a record begins in the words of the core. */
  #at(record: number): number {
    return this.#core.wordsOf(record) + RECORD_WORD;
  }

  /**
   * What all connections that ended by the book, or did not end, without anything remarkable, have in common with this
   * one: they differ in numbers only, so they have the same outcome and the same finding codes. -1 if it is remarkable.
   * `nowNanos` is until when it was watched.
   */
  kindOf(record: number, nowNanos: number): number {
    return this.#core.exports.kindOf(record, nowNanos);
  }

  /** Whether nothing is left of it at either end, or but a TIME_WAIT. */
  isClosed(record: number): boolean {
    const stage = this.stageOf(record);
    if (stage === PlainStage.ODD) return this.#core.exports.shapeEnd(record) === CloseEnd.GRACEFUL;
    return stage === PlainStage.DONE || stage >= PlainStage.RESET;
  }

  /** Whether it is known that something is left of a connection that is not closed. */
  isLeft(record: number): boolean {
    if (this.stageOf(record) !== PlainStage.ODD) return true;
    const end = this.#core.exports.shapeEnd(record);
    return end !== CloseEnd.NONE && end !== CloseEnd.GRACEFUL;
  }

  /** Whether the record is in use. */
  has(record: number): boolean {
    return this.stageOf(record) !== PlainStage.NEW;
  }

  clientOf(record: number): 0 | 1 {
    return this.#core.words[this.#at(record) + CLIENT] === 0 ? 0 : 1;
  }

  stageOf(record: number): number {
    return this.#core.words[this.#at(record) + STAGE];
  }

  #isMidstream(record: number): boolean {
    return (this.#core.words[this.#at(record) + COURSE] & Course.MIDSTREAM) !== 0;
  }

  /** Whether it takes the machine to tell which numbers the ends of a plain connection use. */
  isUnclear(record: number): boolean {
    if (!this.has(record)) return false;
    return this.#isMidstream(record) || this.stageOf(record) === PlainStage.ODD || this.formers.of(record) !== NO_ENTRY;
  }

  /** The sequence number that an end sends next if it goes by the book; -1 if nothing is known of it. */
  nextOf(record: number, end: 0 | 1): number {
    const at = this.#at(record);
    return ((this.#core.words[at + SYNS] >> end) & 1) === 0 ? -1 : this.#core.unsigned[at + NXT + end];
  }

  /** Initial sequence number of an end; -1 if its SYN was not seen. */
  isnOf(record: number, end: 0 | 1): number {
    const at = this.#at(record);
    return ((this.#core.words[at + SYNS] >> end) & 1) === 0 ? -1 : this.#core.unsigned[at + ISN + end];
  }

  /** Time of the latest segment, nanoseconds. */
  lastNanosOf(record: number): number {
    return this.#core.doubles[(this.#at(record) >> 1) + LAST_NANOS];
  }

  /**
   * What there is to tell of a connection that is flawless, until the next one is told of; null of others. `successor` is the SYN of
   * the next connection on its tuple, if there is one.
   */
  tell(record: number, nowNanos: number, timeWaitNanos: number, successor?: Moment): Flawless | null {
    const flawless = this.#flawless;
    const former = this.formers.of(record);
    const timeWait = former === NO_ENTRY ? TIME_WAIT_NEITHER : this.formers.timeWaitOf(former);
    let ended: EndedTimeWait | null = null;
    if (timeWait !== TIME_WAIT_NEITHER) {
      const began = this.formers.began(record);
      if (!flawless.read(this.#core, former, began.timeNanos, timeWaitNanos, began)) return null;
      const isAtEnd0 = (timeWait === TIME_WAIT_AT_CLIENT) === (this.clientOf(record) === 0);
      ended = flawless.endedTimeWaitOf(isAtEnd0 ? 0 : 1);
      if (ended === null) return null;
    }
    if (!flawless.read(this.#core, record, nowNanos, timeWaitNanos, successor)) return null;
    flawless.ended = ended;
    return flawless;
  }

  /** As `tell`, of the former connection of a tuple. */
  tellFormer(record: number, timeWaitNanos: number): Flawless | null {
    const began = this.formers.began(record);
    return this.tell(this.formers.of(record), began.timeNanos, timeWaitNanos, began);
  }

  /** Rows and what was dropped between them; the record stays. */
  rowsOf(record: number): { rows: Segment[]; middle: Middle | null } {
    const { words } = this.#core;
    const at = this.#at(record);
    return {
      rows: this.log.read(firstChunk(at), words[at + ROWS]),
      middle: this.#middles.get(record) ?? null,
    };
  }

  /** Gives a record and its rows back. */
  release(record: number): void {
    this.#core.exports.release(record);
    if (this.#middles.size > 0) this.#middles.delete(record);
  }

  /** Drops rows in the middle of a long connection, if it can be done without losing what only they tell. */
  condense(record: number): void {
    const { words } = this.#core;
    const at = this.#at(record);
    const count = words[at + ROWS];
    if ((words[at + SEEN] & FIN_BITS) !== 0) return;
    const rows = this.log.read(firstChunk(at), count);
    const tail = [0, 0];
    let end = count;
    while (end > HEAD_ROWS && (tail[0] < TAIL_PER_END || tail[1] < TAIL_PER_END)) tail[rows[--end].from]++;
    end -= (end - HEAD_ROWS) % CHUNK_ROWS;
    if (end <= HEAD_ROWS + 16) return;
    const kindRow = words[at + NEW_KIND_ROW];
    if (kindRow !== 0 && kindRow < end) return;
    if (kindRow !== 0) words[at + NEW_KIND_ROW] = kindRow - (end - HEAD_ROWS);
    const middle = this.#middles.get(record) ?? newMiddle(HEAD_ROWS);
    for (let i = HEAD_ROWS; i < end; i++) addToMiddle(middle, rows[i]);
    this.#middles.set(record, middle);
    words[at + COURSE] |= Course.CONDENSED;
    this.log.drop(firstChunk(at), HEAD_ROWS, end);
    words[at + ROWS] = count - (end - HEAD_ROWS);
  }
}

/** Address of the chunk with the first rows of the record at a place in the words of the core. */
function firstChunk(at: number): number {
  return ((at + NEXT_CHUNK) << 2) - CHUNK_NEXT;
}
