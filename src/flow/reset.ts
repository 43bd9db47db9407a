/** Resets: their shape, whether they are accepted (RFC 9293 §3.10.7, RFC 5961 §3), and what they do to both ends. */
import { seqAdd, seqDiff } from '../tcp/seq.ts';
import { TcpFlag } from '../wire/batch.ts';
import type { Connection, ResetRecord } from './connection.ts';
import type { EndTrack } from './end.ts';
import { hasTimestamps, type Segment, sequenceLength } from './segment.ts';
import type { RstShape } from './vocabulary.ts';

const MINIMUM_REACTION_NANOS = 100_000_000;
/** Probes without an answer after which a reset is not taken to arrive. */
const UNANSWERED_PROBES = 2;
const MAX_RST_COPIES = 16;
/** Resets that are kept one by one; of more, only those that are accepted. */
const MAX_RESETS = 256;

/** A segment with RST. */
export function takeReset(connection: Connection, me: EndTrack, peer: EndTrack, segment: Segment): void {
  connection.current.phase = 'reset';
  me.rst++;
  if (connection.rstCopies.length < MAX_RST_COPIES) connection.rstCopies.push(segment);
  if (isRepeat(connection, me, peer, segment)) {
    connection.label('rst-duplicate');
    return;
  }
  const { shape, provoking } = shapeOf(connection, me, peer, segment);
  if (provoking !== null && provoking === connection.foreignAck && me.state === 'SYN_SENT') {
    connection.label('rst-reactive');
    connection.sends(me, 'rst-of-foreign-ack', segment);
    connection.isRecovery = true;
    connection.foreignReset = segment;
    return;
  }
  const verdict = hasSurvivedReset(connection, peer, segment) ? 'ignored' : judge(me, peer, segment);
  const record: ResetRecord = {
    segment,
    shape,
    verdict,
    provoking,
    senderState: me.state,
    receiverState: peer.state,
    unansweredProbes: me.unansweredProbes,
    isWithdrawn: false,
  };
  if (connection.resets.length < MAX_RESETS || verdict === 'accepted') connection.resets.push(record);
  if (verdict === 'challenged' || verdict === 'ignored') {
    connection.label(verdict === 'challenged' ? 'rst-challenged' : 'rst-ignored');
    connection.receives(peer, 'rst-not-accepted', segment);
    return;
  }
  connection.label(shape === 'refuse' ? 'rst-refuse' : shape === 'reactive' ? 'rst-reactive' : 'rst-active');
  closeSender(connection, me, segment, shape);
  if (verdict === 'accepted') connection.receives(peer, 'rst-accepted', segment);
  connection.closingReset ??= record;
}

function isRepeat(connection: Connection, me: EndTrack, peer: EndTrack, segment: Segment): boolean {
  const closing = connection.closingReset;
  if (closing === null || closing.isWithdrawn) return false;
  if (closing.verdict === 'accepted' && peer.state !== 'CLOSED') return false;
  if (closing.shape === 'refuse' && (segment.flags & TcpFlag.ACK) !== 0 && segment.seq === 0) return true;
  return connection.ends[closing.segment.from] === me && me.state === 'CLOSED';
}

/** An end that went on after a reset in TIME_WAIT does not heed resets there (RFC 1337 §3). */
function hasSurvivedReset(connection: Connection, peer: EndTrack, segment: Segment): boolean {
  if (peer.state !== 'TIME_WAIT') return false;
  return connection.resets.some(
    (each) => each.receiverState === 'TIME_WAIT' && each.verdict === 'accepted' && each.segment.from === segment.from,
  );
}

