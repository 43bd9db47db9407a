/**
 * What often goes wrong with a plain connection and leaves nothing behind once it is put right: a SYN or SYN-ACK sent
 * again, data sent again or out of order before any FIN, the acknowledgments that are repeated meanwhile.
 *
 * Whatever might be something else (a copy made by the capture or by the network, a probe, a gap of the capture) is left
 * to the machine.
 */
import { COPIES_LIMIT, HANDSHAKE_LIMIT } from '../src/core/layout';
import {
  ACKED,
  AHEAD,
  CLIENT,
  COURSE,
  COURSE_CONDENSED,
  COURSE_KEEP_ALIVE_0,
  COURSE_KEEP_ALIVE_1,
  COURSE_REMARKABLE,
  COURSE_SYN_ACK_AGAIN,
  COURSE_SYN_AGAIN,
  COURSE_TROUBLE,
  FIN_BITS,
  ISN,
  LAST_NANOS,
  MARK_NANOS,
  MAX_TROUBLED_ROWS,
  MSS,
  NXT,
  REPEATS_SHIFT,
  ROW_COUNT,
  SEEN,
  STAGE,
  STAGE_ANSWERED,
  STAGE_HOLE_0,
  STAGE_ONE_WAY,
  STAGE_OPEN,
  STAGE_SYN,
  WINDOW,
} from '../src/core/record';
import {
  ACK,
  FORM_BITS,
  OPTION_BITS,
  ROW_ACK,
  ROW_CHECKSUM,
  ROW_FLAGS,
  ROW_OPTIONS,
  ROW_PAYLOAD,
  ROW_SEQ,
  ROW_TSECR,
  ROW_TSVAL,
  ROW_WINDOW,
  SYN,
} from '../src/core/row';
import { DUPLICATE_NANOS, KEEP_ALIVE_IDLE_NANOS, SHORTEST_SYN_TIMER_NANOS } from '../src/core/timing';
import { firstRow, nextRow, rowIndex, senderOf } from './log';
import {
  appendRow,
  diff,
  firstChunk,
  flagsOf,
  hasTimestamps,
  isHeard,
  isMidstream,
  noteCourse,
  noteKind,
  ODD_OPTIONS,
  windowOf,
} from './record';

/** Rows until the connection is open, those of the third segment and of SYNs sent again included. */
const MAX_OPENING_ROWS = 8;
/** Octets that may come before those of a hole: more than a window is no reordering. */
const MAX_HOLE_BYTES = 1 << 20;
/** With fewer octets it may be a probe. */
const LEAST_PAYLOAD_BYTES: u32 = 2;

/** Takes in a row of one of these sorts, before any FIN; false, with nothing changed, if it is none of them. */
export function takeTroubled(r: u32, p: u32, from: u32, stage: i32): bool {
  const time = load<f64>(p);
  const last = load<f64>(r, LAST_NANOS);
  if (!(time >= last) || (load<u32>(p, ROW_OPTIONS) & ODD_OPTIONS) !== 0) return false;
  if (load<i32>(r, ROW_COUNT) >= MAX_TROUBLED_ROWS - 2 || (load<u32>(r, COURSE) & COURSE_CONDENSED) !== 0) return false;
  if (!takeTrouble(r, p, from, stage)) return false;
  if (stage === STAGE_ANSWERED && last - load<f64>(r, MARK_NANOS) >= load<f64>(HANDSHAKE_LIMIT)) {
    noteCourse(r, COURSE_REMARKABLE);
  }
  store<f64>(r, time, LAST_NANOS);
  if (stage < STAGE_OPEN) store<f64>(r, time, MARK_NANOS);
  appendRow(r, p, from);
  return true;
}

/**
 * Index of the copy of a SYN that the SYN-ACK answers, as far as its time stamp tells (0 if there is none); -1 if it
 * echoes none of them.
 */
