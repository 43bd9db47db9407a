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
import { CLOSE_LIMIT, CLOSE_WAIT_ERROR_LIMIT, CLOSE_WAIT_LIMIT, ENTRY_RECORD } from '../src/core/layout';
import {
  COURSE,
  COURSE_CONDENSED,
  COURSE_CROSSING,
  COURSE_MIDSTREAM,
  COURSE_REMARKABLE,
  FIN_BITS,
  LAST_NANOS,
  MAX_ODD_ROWS,
  MSS,
  ROW_COUNT,
  SEEN,
} from '../src/core/record';
import {
  ACK,
  FIN,
  FORM_BITS,
  OPTION_SACK_PERMITTED,
  ROW_ACK,
  ROW_OPTIONS,
  ROW_PAYLOAD,
  ROW_SEQ,
  ROW_TSECR,
  ROW_TSVAL,
  SYN,
} from '../src/core/row';
import {
  CROSSING_VARIATION,
  DUPLICATE_NANOS,
  ENOUGH_TICKS,
  LONGEST_DELAYED_ACK_NANOS,
  MINIMUM_RTO_NANOS,
  MINIMUM_RTT_NANOS,
  NO_CROSSING_NANOS,
  REPLY_SLACK_NANOS,
  SHORTEST_TIMER_NANOS,
  SILENCE_NANOS,
  TICK_TOLERANCE,
} from '../src/core/timing';
import { firstRow, nextRow, rowIndex, senderOf } from './log';
import { allocate } from './memory';
import { baseOf, diff, firstChunk, flagsOf, hasTimestamps, isOddRow, windowOf } from './record';
import { addressOf } from './table';
import { isLateCopy } from './trouble';

/** Longest leg of a round trip with which it is clear what a timer sent and what crossed. */
const MAX_LEG_NANOS: f64 = 1e8;
/** Time stamps no further apart than this can be put in order. */
const NEAR_TICKS: i32 = 1 << 29;
/** With one of these a close has no shape. */
const SHAPELESS: u32 = COURSE_REMARKABLE | COURSE_CROSSING | COURSE_CONDENSED | COURSE_MIDSTREAM;
const SYN_ACK: u32 = SYN | ACK;

/** What became of a close; src/flow/plain-lane.ts has the same. */
export const NO_SHAPE: i32 = -1;
const HALF_CLOSED: i32 = 0;
export const GRACEFUL: i32 = 1;
const FIRST_UNCOVERED: i32 = 2;
const SECOND_UNCOVERED: i32 = 3;

/** What the first ACK after several copies of a FIN tells: which of them it echoes, and whether it may answer the last. */
const ECHO_NONE: u32 = 1;
const ECHO_LATER: u32 = 2;
const ECHO_FIRST_TOO_SOON: u32 = 3;
const ECHO_FIRST: u32 = 4;

/** The kinds of closes with a shape are above all others. */
const SHAPE_SHIFT: u64 = 26;
/** Bits of a shape. */
const THREE_BIT: u32 = 1 << 2;
const SACK_BIT: u32 = 1 << 3;
const FIRST_SHIFT: u32 = 4;
const SECOND_SHIFT: u32 = 11;
const LONGER_BIT: u32 = 1 << 18;
const TAKEN_BIT: u32 = 1 << 19;
const LEAD_SHIFT: u32 = 20;
const GIVEN_UP_BIT: u32 = 1 << 22;
const CLOSE_WAIT_SHIFT: u32 = 23;
/** Of what is told of all kinds: which ends have sent FIN. A shape tells it better. */
const NOT_OF_SHAPES: u32 = FIN_BITS << 13;

/** Addresses of all rows but those with edges of SACK ranges; their number, and which has the first FIN. */
const LIST: u32 = allocate(MAX_ODD_ROWS << 2);
let count: i32 = 0;
let close: i32 = 0;

/** Round trips from the tap to ends 0 and 1 and back, and the whole one, nanoseconds. */
let leg0: f64 = 0;
let leg1: f64 = 0;
let rtt: f64 = 0;

/** A FIN and what became of it: octets at which a wave has what. */
const FIRST: u32 = 0;
/** Copies before the first ACK, the first included, and the address of the latest and of the one before. */
const COPIES: u32 = 4;
const LATEST: u32 = 8;
const BEFORE_LATEST: u32 = 12;
/** The first segment that covers it; 0 if there is none. */
const COVER: u32 = 16;
/** `ECHO_*`; 0 if it was not repeated. */
const ECHO: u32 = 20;
/** It was repeated although an ACK of it had passed. */
const IS_COVER_LOST: u32 = 24;
/** It was repeated since the latest ACK of it. */
const IS_OPEN: u32 = 28;
const WAVE_BYTES: u32 = 32;
const FIRST_WAVE: u32 = allocate(WAVE_BYTES * 2);
const SECOND_WAVE: u32 = FIRST_WAVE + WAVE_BYTES;

