/**
 * Rows of connections in which nothing worth mentioning happened between the handshake and the first FIN, and behind that
 * nothing but what a close with a shape (shape.ts) may have, gone through once: where the segments are that matter, and what
 * each end sent. src/flow/flawless.ts tells more, and makes something of it.
 */
import {
  ENTRY_RECORD,
  FLAWLESS,
  FLAWLESS_ACK,
  FLAWLESS_AGAIN,
  FLAWLESS_AHEAD,
  FLAWLESS_ANSWERED,
  FLAWLESS_ARRIVED,
  FLAWLESS_ASKED,
  FLAWLESS_BYTES,
  FLAWLESS_CLOSER,
  FLAWLESS_COMPLETENESS,
  FLAWLESS_COPIES,
  FLAWLESS_COVER_AGAIN1,
  FLAWLESS_COVER_AGAIN2,
  FLAWLESS_COVER1,
  FLAWLESS_COVER2,
  FLAWLESS_DATA_ROW,
  FLAWLESS_DATA_SEGMENT,
  FLAWLESS_DUPLICATE_ACKS,
  FLAWLESS_END_BYTES,
  FLAWLESS_ENDS,
  FLAWLESS_FIN_END,
  FLAWLESS_FIN_SEGMENT,
  FLAWLESS_FIN1,
  FLAWLESS_FIN2,
  FLAWLESS_FINS1,
  FLAWLESS_FINS2,
  FLAWLESS_HEARD,
  FLAWLESS_HIGH,
  FLAWLESS_IS_CROSSING,
  FLAWLESS_LAST,
  FLAWLESS_LATE,
  FLAWLESS_LATE_COUNT,
  FLAWLESS_LETTERS,
  FLAWLESS_LOW,
  FLAWLESS_OUT_OF_ORDER,
  FLAWLESS_PAYLOAD,
  FLAWLESS_PROOF,
  FLAWLESS_RECENT,
  FLAWLESS_REPEATS1,
  FLAWLESS_REPEATS2,
  FLAWLESS_RESET,
  FLAWLESS_SEGMENTS,
  FLAWLESS_SYN,
  FLAWLESS_SYN_ACK,
  FLAWLESS_SYNS,
  FLAWLESS_THIRD,
  FLAWLESS_UNIQUE,
  FLAWLESS_WINDOW,
  FLAWLESS_ZEEK_AGAIN,
  LETTER_ACK,
  LETTER_AGAIN,
  LETTER_BITS,
  LETTER_DATA,
  LETTER_FIN,
  LETTER_RST,
  MAX_COPIES,
  MAX_FINS,
  MAX_LATE,
  NO_END,
  RECENT_ROWS,
} from '../src/core/layout';
import {
  CLIENT,
  COURSE,
  COURSE_CLOSED_BY_1,
  COURSE_CROSSING,
  COURSE_HALF_CLOSE,
  COURSE_HALF_CLOSE_TAKEN,
  COURSE_LATER_SYN_ANSWERED,
  COURSE_MOVED,
  COURSE_REUSED,
  COURSE_SYN_ACK_AGAIN,
  COURSE_SYN_AGAIN,
  COURSE_TROUBLE,
  FIN_BITS,
  REPEATS_SHIFT,
  ROW_COUNT,
  SEEN,
  STAGE,
  STAGE_ABANDONED,
  STAGE_ANSWERED,
  STAGE_DONE,
  STAGE_ODD,
  STAGE_ONE_WAY,
  STAGE_OPEN,
  STAGE_REFUSED,
  STAGE_RESET,
  STAGE_SYN,
} from '../src/core/record';
import {
  ACK,
  FIN,
  ROW_ACK,
  ROW_FLAGS,
  ROW_PAYLOAD,
  ROW_SEQ,
  ROW_TSECR,
  ROW_TSVAL,
  RST,
  SACK_BITS,
  SYN,
} from '../src/core/row';
import { CERTAIN_PART, FIRST_SYN_TIMER_NANOS } from '../src/core/timing';
import { firstRow, nextRow, rowIndex, senderOf } from './log';
import { clear } from './memory';
import { diff, firstChunk, hasTimestamps, windowOf } from './record';
import { arrivedFins, heardOfPeer, NO_SHAPE, shapeOf } from './shape';
import { addressOf } from './table';
import { ipIdOf, isLateCopy } from './trouble';

