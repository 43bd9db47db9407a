/** What several detectors ask of the end of a connection. */
import { type Sentence, say } from '../base/sentence.ts';
import type { Connection, ResetRecord } from '../flow/connection.ts';
import type { Moment } from '../flow/history.ts';
import type { Segment } from '../flow/segment.ts';
import { goesOnFor, isOneWay } from '../flow/settle.ts';
import { seqAdd, seqDiff } from '../tcp/seq.ts';

const MINIMUM_REACTION_NANOS = 100_000_000;

/** A FIN that no captured segment acknowledges. */
export interface UncoveredFin {
  /** The end that sent it. */
  readonly index: 0 | 1;
  /** First copy first, at least one. */
  readonly copies: readonly Segment[];
  readonly first: Segment;
  readonly last: Segment;
}

/** The FIN that was not acknowledged, the second one if neither was; null if there is none or its peer was never captured. */
export function findUncoveredFin(connection: Connection): UncoveredFin | null {
  if (isOneWay(connection) || connection.isSelfConnect) return null;
  for (const index of [connection.secondFinIndex, connection.firstFinIndex]) {
    if (index === -1) continue;
    const { finCopies: copies, finCover, isFinImplied } = connection.ends[index];
    if (finCover !== null || isFinImplied || copies.length === 0) continue;
    return { index, copies, first: copies[0], last: copies[copies.length - 1] };
  }
  return null;
}

/** Whether an acknowledgment of the FIN would have been seen: there was time for an answer to the first copy and to a repeat. */
export function couldBeCovered(connection: Connection, { copies, first }: UncoveredFin): boolean {
  if (copies.length < 2 || !goesOnFor(connection, first.timeNanos, connection.repeatNanos)) return false;
  return goesOnFor(connection, copies[1].timeNanos, Math.max(2 * connection.rttNanos, MINIMUM_REACTION_NANOS));
}

/** Octets of end `index` before its FIN, if it sent one, that the other end has not acknowledged. */
export function unacknowledgedBytes(connection: Connection, index: 0 | 1): number {
  const me = connection.ends[index];
  const peer = connection.ends[1 - index];
  if (peer.ackHigh === -1 || me.nxt === -1) return 0;
  return Math.max(0, seqDiff(me.fin === -1 ? me.nxt : me.fin, peer.ackHigh));
}

/** The reset with which an end that had sent its FIN answered what the other end, knowing of that FIN, sent. */
export interface ResetAfterFin {
  readonly reset: ResetRecord;
  /** The end that had closed, and that resets. */
  readonly index: 0 | 1;
  /** What it answers. */
  readonly provoking: Segment;
  /** First payload of the other end that the reset throws away; null when it answers a bare FIN or ACK. */
  readonly payload: Segment | null;
  /** From the first copy of the FIN to what the reset answers. */
  readonly waitedNanos: number;
}

/** The first reset of its sender, if it answers a segment that covers the FIN which the sender had sent before. */
export function findResetAfterFin(connection: Connection): ResetAfterFin | null {
  const [reset] = connection.resets;
  if (reset === undefined || reset.isWithdrawn || reset.shape !== 'reactive' || reset.provoking === null) return null;
  const { provoking, segment } = reset;
  const index = segment.from;
  const me = connection.ends[index];
  const [fin] = me.finCopies;
  if (fin === undefined || connection.isSelfConnect || seqDiff(provoking.ack, me.fin) <= 0) return null;
  const payload = provoking.payloadBytes > 0 ? provoking : findUnreadPayload(connection, segment);
  const waitedNanos = (payload ?? provoking).timeNanos - fin.timeNanos;
  return { reset, index, provoking, payload, waitedNanos };
}

/** Payload that was sent to the sender of the reset just before, and that it has not acknowledged. */
function findUnreadPayload(connection: Connection, reset: Segment): Segment | null {
  const { ackHigh } = connection.ends[reset.from];
  const reactionNanos = Math.max(2 * connection.rttNanos, MINIMUM_REACTION_NANOS);
  const found = connection.halfCloseSegments.find(
    ({ from, seq, ack, payloadBytes, timeNanos }) =>
      from !== reset.from &&
      ack === reset.seq &&
      reset.timeNanos >= timeNanos &&
      reset.timeNanos - timeNanos <= reactionNanos &&
      seqDiff(seqAdd(seq, payloadBytes), ackHigh) > 0,
  );
  return found ?? null;
}

/** `frame 7`, `frames 7 and 9`, `frames 7, 9 and 11`, `frames 7, 9, 11 ... 40`. */
export function frameList(segments: readonly Moment[]): Sentence {
  const frames = segments.map(({ frame }) => frame);
  const [a, b, c] = frames;
  const last = frames[frames.length - 1];
  switch (frames.length) {
    case 1:
      return say`frame ${last}`;
    case 2:
      return say`frames ${a} and ${last}`;
    case 3:
      return say`frames ${a}, ${b} and ${last}`;
    case 4:
      return say`frames ${a}, ${b}, ${c} and ${last}`;
    case 5:
      return say`frames ${a}, ${b}, ${c}, ${frames[3]} and ${last}`;
    default:
      return say`frames ${a}, ${b}, ${c} ... ${last}`;
  }
}
