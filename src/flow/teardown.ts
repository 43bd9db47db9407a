/** FINs and the acknowledgments that cover them (RFC 9293 §3.6): the four waves of a close, and which of them was lost. */
import { seqAdd, seqDiff } from '../tcp/seq.ts';
import { TcpFlag } from '../wire/batch.ts';
import { type Connection, RTT_VARIATION } from './connection.ts';
import type { EndTrack } from './end.ts';
import { isLateCopy } from './handshake.ts';
import {
  isHeldBack,
  judgeFirstCover,
  noteLostCover,
  reviewCover,
  SHORTEST_DELAYED_ACK_NANOS,
  sentNanos,
} from './lost-wave.ts';
import { lacksSegments } from './quality.ts';
import { hasTimestamps, type Segment, sequenceLength } from './segment.ts';

const MAX_FIN_COPIES = 64;
/** Refutations after which an acknowledgment is no longer taken to have arrived. */
const PATIENCE = 2;

/** Whether an acknowledgment covers the FIN of an end. */
export function coversFin(end: EndTrack, ack: number): boolean {
  return end.fin !== -1 && seqDiff(ack, end.fin) > 0;
}

/** The ACK of `segment` covers the FIN of `peer`; called for every such segment. */
export function takeCover(connection: Connection, me: EndTrack, peer: EndTrack, segment: Segment): void {
  const isFirst = peer.finCover === null;
  const isPure = segment.payloadBytes === 0 && (segment.flags & TcpFlag.FIN) === 0;
  if (isFirst) {
    peer.finCover = segment;
    connection.label(coverLabel(connection, peer));
    const isRefuted = refuteByRepeat(connection, me, segment);
    if (hasCoverAfterAll(me, peer, segment)) connection.receives(me, 'fin-covered', segment);
    const copy = judgeFirstCover(connection, me, peer, segment);
    const isGuess = connection.isCrossingClose && me.state === 'TIME_WAIT';
    me.mayBeClosing = mayBeClosing(connection, me, peer, segment);
    const basis = isGuess || !provesState(connection, me, peer, segment) ? 'assumed' : 'proven';
    if (copy === null) connection.sends(me, 'cover-of-fin', segment, basis);
    else connection.sends(me, 'cover-of-fin', copy, basis, basis === 'proven' ? segment.frame : 0);
    if (isRefuted && me.lastCover !== null && !connection.isBeyondRtt(me.lastCover.timeNanos, segment.timeNanos)) {
      connection.receives(me, 'fin-covered', segment);
    }
  } else if (isPure) {
    if (peer.awaitsRepeatAck) connection.label('ack-of-fin-repeat');
    if (peer.finCopies.length > 1) reviewCover(connection, peer, segment);
  }
  if (isPure || isFirst) peer.awaitsRepeatAck = false;
  proveCloseWait(connection, me, peer, segment);
  if (isTooOld(peer, segment)) return;
  peer.lastCover = segment;
  const isResent = segment.payloadBytes > 0 && seqDiff(seqAdd(segment.seq, segment.payloadBytes), me.nxt) <= 0;
  if (isResent) return;
  peer.firstSureCover ??= segment;
  peer.lastSureCover = segment;
}

/** Whether the receiver has all octets of the segment already: it drops it with its acknowledgment (RFC 9293 §3.10.7.4, first). */
function isTooOld({ ackHigh }: EndTrack, segment: Segment): boolean {
  return ackHigh !== -1 && seqDiff(seqAdd(segment.seq, sequenceLength(segment)), ackHigh) < 0;
}

/** What lay before the cover was captured after all, and was no FIN. */
function proveCloseWait(connection: Connection, me: EndTrack, peer: EndTrack, segment: Segment): void {
  const { finCover } = peer;
  if (me.state !== 'CLOSE_WAIT' || me.fin !== -1 || me.textEnd === -1 || finCover === null) return;
  if (finCover.frame < peer.finCopies[0]?.frame || finCover.payloadBytes > 0 || (finCover.flags & TcpFlag.FIN) !== 0)
    return;
  if (!isBehind(me.textEnd, me, peer, finCover)) connection.proves(me, 'CLOSE_WAIT', segment);
}

