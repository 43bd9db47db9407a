import type { TimeBase } from '../base/time.ts';
import type { Core, RunCore } from '../core/core.ts';
import { MAX_ROWS, ROW_BYTES, SEGMENT_BYTES } from '../core/layout.ts';
import {
  FLAG_BITS,
  ORIGIN_SHIFT,
  ROW_ACK,
  ROW_CHECKSUM,
  ROW_DESTINATION,
  ROW_FLAGS,
  ROW_FRAME,
  ROW_HASH,
  ROW_OPTIONS,
  ROW_PAYLOAD,
  ROW_PORTS,
  ROW_SACK,
  ROW_SCOPE,
  ROW_SEQ,
  ROW_SOURCE,
  ROW_TSECR,
  ROW_TSVAL,
  ROW_VERSION,
  ROW_WINDOW,
  SACK_BITS,
  SACK_SHIFT,
  TTL_SHIFT,
} from '../core/row.ts';

/** TCP flag bits as on the wire (RFC 9293 §3.1), the reserved NS bit as bit 8. */
export const TcpFlag = {
  FIN: 0x01,
  SYN: 0x02,
  RST: 0x04,
  PSH: 0x08,
  ACK: 0x10,
  URG: 0x20,
  ECE: 0x40,
  CWR: 0x80,
  NS: 0x100,
} as const;

/** Which TCP options a segment carried (bits of `SegmentBatch.options`). */
export const TcpOption = {
  MSS: 0x01,
  WINDOW_SCALE: 0x02,
  SACK_PERMITTED: 0x04,
  SACK: 0x08,
  TIMESTAMPS: 0x10,
  /** Fast Open cookie or cookie request (kind 34, or kind 254 with magic 0xF989). */
  FAST_OPEN: 0x20,
  /** The option list was malformed; what parsed before the fault is kept. */
  MALFORMED: 0x40,
  /** The option list was cut by the snap length; what was captured is kept. */
  CUT: 0x80,
} as const;

/** How the row came to be (bits of `SegmentBatch.origin`). */
export const RowOrigin = {
  /** The TCP header itself was cut by the snap length (flags, seq and ack were still readable). */
  TRUNCATED_HEADER: 0x01,
  /** The IP length field was 0 (TSO / jumbogram): length taken from the captured length. */
  LENGTH_FROM_CAPTURE: 0x02,
  /** Put together from IP fragments; `frame` is that of the last fragment. */
  REASSEMBLED: 0x04,
  /** TCP checksum was verified and is wrong. */
  BAD_CHECKSUM: 0x08,
  /** Arrived inside a tunnel (`tunnels` of the capture tells which). */
  TUNNELLED: 0x10,
  /** The first fragment of a datagram whose rest never came: the header is whole, the payload is that of this fragment. */
  INCOMPLETE: 0x20,
} as const;

/** Rows in one batch: small enough to stay in the second-level cache. */
export const BATCH_ROWS = MAX_ROWS;

/**
 * 32-bit words of one row: two cache lines, and one array for all that is asked of a row in a hot path.
 *
 *     word 0-1    time, float64 nanoseconds after `TimeBase.epochSeconds`
 *     word 2      frame                        word 3      seq
 *     word 4      ack                          word 5      payload octets
 *     word 6      flags | SACK ranges << 17 | ttl << 24
 *     word 7      window | IP id << 16         word 8      checksum | mss << 16
 *     word 9      options | window scale << 8 | origin << 16
 *     word 10     TSval                        word 11     TSecr
 *     word 12     source port << 16 | destination port
 *     word 13-16  source address               word 17-20  destination address
 *     word 21     scope                        word 22     hash of the tuple, or 0
 *     word 23     IP version                   word 24-31  edges of SACK ranges
 */
export const ROW_WORDS = ROW_BYTES >> 2;

