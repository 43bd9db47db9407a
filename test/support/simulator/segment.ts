import type { End } from '../../../src/flow/vocabulary.ts';
import type { TcpState } from '../../../src/tcp/states.ts';

/** One segment as an end sent it; a copy made by the network is the same object. */
export interface SimSegment {
  /** Unique in the run, ascending by time of sending. */
  serial: number;
  from: End;
  /** Number of the sender's socket (incarnation) in its host; -1 for a segment that no socket sent. */
  socket: number;
  sentNanos: number;
  /** State of the sender once it had sent it. */
  senderState: TcpState;
  flags: number;
  seq: number;
  ack: number;
  /** As on the wire, not scaled. */
  window: number;
  payloadBytes: number;
  ipId: number;
  timestamps: { val: number; ecr: number } | null;
  /** Only on SYN. */
  mss: number | null;
  windowScale: number | null;
  sackPermitted: boolean;
  /** First octet and the one after the last; a D-SACK comes first. */
  sack: [number, number][];
  /** Octets or flags of it had been sent before. */
  retransmission: boolean;
}

export const before = (a: number, b: number): boolean => ((a - b) | 0) < 0;
export const after = (a: number, b: number): boolean => ((a - b) | 0) > 0;
export const add = (seq: number, count: number): number => (seq + count) >>> 0;

export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const PSH = 0x08;
export const ACK = 0x10;

/** Sequence numbers it takes: payload, SYN and FIN. */
export function sequenceLength(segment: { flags: number; payloadBytes: number }): number {
  return segment.payloadBytes + (segment.flags & SYN ? 1 : 0) + (segment.flags & FIN ? 1 : 0);
}

export const peerOf = (end: End): End => (end === 'client' ? 'server' : 'client');
