/** The connection before on the same tuple, in an entry of its own: what src/flow/reuse.ts explains. */
import {
  ENTRY_BYTES,
  ENTRY_ID,
  ENTRY_NUMBER,
  ENTRY_QUEUED,
  ENTRY_RECORD,
  FORMER_ID,
  FORMER_IS_FINAL,
  FORMER_NEXT_ID,
  FORMER_SHIFT,
  FORMER_TIME_WAIT,
  NEXT_ID,
  QUEUED_BITS,
  TIME_WAIT,
  TIME_WAIT_AT_CLIENT,
  TIME_WAIT_AT_SERVER,
  TIME_WAIT_NEITHER,
} from '../src/core/layout';
import {
  COURSE,
  COURSE_CLOSED_BY_1,
  COURSE_CROSSING,
  COURSE_REUSED,
  LAST_CHUNK,
  LAST_NANOS,
  MARK_NANOS,
  STAGE,
  STAGE_RESET,
} from '../src/core/record';
import { copy } from './memory';
import { firstChunk } from './record';
import { addressOf, takeEntry } from './table';

/** It may have ended just when the next connection began. */
export const TIME_WAIT_IN_DOUBT: i32 = -1;

/** Address of the entry with the former connection of the tuple of an entry; 0 if there is none. */
export function formerOf(entry: u32): u32 {
  const number = load<u32>(entry, ENTRY_QUEUED) >> FORMER_SHIFT;
  return number === 0 ? 0 : addressOf(number - 1);
}

/** Whether the connection of a record is the first that its tuple has left, or the one before is final. */
export function isBehindFinal(r: u32): bool {
  if ((load<u32>(r, COURSE) & COURSE_REUSED) === 0) return true;
  return load<u8>(formerOf(r - ENTRY_RECORD), FORMER_IS_FINAL) !== 0;
}

/** At which end the connection of a record, which is closed, has left TIME_WAIT for one that `client` begins. */
export function timeWaitOf(r: u32, client: u32, time: f64): i32 {
  const limit = load<f64>(TIME_WAIT);
  if (load<i32>(r, STAGE) === STAGE_RESET || time - load<f64>(r, LAST_NANOS) >= limit) return TIME_WAIT_NEITHER;
  // It began anew with each FIN, between the first one and the last segment.
  if (time - load<f64>(r, MARK_NANOS) >= limit) return TIME_WAIT_IN_DOUBT;
  const course = load<u32>(r, COURSE);
  const isAtClient = (course & COURSE_CLOSED_BY_1) === client || (course & COURSE_CROSSING) !== 0;
  return isAtClient ? TIME_WAIT_AT_CLIENT : TIME_WAIT_AT_SERVER;
}

/** Lets the connection of an entry be its former one; the record is to be begun anew. */
export function retire(entry: u32, timeWait: i32): void {
  const before = formerOf(entry);
  const former = takeEntry();
  const number = load<u32>(former, ENTRY_NUMBER);
  copy(former, entry, ENTRY_BYTES);
  store<u32>(former, number, ENTRY_NUMBER);
  store<u32>(former, 0, ENTRY_ID);
  store<u32>(former, before === 0 ? load<u32>(entry, ENTRY_ID) : load<u32>(before, FORMER_NEXT_ID), FORMER_ID);
  store<u32>(former, load<u32>(NEXT_ID), FORMER_NEXT_ID);
  store<u32>(NEXT_ID, load<u32>(NEXT_ID) + 1);
  store<i32>(former, timeWait, FORMER_TIME_WAIT);
  store<u8>(former, 0, FORMER_IS_FINAL);
  const first = firstChunk(entry + ENTRY_RECORD);
  if (load<u32>(entry + ENTRY_RECORD, LAST_CHUNK) === first) {
    store<u32>(former + ENTRY_RECORD, firstChunk(former + ENTRY_RECORD), LAST_CHUNK);
  }
  setFormer(entry, (number + 1) << FORMER_SHIFT);
}

/** There is none any more. */
export function forgetFormer(entry: u32): void {
  setFormer(entry, 0);
}

function setFormer(entry: u32, bits: u32): void {
  store<u32>(entry, (load<u32>(entry, ENTRY_QUEUED) & QUEUED_BITS) | bits, ENTRY_QUEUED);
}
