/** Segments of many connections, each a list of chunks of packed rows. src/flow/segment-log.ts reads them. */
import {
  CHUNK_BYTES,
  CHUNK_NEXT,
  CHUNK_ROWS,
  FIRST_PLACE,
  FREE_CHUNK,
  OWN_ROWS,
  SEGMENT_BYTES,
} from '../src/core/layout';
import { ROW_FLAGS, ROW_SACK, SACK_BITS } from '../src/core/row';
import { allocate, copy, TOUCHED_AHEAD, touchPages } from './memory';

/** All edges that a row has room for: it takes no longer than to tell how many there are. */
const MAX_SACK_BYTES: u32 = 32;
const FROM_SHIFT: u32 = 16;

let next: u32 = 0;
let end: u32 = 0;

/** An empty chunk: its address. */
export function takeChunk(): u32 {
  let chunk = load<u32>(FREE_CHUNK);
  if (chunk !== 0) store<u32>(FREE_CHUNK, load<u32>(chunk, CHUNK_NEXT));
  else {
    if (next + CHUNK_BYTES > end) {
      next = allocate(TOUCHED_AHEAD);
      end = next + TOUCHED_AHEAD;
      touchPages(next, TOUCHED_AHEAD);
    }
    chunk = next;
    next += CHUNK_BYTES;
  }
  return chunk;
}

export function releaseChunk(chunk: u32): void {
  store<u32>(chunk, load<u32>(FREE_CHUNK), CHUNK_NEXT);
  store<u32>(FREE_CHUNK, chunk);
}

/** Address of a row in its chunk. */
function rowAt(chunk: u32, row: u32): u32 {
  return chunk + ((row + FIRST_PLACE) % CHUNK_ROWS) * SEGMENT_BYTES;
}

/** The chunk for row `count` of a list whose last chunk is `last`. */
function chunkFor(last: u32, count: u32): u32 {
  if ((count + FIRST_PLACE) % CHUNK_ROWS !== 0) return last;
  const chunk = takeChunk();
  store<u32>(last, chunk, CHUNK_NEXT);
  return chunk;
}

/** Appends the row at `p` to a list of `count` rows whose last chunk is `last`; returns the last chunk after. */
export function append(last: u32, count: u32, p: u32, from: u32): u32 {
  const chunk = chunkFor(last, count);
  const at = rowAt(chunk, count);
  copyRow(at, p);
  store<u32>(at, load<u32>(p, ROW_FLAGS) | (from << FROM_SHIFT), ROW_FLAGS);
  return chunk;
}

function copyRow(to: u32, from: u32): void {
  v128.store(to, v128.load(from));
  v128.store(to, v128.load(from, 16), 16);
  v128.store(to, v128.load(from, 32), 32);
}

/** Appends the edges of the SACK ranges of the row at `p`, which was appended just before. */
export function appendSack(last: u32, count: u32, p: u32): u32 {
  const chunk = chunkFor(last, count);
  const at = rowAt(chunk, count);
  copy(at, p + ROW_SACK, MAX_SACK_BYTES);
  return chunk;
}

/** Address of the last of `count` rows, none with SACK ranges, of a list whose last chunk is `last`. */
export function lastOf(last: u32, count: u32): u32 {
  return rowAt(last, count - 1);
}

/** Address of the row before the one at an index, which is at `at`; 0 if it is in another chunk. None of the two has SACK ranges. */
export function rowBefore(at: u32, index: i32): u32 {
  return index === 0 || (index + FIRST_PLACE) % CHUNK_ROWS === 0 ? 0 : at - SEGMENT_BYTES;
}

let cursor: u32 = 0;
let cursorRow: i32 = 0;

/** Address of the first row of the list that begins with a chunk; `nextRow` goes on from there. */
export function firstRow(first: u32): u32 {
  cursor = first;
  cursorRow = 0;
  return rowAt(first, 0);
}

/** Address of the row behind the one at `at`, its SACK ranges passed over; of no meaning once `rowIndex` is past the last. */
export function nextRow(at: u32): u32 {
  const hasEdges = (load<u32>(at, ROW_FLAGS) & SACK_BITS) !== 0;
  step();
  if (hasEdges) step();
  return rowAt(cursor, cursorRow);
}

/** Index of the row that `firstRow` or `nextRow` has come to. */
export function rowIndex(): i32 {
  return cursorRow;
}

function step(): void {
  cursorRow++;
  if ((cursorRow + FIRST_PLACE) % CHUNK_ROWS === 0) cursor = load<u32>(cursor, CHUNK_NEXT);
}

/** Which end sent the row at an address in a chunk. */
export function senderOf(at: u32): u32 {
  return (load<u32>(at, ROW_FLAGS) >> FROM_SHIFT) & 1;
}

/** Gives all chunks of a list back but its first. */
export function closeLog(first: u32, last: u32): void {
  if (first === last) return;
  store<u32>(last, load<u32>(FREE_CHUNK), CHUNK_NEXT);
  store<u32>(FREE_CHUNK, load<u32>(first, CHUNK_NEXT));
}

