/**
 * Connections that go by the book, up to the row that does not: what src/flow/plain-lane.ts explains, without the parts
 * that are rare. The core goes through a batch and stops at each row that TypeScript has to see to.
 */
import {
  BUCKETS,
  CLOSE_LIMIT,
  COUNT,
  ENTRY_ID,
  ENTRY_NUMBER,
  ENTRY_PORTS,
  ENTRY_QUEUED,
  ENTRY_RECORD,
  ENTRY_SCOPE,
  FOUND,
  FROM,
  HANDSHAKE_LIMIT,
  IS_SELF,
  MODE,
  MODE_LANE,
  MODE_REUSE,
  MODE_SHARE,
  NEXT_ID,
  NO_ENTRY,
  NOW,
  OURS,
  OWN_ROWS,
  ROW_BYTES,
  ROWS_AT,
  SEGMENT_BYTES,
  STOP_BITS,
  STOP_CLOSE,
  STOP_END,
  STOP_FINAL,
  STOP_FLOW,
  STOP_GIVE_UP,
  STOP_LONG,
  STOP_NEW,
  STOP_OPENED,
  STOP_OVER,
  STOP_REUSED,
  STOP_SCOPE,
  TOUCH_FROM,
  TOUCH_ROWS,
  TOUCHED,
} from '../src/core/layout';
import {
  ACKED,
  ANSWER_NANOS,
  CLIENT,
  CONDENSE_MASK,
  CONDENSE_ROWS,
  COURSE,
  COURSE_CLOSED_BY_1,
  COURSE_CONDENSED,
  COURSE_CROSSING,
  COURSE_HALF_CLOSE,
  COURSE_HALF_CLOSE_TAKEN,
  COURSE_KEEP_ALIVE_0,
  COURSE_KEEP_ALIVE_1,
  COURSE_LATER_SYN_ANSWERED,
  COURSE_MIDSTREAM,
  COURSE_MOVED,
  COURSE_REMARKABLE,
  COURSE_REUSED,
  COURSE_SYN_ACK_AGAIN,
  COURSE_SYN_AGAIN,
  COURSE_TROUBLE,
  DATA_BITS,
  FIN_BITS,
  FIN_WAIT_NANOS,
  GIVE_UP_ROWS,
  ISN,
  LAST_CHUNK,
  LAST_NANOS,
  MARK_NANOS,
  MAX_ODD_ROWS,
  MAX_TROUBLED_ROWS,
  MSS,
  NXT,
  RECORD_BYTES,
  ROW_COUNT,
  SEEN,
  STAGE,
  STAGE_ABANDONED,
  STAGE_ANSWERED,
  STAGE_DONE,
  STAGE_NEW,
  STAGE_ODD,
  STAGE_ONE_WAY,
  STAGE_OPEN,
  STAGE_REFUSED,
  STAGE_RESET,
  STAGE_SYN,
  SYNS,
  WINDOW,
} from '../src/core/record';
import {
  ACK,
  CONTROL_BITS,
  FIN,
  FORM_BITS,
  OPTION_TIMESTAMPS,
  ROW_ACK,
  ROW_FLAGS,
  ROW_OPTIONS,
  ROW_PAYLOAD,
  ROW_SCOPE,
  ROW_SEQ,
  RST,
  SYN,
  TTL_SHIFT,
} from '../src/core/row';
import { countFormerAt, evict } from './closing';
import { isBehindFinal, retire, TIME_WAIT_IN_DOUBT, timeWaitOf } from './former';
import { kindAt } from './kinds';
import { append, bringBack, firstRow, lastOf, moveLog, nextRow, rowIndex, senderOf } from './log';
import { clear, haveRead } from './memory';
import { queueAddress } from './queue';
import {
  appendRow,
  diff,
  firstChunk,
  isHeard,
  isMidstream,
  isOddRow,
  mssOf,
  noteCourse,
  noteIsn,
  noteKind,
  windowOf,
} from './record';
import { isGraceful } from './shape';
import { addKey, addressOf, findAddress, hashAt, touchEntries } from './table';
import { answeredCopy, takeTroubled } from './trouble';

const RST_ACK: u32 = RST | ACK;
/** No segment is larger than that of which nothing is known. */
const UNKNOWN_MSS: u32 = 0xffffffff;
/** Numbers so far before the first ones that were captured, or behind them while only one end was heard, are not its own. */
const MIDSTREAM_BYTES: i32 = 1 << 27;

