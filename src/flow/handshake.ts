/** Segments with SYN, and the third segment of the handshake (RFC 9293 §3.5). */
import { DUPLICATE_NANOS, FIRST_SYN_TIMER_NANOS, SHORTEST_SYN_TIMER_NANOS } from '../core/timing.ts';
import { seqAdd, seqDiff } from '../tcp/seq.ts';
import { TcpFlag, TcpOption } from '../wire/batch.ts';
import type { Connection } from './connection.ts';
import type { EndTrack } from './end.ts';
import type { Moment } from './history.ts';
import { hasTimestamps, type Segment } from './segment.ts';

const MAX_SYN_COPIES = 16;
/** More counts as this (RFC 7323 §2.3). */
export const MAX_WINDOW_SCALE = 14;
const SYN_ACK = TcpFlag.SYN | TcpFlag.ACK;

function noteOptions(end: EndTrack, segment: Segment): void {
  const { options } = segment;
  if ((options & TcpOption.MSS) !== 0) end.mss = segment.mss;
  if ((options & TcpOption.WINDOW_SCALE) !== 0) end.windowScale = Math.min(MAX_WINDOW_SCALE, segment.windowScale);
  end.sackPermitted = (options & TcpOption.SACK_PERMITTED) !== 0;
  end.timestamps = hasTimestamps(segment);
}

function keepFrame(frames: number[], frame: number): void {
  if (frames.length < MAX_SYN_COPIES) frames.push(frame);
}

function rememberSyn(end: EndTrack, segment: Segment): void {
  if (end.synCopies.length < MAX_SYN_COPIES) end.synCopies.push(segment);
}

/** Same octets on the wire, later than a capture could have doubled them: the network did. */
export function isLateCopy(segment: Segment, earlier: readonly Segment[]): boolean {
  for (const copy of earlier) {
    if (copy.checksum === segment.checksum && copy.seq === segment.seq && isCopyOf(segment, copy)) return true;
  }
  return false;
}

function isCopyOf(segment: Segment, copy: Segment): boolean {
  if (segment.timeNanos - copy.timeNanos <= DUPLICATE_NANOS || copy.flags !== segment.flags) return false;
  if (copy.payloadBytes !== segment.payloadBytes || copy.ack !== segment.ack) return false;
  if (segment.ipId !== 0 && copy.ipId !== 0) return segment.ipId === copy.ipId;
  const isAnonymous = segment.ipId === 0 && !hasTimestamps(segment);
  if (isAnonymous && (segment.flags & SYN_ACK) === TcpFlag.SYN) return !isTimed(copy, segment);
  const hasWeight = segment.payloadBytes > 0 || (segment.flags & (TcpFlag.SYN | TcpFlag.FIN)) !== 0;
  return hasWeight && hasTimestamps(segment) && hasTimestamps(copy) && segment.tsVal === copy.tsVal;
}

/** Whether a SYN or SYN-ACK comes so long after an earlier copy that a timer may have run out; sooner, something else brought it. */
function isTimed(earlier: Segment | undefined, segment: Segment): boolean {
  return earlier === undefined || segment.timeNanos - earlier.timeNanos >= SHORTEST_SYN_TIMER_NANOS;
}

/** A SYN without ACK that belongs to this connection. */
export function takeSyn(connection: Connection, me: EndTrack, peer: EndTrack, segment: Segment): void {
  connection.current.phase = 'handshake';
  me.syn++;
  if (me.isn === segment.seq) takeSynCopy(connection, me, peer, segment);
  else if (me.isn === -1 && !me.sentBeyondSyn) takeFirstSyn(connection, me, peer, segment);
  else {
    connection.label('syn-on-live');
    connection.current.phase = 'data';
  }
}

