import type { End } from '../../../src/flow/vocabulary.ts';
import type { TcpState } from '../../../src/tcp/states.ts';
import { type Clock, cancel, MILLISECOND, SECOND, type Timer } from './clock.ts';
import { ReceiveBuffer } from './receive-buffer.ts';
import { type Outstanding, RetransmitQueue } from './retransmit-queue.ts';
import { ACK, add, after, before, FIN, PSH, RST, type SimSegment, SYN, sequenceLength } from './segment.ts';

/*
 * One TCP endpoint after RFC 9293 §3.10.7, with the habits of Linux where the RFC leaves room: challenge ACKs
 * (RFC 5961), IP identification 0 and no socket options on segments that a mini-socket or no socket sends, orphans
 * after close(), retries that end.
 *
 * Deliberately simple: a fixed congestion window, no Nagle, no SACK-based pipe. The state turns to FIN_WAIT_1 or
 * LAST_ACK when the FIN is first sent, not when close() queues it behind data: no packet shows the difference.
 */

export interface SocketOptions {
  mss: number;
  windowScale: number | null;
  sack: boolean;
  timestamps: boolean;
  receiveBytes: number;
  congestionSegments: number;
  /** Acknowledge every second segment or after 40 ms; else at once. */
  delayedAck: boolean;
  synRetries: number;
  synAckRetries: number;
  dataRetries: number;
  orphanRetries: number;
  finTimeoutNanos: number;
  timeWaitNanos: number;
}

/** What a socket needs of its host. */
export interface SocketHost {
  readonly end: End;
  readonly clock: Clock;
  readonly tsOffset: number;
  transmit(segment: Omit<SimSegment, 'serial' | 'from' | 'sentNanos'>): void;
  nextIpId(): number;
}

/** What the application is told. */
export interface SocketEvents {
  established(): void;
  readable(): void;
  endOfFile(): void;
}

export interface TrueState {
  state: TcpState;
  timeNanos: number;
}

const CHALLENGE_PAUSE_NANOS = 500 * MILLISECOND;

/** Enough for a run to come to an end by itself. */
export const DEFAULT_SOCKET: SocketOptions = {
  mss: 1448,
  windowScale: 7,
  sack: true,
  timestamps: true,
  receiveBytes: 64_000,
  congestionSegments: 10,
  delayedAck: true,
  synRetries: 4,
  synAckRetries: 4,
  dataRetries: 7,
  orphanRetries: 5,
  finTimeoutNanos: 60 * SECOND,
  timeWaitNanos: 60 * SECOND,
};

/** What a host answers to a segment that no socket wants (RFC 9293 §3.5.2). */
export function makeReset(
  cause: SimSegment,
): Omit<SimSegment, 'serial' | 'from' | 'sentNanos' | 'socket' | 'senderState'> {
  const answersAck = (cause.flags & ACK) !== 0;
  return {
    flags: answersAck ? RST : RST | ACK,
    seq: answersAck ? cause.ack : 0,
    ack: answersAck ? 0 : add(cause.seq, sequenceLength(cause)),
    window: 0,
    payloadBytes: 0,
    ipId: 0,
    timestamps: null,
    mss: null,
    windowScale: null,
    sackPermitted: false,
    sack: [],
    retransmission: false,
  };
}

/** State, sending and timers of an endpoint; `Socket` adds the application and receiving. */
export abstract class SocketSender {
  state: TcpState;
  readonly history: TrueState[];
  readonly index: number;
  readonly options: SocketOptions;
  readonly iss: number;
  irs = 0;
  events: SocketEvents = { established() {}, readable() {}, endOfFile() {} };
  /** True once close() has given the socket up to the kernel. */
  orphan = false;
  /** Why it ended, for reading a failure. */
  end: 'timer' | 'gave-up' | 'reset' | 'aborted' | 'acknowledged' | 'crashed' | null = null;
  readonly queue = new RetransmitQueue();
  received: ReceiveBuffer;