/** Address of a row of the batch in work. */
function rowAt(row: u32): u32 {
  return load<u32>(ROWS_AT) + row * ROW_BYTES;
}

/** Takes in the rows from `first` on; returns the one at which it stopped, and why in its low bits. */
export function take(first: u32, count: u32): u32 {
  const mode = load<u32>(MODE);
  const isLarge = load<u32>(COUNT) >= load<u32>(TOUCH_FROM);
  for (let row = first; row < count; row++) {
    if (row % TOUCH_ROWS === 0) touch(row, min<u32>(row + TOUCH_ROWS, count), mode, isLarge);
    const p = rowAt(row);
    const time = load<f64>(p);
    if (time > load<f64>(NOW)) store<f64>(NOW, time);
    if (isOfOthers(row, mode)) continue;
    const entry = findAddress(p, hashAt(p), load<u32>(TOUCHED + ((row % TOUCH_ROWS) << 2)));
    let stop = STOP_END;
    if (entry === 0) stop = begin(p, mode);
    else {
      stop = load<u32>(entry, ENTRY_SCOPE) === load<u32>(p, ROW_SCOPE) ? takeRow(entry, p) : STOP_SCOPE;
      if (stop !== STOP_END) {
        store<u32>(FOUND, load<u32>(entry, ENTRY_NUMBER));
        stop = goOn(entry, p, stop, mode);
      }
    }
    if (stop !== STOP_END) return (row << STOP_BITS) | stop;
  }
  return count << STOP_BITS;
}

/** Whether a row is for another thread. */
function isOfOthers(row: u32, mode: u32): bool {
  return (mode & MODE_SHARE) !== 0 && load<u8>(OURS + load<u8>(BUCKETS + row)) === 0;
}

/** Reads what the rows at `[first, end)` will need, so that it is in the cache when their turn comes, and notes their entries. */
function touch(first: u32, end: u32, mode: u32, isLarge: bool): void {
  const places: u32 = TOUCHED + ((end - first) << 2);
  for (let row = first; row < end; row++) {
    const hash: u32 = isOfOthers(row, mode) ? 0 : hashAt(rowAt(row));
    store<u32>(TOUCHED + ((row - first) << 2), hash);
  }
  touchEntries(TOUCHED, places);
  if (!isLarge) return;
  let sum: u32 = 0;
  for (let at: u32 = TOUCHED; at < places; at += 4) {
    const entry = load<u32>(at);
    if (entry === 0) continue;
    const r = entry + ENTRY_RECORD;
    const last = lastOf(load<u32>(r, LAST_CHUNK), load<u32>(r, ROW_COUNT) + 1);
    sum += load<u32>(last) + load<u32>(last, SEGMENT_BYTES - 4);
  }
  haveRead(sum);
}

/** Sees to why the row at `p` of an entry is not all that there is to it; returns why TypeScript has to, if it has. */
function goOn(entry: u32, p: u32, reason: u32, mode: u32): u32 {
  // Another thread has to be told of each connection that begins.
  let stop = reason === STOP_REUSED && (mode & MODE_SHARE) === 0 ? reopen(entry, p) : reason;
  if (stop === STOP_FINAL && countFormerAt(entry)) stop = isClosed(entry) ? STOP_OVER : STOP_END;
  return stop === STOP_OVER ? wait(entry) : stop;
}

/** Whether the connection of an entry that was just answered is closed: a refusal is all that comes. */
function isClosed(entry: u32): bool {
  return load<i32>(entry + ENTRY_RECORD, STAGE) === STAGE_REFUSED && load<u8>(entry, ENTRY_QUEUED) === 0;
}

/** The connection of an entry may be over: it waits, and another one may have waited long enough. */
function wait(entry: u32): u32 {
  const bucket = queueAddress(entry);
  if (bucket === -1) return STOP_END;
  const left = evict(bucket);
  if (left === NO_ENTRY) return STOP_END;
  store<i32>(FOUND, left);
  return STOP_CLOSE;
}

/** Takes in a row of an entry; returns why TypeScript has to see to it, if it has. */
export function takeAt(entry: u32, row: u32): u32 {
  return takeRow(addressOf(entry), rowAt(row));
}

/** Begins the record of an entry with a row. */
export function openAt(entry: u32, row: u32): void {
  openRecord(addressOf(entry) + ENTRY_RECORD, rowAt(row));
}