/** Whether octets that the end has sent so far were not captured: its FIN may be among them. */
export function mayFollowOwnFin(me: EndTrack, peer: EndTrack, segment: Segment): boolean {
  if (me.fin !== -1) return false;
  if (me.textEnd === -1) return true;
  const end = seqAdd(segment.seq, segment.payloadBytes);
  if (segment.payloadBytes > 0 && seqDiff(end, me.nxt) < 0) return true;
  const textEnd = segment.payloadBytes > 0 && me.mayHideFin(end) ? end : me.textEnd;
  return isBehind(textEnd, me, peer, segment);
}

/** Whether the end has sent something behind `textEnd`, if only an ACK with a number that is. */
function isBehind(textEnd: number, me: EndTrack, peer: EndTrack, { seq }: Segment): boolean {
  if ([seq, me.nxt, peer.ackHigh].some((sent) => sent !== -1 && seqDiff(sent, textEnd) > 0)) return true;
  return me.recent.some((each) => (each.flags & TcpFlag.RST) === 0 && seqDiff(each.seq, textEnd) > 0);
}

/**
 * Whether a FIN or data that covers the other FIN may be a repeat, from a later state: the capture lacks segments, or the ACK
 * alone was due before.
 */
function mayBeRepeat(connection: Connection, me: EndTrack, peer: EndTrack, segment: Segment): boolean {
  if ((segment.flags & TcpFlag.FIN) === 0 && segment.payloadBytes === 0) return false;
  const answered = peer.finCopies[0];
  const legNanos = connection.legRttNanos[connection.indexOf(me)];
  if (answered === undefined || lacksSegments(connection)) return lacksSegments(connection);
  const dueNanos =
    (Number.isNaN(legNanos) ? connection.rttNanos : legNanos) * RTT_VARIATION + SHORTEST_DELAYED_ACK_NANOS;
  return segment.timeNanos - answered.timeNanos > dueNanos;
}

/** Whether the end answers a FIN that crossed its own: proof of CLOSING as soon as its own FIN is seen to be covered. */
function mayBeClosing(connection: Connection, me: EndTrack, peer: EndTrack, segment: Segment): boolean {
  if (me.state !== 'FIN_WAIT_1' && me.state !== 'CLOSING') return false;
  const last = peer.finCopies.at(-1);
  return last !== undefined && isFinWaitProven(me) && isPromptReply(connection, last, segment);
}

/** Whether the first cover of a FIN leaves no doubt about the state in which it was sent. */
function provesState(connection: Connection, me: EndTrack, peer: EndTrack, segment: Segment): boolean {
  switch (me.state) {
    case 'FIN_WAIT_1':
    case 'CLOSING':
      return false;
    case 'FIN_WAIT_2':
    case 'TIME_WAIT':
      return (
        peer.finCopies.length > 0 && isFinWaitProven(me) && peer.finCopies.every((copy) => coversFin(me, copy.ack))
      );
    default:
      return !mayFollowOwnFin(me, peer, segment) && !mayBeRepeat(connection, me, peer, segment);
  }
}

/** Whether the end is known to have sent its FIN before it received the other. */
function isFinWaitProven({ history }: EndTrack): boolean {
  return history.entries.some(
    ({ state, basis, withdrawnFrame }) => state === 'FIN_WAIT_1' && basis === 'proven' && withdrawnFrame === 0,
  );
}

/** Whether the segment answers the FIN itself: a later one may answer a copy that was not captured and acknowledges more. */
function isPromptReply(connection: Connection, fin: Segment, segment: Segment): boolean {
  return segment.timeNanos - fin.timeNanos <= connection.rttNanos * RTT_VARIATION + SHORTEST_DELAYED_ACK_NANOS;
}

/** A repeat of a FIN that is the first to cover the peer's: whoever sends it has not got the cover of its own so far. */
function refuteByRepeat(connection: Connection, me: EndTrack, segment: Segment): boolean {
  if ((segment.flags & TcpFlag.FIN) === 0 || me.state !== 'FIN_WAIT_2' || me.finCover === null) return false;
  if (!connection.isBeyondRtt(me.finCover.timeNanos, segment.timeNanos)) return false;
  if (isLateCopy(segment, me.finCopies)) return false;
  if (!connection.sends(me, 'fin-repeat-refuting', segment)) return false;
  me.coverRefutations++;
  return true;
}

/** What the cover does to the end whose FIN it is; `isFinSegment` when the segment also carries a FIN. */
export function receiveCover(connection: Connection, peer: EndTrack, segment: Segment, isFinSegment: boolean): void {
  if (peer.coverRefutations >= PATIENCE && peer.state === 'LAST_ACK') return;
  if (peer.state !== 'FIN_WAIT_1' && peer.state !== 'CLOSING' && peer.state !== 'LAST_ACK') return;
  if (isTooOld(peer, segment)) return;
  if (peer.mayBeClosing && peer.state === 'CLOSING') connection.proves(peer, 'CLOSING', segment);
  connection.receives(peer, isFinSegment ? 'fin-with-cover' : 'fin-covered', segment);
}

