/**
 * TCP options (RFC 9293 §3.2): maximum segment size, window scale and timestamps (RFC 7323), SACK and D-SACK
 * (RFC 2018, 2883), Fast Open cookie (RFC 7413, also under the experimental kind 254 with magic 0xF989).
 *
 *     | kind | length | value … |        kind 0 ends the list, kind 1 is one octet of padding
 *
 * Left out: MD5 and TCP-AO signatures, MPTCP and all others are stepped over.
 */
import { type SegmentBatch, TcpOption } from './batch.ts';

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

/** Empties the option columns of a row. @hot */
export function clearOptions(batch: SegmentBatch, row: number): void {
  batch.options[row] = 0;
  batch.mss[row] = 0;
  batch.windowScale[row] = 0;
  batch.tsVal[row] = 0;
  batch.tsEcr[row] = 0;
  batch.sackCount[row] = 0;
}

/** Reads the options between `offset` and `optionsEnd`, of which those before `capturedEnd` can be read. @hot */
export function decodeTcpOptions(
  batch: SegmentBatch,
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
    batch.options[row] = TcpOption.TIMESTAMPS;
    batch.mss[row] = 0;
    batch.windowScale[row] = 0;
    batch.tsVal[row] = view.getInt32(offset + 4);
    batch.tsEcr[row] = view.getInt32(offset + 8);
    batch.sackCount[row] = 0;
    return;
  }
  clearOptions(batch, row);
  if (optionBytes > 0) walkOptions(batch, row, view, offset, optionsEnd, capturedEnd);
}

function walkOptions(
  batch: SegmentBatch,
  row: number,
  view: DataView,
  offset: number,
  optionsEnd: number,
  capturedEnd: number,
): void {
  const end = Math.min(optionsEnd, capturedEnd);
  let found = 0;
  let at = offset;
  while (at < end) {
    const kind = view.getUint8(at);
    if (kind === Kind.NOP) {
      at++;
      continue;
    }
    if (kind === Kind.END) {
      batch.options[row] = found;
      return;
    }
    if (at + 1 >= end) break;
    const length = view.getUint8(at + 1);
    if (length < 2 || at + length > optionsEnd) {
      batch.options[row] = found | TcpOption.MALFORMED;
      return;
    }
    if (at + length > end) break;
    found |= decodeOption(batch, row, view, at, kind, length);
    at += length;
  }
  if (at < optionsEnd) found |= end < optionsEnd ? TcpOption.CUT : TcpOption.MALFORMED;
  batch.options[row] = found;
}

/** Reads one option that lies whole within the captured octets; returns its `TcpOption` bit, 0 when not of interest. */
function decodeOption(
  batch: SegmentBatch,
  row: number,
  view: DataView,
  at: number,
  kind: number,
  length: number,
): number {
  switch (kind) {
    case Kind.MSS:
      if (length !== 4) return TcpOption.MALFORMED;
      batch.mss[row] = view.getUint16(at + 2);
      return TcpOption.MSS;
    case Kind.WINDOW_SCALE:
      if (length !== 3) return TcpOption.MALFORMED;
      batch.windowScale[row] = view.getUint8(at + 2);
      return TcpOption.WINDOW_SCALE;
    case Kind.SACK_PERMITTED:
      return length === 2 ? TcpOption.SACK_PERMITTED : TcpOption.MALFORMED;
    case Kind.SACK:
      return decodeSack(batch, row, view, at, length);
    case Kind.TIMESTAMPS:
      if (length !== 10) return TcpOption.MALFORMED;
      batch.tsVal[row] = view.getUint32(at + 2);
      batch.tsEcr[row] = view.getUint32(at + 6);
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

function decodeSack(batch: SegmentBatch, row: number, view: DataView, at: number, length: number): number {
  const rangeBytes = length - 2;
  if (rangeBytes === 0 || rangeBytes % SACK_RANGE_BYTES !== 0) return TcpOption.MALFORMED;
  const first = row << 3;
  let edge = batch.sackCount[row] * 2;
  for (let from = at + 2; from < at + length && edge < MAXIMUM_SACK_RANGES * 2; from += 4) {
    batch.sackEdges[first + edge] = view.getUint32(from);
    edge++;
  }
  batch.sackCount[row] = edge >> 1;
  return TcpOption.SACK;
}