/**
 * Begins another connection on the tuple of an entry, whose connection was closed, with a row, as `take` stopped at it. Returns why
 * TypeScript has to see to it, if it has.
 */
export function reopenAt(entry: u32, row: u32): u32 {
  return reopen(addressOf(entry), rowAt(row));
}

/** As `reopenAt`, by addresses. */
function reopen(entry: u32, p: u32): u32 {
  const r = entry + ENTRY_RECORD;
  const stage = load<i32>(r, STAGE);
  if ((load<u32>(MODE) & MODE_REUSE) === 0 || isMidstream(r) || kindAt(r, load<f64>(p)) < 0) return STOP_GIVE_UP;
  if (stage === STAGE_ODD && !isGraceful()) return STOP_GIVE_UP;
  const timeWait = timeWaitOf(r, load<u32>(FROM), load<f64>(p));
  if (timeWait === TIME_WAIT_IN_DOUBT) return STOP_GIVE_UP;
  retire(entry, timeWait);
  openRecord(r, p);
  noteCourse(r, COURSE_REUSED);
  // Nothing is left of one that was reset; of others it is certain once this one is answered.
  return stage === STAGE_RESET ? STOP_FINAL : STOP_END;
}

function begin(p: u32, mode: u32): u32 {
  store<i32>(FOUND, NO_ENTRY);
  if ((mode & MODE_LANE) === 0 || load<u32>(IS_SELF) !== 0) return STOP_NEW;
  const entry = addKey(load<u32>(p, ROW_SCOPE));
  const id = load<u32>(NEXT_ID);
  store<u32>(entry, id, ENTRY_ID);
  store<u32>(NEXT_ID, id + 1);
  store<u32>(FOUND, load<u32>(entry, ENTRY_NUMBER));
  openRecord(entry + ENTRY_RECORD, p);
  const stop = load<u32>(entry + ENTRY_RECORD, STAGE) === STAGE_ODD ? wait(entry) : STOP_END;
  return stop === STOP_END && (mode & MODE_SHARE) !== 0 ? STOP_OPENED : stop;
}

/** Begins a record with a row. */
function openRecord(r: u32, p: u32): void {
  clear(r, RECORD_BYTES);
  const from = load<u32>(FROM);
  const isSyn = (load<u32>(p, ROW_FLAGS) & CONTROL_BITS) === SYN && load<u32>(p, ROW_PAYLOAD) === 0;
  store<u32>(r, isSyn && !isOddRow(p) ? STAGE_SYN : STAGE_ODD, STAGE);
  store<u32>(r, from, CLIENT);
  store<u32>(r, mssOf(p), MSS);
  store<u32>(r + (from << 2), load<u32>(p, ROW_SEQ) + 1, NXT);
  store<u32>(r, load<u32>(p, ROW_OPTIONS) << 24, SYNS);
  noteIsn(r, p, from);
  if (!isSyn && !isOddRow(p)) takeMidstream(r, p, from);
  store<u32>(r, firstChunk(r), LAST_CHUNK);
  appendRow(r, p, from);
  store<f64>(r, load<f64>(p), LAST_NANOS);
  store<f64>(r, load<f64>(p), MARK_NANOS);
}

/**
 * The first segment of a connection whose beginning was not captured. The one with the higher port is taken for the client, as
 * in src/flow/process.ts.
 */
function takeMidstream(r: u32, p: u32, from: u32): void {
  if ((load<u32>(p, ROW_FLAGS) & FORM_BITS) !== ACK || windowOf(p) === 0) return;
  const mine = r + (from << 2);
  const theirs = r + ((1 - from) << 2);
  const seq = load<u32>(p, ROW_SEQ);
  const ack = load<u32>(p, ROW_ACK);
  const payload = load<u32>(p, ROW_PAYLOAD);
  const ports = load<u32>(r - ENTRY_RECORD, ENTRY_PORTS);
  const port0 = ports >> 16;
  const port1 = ports & 0xffff;
  store<u32>(r, STAGE_OPEN, STAGE);
  if (port0 !== port1) store<u32>(r, port0 > port1 ? 0 : 1, CLIENT);
  store<u32>(r, UNKNOWN_MSS, MSS);
  store<u32>(mine, seq + payload, NXT);
  store<u32>(mine, ack, ACKED);
  store<u32>(mine, windowOf(p), WINDOW);
  store<u32>(mine, seq - MIDSTREAM_BYTES, ISN);
  store<u32>(theirs, ack, NXT);
  store<u32>(theirs, ack - MIDSTREAM_BYTES, ISN);
  noteCourse(r, COURSE_MIDSTREAM);
  noteKind(r, from, payload);
}