/** Bits of the course that tell of no more than how it was opened and closed; above them is how often data was sent again. */
const USUAL_COURSE: u32 =
  COURSE_CLOSED_BY_1 |
  COURSE_MOVED |
  COURSE_REUSED |
  COURSE_CROSSING |
  COURSE_HALF_CLOSE |
  COURSE_HALF_CLOSE_TAKEN |
  COURSE_SYN_AGAIN |
  COURSE_LATER_SYN_ANSWERED |
  COURSE_SYN_ACK_AGAIN |
  COURSE_TROUBLE;
const COURSE_BITS: u32 = (1 << REPEATS_SHIFT) - 1;
/** Repeats from which on Zeek says so once more. */
const MANY_REPEATS: u32 = 10;
/** What the SYN adds to `tcp.completeness`, that and the SYN-ACK, the whole handshake, and what later segments do. */
const COMPLETE_SYN: u32 = 1;
const COMPLETE_SYN_ACK: u32 = 3;
const COMPLETE_OPENING: u32 = 7;
const COMPLETE_ACK: u32 = 4;
const COMPLETE_DATA: u32 = 8;
const COMPLETE_FIN: u32 = 16;
const COMPLETE_RST: u32 = 32;

/** Round trip from the tap to the server, NaN if a SYN that was not captured may lie between. */
let toServer: f64 = 0;
let thirdTime: f64 = 0;
let client: u32 = 0;
/** The row behind the copies that were taken last. */
let behind: u32 = 0;
/** Letters of Zeek's history that were noted, and how many bits they take. */
let noted: u32 = 0;
let letterBits: u32 = 0;

/** Goes through the rows of an entry; false, and of no meaning, if there is one that is more than has to be. */
export function readFlawless(entry: u32): bool {
  const r = addressOf(entry) + ENTRY_RECORD;
  const course = load<u32>(r, COURSE);
  const rows = load<i32>(r, ROW_COUNT);
  if ((course & COURSE_BITS & ~USUAL_COURSE) !== 0) return false;
  clear(FLAWLESS, FLAWLESS_BYTES);
  store<i32>(FLAWLESS, NO_END, FLAWLESS_CLOSER);
  store<u32>(FLAWLESS, u32((course & COURSE_CROSSING) !== 0), FLAWLESS_IS_CROSSING);
  client = load<u32>(r, CLIENT);
  const stage = load<i32>(r, STAGE);
  const hasShape = stage === STAGE_ODD;
  if (hasShape && shapeOf(r) === NO_SHAPE) return false;
  noted = 1 << LETTER_ACK;
  letterBits = 0;
  if (!takeSyns(firstRow(firstChunk(r)), rows)) return false;
  if (stage === STAGE_SYN) return true;
  if (stage === STAGE_REFUSED) return takeRefusal(behind);
  if (stage === STAGE_ONE_WAY) return (load<u32>(r, SEEN) & FIN_BITS) === 0 && takeAlone(behind, rows);
  const isOpened = hasShape || stage === STAGE_DONE || stage === STAGE_OPEN || stage === STAGE_RESET;
  const isAnswered = isOpened || stage === STAGE_ANSWERED || stage === STAGE_ABANDONED;
  if (!isAnswered || !takeSynAcks(behind, rows)) return false;
  if (stage === STAGE_ABANDONED) return takeAbandonment(behind);
  if (!isOpened) return rowIndex() === rows;
  if (rowIndex() === rows || !takeThird(behind)) return false;
  for (let at = nextRow(behind); rowIndex() < rows; at = nextRow(at)) {
    const isBehindFin = hasShape && load<i32>(FLAWLESS, FLAWLESS_CLOSER) !== NO_END;
    if (!(isBehindFin ? takeShaped(at) : takeRow(at))) return false;
  }
  if (hasShape) {
    store<u32>(FLAWLESS, arrivedFins(), FLAWLESS_ARRIVED);
    store<u32>(FLAWLESS, heardOfPeer(), FLAWLESS_HEARD);
  }
  return true;
}

