import { seqAdd, seqDiff, seqMax } from '../tcp/seq.ts';
import type { TcpState } from '../tcp/states.ts';
import { History } from './history.ts';
import type { Segment } from './segment.ts';

/** Octets that were captured ahead of a hole, with what tells how old they are. */
interface AheadRange {
  start: number;
  end: number;
  tsVal: number;
  hasTimestamps: boolean;
  ipId: number;
}

/** Ranges ahead of a hole that are remembered for one end. */
const MAX_AHEAD_RANGES = 64;
const MAX_UNSEEN_RANGES = 16;
/** Segments of one end that are remembered to find what provoked a reset, and network duplicates. */
export const RECENT_SEGMENTS = 16;
/** A jump ahead of more than this is not believed to be the end's own. */
const BELIEVABLE_JUMP_BYTES = 1 << 28;

/** A receive window that was closed: from the first segment that offered nothing to the one that offered more. */
export interface ClosedWindow {
  readonly frame: number;
  readonly timeNanos: number;
  /** Segment that opened it again; frame 0 and time NaN while it is closed. */
  openFrame: number;
  openNanos: number;
  /** Window probes of the peer meanwhile. */
  probes: number;
}

/** The same octets sent again and again without being acknowledged. */
export interface Resend {
  readonly seq: number;
  /** Copies after the first, and frames of the earliest of them. */
  count: number;
  readonly frames: number[];
  readonly firstNanos: number;
  lastNanos: number;
  /** Time between the last two copies, nanoseconds; 0 after the first repeat. */
  intervalNanos: number;
}

/** Probes of one kind that an end has sent. */
export interface ProbeRun {
  count: number;
  /** Frames of the earliest of them. */
  readonly frames: number[];
  readonly firstNanos: number;
  lastNanos: number;
}

/** Why octets that arrive are not simply the next ones. */
export type Arrival = 'next' | 'ahead' | 'old' | 'fills-hole';

/** What is known of one end of a connection: its numbers, its FIN, its counters and what is believed of its state. */
export class EndTrack {
  readonly history = new History();

  /** Initial sequence number, without it -1. */
  isn = -1;
  /** The one that an earlier SYN-ACK had; -1 while there was no other. */
  formerIsn = -1;
  /** Frames and times of the SYNs or SYN-ACKs of this incarnation, first copy first (bounded). */
  readonly synCopies: Segment[] = [];
  /** Whether it has sent a SYN without ACK. */
  sentBareSyn = false;
  sentSynAck = false;
  /** Whether it has sent anything but SYNs, capture duplicates and resets apart. */
  sentBeyondSyn = false;
  /** Whether its SYN was acknowledged by a segment of the peer. */
  isSynCovered = false;

  /** Highest sequence end it was seen to send; -1 before the first. */
  nxt = -1;
  /** End of the octets that were captured without a hole (or acknowledged by the peer); -1 before the first. */
  contiguous = -1;
  /** End of the octets that are known to be SYN or payload: a FIN that nobody captured can only lie behind; -1 before any. */
  textEnd = -1;
  readonly #ahead: AheadRange[] = [];
  /** Ranges ahead of a hole were dropped: what is missing cannot be told any more. */
  #isAheadIncomplete = false;
  /** Octets that the peer acknowledged and nobody was seen to send, as ranges in order, and the frames of the ACKs. */
  readonly unseenRanges: { readonly start: number; readonly end: number; readonly frame: number }[] = [];
  /** The segment with the most payload. */
  largest: Segment | null = null;
  /** Highest acknowledgment it has sent; -1 before the first. */
  ackHigh = -1;
  lastWindow = -1;

  /** Copies of its FIN, first copy first. */
  readonly finCopies: Segment[] = [];
  /** A segment with a newer time stamp was captured before, or soon after, the FIN: its receiver may reject that as too old. */
  isFinOvertaken = false;
  /** Copies that the network doubled: they restart the peer's TIME_WAIT. */
  readonly lateFinCopies: Segment[] = [];
  /** Sequence number of the FIN octet; -1 while none is believed. */
  fin = -1;
  /** The peer's first segment whose ACK covers the FIN. */
  finCover: Segment | null = null;
  /** The first and the latest covering segments that carry nothing old: a receiver drops old octets with their ACK. */
  firstSureCover: Segment | null = null;
  lastSureCover: Segment | null = null;
  /** The latest covering segment that is not surely dropped; a repeat later than a round trip after it refutes that it arrived. */
  lastCover: Segment | null = null;
  /** A repeat of the FIN was seen that the peer has not answered yet. */
  awaitsRepeatAck = false;
  /** It covered the peer's FIN before its own was seen to be covered: in CLOSING, if no cover of it was missed. */
  mayBeClosing = false;
  /** Times that a state that rests on the cover of its FIN was taken back. */
  coverRefutations = 0;
  /** FIN believed only because the peer acknowledged one octet more than was captured. */
  isFinImplied = false;