function takeFirstSyn(connection: Connection, me: EndTrack, peer: EndTrack, segment: Segment): void {
  if (connection.roleBasis === 'port' || connection.roleBasis === 'first-seen') {
    connection.clientIndex = connection.indexOf(me);
    connection.roleBasis = 'syn';
  }
  const isCrossing = peer.sentBareSyn && peer !== me;
  connection.label(isCrossing ? 'syn-crossing' : 'syn');
  if (segment.payloadBytes > 0) {
    connection.label('syn-data');
    connection.synDataBytes = segment.payloadBytes;
    me.payloadBytes += segment.payloadBytes;
  }
  me.isn = segment.seq;
  me.nxt = seqAdd(segment.seq, 1 + segment.payloadBytes);
  me.contiguous = me.nxt;
  me.noteText(me.nxt);
  me.sentBareSyn = true;
  me.lastWindow = segment.window;
  noteOptions(me, segment);
  rememberSyn(me, segment);
  if (connection.synFrame === 0) connection.synFrame = segment.frame;
  if (me.state === 'LISTEN') me.history.withdraw(segment);
  connection.sends(me, 'syn', segment);
  if (isCrossing) {
    connection.isSimultaneousOpen = true;
    connection.receives(me, 'syn-crossing', segment);
    connection.receives(peer, 'syn-crossing', segment);
  } else if (connection.isSelfConnect) connection.receives(me, 'syn-crossing', segment);
  else connection.receives(peer, 'syn', segment);
}

/** The first copy that was captured of a SYN that a SYN-ACK had told of. */
function noteUnseenSyn(connection: Connection, me: EndTrack, segment: Segment): void {
  me.sentBareSyn = true;
  noteOptions(me, segment);
  if (connection.synFrame === 0) connection.synFrame = segment.frame;
}

function takeSynCopy(connection: Connection, me: EndTrack, peer: EndTrack, segment: Segment): void {
  if (me.sentBeyondSyn || isLateCopy(segment, me.synCopies)) {
    connection.label('late');
    connection.lateSegments++;
    return;
  }
  if (!me.sentBareSyn) noteUnseenSyn(connection, me, segment);
  connection.label('syn-retransmission');
  if (segment.payloadBytes > 0) connection.label('syn-data');
  connection.synRetransmissions++;
  me.retransmittedSegments++;
  me.payloadBytes += segment.payloadBytes;
  const isOfTimer = isTimed(me.synCopies.at(-1), segment);
  rememberSyn(me, segment);
  const { current } = me.history;
  const isRefuting = isOfTimer && current !== undefined && connection.isBeyondRtt(current.timeNanos, segment.timeNanos);
  const refuted = connection.sends(me, isRefuting ? 'syn-repeat-refuting' : 'syn-repeat', segment);
  if (refuted === undefined) return;
  me.establishedRefutations++;
  connection.isThirdDoubtful ||= peer.synCopies.some(({ timeNanos }) => timeNanos > refuted.timeNanos);
}

/** A SYN-ACK that belongs to this connection. */
export function takeSynAck(connection: Connection, me: EndTrack, peer: EndTrack, segment: Segment): void {
  connection.current.phase = 'handshake';
  me.syn++;
  me.lastWindow = segment.window;
  const isMidstream = connection.segmentCount === 1;
  if (me.sentSynAck && me.isn === segment.seq) {
    takeSynAckCopy(connection, me, peer, segment);
    return;
  }
  const isCrossing = me.sentBareSyn;
  if (me.isn !== -1 && me.isn !== segment.seq && me.sentBeyondSyn) {
    connection.label('syn-ack');
    connection.sends(me, 'syn-ack', segment);
    return;
  }
  connection.label(isCrossing ? 'syn-ack-crossing' : 'syn-ack');
  const isAckBad = peer.isn !== -1 && !isAckOfSyn(peer, segment.ack);
  connection.isDoubtful = isAckBad;
  if (isAckBad) keepFrame(connection.badSynAckFrames, segment.frame);
  else if (me.sentSynAck && !isCrossing && peer.isSynCovered) {
    me.formerIsn = me.isn;
    keepFrame(connection.synAckIsnFrames, segment.frame);
  }
  me.isn = segment.seq;
  me.sentSynAck = true;
  me.nxt = seqAdd(segment.seq, 1 + segment.payloadBytes);
  me.contiguous = me.nxt;
  me.textEnd = me.nxt;
  noteOptions(me, segment);
  rememberSyn(me, segment);
  if (connection.synAckFrame === 0) connection.synAckFrame = segment.frame;
  connection.sends(me, 'syn-ack', segment);
  if (isAckBad) return;
  me.ackHigh = segment.ack;
  if (isMidstream || peer.isn === -1) {
    peer.isn = seqAdd(segment.ack, -1);
    peer.nxt = segment.ack;
    peer.contiguous = segment.ack;
    peer.noteText(segment.ack);
  } else noteSynAckRtt(connection, me, peer, segment);
  peer.isSynCovered = true;
  settleFastOpen(connection, peer, segment);
  connection.receives(peer, isCrossing ? 'syn-ack-crossing' : 'syn-ack', segment);
}