  protected readonly host: SocketHost;
  protected sndUna: number;
  protected sndNxt: number;
  protected sndWnd = 0;
  protected lastWindowSeq = 0;
  protected lastWindowAck = 0;
  protected peerMss = 536;
  protected sendScale = 0;
  protected receiveScale = 0;
  protected sackOk = false;
  protected timestampsOk = false;
  /** Linux keeps only a mini-socket for TIME_WAIT and for an orphan in FIN_WAIT_2. */
  protected mini = false;
  protected tsRecent = 0;
  protected lastAckSent = 0;
  protected advertisedEdge = 0;
  protected unsentBytes = 0;
  protected finQueued = false;
  protected finSeq: number | null = null;
  protected passive = false;
  protected retries = 0;
  protected duplicateAcks = 0;
  protected recover: number | null = null;
  protected unackedSegments = 0;
  protected lastChallengeNanos = Number.NEGATIVE_INFINITY;
  protected retransmitTimer: Timer | null = null;
  protected delayedAckTimer: Timer | null = null;
  protected lifeTimer: Timer | null = null;
  protected persistTimer: Timer | null = null;

  constructor(host: SocketHost, options: SocketOptions, index: number, iss: number, state: 'CLOSED' | 'LISTEN') {
    this.host = host;
    this.options = options;
    this.index = index;
    this.iss = iss;
    this.sndUna = iss;
    this.sndNxt = iss;
    this.state = state;
    this.history = [{ state, timeNanos: Number.NEGATIVE_INFINITY }];
    this.received = new ReceiveBuffer(0, options.receiveBytes);
  }

  // ---- state ----

  protected enter(state: TcpState): void {
    if (state === this.state) return;
    this.state = state;
    this.history.push({ state, timeNanos: this.host.clock.nowNanos });
  }

  protected leave(end: NonNullable<SocketSender['end']>): void {
    this.enter('CLOSED');
    this.end = end;
    this.retransmitTimer = cancel(this.retransmitTimer);
    this.delayedAckTimer = cancel(this.delayedAckTimer);
    this.lifeTimer = cancel(this.lifeTimer);
    this.persistTimer = cancel(this.persistTimer);
  }

  protected startLife(nanos: number): void {
    cancel(this.lifeTimer);
    this.lifeTimer = this.host.clock.after(nanos, () => this.leave('timer'));
  }

  protected waitAsOrphan(): void {
    this.mini = true;
    this.startLife(this.options.finTimeoutNanos);
  }

  protected enterTimeWait(): void {
    this.enter('TIME_WAIT');
    this.mini = true;
    this.retransmitTimer = cancel(this.retransmitTimer);
    this.startLife(this.options.timeWaitNanos);
  }

  // ---- sending ----

  protected windowBytes(): number {
    return Math.max(this.received.freeBytes, (this.advertisedEdge - this.received.rcvNxt) | 0);
  }

  protected windowField(flags: number): number {
    if (flags & SYN) return Math.min(65535, this.received.freeBytes);
    const unit = 2 ** this.receiveScale;
    let field = Math.floor(this.received.freeBytes / unit);
    if (before(add(this.received.rcvNxt, field * unit), this.advertisedEdge)) {
      field = Math.ceil(((this.advertisedEdge - this.received.rcvNxt) | 0) / unit);
    }
    return Math.min(65535, field);
  }

  protected emit(flags: number, seq: number, payloadBytes: number, retransmission: boolean): void {
    const { host, options } = this;
    const offering = (flags & SYN) !== 0 && (flags & ACK) === 0;
    const withTimestamps = offering ? options.timestamps : this.timestampsOk;
    const window = this.windowField(flags);
    const nameless = this.mini || (this.passive && (flags & SYN) !== 0);
    host.transmit({
      socket: this.index,
      senderState: this.state,
      flags,
      seq,
      ack: flags & ACK ? this.received.rcvNxt : 0,
      window,
      payloadBytes,
      ipId: nameless ? 0 : host.nextIpId(),
      timestamps: withTimestamps ? { val: this.clockMillis(), ecr: flags & ACK ? this.tsRecent : 0 } : null,
      mss: flags & SYN ? options.mss : null,
      windowScale: flags & SYN && (offering || this.receiveScale > 0) ? options.windowScale : null,
      sackPermitted: (flags & SYN) !== 0 && (offering ? options.sack : this.sackOk),
      sack: this.mini || !this.sackOk || flags & (SYN | RST) ? [] : this.received.takeSack(withTimestamps ? 3 : 4),
      retransmission,
    });
    if (!(flags & ACK)) return;
    this.lastAckSent = this.received.rcvNxt;
    this.unackedSegments = 0;
    this.delayedAckTimer = cancel(this.delayedAckTimer);
    const edge = add(this.received.rcvNxt, flags & SYN ? window : window * 2 ** this.receiveScale);
    if (this.advertisedEdge === 0 || after(edge, this.advertisedEdge)) this.advertisedEdge = edge;
  }

