/**
 * Where connections wait, as packed rows, until they are over: the machine looks at them only then.
 *
 * Nothing is judged here. A connection goes by the book as long as each segment is the next one that the book allows
 * (handshake, data in order, new acknowledgments, two FINs): the core takes those in (assembly/lane.ts). Others may belong
 * to a trouble that is put right before it closes (plain-trouble.ts); rows in the middle of a long one are added up. Once a
 * segment is neither, it is ODD: its rows are just kept. One with too many rows, or on whose tuple another connection may
 * begin, is given to the machine at once. As the machine gets the very rows, all ways lead to the same result.
 */
import { Core } from '../core/core.ts';
import { CLOSE_LIMIT, ENTRY_RECORD, HANDSHAKE_LIMIT } from '../core/layout.ts';
import { MAX_ODD_ROWS } from '../core/record.ts';
import { ORIGIN_SHIFT, ROW_WORDS, SACK_BITS, type SegmentBatch, TcpOption, Word } from '../wire/batch.ts';
import { addToMiddle, type Middle, newMiddle } from './middle.ts';
import { COURSE_BITS, Course, FIN_BITS, HEAD_ROWS, Plain, PlainNanos, PlainStage } from './plain-record.ts';
import { answeredCopy, type PlainRecord, takeTrouble } from './plain-trouble.ts';
import { type Segment, takeSegment } from './segment.ts';
import { SegmentLog } from './segment-log.ts';

const { STAGE, CLIENT, NXT, SEEN, FIRST_CHUNK, LAST_CHUNK, ROWS, NEW_KIND_ROW, COURSE, ISN, SYNS } = Plain;
const { LAST: LAST_NANOS, MARK: MARK_NANOS } = PlainNanos;
const RECORD_WORD = ENTRY_RECORD >> 2;
const TAIL_PER_END = 16;

/** From where on a connection is worth a closer look although it went by the book. */
export interface PlainLimits {
  /** How long a handshake or a close takes, nanoseconds. */
  readonly handshakeNanos: number;
  readonly closeNanos: number;
  /** Copies of one segment. */
  readonly copies: number;
}

/** Packed records of plain connections, known by the entries of their tuples. */
export class PlainLane {
  readonly log: SegmentLog;
  readonly #core: Core;
  readonly #limits: PlainLimits;
  readonly #middles = new Map<number, Middle>();

