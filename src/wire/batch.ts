import type { TimeBase } from '../base/time.ts';

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
export const BATCH_ROWS = 1024;

const ROW_BYTES = 122;
const COLUMN_COUNT = 25;
/** Columns are so far from a power of two apart that the values of a row do not compete for one place in the cache. */
const GAP_BYTES = 64;
/** Memory that the columns of a batch take. */
export const BATCH_BYTES = BATCH_ROWS * ROW_BYTES + COLUMN_COUNT * GAP_BYTES;

/** Deals out columns of a piece of memory; `perRow` is how many values a row has. */
class Columns {
  readonly #memory: ArrayBufferLike;
  #used: number;

  constructor(memory: ArrayBufferLike, offset: number) {
    this.#memory = memory;
    this.#used = offset;
  }

  uint8(perRow: number): Uint8Array {
    return new Uint8Array(this.#memory, this.#take(perRow), BATCH_ROWS * perRow);
  }

  uint16(perRow: number): Uint16Array {
    return new Uint16Array(this.#memory, this.#take(2 * perRow), BATCH_ROWS * perRow);
  }

  int32(perRow: number): Int32Array {
    return new Int32Array(this.#memory, this.#take(4 * perRow), BATCH_ROWS * perRow);
  }

  uint32(perRow: number): Uint32Array {
    return new Uint32Array(this.#memory, this.#take(4 * perRow), BATCH_ROWS * perRow);
  }

  float64(perRow: number): Float64Array {
    return new Float64Array(this.#memory, this.#take(8 * perRow), BATCH_ROWS * perRow);
  }

  #take(rowBytes: number): number {
    const at = this.#used;
    this.#used += BATCH_ROWS * rowBytes + GAP_BYTES;
    return at;
  }
}

/**
 * TCP segments as columns (struct of arrays); row `i` of every column is one segment, in capture order.
 *
 * Written by `decode`, read by the tracker, reused for the next batch: nobody may keep a reference to a row.
 */
export class SegmentBatch {
  count = 0;
  /** Frame number in the capture, from 1. */
  readonly frame: Uint32Array;
  /** Nanoseconds after `TimeBase.epochSeconds`. */
  readonly timeNanos: Float64Array;
  /** Index of the interface within the session (not within the section). */
  readonly interfaceIndex: Uint16Array;
  /** 4 or 6. */
  readonly ipVersion: Uint8Array;
  /** Four big-endian 32-bit words per row; IPv4 uses word 0, words 1..3 are 0. */
  readonly sourceAddress: Int32Array;
  readonly destinationAddress: Int32Array;
  readonly sourcePort: Uint16Array;
  readonly destinationPort: Uint16Array;
  /** VLAN / VNI / tunnel identity that tells equal tuples apart; 0 when there is none. */
  readonly scope: Int32Array;
  /** Time to live or hop limit. */
  readonly ttl: Uint8Array;
  /** IPv4 identification; 0 for IPv6. */
  readonly ipId: Uint16Array;
  /** `TcpFlag` bits. */
  readonly flags: Uint16Array;
  readonly seq: Uint32Array;
  readonly ack: Uint32Array;
  /** Window field as on the wire, not scaled. */
  readonly window: Uint16Array;
  /** TCP checksum field as on the wire. */
  readonly checksum: Uint16Array;
  /** Payload length in bytes by the IP length, whatever was captured. */
  readonly payloadBytes: Uint32Array;
  /** `TcpOption` bits. */
  readonly options: Uint8Array;
  readonly mss: Uint16Array;
  /** Shift count; only with `TcpOption.WINDOW_SCALE`. */
  readonly windowScale: Uint8Array;
  readonly tsVal: Uint32Array;
  readonly tsEcr: Uint32Array;
  /** SACK ranges in this row, 0..4; range `k` is `sackEdges[8 * i + 2 * k]` .. `[8 * i + 2 * k + 1]` (exclusive). */
  readonly sackCount: Uint8Array;
  readonly sackEdges: Uint32Array;
  /** `RowOrigin` bits. */
  readonly origin: Uint8Array;
  /** ICMP errors that quote a TCP segment, in capture order; rare, so plain objects. */
  readonly icmpErrors: IcmpError[] = [];

  readonly timeBase: TimeBase;

  /** `memory` has `BATCH_BYTES` bytes from `offset` on, all 0; it may be shared between threads. */
  constructor(timeBase: TimeBase, memory: ArrayBufferLike = new ArrayBuffer(BATCH_BYTES), offset = 0) {
    this.timeBase = timeBase;
    const columns = new Columns(memory, offset);
    this.frame = columns.uint32(1);
    this.timeNanos = columns.float64(1);
    this.interfaceIndex = columns.uint16(1);
    this.ipVersion = columns.uint8(1);
    this.sourceAddress = columns.int32(4);
    this.destinationAddress = columns.int32(4);
    this.sourcePort = columns.uint16(1);
    this.destinationPort = columns.uint16(1);
    this.scope = columns.int32(1);
    this.ttl = columns.uint8(1);
    this.ipId = columns.uint16(1);
    this.flags = columns.uint16(1);
    this.seq = columns.uint32(1);
    this.ack = columns.uint32(1);
    this.window = columns.uint16(1);
    this.checksum = columns.uint16(1);
    this.payloadBytes = columns.uint32(1);
    this.options = columns.uint8(1);
    this.mss = columns.uint16(1);
    this.windowScale = columns.uint8(1);
    this.tsVal = columns.uint32(1);
    this.tsEcr = columns.uint32(1);
    this.sackCount = columns.uint8(1);
    this.sackEdges = columns.uint32(8);
    this.origin = columns.uint8(1);
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
