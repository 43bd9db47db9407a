import type { End } from '../flow/vocabulary.ts';
import type { SegmentResult } from './result.ts';
import { otherEnd } from './words.ts';

/** Turns raw sequence numbers into small ones, counted from each end's initial sequence number. */
export interface SequenceBase {
  /** Octets from the base of `owner`'s numbers; negative when before it. */
  relativeSeq(owner: End, seq: number): number;
}

const HALF_SPACE = 0x8000_0000;
const IGNORED_FOR_BASE = ['syn-on-live', 'orphan', 'late', 'rst-ignored', 'rst-challenged'];

/**
 * Fixes the base of both ends: the sequence number of the SYN where one was captured; otherwise the first number seen
 * of that end counts as 1, as in Wireshark.
 */
export function createSequenceBase(segments: readonly SegmentResult[]): SequenceBase {
  const base = { client: findBase(segments, 'client'), server: findBase(segments, 'server') };
  return {
    relativeSeq(owner, seq) {
      const distance = (seq - base[owner]) >>> 0;
      return distance >= HALF_SPACE ? distance - 2 * HALF_SPACE : distance;
    },
  };
}

function findBase(segments: readonly SegmentResult[], end: End): number {
  const usable = segments.filter((segment) => !segment.labels.some((label) => IGNORED_FOR_BASE.includes(label)));
  const own = usable.filter((segment) => segment.from === end);
  const syn = own.find((segment) => segment.flags.includes('SYN'));
  if (syn !== undefined) return syn.seq;
  const first = own[0];
  if (first !== undefined) return first.labels.includes('rst-refuse') ? first.seq : first.seq - 1;
  const acked = usable.find((segment) => segment.from === otherEnd(end) && segment.flags.includes('ACK'));
  return acked === undefined ? 0 : acked.ack - 1;
}