  constructor(limits: PlainLimits, core: Core = new Core()) {
    this.#core = core;
    this.log = new SegmentLog(core);
    this.#limits = limits;
    core.doubles[HANDSHAKE_LIMIT >> 3] = limits.handshakeNanos;
    core.doubles[CLOSE_LIMIT >> 3] = limits.closeNanos;
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
   */
  kindOf(record: number): number {
    const { words } = this.#core;
    const at = this.#at(record);
    const stage = words[at + STAGE];
    const course = words[at + COURSE] & COURSE_BITS;
    const seen = words[at + SEEN];
    const isStill = stage === PlainStage.OPEN && (seen & FIN_BITS) === 0;
    const isUnanswered = stage === PlainStage.SYN && (course & Course.SYN_AGAIN) !== 0;
    if (!(isStill || isUnanswered || this.isClosed(record)) || (course & Course.REMARKABLE) !== 0) return -1;
    return (stage << 16) | (seen << 10) | (course << 1) | words[at + CLIENT];
  }

  /** Whether nothing is left of it at either end, or but a TIME_WAIT. */
  isClosed(record: number): boolean {
    const stage = this.stageOf(record);
    return stage === PlainStage.DONE || stage === PlainStage.RESET || stage === PlainStage.REFUSED;
  }

  /** Whether its SYN was answered with a SYN-ACK. */
  wasAnswered(record: number): boolean {
    const stage = this.stageOf(record);
    return stage !== PlainStage.REFUSED && stage !== PlainStage.SYN;
  }

  /** `TcpOption` bits of the segment that it began with. */
  synOptionsOf(record: number): number {
    return this.#core.words[this.#at(record) + SYNS] >>> 24;
  }

  firstFrameOf(record: number): number {
    return this.log.frameAt(this.#core.words[this.#at(record) + FIRST_CHUNK], 0);
  }

  /** Time of the first segment, nanoseconds. */
  firstNanosOf(record: number): number {
    return this.log.nanosAt(this.#core.words[this.#at(record) + FIRST_CHUNK], 0);
  }

  lastFrameOf(record: number): number {
    const { words } = this.#core;
    const at = this.#at(record);
    return this.log.frameAt(words[at + LAST_CHUNK], words[at + ROWS] - 1);
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
   * Takes in a row that does not go by the book, of a connection that nobody has begun to close; false, with nothing
   * changed, if the machine has to take the connection over.
   */
  takeOther(record: number, batch: SegmentBatch, row: number, from: 0 | 1): boolean {
    if (this.#takeLateAnswer(record, batch, row, from) || this.#takeTroubled(record, batch, row, from)) return true;
    return this.#core.exports.takeOddAt(record, row) !== 0;
  }

  /** The answer to a SYN that was sent again. */
  #takeLateAnswer(record: number, batch: SegmentBatch, row: number, from: 0 | 1): boolean {
    const at = this.#at(record);
    const { words, doubles, exports } = this.#core;
    if (words[at + STAGE] !== PlainStage.SYN || (words[at + COURSE] & Course.SYN_AGAIN) === 0) return false;
    if (from === words[at + CLIENT] || isOddRow(batch.words, row * ROW_WORDS)) return false;
    if (batch.timeNanos(row) < doubles[(at >> 1) + LAST_NANOS]) return false;
    const copies = this.log.read(words[at + FIRST_CHUNK], words[at + ROWS]);
    const answered = answeredCopy(copies, takeSegment(batch, row, from));
    if (answered === -1 || exports.takeSynAckAt(record, row) === 0) return false;
    if (answered > 0) words[at + COURSE] |= Course.LATER_SYN_ANSWERED;
    return true;
  }

  #takeTroubled(record: number, batch: SegmentBatch, row: number, from: 0 | 1): boolean {
    const { words, doubles, exports } = this.#core;
    const at = this.#at(record);
    const nanos = at >> 1;
    const rows = words[at + ROWS];
    const lastNanos = doubles[nanos + LAST_NANOS];
    const time = batch.timeNanos(row);
    const ageNanos = time - lastNanos;
    const stage = words[at + STAGE];
    if (stage >= PlainStage.DONE || (words[at + SEEN] & FIN_BITS) !== 0 || !(ageNanos >= 0)) return false;
    if (rows >= MAX_ODD_ROWS - 2 || this.#middles.has(record)) return false;
    if ((batch.words[row * ROW_WORDS + Word.OPTIONS] & ODD_OPTIONS) !== 0) return false;
    const earlier = (): readonly Segment[] => this.log.read(words[at + FIRST_CHUNK], rows);
    const plain: PlainRecord = { words, at, ageNanos, earlier, manyCopies: this.#limits.copies };
    if (!takeTrouble(plain, takeSegment(batch, row, from))) return false;
    if (stage === PlainStage.ANSWERED && lastNanos - doubles[nanos + MARK_NANOS] >= this.#limits.handshakeNanos)
      words[at + COURSE] |= Course.REMARKABLE;
    doubles[nanos + LAST_NANOS] = time;
    if (stage < PlainStage.OPEN) doubles[nanos + MARK_NANOS] = time;
    exports.appendAt(record, row);
    return true;
  }

  /** Rows and what was dropped between them; the record stays. */
  rowsOf(record: number): { rows: Segment[]; middle: Middle | null } {
    const { words } = this.#core;
    const at = this.#at(record);
    return {
      rows: this.log.read(words[at + FIRST_CHUNK], words[at + ROWS]),
      middle: this.#middles.get(record) ?? null,
    };
  }

  /** Gives a record and its rows back. */
  release(record: number): void {
    const { words } = this.#core;
    const at = this.#at(record);
    this.log.close(words[at + FIRST_CHUNK], words[at + LAST_CHUNK]);
    words[at + STAGE] = PlainStage.NEW;
    if (this.#middles.size > 0) this.#middles.delete(record);
  }

  /** Drops rows in the middle of a long connection, if it can be done without losing what only they tell. */
  condense(record: number): void {
    const { words } = this.#core;
    const at = this.#at(record);
    const count = words[at + ROWS];
    if ((words[at + SEEN] & FIN_BITS) !== 0) return;
    const rows = this.log.read(words[at + FIRST_CHUNK], count);
    const tail = [0, 0];
    let end = count;
    while (end > HEAD_ROWS && (tail[0] < TAIL_PER_END || tail[1] < TAIL_PER_END)) tail[rows[--end].from]++;
    end -= end % 8;
    if (end <= HEAD_ROWS + 16) return;
    const kindRow = words[at + NEW_KIND_ROW];
    if (kindRow !== 0 && kindRow < end) return;
    if (kindRow !== 0) words[at + NEW_KIND_ROW] = kindRow - (end - HEAD_ROWS);
    const middle = this.#middles.get(record) ?? newMiddle(HEAD_ROWS);
    for (let i = HEAD_ROWS; i < end; i++) addToMiddle(middle, rows[i]);
    this.#middles.set(record, middle);
    words[at + COURSE] |= Course.CONDENSED;
    this.log.drop(words[at + FIRST_CHUNK], HEAD_ROWS, end);
    words[at + ROWS] = count - (end - HEAD_ROWS);
  }
}

const ODD_OPTIONS = TcpOption.CUT | (0xff << ORIGIN_SHIFT);

/** Whether a row has SACK ranges, was cut, or is not as it came from the wire. */
function isOddRow(packet: Int32Array, p: number): boolean {
  return (packet[p + Word.OPTIONS] & ODD_OPTIONS) !== 0 || (packet[p + Word.FLAGS] & SACK_BITS) !== 0;
}
