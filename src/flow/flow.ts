/**
 * One tuple: sets capture duplicates aside, undoes small reordering at the tap, and gives each segment to the incarnation
 * of the connection that it belongs to (SPEC §2 and §4).
 */
import { DUPLICATE_NANOS } from '../core/timing.ts';
import { seqAdd, seqDiff } from '../tcp/seq.ts';
import { type IcmpError, RowOrigin, TcpFlag } from '../wire/batch.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import type { EndTrack } from './end.ts';
import { assumeSender, takeIncomplete } from './incomplete.ts';
import { takeOrdinary } from './ordinary.ts';
import { takeCaptureDuplicate, takeSegmentIn, takeUncounted } from './process.ts';
import { hasInvalidFlags, hasTimestamps, isSameSegment, type Segment, sequenceLength } from './segment.ts';

const HOLD_NANOS = 10_000_000;
/** An ACK further ahead of the captured data than this is not reordered but acknowledges what the capture dropped. */
const HOLD_BYTES = 1 << 20;
/** Segments that wait for what they acknowledge; the oldest goes on when there are more. */
const MAX_HELD = 32;
const RECENT_SEGMENTS = 16;
const MAX_REORDERED_FRAMES = 16;
const MAX_ICMP_ERRORS = 16;
/** Octets after which the numbers of a connection may have come round to those of the one before. */
const DISTINCT_BYTES = 1 << 30;
/** Numbers this far from the next one are believed of a connection whose SYN was not captured. */
const NEAR_BYTES = 0xffff;

/** What the tracker tells and asks of its flows. */
export interface FlowContext {
  readonly options: ConnectionOptions;
  nextId: number;
  /** Called with each connection that gives way to a new incarnation. */
  retire(connection: Connection): void;
}

/** A SYN, or a SYN-ACK whose SYN was not captured, on a tuple that is still in use, and its repeats, until the reaction decides. */
interface Pending {
  readonly connection: Connection;
  readonly segments: Segment[];
  /** The old connection answered with its own numbers. */
  isChallenged: boolean;
  /** The SYN's sender answered that challenge with a reset. */
  isRecovered: boolean;
}

/** Segments that are kept with a pending SYN. */
const MAX_PENDING_SEGMENTS = 64;

export class Flow {
  readonly port0: number;
  readonly port1: number;
  readonly isSelfConnect: boolean;
  current: Connection | null = null;
  pending: Pending | null = null;
  private readonly context: FlowContext;
  private readonly recent: [Segment[], Segment[]] = [[], []];
  private held: Segment[] = [];
  /** Duplicates told by IP identification or payload; weaker ones count only if there are any. */
  private duplicatesSeen = 0;

  /** Id for the first connection, when it was given out before; 0 otherwise. */
  private firstId: number;
  /** Time of the latest segment, nanoseconds. */
  lastNanos = Number.NEGATIVE_INFINITY;

  constructor(port0: number, port1: number, isSelfConnect: boolean, context: FlowContext, firstId = 0) {
    this.firstId = firstId;
    this.port0 = port0;
    this.port1 = port1;
    this.isSelfConnect = isSelfConnect;
    this.context = context;
  }

  /** Whether nothing is left of the connection but TIME_WAIT. */
  get isOver(): boolean {
    const { current } = this;
    if (current === null || this.pending !== null || this.held.length > 0) return false;
    return current.ends.every((end) => end.state === 'CLOSED' || end.state === 'TIME_WAIT');
  }

  /** Whether segments wait for what they acknowledge. */
  get isHolding(): boolean {
    return this.held.length > 0;
  }

  /**
   * Gives back what only the next milliseconds could have needed: segments that may be captured twice, or provoke a
   * reset. For a connection that closed without a reset and has been over for a second; FINs are kept elsewhere.
   */
  forgetRecent(): void {
    for (const recent of this.recent) recent.length = 0;
    for (const end of this.current?.ends ?? []) end.recent = [];
    this.current?.followAll();
  }

  /** Lets segments go on that have waited long enough: time passes, also when no segment comes. */
  tick(nowNanos: number): void {
    if (this.held.length > 0) this.release(nowNanos);
  }

  /** Takes in an ICMP error that quotes a segment of end `from`. */
  takeIcmp(error: IcmpError, from: 0 | 1): void {
    const connection = this.pending?.connection ?? this.current;
    if (connection === null) return;
    if (connection.icmpErrors.length < MAX_ICMP_ERRORS) connection.icmpErrors.push(error);
    const asker = connection.ends[from];
    const isAsking = asker.state === 'SYN_SENT' && asker.isn === error.seq;
    if (!isAsking || !isUnreachable(error)) return;
    connection.icmpRefusal ??= error;
    connection.receivesApart(asker, 'icmp-refusal', error);
  }

