/**
 * Which of the four waves of a close was lost, and on which side of the tap. A FIN that is repeated tells that it or its
 * acknowledgment was lost; which of the two, the acknowledgment tells that is seen at last:
 *
 *     FIN ... FIN ... ACK   reports a duplicate (RFC 2883)           a copy had arrived before: an ACK never passed the tap
 *                           no duplicate though SACK is on           the earlier copies did not arrive
 *                           from TIME_WAIT, echoes the first copy    as a duplicate: TIME_WAIT keeps the first time stamp
 *                           from TIME_WAIT, echoes a later copy      the copies before that one did not arrive
 *     FIN ... ACK ... FIN   more than a round trip after the ACK     the ACK passed the tap and did not arrive
 *
 * An ACK that may have been under way when the FIN was repeated was only late; it proves no loss. After FINs that crossed,
 * the repeat itself may move its receiver from CLOSING to TIME_WAIT, which reports no duplicates: nothing is concluded.
 */
import {
  CROSSING_VARIATION,
  ENOUGH_TICKS,
  LONGEST_DELAYED_ACK_NANOS,
  NO_CROSSING_NANOS,
  REPLY_SLACK_NANOS,
  SHORTEST_TIMER_NANOS,
  TICK_TOLERANCE,
} from '../core/timing.ts';
import { seqDiff } from '../tcp/seq.ts';
import { type Connection, type LostWave, RTT_VARIATION } from './connection.ts';
import type { EndTrack } from './end.ts';
import type { Moment } from './history.ts';
import { hasTimestamps, isSentBefore, type Segment } from './segment.ts';

/** What carries data or a FIN and comes later than this (Linux, TCP_DELACK_MIN) may follow an ACK alone, or be a repeat. */
export const SHORTEST_DELAYED_ACK_NANOS = 40_000_000;
const MAX_EVIDENCE_FRAMES = 16;
/** Ticks of 1 µs (Linux, on request), 1 ms (most), 2 to 10 ms (older kernels) and 100 ms. */
const USUAL_TICKS_NANOS = [1_000, 1_000_000, 2_000_000, 4_000_000, 10_000_000, 100_000_000];
const SHORTEST_LINUX_TIMER_NANOS = 200_000_000;

/**
 * Judges the first ACK (of `me`) that covers a FIN (of `peer`) after the FIN was repeated: notes the wave that was lost,
 * and returns the first copy of the FIN if that copy is known to have arrived.
 */
export function judgeFirstCover(
  connection: Connection,
  me: EndTrack,
  peer: EndTrack,
  segment: Segment,
): Segment | null {
  const copies = peer.finCopies;
  const [first] = copies;
  const last = copies[copies.length - 1];
  if (!copies.some((copy) => isTimedRepeat(connection, first, copy))) return null;
  const finWave = finWaveOf(connection, peer);
  const ackWave = finWave === 1 ? 2 : 4;
  const isAckDue = last.timeNanos - first.timeNanos >= LONGEST_DELAYED_ACK_NANOS;
  if (reportsDuplicate(peer, segment)) {
    if (lackedFin(connection, me, peer, segment)) return null;
    if (isAckDue) note(connection, ackWave, 'before-tap', 'd-sack', copies, segment);
    return first;
  }
  if (connection.isCrossingClose && me.finCover !== null) return null;
  const isFrozen = me.state === 'FIN_WAIT_2' || me.state === 'TIME_WAIT';
  const isSackOn = me.sackPermitted && peer.sackPermitted;
  const echoed = echoedCopy(copies, segment);
  if (echoed === first) {
    const isReply = (isFrozen || !isSackOn) && mayReply(connection, me, last, segment);
    if (isReply && isAckDue) note(connection, ackWave, 'before-tap', 'tsecr', copies, segment);
    return first;
  }
  if (peer.isFinOvertaken) return null;
  if (isFrozen) {
    if (echoed !== null) note(connection, finWave, 'past-tap', 'tsecr', copies, segment);
  } else if (isSackOn && isPromptReply(connection, me, echoed, [first, last], segment)) {
    note(connection, finWave, 'past-tap', 'no-d-sack', copies, segment);
  }
  return null;
}

/**
 * Whether the receiver still acknowledged no more than what is before the FIN when its first copy must have arrived long
 * ago: that copy was lost or thrown away, and what arrived twice is a later one.
 */
function lackedFin(connection: Connection, me: EndTrack, peer: EndTrack, segment: Segment): boolean {
  return me.recent.some(
    (each) =>
      each !== segment && seqDiff(each.ack, peer.fin) <= 0 && isPastCrossing(connection, peer.finCopies[0], each),
  );
}

