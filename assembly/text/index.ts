/**
 * Text as octets, one after the other: pieces that come again and again, numbers, times and addresses. All append at an
 * address and return the one behind. src/report/text-writer.ts is the other side; it sees to it that there is room.
 *
 * A piece is the address of its first octet; its length is in the four octets before. Up to 15 octets behind what is
 * appended are written over.
 */

const QUOTE: u32 = 0x22;
const DOT: u32 = 0x2e;
const ZERO: u32 = 0x30;
const ZULU: u32 = 0x5a;
/** `00` to `99`. */
const PAIRS: usize = memory.data(200, 16);
const BILLION: f64 = 1e9;

for (let i: u32 = 0; i < 100; i++) store<u16>(PAIRS + (i << 1), <u16>(((ZERO + (i % 10)) << 8) | (ZERO + i / 10)));

/** Where memory is free. */
export const free: usize = __heap_base;

export function piece(at: u32, piece: u32): u32 {
  return put(at, piece);
}

/** A piece, and a whole number behind it. */
export function whole(at: u32, piece: u32, value: u32): u32 {
  return putWhole(put(at, piece), value);
}

/** A piece, and a number of nanoseconds, at least 1000, as decimal seconds. */
export function seconds(at: u32, piece: u32, nanos: f64): u32 {
  const wholes = <u32>(nanos / BILLION);
  const rest = <u32>(nanos - <f64>wholes * BILLION);
  const end = putWhole(put(at, piece), wholes);
  if (rest === 0) return end;
  store<u8>(end, DOT);
  putNine(end + 1, rest);
  let last = end + 9;
  while (load<u8>(last) === ZERO) last--;
  return last + 1;
}

/** A piece, and a time in quotes: the piece of its second, and nanoseconds after that. */
export function time(at: u32, piece: u32, second: u32, nanos: u32): u32 {
  const start = put(at, piece);
  store<u8>(start, QUOTE);
  const point = put(start + 1, second);
  store<u8>(point, DOT);
  putNine(point + 1, nanos);
  store<u8>(point + 10, ZULU);
  store<u8>(point + 11, QUOTE);
  return point + 12;
}

/** A piece, and an IPv4 address. */
export function ipv4(at: u32, piece: u32, address: u32): u32 {
  let end = putWhole(put(at, piece), address >> 24);
  for (let shift: i32 = 16; shift >= 0; shift -= 8) {
    store<u8>(end, DOT);
    end = putWhole(end + 1, (address >> shift) & 0xff);
  }
  return end;
}

function put(at: u32, piece: u32): u32 {
  const length = load<u32>(piece - 4);
  for (let i: u32 = 0; i < length; i += 16) v128.store(at + i, v128.load(piece + i));
  return at + length;
}

function putWhole(at: u32, value: u32): u32 {
  const end = at + digitsOf(value);
  let to = end;
  let left = value;
  for (; left >= 100; left /= 100) {
    to -= 2;
    store<u16>(to, load<u16>(PAIRS + ((left % 100) << 1)));
  }
  if (left >= 10) store<u16>(to - 2, load<u16>(PAIRS + (left << 1)));
  else store<u8>(to - 1, ZERO + left);
  return end;
}

function digitsOf(value: u32): u32 {
  if (value < 10000) return value < 100 ? (value < 10 ? 1 : 2) : value < 1000 ? 3 : 4;
  if (value < 100000000) return value < 1000000 ? (value < 100000 ? 5 : 6) : value < 10000000 ? 7 : 8;
  return value < 1000000000 ? 9 : 10;
}

function putNine(at: u32, value: u32): void {
  let left = value;
  for (let i: i32 = 7; i > 0; i -= 2) {
    store<u16>(at + i, load<u16>(PAIRS + ((left % 100) << 1)));
    left /= 100;
  }
  store<u8>(at, ZERO + left);
}