/** The SYN and its copies. */
function takeSyns(syn: u32, rows: i32): bool {
  store<u32>(FLAWLESS, syn, FLAWLESS_SYN);
  store<u32>(FLAWLESS, COMPLETE_SYN, FLAWLESS_COMPLETENESS);
  return takeCopies(syn, rows, client, 0);
}

/** What a client without FIN sends whose server was not captured: an acknowledgment, and then whatever comes next. */
function takeAlone(third: u32, rows: i32): bool {
  const me = endOf(client);
  if (load<u32>(third, ROW_PAYLOAD) !== 0) return false;
  store<u32>(FLAWLESS, third, FLAWLESS_THIRD);
  for (let at = third; rowIndex() < rows; at = nextRow(at)) {
    const payload = load<u32>(at, ROW_PAYLOAD);
    store<u32>(FLAWLESS, at, FLAWLESS_LAST);
    count(me, FLAWLESS_SEGMENTS);
    takeNewOctets(me, payload);
    noteCompleteness(load<u32>(at, ROW_FLAGS), payload);
    if (payload > 0) noteLetter(LETTER_DATA, client);
  }
  return true;
}

/** The SYN-ACK and its copies, which answer one of the SYNs for all that can be seen. */
function takeSynAcks(synAck: u32, rows: i32): bool {
  const syns = load<u32>(endOf(client), FLAWLESS_SYNS);
  const asked = answeredCopy(0, syns, synAck);
  if (asked === 0) return false;
  store<u32>(FLAWLESS, synAck, FLAWLESS_SYN_ACK);
  store<u32>(FLAWLESS, asked, FLAWLESS_ASKED);
  store<u32>(FLAWLESS, COMPLETE_SYN_ACK, FLAWLESS_COMPLETENESS);
  store<u32>(endOf(1 - client), load<u32>(synAck, ROW_ACK), FLAWLESS_ACK);
  toServer = load<f64>(synAck) - load<f64>(asked);
  if (!hasTimestamps(synAck) && toServer >= FIRST_SYN_TIMER_NANOS) toServer = NaN;
  return takeCopies(synAck, rows, 1 - client, syns);
}

/** Rows with SYN of one end, the first of which is `first`, into COPIES from a place on. */
function takeCopies(first: u32, rows: i32, from: u32, place: u32): bool {
  let count: u32 = 0;
  let at = first;
  for (; rowIndex() < rows && senderOf(at) === from; at = nextRow(at)) {
    const flags = load<u32>(at, ROW_FLAGS);
    if ((flags & SYN) === 0) break;
    if (place + count === MAX_COPIES || windowOf(at) === 0 || (flags & SACK_BITS) !== 0) return false;
    store<u32>(FLAWLESS + ((place + count) << 2), at, FLAWLESS_COPIES);
    store<u32>(FLAWLESS, at, FLAWLESS_LAST);
    store<u32>(endOf(from), windowOf(at), FLAWLESS_WINDOW);
    count++;
  }
  store<u32>(endOf(from), load<u32>(first, ROW_SEQ) + 1, FLAWLESS_LOW);
  store<u32>(endOf(from), load<u32>(first, ROW_SEQ) + 1, FLAWLESS_HIGH);
  store<u32>(endOf(from), count, FLAWLESS_SYNS);
  store<u32>(endOf(from), count, FLAWLESS_SEGMENTS);
  behind = at;
  return true;
}

/** Of `count` COPIES from a place on, the first whose time stamp a segment echoes, or 0; the last if there are no time stamps. */
function answeredCopy(place: u32, count: u32, answer: u32): u32 {
  const end = FLAWLESS + ((place + count) << 2);
  const last = load<u32>(end - 4, FLAWLESS_COPIES);
  if (!hasTimestamps(last) || !hasTimestamps(answer)) return last;
  for (let at = FLAWLESS + (place << 2); at < end; at += 4) {
    const copy = load<u32>(at, FLAWLESS_COPIES);
    if (load<u32>(copy, ROW_TSVAL) === load<u32>(answer, ROW_TSECR)) return copy;
  }
  return 0;
}

