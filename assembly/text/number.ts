/** Numbers as decimal text. All append at an address and return the one behind. */
const DOT: u32 = 0x2e;
export const ZERO: u32 = 0x30;
const BILLION: f64 = 1e9;
/** `00` to `99`. */
const PAIRS: usize = memory.data(200, 16);

for (let i: u32 = 0; i < 100; i++) store<u16>(PAIRS + (i << 1), <u16>(((ZERO + (i % 10)) << 8) | (ZERO + i / 10)));

export function putWhole(at: u32, value: u32): u32 {
  const end = at + digitsOf(value);
  let to = end;
  let left = value;
  for (; left >= 100; left /= 100) {
    to -= 2;
    putTwo(to, left % 100);
  }
  if (left >= 10) putTwo(to - 2, left);
  else store<u8>(to - 1, ZERO + left);
  return end;
}

function digitsOf(value: u32): u32 {
  if (value < 10000) return value < 100 ? (value < 10 ? 1 : 2) : value < 1000 ? 3 : 4;
  if (value < 100000000) return value < 1000000 ? (value < 100000 ? 5 : 6) : value < 10000000 ? 7 : 8;
  return value < 1000000000 ? 9 : 10;
}

/** A number of nanoseconds, at least 1000, as decimal seconds. */
export function putSeconds(at: u32, nanos: f64): u32 {
  const wholes = <u32>(nanos / BILLION);
  const rest = <u32>(nanos - <f64>wholes * BILLION);
  const end = putWhole(at, wholes);
  if (rest === 0) return end;
  store<u8>(end, DOT);
  putNine(end + 1, rest);
  let last = end + 9;
  while (load<u8>(last) === ZERO) last--;
  return last + 1;
}

/** A number below 100 as two digits. */
export function putTwo(at: u32, value: u32): void {
  store<u16>(at, load<u16>(PAIRS + (value << 1)));
}

/** A number below a billion as nine digits. */
export function putNine(at: u32, value: u32): void {
  let left = value;
  for (let i: i32 = 7; i > 0; i -= 2) {
    putTwo(at + i, left % 100);
    left /= 100;
  }
  store<u8>(at, ZERO + left);
}