function takeRow(entry: u32, p: u32): u32 {
  const r = entry + ENTRY_RECORD;
  const stage = load<i32>(r, STAGE);
  if (stage === STAGE_NEW) return STOP_FLOW;
  const rows = load<i32>(r, ROW_COUNT);
  if (rows >= MAX_ODD_ROWS && rows >= mostRows(r, stage)) return STOP_GIVE_UP;
  const from = load<u32>(FROM);
  const time = load<f64>(p);
  if (isOddRow(p) || time < load<f64>(r, LAST_NANOS)) return takeOther(entry, p, from, stage);
  if (stage === STAGE_OPEN) {
    const seen = load<u32>(r, SEEN);
    if (!takeOpen(r, p, from)) return takeOther(entry, p, from, stage);
    if (seen !== load<u32>(r, SEEN) || load<u32>(r, STAGE) === STAGE_DONE) noteClose(r, seen, time, from);
  } else if (!takeOpening(r, p, from, stage)) return takeOther(entry, p, from, stage);
  store<f64>(r, time, LAST_NANOS);
  store<u32>(r, append(load<u32>(r, LAST_CHUNK), rows, p, from), LAST_CHUNK);
  store<u32>(r, rows + 1, ROW_COUNT);
  if (stage === STAGE_SYN && !isBehindFinal(r)) return answer(entry);
  if (rows >= CONDENSE_ROWS && (rows & CONDENSE_MASK) === CONDENSE_MASK) return STOP_LONG;
  return stopOf(entry);
}

/** Rows from which on the machine takes a connection over; more if those in its middle can be added up. */
function mostRows(r: u32, stage: i32): i32 {
  const course = load<u32>(r, COURSE);
  if (stage === STAGE_ONE_WAY || stage === STAGE_ODD) return MAX_ODD_ROWS;
  return (course & COURSE_TROUBLE) !== 0 ? MAX_TROUBLED_ROWS : GIVE_UP_ROWS;
}

/** It was answered: if there is another one before it on the tuple, that one is final now. */
function answer(entry: u32): u32 {
  return isBehindFinal(entry + ENTRY_RECORD) ? stopOf(entry) : STOP_FINAL;
}

function stopOf(entry: u32): u32 {
  const r = entry + ENTRY_RECORD;
  const stage = load<i32>(r, STAGE);
  // One-way ones may be over for all that was captured.
  if (stage < STAGE_ONE_WAY || load<u8>(entry, ENTRY_QUEUED) !== 0) return STOP_END;
  const rows = load<i32>(r, ROW_COUNT);
  // With many tuples, what grows is too much for the cache anyway.
  const isWorthIt = rows > OWN_ROWS && load<u32>(COUNT) < load<u32>(TOUCH_FROM);
  if (stage !== STAGE_ODD && stage !== STAGE_ONE_WAY && (load<u32>(r, COURSE) & COURSE_MOVED) === 0 && isWorthIt) {
    const last = moveLog(firstChunk(r), rows);
    if (last !== 0) {
      store<u32>(r, last, LAST_CHUNK);
      noteCourse(r, COURSE_MOVED);
    }
  }
  return STOP_OVER;
}

/** A row that does not go by the book: before the close it may be a trouble that is put right. */
function takeOther(entry: u32, p: u32, from: u32, stage: i32): u32 {
  const r = entry + ENTRY_RECORD;
  const mayBeClosed = stage === STAGE_DONE || stage === STAGE_RESET || stage === STAGE_ODD;
  if (mayBeClosed && isReopening(r, p, from)) return STOP_REUSED;
  if (stage < STAGE_DONE && (load<u32>(r, SEEN) & FIN_BITS) === 0) {
    if (takeLateAnswer(r, p, from, stage)) return answer(entry);
    if (takeTroubled(r, p, from, stage)) return STOP_END;
  }
  return isBehindFinal(r) && takeOdd(r, p, from) ? stopOf(entry) : STOP_GIVE_UP;
}

/** Whether a row may begin another connection on the tuple of one that was closed. */
function isReopening(r: u32, p: u32, from: u32): bool {
  if ((load<u32>(p, ROW_FLAGS) & CONTROL_BITS) !== SYN || load<u32>(p, ROW_PAYLOAD) !== 0 || isOddRow(p)) return false;
  if (load<f64>(p) < load<f64>(r, LAST_NANOS) || (load<u32>(r, COURSE) & COURSE_CONDENSED) !== 0) return false;
  return load<u32>(p, ROW_SEQ) !== load<u32>(r + (from << 2), ISN);
}

