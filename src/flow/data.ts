/** Data, acknowledgments, windows and probes of an open connection. */
import { KEEP_ALIVE_IDLE_NANOS } from '../core/timing.ts';
import { seqAdd, seqDiff } from '../tcp/seq.ts';
import { TcpFlag } from '../wire/batch.ts';
import type { Connection } from './connection.ts';
import type { EndTrack, ProbeRun } from './end.ts';
import { hasTimestamps, isSentBefore, type Segment } from './segment.ts';

/** Octets acknowledged beyond what was captured that are still believed. */
export const BELIEVABLE_AHEAD_BYTES = 1 << 28;
const MAX_EVIDENCE_FRAMES = 16;
/** Payload further behind its sender's FIN than this is of another connection, whose SYN was not captured. */
const BELIEVABLE_AFTER_FIN_BYTES = 0xffff;

/** Whether the segment has the form of a keep-alive or window probe: nothing new, one octet before the next. */
function isProbeForm(me: EndTrack, segment: Segment): boolean {
  return segment.payloadBytes <= 1 && me.nxt !== -1 && seqAdd(segment.seq, 1) === me.nxt;
}

/** Payload of a segment without SYN and RST; labels it and counts it. */
export function takePayload(connection: Connection, me: EndTrack, peer: EndTrack, segment: Segment): void {
  me.payloadBytes += segment.payloadBytes;
  if (me.largest === null || segment.payloadBytes > me.largest.payloadBytes) me.largest = segment;
  const isWindowClosed = peer.lastWindow === 0;
  if (segment.payloadBytes === 1 && isWindowClosed && segment.seq === me.nxt) {
    takeProbe(connection, me, peer, 'window-probe');
    me.takeOctets(segment.seq, seqAdd(segment.seq, 1), segment, hasTimestamps(segment));
    me.noteText(me.nxt);
    return;
  }
  if (segment.payloadBytes === 1 && isProbeForm(me, segment) && me.nxt === peer.ackHigh) {
    takeProbe(connection, me, peer, isWindowClosed ? 'window-probe' : 'keep-alive');
    return;
  }
  const end = seqAdd(segment.seq, segment.payloadBytes);
  const beyondFin = me.fin === -1 || me.isFinImplied ? 0 : seqDiff(end, me.fin);
  if (beyondFin > 0 && beyondFin <= BELIEVABLE_AFTER_FIN_BYTES) keepSegment(connection.dataAfterFin, segment);
  const isOlder = me.isOlderThanAhead(segment, hasTimestamps(segment));
  const { arrival, fresh } = me.takeOctets(segment.seq, end, segment, hasTimestamps(segment));
  me.uniquePayloadBytes += fresh;
  if (seqDiff(end, me.nxt) <= 0) me.noteText(end);
  const isAfterPeerFin = peer.fin !== -1 && !peer.isFinImplied && peer !== me;
  if (arrival === 'old' || (arrival === 'fills-hole' && !isOlder)) {
    connection.label('data-retransmission');
    me.retransmittedSegments++;
    me.unansweredProbes++;
    noteResend(me, peer, segment);
  } else if (arrival === 'fills-hole') {
    connection.label('data-out-of-order');
    me.outOfOrderSegments++;
    if (me.fin !== -1 && beyondFin <= 0) keepSegment(connection.finBeforeData, segment);
  } else if (!isAfterPeerFin) connection.label('data');
  if (!isAfterPeerFin) return;
  connection.label('half-close-data');
  if (seqDiff(segment.ack, peer.fin) <= 0) return;
  connection.halfCloseBytes += fresh;
  keepSegment(connection.halfCloseSegments, segment);
}

function keepSegment(segments: Segment[], segment: Segment): void {
  if (segments.length < MAX_EVIDENCE_FRAMES) segments.push(segment);
}

function keepFrame(frames: number[], frame: number): void {
  if (frames.length < MAX_EVIDENCE_FRAMES) frames.push(frame);
}

function takeProbe(connection: Connection, me: EndTrack, peer: EndTrack, label: 'window-probe' | 'keep-alive'): void {
  const { segment } = connection.current;
  connection.label(label);
  me.unansweredProbes++;
  me.lastProbe = { kind: label, segment };
  keepFrame(connection.probeFrames[label], segment.frame);
  if (label === 'window-probe') {
    me.windowProbes = noteProbe(me.windowProbes, segment);
    if (peer.closedWindow !== null) peer.closedWindow.probes++;
  } else if (segment.timeNanos - Math.max(me.lastSentNanos, peer.lastSentNanos) >= KEEP_ALIVE_IDLE_NANOS) {
    me.keepAlives = noteProbe(me.keepAlives, segment);
  }
}

