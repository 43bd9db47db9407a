/**
 * What connections have in common that went by the book as far as they were seen: those of one kind differ in numbers only, so
 * they come to the same. Nothing is judged here; what may be anything, or is remarkable, has no kind.
 */
import { ENTRY_RECORD, FORMER_TIME_WAIT, HANDSHAKE_LIMIT } from '../src/core/layout';
import {
  ACKED,
  COURSE,
  COURSE_HALF_CLOSE,
  COURSE_REMARKABLE,
  COURSE_REUSED,
  COURSE_SYN_ACK_AGAIN,
  COURSE_SYN_AGAIN,
  FIN_BITS,
  LAST_CHUNK,
  LAST_NANOS,
  NXT,
  ROW_COUNT,
  SEEN,
  STAGE,
  STAGE_ANSWERED,
  STAGE_HOLE_0,
  STAGE_ODD,
  STAGE_OPEN,
  STAGE_SYN,
} from '../src/core/record';
import { ROW_PAYLOAD, SYN } from '../src/core/row';
import { DEFAULT_RTT_NANOS, MINIMUM_RTO_NANOS, SILENCE_NANOS } from '../src/core/timing';
import { formerOf, isBehindFinal } from './former';
import { firstRow, lastOf, nextRow, rowIndex, senderOf } from './log';
import { baseOf, firstChunk, flagsOf, isHeard, isMidstream } from './record';
import { closeWaitOf, shapeKindAt } from './shape';
import { addressOf } from './table';

/** Above what all kinds tell. */
const DETAIL_SHIFT: u32 = 23;
const NO_KIND: i32 = -1;
/** Above all that a shape tells; three times it is just below 2^53. */
const REUSED_UNIT: f64 = 2251799813685248;
/** Silence after which it is certain that nothing is merely late. */
const LONG_SILENCE_NANOS: f64 = 6e10;
const SECOND_NANOS: f64 = 1e9;
/** Copies of a SYN-ACK from which on silence means that its sender has given up. */
const COPIES_OF_GIVING_UP: i32 = 3;

/** The kind of the connection of an entry that was watched until `now`; -1 if it has none. */
export function kindOf(entry: u32, now: f64): f64 {
  return kindAt(addressOf(entry) + ENTRY_RECORD, now);
}

/** As `kindOf`, of a record. */
export function kindAt(r: u32, now: f64): f64 {
  const kind = kindOfOne(r, now);
  return kind < 0 || (load<u32>(r, COURSE) & COURSE_REUSED) === 0 ? kind : kindBehind(r, kind);
}

/** The kind of a connection behind another one on its tuple, which has to be final. */
function kindBehind(r: u32, kind: f64): f64 {
  if (!isBehindFinal(r)) return NO_KIND;
  return kind + <f64>(1 + load<i32>(formerOf(r - ENTRY_RECORD), FORMER_TIME_WAIT)) * REUSED_UNIT;
}

/** The kind of a connection as if its tuple had not been used before. */
function kindOfOne(r: u32, now: f64): f64 {
  const stage = load<i32>(r, STAGE);
  if (stage === STAGE_ODD) return shapeKindAt(r, now);
  if ((load<u32>(r, COURSE) & COURSE_REMARKABLE) !== 0 || isHalfHeard(r)) return NO_KIND;
  const detail = detailOf(r, stage, now - load<f64>(r, LAST_NANOS));
  return detail === NO_KIND ? NO_KIND : <f64>(((<u32>detail) << DETAIL_SHIFT) | baseOf(r));
}

/** Whether only one end was heard of a connection whose beginning was not captured. */
function isHalfHeard(r: u32): bool {
  return isMidstream(r) && !(isHeard(r, 0) && isHeard(r, 1));
}

/** What tells connections of one stage apart besides. */
function detailOf(r: u32, stage: i32, silence: f64): i32 {
  if (stage === STAGE_SYN) {
    return (load<u32>(r, COURSE) & COURSE_SYN_AGAIN) !== 0 || silence >= SILENCE_NANOS ? 0 : NO_KIND;
  }
  if (stage === STAGE_ANSWERED) return detailOfAnswered(r, silence);
  if (stage === STAGE_OPEN && (load<u32>(r, SEEN) & FIN_BITS) !== 0) return detailOfHalfClosed(r, silence);
  return stage >= STAGE_HOLE_0 && stage <= STAGE_HOLE_0 + 1 ? NO_KIND : 0;
}

/** The SYN-ACK was never answered: how often it was sent, up to three times, and whether its sender had given up. */
function detailOfAnswered(r: u32, silence: f64): i32 {
  const rows = load<i32>(r, ROW_COUNT);
  if ((load<u32>(r, COURSE) & COURSE_SYN_AGAIN) !== 0 || silence < SILENCE_NANOS) return NO_KIND;
  let asked: f64 = 0;
  let interval: f64 = 0;
  let last: f64 = 0;
  for (let at = firstRow(firstChunk(r)); rowIndex() < rows; at = nextRow(at)) {
    interval = load<f64>(at) - last;
    last = load<f64>(at);
    if (rowIndex() === 0) asked = last;
    else if (rowIndex() === 1 && last - asked >= load<f64>(HANDSHAKE_LIMIT)) return NO_KIND;
  }
  const copies = rows - 1;
  if (copies < COPIES_OF_GIVING_UP) return copies;
  return silence >= 2 * interval ? COPIES_OF_GIVING_UP + 1 : COPIES_OF_GIVING_UP;
}

/** One end has closed, the other has acknowledged that and is silent: for how long. */
function detailOfHalfClosed(r: u32, silence: f64): i32 {
  const fins = load<u32>(r, SEEN) & FIN_BITS;
  const closer: u32 = fins >> 1;
  const peer = 1 - closer;
  if (fins === FIN_BITS || load<u32>(r + (peer << 2), ACKED) !== load<u32>(r + (closer << 2), NXT)) return NO_KIND;
  if ((load<u32>(r, COURSE) & COURSE_HALF_CLOSE) !== 0) return NO_KIND;
  // Behind a FIN there are no rows with SACK ranges.
  const last = lastOf(load<u32>(r, LAST_CHUNK), load<u32>(r, ROW_COUNT));
  if (senderOf(last) !== peer || load<u32>(last, ROW_PAYLOAD) > 0) return NO_KIND;
  return silence < repeatNanosOf(r) ? NO_KIND : closeWaitOf(silence);
}

/** Time in which a repeat would have shown, of an open connection: at least as long as the machine asks. */
function repeatNanosOf(r: u32): f64 {
  if (isMidstream(r)) return LONG_SILENCE_NANOS;
  const syn = firstRow(firstChunk(r));
  let third = syn;
  while ((flagsOf(third) & SYN) !== 0) third = nextRow(third);
  let roundTrip = load<f64>(third) - load<f64>(syn);
  // Each leg is from one of the copies to its answer, and they may overlap.
  if ((load<u32>(r, COURSE) & (COURSE_SYN_AGAIN | COURSE_SYN_ACK_AGAIN)) !== 0) roundTrip *= 2;
  return max(3 * (max(roundTrip, <f64>DEFAULT_RTT_NANOS) + <f64>MINIMUM_RTO_NANOS), SECOND_NANOS);
}