function takeOpening(r: u32, p: u32, from: u32, stage: i32): bool {
  if (stage === STAGE_SYN) {
    if ((load<u32>(r, COURSE) & COURSE_SYN_AGAIN) !== 0) return false;
    if (from !== load<u32>(r, CLIENT)) return takeAnswer(r, p, from);
    return isBehindFinal(r) && takeAlone(r, p, from, true);
  }
  if (stage === STAGE_ONE_WAY) return from === load<u32>(r, CLIENT) && takeAlone(r, p, from, false);
  if (stage !== STAGE_ANSWERED) return false;
  if ((load<u32>(p, ROW_FLAGS) & FORM_BITS) === RST) return takeAbandonment(r, p, from);
  if (!takeThird(r, p, from)) return false;
  noteDuration(r, load<f64>(p), load<f64>(HANDSHAKE_LIMIT));
  return true;
}

function takeOdd(r: u32, p: u32, from: u32): bool {
  if (load<i32>(r, ROW_COUNT) >= MAX_ODD_ROWS - 1 || (load<u32>(r, COURSE) & COURSE_CONDENSED) !== 0) return false;
  const flags = load<u32>(p, ROW_FLAGS);
  if ((flags & SYN) !== 0) {
    const known = load<u32>(r, SYNS);
    const peer = 1 - from;
    const isKnown = ((known >> from) & 1) !== 0;
    const isFirstAnswer =
      !isKnown &&
      (flags & ACK) !== 0 &&
      ((known >> peer) & 1) !== 0 &&
      load<u32>(p, ROW_ACK) === load<u32>(r + (peer << 2), ISN) + 1;
    if (!isFirstAnswer && !(isKnown && load<u32>(r + (from << 2), ISN) === load<u32>(p, ROW_SEQ))) return false;
  }
  noteIsn(r, p, from);
  store<u32>(r, STAGE_ODD, STAGE);
  const time = load<f64>(p);
  if (time > load<f64>(r, LAST_NANOS)) store<f64>(r, time, LAST_NANOS);
  if ((load<u32>(r, COURSE) & COURSE_MOVED) !== 0) {
    store<u32>(r, bringBack(firstChunk(r), load<i32>(r, ROW_COUNT)), LAST_CHUNK);
    store<u32>(r, load<u32>(r, COURSE) & ~COURSE_MOVED, COURSE);
  }
  appendRow(r, p, from);
  return true;
}

function noteDuration(r: u32, time: f64, limit: f64): void {
  if (time - load<f64>(r, MARK_NANOS) >= limit) noteCourse(r, COURSE_REMARKABLE);
}

function noteClose(r: u32, seenBefore: u32, time: f64, from: u32): void {
  if ((load<u32>(r, SEEN) & FIN_BITS) !== 0 && (seenBefore & FIN_BITS) === 0) {
    store<f64>(r, time, MARK_NANOS);
    if (from === 1) noteCourse(r, COURSE_CLOSED_BY_1);
  }
  if (load<u32>(r, STAGE) === STAGE_DONE) noteDuration(r, time, load<f64>(CLOSE_LIMIT));
}

function takeAnswer(r: u32, p: u32, from: u32): bool {
  return (load<u32>(p, ROW_FLAGS) & CONTROL_BITS) === RST_ACK ? takeRefusal(r, p, from) : takeSynAck(r, p, from);
}

/** What a client sends next whose server was not captured: acknowledgments that are new, data in order, one FIN. */
function takeAlone(r: u32, p: u32, from: u32, isThird: bool): bool {
  const mine = r + (from << 2);
  const hasFin = (load<u32>(p, ROW_FLAGS) & FIN) !== 0;
  const form = load<u32>(p, ROW_FLAGS) & FORM_BITS & ~FIN;
  if (form !== ACK || windowOf(p) === 0 || (load<u32>(r, SEEN) & FIN_BITS) !== 0) return false;
  const seq = load<u32>(p, ROW_SEQ);
  const ack = load<u32>(p, ROW_ACK);
  const payload = load<u32>(p, ROW_PAYLOAD);
  const ahead = isThird ? 1 : <i32>(ack - load<u32>(mine, ACKED));
  if (seq !== load<u32>(mine, NXT) || (isThird && hasFin)) return false;
  if (ahead < 0 || (ahead === 0 && payload === 0 && !hasFin)) return false;
  store<u32>(mine, seq + payload + u32(hasFin), NXT);
  store<u32>(mine, ack, ACKED);
  store<u32>(r, STAGE_ONE_WAY, STAGE);
  if (hasFin) store<u32>(r, load<u32>(r, SEEN) | (1 << from), SEEN);
  noteKind(r, from, payload);
  return true;
}