function isAckOfSyn(peer: EndTrack, ack: number): boolean {
  return seqDiff(ack, peer.isn) > 0 && seqDiff(ack, peer.nxt) <= 0;
}

function settleFastOpen(connection: Connection, client: EndTrack, segment: Segment): void {
  if (connection.synDataBytes === 0 || client.sentBeyondSyn) return;
  connection.acceptedSynBytes = Math.max(0, seqDiff(segment.ack, client.isn) - 1);
  client.nxt = segment.ack;
  client.contiguous = segment.ack;
  client.uniquePayloadBytes = connection.acceptedSynBytes;
}

/**
 * The copy of the peer's SYN that a segment answers: the one whose time stamp it echoes; undefined if that one was not
 * captured. A SYN-ACK answers a SYN alone, also when the peer has sent its own SYN-ACK meanwhile because the SYNs crossed.
 */
function answeredCopy(peer: EndTrack, segment: Segment): Segment | undefined {
  const isSynAck = (segment.flags & TcpFlag.SYN) !== 0;
  const mayBeAnswered = ({ flags }: Segment): boolean => !isSynAck || (flags & TcpFlag.ACK) === 0;
  const last = peer.synCopies.findLast(mayBeAnswered);
  if (last === undefined || !hasTimestamps(segment) || !hasTimestamps(last)) return last;
  return peer.synCopies.find((copy) => mayBeAnswered(copy) && copy.tsVal === segment.tsEcr);
}

/** The leg to the server, measured from the copy of the SYN that the answer echoes. */
function noteSynAckRtt(connection: Connection, me: EndTrack, peer: EndTrack, segment: Segment): void {
  const asked = answeredCopy(peer, segment);
  if (asked === undefined || me === peer) return;
  const nanos = segment.timeNanos - asked.timeNanos;
  const isClear = hasTimestamps(segment) || nanos < FIRST_SYN_TIMER_NANOS;
  if (isClear) connection.noteRtt(connection.indexOf(me), nanos);
  if (Number.isNaN(connection.rttToServerNanos) && connection.server === me) connection.rttToServerNanos = nanos;
}

function takeSynAckCopy(connection: Connection, me: EndTrack, peer: EndTrack, segment: Segment): void {
  if (me.sentBeyondSyn || isLateCopy(segment, me.synCopies)) {
    connection.label('late');
    connection.lateSegments++;
    return;
  }
  connection.label('syn-ack-retransmission');
  connection.synAckRetransmissions++;
  me.retransmittedSegments++;
  const isOfTimer = isTimed(me.synCopies.at(-1), segment);
  rememberSyn(me, segment);
  const { current } = me.history;
  const isRefuting =
    isOfTimer &&
    current !== undefined &&
    current.state === 'ESTABLISHED' &&
    connection.isBeyondRtt(current.timeNanos, segment.timeNanos);
  if (isRefuting) {
    connection.synAckRepeatsAfterAck++;
    if (peer.uniquePayloadBytes > connection.acceptedSynBytes) connection.synAckRepeatsAfterData++;
  }
  const refuted = connection.sends(me, isRefuting ? 'syn-ack-repeat-refuting' : 'syn-ack-repeat', segment);
  if (refuted !== undefined) {
    me.establishedRefutations++;
    connection.isThirdDoubtful ||= isUnderWay(connection, me, peer, refuted, segment);
  }
  if (peer.sentBareSyn) connection.receives(peer, 'syn-ack', segment);
}

/** Whether what a repeat refutes may have come true through a later segment, which was under way when the repeat was sent. */
function isUnderWay(connection: Connection, me: EndTrack, peer: EndTrack, refuted: Moment, segment: Segment): boolean {
  const isRttKnown = !Number.isNaN(connection.legRttNanos[connection.indexOf(me)]);
  return peer.recent.some(({ flags, timeNanos }) => {
    if ((flags & TcpFlag.SYN) !== 0 || timeNanos <= refuted.timeNanos) return false;
    return !isRttKnown || !connection.isBeyondRtt(timeNanos, segment.timeNanos);
  });
}

/** Refutations of ESTABLISHED after which only the end's own segment proves it. */
const PATIENCE = 2;

