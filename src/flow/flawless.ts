/**
 * Connections of which every segment came once and in order: SYN, SYN-ACK and ACK, data, and then a close of four or three
 * segments, a reset instead, or nothing. What the machine would find of them is told from their rows, in a tenth of the time;
 * test/flow/flawless.test.ts holds both together. Whatever needs a closer look is left to the machine.
 */
import type { Core } from '../core/core.ts';
import {
  FLAWLESS,
  FLAWLESS_CLOSER,
  FLAWLESS_COMPLETENESS,
  FLAWLESS_COVER1,
  FLAWLESS_COVER2,
  FLAWLESS_DATA_ROW,
  FLAWLESS_DATA_SEGMENT,
  FLAWLESS_END_BYTES,
  FLAWLESS_ENDS,
  FLAWLESS_FIN1,
  FLAWLESS_FIN2,
  FLAWLESS_LAST,
  FLAWLESS_LETTERS,
  FLAWLESS_PAYLOAD,
  FLAWLESS_PROOF,
  FLAWLESS_RESET,
  FLAWLESS_SEGMENTS,
  FLAWLESS_SYN,
  FLAWLESS_SYN_ACK,
  FLAWLESS_THIRD,
  LETTER_BITS,
  NO_END,
} from '../core/layout.ts';
import { DEFAULT_RTT_NANOS, FIRST_SYN_TIMER_NANOS, MINIMUM_RTO_NANOS, MINIMUM_RTT_NANOS } from '../core/timing.ts';
import { TcpOption, Word } from '../wire/batch.ts';
import { RTT_VARIATION } from './connection.ts';
import { RECENT_SEGMENTS } from './end.ts';
import type { Moment } from './history.ts';
import { SHORTEST_DELAYED_ACK_NANOS } from './lost-wave.ts';
import { FROM_SHIFT } from './segment-log.ts';
import type { ClosedFirst, Outcome } from './vocabulary.ts';

const MAX_WINDOW_SCALE = 14;
/** By their numbers, as the core has them. */
const LETTERS = ['', '', 'A', 'a', 'D', 'd', 'F', 'f', 'R', 'r'];
const LETTER_MASK = (1 << LETTER_BITS) - 1;

class MomentOfRow implements Moment {
  frame = 0;
  timeNanos = Number.NaN;