  /** Times that ESTABLISHED was taken back. */
  establishedRefutations = 0;

  recent: Segment[] = [];

  segments = 0;
  payloadBytes = 0;
  uniquePayloadBytes = 0;
  syn = 0;
  finCount = 0;
  rst = 0;
  retransmittedSegments = 0;
  outOfOrderSegments = 0;
  duplicateAcks = 0;
  zeroWindows = 0;
  mss = -1;
  windowScale = -1;
  sackPermitted = false;
  timestamps = false;
  /** Keep-alives, window probes and retransmissions since the peer was last heard. */
  unansweredProbes = 0;
  /** Its latest keep-alive or window probe that was not answered yet. */
  lastProbe: { readonly kind: 'window-probe' | 'keep-alive'; readonly segment: Segment } | null = null;
  lastSentNanos = Number.NEGATIVE_INFINITY;
  /** The window that it holds closed, and the longest time that it did. */
  closedWindow: ClosedWindow | null = null;
  longestClosedWindow: ClosedWindow | null = null;
  /** What it sends again now, and what it sent again most often. */
  resend: Resend | null = null;
  worstResend: Resend | null = null;
  /** Keep-alives after a pause, and window probes. */
  keepAlives: ProbeRun | null = null;
  windowProbes: ProbeRun | null = null;

  get state(): TcpState {
    return this.history.state;
  }

  remember(segment: Segment): void {
    this.recent.push(segment);
    if (this.recent.length > RECENT_SEGMENTS) this.recent.shift();
  }

  /** The window its last segment offered, in octets. */
  get windowBytes(): number {
    return this.lastWindow < 0 ? 0xffff : this.lastWindow << Math.max(0, this.windowScale);
  }

  /** Takes in octets `[start, end)`; says how they lie to what was captured before, and how many are new. */
  takeOctets(
    start: number,
    end: number,
    segment: Segment,
    hasTimestamps: boolean,
  ): { arrival: Arrival; fresh: number } {
    if (this.nxt === -1) {
      this.nxt = end;
      this.contiguous = end;
      return { arrival: 'next', fresh: seqDiff(end, start) };
    }
    if (Math.abs(seqDiff(start, this.nxt)) > BELIEVABLE_JUMP_BYTES) return { arrival: 'old', fresh: 0 };
    if (this.unseenRanges.length > 0) this.#forgetUnseen(start, end);
    const arrival = this.#placeOf(start, end);
    const fresh = arrival === 'old' ? 0 : this.#freshOctets(start, end);
    if (seqDiff(end, this.nxt) > 0) this.nxt = end;
    if (seqDiff(start, this.contiguous) <= 0) {
      if (seqDiff(end, this.contiguous) > 0) this.contiguous = end;
      this.#closeUp();
    } else if (arrival !== 'old') {
      const { tsVal, ipId } = segment;
      if (this.#ahead.length < MAX_AHEAD_RANGES) this.#ahead.push({ start, end, tsVal, hasTimestamps, ipId });
      else this.#isAheadIncomplete = true;
    }
    return { arrival, fresh };
  }

  /** The FIN was none: its number is that of the octet that comes next, or of one that has come already. */
  takeBackFin(): void {
    const { fin } = this;
    this.fin = -1;
    if (seqDiff(this.contiguous, fin) > 0) this.contiguous = fin;
    this.nxt = fin;
    for (const range of this.#ahead) {
      if (range.end === seqAdd(fin, 1)) range.end = fin;
      this.nxt = seqMax(this.nxt, range.end);
    }
    this.#closeUp();
  }

  /** Octets up to `end` were seen to be SYN or payload. */
  noteText(end: number): void {
    if (this.textEnd === -1 || seqDiff(end, this.textEnd) > 0) this.textEnd = end;
  }

  /** Whether octets before `number` were not seen, so that an uncaptured FIN of this end may be among them. */
  mayHideFin(number: number): boolean {
    return this.fin === -1 && (this.textEnd === -1 || seqDiff(number, this.textEnd) > 0);
  }

  /** The peer acknowledged up to `ack`: holes below it will not be filled any more, and nothing beyond `nxt` is believed. */
  takeAcknowledged(ack: number, frame: number): void {
    if (this.contiguous === -1 || seqDiff(ack, this.contiguous) <= 0) return;
    const end = seqDiff(ack, this.nxt) > 0 ? this.nxt : ack;
    if (end !== this.contiguous) this.#noteUnseen(end, frame);
    this.contiguous = end;
    this.#closeUp();
  }

  /** Octets from the first hole up to `end` were acknowledged: those that lie in no range ahead were never captured. */
  #noteUnseen(end: number, frame: number): void {
    if (this.#isAheadIncomplete) return;
    const ranges = this.#ahead.toSorted((a, b) => seqDiff(a.start, b.start));
    let low = this.contiguous;
    for (const range of [...ranges, { start: end, end }]) {
      const high = seqDiff(range.start, end) > 0 ? end : range.start;
      if (seqDiff(high, low) > 0 && this.unseenRanges.length < MAX_UNSEEN_RANGES) {
        this.unseenRanges.push({ start: low, end: high, frame });
      }
      if (seqDiff(range.end, low) > 0) low = range.end;
    }
  }

  /** Octets `[start, end)` come after all, captured late. */
  #forgetUnseen(start: number, end: number): void {
    for (let i = this.unseenRanges.length - 1; i >= 0; i--) {
      const range = this.unseenRanges[i];
      if (seqDiff(start, range.end) < 0 && seqDiff(end, range.start) > 0) this.unseenRanges.splice(i, 1);
    }
  }

