import { seqDiff } from '../tcp/seq.ts';
import {
  FLAG_BITS,
  ORIGIN_SHIFT,
  ROW_WORDS,
  RowOrigin,
  type SegmentBatch,
  TcpFlag,
  TcpOption,
  TTL_SHIFT,
  Word,
} from '../wire/batch.ts';

/** One TCP segment taken out of its batch, for the parts of the analysis that look back. */
export interface Segment {
  readonly frame: number;
  readonly timeNanos: number;
  /** Which of the flow's two ends sent it. */
  readonly from: 0 | 1;
  /** `TcpFlag` bits. */
  readonly flags: number;
  readonly seq: number;
  readonly ack: number;
  readonly payloadBytes: number;
  /** As on the wire, not scaled. */
  readonly window: number;
  readonly ttl: number;
  /** 0 when the header has none. */
  readonly ipId: number;
  readonly checksum: number;
  /** `TcpOption` bits. */
  readonly options: number;
  readonly mss: number;
  readonly windowScale: number;
  readonly tsVal: number;
  readonly tsEcr: number;
  /** Edges of the SACK ranges, two a range; empty when there are none. */
  readonly sack: readonly number[];
  /** `RowOrigin` bits. */
  readonly origin: number;
}

/** Flags that tell what a segment is; PSH and those of ECN (RFC 3168) change nothing about that. */
export const FORM_BITS = 0x3f & ~TcpFlag.PSH;

/** The ranges of a segment without SACK. */
export const NO_SACK: readonly number[] = [];

const WIDE = 0xffff_ffff;
/**
 * Stands in where there is no segment yet. Its numbers are as wide as they get in any segment: V8 compiles code for the
 * narrowest kind of number that it has met in a field, and throws all of that code away when a wider one comes late.
 */
export const NO_SEGMENT: Segment = {
  frame: 0,
  timeNanos: Number.NaN,
  from: 0,
  flags: 0,
  seq: WIDE,
  ack: WIDE,
  payloadBytes: 0,
  window: 0,
  ttl: 0,
  ipId: 0,
  checksum: 0,
  options: 0,
  mss: 0,
  windowScale: 0,
  tsVal: WIDE,
  tsEcr: WIDE,
  sack: NO_SACK,
  origin: 0,
};

/** Copies row `row` of a batch. */
export function takeSegment(batch: SegmentBatch, row: number, from: 0 | 1): Segment {
  const sack = batch.sackCount(row) === 0 ? NO_SACK : batch.sackEdges(row);
  return unpackSegment(batch.words, batch.unsigned, row * ROW_WORDS, batch.timeNanos(row), from, sack);
}

/**
 * The segment whose words, laid out as in a batch, begin at `at`; `unsigned` is the same memory. Read as such, a number is
 * one of 32 bits from the start: with `>>> 0` V8 would bet on less, and compile again when it sees the first larger one.
 */
export function unpackSegment(
  words: Int32Array,
  unsigned: Uint32Array,
  at: number,
  timeNanos: number,
  from: 0 | 1,
  sack: readonly number[],
): Segment {
  const flags = words[at + Word.FLAGS];
  const options = words[at + Word.OPTIONS];
  return {
    frame: unsigned[at + Word.FRAME],
    timeNanos,
    from,
    flags: flags & FLAG_BITS,
    seq: unsigned[at + Word.SEQ],
    ack: unsigned[at + Word.ACK],
    payloadBytes: unsigned[at + Word.PAYLOAD],
    window: words[at + Word.WINDOW] & 0xffff,
    ttl: flags >>> TTL_SHIFT,
    ipId: words[at + Word.WINDOW] >>> 16,
    checksum: words[at + Word.CHECKSUM] & 0xffff,
    options: options & 0xff,
    mss: words[at + Word.CHECKSUM] >>> 16,
    windowScale: (options >>> 8) & 0xff,
    tsVal: unsigned[at + Word.TSVAL],
    tsEcr: unsigned[at + Word.TSECR],
    sack,
    origin: (options >>> ORIGIN_SHIFT) & 0xff,
  };
}

export function hasTimestamps(segment: Segment): boolean {
  return (segment.options & TcpOption.TIMESTAMPS) !== 0;
}

/** Whether time stamps or IP identifications tell that a segment of an end was sent before another of it, though captured later. */
export function isSentBefore(segment: Segment, other: Segment): boolean {
  if (hasTimestamps(segment) && hasTimestamps(other) && segment.tsVal !== other.tsVal) {
    return seqDiff(segment.tsVal, other.tsVal) < 0;
  }
  return segment.ipId !== 0 && other.ipId !== 0 && ((segment.ipId - other.ipId) << 16) >> 16 < 0;
}

/** Whether nothing tells the two apart, so that they may be one segment that was captured twice. */
export function isSameSegment(a: Segment, b: Segment): boolean {
  if (a.seq !== b.seq || a.ack !== b.ack || a.flags !== b.flags) return false;
  if (a.payloadBytes !== b.payloadBytes || a.window !== b.window) return false;
  if (hasTimestamps(a) !== hasTimestamps(b) || (hasTimestamps(a) && a.tsVal !== b.tsVal)) return false;
  if (a.ipId !== 0 || b.ipId !== 0) return a.ipId === b.ipId;
  return a.checksum === b.checksum;
}

/** Whether the snap length cut the TCP header or its options. */
export function isHeaderCut(segment: Segment): boolean {
  return (segment.origin & RowOrigin.TRUNCATED_HEADER) !== 0 || (segment.options & TcpOption.CUT) !== 0;
}

const SYN_FIN_RST_ACK = TcpFlag.SYN | TcpFlag.FIN | TcpFlag.RST | TcpFlag.ACK;

/** Flag sets that no TCP sends: null, xmas, SYN+FIN, SYN+RST, and anything but a SYN or RST without ACK. */
export function hasInvalidFlags(flags: number): boolean {
  switch (flags & SYN_FIN_RST_ACK) {
    case TcpFlag.SYN:
    case TcpFlag.SYN | TcpFlag.ACK:
    case TcpFlag.ACK:
    case TcpFlag.FIN | TcpFlag.ACK:
    case TcpFlag.RST:
    case TcpFlag.RST | TcpFlag.ACK:
    case TcpFlag.RST | TcpFlag.FIN | TcpFlag.ACK:
      return false;
    default:
      return true;
  }
}

/** Sequence numbers the segment takes, SYN and FIN counting one each. */
export function sequenceLength(segment: Segment): number {
  const { flags, payloadBytes } = segment;
  return payloadBytes + ((flags & TcpFlag.SYN) !== 0 ? 1 : 0) + ((flags & TcpFlag.FIN) !== 0 ? 1 : 0);
}
