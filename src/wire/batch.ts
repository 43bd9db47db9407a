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
} as const;

/** Rows in one batch: small enough to stay in the second-level cache. */
export const BATCH_ROWS = 1024;

/**
 * TCP segments as columns (struct of arrays); row `i` of every column is one segment, in capture order.
 *
 * Written by `decode`, read by the tracker, reused for the next batch: nobody may keep a reference to a row.
 */
export class SegmentBatch {
  count = 0;
  /** Frame number in the capture, from 1. */
  readonly frame = new Uint32Array(BATCH_ROWS);
  /** Nanoseconds after `TimeBase.epochSeconds`. */
  readonly timeNanos = new Float64Array(BATCH_ROWS);
  /** Index of the interface within the session (not within the section). */
  readonly interfaceIndex = new Uint16Array(BATCH_ROWS);
  /** 4 or 6. */
  readonly ipVersion = new Uint8Array(BATCH_ROWS);
  /** Four big-endian 32-bit words per row; IPv4 uses word 0, words 1..3 are 0. */
  readonly sourceAddress = new Int32Array(BATCH_ROWS * 4);
  readonly destinationAddress = new Int32Array(BATCH_ROWS * 4);
  readonly sourcePort = new Uint16Array(BATCH_ROWS);
  readonly destinationPort = new Uint16Array(BATCH_ROWS);
  /** VLAN / VNI / tunnel identity that tells equal tuples apart; 0 when there is none. */
  readonly scope = new Int32Array(BATCH_ROWS);
  /** Time to live or hop limit. */
  readonly ttl = new Uint8Array(BATCH_ROWS);
  /** IPv4 identification; 0 for IPv6. */
  readonly ipId = new Uint16Array(BATCH_ROWS);
  /** `TcpFlag` bits. */
  readonly flags = new Uint16Array(BATCH_ROWS);
  readonly seq = new Uint32Array(BATCH_ROWS);
  readonly ack = new Uint32Array(BATCH_ROWS);
  /** Window field as on the wire, not scaled. */
  readonly window = new Uint16Array(BATCH_ROWS);
  /** TCP checksum field as on the wire. */
  readonly checksum = new Uint16Array(BATCH_ROWS);
  /** Payload length in bytes by the IP length, whatever was captured. */
  readonly payloadBytes = new Uint32Array(BATCH_ROWS);
  /** `TcpOption` bits. */
  readonly options = new Uint8Array(BATCH_ROWS);
  readonly mss = new Uint16Array(BATCH_ROWS);
  /** Shift count; only with `TcpOption.WINDOW_SCALE`. */
  readonly windowScale = new Uint8Array(BATCH_ROWS);
  readonly tsVal = new Uint32Array(BATCH_ROWS);
  readonly tsEcr = new Uint32Array(BATCH_ROWS);
  /** SACK ranges in this row, 0..4; range `k` is `sackEdges[8 * i + 2 * k]` .. `[8 * i + 2 * k + 1]` (exclusive). */
  readonly sackCount = new Uint8Array(BATCH_ROWS);
  readonly sackEdges = new Uint32Array(BATCH_ROWS * 8);
  /** `RowOrigin` bits. */
  readonly origin = new Uint8Array(BATCH_ROWS);
  /** ICMP errors that quote a TCP segment, in capture order; rare, so plain objects. */
  readonly icmpErrors: IcmpError[] = [];

  readonly timeBase: TimeBase;

  constructor(timeBase: TimeBase) {
    this.timeBase = timeBase;
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
