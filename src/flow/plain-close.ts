/**
 * Closes in which FINs had to be sent again, and nothing else is odd: what they have in common with others of their shape.
 *
 *     FIN  ACK             FIN  FIN ...  ACK        FIN  ACK  FIN  ACK           FIN  FIN ...
 *     as it should be      FIN or ACK was lost      the ACK was lost behind      nobody answers
 *                          before the tap           the tap
 *
 * first for the one end, then for the other, which may send data in between or not close at all. Nothing is judged here: where a
 * verdict would hang on how long something took, it must have taken clearly longer, or clearly less, than what the verdict asks;
 * anything else is left to the machine.
 */
import { seqAdd, seqDiff } from '../tcp/seq.ts';
import { TcpFlag, TcpOption } from '../wire/batch.ts';
import { MINIMUM_RTT_NANOS } from './connection.ts';
import { DUPLICATE_NANOS, isLateCopy } from './handshake.ts';
import {
  isPastCrossing,
  LONGEST_DELAYED_ACK_NANOS,
  NO_CROSSING_NANOS,
  REPLY_SLACK_NANOS,
  sentNanos,
} from './lost-wave.ts';
import { FORM_BITS, hasTimestamps, type Segment } from './segment.ts';
import { type CloseRows, NEAR_TICKS } from './segment-log.ts';

/** Longest leg of a round trip with which it is clear what a timer sent and what crossed. */
const MAX_LEG_NANOS = 100_000_000;

/** What became of a close. */
export const CloseEnd = { HALF_CLOSED: 0, GRACEFUL: 1, FIRST_UNCOVERED: 2, SECOND_UNCOVERED: 3 } as const;

/** What the first ACK after several copies of a FIN tells: which of them it echoes, and whether it may answer the last. */
const Echo = { NONE: 1, LATER: 2, FIRST_TOO_SOON: 3, FIRST: 4 } as const;

/** A FIN and what became of it. */
interface Wave {
  readonly first: Segment;
  /** Those before the first ACK. */
  readonly copies: Segment[];
  /** The first segment that covers it. */
  cover: Segment | null;
  /** `Echo`; 0 if it was not repeated. */
  echo: number;
  /** It was repeated although an ACK of it had passed. */
  isCoverLost: boolean;
  /** It was repeated since the latest ACK of it. */
  isOpen: boolean;
}

export interface CloseShape {
  /** `CloseEnd`. */
  readonly end: number;
  /** 22 bits that all closes of one shape have in common. */
  readonly bits: number;
  /** Time of the first ACK of the first FIN, nanoseconds; NaN if there is none. */
  readonly coverNanos: number;
  /** Round trip, from the first FIN to the last segment, and between the last two copies of the latest FIN, nanoseconds. */
  readonly rttNanos: number;
  readonly tookNanos: number;
  readonly intervalNanos: number;
  /** The latest FIN was sent at least three times. */
  readonly isTenacious: boolean;
}

/** Round trips from the tap to each end and back, and the whole one, nanoseconds. */
interface Path {
  readonly legNanos: readonly number[];
  readonly rttNanos: number;
}

/**
 * The shape of the close of a connection that opened by the book, and did so up to its first FIN; null if it has none.
 * `mss` is the smaller of the two; `all` reads everything, which few closes need.
 */
export function shapeOfClose(rows: CloseRows, mss: number, all: () => readonly Segment[]): CloseShape | null {
  const path = pathOf(rows.opening);
  if (path === null) return null;
  const close = new Close(rows, mss, all, path);
  for (let at = 1; at < rows.close.length; at++) if (!close.take(at)) return null;
  return close.shape();
}

/** The round trips that an opening shows, from the copies that the answers echo; null if it does not, or they are long. */
function pathOf(opening: readonly Segment[]): Path | null {
  const third = opening[opening.length - 1];
  const synAck = opening.find(isSynAck);
  if (synAck === undefined || third === synAck) return null;
  const asked = opening.find((each) => each !== third && !isSynAck(each) && echoes(synAck, each));
  const answered = opening.find((each) => isSynAck(each) && echoes(third, each));
  if (asked === undefined || answered === undefined) return null;
  const toServer = synAck.timeNanos - asked.timeNanos;
  const toClient = third.timeNanos - answered.timeNanos;
  if (toServer < 0 || toServer > MAX_LEG_NANOS || toClient < 0 || toClient > MAX_LEG_NANOS) return null;
  const rttNanos = Math.max(MINIMUM_RTT_NANOS, toServer + toClient);
  return { legNanos: synAck.from === 1 ? [toClient, toServer] : [toServer, toClient], rttNanos };
}

function isSynAck({ flags }: Segment): boolean {
  return (flags & (TcpFlag.SYN | TcpFlag.ACK)) === (TcpFlag.SYN | TcpFlag.ACK);
}

function echoes(answer: Segment, asked: Segment): boolean {
  return hasTimestamps(answer) && hasTimestamps(asked) && answer.tsEcr === asked.tsVal;
}

