import { DEFAULT_RTT_NANOS, MINIMUM_RTO_NANOS, MINIMUM_RTT_NANOS } from '../core/timing.ts';
import { ruleForReceived, ruleForSent } from '../tcp/compile.ts';
import type { ReceivedEvent, SentEvent } from '../tcp/events.ts';
import type { Label } from '../tcp/labels.ts';
import type { Basis, Phase, TcpState } from '../tcp/states.ts';
import type { IcmpError } from '../wire/batch.ts';
import { completenessBits } from './completeness.ts';
import { EndTrack } from './end.ts';
import type { HistoryEntry, Moment } from './history.ts';
import { NO_SEGMENT, type Segment } from './segment.ts';
import type { Verdict } from './settle.ts';
import type { RoleBasis, RstShape } from './vocabulary.ts';
import { ZeekTracker } from './zeek.ts';

/** What was said of one segment. */
export interface SegmentRecord {
  segment: Segment;
  readonly labels: Label[];
  readonly rules: string[];
  phase: Phase;
  /** States of ends 0 and 1 right after it. */
  readonly states: [TcpState, TcpState];
}

export interface ResetRecord {
  readonly segment: Segment;
  readonly shape: RstShape;
  readonly verdict: 'accepted' | 'challenged' | 'ignored' | 'not-delivered';
  /** The segment of the other end that it answers; null unless it is reactive or refuses. */
  readonly provoking: Segment | null;
  /** State of the sender just before. */
  readonly senderState: TcpState;
  readonly receiverState: TcpState;
  /** Probes and retransmissions of the sender that nobody had answered. */
  readonly unansweredProbes: number;
  /** Taken back because its sender went on. */
  isWithdrawn: boolean;
}

/** Which wave of the close was lost, as the repeats show. */
export interface LostWave {
  readonly wave: 1 | 2 | 3 | 4;
  /** `past-tap`: it was captured and did not arrive; `before-tap`: it was never captured. */
  readonly side: 'past-tap' | 'before-tap';
  /** Frames that show it, ascending. */
  readonly frames: number[];
  readonly evidence: 'cover-seen' | 'd-sack' | 'tsecr' | 'no-d-sack';
}

/** Segments of which only the first IP fragment was captured: they count, and nothing else follows from them. */
export interface IncompleteSegments {
  /** The earliest. */
  first: Segment;
  /** Of ends 0 and 1. */
  readonly counts: [number, number];
  readonly payloadBytes: [number, number];
}

/** Stands in before the first segment. */
const NO_RECORD: SegmentRecord = {
  segment: NO_SEGMENT,
  labels: [],
  rules: [],
  phase: 'data',
  states: ['UNKNOWN', 'UNKNOWN'],
};

const SMOOTHING = 8;
/** How much longer than measured a round trip may be without surprise. */
export const RTT_VARIATION = 1.25;
/** Segments that wait to be shown to `zeek`, at most: they take memory. */
const MAX_UNFOLLOWED = 32;
/** Of a limited number of records this part is of the beginning. */
const HEAD_PART = 4;

/** What the analysis of a connection may be told. */
export interface ConnectionOptions {
  readonly timeWaitNanos: number;
  /** Keep a record of every segment, or only those of the connections with certain ids. */
  readonly segments: SegmentChoice;
  /** Records that are kept of one connection (default all); then those in the middle go. */
  readonly segmentLimit?: number;
  /** Take every segment at once through the whole machine, also of connections that go by the book (default false). */
  readonly alwaysInFull?: boolean;
}

/** Of which connections every segment is kept: of all, of none, or of those with certain ids. */
export type SegmentChoice = boolean | ((id: number) => boolean);

/** Whether the segments of a connection are to be kept. */
export function keepsSegments(choice: SegmentChoice, id: number): boolean {
  return typeof choice === 'boolean' ? choice : choice(id);
}

/** A round trip from those of its two legs, nanoseconds; NaN is one that is not known. */
export function wholeRttNanos(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b))
    return Math.max(DEFAULT_RTT_NANOS, Number.isNaN(a) ? b : a) || DEFAULT_RTT_NANOS;
  return Math.max(MINIMUM_RTT_NANOS, a + b);
}