function coverLabel(connection: Connection, peer: EndTrack): 'ack-of-crossing-fin' | 'ack-of-fin-1' | 'ack-of-fin-2' {
  if (connection.isCrossingClose) return 'ack-of-crossing-fin';
  return connection.firstFinIndex === connection.indexOf(peer) ? 'ack-of-fin-1' : 'ack-of-fin-2';
}

/**
 * Whether an end that is about to acknowledge the other FIN has the cover of its own: a repeat told that it had not arrived, but
 * no copy of that FIN came without.
 */
function hasCoverAfterAll(me: EndTrack, peer: EndTrack, segment: Segment): boolean {
  if (me.state !== 'FIN_WAIT_1' || peer.finCopies.length === 0 || (segment.flags & TcpFlag.FIN) !== 0) return false;
  return me.finCopies.length > 1 && peer.finCopies.every((copy) => coversFin(me, copy.ack));
}

/** The FIN of a segment; called after what its ACK does to the sender. */
export function takeFin(connection: Connection, me: EndTrack, peer: EndTrack, segment: Segment): void {
  connection.current.phase = 'teardown';
  me.finCount++;
  const fin = seqAdd(segment.seq, segment.payloadBytes);
  if (me.fin === -1 || me.isFinImplied) takeFirstFin(connection, me, peer, segment, fin);
  else takeFinCopy(connection, me, peer, segment, fin);
}

function takeFirstFin(connection: Connection, me: EndTrack, peer: EndTrack, segment: Segment, fin: number): void {
  const index = connection.indexOf(me);
  const wasImplied = me.isFinImplied;
  me.fin = fin;
  me.isFinImplied = false;
  me.finCopies.push(segment);
  me.isFinOvertaken = hasTimestamps(segment) && me.recent.some((each) => isNewer(each, segment));
  const isSecond = connection.firstFinIndex !== -1 && connection.firstFinIndex !== index;
  const wasCovered = peer.ackHigh !== -1 && coversFin(me, peer.ackHigh);
  const isCrossing = isSecond && peer.fin !== -1 && peer.finCover === null && me.finCover === null && !wasCovered;
  const isLate = isSecond && me.finCover === null && isOvertaken(me, peer, segment);
  const cover = isLate && !wasCovered ? peer.finCover : null;
  if (isSecond) connection.secondFinIndex = index;
  else connection.firstFinIndex = index;
  if (isLate) me.history.withdraw(segment);
  if (isCrossing || cover !== null) {
    connection.isCrossingClose = true;
    connection.label('fin-crossing');
  } else connection.label(isSecond ? 'fin-2' : 'fin-1');
  if (peer.fin !== -1) proveByFin(connection, me, peer, segment);
  if (wasImplied) connection.sends(me, 'fin-repeat-refuting', segment);
  else connection.sends(me, 'fin', segment, isFirstCopyCertain(me, peer, segment) ? 'proven' : 'assumed');
  if (cover !== null) connection.sends(me, 'cover-of-fin', segment, 'proven', cover.frame);
  if (isCrossing || connection.isSelfConnect) {
    if (!isBehindHole(peer)) connection.receives(me, 'fin-crossing', segment);
    if (!isBehindHole(me)) connection.receives(peer, 'fin-crossing', segment);
  }
  if (wasCovered && me.finCover === null) takeEarlierCover(connection, me, peer, segment);
}

/** The FIN was acknowledged before any copy of it was captured: the peer had it when it sent what was captured since. */
function takeEarlierCover(connection: Connection, me: EndTrack, peer: EndTrack, segment: Segment): void {
  const cover = peer.recent.find((each) => (each.flags & TcpFlag.ACK) !== 0 && coversFin(me, each.ack));
  if (cover === undefined || me === peer) return;
  me.finCover = cover;
  me.firstSureCover = cover;
  me.lastSureCover = cover;
  me.lastCover = cover;
  const isInFin = cover === peer.finCopies[0];
  if (isInFin && peer.state === 'FIN_WAIT_1' && peer.history.withdraw(segment) !== undefined) {
    connection.secondFinIndex = connection.firstFinIndex;
    connection.firstFinIndex = connection.indexOf(me);
    peer.history.enter('LAST_ACK', 'assumed', segment);
  } else connection.sends(peer, 'cover-of-fin', segment, 'assumed');
  if (!isTooOld(me, cover)) connection.receives(me, isInFin ? 'fin-with-cover' : 'fin-covered', segment);
}

