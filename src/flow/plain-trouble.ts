/**
 * What often goes wrong with a plain connection and leaves nothing behind once it is put right: a SYN or SYN-ACK sent
 * again, data sent again or out of order before any FIN, the acknowledgments that are repeated meanwhile.
 *
 * Whatever might be something else (a copy made by the capture or by the network, a probe, a gap of the capture) is left
 * to the machine.
 */
import { seqAdd, seqDiff } from '../tcp/seq.ts';
import { TcpFlag } from '../wire/batch.ts';
import { DUPLICATE_NANOS, isLateCopy, SHORTEST_SYN_TIMER_NANOS } from './handshake.ts';
import { Course, FIN_BITS, noteKind, Plain, PlainStage, REPEATS_SHIFT } from './plain-record.ts';
import { FORM_BITS, hasTimestamps, isSameSegment, type Segment } from './segment.ts';

/** Rows until the connection is open, those of the third segment and of SYNs sent again included. */
const MAX_OPENING_ROWS = 8;
/** Octets that may come before those of a hole: more than a window is no reordering. */
const MAX_HOLE_BYTES = 1 << 20;
/** With fewer octets it may be a probe. */
const LEAST_PAYLOAD_BYTES = 2;

/** A record, and what has come so far. */
export interface PlainRecord {
  readonly words: Int32Array;
  /** Where the record begins in `words`. */
  readonly at: number;
  /** Time since the latest segment, nanoseconds. */
  readonly ageNanos: number;
  /** Reads what has come. */
  readonly earlier: () => readonly Segment[];
  /** Copies of one segment that are worth a finding. */
  readonly manyCopies: number;
}

/** Takes in a segment of one of these sorts; false, with nothing changed, if it is none of them. */
export function takeTrouble(record: PlainRecord, segment: Segment): boolean {
  const { words, at } = record;
  const isByClient = segment.from === words[at + Plain.CLIENT];
  switch (words[at + Plain.STAGE]) {
    case PlainStage.SYN:
      return isByClient && takeSynAgain(record, segment);
    case PlainStage.ANSWERED:
      return !isByClient && takeSynAckAgain(record, segment);
    case PlainStage.OPEN:
    case PlainStage.HOLE_0:
    case PlainStage.HOLE_1:
      return takeOpenTrouble(record, segment);
    default:
      return false;
  }
}

function takeSynAgain({ words, at, ageNanos, earlier }: PlainRecord, segment: Segment): boolean {
  if (ageNanos < SHORTEST_SYN_TIMER_NANOS || !isAgain(segment, earlier())) return false;
  words[at + Plain.COURSE] |= Course.SYN_AGAIN;
  return true;
}

function takeSynAckAgain({ words, at, ageNanos, earlier }: PlainRecord, segment: Segment): boolean {
  if (ageNanos < SHORTEST_SYN_TIMER_NANOS || segment.window === 0) return false;
  const segments = earlier();
  const copies = segments.filter(({ from }) => from === segment.from);
  if (segments.length > MAX_OPENING_ROWS || segment.ack !== copies[0]?.ack || !isAgain(segment, copies)) return false;
  words[at + Plain.COURSE] |= Course.SYN_ACK_AGAIN;
  return true;
}

/** Whether a SYN or SYN-ACK was sent again by its sender, with the same options. */
function isAgain(segment: Segment, copies: readonly Segment[]): boolean {
  const [first] = copies;
  if (first === undefined || copies.length >= MAX_OPENING_ROWS || segment.payloadBytes > 0) return false;
  if (segment.flags !== first.flags || segment.seq !== first.seq || segment.options !== first.options) return false;
  return !isLateCopy(segment, copies);
}

/**
 * Index of the copy of a SYN that the SYN-ACK answers, as far as its time stamp tells (0 if there is none); -1 if it
 * echoes none of them.
 */
export function answeredCopy(copies: readonly Segment[], answer: Segment): number {
  if (!hasTimestamps(copies[0]) || !hasTimestamps(answer)) return 0;
  return copies.findIndex(({ tsVal }) => tsVal === answer.tsEcr);
}