/** The reset that answers the SYN. */
function takeRefusal(reset: u32): bool {
  const server = 1 - client;
  store<u32>(endOf(server), 1, FLAWLESS_SEGMENTS);
  store<u32>(FLAWLESS, reset, FLAWLESS_RESET);
  store<u32>(FLAWLESS, reset, FLAWLESS_LAST);
  noteCompleteness(load<u32>(reset, ROW_FLAGS), 0);
  noteLetter(LETTER_RST, server);
  return true;
}

/** The reset with which the client answers the SYN-ACK, which acknowledges nothing. */
function takeAbandonment(reset: u32): bool {
  count(endOf(client), FLAWLESS_SEGMENTS);
  store<u32>(FLAWLESS, client, FLAWLESS_CLOSER);
  store<u32>(FLAWLESS, reset, FLAWLESS_RESET);
  store<u32>(FLAWLESS, reset, FLAWLESS_LAST);
  store<u32>(FLAWLESS, COMPLETE_SYN_ACK | COMPLETE_RST, FLAWLESS_COMPLETENESS);
  noteLetter(LETTER_RST, client);
  return true;
}

/** The third segment, which answers one of the SYN-ACKs for all that can be seen, and is but an acknowledgment. */
function takeThird(third: u32): bool {
  const answered = answeredCopy(
    load<u32>(endOf(client), FLAWLESS_SYNS),
    load<u32>(endOf(1 - client), FLAWLESS_SYNS),
    third,
  );
  if (answered === 0 || load<u32>(third, ROW_PAYLOAD) !== 0) return false;
  if ((load<u32>(third, ROW_FLAGS) & SACK_BITS) !== 0) return false;
  store<u32>(FLAWLESS, third, FLAWLESS_THIRD);
  store<u32>(FLAWLESS, answered, FLAWLESS_ANSWERED);
  store<u32>(FLAWLESS, third, FLAWLESS_LAST);
  store<u32>(endOf(client), load<u32>(endOf(client), FLAWLESS_SEGMENTS) + 1, FLAWLESS_SEGMENTS);
  store<u32>(endOf(client), load<u32>(third, ROW_ACK), FLAWLESS_ACK);
  store<u32>(endOf(client), windowOf(third), FLAWLESS_WINDOW);
  noteRecent(endOf(client), third);
  store<u32>(FLAWLESS, COMPLETE_OPENING, FLAWLESS_COMPLETENESS);
  thirdTime = load<f64>(third);
  return true;
}

function endOf(end: u32): u32 {
  return FLAWLESS + FLAWLESS_ENDS + end * FLAWLESS_END_BYTES;
}

