/** Addresses as text, as `formatAddress` of src/base/address.ts writes them. All append at an address of memory and return the one behind. */
import { putWhole, ZERO } from './number';

const DOT: u32 = 0x2e;
const COLON: u32 = 0x3a;
/** What stands before the digit 10 there. */
const BEFORE_A: u32 = 0x57;
/** `::ffff:`, eight octets long with what the next character overwrites. */
const MAPPED: u64 = 0x003a666666663a3a;
const GROUPS: u32 = 8;

export function putIpv4(at: u32, address: u32): u32 {
  let end = putWhole(at, address >>> 24);
  for (let shift: u32 = 24; shift > 0; ) {
    shift -= 8;
    store<u8>(end, DOT);
    end = putWhole(end + 1, (address >>> shift) & 0xff);
  }
  return end;
}

/** One whose four words lie at `words`; the longest run of zeros is shortened. */
export function putIpv6(at: u32, words: u32): u32 {
  if (load<u64>(words) === 0 && load<u32>(words, 8) === 0xffff) {
    store<u64>(at, MAPPED);
    return putIpv4(at + 7, load<u32>(words, 12));
  }
  let from: u32 = GROUPS;
  let length: u32 = 1;
  for (let start: u32 = 0; start < GROUPS; start++) {
    const zeros = zerosFrom(words, start);
    if (zeros <= length) continue;
    from = start;
    length = zeros;
  }
  const end = putGroups(at, words, 0, from);
  if (from === GROUPS) return end;
  store<u16>(end, <u16>((COLON << 8) | COLON));
  return putGroups(end + 2, words, from + length, GROUPS);
}

function groupAt(words: u32, group: u32): u32 {
  const word = load<u32>(words + ((group >>> 1) << 2));
  return (group & 1) === 0 ? word >>> 16 : word & 0xffff;
}

function zerosFrom(words: u32, start: u32): u32 {
  let end = start;
  while (end < GROUPS && groupAt(words, end) === 0) end++;
  return end - start;
}

function putGroups(at: u32, words: u32, from: u32, end: u32): u32 {
  let to = at;
  for (let group = from; group < end; group++) {
    if (group > from) store<u8>(to++, COLON);
    to = putHex(to, groupAt(words, group));
  }
  return to;
}

function putHex(at: u32, value: u32): u32 {
  let to = at;
  for (let shift: i32 = value < 0x100 ? (value < 0x10 ? 0 : 4) : value < 0x1000 ? 8 : 12; shift >= 0; shift -= 4) {
    const digit = (value >>> shift) & 0xf;
    store<u8>(to++, (digit < 10 ? ZERO : BEFORE_A) + digit);
  }
  return to;
}
