/**
 * Where connections wait, as packed rows, until they are over: the machine looks at them only then.
 *
 * Nothing is judged here. A connection goes by the book as long as each segment is the next one that the book allows
 * (handshake, data in order, new acknowledgments, two FINs), or belongs to a trouble that is put right before it closes
 * (plain-trouble.ts); rows in the middle of a long one are added up. Once a segment is neither, it is ODD: its rows are
 * just kept. One with too many rows, or on whose tuple another connection may begin, is given to the machine at once. As
 * the machine gets the very rows, all ways lead to the same result.
 */
import {
  ORIGIN_SHIFT,
  ROW_DOUBLES,
  ROW_WORDS,
  SACK_BITS,
  type SegmentBatch,
  TcpFlag,
  TcpOption,
  TTL_SHIFT,
  Word,
} from '../wire/batch.ts';
import { addToMiddle, type Middle, newMiddle } from './middle.ts';
import {
  COURSE_BITS,
  Course,
  FIN_BITS,
  HEAD_ROWS,
  mssOf,
  noteKind,
  PLAIN_DOUBLES,
  PLAIN_WORDS,
  Plain,
  PlainNanos,
  PlainStage,
  windowOf,
} from './plain-record.ts';
import { answeredCopy, type PlainRecord, takeTrouble } from './plain-trouble.ts';
import { FORM_BITS, type Segment, takeSegment } from './segment.ts';
import { SegmentLog } from './segment-log.ts';

const { STAGE, CLIENT, NXT, ACK, WINDOW, SEEN, FIRST_CHUNK, LAST_CHUNK, ROWS, NEW_KIND_ROW, COURSE, MSS, ISN, SYNS } =
  Plain;
const { LAST: LAST_NANOS, MARK: MARK_NANOS } = PlainNanos;
const WORDS = PLAIN_WORDS;
const DOUBLES = PLAIN_DOUBLES;
/** Rows of an odd or troubled connection that are kept before the machine takes it over. */
const MAX_ODD_ROWS = 64;
const RST_ACK = TcpFlag.RST | TcpFlag.ACK;
const INITIAL_RECORDS = 1 << 10;
/** Rows from which on the middle is condensed, and those that the machine takes over because it could not be. */
const CONDENSE_ROWS = 320;
const GIVE_UP_ROWS = 1024;
/** It is tried once in so many rows, less one. */
const CONDENSE_MASK = 63;
const TAIL_PER_END = 16;

/** From where on a connection is worth a closer look although it went by the book. */
export interface PlainLimits {
  /** How long a handshake or a close takes, nanoseconds. */
  readonly handshakeNanos: number;
  readonly closeNanos: number;
  /** Copies of one segment. */
  readonly copies: number;
}

/** Packed records of plain connections. */
export class PlainLane {
  readonly log = new SegmentLog();
  readonly #limits: PlainLimits;
  #words = new Int32Array(INITIAL_RECORDS * WORDS);
  /** The same records as float64. */
  #nanos = new Float64Array(this.#words.buffer);
  #capacity = INITIAL_RECORDS;
  readonly #middles = new Map<number, Middle>();

  constructor(limits: PlainLimits) {
    this.#limits = limits;
  }