/** What became of the close that was looked at last. */
let end: i32 = NO_SHAPE;
let hasSecond: bool = false;
let mss: u32 = 0;
/** The number that follows all that the end that closes second has sent before it does, and before the first FIN. */
let peerNext: u32 = 0;
let peerStart: u32 = 0;
/** Up to where the end that closed first has acknowledged that. */
let peerTaken: u32 = 0;

/** Whether the close that was looked at last left nothing behind. */
export function isGraceful(): bool {
  return end === GRACEFUL;
}

/** What a connection has in common with others whose closes have the same shape; -1 if it is like no other. */
export function shapeKindAt(r: u32, now: f64): f64 {
  end = shapeOf(r);
  const silence = now - load<f64>(r, LAST_NANOS);
  if (end === NO_SHAPE || silence < SILENCE_NANOS) return -1;
  const first = load<u32>(FIRST_WAVE, FIRST);
  if (end === GRACEFUL && timeOf(rowAt(count - 1)) - timeOf(first) >= load<f64>(CLOSE_LIMIT)) return -1;
  let bits = bitsOf();
  if (end === SECOND_UNCOVERED && load<u32>(SECOND_WAVE, COPIES) > 2) {
    const interval = timeOf(load<u32>(SECOND_WAVE, LATEST)) - timeOf(load<u32>(SECOND_WAVE, BEFORE_LATEST));
    if (silence >= 2 * interval + rtt + <f64>MINIMUM_RTO_NANOS) bits |= GIVEN_UP_BIT;
  }
  if (end === HALF_CLOSED) bits |= closeWaitOf(now - timeOf(load<u32>(FIRST_WAVE, COVER))) << CLOSE_WAIT_SHIFT;
  return <f64>(((<u64>bits) << SHAPE_SHIFT) | <u64>(baseOf(r) & ~NOT_OF_SHAPES));
}

/** What became of the close of the connection of an entry; -1 if it has no shape. */
export function shapeEnd(entry: u32): i32 {
  return shapeOf(addressOf(entry) + ENTRY_RECORD);
}

/** Of the close that was looked at last, which FINs had arrived with their first copy as their ACK tells: bits 0 and 1. */
export function arrivedFins(): u32 {
  const first = u32(load<u32>(FIRST_WAVE, ECHO) >= ECHO_FIRST_TOO_SOON);
  return first | (u32(hasSecond && load<u32>(SECOND_WAVE, ECHO) >= ECHO_FIRST_TOO_SOON) << 1);
}

/** The latest row before the first FIN of the end that did not send that. */
export function heardOfPeer(): u32 {
  const closer = senderOf(rowAt(close));
  let index = close - 1;
  while (senderOf(rowAt(index)) === closer) index--;
  return rowAt(index);
}

/** Time of the ACK of the first FIN of a connection that was left half-closed, nanoseconds; Infinity if it has no such shape. */
export function halfClosedNanos(r: u32): f64 {
  return shapeOf(r) === HALF_CLOSED ? timeOf(load<u32>(FIRST_WAVE, COVER)) : Infinity;
}

/** How long an end stays in CLOSE_WAIT: not for long, long, or too long. */
export function closeWaitOf(nanos: f64): u32 {
  if (nanos < load<f64>(CLOSE_WAIT_LIMIT)) return 3;
  return nanos >= load<f64>(CLOSE_WAIT_ERROR_LIMIT) ? 2 : 1;
}

/**
 * The shape of the close of a connection that opened by the book, and did so up to its first FIN: what became of it, and
 * the rest in the waves; -1 if it has none.
 */
export function shapeOf(r: u32): i32 {
  if ((load<u32>(r, SEEN) & FIN_BITS) === 0 || (load<u32>(r, COURSE) & SHAPELESS) !== 0) return NO_SHAPE;
  if (!listRows(r) || !findPath()) return NO_SHAPE;
  mss = load<u32>(r, MSS);
  beginWave(FIRST_WAVE, rowAt(close));
  hasSecond = false;
  const peer = 1 - senderOf(rowAt(close));
  peerStart = nextBefore(peer);
  peerNext = peerStart;
  peerTaken = peerStart;
  for (let i = close + 1; i < count; i++) if (!take(i, peer)) return NO_SHAPE;
  return endOf();
}