/** What comes behind the handshake: of each end the next octets, its FIN, a new acknowledgment, or one reset. */
function takeRow(at: u32): bool {
  const from = senderOf(at);
  const me = endOf(from);
  const flags = load<u32>(at, ROW_FLAGS);
  const payload = load<u32>(at, ROW_PAYLOAD);
  const segments = load<u32>(me, FLAWLESS_SEGMENTS) + 1;
  const closer = load<i32>(FLAWLESS, FLAWLESS_CLOSER);
  store<u32>(FLAWLESS, at, FLAWLESS_LAST);
  store<u32>(me, segments, FLAWLESS_SEGMENTS);
  noteCompleteness(flags, payload);
  if ((flags & RST) !== 0) {
    noteLetter(LETTER_RST, from);
    store<u32>(FLAWLESS, from, FLAWLESS_CLOSER);
    store<u32>(FLAWLESS, at, FLAWLESS_RESET);
    return closer === NO_END || <i32>from === closer;
  }
  const ack = load<u32>(at, ROW_ACK);
  const seq = load<u32>(at, ROW_SEQ);
  const hasFin = (flags & FIN) !== 0;
  const isNewAck = diff(ack, load<u32>(me, FLAWLESS_ACK)) > 0;
  const high = load<u32>(me, FLAWLESS_HIGH);
  const isNext = payload > 0 ? seq === high && load<u32>(me, FLAWLESS_LOW) === high : hasFin || isNewAck;
  if (payload > 0) {
    store<u32>(me, at, FLAWLESS_DATA_ROW);
    store<u32>(me, segments, FLAWLESS_DATA_SEGMENT);
  }
  if (!isNext || (flags & SACK_BITS) !== 0) return closer === NO_END && !hasFin && takeTroubled(at, from, isNewAck);
  noteRecent(me, at);
  if (isNewAck) store<u32>(me, ack, FLAWLESS_ACK);
  store<u32>(me, windowOf(at), FLAWLESS_WINDOW);
  if (payload > 0) {
    takeNewOctets(me, payload);
    store<u32>(me, seq + payload, FLAWLESS_LOW);
    store<u32>(me, seq + payload, FLAWLESS_HIGH);
    if (closer !== NO_END && !noteLate(at)) return false;
  }
  if (from !== client) noteProof(at, closer);
  noteLetter(hasFin ? LETTER_FIN : payload > 0 ? LETTER_DATA : LETTER_ACK, from);
  if (closer !== NO_END && ack === load<u32>(endOf(1 - from), FLAWLESS_FIN_END)) noteCover(at, <i32>from === closer);
  if (!hasFin) return true;
  store<u32>(me, seq + payload + 1, FLAWLESS_FIN_END);
  store<u32>(me, segments, FLAWLESS_FIN_SEGMENT);
  if (closer === NO_END) {
    store<u32>(FLAWLESS, from, FLAWLESS_CLOSER);
    store<u32>(FLAWLESS, at, FLAWLESS_FIN1);
  } else store<u32>(FLAWLESS, at, FLAWLESS_FIN2);
  return true;
}

/** Of a close with a shape, what comes behind its first FIN. */
function takeShaped(at: u32): bool {
  const from = senderOf(at);
  const me = endOf(from);
  const flags = load<u32>(at, ROW_FLAGS);
  const payload = load<u32>(at, ROW_PAYLOAD);
  const hasFin = (flags & FIN) !== 0;
  const closer = load<i32>(FLAWLESS, FLAWLESS_CLOSER);
  store<u32>(FLAWLESS, at, FLAWLESS_LAST);
  count(me, FLAWLESS_SEGMENTS);
  noteCompleteness(flags, payload);
  noteLetter(hasFin ? LETTER_FIN : payload > 0 ? LETTER_DATA : LETTER_ACK, from);
  if (diff(load<u32>(at, ROW_ACK), load<u32>(me, FLAWLESS_ACK)) > 0)
    store<u32>(me, load<u32>(at, ROW_ACK), FLAWLESS_ACK);
  if (from !== client) noteProof(at, closer);
  if (hasFin) return takeShapedFin(at, <i32>from === closer);
  if (payload > 0) {
    takeNewOctets(me, payload);
    return noteLate(at);
  }
  if (<i32>from !== closer) noteCoverOf(FLAWLESS_COVER1, FLAWLESS_COVER_AGAIN1, at);
  else if (load<u32>(FLAWLESS, FLAWLESS_FIN2) !== 0) noteCoverOf(FLAWLESS_COVER2, FLAWLESS_COVER_AGAIN2, at);
  return true;
}

/** The second FIN, or one that is sent again; false if that happens too often. */
function takeShapedFin(at: u32, isByCloser: bool): bool {
  if (!isByCloser && load<u32>(FLAWLESS, FLAWLESS_FIN2) === 0) {
    store<u32>(FLAWLESS, at, FLAWLESS_FIN2);
    if (load<u32>(FLAWLESS, FLAWLESS_COVER1) === 0) store<u32>(FLAWLESS, at, FLAWLESS_COVER1);
    return true;
  }
  const repeats = FLAWLESS + (isByCloser ? FLAWLESS_REPEATS1 : FLAWLESS_REPEATS2);
  const fins = FLAWLESS + (isByCloser ? FLAWLESS_FINS1 : FLAWLESS_FINS2);
  const count = load<u32>(repeats);
  if (count === MAX_FINS) return false;
  store<u32>(fins + (count << 2), at);
  store<u32>(repeats, count + 1);
  return true;
}