/** Time in which a repeat would have shown with a round trip, `max(3 x RTO, 1 s)`. */
export function repeatNanosAfter(rttNanos: number): number {
  return Math.max(3 * (rttNanos + MINIMUM_RTO_NANOS), 1_000_000_000);
}

/** One incarnation of a tuple: both ends, what was believed of them and what was seen. */
export class Connection {
  readonly ends: readonly [EndTrack, EndTrack];
  readonly isSelfConnect: boolean;
  /** Ports of ends 0 and 1. */
  readonly ports: readonly [number, number];
  readonly options: ConnectionOptions;
  /** Which end is the client; meaningful once the first segment was taken in. */
  clientIndex: 0 | 1 = 0;
  roleBasis: RoleBasis = 'first-seen';
  readonly id: number;

  firstFrame = 0;
  lastFrame = 0;
  firstNanos = 0;
  lastNanos = 0;
  segmentCount = 0;

  isMidstream = false;
  isSimultaneousOpen = false;
  isCrossingClose = false;
  synFrame = 0;
  synAckFrame = 0;
  handshakeAck: Segment | null = null;
  /** It answers a copy of the SYN-ACK that was not captured, or another segment may have opened the ends before. */
  isThirdDoubtful = false;
  handshakeAckRepeats = 0;
  /** Octets of data in the SYN that the SYN-ACK acknowledged. */
  acceptedSynBytes = 0;
  synDataBytes = 0;
  synRetransmissions = 0;
  synAckRetransmissions = 0;
  /** SYN-ACK repeats that came more than a round trip after a third segment. */
  synAckRepeatsAfterAck = 0;
  /** Those of them that came although the client had sent data by then. */
  synAckRepeatsAfterData = 0;
  /** Frames of SYN-ACKs that acknowledge what the client had not sent. */
  readonly badSynAckFrames: number[] = [];
  /** The latest SYN-ACK does not fit the SYN: what follows may be of a connection whose SYN was not captured. */
  isDoubtful = false;
  /** Frames of SYN-ACKs that begin at another number than the one before. */
  readonly synAckIsnFrames: number[] = [];

  /** First FIN: the end that sent it; -1 before. */
  firstFinIndex: 0 | 1 | -1 = -1;
  secondFinIndex: 0 | 1 | -1 = -1;
  finRetransmissions: [number, number] = [0, 0];
  readonly lostWaves: LostWave[] = [];
  /** FINs with another sequence number than the first of their sender (bounded). */
  readonly finSeqChanges: Segment[] = [];
  /** FINs that turned out not to be their sender's own. */
  readonly disownedFins: Segment[] = [];
  /** Payload behind the FIN of its own sender (bounded). */
  readonly dataAfterFin: Segment[] = [];
  /** Payload that was captured after the FIN of its sender but sent before it (bounded). */
  readonly finBeforeData: Segment[] = [];
  /** Payload of an end that had acknowledged the other's FIN: octets, segments (bounded), and whether the other took some. */
  halfCloseBytes = 0;
  readonly halfCloseSegments: Segment[] = [];
  isHalfCloseAcknowledged = false;

  /** Frames of probes, by kind. */
  readonly probeFrames: Record<'window-probe' | 'keep-alive', number[]> = { 'window-probe': [], 'keep-alive': [] };
  /** The latest RST or SYN that was not accepted and may be challenged. */
  lastProvocation: Segment | null = null;
  readonly challengeAcks: Segment[] = [];

  readonly resets: ResetRecord[] = [];
  /** Resets as they were captured, repeats included (bounded). */
  readonly rstCopies: Segment[] = [];
  /** What the end that was reset sent more than a round trip after the reset: how many, and the first frames. */
  afterResetSegments = 0;
  readonly afterResetFrames: number[] = [];
  /** The reset that closed the connection. */
  closingReset: ResetRecord | null = null;
  /** ICMP errors that quote a segment of the connection. */
  readonly icmpErrors: IcmpError[] = [];
  /** The one that ended the attempt to connect. */
  icmpRefusal: IcmpError | null = null;

