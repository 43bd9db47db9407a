/**
 * TCP options (RFC 9293 §3.2): maximum segment size, window scale and timestamps (RFC 7323), SACK and D-SACK
 * (RFC 2018, 2883), Fast Open cookie (RFC 7413, also under the experimental kind 254 with magic 0xF989).
 *
 *     | kind | length | value … |        kind 0 ends the list, kind 1 is one octet of padding
 *
 * Left out: MD5 and TCP-AO signatures, MPTCP and all others are stepped over.
 */
import { SACK_BITS, SACK_SHIFT, TcpOption, Word } from './batch.ts';

const Kind = {
  END: 0,
  NOP: 1,
  MSS: 2,
  WINDOW_SCALE: 3,
  SACK_PERMITTED: 4,
  SACK: 5,
  TIMESTAMPS: 8,
  FAST_OPEN: 34,
  EXPERIMENT_1: 253,
  EXPERIMENT_2: 254,
} as const;
const FAST_OPEN_MAGIC = 0xf989;
const SACK_RANGE_BYTES = 8;
const MAXIMUM_SACK_RANGES = 4;
/** NOP NOP TIMESTAMPS 10: how nearly every established connection fills its 12 octets. */
const ALIGNED_TIMESTAMPS = 0x0101080a;
const ALIGNED_TIMESTAMPS_BYTES = 12;

/**
 * Reads the options between `offset` and `optionsEnd`, of which those before `capturedEnd` can be read, into the row at
 * `row` of the words of a batch, in which all else was written before. @hot
 */
export function decodeTcpOptions(
  words: Int32Array,
  row: number,
  view: DataView,
  offset: number,
  optionsEnd: number,
  capturedEnd: number,
): void {
  const optionBytes = optionsEnd - offset;
  if (
    optionBytes === ALIGNED_TIMESTAMPS_BYTES &&
    optionsEnd <= capturedEnd &&
    view.getInt32(offset) === ALIGNED_TIMESTAMPS
  ) {
    words[row + Word.OPTIONS] |= TcpOption.TIMESTAMPS;
    words[row + Word.TSVAL] = view.getInt32(offset + 4);
    words[row + Word.TSECR] = view.getInt32(offset + 8);
    return;
  }
  words[row + Word.TSVAL] = 0;
  words[row + Word.TSECR] = 0;
  if (optionBytes === 0) return;
  // Not in one statement: that would take the word as it was before the options were read.
  const found = walkOptions(words, row, view, offset, optionsEnd, capturedEnd);
  words[row + Word.OPTIONS] |= found;
}

/** Returns the `TcpOption` bits. */
function walkOptions(
  words: Int32Array,
  row: number,
  view: DataView,
  offset: number,
  optionsEnd: number,
  capturedEnd: number,
): number {
  const end = Math.min(optionsEnd, capturedEnd);
  let found = 0;
  let at = offset;
  while (at < end) {
    const kind = view.getUint8(at);
    if (kind === Kind.NOP) {
      at++;
      continue;
    }
    if (kind === Kind.END) return found;
    if (at + 1 >= end) break;
    const length = view.getUint8(at + 1);
    if (length < 2 || at + length > optionsEnd) return found | TcpOption.MALFORMED;
    if (at + length > end) break;
    found |= decodeOption(words, row, view, at, kind, length);
    at += length;
  }
  if (at < optionsEnd) found |= end < optionsEnd ? TcpOption.CUT : TcpOption.MALFORMED;
  return found;
}

/** Reads one option that lies whole within the captured octets; returns its `TcpOption` bit, 0 when not of interest. */
function decodeOption(
  words: Int32Array,
  row: number,
  view: DataView,
  at: number,
  kind: number,
  length: number,
): number {
  switch (kind) {
    case Kind.MSS:
      if (length !== 4) return TcpOption.MALFORMED;
      words[row + Word.CHECKSUM] = (words[row + Word.CHECKSUM] & 0xffff) | (view.getUint16(at + 2) << 16);
      return TcpOption.MSS;
    case Kind.WINDOW_SCALE:
      if (length !== 3) return TcpOption.MALFORMED;
      words[row + Word.OPTIONS] = (words[row + Word.OPTIONS] & ~0xff00) | (view.getUint8(at + 2) << 8);
      return TcpOption.WINDOW_SCALE;
    case Kind.SACK_PERMITTED:
      return length === 2 ? TcpOption.SACK_PERMITTED : TcpOption.MALFORMED;
    case Kind.SACK:
      return decodeSack(words, row, view, at, length);
    case Kind.TIMESTAMPS:
      if (length !== 10) return TcpOption.MALFORMED;
      words[row + Word.TSVAL] = view.getInt32(at + 2);
      words[row + Word.TSECR] = view.getInt32(at + 6);
      return TcpOption.TIMESTAMPS;
    case Kind.FAST_OPEN:
      return TcpOption.FAST_OPEN;
    case Kind.EXPERIMENT_1:
    case Kind.EXPERIMENT_2:
      return length >= 4 && view.getUint16(at + 2) === FAST_OPEN_MAGIC ? TcpOption.FAST_OPEN : 0;
    default:
      return 0;
  }
}

function decodeSack(words: Int32Array, row: number, view: DataView, at: number, length: number): number {
  const rangeBytes = length - 2;
  if (rangeBytes === 0 || rangeBytes % SACK_RANGE_BYTES !== 0) return TcpOption.MALFORMED;
  const flags = words[row + Word.FLAGS];
  let edge = ((flags & SACK_BITS) >>> SACK_SHIFT) * 2;
  for (let from = at + 2; from < at + length && edge < MAXIMUM_SACK_RANGES * 2; from += 4) {
    words[row + Word.SACK + edge] = view.getInt32(from);
    edge++;
  }
  words[row + Word.FLAGS] = (flags & ~SACK_BITS) | ((edge >> 1) << SACK_SHIFT);
  return TcpOption.SACK;
}