/** The first acknowledgment of a FIN, or the one of its repeat. */
function noteCoverOf(first: u32, again: u32, at: u32): void {
  store<u32>(FLAWLESS + (load<u32>(FLAWLESS + first) === 0 ? first : again), at);
}

/** Of an open connection, a segment that says nothing new, or whose octets are not simply the next ones. */
function takeTroubled(at: u32, from: u32, isNewAck: bool): bool {
  const me = endOf(from);
  const payload = load<u32>(at, ROW_PAYLOAD);
  // It may have been sent before the third segment came.
  if (from !== client && load<u32>(FLAWLESS, FLAWLESS_PROOF) === 0) return false;
  noteLetter(payload > 0 ? LETTER_DATA : LETTER_ACK, from);
  if (payload > 0 && !noteZeekAgain(at, from)) return false;
  const isLate = wasRecent(me, at);
  noteRecent(me, at);
  if (isLate) return true;
  if (payload > 0) takeOctets(me, at, payload);
  else if (!isNewAck) countDuplicateAck(me, endOf(1 - from), at);
  if (isNewAck) store<u32>(me, load<u32>(at, ROW_ACK), FLAWLESS_ACK);
  store<u32>(me, windowOf(at), FLAWLESS_WINDOW);
  return true;
}

/** Whether the network may have made the segment of one of the latest of its end, so that it says nothing. */
function wasRecent(me: u32, at: u32): bool {
  for (let place = me; place < me + (RECENT_ROWS << 2); place += 4) {
    const copy = load<u32>(place, FLAWLESS_RECENT);
    if (copy === 0 || !isLateCopy(at, copy)) continue;
    if (load<u32>(at, ROW_PAYLOAD) > 0 || (ipIdOf(at) !== 0 && ipIdOf(copy) !== 0)) return true;
  }
  return false;
}

function noteRecent(me: u32, at: u32): void {
  store<u32>(me + ((load<u32>(me, FLAWLESS_SEGMENTS) % RECENT_ROWS) << 2), at, FLAWLESS_RECENT);
}

/** Data that does not reach beyond what was sent; false once Zeek says so again. */
function noteZeekAgain(at: u32, from: u32): bool {
  const me = endOf(from);
  if (diff(load<u32>(at, ROW_SEQ) + load<u32>(at, ROW_PAYLOAD), load<u32>(me, FLAWLESS_HIGH)) > 0) return true;
  const count = load<u32>(me, FLAWLESS_ZEEK_AGAIN) + 1;
  store<u32>(me, count, FLAWLESS_ZEEK_AGAIN);
  noteLetter(LETTER_AGAIN, from);
  return count < MANY_REPEATS;
}

/** Octets that were sent before, that fill a hole, or that come behind one. */
function takeOctets(me: u32, at: u32, payload: u32): void {
  const seq = load<u32>(at, ROW_SEQ);
  const end = seq + payload;
  const low = load<u32>(me, FLAWLESS_LOW);
  const high = load<u32>(me, FLAWLESS_HIGH);
  const isOld = diff(end, low) <= 0;
  store<u32>(me, load<u32>(me, FLAWLESS_PAYLOAD) + payload, FLAWLESS_PAYLOAD);
  if (!isOld) store<u32>(me, load<u32>(me, FLAWLESS_UNIQUE) + payload, FLAWLESS_UNIQUE);
  if (isOld) count(me, FLAWLESS_AGAIN);
  else if (diff(seq, high) >= 0) {
    if (low === high && seq === high) store<u32>(me, end, FLAWLESS_LOW);
    else if (low === high) store<u32>(me, at, FLAWLESS_AHEAD);
    store<u32>(me, end, FLAWLESS_HIGH);
  } else {
    const ahead = load<u32>(me, FLAWLESS_AHEAD);
    count(me, isOlder(at, ahead) ? FLAWLESS_OUT_OF_ORDER : FLAWLESS_AGAIN);
    store<u32>(me, end === load<u32>(ahead, ROW_SEQ) ? high : end, FLAWLESS_LOW);
  }
}