function rowAt(index: i32): u32 {
  return load<u32>(LIST + (index << 2));
}

function timeOf(at: u32): f64 {
  return load<f64>(at);
}

/** False if there are too many, or none with FIN. */
function listRows(r: u32): bool {
  const rows = load<i32>(r, ROW_COUNT);
  count = 0;
  close = -1;
  for (let at = firstRow(firstChunk(r)); rowIndex() < rows; at = nextRow(at)) {
    if (count === MAX_ODD_ROWS) return false;
    if (close === -1 && (flagsOf(at) & FIN) !== 0) close = count;
    store<u32>(LIST + (count << 2), at);
    count++;
  }
  return close !== -1;
}

/** The round trips that the opening shows, from the copies that the answers echo; false if it does not, or they are long. */
function findPath(): bool {
  let third = 0;
  while (third < close && (flagsOf(rowAt(third)) & SYN) !== 0) third++;
  const synAck = firstSynAck(third);
  if (third === close || synAck === -1) return false;
  let asked = 0;
  while (asked < third && (isSynAck(asked) || !echoes(rowAt(synAck), rowAt(asked)))) asked++;
  let answered = 0;
  while (answered < third && !(isSynAck(answered) && echoes(rowAt(third), rowAt(answered)))) answered++;
  if (asked === third || answered === third) return false;
  const toServer = timeOf(rowAt(synAck)) - timeOf(rowAt(asked));
  const toClient = timeOf(rowAt(third)) - timeOf(rowAt(answered));
  if (toServer < 0 || toServer > MAX_LEG_NANOS || toClient < 0 || toClient > MAX_LEG_NANOS) return false;
  rtt = max(<f64>MINIMUM_RTT_NANOS, toServer + toClient);
  const isServer1 = senderOf(rowAt(synAck)) === 1;
  leg0 = isServer1 ? toClient : toServer;
  leg1 = isServer1 ? toServer : toClient;
  return true;
}

/** Index of the first SYN-ACK before a row; -1 if there is none. */
function firstSynAck(end: i32): i32 {
  for (let i = 0; i < end; i++) if (isSynAck(i)) return i;
  return -1;
}

function isSynAck(index: i32): bool {
  return (flagsOf(rowAt(index)) & SYN_ACK) === SYN_ACK;
}

function echoes(answer: u32, asked: u32): bool {
  return hasTimestamps(answer) && hasTimestamps(asked) && load<u32>(answer, ROW_TSECR) === load<u32>(asked, ROW_TSVAL);
}

/** The number behind all that an end sent before the first FIN. */
function nextBefore(from: u32): u32 {
  let next: u32 = 0;
  let isKnown = false;
  for (let i = 0; i < close; i++) {
    const at = rowAt(i);
    if (senderOf(at) !== from) continue;
    const behind = load<u32>(at, ROW_SEQ) + load<u32>(at, ROW_PAYLOAD) + ((flagsOf(at) & SYN) >> 1);
    if (!isKnown || diff(behind, next) > 0) next = behind;
    isKnown = true;
  }
  return next;
}

function beginWave(wave: u32, fin: u32): void {
  store<u32>(wave, fin, FIRST);
  store<u32>(wave, 1, COPIES);
  store<u32>(wave, fin, LATEST);
  store<u32>(wave, 0, BEFORE_LATEST);
  store<u32>(wave, 0, COVER);
  store<u32>(wave, 0, ECHO);
  store<u32>(wave, 0, IS_COVER_LOST);
  store<u32>(wave, 1, IS_OPEN);
}

function behindFin(wave: u32): u32 {
  const first = load<u32>(wave, FIRST);
  return load<u32>(first, ROW_SEQ) + load<u32>(first, ROW_PAYLOAD) + 1;
}

/** Takes in a row behind the first FIN; false if a close of no shape has it. */
function take(index: i32, peer: u32): bool {
  const at = rowAt(index);
  if (!isPlain(at) || timeOf(at) < timeOf(rowAt(index - 1))) return false;
  if (load<u32>(load<u32>(FIRST_WAVE, FIRST), ROW_ACK) !== peerStart) return false;
  const wave = hasSecond ? SECOND_WAVE : FIRST_WAVE;
  const isByPeer = senderOf(at) === peer;
  const isSender = isByPeer === hasSecond;
  const payload = load<u32>(at, ROW_PAYLOAD);
  if ((flagsOf(at) & FIN) !== 0) {
    if (payload > 0) return false;
    return isSender ? takeCopy(wave, index) : takeSecond(at);
  }
  if (payload > 0) return !isSender && takeData(at, payload);
  return isSender ? takeAckOfData(at) : takeAck(wave, at);
}