  /** Begins the record of a new tuple. */
  open(record: number, batch: SegmentBatch, row: number, from: 0 | 1): void {
    if (record >= this.#capacity) this.#grow(record);
    const words = this.#words;
    const at = record * WORDS;
    for (let i = at; i < at + WORDS; i++) words[i] = 0;
    const packet = batch.words;
    const p = row * ROW_WORDS;
    const options = packet[p + Word.OPTIONS];
    const isPlain = (packet[p + Word.FLAGS] & 0x3f) === TcpFlag.SYN && packet[p + Word.PAYLOAD] === 0;
    words[at + STAGE] = isPlain && !isOddRow(packet, p) ? PlainStage.SYN : PlainStage.ODD;
    words[at + CLIENT] = from;
    words[at + MSS] = mssOf(packet, p);
    words[at + NXT + from] = packet[p + Word.SEQ] + 1;
    words[at + SYNS] = options << 24;
    this.#noteIsn(at, packet, p, from);
    const chunk = this.log.open();
    words[at + FIRST_CHUNK] = chunk;
    words[at + LAST_CHUNK] = chunk;
    this.#append(at, batch, row, from);
    this.#nanos[record * DOUBLES + LAST_NANOS] = batch.timeNanos(row);
    this.#nanos[record * DOUBLES + MARK_NANOS] = batch.timeNanos(row);
  }

  /**
   * What all connections that ended by the book, or did not end, without anything remarkable, have in common with this
   * one: they differ in numbers only, so they have the same outcome and the same finding codes. -1 if it is remarkable.
   */
  kindOf(record: number): number {
    const words = this.#words;
    const at = record * WORDS;
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
    return this.#words[record * WORDS + SYNS] >>> 24;
  }

  firstFrameOf(record: number): number {
    return this.log.frameAt(this.#words[record * WORDS + FIRST_CHUNK], 0);
  }

  /** Time of the first segment, nanoseconds. */
  firstNanosOf(record: number): number {
    return this.log.nanosAt(this.#words[record * WORDS + FIRST_CHUNK], 0);
  }

  lastFrameOf(record: number): number {
    const at = record * WORDS;
    return this.log.frameAt(this.#words[at + LAST_CHUNK], this.#words[at + ROWS] - 1);
  }

  /** Whether the record is in use. @hot */
  has(record: number): boolean {
    return record < this.#capacity && this.#words[record * WORDS + STAGE] !== PlainStage.NEW;
  }

  clientOf(record: number): 0 | 1 {
    return this.#words[record * WORDS + CLIENT] === 0 ? 0 : 1;
  }

  stageOf(record: number): number {
    return this.#words[record * WORDS + STAGE];
  }

  /** The sequence number that an end sends next if it goes by the book; -1 if nothing is known of it. */
  nextOf(record: number, end: 0 | 1): number {
    const at = record * WORDS;
    return ((this.#words[at + SYNS] >> end) & 1) === 0 ? -1 : this.#words[at + NXT + end] >>> 0;
  }

  /** Initial sequence number of an end; -1 if its SYN was not seen. */
  isnOf(record: number, end: 0 | 1): number {
    const at = record * WORDS;
    return ((this.#words[at + SYNS] >> end) & 1) === 0 ? -1 : this.#words[at + ISN + end] >>> 0;
  }

  /** Time of the latest segment, nanoseconds. */
  lastNanosOf(record: number): number {
    return this.#nanos[record * DOUBLES + LAST_NANOS];
  }

  /** Takes in the next row; false, with nothing changed, if the machine has to take the connection over. @hot */
  take(record: number, batch: SegmentBatch, row: number, from: 0 | 1): boolean {
    const words = this.#words;
    const at = record * WORDS;
    const packet = batch.words;
    const p = row * ROW_WORDS;
    const rows = words[at + ROWS];
    if (rows >= MAX_ODD_ROWS && (rows >= GIVE_UP_ROWS || (words[at + COURSE] & Course.TROUBLE) !== 0)) return false;
    if (isOddRow(packet, p) || batch.nanos[row * ROW_DOUBLES] < this.#nanos[record * DOUBLES + LAST_NANOS]) {
      return this.#takeOther(record, batch, row, from);
    }
    if (words[at + STAGE] === PlainStage.OPEN) {
      const seen = words[at + SEEN];
      if (!this.#takeOpen(at, packet, p, from)) return this.#takeOther(record, batch, row, from);
      if (seen !== words[at + SEEN] || words[at + STAGE] === PlainStage.DONE)
        this.#noteClose(record, seen, batch, row, from);
    } else if (!this.#takeOpening(record, batch, row, from)) return this.#takeOther(record, batch, row, from);
    // A time is not handed on as an argument: it would be put into an object of its own.
    this.#nanos[record * DOUBLES + LAST_NANOS] = batch.nanos[row * ROW_DOUBLES];
    words[at + LAST_CHUNK] = this.log.append(words[at + LAST_CHUNK], rows, packet, p, from);
    words[at + ROWS] = rows + 1;
    if (rows >= CONDENSE_ROWS && (rows & CONDENSE_MASK) === CONDENSE_MASK) this.#condense(record);
    return true;
  }

  #takeOpening(record: number, batch: SegmentBatch, row: number, from: 0 | 1): boolean {
    const at = record * WORDS;
    const packet = batch.words;
    const p = row * ROW_WORDS;
    const stage = this.#words[at + STAGE];
    if (stage === PlainStage.SYN) {
      const isAnsweredLate = (this.#words[at + COURSE] & Course.SYN_AGAIN) !== 0;
      return isAnsweredLate ? this.#takeLateAnswer(record, batch, row, from) : this.#takeAnswer(at, packet, p, from);
    }
    if (stage !== PlainStage.ANSWERED || !this.#takeThird(at, packet, p, from)) return false;
    this.#noteDuration(record, batch.timeNanos(row), this.#limits.handshakeNanos);
    return true;
  }

  /** The answer to a SYN that was sent again. */
  #takeLateAnswer(record: number, batch: SegmentBatch, row: number, from: 0 | 1): boolean {
    const at = record * WORDS;
    const words = this.#words;
    if (from === words[at + CLIENT]) return false;
    const answered = answeredCopy(
      this.log.read(words[at + FIRST_CHUNK], words[at + ROWS]),
      takeSegment(batch, row, from),
    );
    if (answered === -1 || !this.#takeSynAck(at, batch.words, row * ROW_WORDS, from)) return false;
    if (answered > 0) words[at + COURSE] |= Course.LATER_SYN_ANSWERED;
    return true;
  }

  /** Takes in a row that does not go by the book. */
  #takeOther(record: number, batch: SegmentBatch, row: number, from: 0 | 1): boolean {
    return this.#takeTroubled(record, batch, row, from) || this.#takeOdd(record, batch, row, from);
  }

  #takeTroubled(record: number, batch: SegmentBatch, row: number, from: 0 | 1): boolean {
    const words = this.#words;
    const at = record * WORDS;
    const rows = words[at + ROWS];
    const lastNanos = this.#nanos[record * DOUBLES + LAST_NANOS];
    const ageNanos = batch.timeNanos(row) - lastNanos;
    const stage = words[at + STAGE];
    if (stage >= PlainStage.DONE || (words[at + SEEN] & FIN_BITS) !== 0 || !(ageNanos >= 0)) return false;
    if (rows >= MAX_ODD_ROWS - 2 || this.#middles.has(record)) return false;
    if ((batch.words[row * ROW_WORDS + Word.OPTIONS] & ODD_OPTIONS) !== 0) return false;
    const earlier = (): readonly Segment[] => this.log.read(words[at + FIRST_CHUNK], rows);
    const plain: PlainRecord = { words, at, ageNanos, earlier, manyCopies: this.#limits.copies };
    if (!takeTrouble(plain, takeSegment(batch, row, from))) return false;
    if (stage === PlainStage.ANSWERED) this.#noteDuration(record, lastNanos, this.#limits.handshakeNanos);
    this.#nanos[record * DOUBLES + LAST_NANOS] = batch.timeNanos(row);
    if (stage < PlainStage.OPEN) this.#nanos[record * DOUBLES + MARK_NANOS] = batch.timeNanos(row);
    this.#append(at, batch, row, from);
    return true;
  }

  /** Keeps a row that does not go by the book, as long as it cannot begin another connection. */
  #takeOdd(record: number, batch: SegmentBatch, row: number, from: 0 | 1): boolean {
    const words = this.#words;
    const at = record * WORDS;
    if (words[at + ROWS] >= MAX_ODD_ROWS - 1 || this.#middles.has(record)) return false;
    const packet = batch.words;
    const p = row * ROW_WORDS;
    const flags = packet[p + Word.FLAGS];
    if ((flags & TcpFlag.SYN) !== 0) {
      const isKnown = ((words[at + SYNS] >> from) & 1) !== 0;
      const other = 1 - from;
      const isFirstAnswer =
        !isKnown &&
        (flags & TcpFlag.ACK) !== 0 &&
        ((words[at + SYNS] >> other) & 1) !== 0 &&
        packet[p + Word.ACK] === ((words[at + ISN + other] + 1) | 0);
      if (!isFirstAnswer && !(isKnown && words[at + ISN + from] === packet[p + Word.SEQ])) return false;
    }
    this.#noteIsn(at, packet, p, from);
    words[at + STAGE] = PlainStage.ODD;
    const time = batch.timeNanos(row);
    if (time > this.#nanos[record * DOUBLES + LAST_NANOS]) this.#nanos[record * DOUBLES + LAST_NANOS] = time;
    this.#append(at, batch, row, from);
    return true;
  }

  #append(at: number, batch: SegmentBatch, row: number, from: 0 | 1): void {
    const words = this.#words;
    const rows = words[at + ROWS];
    words[at + LAST_CHUNK] = this.log.append(words[at + LAST_CHUNK], rows, batch.words, row * ROW_WORDS, from);
    words[at + ROWS] = rows + 1;
    if (batch.sackCount(row) === 0) return;
    words[at + LAST_CHUNK] = this.log.appendSack(words[at + LAST_CHUNK], rows + 1, batch, row);
    words[at + ROWS] = rows + 2;
  }

  #noteIsn(at: number, packet: Int32Array, p: number, from: 0 | 1): void {
    const words = this.#words;
    const flags = packet[p + Word.FLAGS];
    const isSyn = (flags & (TcpFlag.SYN | TcpFlag.FIN | TcpFlag.RST)) === TcpFlag.SYN;
    if (!isSyn || ((words[at + SYNS] >> from) & 1) !== 0) return;
    words[at + SYNS] |= (1 << from) | ((flags >>> TTL_SHIFT) << (8 << from));
    words[at + ISN + from] = packet[p + Word.SEQ];
  }

  /** @hot */
  #noteDuration(record: number, time: number, limitNanos: number): void {
    if (time - this.#nanos[record * DOUBLES + MARK_NANOS] >= limitNanos)
      this.#words[record * WORDS + COURSE] |= Course.REMARKABLE;
  }

  #noteClose(record: number, seenBefore: number, batch: SegmentBatch, row: number, from: 0 | 1): void {
    const time = batch.timeNanos(row);
    const at = record * WORDS;
    const words = this.#words;
    const fins = words[at + SEEN] & FIN_BITS;
    if (fins !== 0 && (seenBefore & FIN_BITS) === 0) {
      this.#nanos[record * DOUBLES + MARK_NANOS] = time;
      words[at + COURSE] |= from === 1 ? Course.CLOSED_BY_1 : 0;
    }
    if (words[at + STAGE] === PlainStage.DONE) this.#noteDuration(record, time, this.#limits.closeNanos);
  }

  #takeAnswer(at: number, packet: Int32Array, p: number, from: 0 | 1): boolean {
    const flags = packet[p + Word.FLAGS] & 0x3f;
    return flags === RST_ACK ? this.#takeRefusal(at, packet, p, from) : this.#takeSynAck(at, packet, p, from);
  }

  #takeRefusal(at: number, packet: Int32Array, p: number, from: 0 | 1): boolean {
    const words = this.#words;
    const client = words[at + CLIENT];
    if (from === client || packet[p + Word.ACK] !== words[at + NXT + client]) return false;
    if (packet[p + Word.SEQ] !== 0 || windowOf(packet, p) !== 0 || packet[p + Word.PAYLOAD] !== 0) return false;
    words[at + STAGE] = PlainStage.REFUSED;
    return true;
  }

  /** A reset with the very next number, of an end that still has the connection. */
  #takeReset(at: number, packet: Int32Array, p: number, from: 0 | 1): boolean {
    const words = this.#words;
    const seq = packet[p + Word.SEQ];
    const ack = packet[p + Word.ACK];
    if ((words[at + SEEN] & FIN_BITS) !== 0 || packet[p + Word.PAYLOAD] !== 0) return false;
    if ((words[at + COURSE] & (Course.TROUBLE | Course.SYN_ACK_AGAIN)) !== 0) return false;
    if (seq === 0 || seq !== words[at + NXT + from]) return false;
    if (((ack - words[at + ACK + from]) | 0) < 0 || ((ack - words[at + NXT + 1 - from]) | 0) > 0) return false;
    // One without window and time stamps may come from a host that does not have the connection.
    if (windowOf(packet, p) === 0 && (packet[p + Word.OPTIONS] & TcpOption.TIMESTAMPS) === 0) return false;
    const usualTtl = (words[at + SYNS] >>> (8 << from)) & 0xff;
    if (from === 1) words[at + COURSE] |= Course.CLOSED_BY_1;
    if (packet[p + Word.FLAGS] >>> TTL_SHIFT !== usualTtl) words[at + COURSE] |= Course.REMARKABLE;
    words[at + STAGE] = PlainStage.RESET;
    return true;
  }

  #takeSynAck(at: number, packet: Int32Array, p: number, from: 0 | 1): boolean {
    const words = this.#words;
    const client = words[at + CLIENT];
    if (from === client || (packet[p + Word.FLAGS] & 0x3f) !== (TcpFlag.SYN | TcpFlag.ACK)) return false;
    const ack = packet[p + Word.ACK];
    if (ack !== words[at + NXT + client] || packet[p + Word.PAYLOAD] !== 0 || windowOf(packet, p) === 0) return false;
    words[at + NXT + from] = packet[p + Word.SEQ] + 1;
    words[at + ACK + from] = ack;
    words[at + ACK + client] = packet[p + Word.SEQ] + 1;
    words[at + WINDOW + from] = windowOf(packet, p);
    const mss = mssOf(packet, p);
    if (mss < words[at + MSS]) words[at + MSS] = mss;
    words[at + STAGE] = PlainStage.ANSWERED;
    this.#noteIsn(at, packet, p, from);
    return true;
  }

  #takeThird(at: number, packet: Int32Array, p: number, from: 0 | 1): boolean {
    const words = this.#words;
    if (from !== words[at + CLIENT]) return false;
    const flags = packet[p + Word.FLAGS] & FORM_BITS;
    if (flags !== TcpFlag.ACK || windowOf(packet, p) === 0) return false;
    const peer = 1 - from;
    const seq = packet[p + Word.SEQ];
    if (seq !== words[at + NXT + from] || packet[p + Word.ACK] !== words[at + NXT + peer]) return false;
    const payload = packet[p + Word.PAYLOAD];
    words[at + NXT + from] = seq + payload;
    words[at + WINDOW + from] = windowOf(packet, p);
    words[at + STAGE] = PlainStage.OPEN;
    if (payload > words[at + MSS]) words[at + COURSE] |= Course.REMARKABLE;
    noteKind(words, at, from, payload);
    return true;
  }

  #takeOpen(at: number, packet: Int32Array, p: number, from: 0 | 1): boolean {
    const words = this.#words;
    const flags = packet[p + Word.FLAGS] & FORM_BITS;
    const hasFin = flags === (TcpFlag.ACK | TcpFlag.FIN);
    if (flags === RST_ACK) return this.#takeReset(at, packet, p, from);
    if (flags !== TcpFlag.ACK && !hasFin) return false;
    const window = windowOf(packet, p);
    const seq = packet[p + Word.SEQ];
    if (window === 0 || seq !== words[at + NXT + from]) return false;
    const peer = 1 - from;
    const ack = packet[p + Word.ACK];
    const ahead = (ack - words[at + ACK + from]) | 0;
    if (ahead < 0 || ((ack - words[at + NXT + peer]) | 0) > 0) return false;
    const payload = packet[p + Word.PAYLOAD];
    const seen = words[at + SEEN];
    const peerFin = (seen >> peer) & 1;
    if (payload === 0 && !hasFin && ahead === 0 && (window === words[at + WINDOW + from] || (seen & FIN_BITS) !== 0)) {
      return false;
    }
    const isBehindFin = peerFin !== 0 && ack === words[at + NXT + peer];
    if ((payload > 0 || hasFin) && ((seen >> from) & 1) !== 0) return false;
    if (payload > 0 && peerFin !== 0 && !isBehindFin) return false;
    if (payload > words[at + MSS]) words[at + COURSE] |= Course.REMARKABLE;
    if (payload > 0 && isBehindFin) words[at + COURSE] |= Course.HALF_CLOSE;
    if (hasFin && peerFin !== 0) {
      if (!isBehindFin) words[at + COURSE] |= Course.CROSSING;
      else if (ahead !== 0) words[at + COURSE] |= Course.THREE_SEGMENTS;
    }
    words[at + NXT + from] = seq + payload + (hasFin ? 1 : 0);
    words[at + ACK + from] = ack;
    words[at + WINDOW + from] = window;
    if (hasFin) words[at + SEEN] |= 1 << from;
    noteKind(words, at, from, payload);
    if ((words[at + SEEN] & FIN_BITS) === FIN_BITS && this.#areFinsCovered(at)) words[at + STAGE] = PlainStage.DONE;
    return true;
  }

  #areFinsCovered(at: number): boolean {
    const words = this.#words;
    return words[at + ACK] === words[at + NXT + 1] && words[at + ACK + 1] === words[at + NXT];
  }

  /** Rows and what was dropped between them; the record stays. */
  rowsOf(record: number): { rows: Segment[]; middle: Middle | null } {
    const at = record * WORDS;
    const rows = this.log.read(this.#words[at + FIRST_CHUNK], this.#words[at + ROWS]);
    return { rows, middle: this.#middles.get(record) ?? null };
  }

  /** Gives a record and its rows back. */
  release(record: number): void {
    const at = record * WORDS;
    this.log.close(this.#words[at + FIRST_CHUNK], this.#words[at + LAST_CHUNK]);
    this.#words[at + STAGE] = PlainStage.NEW;
    if (this.#middles.size > 0) this.#middles.delete(record);
  }

  /** Drops rows in the middle of a long connection, if it can be done without losing what only they tell. */
  #condense(record: number): void {
    const words = this.#words;
    const at = record * WORDS;
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
    this.log.drop(words[at + FIRST_CHUNK], HEAD_ROWS, end);
    words[at + ROWS] = count - (end - HEAD_ROWS);
  }

  #grow(record: number): void {
    while (record >= this.#capacity) this.#capacity *= 2;
    const words = new Int32Array(this.#capacity * WORDS);
    words.set(this.#words);
    this.#words = words;
    this.#nanos = new Float64Array(words.buffer);
  }
}

const ODD_OPTIONS = TcpOption.CUT | (0xff << ORIGIN_SHIFT);

/** Whether a row has SACK ranges, was cut, or is not as it came from the wire. @hot */
function isOddRow(packet: Int32Array, p: number): boolean {
  return (packet[p + Word.OPTIONS] & ODD_OPTIONS) !== 0 || (packet[p + Word.FLAGS] & SACK_BITS) !== 0;
}