function takeNewOctets(me: u32, payload: u32): void {
  store<u32>(me, load<u32>(me, FLAWLESS_PAYLOAD) + payload, FLAWLESS_PAYLOAD);
  store<u32>(me, load<u32>(me, FLAWLESS_UNIQUE) + payload, FLAWLESS_UNIQUE);
}

function count(me: u32, field: u32): void {
  store<u32>(me + field, load<u32>(me + field) + 1);
}

/** Whether a segment was sent before one that came first, by time stamp or IP identification. */
function isOlder(at: u32, ahead: u32): bool {
  const areStamped = hasTimestamps(at) && hasTimestamps(ahead);
  const ticks = diff(load<u32>(at, ROW_TSVAL), load<u32>(ahead, ROW_TSVAL));
  if (areStamped && ticks !== 0) return ticks < 0;
  const id = ipIdOf(at);
  const aheadId = ipIdOf(ahead);
  return id !== 0 && aheadId !== 0 ? <i32>((id - aheadId) << 16) < 0 : areStamped;
}

/** A repeated acknowledgment is a duplicate if it moves no window, and octets are on their way or came out of order. */
function countDuplicateAck(me: u32, peer: u32, at: u32): void {
  if (windowOf(at) !== load<u32>(me, FLAWLESS_WINDOW)) return;
  const hasRanges = (load<u32>(at, ROW_FLAGS) & SACK_BITS) !== 0;
  if (hasRanges || diff(load<u32>(peer, FLAWLESS_HIGH), load<u32>(at, ROW_ACK)) > 0) count(me, FLAWLESS_DUPLICATE_ACKS);
}

/** Data behind the first FIN, which a segment without data has acknowledged before. */
function noteLate(at: u32): bool {
  const cover = load<u32>(FLAWLESS, FLAWLESS_COVER1);
  const count = load<u32>(FLAWLESS, FLAWLESS_LATE_COUNT);
  if (cover === 0 || count === MAX_LATE) return false;
  store<u32>(FLAWLESS + (count << 2), at, FLAWLESS_LATE);
  store<u32>(FLAWLESS, count + 1, FLAWLESS_LATE_COUNT);
  return true;
}

/** The first segment of the server, while it is open, that cannot have been sent before the third segment came. */
function noteProof(at: u32, closer: i32): void {
  const isClosing = load<u32>(FLAWLESS, FLAWLESS_COVER1) !== 0 || load<u32>(FLAWLESS, FLAWLESS_FIN2) !== 0;
  if (isClosing || closer === <i32>(1 - client) || load<u32>(FLAWLESS, FLAWLESS_PROOF) !== 0) return;
  if (!(load<f64>(at) - thirdTime < toServer * CERTAIN_PART)) store<u32>(FLAWLESS, at, FLAWLESS_PROOF);
}

/** A segment covers the FIN of the other end. */
function noteCover(at: u32, isOfCloser: bool): void {
  if (!isOfCloser) {
    if (load<u32>(FLAWLESS, FLAWLESS_COVER1) === 0) store<u32>(FLAWLESS, at, FLAWLESS_COVER1);
  } else if (load<u32>(FLAWLESS, FLAWLESS_FIN2) !== 0) store<u32>(FLAWLESS, at, FLAWLESS_COVER2);
}

function noteLetter(letter: u32, from: u32): void {
  const bit: u32 = 1 << (letter + u32(from !== client));
  if ((noted & bit) !== 0) return;
  noted |= bit;
  const letters = load<u32>(FLAWLESS, FLAWLESS_LETTERS);
  store<u32>(FLAWLESS, letters | ((letter + u32(from !== client)) << letterBits), FLAWLESS_LETTERS);
  letterBits += LETTER_BITS;
}

function noteCompleteness(flags: u32, payload: u32): void {
  let bits = payload > 0 ? COMPLETE_DATA : COMPLETE_ACK;
  if ((flags & (FIN | ACK)) === (FIN | ACK)) bits |= COMPLETE_FIN;
  if ((flags & RST) !== 0) bits |= COMPLETE_RST;
  store<u32>(FLAWLESS, load<u32>(FLAWLESS, FLAWLESS_COMPLETENESS) | bits, FLAWLESS_COMPLETENESS);
}