  /** Takes in the tuple's next segment in capture order. */
  take(segment: Segment): void {
    this.lastNanos = Math.max(this.lastNanos, segment.timeNanos);
    if ((segment.origin & RowOrigin.INCOMPLETE) !== 0) {
      this.current ??= this.create();
      takeIncomplete(this.current, segment);
      return;
    }
    if (this.held.length > 0) this.release(segment.timeNanos);
    if (this.takesOrdinary(segment)) {
      this.keepRecent(segment);
      return;
    }
    if (this.isCaptureDuplicate(segment)) {
      this.takeDuplicate(segment);
      return;
    }
    this.keepRecent(segment);
    if (this.mustWait(segment)) {
      this.held.push(segment);
      if (this.held.length > MAX_HELD) this.deliverOldest();
      return;
    }
    while (this.held.length > 0 && this.isUnrelated(this.held[0], segment)) this.deliverOldest();
    this.deliver(segment);
    if (this.held.length > 0) this.release(segment.timeNanos);
  }

  private deliverOldest(): void {
    const oldest = this.held.shift();
    if (oldest !== undefined) this.deliver(oldest);
  }

  /** Whether time stamps tell that a held ACK answers an earlier copy of the segment, which was not captured (RFC 7323 §4.3). */
  private isUnrelated(held: Segment, segment: Segment): boolean {
    const { current } = this;
    if (current === null || held.from === segment.from || !hasTimestamps(held) || !hasTimestamps(segment)) return false;
    const acker = current.ends[held.from];
    const isNext = acker.ackHigh === segment.seq && held.ack === seqAdd(segment.seq, sequenceLength(segment));
    return isNext && seqDiff(held.tsEcr, segment.tsVal) < 0;
  }

  private takesOrdinary(segment: Segment): boolean {
    const { current } = this;
    if (current === null || this.pending !== null || this.held.length > 0) return false;
    return this.context.options.alwaysInFull !== true && takeOrdinary(current, segment);
  }

  private keepRecent(segment: Segment): void {
    const recent = this.recent[segment.from];
    recent.push(segment);
    if (recent.length > RECENT_SEGMENTS) recent.shift();
  }

  /** Ends the waiting of held segments, and decides what is pending: the capture is over or the flow is given up. */
  finish(): void {
    const held = this.held;
    this.held = [];
    for (const segment of held) this.deliver(segment);
    const { pending, current } = this;
    if (current?.segmentCount === 0) assumeSender(current);
    if (pending === null || current === null) return;
    const sender = current.ends[pending.segments[0].from];
    const isOldGone = sender.state === 'CLOSED' || sender.state === 'TIME_WAIT' || pending.isRecovered;
    if (isOldGone) this.promote();
    else this.dissolve(true);
  }

  private takeDuplicate(segment: Segment): void {
    const { pending, current } = this;
    const owner = pending?.segments.some((each) => each.seq === segment.seq && each.from === segment.from)
      ? pending.connection
      : current;
    if (owner === null) return;
    takeCaptureDuplicate(owner, segment);
  }

  private isCaptureDuplicate(segment: Segment): boolean {
    const recent = this.recent[segment.from];
    for (let i = recent.length - 1; i >= 0; i--) {
      const earlier = recent[i];
      const age = segment.timeNanos - earlier.timeNanos;
      if (age > DUPLICATE_NANOS) return false;
      if (!isSameSegment(earlier, segment)) continue;
      const { current } = this;
      const isRttKnown = current !== null && !Number.isNaN(current.legRttNanos[0] + current.legRttNanos[1]);
      if (isRttKnown && age >= current.rttNanos / 2 && age > 1_000_000) continue;
      const hasId = segment.ipId !== 0 || earlier.ipId !== 0;
      const isWeak = !hasId && (segment.payloadBytes === 0 || (segment.flags & TcpFlag.RST) !== 0);
      const isBare = isWeak && (segment.flags & (TcpFlag.SYN | TcpFlag.FIN)) === 0;
      if (isBare && this.duplicatesSeen === 0) return false;
      if (!isBare) this.duplicatesSeen++;
      return true;
    }
    return false;
  }

  /** Whether the segment acknowledges octets that are only about to be captured. */
  private mustWait(segment: Segment): boolean {
    if ((segment.flags & (TcpFlag.ACK | TcpFlag.SYN | TcpFlag.RST)) !== TcpFlag.ACK) return false;
    if (this.isSelfConnect || hasInvalidFlags(segment.flags)) return false;
    if (this.held.length > 0 && this.held.some((each) => each.from === segment.from)) return true;
    return this.isAhead(segment);
  }