/** What an end sends that has acknowledged the FIN of the other and goes on. */
function takeData(at: u32, payload: u32): bool {
  if (hasSecond || load<u32>(FIRST_WAVE, COVER) === 0 || load<u32>(FIRST_WAVE, IS_OPEN) !== 0 || payload > mss)
    return false;
  if (load<u32>(at, ROW_SEQ) !== peerNext || load<u32>(at, ROW_ACK) !== behindFin(FIRST_WAVE)) return false;
  peerNext += payload;
  return true;
}

function takeAckOfData(at: u32): bool {
  const ack = load<u32>(at, ROW_ACK);
  if (hasSecond || load<u32>(at, ROW_SEQ) !== behindFin(FIRST_WAVE)) return false;
  if (diff(ack, peerTaken) <= 0 || diff(ack, peerNext) > 0) return false;
  peerTaken = ack;
  return true;
}

/** A copy of the FIN that the timer of its sender must have sent. */
function takeCopy(wave: u32, index: i32): bool {
  const at = rowAt(index);
  const first = load<u32>(wave, FIRST);
  const last = load<u32>(wave, LATEST);
  const cover = load<u32>(wave, COVER);
  const copies = load<u32>(wave, COPIES);
  if (wave === FIRST_WAVE && peerNext !== peerStart) return false;
  if (load<u32>(first, ROW_PAYLOAD) > 0 || load<u32>(at, ROW_SEQ) !== load<u32>(first, ROW_SEQ)) return false;
  if (load<u32>(at, ROW_ACK) !== load<u32>(first, ROW_ACK)) return false;
  if (timeOf(at) - timeOf(first) < <f64>LONGEST_DELAYED_ACK_NANOS || !isPastCrossing(first, timeOf(at))) return false;
  if (timeOf(at) - timeOf(last) <= <f64>DUPLICATE_NANOS || isLateCopyOfAny(wave, at)) return false;
  if (!isNewer(at, load<u32>(last, ROW_TSVAL)) || !isStampedInOrder(first)) return false;
  if (cover === 0) {
    store<u32>(wave, last, BEFORE_LATEST);
    store<u32>(wave, at, LATEST);
    store<u32>(wave, copies + 1, COPIES);
    return true;
  }
  if (load<u32>(wave, IS_OPEN) !== 0 || copies > 1 || load<u32>(wave, IS_COVER_LOST) !== 0) return false;
  if ((flagsOf(cover) & FIN) !== 0 || !isPastCrossing(cover, sentNanos(index))) return false;
  store<u32>(wave, 1, IS_COVER_LOST);
  store<u32>(wave, 1, IS_OPEN);
  return true;
}

/** Whether a time came so long after a row of the other end, or the first copy, that delays cannot explain it. */
function isPastCrossing(earlier: u32, nanos: f64): bool {
  return nanos - timeOf(earlier) > rtt * CROSSING_VARIATION + <f64>SHORTEST_TIMER_NANOS;
}

/** Whether the network may have made the row of one of the copies of a FIN. */
function isLateCopyOfAny(wave: u32, at: u32): bool {
  for (let i = nextCopy(wave, close); i !== -1; i = nextCopy(wave, i + 1)) if (isLateCopy(at, rowAt(i))) return true;
  return false;
}

/** Index of the next of the copies of a FIN, from a row behind the first FIN on; -1 when there are no more. */
function nextCopy(wave: u32, from: i32): i32 {
  const latest = load<u32>(wave, LATEST);
  for (let i = from; rowAt(i - 1) !== latest; i++) {
    if (senderOf(rowAt(i)) === senderOf(latest) && (flagsOf(rowAt(i)) & FIN) !== 0) return i;
  }
  return -1;
}

