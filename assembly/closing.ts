/**
 * What went by the book and is of a kind that TypeScript has seen is counted here once it has waited long enough, and forgotten;
 * TypeScript sees to the rest.
 */
import {
  ALIKE,
  ALIKE_BYTES,
  ALIKE_CLIENT,
  ALIKE_CLOSE_WAIT_NANOS,
  ALIKE_COUNT,
  ALIKE_FIN_FRAME,
  ALIKE_FIRST_FRAME,
  ALIKE_FIRST_NANOS,
  ALIKE_LAST_FRAME,
  ALIKE_LAST_NANOS,
  ALIKE_SERVER,
  ALIKE_SERVICE,
  ALIKE_SYN_OPTIONS,
  ALIKE_TAG,
  ALIKE_TOLD,
  ENTRY_HASH,
  ENTRY_HIGH,
  ENTRY_LOW,
  ENTRY_NUMBER,
  ENTRY_PORTS,
  ENTRY_QUEUED,
  ENTRY_RECORD,
  ENTRY_ROWS,
  FIRST_TOLD,
  FORMER_IS_FINAL,
  KIND,
  KIND_BYTES,
  KIND_COUNT,
  KIND_SLOTS,
  KIND_TAG,
  KINDS,
  LEFT_OUT,
  LINGER,
  MAX_ALIKE,
  MODE,
  MODE_COUNT,
  MODE_FINISH,
  NO_ENTRY,
  NOW,
  QUEUE_TOUCHED,
  ROWS,
  TOLD_ANSWERED,
  TOLD_COMPLETED,
  TOLD_HALF_CLOSED,
  TOLD_MIDSTREAM,
  TOUCH_ROWS,
  VERSION_BITS,
} from '../src/core/layout';
import {
  CLIENT,
  COURSE,
  COURSE_CONDENSED,
  COURSE_MOVED,
  FIN_BITS,
  LAST_CHUNK,
  LAST_NANOS,
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
  STAGE_SYN,
  SYNS,
} from '../src/core/record';
import { FIN, ROW_FRAME } from '../src/core/row';
import { forgetFormer, formerOf } from './former';
import { kindAt } from './kinds';
import { closeLog, closeMoved, firstRow, headOfMoved, lastOf, nextRow, rowBefore, rowIndex } from './log';
import { haveRead } from './memory';
import { countOrdinary, hostOf, serviceOf, touchClient4 } from './names';
import { isOverfull, queueAddress, queueOf, takeFirst, waitingIn } from './queue';
import { firstChunk, flagsOf, isMidstream } from './record';
import { GRACEFUL, halfClosedNanos, isGraceful, NO_SHAPE, shapeOf } from './shape';
import { addressOf, giveEntryBack, lineOf, remove } from './table';

/** Entries of a queue that are touched at a time. */
const TOUCHED_IN_QUEUE: u32 = 8;

/**
 * Closes what has been over for long in a bucket, the oldest first, as long as there are too many; returns one that
 * TypeScript has to look at, and that waits no more, or `NO_ENTRY`.
 */
export function evict(bucket: u32): i32 {
  const q = queueOf(bucket);
  const horizon = load<f64>(NOW) - load<f64>(LINGER);
  while (isOverfull(q)) {
    const entry = takeFirst(q, horizon);
    if (entry === 0) break;
    touchNext(q, entry);
    const r = entry + ENTRY_RECORD;
    const isOurs = load<i32>(r, STAGE) !== STAGE_NEW;
    if (isOurs && load<f64>(r, LAST_NANOS) > horizon) queueAddress(entry);
    else if (isOurs && isLeft(r)) store<u8>(entry, 0, ENTRY_QUEUED);
    else if (!isOurs || !closeAddress(entry, false)) return load<i32>(entry, ENTRY_NUMBER);
  }
  return NO_ENTRY;
}

/** Whether it is known that something is left of the connection of a record. */
function isLeft(r: u32): bool {
  const stage = load<i32>(r, STAGE);
  if (stage !== STAGE_ODD) return stage < STAGE_DONE;
  const end = shapeOf(r);
  return end !== NO_SHAPE && end !== GRACEFUL;
}

/**
 * Reads what closing an entry will need, and those that are next, once in so many times: it is far away, and fetched for all of
 * them together.
 */