/** Where the FIN lies tells that what was captured before it of either end hides no other. */
function proveByFin(connection: Connection, me: EndTrack, peer: EndTrack, segment: Segment): void {
  const { finCover } = peer;
  if (!coversFin(me, peer.finCopies[0].ack)) connection.proves(peer, 'FIN_WAIT_1', segment);
  if (me.state !== 'CLOSE_WAIT' || finCover === null || finCover === segment) return;
  if (mayBeRepeat(connection, me, peer, finCover)) return;
  if (finCover.frame > peer.finCopies[0].frame && !isBehind(me.fin, me, peer, finCover)) {
    connection.proves(me, 'CLOSE_WAIT', segment);
  }
}

/** Whether octets before the FIN were not captured so far: as long as they are missing, it is not processed. */
function isBehindHole(end: EndTrack): boolean {
  return seqDiff(end.fin, end.contiguous) > 0;
}

/**
 * Whether the state of the sender is clear: its FIN acknowledges nothing that may be a FIN of the peer that was not captured,
 * it has sent nothing behind it before, and what was believed of it so far is not itself in doubt.
 */
function isFirstCopyCertain(me: EndTrack, peer: EndTrack, segment: Segment): boolean {
  if (peer.mayHideFin(segment.ack)) return false;
  const { current } = me.history;
  if (current?.state === 'CLOSED') return false;
  if (current?.state !== 'CLOSE_WAIT') return true;
  return current.basis === 'proven' && seqDiff(me.nxt, me.fin) <= 0;
}

function isNewer(earlier: Segment, segment: Segment): boolean {
  return hasTimestamps(earlier) && seqDiff(earlier.tsVal, segment.tsVal) > 0;
}

/** Whether the FIN was sent before the segment that covers the peer's FIN, which was captured first. */
function isOvertaken(me: EndTrack, peer: EndTrack, segment: Segment): boolean {
  const { finCover } = peer;
  if (finCover === null || finCover.from !== segment.from || coversFin(peer, segment.ack)) return false;
  const { current } = me.history;
  if (current?.state !== 'CLOSE_WAIT' || current.basis !== 'assumed') return false;
  return seqDiff(finCover.seq, me.fin) > 0;
}

function takeFinCopy(connection: Connection, me: EndTrack, peer: EndTrack, segment: Segment, fin: number): void {
  const index = connection.indexOf(me);
  if (fin !== me.fin && connection.finSeqChanges.length < MAX_FIN_COPIES) connection.finSeqChanges.push(segment);
  if (isLateCopy(segment, me.finCopies)) {
    connection.label('late');
    connection.lateSegments++;
    if (me.finCopies.length < MAX_FIN_COPIES) me.lateFinCopies.push(segment);
    return;
  }
  connection.label('fin-retransmission');
  connection.finRetransmissions[index]++;
  if (segment.payloadBytes === 0) me.retransmittedSegments++;
  if (me.finCopies.length < MAX_FIN_COPIES) me.finCopies.push(segment);
  const cover = me.lastCover;
  const isRefuting =
    cover !== null && connection.isBeyondRtt(cover.timeNanos, sentNanos(me, segment)) && !isHeldBack(me, segment);
  noteLostCover(connection, me, segment);
  me.awaitsRepeatAck = true;
  const isTakenBack = connection.sends(me, isRefuting ? 'fin-repeat-refuting' : 'fin-repeat', segment);
  if (isTakenBack) me.coverRefutations++;
  if (connection.isCrossingClose && me.finCover === null && peer !== me) takeBackCrossing(connection, peer, segment);
}

/** The FIN of `peer`'s counterpart seemed to cross but had not arrived: `peer` was never in CLOSING. */
function takeBackCrossing(connection: Connection, peer: EndTrack, segment: Segment): void {
  let isTakenBack = false;
  while (peer.history.current?.basis === 'assumed' && (peer.state === 'CLOSING' || peer.state === 'TIME_WAIT')) {
    connection.receives(peer, 'crossed-fin-repeat', segment);
    isTakenBack = true;
  }
  if (!isTakenBack || peer.finCover === null) return;
  connection.receives(peer, 'fin-covered', peer.finCover);
}