  /** Takes the row whose address the core has noted; frame 0 if there is none. */
  read({ words, unsigned, doubles }: Core, field: number): void {
    const row = words[(FLAWLESS + field) >> 2] >>> 2;
    this.frame = row === 0 ? 0 : unsigned[row + Word.FRAME];
    this.timeNanos = doubles[row >> 1];
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
  /** Its latest data: octets (0 if there is none), when, and which of its segments it is, from 1. */
  dataBytes = 0;
  dataNanos = Number.NaN;
  dataSegment = 0;

  /** Reads what the core has noted of an end; `syn` is the field of its SYN or SYN-ACK. */
  read({ words, unsigned, doubles }: Core, index: 0 | 1, syn: number): void {
    const at = (FLAWLESS + FLAWLESS_ENDS + index * FLAWLESS_END_BYTES) >> 2;
    const data = words[at + (FLAWLESS_DATA_ROW >> 2)] >>> 2;
    this.segments = words[at + (FLAWLESS_SEGMENTS >> 2)];
    this.payloadBytes = unsigned[at + (FLAWLESS_PAYLOAD >> 2)];
    this.dataSegment = words[at + (FLAWLESS_DATA_SEGMENT >> 2)];
    this.dataBytes = data === 0 ? 0 : unsigned[data + Word.PAYLOAD];
    this.dataNanos = data === 0 ? Number.NaN : doubles[data >> 1];
    const row = words[(FLAWLESS + syn) >> 2] >>> 2;
    const options = words[row + Word.OPTIONS];
    this.mss = (options & TcpOption.MSS) === 0 ? -1 : words[row + Word.CHECKSUM] >>> 16;
    const hasScale = (options & TcpOption.WINDOW_SCALE) !== 0;
    this.windowScale = hasScale ? Math.min(MAX_WINDOW_SCALE, (options >>> 8) & 0xff) : -1;
    this.sackPermitted = (options & TcpOption.SACK_PERMITTED) !== 0;
    this.timestamps = (options & TcpOption.TIMESTAMPS) !== 0;
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
  readonly #histories = new Map<number, string>();

  get outcome(): Outcome {
    if (this.closer === NO_END) return 'open';
    return this.reset.frame === 0 ? 'graceful' : 'reset';
  }

  get closedFirst(): ClosedFirst {
    if (this.closer === NO_END) return null;
    return this.closer === this.clientIndex ? 'client' : 'server';
  }

  /** The end that closed first, or reset it, and the other. */
  get closingEnd(): FlawlessEnd {
    return this.ends[this.closer === 0 ? 0 : 1];
  }

  get otherEnd(): FlawlessEnd {
    return this.ends[this.closer === 0 ? 1 : 0];
  }

  /** The frame of its only finding: that of the reset, or with which TIME_WAIT began. */
  get findingFrame(): number {
    if (this.reset.frame !== 0) return this.reset.frame;
    return this.isThreeSegments ? this.fin2.frame : this.cover2.frame;
  }

  get isThreeSegments(): boolean {
    return this.fin2.frame === this.cover1.frame;
  }

  /** Reads the plain connection of an entry, watched until `nowNanos`; false, and of no meaning, if it is not flawless. */
  read(core: Core, entry: number, nowNanos: number, timeWaitNanos: number): boolean {
    if (core.exports.readFlawless(entry) === 0) return false;
    this.timeWaitNanos = timeWaitNanos;
    this.#readNotes(core);
    if (this.closer === NO_END) return true;
    if (this.reset.frame !== 0) return this.#judgeReset();
    return this.cover2.frame === this.last.frame && this.#judgeClose(nowNanos);
  }

  #readNotes(core: Core): void {
    const { words } = core;
    const syn = words[(FLAWLESS + FLAWLESS_SYN) >> 2] >>> 2;
    this.clientIndex = ((words[syn + Word.FLAGS] >>> FROM_SHIFT) & 1) as 0 | 1;
    this.closer = words[(FLAWLESS + FLAWLESS_CLOSER) >> 2] as 0 | 1 | -1;
    this.syn.read(core, FLAWLESS_SYN);
    this.synAck.read(core, FLAWLESS_SYN_ACK);
    this.third.read(core, FLAWLESS_THIRD);
    this.proof.read(core, FLAWLESS_PROOF);
    this.last.read(core, FLAWLESS_LAST);
    this.reset.read(core, FLAWLESS_RESET);
    this.fin1.read(core, FLAWLESS_FIN1);
    this.cover1.read(core, FLAWLESS_COVER1);
    this.fin2.read(core, FLAWLESS_FIN2);
    this.cover2.read(core, FLAWLESS_COVER2);
    const isReset = this.reset.frame !== 0;
    for (const index of [0, 1] as const) {
      const end = this.ends[index];
      end.read(core, index, index === this.clientIndex ? FLAWLESS_SYN : FLAWLESS_SYN_ACK);
      end.fins = this.closer !== NO_END && !isReset ? 1 : 0;
      end.resets = isReset && this.closer === index ? 1 : 0;
    }
    this.isCutShort = false;
    this.completeness = words[(FLAWLESS + FLAWLESS_COMPLETENESS) >> 2];
    this.zeekHistory = this.#historyOf(words[(FLAWLESS + FLAWLESS_LETTERS) >> 2]);
  }

  #historyOf(letters: number): string {
    const known = this.#histories.get(letters);
    if (known !== undefined) return known;
    let history = 'ShA';
    for (let left = letters; left !== 0; left >>>= LETTER_BITS) history += LETTERS[left & LETTER_MASK];
    this.#histories.set(letters, history);
    return history;
  }

  /** Round trip from the tap to the server; NaN if a SYN that was not captured may lie between. */
  get #legToServerNanos(): number {
    const nanos = this.synAck.timeNanos - this.syn.timeNanos;
    return this.ends[1 - this.clientIndex].timestamps || nanos < FIRST_SYN_TIMER_NANOS ? nanos : Number.NaN;
  }

  /** Whether it is clear which data came before the reset: of that at the same time it is not. */
  #judgeReset(): boolean {
    return this.ends.every((end) => !(end.dataNanos >= this.reset.timeNanos));
  }

  /**
   * How long before the reset the end that was reset had sent its latest data, nanoseconds; NaN if the other sent some behind
   * that, or if it is longer ago than the machine remembers.
   */
  get unansweredNanos(): number {
    const { closingEnd: me, otherEnd: peer } = this;
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

/** Whether the machine still has the latest data of an end. */
function isRemembered({ dataBytes, dataSegment, segments }: FlawlessEnd): boolean {
  return dataBytes > 0 && segments - dataSegment < RECENT_SEGMENTS;
}
