import type { Segment } from '../../src/flow/segment.ts';
import {
  ORIGIN_SHIFT,
  ROW_DOUBLES,
  ROW_WORDS,
  SACK_SHIFT,
  type SegmentBatch,
  TTL_SHIFT,
  Word,
} from '../../src/wire/batch.ts';

/** Addresses, four words each, and ports. */
export interface BatchTuple {
  readonly ipVersion: number;
  readonly source: ArrayLike<number>;
  readonly destination: ArrayLike<number>;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

/** Writes the tuple of a row. */
export function putTuple(batch: SegmentBatch, row: number, tuple: BatchTuple): void {
  const { words } = batch;
  const at = row * ROW_WORDS;
  words[at + Word.IP_VERSION] = tuple.ipVersion;
  words.set(tuple.source, at + Word.SOURCE);
  words.set(tuple.destination, at + Word.DESTINATION);
  words[at + Word.PORTS] = (tuple.sourcePort << 16) | tuple.destinationPort;
}

/** Writes what a row has of its segment. */
export function putSegment(batch: SegmentBatch, row: number, segment: Omit<Segment, 'from'>): void {
  const { words } = batch;
  const at = row * ROW_WORDS;
  batch.nanos[row * ROW_DOUBLES] = segment.timeNanos;
  words[at + Word.FRAME] = segment.frame;
  words[at + Word.SEQ] = segment.seq;
  words[at + Word.ACK] = segment.ack;
  words[at + Word.PAYLOAD] = segment.payloadBytes;
  words[at + Word.FLAGS] = segment.flags | ((segment.sack.length / 2) << SACK_SHIFT) | (segment.ttl << TTL_SHIFT);
  words[at + Word.WINDOW] = segment.window | (segment.ipId << 16);
  words[at + Word.CHECKSUM] = segment.checksum | (segment.mss << 16);
  words[at + Word.OPTIONS] = segment.options | (segment.windowScale << 8) | (segment.origin << ORIGIN_SHIFT);
  words[at + Word.TSVAL] = segment.tsVal;
  words[at + Word.TSECR] = segment.tsEcr;
  words.set(segment.sack, at + Word.SACK);
}