function takeRefusal(r: u32, p: u32, from: u32): bool {
  const client = load<u32>(r, CLIENT);
  if (from === client || load<u32>(p, ROW_ACK) !== load<u32>(r + (client << 2), NXT)) return false;
  if (load<u32>(p, ROW_SEQ) !== 0 || windowOf(p) !== 0 || load<u32>(p, ROW_PAYLOAD) !== 0) return false;
  store<u32>(r, STAGE_REFUSED, STAGE);
  return true;
}

/** The reset with which a client that has given up answers a SYN-ACK at once. */
function takeAbandonment(r: u32, p: u32, from: u32): bool {
  if (from !== load<u32>(r, CLIENT) || load<u32>(p, ROW_SEQ) !== load<u32>(r + (from << 2), NXT)) return false;
  if (windowOf(p) !== 0 || load<u32>(p, ROW_PAYLOAD) !== 0) return false;
  if ((load<u32>(r, COURSE) & (COURSE_SYN_AGAIN | COURSE_SYN_ACK_AGAIN)) !== 0) return false;
  if (load<f64>(p) - load<f64>(r, LAST_NANOS) > ANSWER_NANOS) return false;
  noteDuration(r, load<f64>(r, LAST_NANOS), load<f64>(HANDSHAKE_LIMIT));
  noteTtl(r, p, from);
  store<u32>(r, STAGE_ABANDONED, STAGE);
  return true;
}

/** The reset with which an end that has sent its FIN, and is gone, answers data at once. */
function takeResetAfterFin(r: u32, p: u32, from: u32): bool {
  const seq = load<u32>(p, ROW_SEQ);
  if ((load<u32>(r, SEEN) & FIN_BITS) !== u32(1) << from || seq !== load<u32>(r + (from << 2), NXT)) return false;
  if (windowOf(p) !== 0 || load<u32>(p, ROW_PAYLOAD) !== 0) return false;
  if (seq !== load<u32>(r + ((1 - from) << 2), ACKED)) return false;
  if (!isSettled(r)) return false;
  // Behind a FIN there are no rows with SACK ranges.
  const last = lastOf(load<u32>(r, LAST_CHUNK), load<u32>(r, ROW_COUNT));
  if (senderOf(last) === from || load<u32>(last, ROW_PAYLOAD) === 0) return false;
  const time = load<f64>(r, LAST_NANOS);
  if (load<f64>(p) - time > ANSWER_NANOS || time - load<f64>(r, MARK_NANOS) > FIN_WAIT_NANOS) return false;
  noteTtl(r, p, from);
  store<u32>(r, STAGE_RESET, STAGE);
  return true;
}

/** Whether what went wrong before, if anything, has no bearing on a reset. */
function isSettled(r: u32): bool {
  const course = load<u32>(r, COURSE);
  if ((course & (COURSE_KEEP_ALIVE_0 | COURSE_KEEP_ALIVE_1)) !== 0) return false;
  return (course & COURSE_SYN_ACK_AGAIN) === 0 || (load<u32>(r, SEEN) & DATA_BITS) === DATA_BITS;
}

/** Whether all data was acknowledged, and an end has sent nothing but an acknowledgment since it last heard of the other. */
function wasHeard(r: u32, from: u32): bool {
  if (!isAllCovered(r)) return false;
  const rows = load<i32>(r, ROW_COUNT);
  let last: u32 = 0;
  let before: u32 = 0;
  for (let at = firstRow(firstChunk(r)); rowIndex() < rows; at = nextRow(at)) {
    before = last;
    last = at;
  }
  return senderOf(last) !== from || (load<u32>(last, ROW_PAYLOAD) === 0 && senderOf(before) !== from);
}