/** Where a row has what: words, where the core counts octets. */
export const Word = {
  FRAME: ROW_FRAME >> 2,
  SEQ: ROW_SEQ >> 2,
  ACK: ROW_ACK >> 2,
  PAYLOAD: ROW_PAYLOAD >> 2,
  FLAGS: ROW_FLAGS >> 2,
  WINDOW: ROW_WINDOW >> 2,
  CHECKSUM: ROW_CHECKSUM >> 2,
  OPTIONS: ROW_OPTIONS >> 2,
  TSVAL: ROW_TSVAL >> 2,
  TSECR: ROW_TSECR >> 2,
  PORTS: ROW_PORTS >> 2,
  SOURCE: ROW_SOURCE >> 2,
  DESTINATION: ROW_DESTINATION >> 2,
  SCOPE: ROW_SCOPE >> 2,
  HASH: ROW_HASH >> 2,
  IP_VERSION: ROW_VERSION >> 2,
  SACK: ROW_SACK >> 2,
} as const;
/** Words of a row that tell of the segment alone, not of its tuple: these come first. */
export const SEGMENT_WORDS = SEGMENT_BYTES >> 2;

export { FLAG_BITS, ORIGIN_SHIFT, SACK_BITS, SACK_SHIFT, TTL_SHIFT };
/** Float64 values in a row. */
export const ROW_DOUBLES = ROW_WORDS / 2;
/** Memory that a batch takes. */
export const BATCH_BYTES = BATCH_ROWS * ROW_WORDS * 4;

/**
 * TCP segments as packed rows, in capture order.
 *
 * Written by `decode`, read by the tracker, reused for the next batch: nobody may keep a reference to a row.
 */
export class SegmentBatch {
  count = 0;
  /** The rows, see {@link Word}. */
  readonly words: Int32Array;
  readonly unsigned: Uint32Array;
  /** The same memory as float64: the time of row `i` is at `16 * i`. */
  readonly nanos: Float64Array;
  /** ICMP errors that quote a TCP segment, in capture order; rare, so plain objects. */
  readonly icmpErrors: IcmpError[] = [];

  readonly timeBase: TimeBase;
  /** The core in whose memory it is; null for one that the core has to copy. */
  readonly core: RunCore | null;

  /** The batch of a core: one for all who ask. */
  static of(core: Core, timeBase: TimeBase): SegmentBatch {
    return new SegmentBatch(timeBase, core.memory, core.rowsAt, core);
  }

  /** `memory` has `BATCH_BYTES` bytes from `offset` on, all 0; it may be shared between threads. */
  constructor(
    timeBase: TimeBase,
    memory: ArrayBufferLike = new ArrayBuffer(BATCH_BYTES),
    offset = 0,
    core: RunCore | null = null,
  ) {
    this.timeBase = timeBase;
    this.core = core;
    this.words = new Int32Array(memory, offset, BATCH_ROWS * ROW_WORDS);
    this.unsigned = new Uint32Array(memory, offset, BATCH_ROWS * ROW_WORDS);
    this.nanos = new Float64Array(memory, offset, BATCH_ROWS * ROW_DOUBLES);
  }

  /** Whether the batch must be handed on and cleared before the next frame is decoded. */
  get isFull(): boolean {
    return this.count === BATCH_ROWS || this.icmpErrors.length >= BATCH_ROWS;
  }

  /** Makes room for the next rows; what was there is overwritten by them. */
  clear(): void {
    this.count = 0;
    this.icmpErrors.length = 0;
  }

  /** Frame number in the capture, from 1. */
  frame(row: number): number {
    return this.words[row * ROW_WORDS + Word.FRAME] >>> 0;
  }

  /** Nanoseconds after `TimeBase.epochSeconds`. */
  timeNanos(row: number): number {
    return this.nanos[row * ROW_DOUBLES];
  }

  /** 4 or 6. */
  ipVersion(row: number): number {
    return this.words[row * ROW_WORDS + Word.IP_VERSION];
  }

  /** Four big-endian 32-bit words, a view; IPv4 uses the first, the others are 0. */
  sourceAddress(row: number): Int32Array {
    const at = row * ROW_WORDS + Word.SOURCE;
    return this.words.subarray(at, at + 4);
  }

  destinationAddress(row: number): Int32Array {
    const at = row * ROW_WORDS + Word.DESTINATION;
    return this.words.subarray(at, at + 4);
  }