/** Whether time stamps tell that a FIN was sent after all that its end has sent before it. */
function isStampedInOrder(fin: u32): bool {
  const from = senderOf(fin);
  let firstTick: u32 = 0;
  let lastTick: u32 = 0;
  let isFirst = true;
  for (let i = 0; i < close; i++) {
    const at = rowAt(i);
    if (senderOf(at) !== from) continue;
    const tick = load<u32>(at, ROW_TSVAL);
    if (isFirst) firstTick = lastTick = tick;
    isFirst = false;
    const ticks = diff(tick, firstTick);
    if (!hasTimestamps(at) || ticks > NEAR_TICKS || ticks < -NEAR_TICKS) return false;
    if (diff(tick, lastTick) > 0) lastTick = tick;
  }
  if (!hasTimestamps(fin) || !isNotOlder(fin, lastTick)) return false;
  for (let i = close; rowAt(i) !== fin; i++) {
    if (senderOf(rowAt(i)) === from && !isNotOlder(fin, load<u32>(rowAt(i), ROW_TSVAL))) return false;
  }
  return true;
}

function isNotOlder(at: u32, tick: u32): bool {
  return load<u32>(at, ROW_TSVAL) === tick || isNewer(at, tick);
}

/** Whether the time stamp of a row is newer than another, and not so much that the order is in doubt. */
function isNewer(at: u32, tick: u32): bool {
  const ticks = diff(load<u32>(at, ROW_TSVAL), tick);
  return ticks > 0 && ticks <= NEAR_TICKS;
}

/** When a copy of a FIN was sent at the latest, as `sentNanos` of src/flow/lost-wave.ts has it. */
function sentNanos(index: i32): f64 {
  const at = rowAt(index);
  const from = senderOf(at);
  let syn: u32 = 0;
  let last: u32 = 0;
  for (let i = 0; i < index; i++) {
    const earlier = rowAt(i);
    if (senderOf(earlier) !== from || timeOf(earlier) >= timeOf(at)) continue;
    if (syn === 0) syn = earlier;
    last = earlier;
  }
  if (syn === 0 || !hasTimestamps(syn) || !hasTimestamps(last)) return timeOf(at);
  const tick = tickNanosOf(syn, last);
  if (tick === 0) return timeOf(at);
  let nanos = timeOf(at);
  for (let i = 0; i < index; i++) {
    const earlier = rowAt(i);
    if (senderOf(earlier) !== from || timeOf(earlier) >= timeOf(at) || !hasTimestamps(earlier)) continue;
    const ticks = diff(load<u32>(at, ROW_TSVAL), load<u32>(earlier, ROW_TSVAL));
    nanos = min(nanos, timeOf(earlier) + (<f64>ticks + 1) * tick);
  }
  return nanos;
}

/** The tick of a time stamp clock: the usual one that comes closest to what two rows show; 0 if they are too close. */
function tickNanosOf(first: u32, last: u32): f64 {
  const ticks = diff(load<u32>(last, ROW_TSVAL), load<u32>(first, ROW_TSVAL));
  const nanos = (timeOf(last) - timeOf(first)) / <f64>ticks;
  if (ticks < ENOUGH_TICKS || !(nanos > 0)) return 0;
  for (let i = 0; i < USUAL_TICKS; i++) {
    const usual = usualTickNanos(i);
    if (nanos > usual / TICK_TOLERANCE && nanos < usual * TICK_TOLERANCE) return usual;
  }
  return nanos;
}

/** Ticks of 1 µs, 1, 2, 4, 10 and 100 ms: those of src/flow/lost-wave.ts. */
const USUAL_TICKS: i32 = 6;

function usualTickNanos(index: i32): f64 {
  switch (index) {
    case 0:
      return 1e3;
    case 1:
      return 1e6;
    case 2:
      return 2e6;
    case 3:
      return 4e6;
    case 4:
      return 1e7;
    default:
      return 1e8;
  }
}

/** A pure ACK of the FIN, the first one or the answer to its repeat. */
function takeAck(wave: u32, at: u32): bool {
  const seq = wave === FIRST_WAVE ? peerNext : behindFin(FIRST_WAVE);
  const cover = load<u32>(wave, COVER);
  if (load<u32>(wave, IS_OPEN) === 0 || load<u32>(at, ROW_SEQ) !== seq) return false;
  if (load<u32>(at, ROW_ACK) !== behindFin(wave)) return false;
  if (cover === 0) {
    store<u32>(wave, at, COVER);
    if (load<u32>(wave, COPIES) > 1 && !noteEcho(wave, at)) return false;
  } else if (isLateCopy(at, cover)) return false;
  store<u32>(wave, 0, IS_OPEN);
  return true;
}

