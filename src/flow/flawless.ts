/**
 * Connections that are told in a few words: SYN, SYN-ACK and ACK, data, and then a close in which every segment came in order,
 * a reset, or nothing; or a SYN that was refused or not answered. SYNs and SYN-ACKs may have been sent again, and data may have
 * been sent again or come out of order, before any FIN; then FINs may have been sent again in one of the ways of
 * assembly/shape.ts. What the machine would find of them is
 * told from their rows, in a tenth of the time; test/flow/flawless.test.ts holds both together. Whatever needs a closer look is
 * left to the machine.
 */
import type { Core } from '../core/core.ts';
import {
  FLAWLESS,
  FLAWLESS_ANSWERED,
  FLAWLESS_ASKED,
  FLAWLESS_CLOSER,
  FLAWLESS_COMPLETENESS,
  FLAWLESS_COPIES,
  FLAWLESS_END_BYTES,
  FLAWLESS_ENDS,
  FLAWLESS_FIN_END,
  FLAWLESS_FIN1,
  FLAWLESS_HEARD,
  FLAWLESS_IS_CROSSING,
  FLAWLESS_LAST,
  FLAWLESS_LATE,
  FLAWLESS_LATE_COUNT,
  FLAWLESS_LETTERS,
  FLAWLESS_PROOF,
  FLAWLESS_RESET,
  FLAWLESS_SYN,
  FLAWLESS_SYN_ACK,
  FLAWLESS_THIRD,
  LETTER_BITS,
  NO_END,
} from '../core/layout.ts';
import { TTL_SHIFT } from '../core/row.ts';
import { FIRST_SYN_TIMER_NANOS } from '../core/timing.ts';
import { seqDiff } from '../tcp/seq.ts';
import { Word } from '../wire/batch.ts';
import { RTT_VARIATION, repeatNanosAfter, wholeRttNanos } from './connection.ts';
import { FlawlessEnd, isRemembered, MomentOfRow } from './flawless-end.ts';
import { ENDINGS, type Ending, OUTCOMES } from './flawless-ending.ts';
import { FlawlessFin } from './flawless-fins.ts';
import { enterStates } from './flawless-states.ts';
import type { Moment } from './history.ts';
import { SHORTEST_DELAYED_ACK_NANOS } from './lost-wave.ts';
import { FROM_SHIFT } from './segment-log.ts';
import type { ClosedFirst, CloseStyle, End, Outcome, UndeterminedReason } from './vocabulary.ts';

/** By their numbers, as the core has them. */
const LETTERS = ['', '', 'A', 'a', 'D', 'd', 'F', 'f', 'R', 'r', 'T', 't'];
const LETTER_MASK = (1 << LETTER_BITS) - 1;
/** What Zeek's history begins with: by whether a SYN-ACK was captured, and twice whether the third segment was. */
const OPENINGS = ['S', 'Sh', 'SA', 'ShA'];

const NO_MOMENT: Moment = { frame: 0, timeNanos: Number.NaN };

/** TIME_WAIT in which an end was when the next connection began: since when, and the number that it would have sent next. */
export interface EndedTimeWait extends Moment {
  readonly index: 0 | 1;
  readonly nextSeq: number;
}

/** One such connection; written over by the next that is read. */
export class Flawless {
  clientIndex: 0 | 1 = 0;
  ending: Ending = 'open';
  /** A number by which those that ended in the same way are known. */
  sort = 0;
  readonly ends = [new FlawlessEnd(), new FlawlessEnd()] as const;
  /** The first copies of SYN and SYN-ACK, those that were answered, and the third segment. */
  readonly syn = new MomentOfRow();
  readonly asked = new MomentOfRow();
  readonly synAck = new MomentOfRow();
  readonly answered = new MomentOfRow();
  readonly third = new MomentOfRow();
  /** The segment that proves that the server was open; frame 0 if none does. */
  readonly proof = new MomentOfRow();
  readonly last = new MomentOfRow();
  /** Which end closed first, or reset it; -1 if none did. */
  closer: 0 | 1 | -1 = NO_END;
  /** The reset; frame 0 if there is none. */
  readonly reset = new MomentOfRow();
  /** The FINs, first that of the closer; in a close of three segments the second one covers the first. */
  readonly fins = [new FlawlessFin(0), new FlawlessFin(1)] as const;
  readonly fin1 = this.fins[0].fin;
  readonly cover1 = this.fins[0].cover;
  readonly fin2 = this.fins[1].fin;
  readonly cover2 = this.fins[1].cover;
  nowNanos = 0;
  timeWaitNanos = 0;
  /** The whole round trip, as the opening shows it. */
  rttNanos = 0;
  /** The SYN of the next connection on the tuple; frame 0 if there is none. */
  successor: Moment = NO_MOMENT;
  /** The TIME_WAIT of the connection before that it has ended; null if there was none. */
  ended: EndedTimeWait | null = null;
  /** Whether it was watched for too short a time behind its close to be sure of it. */
  isCutShort = false;
  /** Zeek's history and `tcp.completeness`. */
  zeekHistory = '';
  completeness = 0;
  #core: Core | null = null;
  /** Zeek's histories by what stands behind their opening, for each opening. */
  readonly #histories = OPENINGS.map(() => new Map<number, string>());

