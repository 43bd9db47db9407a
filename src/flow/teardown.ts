/** FINs and the acknowledgments that cover them (RFC 9293 §3.6): the four waves of a close, and which of them was lost. */
import { seqAdd, seqDiff } from '../tcp/seq.ts';
import { TcpFlag } from '../wire/batch.ts';
import type { Connection } from './connection.ts';
import type { EndTrack } from './end.ts';
import { isLateCopy } from './handshake.ts';
import { judgeFirstCover, noteLostCover, reviewCover } from './lost-wave.ts';
import type { Segment } from './segment.ts';

const MAX_FIN_COPIES = 64;
/** Refutations after which an acknowledgment is no longer taken to have arrived. */
const PATIENCE = 2;
/** A leg may take less time than was measured, but hardly less than this part of it. */
const CERTAIN_PART = 0.5;

/** Whether an acknowledgment covers the FIN of an end. */
export function coversFin(end: EndTrack, ack: number): boolean {
  return end.fin !== -1 && seqDiff(ack, end.fin) > 0;
}

function indexOf(connection: Connection, end: EndTrack): 0 | 1 {
  return connection.ends[0] === end ? 0 : 1;
}

/** The ACK of `segment` covers the FIN of `peer`; called for every such segment. */
export function takeCover(connection: Connection, me: EndTrack, peer: EndTrack, segment: Segment): void {
  const isFirst = peer.finCover === null;
  const isPure = segment.payloadBytes === 0 && (segment.flags & TcpFlag.FIN) === 0;
  if (isFirst) {
    peer.finCover = segment;
    connection.label(coverLabel(connection, peer));
    const isRefuted = refuteByRepeat(connection, me, segment);
    const copy = judgeFirstCover(connection, me, peer, segment);
    const isGuess = connection.isCrossingClose && me.state === 'TIME_WAIT';
    const legNanos = connection.legRttNanos[indexOf(connection, me)];
    const sentBeforeItsCover =
      me.finCover !== null && segment.timeNanos - me.finCover.timeNanos < legNanos * CERTAIN_PART;
    if (isGuess && sentBeforeItsCover) me.history.prove('CLOSING', segment);
    const isUnsure = isGuess || mayFollowOwnFin(me, segment);
    if (copy === null) connection.sends(me, 'cover-of-fin', segment, isUnsure ? 'assumed' : 'proven');
    else connection.sends(me, 'cover-of-fin', copy, 'proven', segment.frame);
    if (isRefuted && me.lastCover !== null && !connection.isBeyondRtt(me.lastCover.timeNanos, segment.timeNanos)) {
      connection.receives(me, 'fin-covered', segment);
    }
  } else if (isPure) {
    if (peer.awaitsRepeatAck) connection.label('ack-of-fin-repeat');
    if (peer.finCopies.length > 1) reviewCover(connection, peer, segment);
  }
  if (isPure || isFirst) peer.awaitsRepeatAck = false;
  peer.lastCover = segment;
}

/** Whether octets before the segment were not captured: its sender's FIN may be among them. */
function mayFollowOwnFin(me: EndTrack, segment: Segment): boolean {
  return me.fin === -1 && me.nxt !== -1 && seqDiff(segment.seq, me.nxt) > 0;
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
  connection.receives(peer, isFinSegment ? 'fin-with-cover' : 'fin-covered', segment);
}

function coverLabel(connection: Connection, peer: EndTrack): 'ack-of-crossing-fin' | 'ack-of-fin-1' | 'ack-of-fin-2' {
  if (connection.isCrossingClose) return 'ack-of-crossing-fin';
  return connection.firstFinIndex === indexOf(connection, peer) ? 'ack-of-fin-1' : 'ack-of-fin-2';
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
  const index = indexOf(connection, me);
  me.fin = fin;
  me.isFinImplied = false;
  me.finCopies.push(segment);
  const isSecond = connection.firstFinIndex !== -1 && connection.firstFinIndex !== index;
  const isCrossing = isSecond && peer.fin !== -1 && peer.finCover === null && me.finCover === null;
  const cover = isSecond && me.finCover === null && isOvertaken(me, peer, segment) ? peer.finCover : null;
  if (isSecond) connection.secondFinIndex = index;
  else connection.firstFinIndex = index;
  if (cover !== null) me.history.withdraw(segment);
  if (isCrossing || cover !== null) {
    connection.isCrossingClose = true;
    connection.label('fin-crossing');
  } else connection.label(isSecond ? 'fin-2' : 'fin-1');
  connection.sends(me, 'fin', segment, isPeerFinUnseen(peer, segment) ? 'assumed' : 'proven');
  if (cover !== null) connection.sends(me, 'cover-of-fin', segment, 'proven', cover.frame);
  if (isCrossing || connection.isSelfConnect) {
    connection.receives(me, 'fin-crossing', segment);
    connection.receives(peer, 'fin-crossing', segment);
  }
}

/** Whether the segment acknowledges octets that were not captured: the peer's FIN may be among them. */
function isPeerFinUnseen(peer: EndTrack, segment: Segment): boolean {
  return peer.segments > 0 && peer.fin === -1 && peer.nxt !== -1 && seqDiff(segment.ack, peer.nxt) > 0;
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
  const index = indexOf(connection, me);
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
  const isRefuting = cover !== null && connection.isBeyondRtt(cover.timeNanos, segment.timeNanos);
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