/** It is out of the ordinary if a reset has another time to live than the SYN of its end, or than its latest segment. */
function noteTtl(r: u32, p: u32, from: u32): void {
  const usual = isMidstream(r) ? latestTtl(r, from) : (load<u32>(r, SYNS) >> (8 << from)) & 0xff;
  if (load<u32>(p, ROW_FLAGS) >> TTL_SHIFT !== usual) noteCourse(r, COURSE_REMARKABLE);
}

function latestTtl(r: u32, from: u32): u32 {
  const rows = load<i32>(r, ROW_COUNT);
  let ttl: u32 = 0;
  for (let at = firstRow(firstChunk(r)); rowIndex() < rows; at = nextRow(at)) {
    if (senderOf(at) === from) ttl = load<u32>(at, ROW_FLAGS) >> TTL_SHIFT;
  }
  return ttl;
}

/** A reset with the very next number, of an end that still has the connection. */
function takeReset(r: u32, p: u32, from: u32): bool {
  const seq = load<u32>(p, ROW_SEQ);
  const ack = load<u32>(p, ROW_ACK);
  if ((load<u32>(r, SEEN) & FIN_BITS) !== 0 || load<u32>(p, ROW_PAYLOAD) !== 0) return false;
  if (!isSettled(r) || ((load<u32>(r, COURSE) & COURSE_TROUBLE) !== 0 && !wasHeard(r, from))) return false;
  if (seq === 0 || seq !== load<u32>(r + (from << 2), NXT)) return false;
  if (<i32>(ack - load<u32>(r + (from << 2), ACKED)) < 0) return false;
  if (<i32>(ack - load<u32>(r + ((1 - from) << 2), NXT)) > 0) return false;
  // One without window and time stamps may come from a host that does not have the connection.
  if (windowOf(p) === 0 && (load<u32>(p, ROW_OPTIONS) & OPTION_TIMESTAMPS) === 0) return false;
  if (from === 1) noteCourse(r, COURSE_CLOSED_BY_1);
  noteTtl(r, p, from);
  store<u32>(r, STAGE_RESET, STAGE);
  return true;
}

/** The answer to a SYN that was sent again. */
function takeLateAnswer(r: u32, p: u32, from: u32, stage: i32): bool {
  if (stage !== STAGE_SYN || (load<u32>(r, COURSE) & COURSE_SYN_AGAIN) === 0 || from === load<u32>(r, CLIENT))
    return false;
  if (isOddRow(p) || load<f64>(p) < load<f64>(r, LAST_NANOS)) return false;
  const answered = answeredCopy(r, p);
  if (answered === -1 || !takeSynAck(r, p, from)) return false;
  if (answered > 0) noteCourse(r, COURSE_LATER_SYN_ANSWERED);
  store<f64>(r, load<f64>(p), LAST_NANOS);
  appendRow(r, p, from);
  return true;
}

function takeSynAck(r: u32, p: u32, from: u32): bool {
  const client = load<u32>(r, CLIENT);
  if (from === client || (load<u32>(p, ROW_FLAGS) & CONTROL_BITS) !== (SYN | ACK)) return false;
  const ack = load<u32>(p, ROW_ACK);
  const window = windowOf(p);
  if (ack !== load<u32>(r + (client << 2), NXT) || load<u32>(p, ROW_PAYLOAD) !== 0 || window === 0) return false;
  const next = load<u32>(p, ROW_SEQ) + 1;
  store<u32>(r + (from << 2), next, NXT);
  store<u32>(r + (from << 2), ack, ACKED);
  store<u32>(r + (client << 2), next, ACKED);
  store<u32>(r + (from << 2), window, WINDOW);
  store<u32>(r, min(mssOf(p), load<u32>(r, MSS)), MSS);
  store<u32>(r, STAGE_ANSWERED, STAGE);
  noteIsn(r, p, from);
  return true;
}

function takeThird(r: u32, p: u32, from: u32): bool {
  if (from !== load<u32>(r, CLIENT)) return false;
  const window = windowOf(p);
  if ((load<u32>(p, ROW_FLAGS) & FORM_BITS) !== ACK || window === 0) return false;
  const seq = load<u32>(p, ROW_SEQ);
  if (seq !== load<u32>(r + (from << 2), NXT)) return false;
  if (load<u32>(p, ROW_ACK) !== load<u32>(r + ((1 - from) << 2), NXT)) return false;
  const payload = load<u32>(p, ROW_PAYLOAD);
  store<u32>(r + (from << 2), seq + payload, NXT);
  store<u32>(r + (from << 2), window, WINDOW);
  store<u32>(r, STAGE_OPEN, STAGE);
  if (payload > load<u32>(r, MSS)) noteCourse(r, COURSE_REMARKABLE);
  noteKind(r, from, payload);
  return true;
}