/** Lists that were moved lie in regions of so much memory, at multiples of it, which begin with how many lists are in them. */
const REGION_BYTES: u32 = 1 << 13;
const REGION_HEAD: u32 = 16;
/** Of a free one: the next free one. */
const REGION_NEXT: u32 = 4;
/** Regions that are taken at a time, besides what is lost to begin at a multiple. */
const REGIONS: u32 = 16;

let region: u32 = 0;
let nextMoved: u32 = 0;
let freeRegion: u32 = 0;
let nextRegion: u32 = 0;
let endRegions: u32 = 0;

/**
 * Moves those of `count` rows of a list that are not in its first chunk, of which there are some, and which will hardly be
 * looked at again, out of the way, so that those that grow lie together and stay in the cache: chunk behind chunk, the last one
 * no longer than its rows. Returns the last chunk, or 0 if there are too many rows. Nothing can be appended until
 * `bringBack`.
 */
export function moveLog(first: u32, count: i32): u32 {
  const bytes = movedBytes(count);
  if (bytes > REGION_BYTES - REGION_HEAD) return 0;
  const moved = takeMoved(bytes);
  let to = moved;
  let from = load<u32>(first, CHUNK_NEXT);
  for (let left = count - OWN_ROWS; ; left -= CHUNK_ROWS) {
    copyRows(to, from, min(left, CHUNK_ROWS));
    if (left <= CHUNK_ROWS) break;
    store<u32>(to, to + CHUNK_BYTES, CHUNK_NEXT);
    to += CHUNK_BYTES;
    from = load<u32>(from, CHUNK_NEXT);
  }
  closeLog(first, from);
  store<u32>(first, moved, CHUNK_NEXT);
  return to;
}

/** Brings a list back that was moved; returns its last chunk. */
export function bringBack(first: u32, count: i32): u32 {
  const moved = load<u32>(first, CHUNK_NEXT);
  let from = moved;
  let last = first;
  for (let left = count - OWN_ROWS; left > 0; left -= CHUNK_ROWS) {
    const chunk = takeChunk();
    copyRows(chunk, from, min(left, CHUNK_ROWS));
    store<u32>(last, chunk, CHUNK_NEXT);
    last = chunk;
    from += CHUNK_BYTES;
  }
  giveMovedBack(moved);
  return last;
}

/** What `closeMoved` changes. */
export function headOfMoved(first: u32): u32 {
  return regionOf(load<u32>(first, CHUNK_NEXT));
}

/** As `closeLog`, of a list that was moved. */
export function closeMoved(first: u32): void {
  giveMovedBack(load<u32>(first, CHUNK_NEXT));
}

function copyRows(to: u32, from: u32, rows: i32): void {
  const end = <u32>rows * SEGMENT_BYTES;
  for (let at: u32 = 0; at < end; at += SEGMENT_BYTES) copyRow(to + at, from + at);
}

/** What the rows of a list of `count` take that are not in its first chunk. */
function movedBytes(count: i32): u32 {
  const rows = <u32>(count - OWN_ROWS);
  return rows * SEGMENT_BYTES + ((rows - 1) / CHUNK_ROWS) * (CHUNK_BYTES - CHUNK_ROWS * SEGMENT_BYTES);
}

function takeMoved(bytes: u32): u32 {
  if (region === 0 || nextMoved + bytes > region + REGION_BYTES) openRegion();
  store<u32>(region, load<u32>(region) + 1);
  nextMoved += bytes;
  return nextMoved - bytes;
}

/** The region in work is full; what was in it may have gone meanwhile. */
function openRegion(): void {
  if (region === 0 || load<u32>(region) !== 0) region = takeRegion();
  store<u32>(region, 0);
  nextMoved = region + REGION_HEAD;
}

function takeRegion(): u32 {
  const free = freeRegion;
  if (free !== 0) {
    freeRegion = load<u32>(free, REGION_NEXT);
    return free;
  }
  if (nextRegion === endRegions) {
    const at = allocate((REGIONS + 1) * REGION_BYTES);
    nextRegion = (at + REGION_BYTES - 1) & ~(REGION_BYTES - 1);
    endRegions = nextRegion + REGIONS * REGION_BYTES;
  }
  if ((endRegions - nextRegion) % TOUCHED_AHEAD === 0) touchPages(nextRegion, TOUCHED_AHEAD);
  nextRegion += REGION_BYTES;
  return nextRegion - REGION_BYTES;
}

function regionOf(moved: u32): u32 {
  return moved & ~(REGION_BYTES - 1);
}

function giveMovedBack(moved: u32): void {
  const its = regionOf(moved);
  const lists = load<u32>(its) - 1;
  store<u32>(its, lists);
  if (lists !== 0 || its === region) return;
  store<u32>(its, freeRegion, REGION_NEXT);
  freeRegion = its;
}
