/** The life of one segment in its connection, in the order of SPEC: sender first, then its ACK, its FIN, the receiver. */
import { CERTAIN_PART } from '../core/timing.ts';
import { seqAdd, seqDiff } from '../tcp/seq.ts';
import { TcpFlag } from '../wire/batch.ts';
import type { Connection } from './connection.ts';
import {
  BELIEVABLE_AHEAD_BYTES,
  disownsFin,
  labelPureAck,
  mayBeOfSynReceived,
  noteWindow,
  takeAckNumber,
  takePayload,
} from './data.ts';
import type { EndTrack } from './end.ts';
import { isLateCopy, takeHandshakeAck, takeSyn, takeSynAck } from './handshake.ts';
import type { HistoryEntry } from './history.ts';
import { isHeldBack, noteOvertaking, SHORTEST_DELAYED_ACK_NANOS } from './lost-wave.ts';
import { isSentBeforeReset, takeReset } from './reset.ts';
import { hasInvalidFlags, hasTimestamps, isHeaderCut, type Segment } from './segment.ts';
import { coversFin, mayFollowOwnFin, receiveCover, takeCover, takeFin } from './teardown.ts';

/** Reordering at the tap that is allowed for before an end counts as going on after its own reset. */
const REORDERING_NANOS = 10_000_000;
const MAX_EVIDENCE_FRAMES = 16;

/** Takes a capture duplicate into the counters only. */
export function takeCaptureDuplicate(connection: Connection, segment: Segment): void {
  const record = connection.open(segment);
  record.labels.push('capture-duplicate');
  record.phase = phaseNow(connection);
  connection.captureDuplicates++;
  if (connection.firstDuplicateFrames.length < MAX_EVIDENCE_FRAMES) connection.firstDuplicateFrames.push(segment.frame);
  connection.close(record);
}

/** Takes a segment of another incarnation into the counters only: it says nothing of this one. */
export function takeUncounted(connection: Connection, segment: Segment, label: 'late' | 'orphan'): void {
  const record = connection.open(segment);
  record.labels.push(label);
  record.phase = phaseNow(connection);
  if (label === 'late') connection.lateSegments++;
  connection.close(record);
}

/** Takes a segment through the machine. */
export function takeSegmentIn(connection: Connection, segment: Segment): void {
  const record = connection.open(segment);
  const me = connection.ends[segment.from];
  const peer = connection.ends[1 - segment.from];
  if (connection.records !== null) record.phase = phaseNow(connection);
  if (isHeaderCut(segment)) {
    connection.truncatedHeaders++;
    if (connection.truncatedFrames.length < MAX_EVIDENCE_FRAMES) connection.truncatedFrames.push(segment.frame);
  }
  if (hasInvalidFlags(segment.flags)) {
    if (connection.segmentCount === 1) decideRoles(connection, segment);
    connection.invalidFlagSegments++;
    if (connection.invalidFlagCopies.length < MAX_EVIDENCE_FRAMES) connection.invalidFlagCopies.push(segment);
  } else {
    route(connection, me, peer, segment);
    me.remember(segment);
    me.lastSentNanos = Math.max(me.lastSentNanos, segment.timeNanos);
    peer.unansweredProbes = 0;
  }
  connection.close(record);
}

function phaseNow(connection: Connection): 'handshake' | 'data' | 'teardown' | 'closed' {
  if (connection.isClosed) return 'closed';
  if (connection.firstFinIndex !== -1) return 'teardown';
  return connection.synFrame !== 0 && connection.handshakeAck === null ? 'handshake' : 'data';
}

