/**
 * Connections of which every segment came once and in order: SYN, SYN-ACK and ACK, data, and then a close of four or three
 * segments, a reset instead, or nothing. What the machine would find of them is told from their rows, in a tenth of the time;
 * test/flow/flawless.test.ts holds both together. Whatever needs a closer look is left to the machine.
 */
import type { Core } from '../core/core.ts';
import { CHUNK_NEXT } from '../core/layout.ts';
import { DEFAULT_RTT_NANOS, MINIMUM_RTO_NANOS, MINIMUM_RTT_NANOS } from '../core/timing.ts';
import { SACK_BITS, TcpFlag, TcpOption, Word } from '../wire/batch.ts';
import { completenessBits } from './completeness.ts';
import { RTT_VARIATION } from './connection.ts';
import { RECENT_SEGMENTS } from './end.ts';
import { FIRST_SYN_TIMER_NANOS } from './handshake.ts';
import type { Moment } from './history.ts';
import { SHORTEST_DELAYED_ACK_NANOS } from './lost-wave.ts';
import { Course, Plain, PlainStage } from './plain-record.ts';
import { CERTAIN_PART } from './process.ts';
import { beginsChunk, FROM_SHIFT, placeOf } from './segment-log.ts';
import type { ClosedFirst, Outcome } from './vocabulary.ts';

/** Bits of the course that tell of no more than how it was closed; above them is how often data was sent again. */
const USUAL_COURSE = Course.CLOSED_BY_1 | Course.MOVED;
const OPENING_ROWS = 3;
const MAX_WINDOW_SCALE = 14;
const NO_END = -1;

/** The memory of the core. */
type Words = Pick<Core, 'words' | 'unsigned' | 'doubles'>;

class MomentOfRow implements Moment {
  frame = 0;
  timeNanos = Number.NaN;

  set({ unsigned, doubles }: Words, row: number): void {
    this.frame = unsigned[row + Word.FRAME];
    this.timeNanos = doubles[row >> 1];
  }

  clear(): void {
    this.frame = 0;
  }
}

/** What one end sent, and what its SYN or SYN-ACK offered; without the option -1. */
export class FlawlessEnd {
  segments = 0;
  payloadBytes = 0;
  fins = 0;
  resets = 0;
  mss = -1;
  windowScale = -1;
  sackPermitted = false;
  timestamps = false;
  /** Highest acknowledgment it has sent, and the number behind its FIN. */
  ack = 0;
  finEnd = 0;
  /** Its latest data: octets (0 if there is none), when, and which of its segments it is, from 1. */
  dataBytes = 0;
  dataNanos = Number.NaN;
  dataSegment = 0;

  begin({ words }: Words, row: number): void {
    const options = words[row + Word.OPTIONS];
    this.segments = 1;
    this.payloadBytes = 0;
    this.fins = 0;
    this.resets = 0;
    this.dataBytes = 0;
    this.dataNanos = Number.NaN;
    this.mss = (options & TcpOption.MSS) === 0 ? -1 : words[row + Word.CHECKSUM] >>> 16;
    const hasScale = (options & TcpOption.WINDOW_SCALE) !== 0;
    this.windowScale = hasScale ? Math.min(MAX_WINDOW_SCALE, (options >>> 8) & 0xff) : -1;
    this.sackPermitted = (options & TcpOption.SACK_PERMITTED) !== 0;
    this.timestamps = (options & TcpOption.TIMESTAMPS) !== 0;
    this.ack = words[row + Word.ACK];
  }
}

/** One such connection; written over by the next that is read. */
export class Flawless {
  clientIndex: 0 | 1 = 0;
  readonly ends = [new FlawlessEnd(), new FlawlessEnd()] as const;
  readonly syn = new MomentOfRow();
  readonly synAck = new MomentOfRow();
  readonly third = new MomentOfRow();
  /** The segment that proves that the server was open; frame 0 if none does. */
  readonly proof = new MomentOfRow();
  readonly last = new MomentOfRow();
  /** Which end closed first, or reset it; -1 if it is open. The rest is known only if it is closed. */
  closer: 0 | 1 | -1 = NO_END;
  /** The reset; frame 0 if it was closed by FINs. */
  readonly reset = new MomentOfRow();
  /** The FINs, first that of the closer, and what covers them; in a close of three segments the second FIN covers the first. */
  readonly fin1 = new MomentOfRow();
  readonly cover1 = new MomentOfRow();
  readonly fin2 = new MomentOfRow();
  readonly cover2 = new MomentOfRow();
  timeWaitNanos = 0;
  /** When TIME_WAIT ended, nanoseconds; NaN if nobody watched for so long. */
  timeWaitEndNanos = Number.NaN;
  /** Whether it was watched for too short a time behind its close to be sure of it. */
  isCutShort = false;
  /** Zeek's history and `tcp.completeness`. */
  zeekHistory = '';
  completeness = 0;

  get outcome(): Outcome {
    if (this.closer === NO_END) return 'open';
    return this.reset.frame === 0 ? 'graceful' : 'reset';
  }

