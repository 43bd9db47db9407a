/**
 * The short way for data and acknowledgments that simply go on in an open connection: what `takeSegmentIn` would do with
 * them, all that cannot apply left out. A test compares the two ways.
 */
import { seqAdd, seqDiff } from '../tcp/seq.ts';
import { TcpFlag } from '../wire/batch.ts';
import type { Connection } from './connection.ts';
import type { EndTrack } from './end.ts';
import { FORM_BITS, isHeaderCut, type Segment } from './segment.ts';

/**
 * Takes in a segment that carries the next octets of its sender, or none and a new acknowledgment, in a connection both of
 * whose ends are known to be open; false, with nothing changed, if it is another one. It cannot be a duplicate: an earlier
 * copy would have made its numbers old. @hot
 */
export function takeOrdinary(connection: Connection, segment: Segment): boolean {
  const { from, flags, seq, ack, payloadBytes, window } = segment;
  if ((flags & FORM_BITS) !== TcpFlag.ACK || window === 0) return false;
  if (isHeaderCut(segment) || !isUndisturbed(connection)) return false;
  const me = connection.ends[from];
  const peer = connection.ends[1 - from];
  if (!isOpen(connection, me, peer) || peer.state !== 'ESTABLISHED' || peer.lastWindow === 0) return false;
  if (seq !== me.nxt || me.contiguous !== seq || me.closedWindow !== null || me.unseenRanges.length > 0) return false;
  const isNewAck = seqDiff(ack, me.ackHigh) > 0;
  if (seqDiff(ack, peer.contiguous) > 0 || !(isNewAck || payloadBytes > 0)) return false;
  if (payloadBytes === 0 && (peer.recent.length === 0 || isSyn(peer.recent[peer.recent.length - 1]))) return false;
  count(connection, me, segment);
  if (isNewAck) me.ackHigh = ack;
  if (payloadBytes > 0) takeNextOctets(me, segment);
  me.lastWindow = window;
  me.remember(segment);
  if (segment.timeNanos > me.lastSentNanos) me.lastSentNanos = segment.timeNanos;
  peer.unansweredProbes = 0;
  return true;
}

/** Whether nothing but the opening happened that segments could have a bearing on. */
function isUndisturbed(connection: Connection): boolean {
  return (
    connection.records === null &&
    connection.acceptedSynBytes === 0 &&
    connection.firstFinIndex === -1 &&
    connection.closingReset === null &&
    connection.predecessor === null &&
    connection.halfCloseSegments.length === 0 &&
    !connection.isSelfConnect
  );
}

/**
 * Whether one more segment of an end proves nothing new: it is known to be open or, as the capture begins in the middle of the
 * connection, without a SYN of either end, will never be.
 */
function isOpen({ handshakeAck, isMidstream }: Connection, me: EndTrack, peer: EndTrack): boolean {
  const { current, entries } = me.history;
  if (current?.state !== 'ESTABLISHED' || me.ackHigh === -1) return false;
  if (handshakeAck !== null) return current.basis === 'proven' && me.isn !== -1;
  const isWithoutSyn = me.isn === -1 && peer.isn === -1;
  return isMidstream && isWithoutSyn && entries.length === 1 && me.sentBeyondSyn && peer.nxt !== -1;
}

function isSyn({ flags }: Segment): boolean {
  return (flags & TcpFlag.SYN) !== 0;
}

function count(connection: Connection, me: EndTrack, segment: Segment): void {
  const { frame, timeNanos } = segment;
  connection.segmentCount++;
  if (frame > connection.lastFrame) connection.lastFrame = frame;
  else if (frame < connection.firstFrame) connection.firstFrame = frame;
  if (timeNanos > connection.lastNanos) connection.lastNanos = timeNanos;
  else if (timeNanos < connection.firstNanos) connection.firstNanos = timeNanos;
  me.segments++;
  connection.follow(segment, false);
}

function takeNextOctets(me: EndTrack, segment: Segment): void {
  const { payloadBytes } = segment;
  const end = seqAdd(segment.seq, payloadBytes);
  me.payloadBytes += payloadBytes;
  me.uniquePayloadBytes += payloadBytes;
  if (me.largest === null || payloadBytes > me.largest.payloadBytes) me.largest = segment;
  me.nxt = end;
  me.contiguous = end;
  me.noteText(end);
}