  /** The incarnation that this one followed on the same tuple. */
  predecessor: Connection | null = null;
  /** The incarnation that followed this one. */
  successor: Connection | null = null;
  /** End of the time in which the connection could be seen, nanoseconds; set by `settle`. */
  observedUntilNanos = Number.NaN;
  /** Set by `settle`. */
  verdict!: Verdict;
  /** Opened after the old end was found gone (RFC 9293 figure 9). */
  isRecovery = false;
  /** The answer to the SYN with numbers of an older connection, and the reset by which the SYN's sender rejected it. */
  foreignAck: Segment | null = null;
  foreignReset: Segment | null = null;
  /** SYNs of another number after which the open connection went on (bounded). */
  readonly liveSyns: Segment[] = [];
  isSynOnLiveUndetermined = false;
  /** ACKs that were moved behind the data they cover. */
  readonly reorderedFrames: number[] = [];
  reorderedSegments = 0;

  captureDuplicates = 0;
  firstDuplicateFrames: number[] = [];
  invalidFlagSegments = 0;
  /** The first segments with flags that no TCP sends. */
  readonly invalidFlagCopies: Segment[] = [];
  /** Segments whose TCP header the snap length cut, and the first frames. */
  truncatedHeaders = 0;
  readonly truncatedFrames: number[] = [];
  lateSegments = 0;
  /** What there is of segments that were not captured whole, as a rule nothing. */
  incomplete: IncompleteSegments | null = null;
  /** Acknowledgments of octets that were never captured. */
  ackedUnseenFrames: number[] = [];

  /** Smoothed round trips from the tap to an end and back, nanoseconds; NaN while unknown. */
  readonly legRttNanos: [number, number] = [Number.NaN, Number.NaN];
  rttToServerNanos = Number.NaN;
  rttToClientNanos = Number.NaN;

  readonly records: SegmentRecord[] | null;
  /** Records in the middle that were not kept. */
  droppedRecords = 0;
  /** The record being written, one for all segments unless they are kept; of no meaning between segments. */
  current: SegmentRecord = NO_RECORD;
  private tracker: ZeekTracker | null = null;
  /** Segments that `zeek` has yet to be shown. */
  private unfollowed: Segment[] = [];
  completeness = 0;

  constructor(port0: number, port1: number, isSelfConnect: boolean, options: ConnectionOptions, id: number) {
    this.id = id;
    const end = new EndTrack();
    this.ends = [end, isSelfConnect ? end : new EndTrack()];
    this.isSelfConnect = isSelfConnect;
    this.ports = [port0, port1];
    this.options = options;
    this.records = keepsSegments(options.segments, id) ? [] : null;
  }

  /** What Zeek would log, worked out when somebody asks: of most connections nobody does. */
  get zeek(): ZeekTracker {
    return this.followAll();
  }

  /** As `zeek`; the segments that waited for that are let go of. */
  followAll(): ZeekTracker {
    const tracker = this.tracker ?? new ZeekTracker(this.ports[0], this.ports[1]);
    for (const { from, flags, seq, ack, payloadBytes, window } of this.unfollowed) {
      tracker.segment(from, flags, seq | 0, ack | 0, payloadBytes, window);
    }
    this.tracker = tracker;
    this.unfollowed = [];
    return tracker;
  }

  /** Counts a segment towards what Zeek and Wireshark would say. */
  follow(segment: Segment, isFirst: boolean): void {
    this.completeness |= completenessBits(segment.flags, segment.payloadBytes, isFirst);
    this.unfollowed.push(segment);
    if (this.unfollowed.length === MAX_UNFOLLOWED) this.followAll();
  }

  get client(): EndTrack {
    return this.ends[this.clientIndex];
  }

  get server(): EndTrack {
    return this.ends[1 - this.clientIndex];
  }

  /** Which of its two ends this is. */
  indexOf(end: EndTrack): 0 | 1 {
    return this.ends[0] === end ? 0 : 1;
  }