  private isAhead(segment: Segment): boolean {
    const { current } = this;
    if (current === null || this.pending !== null) return false;
    const peer = current.ends[1 - segment.from];
    if (peer.nxt === -1 || !peer.sentBeyondSyn) return false;
    const ahead = seqDiff(segment.ack, peer.nxt);
    return ahead > 0 && ahead <= HOLD_BYTES;
  }

  /** Lets held segments go on: those whose data has come, and all that have waited long enough. */
  private release(nowNanos: number): void {
    const held = this.held;
    this.held = [];
    const isOver = held.length > 0 && nowNanos - held[0].timeNanos > HOLD_NANOS;
    for (const segment of held) {
      if (isOver || !(this.held.length > 0 || this.isAhead(segment))) {
        if (!isOver && this.current) noteReordered(this.current, segment);
        this.deliver(segment);
      } else this.held.push(segment);
    }
  }

  private create(): Connection {
    const { port0, port1, isSelfConnect, context } = this;
    const id = this.firstId !== 0 ? this.firstId : context.nextId++;
    this.firstId = 0;
    return new Connection(port0, port1, isSelfConnect, context.options, id);
  }

  private deliver(segment: Segment): void {
    const { current } = this;
    if (current === null || current.segmentCount === 0) {
      this.current = current ?? this.create();
      takeSegmentIn(this.current, segment);
      return;
    }
    const kind = segment.flags & (TcpFlag.SYN | TcpFlag.ACK | TcpFlag.RST | TcpFlag.FIN);
    if (kind === TcpFlag.SYN) this.deliverSyn(current, segment);
    else if (this.pending !== null) this.deliverToEither(current, this.pending, segment);
    else if (current.predecessor !== null && isOfPredecessor(current, current.predecessor, segment)) {
      takeUncounted(current, segment, 'late');
    } else if (isForeign(current, segment)) takeUncounted(current, segment, 'orphan');
    else if (kind === (TcpFlag.SYN | TcpFlag.ACK)) this.deliverSynAck(current, segment);
    else takeSegmentIn(current, segment);
  }

  /** A new incarnation begins with the segment; the old one is over. */
  private renew(segment: Segment): void {
    const { current } = this;
    const connection = this.create();
    takeSegmentIn(connection, segment);
    if (current !== null) this.succeed(current, connection);
  }

  private deliverSynAck(current: Connection, segment: Segment): void {
    const isStrange =
      isFar(current.ends[segment.from], segment.seq) && isFar(current.ends[1 - segment.from], segment.ack);
    if (isSynAckOfNew(current, segment)) this.renew(segment);
    else if (isStrange && !current.isSelfConnect) this.await(segment);
    else takeSegmentIn(current, segment);
  }

  private deliverSyn(current: Connection, segment: Segment): void {
    const { pending } = this;
    if (pending !== null) {
      if (pending.connection.ends[segment.from].isn === segment.seq) {
        keepPending(pending, segment);
        takeSegmentIn(pending.connection, segment);
        return;
      }
      const sender = current.ends[pending.segments[0].from];
      if (pending.isRecovered || sender.state === 'CLOSED' || sender.state === 'TIME_WAIT') this.promote();
      else this.dissolve(false);
      this.deliverSyn(this.current ?? current, segment);
      return;
    }
    const me = current.ends[segment.from];
    const peer = current.ends[1 - segment.from];
    if (me.isn === segment.seq || wasRefusedBefore(me, peer, segment)) takeSegmentIn(current, segment);
    else if (isOver(current) || isUnanswered(me, peer)) this.renew(segment);
    else if (isCrossing(me, peer)) takeSegmentIn(current, segment);
    else this.await(segment);
  }

  private await(segment: Segment): void {
    const connection = this.create();
    this.pending = { connection, segments: [segment], isChallenged: false, isRecovered: false };
    takeSegmentIn(connection, segment);
  }