  sourcePort(row: number): number {
    return this.words[row * ROW_WORDS + Word.PORTS] >>> 16;
  }

  destinationPort(row: number): number {
    return this.words[row * ROW_WORDS + Word.PORTS] & 0xffff;
  }

  /** VLAN / VNI / tunnel identity that tells equal tuples apart; 0 when there is none. */
  scope(row: number): number {
    return this.words[row * ROW_WORDS + Word.SCOPE];
  }

  /** Time to live or hop limit. */
  ttl(row: number): number {
    return this.words[row * ROW_WORDS + Word.FLAGS] >>> TTL_SHIFT;
  }

  /** IPv4 identification; 0 for IPv6. */
  ipId(row: number): number {
    return this.words[row * ROW_WORDS + Word.WINDOW] >>> 16;
  }

  /** `TcpFlag` bits. */
  flags(row: number): number {
    return this.words[row * ROW_WORDS + Word.FLAGS] & FLAG_BITS;
  }

  seq(row: number): number {
    return this.words[row * ROW_WORDS + Word.SEQ] >>> 0;
  }

  ack(row: number): number {
    return this.words[row * ROW_WORDS + Word.ACK] >>> 0;
  }

  /** Window field as on the wire, not scaled. */
  window(row: number): number {
    return this.words[row * ROW_WORDS + Word.WINDOW] & 0xffff;
  }

  /** TCP checksum field as on the wire. */
  checksum(row: number): number {
    return this.words[row * ROW_WORDS + Word.CHECKSUM] & 0xffff;
  }

  /** Payload length in bytes by the IP length, whatever was captured. */
  payloadBytes(row: number): number {
    return this.words[row * ROW_WORDS + Word.PAYLOAD] >>> 0;
  }

  /** `TcpOption` bits. */
  options(row: number): number {
    return this.words[row * ROW_WORDS + Word.OPTIONS] & 0xff;
  }

  mss(row: number): number {
    return this.words[row * ROW_WORDS + Word.CHECKSUM] >>> 16;
  }

  /** Shift count; only with `TcpOption.WINDOW_SCALE`. */
  windowScale(row: number): number {
    return (this.words[row * ROW_WORDS + Word.OPTIONS] >>> 8) & 0xff;
  }

  tsVal(row: number): number {
    return this.words[row * ROW_WORDS + Word.TSVAL] >>> 0;
  }

  tsEcr(row: number): number {
    return this.words[row * ROW_WORDS + Word.TSECR] >>> 0;
  }

  /** SACK ranges, 0 to 4. */
  sackCount(row: number): number {
    return (this.words[row * ROW_WORDS + Word.FLAGS] & SACK_BITS) >>> SACK_SHIFT;
  }

  /** Edges of the SACK ranges, two a range, the right one exclusive. */
  sackEdges(row: number): number[] {
    return readEdges(this.unsigned, row * ROW_WORDS + Word.SACK, this.sackCount(row));
  }

  /** `RowOrigin` bits. */
  origin(row: number): number {
    return (this.words[row * ROW_WORDS + Word.OPTIONS] >>> ORIGIN_SHIFT) & 0xff;
  }
}

/** The edges of SACK ranges that begin at an index. */
export function readEdges(words: Uint32Array, at: number, ranges: number): number[] {
  const edges: number[] = [];
  for (let i = 0; i < ranges * 2; i++) edges.push(words[at + i]);
  return edges;
}

/** An ICMP or ICMPv6 error about a TCP segment; it belongs before row `beforeRow` of its batch. */
export interface IcmpError {
  beforeRow: number;
  frame: number;
  timeNanos: number;
  type: number;
  code: number;
  /** Source address of the ICMP message itself, four words as in the batch. */
  reporter: Int32Array;
  ipVersion: 4 | 6;
  /** The quoted segment's source, i.e. the end that is told. */
  sourceAddress: Int32Array;
  destinationAddress: Int32Array;
  sourcePort: number;
  destinationPort: number;
  scope: number;
  seq: number;
}