export function answeredCopy(r: u32, answer: u32): i32 {
  let at = firstRow(firstChunk(r));
  if (!hasTimestamps(at) || !hasTimestamps(answer)) return 0;
  const echo = load<u32>(answer, ROW_TSECR);
  const rows = load<i32>(r, ROW_COUNT);
  for (; rowIndex() < rows; at = nextRow(at)) if (load<u32>(at, ROW_TSVAL) === echo) return rowIndex();
  return -1;
}

function takeTrouble(r: u32, p: u32, from: u32, stage: i32): bool {
  const isByClient = from === load<u32>(r, CLIENT);
  if (stage === STAGE_SYN) return isByClient && takeSynAgain(r, p, from);
  if (stage === STAGE_ANSWERED) return !isByClient && takeSynAckAgain(r, p, from);
  return stage >= STAGE_OPEN && stage < STAGE_ONE_WAY && takeOpenTrouble(r, p, from);
}

function ageOf(r: u32, p: u32): f64 {
  return load<f64>(p) - load<f64>(r, LAST_NANOS);
}

function takeSynAgain(r: u32, p: u32, from: u32): bool {
  if (ageOf(r, p) < <f64>SHORTEST_SYN_TIMER_NANOS || !isAgain(r, p, from)) return false;
  noteCourse(r, COURSE_SYN_AGAIN);
  return true;
}

function takeSynAckAgain(r: u32, p: u32, from: u32): bool {
  if (ageOf(r, p) < <f64>SHORTEST_SYN_TIMER_NANOS || windowOf(p) === 0) return false;
  if (load<i32>(r, ROW_COUNT) > MAX_OPENING_ROWS || !isAgain(r, p, from)) return false;
  noteCourse(r, COURSE_SYN_ACK_AGAIN);
  return true;
}

/** Whether a SYN or SYN-ACK was sent again by its sender, with the same options. */
function isAgain(r: u32, p: u32, from: u32): bool {
  if (load<u32>(p, ROW_PAYLOAD) > 0) return false;
  const rows = load<i32>(r, ROW_COUNT);
  let copies = 0;
  for (let at = firstRow(firstChunk(r)); rowIndex() < rows; at = nextRow(at)) {
    if (senderOf(at) !== from) continue;
    if (copies++ === 0 && !isSameOpening(p, at)) return false;
    if (copies >= MAX_OPENING_ROWS || isLateCopy(p, at)) return false;
  }
  return copies > 0;
}

function isSameOpening(p: u32, first: u32): bool {
  if (flagsOf(p) !== flagsOf(first) || load<u32>(p, ROW_SEQ) !== load<u32>(first, ROW_SEQ)) return false;
  if ((flagsOf(p) & ACK) !== 0 && load<u32>(p, ROW_ACK) !== load<u32>(first, ROW_ACK)) return false;
  return ((load<u32>(p, ROW_OPTIONS) ^ load<u32>(first, ROW_OPTIONS)) & OPTION_BITS) === 0;
}

/** Whether a row may have the same octets on the wire as an earlier one, so that the network may have doubled it. */
export function isLateCopy(p: u32, copy: u32): bool {
  if (checksumOf(p) !== checksumOf(copy) || load<f64>(p) - load<f64>(copy) <= <f64>DUPLICATE_NANOS) return false;
  if (load<u32>(p, ROW_PAYLOAD) !== load<u32>(copy, ROW_PAYLOAD)) return false;
  if (flagsOf(p) !== flagsOf(copy) || load<u32>(p, ROW_SEQ) !== load<u32>(copy, ROW_SEQ)) return false;
  if (load<u32>(p, ROW_ACK) !== load<u32>(copy, ROW_ACK)) return false;
  if (ipIdOf(p) !== 0 && ipIdOf(copy) !== 0) return ipIdOf(p) === ipIdOf(copy);
  if (ipIdOf(p) === 0 && !hasTimestamps(p) && (flagsOf(p) & (SYN | ACK)) === SYN) {
    return load<f64>(p) - load<f64>(copy) < <f64>SHORTEST_SYN_TIMER_NANOS;
  }
  return hasTimestamps(p) && hasTimestamps(copy) && load<u32>(p, ROW_TSVAL) === load<u32>(copy, ROW_TSVAL);
}