  get closedFirst(): ClosedFirst {
    if (this.closer === NO_END) return null;
    return this.closer === this.clientIndex ? 'client' : 'server';
  }

  /** The frame of its only finding: that of the reset, or with which TIME_WAIT began. */
  get findingFrame(): number {
    if (this.reset.frame !== 0) return this.reset.frame;
    return this.isThreeSegments ? this.fin2.frame : this.cover2.frame;
  }

  get isThreeSegments(): boolean {
    return this.fin2.frame === this.cover1.frame;
  }

  /**
   * Reads the record that begins at a place in the words of the core, of a plain connection that was watched until
   * `nowNanos`; false, and of no meaning, if it is not flawless.
   */
  read(core: Words, at: number, nowNanos: number, timeWaitNanos: number): boolean {
    const { words } = core;
    const stage = words[at + Plain.STAGE];
    if (stage !== PlainStage.DONE && stage !== PlainStage.OPEN && stage !== PlainStage.RESET) return false;
    if ((words[at + Plain.COURSE] & ~USUAL_COURSE) !== 0 || words[at + Plain.ROWS] < OPENING_ROWS) return false;
    if (!this.#readRows(core, at)) return false;
    this.timeWaitNanos = timeWaitNanos;
    if (stage === PlainStage.OPEN) return this.closer === NO_END;
    if (stage === PlainStage.RESET) return this.#judgeReset();
    return this.cover2.frame === this.last.frame && this.#judgeClose(nowNanos);
  }

  #readRows(core: Words, at: number): boolean {
    const { words } = core;
    const count = words[at + Plain.ROWS];
    let chunk = ((at + Plain.NEXT_CHUNK) << 2) - CHUNK_NEXT;
    let before = 0;
    for (let row = 0; row < count; row++) {
      if (beginsChunk(row)) chunk = words[(chunk + CHUNK_NEXT) >>> 2];
      const place = placeOf(chunk, row);
      if ((words[place + Word.FLAGS] & SACK_BITS) !== 0) return false;
      const isTaken = row < OPENING_ROWS ? this.#takeOpening(core, row, place, before) : this.#takeRow(core, place);
      if (!isTaken) return false;
      before = place;
    }
    this.last.set(core, before);
    return true;
  }

