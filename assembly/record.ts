/** What the parts of the plain lane do with a record. */
import { CHUNK_NEXT } from '../src/core/layout';
import {
  CLIENT,
  COURSE,
  COURSE_CLOSED_BY_1,
  COURSE_KEEP_ALIVE_0,
  COURSE_KEEP_ALIVE_1,
  COURSE_MIDSTREAM,
  DATA_BITS,
  DEFAULT_MSS,
  FIN_BITS,
  HEAD_ROWS,
  ISN,
  KIND_BITS,
  LAST_CHUNK,
  NEW_KIND_ROW,
  NEXT_CHUNK,
  ROW_COUNT,
  SEEN,
  STAGE,
  STAGE_RESET,
  SYNS,
} from '../src/core/record';
import {
  FIN,
  FLAG_BITS,
  OPTION_CUT,
  OPTION_MSS,
  OPTION_TIMESTAMPS,
  ORIGIN_SHIFT,
  ROW_CHECKSUM,
  ROW_FLAGS,
  ROW_OPTIONS,
  ROW_SEQ,
  ROW_WINDOW,
  RST,
  SACK_BITS,
  SYN,
  TTL_SHIFT,
} from '../src/core/row';
import { append, appendSack } from './log';

/** Of those who have sent FIN, and of those who have sent data, end 0. */
const BITS_OF_0: u32 = 5;
const KEEP_ALIVES: u32 = COURSE_KEEP_ALIVE_0 | COURSE_KEEP_ALIVE_1;
/** Of a row that was cut, or is not as it came from the wire. */
export const ODD_OPTIONS: u32 = OPTION_CUT | (0xff << ORIGIN_SHIFT);

/** The first chunk of the rows of a record, of which only the end is there, before the record. */
export function firstChunk(r: u32): u32 {
  return r + NEXT_CHUNK - CHUNK_NEXT;
}

export function appendRow(r: u32, p: u32, from: u32): void {
  const rows = load<i32>(r, ROW_COUNT);
  store<u32>(r, append(load<u32>(r, LAST_CHUNK), rows, p, from), LAST_CHUNK);
  store<u32>(r, rows + 1, ROW_COUNT);
  if ((load<u32>(p, ROW_FLAGS) & SACK_BITS) === 0) return;
  store<u32>(r, appendSack(load<u32>(r, LAST_CHUNK), rows + 1, p), LAST_CHUNK);
  store<u32>(r, rows + 2, ROW_COUNT);
}

export function noteIsn(r: u32, p: u32, from: u32): void {
  const flags = load<u32>(p, ROW_FLAGS);
  const known = load<u32>(r, SYNS);
  if ((flags & (SYN | FIN | RST)) !== SYN || ((known >> from) & 1) !== 0) return;
  store<u32>(r, known | (1 << from) | ((flags >> TTL_SHIFT) << (8 << from)), SYNS);
  store<u32>(r + (from << 2), load<u32>(p, ROW_SEQ), ISN);
}

export function noteCourse(r: u32, bit: u32): void {
  store<u32>(r, load<u32>(r, COURSE) | bit, COURSE);
}

/** Notes what an end has sent while the connection was open. */
export function noteKind(r: u32, from: u32, payload: u32): void {
  const bit: u32 = (payload > 0 ? 4 : 16) << from;
  const seen = load<u32>(r, SEEN);
  if ((seen & bit) !== 0) return;
  store<u32>(r, seen | bit, SEEN);
  const rows = load<i32>(r, ROW_COUNT);
  // It lies in another cache line than the rest.
  if (rows >= HEAD_ROWS && load<u32>(r, NEW_KIND_ROW) === 0) store<u32>(r, rows, NEW_KIND_ROW);
}

/** Whether the connection was open before the first segment that was captured. */
export function isMidstream(r: u32): bool {
  return (load<u32>(r, COURSE) & COURSE_MIDSTREAM) !== 0;
}

/** Whether an end has sent data or an acknowledgment since the connection was open. */
export function isHeard(r: u32, from: u32): bool {
  return (load<u32>(r, SEEN) & (20 << from)) !== 0;
}

export function windowOf(p: u32): u32 {
  return load<u32>(p, ROW_WINDOW) & 0xffff;
}

export function mssOf(p: u32): u32 {
  return (load<u32>(p, ROW_OPTIONS) & OPTION_MSS) !== 0 ? load<u32>(p, ROW_CHECKSUM) >> 16 : DEFAULT_MSS;
}

/** Whether a row has SACK ranges, was cut, or is not as it came from the wire. */
export function isOddRow(p: u32): bool {
  return (load<u32>(p, ROW_OPTIONS) & ODD_OPTIONS) !== 0 || (load<u32>(p, ROW_FLAGS) & SACK_BITS) !== 0;
}

/** What all kinds tell of a record: 23 bits, never 0. It does not matter which end is the client, that one always comes first. */
export function baseOf(r: u32): u32 {
  const stage = load<u32>(r, STAGE);
  let course = load<u32>(r, COURSE) & KIND_BITS;
  let seen = load<u32>(r, SEEN) & (FIN_BITS | DATA_BITS);
  if (load<u32>(r, CLIENT) !== 0) {
    if ((seen & FIN_BITS) !== 0 || stage === STAGE_RESET) course ^= COURSE_CLOSED_BY_1;
    // Only one end sends them.
    if ((course & KEEP_ALIVES) !== 0) course ^= KEEP_ALIVES;
    seen = ((seen & BITS_OF_0) << 1) | ((seen >> 1) & BITS_OF_0);
  }
  return (stage << 19) | (seen << 13) | (course << 1);
}

/** How far one sequence number is behind another. */
export function diff(a: u32, b: u32): i32 {
  return <i32>(a - b);
}

export function flagsOf(at: u32): u32 {
  return load<u32>(at, ROW_FLAGS) & FLAG_BITS;
}

export function hasTimestamps(at: u32): bool {
  return (load<u32>(at, ROW_OPTIONS) & OPTION_TIMESTAMPS) !== 0;
}