function route(connection: Connection, me: EndTrack, peer: EndTrack, segment: Segment): void {
  const { flags } = segment;
  const isFirst = connection.segmentCount === 1;
  if (isFirst) decideRoles(connection, segment);
  if ((flags & TcpFlag.RST) !== 0) {
    if (isFirst) connection.isMidstream = true;
    takeReset(connection, me, peer, segment);
    const last = connection.resets.at(-1);
    if (last?.segment === segment && last.verdict === 'challenged') connection.lastProvocation = segment;
    return;
  }
  if ((flags & TcpFlag.SYN) !== 0) {
    if ((flags & TcpFlag.ACK) !== 0) {
      if (isFirst) connection.isMidstream = true;
      takeSynAck(connection, me, peer, segment);
    } else takeSyn(connection, me, peer, segment);
    const label = connection.current.labels[0];
    if (label === 'late' || label === 'syn-on-live') connection.lastProvocation = segment;
    return;
  }
  takeOpenSegment(connection, me, peer, segment, isFirst);
}

/** Who is client and who server, by the first segment (SPEC §4). */
export function decideRoles(connection: Connection, segment: Segment): void {
  const { flags, from } = segment;
  if ((flags & TcpFlag.SYN) !== 0) {
    const isSynAck = (flags & TcpFlag.ACK) !== 0;
    connection.clientIndex = isSynAck ? (from === 0 ? 1 : 0) : from;
    connection.roleBasis = isSynAck ? 'syn-ack' : 'syn';
    return;
  }
  const [port0, port1] = connection.ports;
  if (port0 === port1) connection.clientIndex = from;
  else {
    connection.clientIndex = port0 > port1 ? 0 : 1;
    connection.roleBasis = 'port';
  }
}

function takeOpenSegment(
  connection: Connection,
  me: EndTrack,
  peer: EndTrack,
  segment: Segment,
  isFirst: boolean,
): void {
  const hasFin = (segment.flags & TcpFlag.FIN) !== 0;
  if (!hasFin && isLateCopy(segment, me.recent)) {
    connection.label('late');
    connection.lateSegments++;
    return;
  }
  if (isOfOlder(me, peer, segment)) {
    connection.label(hasFin || segment.payloadBytes > 0 ? 'orphan' : 'challenge-ack');
    connection.foreignAck ??= segment;
    return;
  }
  if (isFirst) {
    connection.isMidstream = true;
    if (!hasFin) assumeMidstream(connection, segment);
  }
  if (connection.closingReset !== null) noteTrafficAfterReset(connection, segment);
  const before = { ackHigh: me.ackHigh, window: me.lastWindow };
  const isStale = isSentBeforeReset(connection, me, segment);
  const closed = isStale ? me.history.current : undefined;
  if (!isStale) refuteClosed(connection, me, segment);
  proveSender(connection, me, peer, segment);
  const isBelievable = takeAckNumber(connection, me, peer, segment);
  if (isBelievable && me.fin !== -1 && peer.fin === -1) takeImpliedFin(connection, me, peer, segment, before.ackHigh);
  const isCover = isBelievable && coversFin(peer, segment.ack);
  const hasMoved = hasFin ? me.fin === -1 : isCover && peer.finCover === null;
  if (closed !== undefined && hasMoved) me.history.withdraw(segment);
  if (isCover) takeCover(connection, me, peer, segment);
  if (segment.payloadBytes > 0) takePayload(connection, me, peer, segment);
  else if (hasFin || me.nxt === -1) me.takeOctets(segment.seq, segment.seq, segment, hasTimestamps(segment));
  if (hasFin) takeFin(connection, me, peer, segment);
  if (isCover) receiveCover(connection, peer, segment, hasFin);
  if (hasFin) takeFinOctet(me, segment);
  else if (me.fin !== -1 && !me.isFinOvertaken) noteOvertaking(connection, me, segment);
  if (!hasFin && segment.payloadBytes === 0) labelPureAck(connection, me, peer, segment, before);
  else if (segment.window === 0) {
    me.zeroWindows++;
    connection.label('zero-window');
  }
  if (closed !== undefined && hasMoved) me.history.enter('CLOSED', 'assumed', segment);
  if (segment.window === 0 || me.closedWindow !== null) noteWindow(me, segment, isCover);
  me.lastWindow = segment.window;
}