  /** The handshake: each segment is new, and answers the one before for all that can be seen. */
  #takeOpening(core: Words, row: number, place: number, before: number): boolean {
    const { words } = core;
    const from = ((words[place + Word.FLAGS] >>> FROM_SHIFT) & 1) as 0 | 1;
    if (row === 0) {
      this.clientIndex = from;
      this.syn.set(core, place);
      this.#begin();
    } else if (!answers(words, before, place)) return false;
    if (row === 1) this.synAck.set(core, place);
    if (row < 2) {
      this.ends[from].begin(core, place);
      return (words[place + Word.WINDOW] & 0xffff) !== 0;
    }
    this.third.set(core, place);
    const client = this.ends[from];
    client.segments++;
    client.ack = words[place + Word.ACK];
    return words[place + Word.PAYLOAD] === 0;
  }

  #begin(): void {
    this.closer = NO_END;
    this.proof.clear();
    this.reset.clear();
    this.cover1.clear();
    this.fin2.clear();
    this.cover2.clear();
    this.isCutShort = false;
    this.zeekHistory = 'ShA';
    this.completeness = OPENING_BITS;
  }

  /** What comes behind the handshake: of each end the next octets, its FIN, or a new acknowledgment. */
  #takeRow(core: Words, place: number): boolean {
    const { words, doubles } = core;
    const flags = words[place + Word.FLAGS];
    const from = ((flags >>> FROM_SHIFT) & 1) as 0 | 1;
    const payloadBytes = words[place + Word.PAYLOAD];
    const me = this.ends[from];
    const peer = this.ends[1 - from];
    const ack = words[place + Word.ACK];
    const hasFin = (flags & TcpFlag.FIN) !== 0;
    if ((flags & TcpFlag.RST) !== 0) return this.#takeReset(core, place, from);
    if (payloadBytes === 0 && !hasFin && ((ack - me.ack) | 0) <= 0) return false;
    me.ack = ack;
    me.segments++;
    if (payloadBytes > 0) {
      me.payloadBytes += payloadBytes;
      me.dataBytes = payloadBytes;
      me.dataNanos = doubles[place >> 1];
      me.dataSegment = me.segments;
    }
    if (from !== this.clientIndex && this.proof.frame === 0 && me.fins === 0 && this.cover1.frame === 0) {
      if (this.#provesServer(doubles[place >> 1])) this.proof.set(core, place);
    }
    this.#noteLetter(from === this.clientIndex, hasFin ? 'F' : payloadBytes > 0 ? 'D' : 'A');
    this.completeness |= completenessBits(flags, payloadBytes, false);
    if (this.closer !== NO_END && ack === peer.finEnd) {
      if (from !== this.closer) {
        if (this.cover1.frame === 0) this.cover1.set(core, place);
      } else if (this.fin2.frame !== 0) this.cover2.set(core, place);
    }
    if (hasFin) this.#takeFin(core, place, from, me);
    return true;
  }

  #takeReset(core: Words, place: number, from: 0 | 1): boolean {
    if (this.closer !== NO_END) return false;
    this.closer = from;
    this.reset.set(core, place);
    this.ends[from].segments++;
    this.ends[from].resets++;
    this.#noteLetter(from === this.clientIndex, 'R');
    this.completeness |= completenessBits(core.words[place + Word.FLAGS], 0, false);
    return true;
  }

  #takeFin(core: Words, place: number, from: 0 | 1, me: FlawlessEnd): void {
    const { words } = core;
    me.fins++;
    me.finEnd = (words[place + Word.SEQ] + words[place + Word.PAYLOAD] + 1) | 0;
    if (this.closer === NO_END) {
      this.closer = from;
      this.fin1.set(core, place);
    } else this.fin2.set(core, place);
  }

  /** Whether a segment of the server at that time cannot have been sent before the third segment of the handshake came. */
  #provesServer(timeNanos: number): boolean {
    const legNanos = this.#legToServerNanos;
    return !(timeNanos - this.third.timeNanos < legNanos * CERTAIN_PART);
  }

  /** Round trip from the tap to the server; NaN if a SYN that was not captured may lie between. */
  get #legToServerNanos(): number {
    const nanos = this.synAck.timeNanos - this.syn.timeNanos;
    return this.ends[1 - this.clientIndex].timestamps || nanos < FIRST_SYN_TIMER_NANOS ? nanos : Number.NaN;
  }

  #noteLetter(isClient: boolean, upper: 'A' | 'D' | 'F' | 'R'): void {
    const letter = isClient ? upper : upper.toLowerCase();
    if (!this.zeekHistory.includes(letter)) this.zeekHistory += letter;
  }

  /** Whether it is clear which data came before the reset: of that at the same time it is not. */
  #judgeReset(): boolean {
    return this.reset.frame !== 0 && this.ends.every((end) => !(end.dataNanos >= this.reset.timeNanos));
  }

  /**
   * How long before the reset the end that was reset had sent its latest data, nanoseconds; NaN if the other sent some behind
   * that, or if it is longer ago than the machine remembers.
   */
  get unansweredNanos(): number {
    const me = this.ends[this.closer === 0 ? 0 : 1];
    const peer = this.ends[this.closer === 0 ? 1 : 0];
    const isAnswered = isRemembered(me) && me.dataNanos >= peer.dataNanos;
    return isRemembered(peer) && !isAnswered ? this.reset.timeNanos - peer.dataNanos : Number.NaN;
  }

  #judgeClose(nowNanos: number): boolean {
    const { fin1, fin2, cover1, cover2, timeWaitNanos } = this;
    const toServerNanos = this.#legToServerNanos;
    const toClientNanos = this.third.timeNanos - this.synAck.timeNanos;
    const isServerKnown = !Number.isNaN(toServerNanos);
    const rttNanos = isServerKnown
      ? Math.max(MINIMUM_RTT_NANOS, toServerNanos + toClientNanos)
      : Math.max(DEFAULT_RTT_NANOS, toClientNanos);
    if (this.isThreeSegments) {
      // A FIN that comes later than an ACK would may be a repeat.
      const isByServer = this.closer === this.clientIndex;
      const legNanos = isByServer ? (isServerKnown ? toServerNanos : rttNanos) : toClientNanos;
      if (fin2.timeNanos - fin1.timeNanos > legNanos * RTT_VARIATION + SHORTEST_DELAYED_ACK_NANOS) return false;
    }
    const endNanos = (this.isThreeSegments ? cover1 : cover2).timeNanos + timeWaitNanos;
    this.timeWaitEndNanos = endNanos <= nowNanos && cover2.timeNanos < endNanos ? endNanos : Number.NaN;
    this.isCutShort = nowNanos - cover2.timeNanos < Math.max(3 * (rttNanos + MINIMUM_RTO_NANOS), 1_000_000_000);
    return true;
  }
}

const OPENING_BITS =
  completenessBits(TcpFlag.SYN, 0, true) |
  completenessBits(TcpFlag.SYN | TcpFlag.ACK, 0, false) |
  completenessBits(TcpFlag.ACK, 0, false);

/** Whether the machine still has the latest data of an end. */
function isRemembered({ dataBytes, dataSegment, segments }: FlawlessEnd): boolean {
  return dataBytes > 0 && segments - dataSegment < RECENT_SEGMENTS;
}

/** Whether a segment echoes the time stamp of the one before, if both have time stamps. */
function answers(words: Int32Array, before: number, place: number): boolean {
  const hasStamps = (words[before + Word.OPTIONS] & words[place + Word.OPTIONS] & TcpOption.TIMESTAMPS) !== 0;
  return !hasStamps || words[before + Word.TSVAL] === words[place + Word.TSECR];
}