function takeSecond(at: u32): bool {
  if (hasSecond || load<u32>(at, ROW_SEQ) !== peerNext || load<u32>(at, ROW_ACK) !== behindFin(FIRST_WAVE))
    return false;
  if (load<u32>(FIRST_WAVE, COVER) === 0 && load<u32>(FIRST_WAVE, COPIES) === 1) {
    store<u32>(FIRST_WAVE, at, COVER);
    store<u32>(FIRST_WAVE, 0, IS_OPEN);
  }
  if (load<u32>(FIRST_WAVE, IS_OPEN) !== 0) return false;
  beginWave(SECOND_WAVE, at);
  hasSecond = true;
  return true;
}

function noteEcho(wave: u32, at: u32): bool {
  const since = timeOf(at) - timeOf(load<u32>(wave, LATEST));
  if (since > <f64>REPLY_SLACK_NANOS) return false;
  const echoed = echoedCopy(wave, load<u32>(at, ROW_TSECR));
  const isFirst = echoed === load<u32>(wave, FIRST);
  // It may be no answer to a later copy than the first that was sent long before.
  if (echoed !== 0 && !isFirst && timeOf(at) - timeOf(echoed) > <f64>REPLY_SLACK_NANOS) return false;
  const leg = senderOf(at) === 0 ? leg0 : leg1;
  const mayReply = leg < <f64>NO_CROSSING_NANOS || since >= leg / 2;
  if (isFirst) store<u32>(wave, mayReply ? ECHO_FIRST : ECHO_FIRST_TOO_SOON, ECHO);
  else store<u32>(wave, echoed === 0 ? ECHO_NONE : ECHO_LATER, ECHO);
  return true;
}

/** The copy of a FIN that was sent with a time stamp; 0 if there is none. */
function echoedCopy(wave: u32, tick: u32): u32 {
  for (let i = nextCopy(wave, close); i !== -1; i = nextCopy(wave, i + 1)) {
    if (load<u32>(rowAt(i), ROW_TSVAL) === tick) return rowAt(i);
  }
  return 0;
}

/** What became of the close that was taken in; -1 if that has no shape. */
function endOf(): i32 {
  const latest = hasSecond ? SECOND_WAVE : FIRST_WAVE;
  if (load<u32>(latest, COVER) === 0) {
    if (load<u32>(latest, COPIES) < 2) return NO_SHAPE;
    return hasSecond ? SECOND_UNCOVERED : FIRST_UNCOVERED;
  }
  if (load<u32>(latest, IS_OPEN) !== 0 || (!hasSecond && peerNext !== peerStart)) return NO_SHAPE;
  return hasSecond ? GRACEFUL : HALF_CLOSED;
}

/** What all closes of one shape have in common: bits 0 to 21. */
function bitsOf(): u32 {
  let bits = <u32>end | (waveBits(FIRST_WAVE) << FIRST_SHIFT);
  if (hasSecond) bits |= waveBits(SECOND_WAVE) << SECOND_SHIFT;
  // Only of a close that was not completed something hangs on how many segments it took.
  if (end === SECOND_UNCOVERED && load<u32>(FIRST_WAVE, COVER) === load<u32>(SECOND_WAVE, FIRST)) bits |= THREE_BIT;
  const synAck = firstSynAck(close);
  if ((load<u32>(rowAt(0), ROW_OPTIONS) & load<u32>(rowAt(synAck), ROW_OPTIONS) & OPTION_SACK_PERMITTED) !== 0) {
    bits |= SACK_BIT;
  }
  if (peerNext !== peerStart) bits |= LONGER_BIT;
  if (peerTaken !== peerStart) bits |= TAKEN_BIT;
  const first = repeatsOf(FIRST_WAVE);
  const second = hasSecond ? repeatsOf(SECOND_WAVE) : 0;
  return bits | ((first === second ? 0 : first > second ? 1 : 2) << LEAD_SHIFT);
}

/** How often a FIN was sent again. */
function repeatsOf(wave: u32): u32 {
  return load<u32>(wave, COPIES) - 1 + load<u32>(wave, IS_COVER_LOST);
}

/** Seven bits. */
function waveBits(wave: u32): u32 {
  return min<u32>(load<u32>(wave, COPIES), 3) | (load<u32>(wave, IS_COVER_LOST) << 3) | (load<u32>(wave, ECHO) << 4);
}

/** Whether it is a FIN, data or an ACK, and nothing about it is odd by itself. */
function isPlain(at: u32): bool {
  return (flagsOf(at) & FORM_BITS & ~FIN) === ACK && windowOf(at) !== 0 && !isOddRow(at) && hasTimestamps(at);
}