function noteProbe(run: ProbeRun | null, segment: Segment): ProbeRun {
  const { frame, timeNanos } = segment;
  if (run === null) return { count: 1, frames: [frame], firstNanos: timeNanos, lastNanos: timeNanos };
  run.count++;
  run.lastNanos = timeNanos;
  keepFrame(run.frames, frame);
  return run;
}

/** Counts the copies of the lowest octets that the peer has not acknowledged. */
function noteResend(me: EndTrack, peer: EndTrack, segment: Segment): void {
  const { frame, seq, timeNanos } = segment;
  if (!isUncovered(peer, seq)) return;
  let { resend } = me;
  if (resend?.seq === seq) {
    resend.count++;
    resend.intervalNanos = timeNanos - resend.lastNanos;
    resend.lastNanos = timeNanos;
    keepFrame(resend.frames, frame);
  } else {
    if (resend !== null && isUncovered(peer, resend.seq) && seqDiff(seq, resend.seq) > 0) return;
    resend = { seq, count: 1, frames: [frame], firstNanos: timeNanos, lastNanos: timeNanos, intervalNanos: 0 };
    me.resend = resend;
  }
  if (me.worstResend === null || resend.count > me.worstResend.count) me.worstResend = resend;
}

/** Whether the peer has not acknowledged the octet at `seq`. */
function isUncovered(peer: EndTrack, seq: number): boolean {
  return peer.ackHigh === -1 || seqDiff(peer.ackHigh, seq) <= 0;
}

/** A segment that offers no window, or the first to offer one again; a window is of no use once the peer's FIN came. */
export function noteWindow(me: EndTrack, segment: Segment, isPeerDone: boolean): void {
  const { frame, timeNanos, window } = segment;
  const { closedWindow, longestClosedWindow } = me;
  if (closedWindow === null) {
    if (window !== 0 || isPeerDone) return;
    me.closedWindow = { frame, timeNanos, openFrame: 0, openNanos: Number.NaN, probes: 0 };
    return;
  }
  if (window === 0 && !isPeerDone) return;
  closedWindow.openFrame = frame;
  closedWindow.openNanos = timeNanos;
  me.closedWindow = null;
  const longest = longestClosedWindow === null ? 0 : longestClosedWindow.openNanos - longestClosedWindow.timeNanos;
  if (timeNanos - closedWindow.timeNanos >= longest) me.longestClosedWindow = closedWindow;
}

/** Takes in the acknowledgment number; false if it acknowledges what cannot have been sent. */
export function takeAckNumber(connection: Connection, me: EndTrack, peer: EndTrack, segment: Segment): boolean {
  const { ack } = segment;
  if (peer.nxt !== -1 && peer !== me) {
    const beyond = seqDiff(ack, peer.nxt);
    if (beyond > BELIEVABLE_AHEAD_BYTES) return false;
    if (beyond > 0) keepFrame(connection.ackedUnseenFrames, segment.frame);
  }
  if (me.ackHigh === -1 || seqDiff(ack, me.ackHigh) > 0) me.ackHigh = ack;
  peer.takeAcknowledged(ack, segment.frame);
  const first = connection.halfCloseSegments[0];
  if (first !== undefined && first.from !== segment.from && seqDiff(ack, first.seq) > 0) {
    connection.isHalfCloseAcknowledged = true;
  }
  return true;
}

/** What was known of the sender's acknowledgments before the segment. */
export interface AckBefore {
  readonly ackHigh: number;
  readonly window: number;
}

/** Labels a segment that carries nothing but an acknowledgment and has no more specific label yet. */
export function labelPureAck(
  connection: Connection,
  me: EndTrack,
  peer: EndTrack,
  segment: Segment,
  before: AckBefore,
): void {
  const isNew = before.ackHigh === -1 || seqDiff(segment.ack, before.ackHigh) > 0;
  const isZeroWindow = segment.window === 0;
  if (isZeroWindow) me.zeroWindows++;
  if (connection.current.labels.length > 0) {
    if (isZeroWindow) connection.label('zero-window');
    return;
  }
  if (isProbeForm(me, segment) && me.isn !== segment.seq && (peer.ackHigh === -1 || peer.ackHigh === me.nxt)) {
    takeProbe(connection, me, peer, peer.lastWindow === 0 ? 'window-probe' : 'keep-alive');
    return;
  }
  if (isNew) connection.label('ack');
  if (isZeroWindow) connection.label('zero-window');
  if (connection.current.labels.length > 0) return;
  connection.label(labelRepeatedAck(connection, me, peer, segment, before));
}