function touchNext(q: u32, entry: u32): void {
  const left = load<u32>(q, QUEUE_TOUCHED);
  store<u32>(q, (left === 0 ? TOUCHED_IN_QUEUE : left) - 1, QUEUE_TOUCHED);
  if (left !== 0) return;
  let sum = touchEntry(entry);
  for (let i: u32 = 0; i < TOUCHED_IN_QUEUE - 1; i++) sum += touchEntry(waitingIn(q, i));
  sum += touchBehind(entry);
  for (let i: u32 = 0; i < TOUCHED_IN_QUEUE - 1; i++) sum += touchBehind(waitingIn(q, i));
  haveRead(sum);
}

/** Reads what there is of an entry. */
function touchEntry(entry: u32): u32 {
  const r = entry + ENTRY_RECORD;
  return load<u32>(entry) + load<u32>(entry, ENTRY_ROWS) + load<u32>(r) + load<u32>(r, STAGE);
}

/** Reads what an entry tells of: its place in the table, and where its rows went. */
function touchBehind(entry: u32): u32 {
  const r = entry + ENTRY_RECORD;
  const moved = (load<u32>(r, COURSE) & COURSE_MOVED) !== 0 ? headOfMoved(firstChunk(r)) : entry;
  return load<u32>(lineOf(load<u32>(entry, ENTRY_HASH))) + load<u32>(moved) + touchClient(entry);
}

/** Reads what counting the connection of an entry by its client most likely needs. */
function touchClient(entry: u32): u32 {
  if ((load<u32>(entry) & VERSION_BITS) !== 4) return 0;
  return touchClient4(entry + (load<u32>(entry + ENTRY_RECORD, CLIENT) !== 0 ? ENTRY_HIGH : ENTRY_LOW));
}

/** At the end: counts the connection of an entry with others of its kind, and forgets it; false if it is not of a known one. */
export function closeAlike(entry: u32): bool {
  return closeAddress(addressOf(entry), true);
}

/** As `closeAlike`, of the entries whose numbers are in ROWS at `[from, end)`; returns the place of the first for which it is false. */
export function closeAllAlike(from: u32, end: u32): u32 {
  for (let place = from; place < end; place++) {
    if (place % TOUCH_ROWS === 0) touchEntries(place, min<u32>(place + TOUCH_ROWS, end));
    if (!closeAddress(addressOf(load<u32>(ROWS + (place << 2))), true)) return place;
  }
  return end;
}

/** Reads what closing entries will need, so that it is in the cache when their turn comes. */
function touchEntries(from: u32, end: u32): void {
  let sum: u32 = 0;
  for (let place = from; place < end; place++) sum += touchEntry(addressOf(load<u32>(ROWS + (place << 2))));
  for (let place = from; place < end; place++) sum += touchClient(addressOf(load<u32>(ROWS + (place << 2))));
  haveRead(sum);
}

function closeAddress(entry: u32, isLast: bool): bool {
  if (!countAlike(entry, isLast, load<f64>(NOW))) return false;
  releaseAddress(entry);
  remove(load<u32>(entry, ENTRY_NUMBER));
  return true;
}

/** The former connection of an entry is final: counts it with others of its kind; false if it is not of a known one. */
export function countFormer(entry: u32): bool {
  return countFormerAt(addressOf(entry));
}

/** As `countFormer`, by address. */
export function countFormerAt(entry: u32): bool {
  const former = formerOf(entry);
  if (!countAlike(former, false, load<f64>(entry, ENTRY_ROWS))) return false;
  settleFormer(former);
  return true;
}

/** All is known of the former connection of an entry; the one before that is needed no more. */
export function finishFormer(entry: u32): void {
  settleFormer(formerOf(addressOf(entry)));
}

function settleFormer(former: u32): void {
  releaseFormer(former);
  store<u8>(former, 1, FORMER_IS_FINAL);
}

/** Counts the connection of an entry that was watched until `now`; false if it is not of a known kind. */
function countAlike(entry: u32, isLast: bool, now: f64): bool {
  if ((load<u32>(MODE) & MODE_COUNT) === 0) return false;
  const r = entry + ENTRY_RECORD;
  if (!isForCore(r, isLast)) return false;
  const number = kindAt(r, now);
  if (number < 0 || (load<i32>(r, STAGE) === STAGE_ODD && !isLast && !isGraceful())) return false;
  const kind = <u64>number;
  const slot = slotOf(kind);
  if (load<u64>(slot, KIND) !== kind || !count(entry, load<u32>(slot, KIND_TAG), now)) return false;
  store<u32>(slot, load<u32>(slot, KIND_COUNT) + 1, KIND_COUNT);
  return true;
}