  protected clockMillis(): number {
    return (this.host.tsOffset + Math.floor(this.host.clock.nowNanos / MILLISECOND)) >>> 0;
  }

  protected sendAck(): void {
    this.emit(ACK, this.sndNxt, 0, false);
  }

  protected sendChallenge(): void {
    const { nowNanos } = this.host.clock;
    if (nowNanos - this.lastChallengeNanos < CHALLENGE_PAUSE_NANOS) return;
    this.lastChallengeNanos = nowNanos;
    this.sendAck();
  }

  /** RST without ACK at the number the other end expects: such a segment has no place here. */
  protected sendReactiveReset(cause: SimSegment): void {
    this.host.transmit({ ...makeReset(cause), socket: this.index, senderState: this.state });
  }

  protected sendNew(flags: number, payloadBytes: number): void {
    const seq = this.sndNxt;
    const { nowNanos } = this.host.clock;
    this.queue.inFlight.push({ seq, payloadBytes, flags, firstSentNanos: nowNanos, copies: 1, sacked: false });
    this.sndNxt = add(seq, sequenceLength({ flags, payloadBytes }));
    this.emit(flags, seq, payloadBytes, false);
    if (this.retransmitTimer === null) this.armRetransmit();
  }

  protected resend(sent: Outstanding): void {
    sent.copies++;
    this.emit(sent.flags, sent.seq, sent.payloadBytes, true);
  }

  /** Sends what the windows allow, and the FIN behind the last octet. */
  protected push(): void {
    if (this.state !== 'ESTABLISHED' && this.state !== 'CLOSE_WAIT') return;
    while (this.unsentBytes > 0) {
      const room = (add(this.sndUna, this.sndWnd) - this.sndNxt) | 0;
      if (this.queue.inFlight.length >= this.options.congestionSegments) return;
      if (room <= 0) {
        if (this.queue.inFlight.length === 0) this.armPersist();
        return;
      }
      const size = Math.min(this.unsentBytes, this.peerMss, room);
      this.unsentBytes -= size;
      const last = this.unsentBytes === 0;
      const withFin = last && this.finQueued;
      if (withFin) this.enterAfterFin(size);
      this.sendNew(ACK | (last ? PSH : 0) | (withFin ? FIN : 0), size);
    }
    if (!this.finQueued || this.finSeq !== null) return;
    this.enterAfterFin(0);
    this.sendNew(ACK | FIN, 0);
  }

  protected enterAfterFin(payloadBytes: number): void {
    this.finSeq = add(this.sndNxt, payloadBytes);
    this.enter(this.state === 'CLOSE_WAIT' ? 'LAST_ACK' : 'FIN_WAIT_1');
  }

  // ---- timers ----

  protected armRetransmit(): void {
    cancel(this.retransmitTimer);
    this.retransmitTimer = null;
    if (this.queue.inFlight.length === 0) return;
    this.retransmitTimer = this.host.clock.after(this.queue.timeoutNanos, () => this.onRetransmitTimeout());
  }

  protected get retryLimit(): number {
    const { options } = this;
    if (this.state === 'SYN_SENT') return options.synRetries;
    if (this.state === 'SYN_RECEIVED') return options.synAckRetries;
    return this.orphan ? options.orphanRetries : options.dataRetries;
  }

  protected onRetransmitTimeout(): void {
    this.retransmitTimer = null;
    const hole = this.queue.firstHole ?? this.queue.inFlight[0];
    if (hole === undefined) return;
    if (this.retries >= this.retryLimit) {
      this.leave('gave-up');
      return;
    }
    this.retries++;
    this.queue.backoff++;
    this.recover = this.sndNxt;
    this.resend(hole);
    this.armRetransmit();
  }

  protected armPersist(): void {
    if (this.persistTimer !== null) return;
    this.persistTimer = this.host.clock.after(this.queue.timeoutNanos, () => {
      this.persistTimer = null;
      if (this.retries >= this.retryLimit) {
        this.leave('gave-up');
        return;
      }
      this.retries++;
      this.queue.backoff++;
      this.emit(ACK, add(this.sndUna, -1), 0, false);
      this.armPersist();
    });
  }
}