function labelRepeatedAck(
  connection: Connection,
  me: EndTrack,
  peer: EndTrack,
  segment: Segment,
  before: AckBefore,
): 'keep-alive-ack' | 'challenge-ack' | 'window-update' | 'duplicate-ack' | 'ack' {
  if (segment.ack !== before.ackHigh) return 'ack';
  const { lastProbe } = peer;
  if (lastProbe?.kind === 'keep-alive' && lastProbe.segment === peer.recent.at(-1)) {
    peer.lastProbe = null;
    return 'keep-alive-ack';
  }
  if (isChallengeAnswer(connection, segment)) return 'challenge-ack';
  if (segment.window !== before.window) return 'window-update';
  const isOutstanding = peer.nxt !== -1 && seqDiff(peer.nxt, segment.ack) > 0;
  if (!isOutstanding && segment.sack.length === 0) return 'ack';
  me.duplicateAcks++;
  return 'duplicate-ack';
}

/** Whether an ACK, if it carries nothing else, may answer a reset or a SYN that its sender did not accept (RFC 5961 §3.2, §4.2). */
function mayBeChallengeAck(connection: Connection, segment: Segment): boolean {
  const provocation = connection.lastProvocation;
  if (provocation === null || provocation.from === segment.from) return false;
  if (segment.payloadBytes > 0 || (segment.flags & TcpFlag.FIN) !== 0) return false;
  return segment.timeNanos - provocation.timeNanos <= Math.max(2 * connection.rttNanos, 100_000_000);
}

/**
 * Whether a server may have sent the segment in SYN_RECEIVED: whatever it cannot take there it answers with an ACK that
 * covers nothing but the SYN (RFC 9293 §3.10.7.4, first; RFC 5961 §3.2), though what it answers need not be captured.
 */
export function mayBeOfSynReceived(me: EndTrack, peer: EndTrack, segment: Segment): boolean {
  if (segment.payloadBytes > 0 || (segment.flags & TcpFlag.FIN) !== 0 || segment.sack.length > 0) return false;
  if (peer.isn !== -1 && seqDiff(segment.ack, seqAdd(peer.isn, 1)) > 0) return false;
  const before = seqAdd(segment.seq, -1);
  return before === me.isn || me.recent.some(({ flags, seq }) => seq === before && (flags & TcpFlag.SYN) !== 0);
}

function isChallengeAnswer(connection: Connection, segment: Segment): boolean {
  if (!mayBeChallengeAck(connection, segment)) return false;
  connection.lastProvocation = null;
  connection.challengeAcks.push(segment);
  return true;
}

/** Whether nothing tells the segment from an earlier one, which the network may have doubled. */
function isSameOctets(earlier: Segment, segment: Segment): boolean {
  return earlier.seq === segment.seq && earlier.flags === segment.flags && earlier.checksum === segment.checksum;
}

/** Whether the segment takes back the sender's FIN: it sends on with the number that the FIN had. */
export function disownsFin(connection: Connection, me: EndTrack, peer: EndTrack, segment: Segment): boolean {
  if (me.fin === -1 || segment.seq !== me.fin || (segment.flags & TcpFlag.FIN) !== 0) return false;
  const [first] = me.finCopies;
  if (first === undefined || !connection.isBeyondRtt(first.timeNanos, segment.timeNanos)) return false;
  if (segment.payloadBytes > 1) return true;
  if (isSentBefore(segment, first) || seqDiff(segment.ack, me.ackHigh) < 0) return false;
  const isOrderKnown = hasTimestamps(segment) && hasTimestamps(first) && segment.tsVal !== first.tsVal;
  if (!isOrderKnown && segment.ipId === 0 && (hasTimestamps(segment) || segment.ack === first.ack)) return false;
  if (segment.ipId === 0 && me.recent.some((each) => isSameOctets(each, segment))) return false;
  const answered = peer.recent.at(-1);
  return answered !== undefined && !connection.isBeyondRtt(answered.timeNanos, segment.timeNanos);
}