/** Counts the connection of an entry by its hosts, or notes what there is to tell of it, if it is not left out; false if there is no room for that. */
function count(entry: u32, tag: u32, now: f64): bool {
  if (tag === LEFT_OUT) return true;
  const noted = load<u32>(ALIKE_COUNT);
  const isTold = tag >= <u32>FIRST_TOLD;
  if (isTold && noted === MAX_ALIKE) return false;
  const r = entry + ENTRY_RECORD;
  const isClientHigh = load<u32>(r, CLIENT) !== 0;
  const isIpv4 = (load<u32>(entry) & VERSION_BITS) === 4;
  const ports = load<u32>(entry, ENTRY_PORTS);
  const client = hostOf(entry + (isClientHigh ? ENTRY_HIGH : ENTRY_LOW), isIpv4);
  const server = hostOf(entry + (isClientHigh ? ENTRY_LOW : ENTRY_HIGH), isIpv4);
  const service = serviceOf(server, isClientHigh ? ports >> 16 : ports & 0xffff);
  if (!isTold) {
    countOrdinary(client, server, service, tag, load<f64>(entry, ENTRY_ROWS), load<f64>(r, LAST_NANOS));
    return true;
  }
  const at = ALIKE + noted * ALIKE_BYTES;
  store<u32>(at, tag, ALIKE_TAG);
  store<i32>(at, client, ALIKE_CLIENT);
  store<i32>(at, server, ALIKE_SERVER);
  store<i32>(at, service, ALIKE_SERVICE);
  tell(at, r, now);
  store<u32>(ALIKE_COUNT, noted + 1);
  return true;
}

/** Whether the core knows all of the connection of a record in use, and that no more can come: before the end, only of one that is closed. */
function isForCore(r: u32, isLast: bool): bool {
  // TypeScript has the middle.
  if ((load<u32>(r, COURSE) & COURSE_CONDENSED) !== 0) return false;
  const stage = load<i32>(r, STAGE);
  return isLast ? stage !== STAGE_NEW : stage >= STAGE_DONE;
}

/** Notes what joined detectors ask of a connection, watched until `now`, of which there is more to tell than that it opened. */
function tell(at: u32, r: u32, now: f64): void {
  const stage = load<i32>(r, STAGE);
  store<f64>(at, load<f64>(firstRow(firstChunk(r))), ALIKE_FIRST_NANOS);
  store<f64>(at, load<f64>(r, LAST_NANOS), ALIKE_LAST_NANOS);
  const opened = toldOfOpening(r, stage);
  const isLeft = stage === STAGE_OPEN && (load<u32>(r, SEEN) & FIN_BITS) !== 0;
  const since = isLeft ? load<f64>(r, LAST_NANOS) : stage === STAGE_ODD ? halfClosedNanos(r) : Infinity;
  const left = since === Infinity ? 0 : TOLD_HALF_CLOSED;
  store<u32>(at, opened | left, ALIKE_TOLD);
  store<f64>(at, since === Infinity ? 0 : now - since, ALIKE_CLOSE_WAIT_NANOS);
  store<u32>(at, load<u32>(firstRow(firstChunk(r)), ROW_FRAME), ALIKE_FIRST_FRAME);
  store<u32>(at, lastFrameOf(r), ALIKE_LAST_FRAME);
  store<u32>(at, (opened & (TOLD_COMPLETED | TOLD_MIDSTREAM)) !== 0 ? finFrameOf(r) : 0, ALIKE_FIN_FRAME);
  store<u32>(at, load<u32>(r, SYNS) >> 24, ALIKE_SYN_OPTIONS);
}

function toldOfOpening(r: u32, stage: i32): u32 {
  if (isMidstream(r)) return TOLD_MIDSTREAM;
  if (stage === STAGE_ONE_WAY) return TOLD_COMPLETED;
  if (stage === STAGE_SYN || stage === STAGE_REFUSED) return 0;
  const isCompleted = stage !== STAGE_ANSWERED && stage !== STAGE_ABANDONED;
  return isCompleted ? TOLD_ANSWERED | TOLD_COMPLETED : TOLD_ANSWERED;
}