  private deliverToEither(current: Connection, pending: Pending, segment: Segment): void {
    const fresh = pending.connection;
    const opener = pending.segments[0].from;
    const openerIsn = fresh.ends[opener].isn;
    const { flags } = segment;
    if ((flags & TcpFlag.SYN) !== 0 && segment.from === opener && segment.seq === openerIsn) {
      keepPending(pending, segment);
      takeSegmentIn(fresh, segment);
      return;
    }
    if (isBehindSyn(current, openerIsn, opener, segment)) {
      takeSegmentIn(fresh, segment);
      this.promote();
      return;
    }
    if (segment.from !== opener) {
      const answersNew =
        (flags & TcpFlag.ACK) !== 0 &&
        seqDiff(segment.ack, openerIsn) > 0 &&
        seqDiff(segment.ack, fresh.ends[opener].nxt) <= 0;
      const isOfNew = (flags & (TcpFlag.SYN | TcpFlag.RST)) !== 0 || !isNumberOf(current.ends[opener], segment.ack);
      if (answersNew && isOfNew) {
        takeSegmentIn(fresh, segment);
        this.promote();
        return;
      }
      if ((flags & (TcpFlag.SYN | TcpFlag.RST)) === 0) pending.isChallenged = true;
      current.lastProvocation ??= pending.segments[0];
      takeSegmentIn(current, segment);
      return;
    }
    if ((flags & TcpFlag.RST) !== 0 && pending.isChallenged) {
      takeSegmentIn(current, segment);
      pending.isRecovered = current.resets.at(-1)?.segment === segment;
      if (pending.isRecovered) this.promote();
      return;
    }
    const isOld = seqDiff(segment.seq, current.ends[opener].nxt) <= 0 && current.ends[opener].nxt !== -1;
    const syn = pending.segments[0];
    if (isOld && segment.seq !== seqAdd(openerIsn, 1) && current.isBeyondRtt(syn.timeNanos, segment.timeNanos)) {
      this.dissolve(false);
      takeSegmentIn(current, segment);
    } else if (segment.seq === seqAdd(openerIsn, 1) && !isOld) {
      takeSegmentIn(fresh, segment);
      this.promote();
    } else takeSegmentIn(current, segment);
  }

  /** The pending SYN opened a connection of its own. */
  private promote(): void {
    const { pending, current } = this;
    if (pending === null || current === null) return;
    this.pending = null;
    pending.connection.isRecovery = pending.isRecovered;
    this.succeed(current, pending.connection);
  }

  private succeed(old: Connection, fresh: Connection): void {
    fresh.predecessor = old;
    old.successor = fresh;
    this.current = fresh;
    this.context.retire(old);
    old.predecessor = null;
  }

  /** The pending SYN changed nothing: it is counted in the connection it hit. */
  private dissolve(isUndetermined: boolean): void {
    const { pending, current } = this;
    if (pending === null || current === null) return;
    this.pending = null;
    current.isSynOnLiveUndetermined ||= isUndetermined;
    for (const segment of pending.segments) {
      const isSyn = (segment.flags & TcpFlag.ACK) === 0;
      if (isSyn && !isUndetermined && current.liveSyns.length < MAX_PENDING_SEGMENTS) current.liveSyns.push(segment);
      takeSegmentIn(current, segment);
    }
    current.records?.sort((a, b) => a.segment.frame - b.segment.frame);
  }
}

function noteReordered(connection: Connection, segment: Segment): void {
  connection.reorderedSegments++;
  if (connection.reorderedFrames.length < MAX_REORDERED_FRAMES) connection.reorderedFrames.push(segment.frame);
}

function keepPending(pending: Pending, segment: Segment): void {
  if (pending.segments.length < MAX_PENDING_SEGMENTS) pending.segments.push(segment);
}

/** ICMP "destination unreachable", a packet that is too large apart: what refuses a connection. */
function isUnreachable({ ipVersion, type, code }: IcmpError): boolean {
  return ipVersion === 4 ? type === 3 && code !== 4 : type === 1;
}

/** Whether nothing of the connection is left at either end. */
function isOver(connection: Connection): boolean {
  return connection.isClosed;
}

/** Whether the connection began with the refusal of an earlier copy of the SYN. */
function wasRefusedBefore(me: EndTrack, peer: EndTrack, segment: Segment): boolean {
  if (me.segments > 0) return false;
  return peer.recent.some(({ flags, ack }) => (flags & TcpFlag.RST) !== 0 && ack === seqAdd(segment.seq, 1));
}

/** Whether the sender tried before with another number and was never answered. */
function isUnanswered(me: EndTrack, peer: EndTrack): boolean {
  return me.sentBareSyn && !me.sentBeyondSyn && peer.segments === 0;
}

/** Whether a SYN of `me` crosses the SYN of its peer: both open actively. */
function isCrossing(me: EndTrack, peer: EndTrack): boolean {
  return me.segments === 0 && peer.sentBareSyn && !peer.sentBeyondSyn && !peer.sentSynAck;
}

