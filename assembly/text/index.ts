/**
 * Text as octets, one after the other: pieces that come again and again, numbers, times and addresses.
 * src/report/text-writer.ts is the other side.
 *
 * A piece is the address of its first octet; its length is in the four octets before. Up to 32 octets behind what is
 * appended are written over.
 */
import {
  EPOCH,
  FLOAT_ORDER_BYTES,
  IPV4,
  IPV6,
  LONG_ORDER_BYTES,
  MOMENT,
  PIECE_BITS,
  SECONDS,
  SHORT_ORDER_BYTES,
  TIME,
  VALUE_BYTES,
  WHOLE,
} from '../../src/report/text-layout';
import { putIpv4, putIpv6 } from './address';
import { putSeconds, putWhole } from './number';
import { putTime, setEpoch } from './time';

/** Where memory is free. */
export const free: usize = __heap_base;

const PIECE_MASK: u32 = (1 << PIECE_BITS) - 1;
const PAGE_BITS = 16;
/** `,"time":`. */
const TIME_NAME: u64 = ((<u64>0x3a22656d) << 32) | 0x6974222c;

/** Appends at an address what the orders from `from` to `end` say, makes room for it, and returns the address behind it. */
export function write(at: u32, from: u32, end: u32): u32 {
  let to = at;
  let limit: u32 = memory.size() << PAGE_BITS;
  let order = from;
  while (order < end) {
    const word = load<u32>(order);
    const piece = word & PIECE_MASK;
    const length = load<u32>(piece - 4);
    if (to + length + VALUE_BYTES > limit) limit = grow(to + length + VALUE_BYTES);
    // Most pieces are that short: no branch then depends on the length.
    v128.store(to, v128.load(piece));
    v128.store(to + 16, v128.load(piece + 16));
    for (let i: u32 = 32; i < length; i += 16) v128.store(to + i, v128.load(piece + i));
    to += length;
    switch (word >>> PIECE_BITS) {
      case WHOLE:
        to = putWhole(to, load<u32>(order + 4));
        break;
      case SECONDS:
        to = putSeconds(to, load<f64>(order + 8));
        order += FLOAT_ORDER_BYTES - SHORT_ORDER_BYTES;
        break;
      case TIME:
        to = putTime(to, load<f64>(order + 8));
        order += FLOAT_ORDER_BYTES - SHORT_ORDER_BYTES;
        break;
      case MOMENT:
        to = putWhole(to, load<u32>(order + 4));
        store<u64>(to, TIME_NAME);
        to = putTime(to + 8, load<f64>(order + 8));
        order += FLOAT_ORDER_BYTES - SHORT_ORDER_BYTES;
        break;
      case IPV4:
        to = putIpv4(to, load<u32>(order + 4));
        break;
      case IPV6:
        to = putIpv6(to, order + 8);
        order += LONG_ORDER_BYTES - SHORT_ORDER_BYTES;
        break;
      case EPOCH:
        setEpoch(load<f64>(order + 8));
        order += FLOAT_ORDER_BYTES - SHORT_ORDER_BYTES;
        break;
    }
    order += SHORT_ORDER_BYTES;
  }
  return to;
}

/** Makes memory as long as that at least, and returns how long it is. */
function grow(bytes: u32): u32 {
  const pages = memory.size();
  const missing = (bytes >>> PAGE_BITS) + 1 - pages;
  // There is no more to be had.
  if (memory.grow(missing) < 0) unreachable();
  return (pages + missing) << PAGE_BITS;
}
