/** Memory that only grows. What is given back in one piece is used again; whoever gives back smaller ones keeps a list of them. */
import { HEAP, TOUCH_ROWS, TOUCHED } from '../src/core/layout';

/** Tells TypeScript that there is more memory to look at. */
declare function grown(): void;
/** Tells it that there is no more to be had; does not return. */
export declare function full(): void;

const PAGE_SHIFT: u32 = 16;
const LEAST_GROWTH: i32 = 32;
/** The least that an operating system maps at a time. */
const SYSTEM_PAGE_BYTES: u32 = 4096;
let top: u32 = HEAP;
let spare: u32 = 0;
let spareEnd: u32 = 0;

/** Zeroed memory, at a multiple of 64 octets. */
export function allocate(bytes: u32): u32 {
  if (bytes <= spareEnd - spare) return takeSpare(bytes);
  const at = top;
  const end = ((<u64>at + bytes + 63) >> 6) << 6;
  const pages = <i32>((end + 0xffff) >> PAGE_SHIFT);
  const held = memory.size();
  if (pages > held) {
    const wanted = pages - held;
    // An eighth more at a time: growing is dear, and what is not touched takes nothing.
    if (memory.grow(max(wanted, max(held >> 3, LEAST_GROWTH))) < 0 && memory.grow(wanted) < 0) full();
    grown();
  }
  top = <u32>end;
  return at;
}

function takeSpare(bytes: u32): u32 {
  const at = spare;
  memory.fill(at, 0, bytes);
  spare += (bytes + 63) & ~63;
  return at;
}

/** Memory at a multiple of 64 octets is used no longer; what is left of that which was given back before is given up. */
export function giveBack(at: u32, bytes: u32): void {
  spare = at;
  spareEnd = at + bytes;
}

/** As `memory.copy`, of a few times 16 octets: that one is a call out of the core. */
export function copy(to: u32, from: u32, bytes: u32): void {
  for (let i: u32 = 0; i < bytes; i += 16) v128.store(to + i, v128.load(from + i));
}

/** Whether 16 octets are the same. */
export function isSame16(a: u32, b: u32): bool {
  return ((load<u64>(a) ^ load<u64>(b)) | (load<u64>(a, 8) ^ load<u64>(b, 8))) === 0;
}

/** Writes zeros to a few times 16 octets. */
export function clear(at: u32, bytes: u32): void {
  for (let i: u32 = 0; i < bytes; i += 16) v128.store(at + i, i64x2.splat(0));
}

/**
 * New memory that is used bit by bit is touched by so much ahead: one page after the other takes the operating system less time
 * than each for itself, and they are still in the cache when they are used.
 */
export const TOUCHED_AHEAD: u32 = 1 << 15;

/**
 * Writes to new memory before it is read: a page that is read first is mapped twice by the operating system, the second time
 * with a word to all processors.
 */
export function touchPages(at: u32, bytes: u32): void {
  for (let page = at; page < at + bytes; page += SYSTEM_PAGE_BYTES) store<u8>(page, 0);
}

/** Takes the sum of what was read ahead, of which nobody asks: without it nothing would be read. */
export function haveRead(sum: u32): void {
  store<u32>(TOUCHED, sum, TOUCH_ROWS << 2);
}