/** Whether an end that has answered no SYN yet sends numbers of an older connection, which was not captured. */
function isOfOlder(me: EndTrack, peer: EndTrack, segment: Segment): boolean {
  if (me === peer || me.isn !== -1 || !peer.sentBareSyn || peer.sentBeyondSyn) return false;
  const acknowledged = seqDiff(segment.ack, peer.isn);
  return acknowledged <= 0 || acknowledged > BELIEVABLE_AHEAD_BYTES;
}

/** The FIN takes a number behind the payload; what is missing before it may be captured yet. */
function takeFinOctet(me: EndTrack, segment: Segment): void {
  me.takeOctets(segment.seq, seqAdd(segment.seq, segment.payloadBytes + 1), segment, hasTimestamps(segment));
}

/** The end that was reset goes on although the reset must have reached it. */
function noteTrafficAfterReset(connection: Connection, segment: Segment): void {
  const closing = connection.closingReset;
  if (closing === null || closing.segment.from === segment.from || closing.verdict !== 'accepted') return;
  if (!connection.isBeyondRtt(closing.segment.timeNanos, segment.timeNanos)) return;
  connection.afterResetSegments++;
  if (connection.afterResetFrames.length < MAX_EVIDENCE_FRAMES) connection.afterResetFrames.push(segment.frame);
}

/** A capture that begins in the middle: both ends are taken to be open. */
function assumeMidstream(connection: Connection, segment: Segment): void {
  for (const end of connection.ends) end.history.enter('ESTABLISHED', 'assumed', segment);
}

/** An end believed closed goes on sending. */
function refuteClosed(connection: Connection, me: EndTrack, segment: Segment): void {
  const { current } = me.history;
  if (current?.state !== 'CLOSED') return;
  const closing = connection.closingReset;
  const isOwnReset = closing !== null && connection.ends[closing.segment.from] === me;
  const age = segment.timeNanos - current.timeNanos;
  if (isOwnReset ? age <= REORDERING_NANOS : age <= connection.rttNanos) return;
  if (!isOwnReset && (isHeldBack(me, segment) || isBeforeFin(me, segment))) return;
  const isProven = isOwnReset && closing.shape !== 'active';
  if (isProven) return;
  const isByReset = closing !== null && current.frame === closing.segment.frame;
  if ((segment.flags & TcpFlag.FIN) !== 0 && me.fin !== -1 && !isByReset) return;
  if (!connection.sends(me, 'sign-of-life', segment)) return;
  if (isOwnReset) closing.isWithdrawn = true;
  if (isOwnReset) connection.closingReset = null;
}

/** Whether the segment is an ACK with a number that its sender has used for its FIN since. */
function isBeforeFin(me: EndTrack, { flags, payloadBytes, seq }: Segment): boolean {
  return me.fin !== -1 && payloadBytes === 0 && (flags & TcpFlag.FIN) === 0 && seqDiff(seq, me.fin) <= 0;
}

/** What the segment, whatever else it is, proves of its sender. */
function proveSender(connection: Connection, me: EndTrack, peer: EndTrack, segment: Segment): void {
  if (disownsFin(connection, me, peer, segment)) disownFin(connection, me, segment);
  const isThird = takeHandshakeAck(connection, me, peer, segment);
  if (me.state === 'CLOSED' || me.state === 'UNKNOWN') {
    me.sentBeyondSyn = true;
    return;
  }
  const { current } = me.history;
  const isOpen = current?.state === 'ESTABLISHED' && connection.records === null;
  if (isOpen && current.basis === 'proven') return;
  if (isServer(me) && me.state === 'SYN_RECEIVED' && mayBeOfSynReceived(me, peer, segment)) return;
  const isFastOpenAnswer = isServer(me) && connection.acceptedSynBytes > 0 && connection.handshakeAck === null;
  if (isFastOpenAnswer) return;
  const isMidstreamGuess = me.history.entries.length === 1 && connection.isMidstream && !me.sentSynAck && !isThird;
  const isProof = !isMidstreamGuess && provesEstablished(connection, me, peer, segment);
  me.sentBeyondSyn = true;
  if (!isOpen || isProof) connection.sends(me, 'segment', segment, isProof ? 'proven' : 'assumed');
}