  /** Whether the segment is not newer than the octets that were captured ahead of it, by time stamp or IP identification. */
  isOlderThanAhead(segment: Segment, hasTimestamps: boolean): boolean {
    const end = seqAdd(segment.seq, segment.payloadBytes);
    for (const range of this.#ahead) {
      if (seqDiff(range.start, end) < 0) continue;
      if (hasTimestamps && range.hasTimestamps) {
        if (segment.tsVal !== range.tsVal) return seqDiff(segment.tsVal, range.tsVal) < 0;
      }
      if (segment.ipId !== 0 && range.ipId !== 0) return ((segment.ipId - range.ipId) << 16) >> 16 < 0;
      return hasTimestamps && range.hasTimestamps;
    }
    return false;
  }

  #placeOf(start: number, end: number): Arrival {
    if (seqDiff(start, this.nxt) > 0) return 'ahead';
    if (start === this.nxt) return this.contiguous === this.nxt ? 'next' : 'ahead';
    if (seqDiff(end, this.contiguous) <= 0) return 'old';
    if (seqDiff(start, this.contiguous) <= 0) return seqDiff(this.nxt, this.contiguous) === 0 ? 'next' : 'fills-hole';
    return this.#freshOctets(start, end) > 0 ? 'fills-hole' : 'old';
  }

  /** Octets of `[start, end)` that were not captured before; ranges ahead may overlap. */
  #freshOctets(start: number, end: number): number {
    const ranges = this.#ahead.length < 2 ? this.#ahead : this.#ahead.toSorted((a, b) => seqDiff(a.start, b.start));
    let low = seqDiff(start, this.contiguous) < 0 ? this.contiguous : start;
    let fresh = 0;
    for (const range of ranges) {
      if (seqDiff(end, low) <= 0) return fresh;
      const high = seqDiff(range.start, end) > 0 ? end : range.start;
      if (seqDiff(high, low) > 0) fresh += seqDiff(high, low);
      if (seqDiff(range.end, low) > 0) low = range.end;
    }
    return fresh + Math.max(0, seqDiff(end, low));
  }

  #closeUp(): void {
    for (let moved = true; moved; ) {
      moved = false;
      for (let i = this.#ahead.length - 1; i >= 0; i--) {
        const range = this.#ahead[i];
        if (seqDiff(range.start, this.contiguous) > 0) continue;
        if (seqDiff(range.end, this.contiguous) > 0) this.contiguous = range.end;
        this.#ahead.splice(i, 1);
        moved = true;
      }
    }
  }
}