/** A further ACK of a FIN that was not repeated since its first ACK: if it answers the repeat, nothing was lost. */
export function reviewCover(connection: Connection, peer: EndTrack, segment: Segment): void {
  const { finCopies, finCover } = peer;
  if (finCopies.length < 2 || finCover === null || connection.lostWaves.length === 0) return;
  const last = finCopies[finCopies.length - 1];
  if (last.timeNanos > finCover.timeNanos) return;
  if (segment.timeNanos - last.timeNanos > connection.rttNanos + REPLY_SLACK_NANOS) return;
  const finWave = finWaveOf(connection, peer);
  const isDuplicate = reportsDuplicate(peer, segment);
  const index = connection.lostWaves.findIndex(({ wave, side, evidence }) =>
    wave === finWave
      ? evidence === 'tsecr' || (evidence === 'no-d-sack' && isDuplicate)
      : wave === finWave + 1 && side === 'before-tap' && evidence === 'tsecr',
  );
  if (index !== -1) connection.lostWaves.splice(index, 1);
}

/** A FIN is repeated: whether an ACK of it that passed the tap was lost since. */
export function noteLostCover(connection: Connection, me: EndTrack, segment: Segment): void {
  const { firstSureCover, lastSureCover } = me;
  const [first] = me.finCopies;
  if (firstSureCover === null || lastSureCover === null || mayBeNetworkCopy(first, segment)) return;
  if (isHeldBack(me, segment) || mayBeFastRepeat(first, segment)) return;
  const copy = { timeNanos: sentNanos(me, segment) };
  if (!isPastCrossing(connection, firstSureCover, copy)) return;
  const cover = isPastCrossing(connection, lastSureCover, copy) ? lastSureCover : firstSureCover;
  const wave = finWaveOf(connection, me) === 1 ? 2 : 4;
  const known = connection.lostWaves.find((each) => each.wave === wave && each.side === 'past-tap');
  if (known === undefined) {
    const frames = [cover.frame, segment.frame];
    connection.lostWaves.push({ wave, side: 'past-tap', evidence: 'cover-seen', frames });
  } else if (known.frames.length < MAX_EVIDENCE_FRAMES) {
    if (!known.frames.includes(cover.frame)) known.frames.push(cover.frame);
    known.frames.push(segment.frame);
  }
}

/**
 * Whether a copy of a FIN was sent because a timer ran out, which takes longer than a round trip. A sooner copy may have
 * been doubled on the way, or is the ACK of a FIN that crossed it: stacks of BSD descent set FIN on that once more.
 */
export function isTimedRepeat(connection: Connection, first: Segment, copy: Segment): boolean {
  if (copy === first || isSentBefore(copy, first) || mayBeNetworkCopy(first, copy)) return false;
  if (isPastCrossing(connection, first, copy)) return true;
  return copy.ack === first.ack && copy.ipId !== 0 && first.ipId !== 0 && copy.ipId !== first.ipId;
}

/**
 * Notes a segment that follows its sender's FIN so soon that it may reach the receiver before it: the receiver then rejects
 * the FIN as too old (RFC 7323 §5), though it was not lost.
 */
export function noteOvertaking(connection: Connection, me: EndTrack, segment: Segment): void {
  const [first] = me.finCopies;
  if (first === undefined || !hasTimestamps(first) || isPastCrossing(connection, first, segment)) return;
  me.isFinOvertaken = true;
}

/** Whether a later segment of the same end was captured first: it was sent long before it was captured. */
export function isHeldBack(me: EndTrack, segment: Segment): boolean {
  return me.recent.some((each) => isSentBefore(segment, each));
}

/**
 * When a copy of a FIN would have been captured had it taken no longer to the capture point than the fastest of its sender's
 * segments, nanoseconds: time stamps tell how much later it was sent, once their clock is known. Never later than it came.
 */
export function sentNanos(
  { synCopies, finCopies, recent }: Pick<EndTrack, 'synCopies' | 'finCopies' | 'recent'>,
  copy: Segment,
): number {
  const [syn] = synCopies;
  const last = recent.at(-1);
  if (syn === undefined || last === undefined || ![syn, last, copy].every(hasTimestamps)) return copy.timeNanos;
  const tickNanos = tickNanosOf(syn, last);
  if (Number.isNaN(tickNanos)) return copy.timeNanos;
  let nanos = copy.timeNanos;
  for (const each of [syn, finCopies[0], ...recent]) {
    if (hasTimestamps(each))
      nanos = Math.min(nanos, each.timeNanos + (seqDiff(copy.tsVal, each.tsVal) + 1) * tickNanos);
  }
  return nanos;
}