function newWave(first: Segment): Wave {
  return { first, copies: [first], cover: null, echo: 0, isCoverLost: false, isOpen: true };
}

function behindFin({ first }: Wave): number {
  return seqAdd(first.seq, first.payloadBytes + 1);
}

/** A close, as far as it was taken in. */
class Close {
  readonly #rows: CloseRows;
  readonly #mss: number;
  readonly #all: () => readonly Segment[];
  readonly #path: Path;
  readonly #first: Wave;
  #second: Wave | null = null;
  /** The sequence number that follows all that the end that closes second has sent before it does, and before the first FIN. */
  #peerNext: number;
  readonly #peerStart: number;
  /** Up to where the end that closed first has acknowledged that. */
  #peerTaken: number;

  constructor(rows: CloseRows, mss: number, all: () => readonly Segment[], path: Path) {
    const [first] = rows.close;
    this.#rows = rows;
    this.#mss = mss;
    this.#all = all;
    this.#path = path;
    this.#first = newWave(first);
    this.#peerStart = rows.before[1 - first.from].next;
    this.#peerNext = this.#peerStart;
    this.#peerTaken = this.#peerStart;
  }

  /** Takes in a row behind the first FIN; false if a close of no shape has it. */
  take(at: number): boolean {
    const { close } = this.#rows;
    const segment = close[at];
    if (!isPlain(segment) || segment.timeNanos < close[at - 1].timeNanos) return false;
    if (this.#first.first.ack !== this.#peerStart) return false;
    const wave = this.#second ?? this.#first;
    const isSender = segment.from === wave.first.from;
    if ((segment.flags & TcpFlag.FIN) !== 0) {
      if (segment.payloadBytes > 0) return false;
      return isSender ? this.#takeCopy(wave, segment) : this.#takeSecond(segment);
    }
    if (segment.payloadBytes > 0) return !isSender && this.#takeData(segment);
    return isSender ? this.#takeAckOfData(segment) : this.#takeAck(wave, segment);
  }

  /** What an end sends that has acknowledged the FIN of the other and goes on. */
  #takeData(segment: Segment): boolean {
    const { cover, isOpen } = this.#first;
    if (this.#second !== null || cover === null || isOpen || segment.payloadBytes > this.#mss) return false;
    if (segment.seq !== this.#peerNext || segment.ack !== behindFin(this.#first)) return false;
    this.#peerNext = seqAdd(segment.seq, segment.payloadBytes);
    return true;
  }

  #takeAckOfData(segment: Segment): boolean {
    if (this.#second !== null || segment.seq !== behindFin(this.#first)) return false;
    if (seqDiff(segment.ack, this.#peerTaken) <= 0 || seqDiff(segment.ack, this.#peerNext) > 0) return false;
    this.#peerTaken = segment.ack;
    return true;
  }

  /** A copy of the FIN that the timer of its sender must have sent. */
  #takeCopy(wave: Wave, segment: Segment): boolean {
    const { first, copies, cover } = wave;
    if (wave === this.#first && this.#peerNext !== this.#peerStart) return false;
    if (first.payloadBytes > 0 || segment.seq !== first.seq || segment.ack !== first.ack) return false;
    if (segment.timeNanos - first.timeNanos < LONGEST_DELAYED_ACK_NANOS) return false;
    if (!isPastCrossing(this.#path, first, segment)) return false;
    const last = copies[copies.length - 1];
    if (segment.timeNanos - last.timeNanos <= DUPLICATE_NANOS || isLateCopy(segment, copies)) return false;
    if (!isNewer(segment, last.tsVal) || !this.#isStampedInOrder(first)) return false;
    if (cover === null) {
      copies.push(segment);
      return true;
    }
    if (wave.isOpen || copies.length > 1 || wave.isCoverLost || (cover.flags & TcpFlag.FIN) !== 0) return false;
    const mine = this.#all().filter(({ from, timeNanos }) => from === segment.from && timeNanos < segment.timeNanos);
    const timeNanos = sentNanos({ synCopies: [mine[0]], finCopies: copies, recent: mine }, segment);
    if (!isPastCrossing(this.#path, cover, { timeNanos })) return false;
    wave.isCoverLost = true;
    wave.isOpen = true;
    return true;
  }

  /** Whether time stamps tell that a FIN was sent after all that its end has sent before it. */
  #isStampedInOrder(fin: Segment): boolean {
    const { before, close } = this.#rows;
    const { isStamped, lastTsVal } = before[fin.from];
    if (!isStamped || !hasTimestamps(fin) || (fin.tsVal !== lastTsVal && !isNewer(fin, lastTsVal))) return false;
    for (const each of close) {
      if (each === fin) return true;
      if (each.from === fin.from && each.tsVal !== fin.tsVal && !isNewer(fin, each.tsVal)) return false;
    }
    return true;
  }

  /** A pure ACK of the FIN, the first one or the answer to its repeat. */
  #takeAck(wave: Wave, segment: Segment): boolean {
    const isOfFirst = wave === this.#first;
    const seq = isOfFirst ? this.#peerNext : behindFin(this.#first);
    if (!wave.isOpen || segment.seq !== seq || segment.ack !== behindFin(wave)) return false;
    if (wave.cover === null) {
      wave.cover = segment;
      if (wave.copies.length > 1 && !this.#noteEcho(wave, segment)) return false;
    } else if (isLateCopy(segment, [wave.cover])) return false;
    wave.isOpen = false;
    return true;
  }

  #takeSecond(segment: Segment): boolean {
    const wave = this.#first;
    if (this.#second !== null || segment.seq !== this.#peerNext || segment.ack !== behindFin(wave)) return false;
    if (wave.cover === null && wave.copies.length === 1) {
      wave.cover = segment;
      wave.isOpen = false;
    }
    if (wave.isOpen) return false;
    this.#second = newWave(segment);
    return true;
  }

  #noteEcho(wave: Wave, segment: Segment): boolean {
    const last = wave.copies[wave.copies.length - 1];
    const sinceNanos = segment.timeNanos - last.timeNanos;
    if (sinceNanos > REPLY_SLACK_NANOS) return false;
    const echoed = wave.copies.findIndex(({ tsVal }) => tsVal === segment.tsEcr);
    // It may be no answer to a later copy than the first that was sent long before.
    if (echoed > 0 && segment.timeNanos - wave.copies[echoed].timeNanos > REPLY_SLACK_NANOS) return false;
    const legNanos = this.#path.legNanos[segment.from];
    const mayReply = legNanos < NO_CROSSING_NANOS || sinceNanos >= legNanos / 2;
    if (echoed === 0) wave.echo = mayReply ? Echo.FIRST : Echo.FIRST_TOO_SOON;
    else wave.echo = echoed === -1 ? Echo.NONE : Echo.LATER;
    return true;
  }

  shape(): CloseShape | null {
    const first = this.#first;
    const second = this.#second;
    const latest = second ?? first;
    const { copies } = latest;
    const isLonger = this.#peerNext !== this.#peerStart;
    let end: number = second === null ? CloseEnd.HALF_CLOSED : CloseEnd.GRACEFUL;
    if (latest.cover === null) end = second === null ? CloseEnd.FIRST_UNCOVERED : CloseEnd.SECOND_UNCOVERED;
    else if (latest.isOpen || (second === null && isLonger)) return null;
    if (latest.cover === null && copies.length < 2) return null;
    const { opening } = this.#rows;
    const options = opening[0].options & (opening.find(isSynAck)?.options ?? 0);
    const isSackOn = (options & TcpOption.SACK_PERMITTED) !== 0;
    const isThree = second !== null && first.cover === second.first;
    const last = copies[copies.length - 1];
    return {
      end,
      bits:
        end |
        (isThree ? 4 : 0) |
        (isSackOn ? 8 : 0) |
        (bitsOf(first) << 4) |
        (second === null ? 0 : bitsOf(second) << 11) |
        (isLonger ? 1 << 18 : 0) |
        (this.#peerTaken !== this.#peerStart ? 1 << 19 : 0) |
        (leadOf(repeatsOf(first), second === null ? 0 : repeatsOf(second)) << 20),
      coverNanos: first.cover?.timeNanos ?? Number.NaN,
      rttNanos: this.#path.rttNanos,
      tookNanos: this.#rows.close[this.#rows.close.length - 1].timeNanos - first.first.timeNanos,
      intervalNanos: copies.length < 2 ? 0 : last.timeNanos - copies[copies.length - 2].timeNanos,
      isTenacious: copies.length > 2,
    };
  }
}

/** How often a FIN was sent again. */
function repeatsOf({ copies, isCoverLost }: Wave): number {
  return copies.length - (isCoverLost ? 0 : 1);
}

/** Which of two is greater: two bits. */
function leadOf(first: number, second: number): number {
  return first === second ? 0 : first > second ? 1 : 2;
}

/** Seven bits. */
function bitsOf({ copies, echo, isCoverLost }: Wave): number {
  return Math.min(copies.length, 3) | (isCoverLost ? 8 : 0) | (echo << 4);
}

/** Whether it is a FIN, data or an ACK, and nothing about it is odd by itself. */
function isPlain(segment: Segment): boolean {
  const { flags, window, sack, origin, options } = segment;
  const form = flags & FORM_BITS & ~TcpFlag.FIN;
  if (form !== TcpFlag.ACK || window === 0 || sack.length > 0) return false;
  return origin === 0 && (options & TcpOption.CUT) === 0 && hasTimestamps(segment);
}

/** Whether its time stamp is newer than another, and not so much that the order is in doubt. */
function isNewer({ tsVal }: Segment, than: number): boolean {
  const ticks = seqDiff(tsVal, than);
  return ticks > 0 && ticks <= NEAR_TICKS;
}