function lastFrameOf(r: u32): u32 {
  const rows = load<i32>(r, ROW_COUNT);
  if (isClosing(r)) return load<u32>(lastOf(load<u32>(r, LAST_CHUNK), rows), ROW_FRAME);
  let last: u32 = 0;
  for (let at = firstRow(firstChunk(r)); rowIndex() < rows; at = nextRow(at)) last = load<u32>(at, ROW_FRAME);
  return last;
}

/** Number of the frame with the first FIN; 0 if there is none. */
function finFrameOf(r: u32): u32 {
  if ((load<u32>(r, SEEN) & FIN_BITS) === 0) return 0;
  const rows = load<i32>(r, ROW_COUNT);
  if (isClosing(r)) {
    let fins = popcnt(load<u32>(r, SEEN) & FIN_BITS);
    let index = rows - 1;
    for (let at = lastOf(load<u32>(r, LAST_CHUNK), rows); at !== 0; at = rowBefore(at, index--)) {
      if ((flagsOf(at) & FIN) !== 0 && --fins === 0) return load<u32>(at, ROW_FRAME);
    }
  }
  let at = firstRow(firstChunk(r));
  for (; rowIndex() < rows; at = nextRow(at)) if ((flagsOf(at) & FIN) !== 0) return load<u32>(at, ROW_FRAME);
  return 0;
}

/** Whether a FIN was sent by the book: once by each end that has, and there are no rows with SACK ranges behind it. */
function isClosing(r: u32): bool {
  return (load<u32>(r, SEEN) & FIN_BITS) !== 0 && load<i32>(r, STAGE) !== STAGE_ODD;
}

/** Notes what there is to tell of the connection of an entry, whatever its kind; returns where. */
export function describe(entry: u32, now: f64): u32 {
  const at: u32 = ALIKE + MAX_ALIKE * ALIKE_BYTES;
  tell(at, addressOf(entry) + ENTRY_RECORD, now);
  return at;
}

/** From now on connections of a kind are counted; false if there is no room for another. */
export function learnKind(number: f64, tag: u32): bool {
  const kind = <u64>number;
  const slot = slotOf(kind);
  if (load<u64>(slot, KIND) === kind) return true;
  if (kinds === KIND_SLOTS / 2) return false;
  kinds++;
  store<u64>(slot, kind, KIND);
  store<u32>(slot, tag, KIND_TAG);
  return true;
}

let kinds: i32 = 0;

/** The slot that has a kind, or where it would be. */
function slotOf(kind: u64): u32 {
  const hash = (<u32>kind ^ (<u32>(kind >> 32) * 0x85ebca6b)) * 0x9e3779b1;
  let slot = (hash ^ (hash >> 15)) & (KIND_SLOTS - 1);
  let at = KINDS + slot * KIND_BYTES;
  while (load<u64>(at, KIND) !== kind && load<u64>(at, KIND) !== 0) {
    slot = (slot + 1) & (KIND_SLOTS - 1);
    at = KINDS + slot * KIND_BYTES;
  }
  return at;
}

/** Gives the record of an entry and its rows back, and what there is of a former connection. */
export function release(entry: u32): void {
  releaseAddress(addressOf(entry));
}

function releaseAddress(entry: u32): void {
  releaseRecord(entry + ENTRY_RECORD);
  releaseFormer(entry);
}

/** Gives back what there is of former connections of an entry. */
function releaseFormer(entry: u32): void {
  const former = formerOf(entry);
  if (former === 0) return;
  forgetFormer(entry);
  releaseFormer(former);
  releaseRecord(former + ENTRY_RECORD);
  giveEntryBack(former);
}

function releaseRecord(r: u32): void {
  store<u32>(r, STAGE_NEW, STAGE);
  // Nobody needs the memory any more.
  if ((load<u32>(MODE) & MODE_FINISH) !== 0) return;
  if ((load<u32>(r, COURSE) & COURSE_MOVED) !== 0) closeMoved(firstChunk(r));
  else closeLog(firstChunk(r), load<u32>(r, LAST_CHUNK));
}