  /** Begins the record of a segment: what every segment counts towards, whatever it turns out to be. */
  open(segment: Segment): SegmentRecord {
    const { frame, timeNanos, from } = segment;
    const isFirst = this.segmentCount === 0;
    if (isFirst && this.incomplete === null) {
      this.firstFrame = frame;
      this.firstNanos = timeNanos;
      this.lastNanos = timeNanos;
    }
    this.segmentCount++;
    this.lastFrame = Math.max(this.lastFrame, frame);
    this.firstFrame = Math.min(this.firstFrame, frame);
    this.lastNanos = Math.max(this.lastNanos, timeNanos);
    this.firstNanos = Math.min(this.firstNanos, timeNanos);
    this.ends[from].segments++;
    this.follow(segment, isFirst);
    if (this.records !== null || this.current === NO_RECORD) {
      this.current = { segment, labels: [], rules: [], phase: 'data', states: ['UNKNOWN', 'UNKNOWN'] };
    } else {
      this.current.segment = segment;
      // Setting the length is slow.
      while (this.current.labels.length > 0) this.current.labels.pop();
    }
    return this.current;
  }

  /** Ends the record of a segment. */
  close(record: SegmentRecord): void {
    if (this.records === null) return;
    record.states[0] = this.ends[0].state;
    record.states[1] = this.ends[1].state;
    if (record.labels.length === 0) record.labels.push('unclassified');
    this.records.push(record);
    const { segmentLimit } = this.options;
    if (segmentLimit === undefined || this.records.length <= segmentLimit) return;
    this.records.splice(Math.floor(segmentLimit / HEAD_PART), 1);
    this.droppedRecords++;
  }

  label(label: Label): void {
    this.current.labels.push(label);
  }

  /** Moves an end for what it sent; what sending does not prove is entered with the basis given. */
  sends(
    end: EndTrack,
    event: SentEvent,
    at: Moment,
    basis: Basis = 'proven',
    provenFrame = 0,
  ): HistoryEntry | undefined {
    const rule = ruleForSent(end.state, event);
    if (this.records !== null) this.current.rules.push(rule.id);
    if (rule.to === 'same') return undefined;
    if (rule.to === 'withdraw') return end.history.withdraw(at);
    end.history.enter(rule.to, this.isDoubtful ? 'assumed' : basis, at, this.isDoubtful ? 0 : provenFrame);
    return undefined;
  }

  /** Moves an end for what presumably reached it. */
  receives(end: EndTrack, event: ReceivedEvent, at: Moment, basis: Basis = 'assumed'): HistoryEntry | undefined {
    const rule = ruleForReceived(end.state, event);
    if (this.records !== null) this.current.rules.push(rule.id);
    if (rule.to === 'same') return undefined;
    if (rule.to === 'withdraw') return end.history.withdraw(at);
    end.history.enter(rule.to, basis, at);
    return undefined;
  }

  /** Moves an end for what presumably reached it and is no segment of the connection. */
  receivesApart(end: EndTrack, event: ReceivedEvent, at: Moment): void {
    const { to } = ruleForReceived(end.state, event);
    if (to !== 'same' && to !== 'withdraw') end.history.enter(to, 'assumed', at);
  }

  /** Upgrades the latest standing entry of a state, unless it is not sure that what is seen is of this connection. */
  proves(end: EndTrack, state: TcpState, at: Moment): void {
    if (!this.isDoubtful) end.history.prove(state, at);
  }

  /** A measured round trip from the tap to end `index` and back. */
  noteRtt(index: 0 | 1, nanos: number): void {
    if (!(nanos >= 0)) return;
    const old = this.legRttNanos[index];
    this.legRttNanos[index] = Number.isNaN(old) ? nanos : old + (nanos - old) / SMOOTHING;
  }

  /** The whole round trip as far as it is known, nanoseconds, never less than a millisecond. */
  get rttNanos(): number {
    return wholeRttNanos(this.legRttNanos[0], this.legRttNanos[1]);
  }

  /** Retransmission time-out as Linux would have it, nanoseconds. */
  get rtoNanos(): number {
    return this.rttNanos + MINIMUM_RTO_NANOS;
  }

  /** Time in which a repeat would have shown, `max(3 x RTO, 1 s)`. */
  get repeatNanos(): number {
    return repeatNanosAfter(this.rttNanos);
  }

  /** Whether `later` is more than a round trip after `earlier`, so that it cannot merely have crossed it. */
  isBeyondRtt(earlierNanos: number, laterNanos: number): boolean {
    return laterNanos - earlierNanos > this.rttNanos * RTT_VARIATION;
  }

  /** Both ends are closed, or one of them never existed for the other. */
  get isClosed(): boolean {
    return this.ends[0].state === 'CLOSED' && this.ends[1].state === 'CLOSED';
  }
}