  get outcome(): Outcome {
    return OUTCOMES[this.ending];
  }

  get undeterminedBecause(): UndeterminedReason | null {
    return this.ending === 'one-way' ? 'one-way' : this.isCutShort ? 'capture-ended' : null;
  }

  get closedFirst(): ClosedFirst {
    if (this.ending === 'crossing') return 'both';
    return this.closer === NO_END ? null : this.nameOf(this.closer);
  }

  get closeStyle(): CloseStyle {
    switch (this.ending) {
      case 'closed':
      case 'last-fin-unheard':
        return this.isThreeSegments ? 'three-segment' : this.isLateTaken ? 'half-close' : 'four-segment';
      case 'crossing':
        return 'simultaneous';
      case 'half-closed':
        return 'half-close';
      case 'abandoned':
      case 'reset':
      case 'late-reset':
        return 'reset';
      default:
        return 'none';
    }
  }

  get resetBy(): End | null {
    if (this.ending === 'refused') return 'server';
    return this.reset.frame === 0 || this.closer === NO_END ? null : this.nameOf(this.closer);
  }

  #sortOf(): number {
    const { ending, closer, clientIndex, isCutShort } = this;
    const hasStyle = ending === 'closed' || ending === 'last-fin-unheard';
    const style = !hasStyle ? 0 : this.isThreeSegments ? 1 : this.isLateTaken ? 2 : 3;
    return ENDINGS.indexOf(ending) * 16 + style * 4 + (closer === clientIndex ? 2 : 0) + (isCutShort ? 1 : 0);
  }

  nameOf(index: 0 | 1): End {
    return index === this.clientIndex ? 'client' : 'server';
  }

  get client(): FlawlessEnd {
    return this.ends[this.clientIndex];
  }

  get server(): FlawlessEnd {
    return this.ends[this.clientIndex === 0 ? 1 : 0];
  }

  /** The end that closed first, or reset it, and the other. */
  get closingEnd(): FlawlessEnd {
    return this.ends[this.closer === 0 ? 0 : 1];
  }

  get otherEnd(): FlawlessEnd {
    return this.ends[this.closer === 0 ? 1 : 0];
  }

  /** The frame with which the only TIME_WAIT began, or the first of two. */
  get timeWaitFrame(): number {
    if (this.ending === 'crossing') return Math.min(this.cover1.frame, this.cover2.frame);
    return this.isThreeSegments || this.fins[1].hasArrived ? this.fin2.frame : this.cover2.frame;
  }

  /** How long the TIME_WAIT of the end that closed first lasted, nanoseconds, if the next connection ended it; else NaN. */
  get cutTimeWaitNanos(): number {
    const { timeWait, isInTimeWait } = this.closingEnd;
    return timeWait === null || isInTimeWait ? Number.NaN : this.successor.timeNanos - timeWait.timeNanos;
  }

  get isThreeSegments(): boolean {
    return this.fin2.frame !== 0 && this.fin2.frame === this.cover1.frame;
  }

  /** Whether the later of two moments is more than a round trip after the earlier, so that they cannot merely have crossed. */
  isBeyondRtt(earlierNanos: number, laterNanos: number): boolean {
    return laterNanos - earlierNanos > this.rttNanos * RTT_VARIATION;
  }

  /** The copies of the SYN, first copy first. */
  synCopies(): Moment[] {
    return this.#momentsOf(FLAWLESS_COPIES, this.client.syns);
  }

  /** Those of the SYN-ACK. */
  synAckCopies(): Moment[] {
    return this.#momentsOf(FLAWLESS_COPIES + this.client.syns * 4, this.server.syns);
  }

  get lateCount(): number {
    return this.#wordOf(FLAWLESS_LATE_COUNT);
  }

  /** Data that the other end sent behind the first FIN. */
  lateSegments(): Moment[] {
    return this.#momentsOf(FLAWLESS_LATE, this.lateCount);
  }

  /** Whether the end that had closed has acknowledged some of that. */
  get isLateTaken(): boolean {
    return this.lateCount > 0 && seqDiff(this.closingEnd.ack, this.#rowWord(FLAWLESS_LATE, Word.SEQ)) > 0;
  }

  get lateBytes(): number {
    let bytes = 0;
    for (let place = 0; place < this.lateCount; place++)
      bytes += this.#rowWord(FLAWLESS_LATE + place * 4, Word.PAYLOAD) >>> 0;
    return bytes;
  }

  /** Octets of the other end that the closer has not acknowledged, if any came behind its FIN. */
  get unacknowledgedBytes(): number {
    const last = FLAWLESS_LATE + (this.lateCount - 1) * 4;
    return seqDiff(this.#rowWord(last, Word.SEQ) + this.#rowWord(last, Word.PAYLOAD), this.closingEnd.ack);
  }

  /** The latest segment of the end that never acknowledged the FIN of the other. */
  get heard(): Moment {
    return this.#momentOf(FLAWLESS_HEARD);
  }

  /** Octets before the first FIN that the other end has not acknowledged. */
  get unheardBytes(): number {
    return seqDiff(this.#rowWord(FLAWLESS_FIN1, Word.SEQ), this.otherEnd.ack);
  }

  /** Time to live of the reset. */
  get resetTtl(): number {
    return this.#rowWord(FLAWLESS_RESET, Word.FLAGS) >>> TTL_SHIFT;
  }

  /**
   * Reads the plain connection of an entry, watched until `nowNanos` or until the SYN of the next one came; false, and of no
   * meaning, if it is not flawless.
   */
  read(core: Core, entry: number, nowNanos: number, timeWaitNanos: number, successor: Moment = NO_MOMENT): boolean {
    if (core.exports.readFlawless(entry) === 0) return false;
    this.#core = core;
    this.nowNanos = nowNanos;
    this.timeWaitNanos = timeWaitNanos;
    this.successor = successor;
    this.ended = null;
    this.#readNotes(core);
    if (!this.#judge()) return false;
    enterStates(this);
    if (this.ending === 'crossing') this.isCutShort = this.#isJustOver && this.ends.some((end) => !end.isInTimeWait);
    this.sort = this.#sortOf();
    return true;
  }

  #wordOf(field: number): number {
    return this.#core === null ? 0 : this.#core.words[(FLAWLESS + field) >> 2];
  }

  /** A word of the row whose address the core has noted. */
  #rowWord(field: number, word: number): number {
    return this.#core === null ? 0 : this.#core.words[(this.#wordOf(field) >>> 2) + word];
  }

  #momentOf(field: number): Moment {
    const moment = new MomentOfRow();
    if (this.#core !== null) moment.read(this.#core, field);
    return moment;
  }

  /** So many of which the addresses lie behind each other. */
  #momentsOf(field: number, count: number): Moment[] {
    const moments: Moment[] = [];
    for (let place = 0; place < count; place++) moments.push(this.#momentOf(field + place * 4));
    return moments;
  }

  #readNotes(core: Core): void {
    const { words } = core;
    const syn = words[(FLAWLESS + FLAWLESS_SYN) >> 2] >>> 2;
    this.clientIndex = ((words[syn + Word.FLAGS] >>> FROM_SHIFT) & 1) as 0 | 1;
    this.closer = words[(FLAWLESS + FLAWLESS_CLOSER) >> 2] as 0 | 1 | -1;
    this.syn.read(core, FLAWLESS_SYN);
    this.asked.read(core, FLAWLESS_ASKED);
    this.synAck.read(core, FLAWLESS_SYN_ACK);
    this.answered.read(core, FLAWLESS_ANSWERED);
    this.third.read(core, FLAWLESS_THIRD);
    this.proof.read(core, FLAWLESS_PROOF);
    this.last.read(core, FLAWLESS_LAST);
    this.reset.read(core, FLAWLESS_RESET);
    for (const fin of this.fins) fin.read(core);
    this.ending = this.#endingOf(words[(FLAWLESS + FLAWLESS_IS_CROSSING) >> 2] !== 0);
    this.client.read(core, this.clientIndex, FLAWLESS_SYN);
    this.server.read(core, this.clientIndex === 0 ? 1 : 0, FLAWLESS_SYN_ACK);
    this.#countMarks();
    this.isCutShort = false;
    this.completeness = words[(FLAWLESS + FLAWLESS_COMPLETENESS) >> 2];
    this.zeekHistory = this.#historyOf(words[(FLAWLESS + FLAWLESS_LETTERS) >> 2]);
  }

  #endingOf(isCrossing: boolean): Ending {
    if (this.synAck.frame === 0) return this.#endingOfUnheard();
    if (this.third.frame === 0) return this.reset.frame === 0 ? 'half-open' : 'abandoned';
    if (this.closer === NO_END) return 'open';
    if (this.reset.frame !== 0) return this.fin1.frame === 0 ? 'reset' : 'late-reset';
    if (this.fin2.frame === 0) return this.cover1.frame === 0 ? 'fin-unheard' : 'half-closed';
    if (isCrossing) return 'crossing';
    return this.cover2.frame === 0 ? 'last-fin-unheard' : 'closed';
  }

  /** As it ended if nothing, or but a reset, was captured of the server. */
  #endingOfUnheard(): Ending {
    if (this.third.frame !== 0) return 'one-way';
    return this.reset.frame === 0 ? 'unanswered' : 'refused';
  }

  #countMarks(): void {
    const { closingEnd, otherEnd, server } = this;
    closingEnd.countFins(this.fins[0]);
    otherEnd.countFins(this.fins[1]);
    otherEnd.resets = 0;
    closingEnd.resets = 0;
    if (this.reset.frame !== 0) (this.ending === 'refused' ? server : closingEnd).resets = 1;
  }

  #historyOf(letters: number): string {
    const opening = (this.synAck.frame === 0 ? 0 : 1) + (this.third.frame === 0 ? 0 : 2);
    const known = this.#histories[opening].get(letters);
    if (known !== undefined) return known;
    let history = OPENINGS[opening];
    for (let left = letters; left !== 0; left >>>= LETTER_BITS) history += LETTERS[left & LETTER_MASK];
    this.#histories[opening].set(letters, history);
    return history;
  }

  /** Round trip from the tap to the server; NaN if a SYN that was not captured may lie between. */
  get #legToServerNanos(): number {
    const nanos = this.synAck.timeNanos - this.asked.timeNanos;
    return this.server.timestamps || nanos < FIRST_SYN_TIMER_NANOS ? nanos : Number.NaN;
  }

  #judge(): boolean {
    const { cover1, cover2, last, fins } = this;
    if (this.third.frame === 0) return true;
    this.rttNanos = wholeRttNanos(this.#legToServerNanos, this.third.timeNanos - this.answered.timeNanos);
    switch (this.ending) {
      case 'reset':
        // Of data at the same time it is not clear whether it came before.
        return this.ends.every((end) => !(end.dataNanos >= this.reset.timeNanos));
      case 'half-closed':
        return fins[0].lastCover.frame === last.frame && this.lateCount === 0;
      case 'late-reset':
        return this.#isLateResetClear();
      case 'closed':
        return fins[1].lastCover.frame === last.frame && this.#judgeClose();
      case 'fin-unheard':
      case 'last-fin-unheard':
        return (this.ending === 'fin-unheard' ? fins[0] : fins[1]).repeats > 0 && this.#judgeClose();
      case 'crossing':
        return cover1.frame !== 0 && cover2.frame !== 0 && this.fin1.timeNanos < this.fin2.timeNanos;
      default:
        return true;
    }
  }

  #judgeClose(): boolean {
    this.isCutShort = this.#isJustOver;
    if (!this.isThreeSegments) return true;
    // A FIN that comes later than an ACK would may be a repeat.
    const toServerNanos = this.#legToServerNanos;
    const isByServer = this.closer === this.clientIndex;
    const legNanos = isByServer
      ? Number.isNaN(toServerNanos)
        ? this.rttNanos
        : toServerNanos
      : this.third.timeNanos - this.answered.timeNanos;
    const limitNanos = legNanos * RTT_VARIATION + SHORTEST_DELAYED_ACK_NANOS;
    return this.fin2.timeNanos - this.fin1.timeNanos <= limitNanos;
  }

  get #isJustOver(): boolean {
    return this.nowNanos - this.last.timeNanos < repeatNanosAfter(this.rttNanos);
  }

  /** Whether it answers the latest segment of the other end, and is the first word of the closer since its FIN. */
  #isLateResetClear(): boolean {
    return this.lateCount > 0 && this.closingEnd.segments === this.closingEnd.finSegment + 1;
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

  /** The TIME_WAIT of an end that the next connection has ended; null if it had none. */
  endedTimeWaitOf(index: 0 | 1): EndedTimeWait | null {
    const begun = this.ends[index].timeWait;
    if (begun === null) return null;
    const { last } = this.fins[this.closer === index ? 1 : 0];
    const nextSeq = this.#wordOf(FLAWLESS_ENDS + index * FLAWLESS_END_BYTES + FLAWLESS_FIN_END) >>> 0;
    return { index, frame: begun.frame, timeNanos: Math.max(begun.timeNanos, last.timeNanos), nextSeq };
  }

  /** Initial sequence number of an end that has sent its SYN or SYN-ACK. */
  isnOf(index: 0 | 1): number {
    return this.#rowWord(index === this.clientIndex ? FLAWLESS_SYN : FLAWLESS_SYN_ACK, Word.SEQ) >>> 0;
  }
}