function isServer({ sentSynAck, sentBareSyn }: EndTrack): boolean {
  return sentSynAck && !sentBareSyn;
}

/**
 * Whether the segment proves that its sender was ESTABLISHED when that is believed to have begun: it may have been sent before,
 * it may be an ACK that SYN_RECEIVED sends too, and of a connection that began unseen the SYN-ACK may have been a repeat.
 */
function provesEstablished(connection: Connection, me: EndTrack, peer: EndTrack, segment: Segment): boolean {
  const { current } = me.history;
  if (current?.state === 'ESTABLISHED' && (current.basis !== 'assumed' || current.frame === segment.frame)) return true;
  if (mayFollowOwnFin(me, peer, segment)) return false;
  if (current?.state !== 'ESTABLISHED') return true;
  if (coversFin(peer, segment.ack) && peer.finCopies[0]?.frame < current.frame) return false;
  if (connection.isMidstream && (!isServer(me) || (segment.flags & TcpFlag.FIN) !== 0)) return false;
  if (connection.isThirdDoubtful || (isServer(me) && !isThirdCaptured(connection, me, current))) return false;
  const legNanos = connection.legRttNanos[connection.indexOf(me)];
  if (segment.timeNanos - current.timeNanos < legNanos * CERTAIN_PART) return false;
  return !(me.sentSynAck && mayBeOfSynReceived(me, peer, segment));
}

/**
 * Whether the third segment was captured, and by the time an entry was made: without it, a server may have been open for long.
 * Data that comes later than an ACK would is behind an ACK that was not captured, or is a repeat.
 */
function isThirdCaptured({ handshakeAck, synDataBytes }: Connection, me: EndTrack, entry: HistoryEntry): boolean {
  const answeredNanos = me.synCopies.at(-1)?.timeNanos ?? 0;
  if (handshakeAck === null || handshakeAck.frame > entry.frame) return false;
  const isBare = handshakeAck.payloadBytes === 0 && (handshakeAck.flags & TcpFlag.FIN) === 0;
  return isBare || synDataBytes > 0 || handshakeAck.timeNanos - answeredNanos <= SHORTEST_DELAYED_ACK_NANOS;
}

function disownFin(connection: Connection, me: EndTrack, segment: Segment): void {
  while (['FIN_WAIT_1', 'FIN_WAIT_2', 'CLOSING', 'TIME_WAIT', 'LAST_ACK'].includes(me.state)) {
    connection.current.rules.push('fin-disowned');
    me.history.withdraw(segment, true);
  }
  connection.disownedFins.push(...me.finCopies);
  me.finCopies.length = 0;
  connection.isCrossingClose = false;
  connection.dataAfterFin.length = 0;
  connection.lostWaves.length = 0;
  me.takeBackFin();
  me.finCover = null;
  me.firstSureCover = null;
  me.lastSureCover = null;
  me.lastCover = null;
  const index = connection.indexOf(me);
  connection.finRetransmissions[index] = 0;
  if (connection.firstFinIndex === index) {
    connection.firstFinIndex = connection.secondFinIndex;
    connection.secondFinIndex = -1;
  } else if (connection.secondFinIndex === index) connection.secondFinIndex = -1;
}

/** One-way captures: after its own FIN, an end acknowledges one octet that was not captured: the other end's FIN. */
function takeImpliedFin(
  connection: Connection,
  me: EndTrack,
  peer: EndTrack,
  segment: Segment,
  ackBefore: number,
): void {
  if (ackBefore === -1 || peer.sentBeyondSyn || peer === me) return;
  if (seqDiff(segment.ack, ackBefore) !== 1) return;
  peer.fin = seqAdd(segment.ack, -1);
  peer.isFinImplied = true;
  connection.secondFinIndex = connection.indexOf(peer);
  me.history.enter('FIN_WAIT_2', 'assumed', segment);
  peer.history.enter('LAST_ACK', 'assumed', segment);
}