function takeOpenTrouble(r: u32, p: u32, from: u32): bool {
  const peer = r + ((1 - from) << 2);
  const mine = r + (from << 2);
  const ack = load<u32>(p, ROW_ACK);
  const payload = load<u32>(p, ROW_PAYLOAD);
  if ((load<u32>(p, ROW_FLAGS) & FORM_BITS) !== ACK || windowOf(p) === 0) return false;
  if ((load<u32>(r, SEEN) & FIN_BITS) !== 0) return false;
  if (isMidstream(r) && !isHeard(r, from)) return false;
  if (diff(ack, load<u32>(peer, NXT)) > 0 || diff(ack, load<u32>(peer, ISN)) <= 0) return false;
  if (ageOf(r, p) <= <f64>DUPLICATE_NANOS && isDoubled(r, p, from)) return false;
  if (!(payload === 0 ? isAckAgain(r, p, from) || takeKeepAlive(r, p, from) : takeData(r, p, from))) return false;
  noteCourse(r, COURSE_TROUBLE | (payload > load<u32>(r, MSS) ? COURSE_REMARKABLE : 0));
  if (diff(ack, load<u32>(mine, ACKED)) > 0) store<u32>(mine, ack, ACKED);
  store<u32>(mine, windowOf(p), WINDOW);
  noteKind(r, from, payload);
  return true;
}

/** Whether the capture may have the same segment twice. */
function isDoubled(r: u32, p: u32, from: u32): bool {
  const rows = load<i32>(r, ROW_COUNT);
  for (let at = firstRow(firstChunk(r)); rowIndex() < rows; at = nextRow(at)) {
    if (senderOf(at) !== from || load<f64>(p) - load<f64>(at) > <f64>DUPLICATE_NANOS) continue;
    if (isSameSegment(at, p)) return true;
  }
  return false;
}

/** As in src/flow/segment.ts. */
function isSameSegment(a: u32, b: u32): bool {
  if (load<u32>(a, ROW_SEQ) !== load<u32>(b, ROW_SEQ) || load<u32>(a, ROW_ACK) !== load<u32>(b, ROW_ACK)) return false;
  if (flagsOf(a) !== flagsOf(b) || load<u32>(a, ROW_PAYLOAD) !== load<u32>(b, ROW_PAYLOAD)) return false;
  if (windowOf(a) !== windowOf(b) || hasTimestamps(a) !== hasTimestamps(b)) return false;
  if (hasTimestamps(a) && load<u32>(a, ROW_TSVAL) !== load<u32>(b, ROW_TSVAL)) return false;
  return ipIdOf(a) !== 0 || ipIdOf(b) !== 0 ? ipIdOf(a) === ipIdOf(b) : checksumOf(a) === checksumOf(b);
}

/** Whether the segment is a pure acknowledgment that tells nothing new, or only which octets came out of order. */
function isAckAgain(r: u32, p: u32, from: u32): bool {
  const hasPeerSent = (load<u32>(r, SEEN) & (4 << (1 - from))) !== 0;
  if (!hasPeerSent || diff(load<u32>(p, ROW_ACK), load<u32>(r + (from << 2), ACKED)) < 0) return false;
  const isAhead = load<i32>(r, STAGE) === holeOf(from);
  return load<u32>(p, ROW_SEQ) === (isAhead ? load<u32>(r, AHEAD + 4) : load<u32>(r + (from << 2), NXT));
}