/** The tick of a time stamp clock: the usual one that comes closest to what two segments show; NaN if they are too close. */
function tickNanosOf(first: Segment, last: Segment): number {
  const ticks = seqDiff(last.tsVal, first.tsVal);
  const nanos = (last.timeNanos - first.timeNanos) / ticks;
  if (ticks < ENOUGH_TICKS || !(nanos > 0)) return Number.NaN;
  return USUAL_TICKS_NANOS.find((usual) => nanos > usual / TICK_TOLERANCE && nanos < usual * TICK_TOLERANCE) ?? nanos;
}

/** Whether the network may have doubled the first copy: nothing tells the two apart, and no timer is that short. */
function mayBeNetworkCopy(first: Segment, copy: Segment): boolean {
  if (first.ipId !== 0 || hasTimestamps(first) || copy.checksum !== first.checksum) return false;
  return copy.timeNanos - first.timeNanos < SHORTEST_LINUX_TIMER_NANOS;
}

/** Whether the copy is too soon for a timer, so that an earlier segment called for it, and nothing tells when it was sent. */
function mayBeFastRepeat(first: Segment, copy: Segment): boolean {
  return !hasTimestamps(copy) && copy.timeNanos - first.timeNanos < SHORTEST_LINUX_TIMER_NANOS;
}

/** Whether `later` came so long after `earlier` of the other end, or its first copy, that delays cannot explain it. */
export function isPastCrossing(
  { rttNanos }: Pick<Connection, 'rttNanos'>,
  earlier: Pick<Segment, 'timeNanos'>,
  later: Pick<Segment, 'timeNanos'>,
): boolean {
  const allowedNanos = rttNanos * CROSSING_VARIATION + SHORTEST_TIMER_NANOS;
  return later.timeNanos - earlier.timeNanos > allowedNanos;
}

/** The wave that the FIN of an end is: 1 or 3. */
function finWaveOf(connection: Connection, end: EndTrack): 1 | 3 {
  return connection.ends[connection.firstFinIndex === 1 ? 1 : 0] === end ? 1 : 3;
}

/** Whether the first SACK range lies below the acknowledgment and holds the FIN: it arrived twice (RFC 2883 §4). */
function reportsDuplicate(peer: EndTrack, segment: Segment): boolean {
  const { sack, ack } = segment;
  return sack.length > 0 && seqDiff(sack[1], ack) <= 0 && seqDiff(sack[1], peer.fin) > 0;
}

/** The first copy of the FIN with the time stamp that the segment echoes; null if time stamps do not tell. */
function echoedCopy(copies: readonly Segment[], segment: Segment): Segment | null {
  if (!hasTimestamps(segment) || !copies.every(hasTimestamps)) return null;
  if (copies[1].tsVal === copies[0].tsVal) return null;
  return copies.find((copy) => copy.tsVal === segment.tsEcr) ?? null;
}

/** Whether there was time for the copy to reach `me` and for the segment to come back. */
function mayReply(connection: Connection, me: EndTrack, copy: Segment, segment: Segment): boolean {
  const legNanos = connection.legRttNanos[connection.indexOf(me)];
  if (Number.isNaN(legNanos)) return false;
  return legNanos < NO_CROSSING_NANOS || segment.timeNanos - copy.timeNanos >= legNanos / 2;
}

/** Whether the segment comes later than an answer to the copy would, also one that was delayed. */
function isTooLateFor(connection: Connection, me: EndTrack, copy: Segment, segment: Segment): boolean {
  const legNanos = connection.legRttNanos[connection.indexOf(me)];
  return segment.timeNanos - copy.timeNanos > legNanos * RTT_VARIATION + LONGEST_DELAYED_ACK_NANOS;
}

/** Whether the segment is the direct answer to the copy it echoes or, without time stamps, to the last one. */
function isPromptReply(
  connection: Connection,
  me: EndTrack,
  echoed: Segment | null,
  [first, last]: readonly [Segment, Segment],
  segment: Segment,
): boolean {
  if (echoed === null && (hasTimestamps(segment) || !mayReply(connection, me, last, segment))) return false;
  if (echoed === null && !isTooLateFor(connection, me, first, segment)) return false;
  return segment.timeNanos - (echoed ?? last).timeNanos <= connection.rttNanos + REPLY_SLACK_NANOS;
}

function note(
  connection: Connection,
  wave: LostWave['wave'],
  side: LostWave['side'],
  evidence: LostWave['evidence'],
  copies: readonly Segment[],
  segment: Segment,
): void {
  if (connection.lostWaves.some((each) => each.wave === wave && each.side === side)) return;
  connection.lostWaves.push({ wave, side, evidence, frames: evidenceOf(copies, segment) });
}

/** Frames of the copies of a FIN, if there are many the first of them, and of its acknowledgment. */
export function evidenceOf(copies: readonly Moment[], cover: Moment): number[] {
  return [...copies.slice(0, MAX_EVIDENCE_FRAMES - 1), cover].map(({ frame }) => frame);
}