/**
 * Of a connection whose beginning was not captured, what an end that was not heard before may go on with: some of what it has
 * sent may have been on its way, and need not have been acknowledged by the other, nor need it have had all of the other's.
 */
function meet(r: u32, p: u32, from: u32): void {
  const mine = r + (from << 2);
  const theirs = r + ((1 - from) << 2);
  const ack = load<u32>(p, ROW_ACK);
  if (!isHeard(r, 1 - from)) {
    const ahead = diff(ack, load<u32>(theirs, NXT));
    if (ahead > 0 && ahead < MIDSTREAM_BYTES) store<u32>(theirs, ack, NXT);
  }
  if (isHeard(r, from)) return;
  const seq = load<u32>(p, ROW_SEQ);
  const ahead = diff(seq, load<u32>(mine, NXT));
  const behind = diff(load<u32>(theirs, NXT), ack);
  if (ahead < 0 || ahead > MIDSTREAM_BYTES || behind < 0 || behind > MIDSTREAM_BYTES) return;
  store<u32>(mine, seq, NXT);
  store<u32>(mine, ack, ACKED);
}

function takeOpen(r: u32, p: u32, from: u32): bool {
  const flags = load<u32>(p, ROW_FLAGS) & FORM_BITS;
  if (isMidstream(r)) meet(r, p, from);
  if ((flags & ~FIN) !== ACK) {
    return flags === RST_ACK ? takeReset(r, p, from) : flags === RST && takeResetAfterFin(r, p, from);
  }
  const mine = r + (from << 2);
  const theirs = r + ((1 - from) << 2);
  const window = windowOf(p);
  const seq = load<u32>(p, ROW_SEQ);
  if (window === 0 || seq !== load<u32>(mine, NXT)) return false;
  const ack = load<u32>(p, ROW_ACK);
  const ahead = <i32>(ack - load<u32>(mine, ACKED));
  const behind = <i32>(load<u32>(theirs, NXT) - ack);
  if (ahead < 0 || behind < 0) return false;
  const payload = load<u32>(p, ROW_PAYLOAD);
  const fin = flags & FIN;
  const seen = load<u32>(r, SEEN);
  // What tells the packets of a connection apart is added up, not asked for one by one: a branch that may go either way costs more.
  if ((payload | fin | ahead) === 0 && (window === load<u32>(mine, WINDOW) || (seen & FIN_BITS) !== 0)) return false;
  if ((seen & FIN_BITS) !== 0 && !takeClosing(r, from, seen, payload, fin, ahead, behind)) return false;
  if (payload > load<u32>(r, MSS)) noteCourse(r, COURSE_REMARKABLE);
  store<u32>(mine, seq + payload + fin, NXT);
  store<u32>(mine, ack, ACKED);
  store<u32>(mine, window, WINDOW);
  store<u32>(r, seen | (fin << from), SEEN);
  noteKind(r, from, payload);
  if ((load<u32>(r, SEEN) & FIN_BITS) === FIN_BITS && isAllCovered(r)) store<u32>(r, STAGE_DONE, STAGE);
  return true;
}

/** What matters besides once an end has sent its FIN; false if the row is to be judged. */
function takeClosing(r: u32, from: u32, seen: u32, payload: u32, fin: u32, ahead: i32, behind: i32): bool {
  const isClosed = ((seen >> from) & 1) !== 0;
  const hasPeerFin = ((seen >> (1 - from)) & 1) !== 0;
  if ((payload | fin) !== 0 && isClosed) return false;
  if (hasPeerFin && behind !== 0) {
    if (payload > 0) return false;
    if (fin !== 0) noteCourse(r, COURSE_CROSSING);
  } else if (hasPeerFin && payload > 0) noteCourse(r, COURSE_HALF_CLOSE);
  if (ahead > 0 && isClosed && (load<u32>(r, COURSE) & COURSE_HALF_CLOSE) !== 0) {
    noteCourse(r, COURSE_HALF_CLOSE_TAKEN);
  }
  return true;
}

/** Whether each end has acknowledged all that the other has sent. */
function isAllCovered(r: u32): bool {
  return load<u32>(r, ACKED) === load<u32>(r, NXT + 4) && load<u32>(r, ACKED + 4) === load<u32>(r, NXT);
}