/** A keep-alive without payload after a pause, as long as but one end sends any. */
function takeKeepAlive(r: u32, p: u32, from: u32): bool {
  const mine = r + (from << 2);
  const peer = r + ((1 - from) << 2);
  const seq = load<u32>(p, ROW_SEQ);
  const ack = load<u32>(p, ROW_ACK);
  if (load<i32>(r, STAGE) !== STAGE_OPEN || ageOf(r, p) < <f64>KEEP_ALIVE_IDLE_NANOS) return false;
  if (
    seq + 1 !== load<u32>(mine, NXT) ||
    seq === load<u32>(mine, ISN) ||
    load<u32>(mine, NXT) !== load<u32>(peer, ACKED)
  ) {
    return false;
  }
  if (ack !== load<u32>(mine, ACKED) || ack !== load<u32>(peer, NXT)) return false;
  if ((load<u32>(r, COURSE) & (COURSE_KEEP_ALIVE_1 >> from)) !== 0 || isCopy(r, p, from)) return false;
  noteCourse(r, COURSE_KEEP_ALIVE_0 << from);
  return true;
}

/** Whether the network may have made the row of an earlier one of the same end. */
function isCopy(r: u32, p: u32, from: u32): bool {
  const rows = load<i32>(r, ROW_COUNT);
  for (let at = firstRow(firstChunk(r)); rowIndex() < rows; at = nextRow(at)) {
    if (senderOf(at) === from && isLateCopy(p, at)) return true;
  }
  return false;
}

function takeData(r: u32, p: u32, from: u32): bool {
  const mine = r + (from << 2);
  const seq = load<u32>(p, ROW_SEQ);
  const payload = load<u32>(p, ROW_PAYLOAD);
  const hasPeerSent = (load<u32>(r, SEEN) & (20 << (1 - from))) !== 0;
  if (payload < LEAST_PAYLOAD_BYTES || !hasPeerSent) return false;
  const end = seq + payload;
  const ahead = diff(seq, load<u32>(mine, NXT));
  if (diff(end, load<u32>(mine, NXT)) <= 0) {
    if (diff(seq, load<u32>(mine, ISN)) <= 0) return false;
    countRepeat(r);
    return true;
  }
  const stage = load<i32>(r, STAGE);
  if (stage === STAGE_OPEN) {
    if (ahead <= 0 || ahead > MAX_HOLE_BYTES) return false;
    store<i32>(r, holeOf(from), STAGE);
    store<u32>(r, seq, AHEAD);
    store<u32>(r, end, AHEAD + 4);
    return true;
  }
  if (stage === holeOf(from)) return ahead === 0 ? fillHole(r, mine, end) : extendAhead(r, seq, end);
  if (ahead !== 0) return false;
  store<u32>(mine, end, NXT);
  return true;
}

function holeOf(from: u32): i32 {
  return STAGE_HOLE_0 + from;
}

/** The octets that were missing, or some of them: sent again or late. */
function fillHole(r: u32, mine: u32, end: u32): bool {
  const left = diff(load<u32>(r, AHEAD), end);
  if (left < 0) return false;
  countRepeat(r);
  store<u32>(mine, left === 0 ? load<u32>(r, AHEAD + 4) : end, NXT);
  if (left === 0) store<i32>(r, STAGE_OPEN, STAGE);
  return true;
}

function extendAhead(r: u32, seq: u32, end: u32): bool {
  if (seq !== load<u32>(r, AHEAD + 4)) return false;
  store<u32>(r, end, AHEAD + 4);
  return true;
}

/** Once there are so many that they may be copies of one segment, the machine has to look. */
function countRepeat(r: u32): void {
  const course = load<u32>(r, COURSE) + (1 << REPEATS_SHIFT);
  store<u32>(r, course, COURSE);
  if (f64((course >>> REPEATS_SHIFT) + 1) >= load<f64>(COPIES_LIMIT)) noteCourse(r, COURSE_REMARKABLE);
}

export function ipIdOf(at: u32): u32 {
  return load<u32>(at, ROW_WINDOW) >>> 16;
}

function checksumOf(at: u32): u32 {
  return load<u32>(at, ROW_CHECKSUM) & 0xffff;
}