function takeOpenTrouble(record: PlainRecord, segment: Segment): boolean {
  const { words, at, ageNanos, earlier } = record;
  const { from, flags, ack, payloadBytes, window } = segment;
  const peer = 1 - from;
  if ((flags & FORM_BITS) !== TcpFlag.ACK || window === 0) return false;
  if ((words[at + Plain.SEEN] & FIN_BITS) !== 0) return false;
  if (seqDiff(ack, words[at + Plain.NXT + peer]) > 0 || seqDiff(ack, words[at + Plain.ISN + peer]) <= 0) return false;
  if (ageNanos <= DUPLICATE_NANOS && earlier().some((each) => isDoubled(each, segment))) return false;
  if (!(payloadBytes === 0 ? isAckAgain(record, segment) : takeData(record, segment))) return false;
  words[at + Plain.COURSE] |= Course.TROUBLE | (payloadBytes > words[at + Plain.MSS] ? Course.REMARKABLE : 0);
  if (seqDiff(ack, words[at + Plain.ACK + from]) > 0) words[at + Plain.ACK + from] = ack;
  words[at + Plain.WINDOW + from] = window;
  noteKind(words, at, from, payloadBytes);
  return true;
}

/** Whether the capture may have the same segment twice. */
function isDoubled(earlier: Segment, segment: Segment): boolean {
  if (earlier.from !== segment.from || segment.timeNanos - earlier.timeNanos > DUPLICATE_NANOS) return false;
  return isSameSegment(earlier, segment);
}

/** Whether the segment is a pure acknowledgment that tells nothing new, or only which octets came out of order. */
function isAckAgain({ words, at }: PlainRecord, { from, seq, ack }: Segment): boolean {
  const hasPeerSent = (words[at + Plain.SEEN] & (4 << (1 - from))) !== 0;
  if (!hasPeerSent || seqDiff(ack, words[at + Plain.ACK + from]) < 0) return false;
  const isAhead = words[at + Plain.STAGE] === holeOf(from);
  return seqDiff(seq, words[at + (isAhead ? Plain.AHEAD + 1 : Plain.NXT + from)]) === 0;
}

function takeData(record: PlainRecord, segment: Segment): boolean {
  const { words, at } = record;
  const { from, seq, payloadBytes } = segment;
  const hasPeerSent = (words[at + Plain.SEEN] & (20 << (1 - from))) !== 0;
  if (payloadBytes < LEAST_PAYLOAD_BYTES || !hasPeerSent) return false;
  const end = seqAdd(seq, payloadBytes);
  const ahead = seqDiff(seq, words[at + Plain.NXT + from]);
  if (seqDiff(end, words[at + Plain.NXT + from]) <= 0) {
    if (seqDiff(seq, words[at + Plain.ISN + from]) <= 0) return false;
    countRepeat(record);
    return true;
  }
  switch (words[at + Plain.STAGE]) {
    case PlainStage.OPEN:
      if (ahead <= 0 || ahead > MAX_HOLE_BYTES) return false;
      words[at + Plain.STAGE] = holeOf(from);
      words[at + Plain.AHEAD] = seq;
      words[at + Plain.AHEAD + 1] = end;
      return true;
    case holeOf(from):
      return ahead === 0 ? fillHole(record, end) : extendAhead(record, seq, end);
    default:
      if (ahead !== 0) return false;
      words[at + Plain.NXT + from] = end;
      return true;
  }
}

function holeOf(from: 0 | 1): number {
  return from === 0 ? PlainStage.HOLE_0 : PlainStage.HOLE_1;
}

/** The octets that were missing, or some of them: sent again or late. */
function fillHole(record: PlainRecord, end: number): boolean {
  const { words, at } = record;
  const holder = words[at + Plain.STAGE] - PlainStage.HOLE_0;
  const left = seqDiff(words[at + Plain.AHEAD], end);
  if (left < 0) return false;
  countRepeat(record);
  words[at + Plain.NXT + holder] = left === 0 ? words[at + Plain.AHEAD + 1] : end;
  if (left === 0) words[at + Plain.STAGE] = PlainStage.OPEN;
  return true;
}

function extendAhead({ words, at }: PlainRecord, seq: number, end: number): boolean {
  if (seqDiff(seq, words[at + Plain.AHEAD + 1]) !== 0) return false;
  words[at + Plain.AHEAD + 1] = end;
  return true;
}

/** Once there are so many that they may be copies of one segment, the machine has to look. */
function countRepeat({ words, at, manyCopies }: PlainRecord): void {
  words[at + Plain.COURSE] += 1 << REPEATS_SHIFT;
  if ((words[at + Plain.COURSE] >>> REPEATS_SHIFT) + 1 >= manyCopies) words[at + Plain.COURSE] |= Course.REMARKABLE;
}