/** Whether a SYN-ACK without captured SYN belongs to a later incarnation than one that is over. */
function isSynAckOfNew(current: Connection, segment: Segment): boolean {
  const me = current.ends[segment.from];
  const peer = current.ends[1 - segment.from];
  const isOver = current.ends.every((end) => end.state === 'CLOSED' || end.state === 'TIME_WAIT');
  if (!isOver || me.isn === segment.seq) return false;
  if (peer.isn !== -1) return segment.ack !== seqAdd(peer.isn, 1);
  return !peer.recent.some((each) => Math.abs(seqDiff(each.seq, segment.ack)) <= NEAR_BYTES);
}

/**
 * Whether the segment has numbers that cannot be of the connection: far behind a FIN or a reset, where nothing comes any
 * more, or far before the SYN. They are of a later one on the same tuple whose SYNs were not captured, or of an older one.
 */
function isForeign(current: Connection, { flags, seq, ack, from }: Segment): boolean {
  if ((flags & (TcpFlag.SYN | TcpFlag.RST | TcpFlag.ACK)) !== TcpFlag.ACK || current.isSelfConnect) return false;
  const me = current.ends[from];
  const peer = current.ends[1 - from];
  const isSeqFar = isFar(me, seq);
  const isAckFar = isFar(peer, ack);
  if (!isSeqFar && !isAckFar) return false;
  if ((isSeqFar && hasSentFin(me)) || (isAckFar && hasSentFin(peer))) return true;
  const isOver = current.isClosed || (seemsFinished(me, peer) && seemsFinished(peer, me));
  return isOver && isSeqFar && isAckFar;
}

function hasSentFin(end: EndTrack): boolean {
  return end.fin !== -1 && !end.isFinImplied;
}

/** Whether an end has sent its FIN: it was captured, or the peer acknowledged exactly one octet that was not. */
function seemsFinished(end: EndTrack, peer: EndTrack): boolean {
  return end.fin !== -1 || (end.textEnd !== -1 && peer.ackHigh !== -1 && seqDiff(peer.ackHigh, end.textEnd) === 1);
}

/** Whether a number is none that the end has used, or will use soon. */
function isFar(end: EndTrack, number: number): boolean {
  if (end.nxt === -1 || end.payloadBytes > DISTINCT_BYTES) return false;
  if (seqDiff(number, end.nxt) > NEAR_BYTES) return true;
  return end.isn !== -1 && seqDiff(number, end.isn) < -NEAR_BYTES;
}

/** Whether a segment with none of the connection's numbers goes on from a SYN of end `opener`, though what lies between was not captured. */
function isBehindSyn(current: Connection, isn: number, opener: 0 | 1, segment: Segment): boolean {
  const { flags, seq, ack, from } = segment;
  if ((flags & (TcpFlag.SYN | TcpFlag.ACK | TcpFlag.RST)) !== TcpFlag.ACK) return false;
  const ahead = seqDiff(from === opener ? seq : ack, isn);
  if (ahead <= 0 || ahead > NEAR_BYTES) return false;
  return isFar(current.ends[from], seq) && isFar(current.ends[1 - from], ack);
}

/** Whether the segment has the numbers of the incarnation before and not those of the current one. */
function isOfPredecessor(current: Connection, old: Connection, segment: Segment): boolean {
  const { flags, seq, ack, from } = segment;
  const me = current.ends[from];
  const peer = current.ends[1 - from];
  if (me.payloadBytes + peer.payloadBytes > DISTINCT_BYTES) return false;
  const hasAck = (flags & TcpFlag.ACK) !== 0;
  const hasSeq = !hasAck || (flags & TcpFlag.RST) === 0 || seq !== 0;
  const isSeqForeign = hasSeq && me.isn !== -1 && (flags & TcpFlag.SYN) === 0 && seqDiff(seq, me.isn) <= 0;
  const isAckForeign =
    hasAck && peer.isn !== -1 && (seqDiff(ack, peer.isn) <= 0 || seqDiff(ack, peer.nxt) > NEAR_BYTES);
  if (!isSeqForeign && !isAckForeign) return false;
  return (!hasSeq || isNumberOf(old.ends[from], seq)) && (!hasAck || isNumberOf(old.ends[1 - from], ack));
}

/** Whether an end used the number, or is about to. */
function isNumberOf(end: EndTrack, number: number): boolean {
  if (end.nxt === -1) return false;
  const beyond = seqDiff(number, end.nxt);
  if (beyond > NEAR_BYTES) return false;
  return end.isn === -1 ? beyond >= -NEAR_BYTES : seqDiff(number, end.isn) >= 0;
}