/** What kind of reset it is, and the segment it answers. */
function shapeOf(
  connection: Connection,
  me: EndTrack,
  peer: EndTrack,
  segment: Segment,
): { shape: RstShape; provoking: Segment | null } {
  const hasAck = (segment.flags & TcpFlag.ACK) !== 0;
  if (hasAck && segment.seq === 0 && segment.window === 0 && me.nxt !== 0) {
    const provoking = peer.recent.findLast((each) => segment.ack === seqAdd(each.seq, sequenceLength(each))) ?? null;
    return { shape: 'refuse', provoking };
  }
  const withinNanos = Math.max(2 * connection.rttNanos, MINIMUM_REACTION_NANOS);
  const provoking = peer.recent.findLast(
    (each) => (each.flags & TcpFlag.ACK) !== 0 && each.ack === segment.seq && (each.flags & TcpFlag.RST) === 0,
  );
  const isPrompt = provoking !== undefined && segment.timeNanos - provoking.timeNanos <= withinNanos;
  if (!hasAck) {
    if (isPrompt) return { shape: 'reactive', provoking };
    return { shape: segment.window === 0 && segment.seq !== me.nxt ? 'reactive' : 'active', provoking: null };
  }
  const looksBare = segment.window === 0 && me.timestamps && !hasTimestamps(segment);
  if (looksBare && isPrompt && segment.ack === seqAdd(provoking.seq, sequenceLength(provoking))) {
    return { shape: 'reactive', provoking };
  }
  return { shape: 'active', provoking: null };
}

/** Whether the receiver, as far as its numbers are known, accepts the reset. */
function judge(me: EndTrack, peer: EndTrack, segment: Segment): ResetRecord['verdict'] {
  const hasAck = (segment.flags & TcpFlag.ACK) !== 0;
  if (peer.state === 'SYN_SENT') {
    if (!hasAck || peer.isn === -1) return 'ignored';
    const isValid = seqDiff(segment.ack, peer.isn) > 0 && seqDiff(segment.ack, peer.nxt) <= 0;
    return isValid ? 'accepted' : 'ignored';
  }
  if (me.unansweredProbes >= UNANSWERED_PROBES) return 'not-delivered';
  const low = peer.ackHigh !== -1 ? peer.ackHigh : me.isn !== -1 ? seqAdd(me.isn, 1) : me.contiguous;
  if (low === -1) return 'accepted';
  const high = me.contiguous !== -1 && seqDiff(me.contiguous, low) > 0 ? me.contiguous : low;
  if (seqDiff(segment.seq, low) >= 0 && seqDiff(segment.seq, high) <= 0) return 'accepted';
  const isAfterFin = peer.state === 'CLOSE_WAIT' || peer.state === 'LAST_ACK' || peer.state === 'CLOSING';
  if (isAfterFin && segment.seq === seqAdd(low, -1)) return 'accepted';
  const window = peer.windowBytes;
  return seqDiff(segment.seq, high) > 0 && seqDiff(segment.seq, high) < Math.max(window, 1) ? 'challenged' : 'ignored';
}

function closeSender(connection: Connection, me: EndTrack, segment: Segment, shape: RstShape): void {
  const { current } = me.history;
  if (
    shape === 'reactive' &&
    current?.state === 'ESTABLISHED' &&
    current.basis === 'assumed' &&
    !connection.isMidstream
  ) {
    me.history.withdraw(segment);
  }
  if (shape === 'refuse') connection.sends(me, 'rst-refuse', segment);
  else if (shape === 'reactive') connection.sends(me, 'rst-reactive', segment);
  else connection.sends(me, 'rst-active', segment, 'assumed');
}

/**
 * A segment of an end that was believed closed by a reset: sent before the reset reached it, or proof that it lives.
 * Returns true if the end stays closed once the segment was applied to the state before.
 */
export function isSentBeforeReset(connection: Connection, me: EndTrack, segment: Segment): boolean {
  const closing = connection.closingReset;
  if (closing === null || closing.isWithdrawn || me.state !== 'CLOSED') return false;
  const isVictim = connection.ends[closing.segment.from] !== me;
  const closedNanos = me.history.current?.timeNanos ?? closing.segment.timeNanos;
  return isVictim && !connection.isBeyondRtt(closedNanos, segment.timeNanos);
}
