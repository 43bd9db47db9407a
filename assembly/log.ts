/** Segments of many connections, each a list of chunks of packed rows. src/flow/segment-log.ts reads them. */
import { CHUNK_BYTES, CHUNK_FIRST_ROW, CHUNK_ROWS, FREE_CHUNK, SEGMENT_BYTES } from '../src/core/layout';
import { ROW_FLAGS, ROW_SACK, SACK_BITS, SACK_SHIFT } from '../src/core/row';
import { allocate } from './memory';

const FROM_SHIFT: u32 = 16;
/** Chunks are carved out of so much memory at a time. */
const REGION_BYTES: u32 = 1 << 17;

let next: u32 = 0;
let end: u32 = 0;

/** Memory that was used for something else becomes free chunks. */
export function addChunks(at: u32, bytes: u32): void {
  for (let chunk = at; chunk + CHUNK_BYTES <= at + bytes; chunk += CHUNK_BYTES) releaseChunk(chunk);
}

/** An empty chunk, the first of a new list: its address. */
export function takeChunk(): u32 {
  let chunk = load<u32>(FREE_CHUNK);
  if (chunk !== 0) store<u32>(FREE_CHUNK, load<u32>(chunk));
  else {
    if (next + CHUNK_BYTES > end) {
      next = allocate(REGION_BYTES);
      end = next + REGION_BYTES;
    }
    chunk = next;
    next += CHUNK_BYTES;
  }
  store<u32>(chunk, 0);
  return chunk;
}

export function releaseChunk(chunk: u32): void {
  store<u32>(chunk, load<u32>(FREE_CHUNK));
  store<u32>(FREE_CHUNK, chunk);
}

/** The chunk for row `count` of a list whose last chunk is `last`. */
function chunkFor(last: u32, count: u32): u32 {
  if (count % CHUNK_ROWS !== 0 || count === 0) return last;
  const chunk = takeChunk();
  store<u32>(last, chunk);
  return chunk;
}

/** Appends the row at `p` to a list of `count` rows whose last chunk is `last`; returns the last chunk after. */
export function append(last: u32, count: u32, p: u32, from: u32): u32 {
  const chunk = chunkFor(last, count);
  const at = chunk + CHUNK_FIRST_ROW + (count % CHUNK_ROWS) * SEGMENT_BYTES;
  memory.copy(at, p, SEGMENT_BYTES);
  store<u32>(at, load<u32>(at, ROW_FLAGS) | (from << FROM_SHIFT), ROW_FLAGS);
  return chunk;
}

/** Appends the edges of the SACK ranges of the row at `p`, which was appended just before. */
export function appendSack(last: u32, count: u32, p: u32): u32 {
  const chunk = chunkFor(last, count);
  const at = chunk + CHUNK_FIRST_ROW + (count % CHUNK_ROWS) * SEGMENT_BYTES;
  memory.copy(at, p + ROW_SACK, ((load<u32>(p, ROW_FLAGS) & SACK_BITS) >> SACK_SHIFT) << 3);
  return chunk;
}

/** Address of the last of `count` rows, none with SACK ranges, of a list whose last chunk is `last`. */
export function lastOf(last: u32, count: u32): u32 {
  return last + CHUNK_FIRST_ROW + ((count - 1) % CHUNK_ROWS) * SEGMENT_BYTES;
}

let cursor: u32 = 0;
let cursorRow: i32 = 0;

/** Address of the first row of the list that begins with a chunk; `nextRow` goes on from there. */
export function firstRow(first: u32): u32 {
  cursor = first;
  cursorRow = 0;
  return first + CHUNK_FIRST_ROW;
}

/** Address of the row behind the one at `at`, its SACK ranges passed over; of no meaning once `rowIndex` is past the last. */
export function nextRow(at: u32): u32 {
  const hasEdges = (load<u32>(at, ROW_FLAGS) & SACK_BITS) !== 0;
  step();
  if (hasEdges) step();
  return cursor + CHUNK_FIRST_ROW + (cursorRow % CHUNK_ROWS) * SEGMENT_BYTES;
}

/** Index of the row that `firstRow` or `nextRow` has come to. */
export function rowIndex(): i32 {
  return cursorRow;
}

function step(): void {
  cursorRow++;
  if (cursorRow % CHUNK_ROWS === 0) cursor = load<u32>(cursor);
}

/** Which end sent the row at an address in a chunk. */
export function senderOf(at: u32): u32 {
  return (load<u32>(at, ROW_FLAGS) >> FROM_SHIFT) & 1;
}

/** Gives all chunks of a list back, from its first to its last. */
export function closeLog(first: u32, last: u32): void {
  store<u32>(last, load<u32>(FREE_CHUNK));
  store<u32>(FREE_CHUNK, first);
}

/** Last chunk of the list that was moved last. */
export let movedLast: u32 = 0;

let freeMoved: u32 = 0;
let nextMoved: u32 = 0;
let endMoved: u32 = 0;

/**
 * Moves a list of `count` rows that will hardly be looked at again out of the way, so that those that grow lie together
 * and stay in the cache; returns its first chunk. If there is no memory left, the list stays as it is.
 */
export function moveLog(first: u32, count: i32): u32 {
  const moved = takeMovedChunk();
  let from = first;
  let to = moved;
  for (let left = count; ; left -= CHUNK_ROWS) {
    memory.copy(to + CHUNK_FIRST_ROW, from + CHUNK_FIRST_ROW, min(left, CHUNK_ROWS) * SEGMENT_BYTES);
    if (left <= CHUNK_ROWS) break;
    const chunk = takeMovedChunk();
    store<u32>(to, chunk);
    to = chunk;
    from = load<u32>(from);
  }
  store<u32>(to, 0);
  closeLog(first, from);
  movedLast = to;
  return moved;
}

/** As `closeLog`, of a list that was moved, whatever was appended since. */
export function closeMoved(first: u32, last: u32): void {
  store<u32>(last, freeMoved);
  freeMoved = first;
}

function takeMovedChunk(): u32 {
  const chunk = freeMoved;
  if (chunk !== 0) {
    freeMoved = load<u32>(chunk);
    return chunk;
  }
  if (nextMoved + CHUNK_BYTES > endMoved) {
    nextMoved = allocate(REGION_BYTES);
    endMoved = nextMoved + REGION_BYTES;
  }
  nextMoved += CHUNK_BYTES;
  return nextMoved - CHUNK_BYTES;
}