/** A segment without SYN of an end whose peer's SYN it may acknowledge for the first time; true if it is the third segment. */
export function takeHandshakeAck(connection: Connection, me: EndTrack, peer: EndTrack, segment: Segment): boolean {
  if (peer.formerIsn !== -1 && connection.handshakeAck === null) takeFormerIsn(peer, segment.ack);
  const isThird =
    (me.sentBareSyn || (peer.sentSynAck && me.isn !== -1 && !me.sentSynAck)) &&
    connection.handshakeAck === null &&
    seqDiff(segment.seq, seqAdd(me.isn, 1 + connection.acceptedSynBytes)) === 0 &&
    (peer.isn === -1 || segment.ack === seqAdd(peer.isn, 1));
  if (isThird) {
    connection.label('handshake-ack');
    connection.current.phase = 'handshake';
    connection.handshakeAck = segment;
    connection.isThirdDoubtful ||= isThirdDoubtful(connection, me, peer, segment);
    noteHandshakeAckRtt(connection, me, peer, segment);
    if (peer.isn === -1) peer.isn = seqAdd(segment.ack, -1);
  } else if (isRepeatedHandshakeAck(connection, peer, segment)) {
    connection.label('handshake-ack-repeat');
    connection.handshakeAckRepeats++;
  }
  if (connection.handshakeAck === null && !me.sentBareSyn) return false;
  if (peer.sentSynAck || isThird) assumePeerEstablished(connection, peer, segment);
  return isThird;
}

/** Whether the capture shows that another segment may have completed the handshake before what seems to be the third one. */
function isThirdDoubtful(connection: Connection, me: EndTrack, peer: EndTrack, segment: Segment): boolean {
  const isAnsweredBefore = peer.sentBeyondSyn && connection.acceptedSynBytes === 0;
  const asked = answeredCopy(peer, segment);
  if (isAnsweredBefore || (asked === undefined && connection.acceptedSynBytes === 0)) return true;
  if (segment.payloadBytes === 0 && (segment.flags & TcpFlag.FIN) === 0) return false;
  return connection.isMidstream || mayBeRepeatedAnswer(me, peer);
}

/** Whether the SYN-ACK came so late behind the SYN that another copy of either may have passed before, unseen. */
function mayBeRepeatedAnswer(me: EndTrack, peer: EndTrack): boolean {
  const asked = me.synCopies.at(-1);
  const [answer] = peer.synCopies;
  return asked !== undefined && answer !== undefined && answer.timeNanos - asked.timeNanos >= FIRST_SYN_TIMER_NANOS;
}

/** Of two SYN-ACKs with different numbers, the client may have taken the earlier one. */
function takeFormerIsn(peer: EndTrack, ack: number): void {
  if (ack !== seqAdd(peer.formerIsn, 1) || peer.sentBeyondSyn) return;
  const later = peer.isn;
  peer.isn = peer.formerIsn;
  peer.formerIsn = later;
  peer.nxt = ack;
  peer.contiguous = ack;
  peer.textEnd = ack;
}

/** Whether a pure ACK answers a SYN-ACK that came again after the third segment. */
function isRepeatedHandshakeAck(connection: Connection, peer: EndTrack, segment: Segment): boolean {
  const { handshakeAck } = connection;
  const answered = peer.recent.at(-1);
  if (handshakeAck === null || answered === undefined || (answered.flags & TcpFlag.SYN) === 0) return false;
  const isPure = segment.payloadBytes === 0 && (segment.flags & TcpFlag.FIN) === 0;
  return isPure && answered.timeNanos > handshakeAck.timeNanos && segment.ack === seqAdd(answered.seq, 1);
}

function assumePeerEstablished(connection: Connection, peer: EndTrack, segment: Segment): void {
  if (peer.sentBeyondSyn && connection.acceptedSynBytes === 0) return;
  if (peer.establishedRefutations >= PATIENCE) return;
  if (seqDiff(segment.ack, seqAdd(peer.isn, 1)) < 0) return;
  if (peer.state === 'SYN_RECEIVED' || peer.state === 'LISTEN') connection.receives(peer, 'syn-covered', segment);
}

function noteHandshakeAckRtt(connection: Connection, me: EndTrack, peer: EndTrack, segment: Segment): void {
  const asked = answeredCopy(peer, segment);
  if (asked === undefined || me === peer) return;
  const nanos = segment.timeNanos - asked.timeNanos;
  connection.noteRtt(connection.indexOf(me), nanos);
  if (Number.isNaN(connection.rttToClientNanos)) connection.rttToClientNanos = nanos;
}
