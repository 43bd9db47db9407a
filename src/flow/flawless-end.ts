/** One end of a flawless connection (flawless.ts): what it sent, and the states that it entered. */
import type { Core } from '../core/core.ts';
import {
  FLAWLESS,
  FLAWLESS_ACK,
  FLAWLESS_AGAIN,
  FLAWLESS_DATA_ROW,
  FLAWLESS_DATA_SEGMENT,
  FLAWLESS_DUPLICATE_ACKS,
  FLAWLESS_END_BYTES,
  FLAWLESS_ENDS,
  FLAWLESS_FIN_SEGMENT,
  FLAWLESS_OUT_OF_ORDER,
  FLAWLESS_PAYLOAD,
  FLAWLESS_SEGMENTS,
  FLAWLESS_SYNS,
  FLAWLESS_UNIQUE,
} from '../core/layout.ts';
import type { Basis, TcpState } from '../tcp/states.ts';
import { TcpOption, Word } from '../wire/batch.ts';
import { RECENT_SEGMENTS } from './end.ts';
import type { FlawlessFin } from './flawless-fins.ts';
import { MAX_WINDOW_SCALE } from './handshake.ts';
import type { Moment } from './history.ts';

/** A state that an end enters, and how certain that is: its place in `STEPS`. */
export const Step = {
  SYN_SENT: 0,
  LISTEN: 1,
  SYN_RECEIVED: 2,
  ESTABLISHED: 3,
  ESTABLISHED_ASSUMED: 4,
  FIN_WAIT_1: 5,
  FIN_WAIT_2: 6,
  CLOSING: 7,
  CLOSING_ASSUMED: 8,
  TIME_WAIT: 9,
  TIME_WAIT_ASSUMED: 10,
  CLOSE_WAIT: 11,
  LAST_ACK: 12,
  CLOSED: 13,
  CLOSED_ASSUMED: 14,
  TIMED_OUT: 15,
} as const;
export type Step = (typeof Step)[keyof typeof Step];

export const STEPS: readonly (readonly [state: TcpState, basis: Basis])[] = [
  ['SYN_SENT', 'proven'],
  ['LISTEN', 'assumed'],
  ['SYN_RECEIVED', 'proven'],
  ['ESTABLISHED', 'proven'],
  ['ESTABLISHED', 'assumed'],
  ['FIN_WAIT_1', 'proven'],
  ['FIN_WAIT_2', 'assumed'],
  ['CLOSING', 'proven'],
  ['CLOSING', 'assumed'],
  ['TIME_WAIT', 'proven'],
  ['TIME_WAIT', 'assumed'],
  ['CLOSE_WAIT', 'proven'],
  ['LAST_ACK', 'proven'],
  ['CLOSED', 'proven'],
  ['CLOSED', 'assumed'],
  ['CLOSED', 'timer'],
];

export class MomentOfRow implements Moment {
  frame = 0;
  timeNanos = Number.NaN;

  /** Takes the row whose address the core has noted; frame 0 if there is none. */
  read({ words, unsigned, doubles }: Core, field: number): void {
    const row = words[(FLAWLESS + field) >> 2] >>> 2;
    this.frame = row === 0 ? 0 : unsigned[row + Word.FRAME];
    this.timeNanos = doubles[row >> 1];
  }
}

/** An entry of the history of an end; `provenFrame` is 0 unless it was proven later, `withdrawnFrame` unless it was taken back. */
class Entered {
  step: Step = Step.LISTEN;
  frame = 0;
  timeNanos = 0;
  provenFrame = 0;
  withdrawnFrame = 0;
  withdrawnNanos = 0;
}

/** What one end sent, what its SYN or SYN-ACK offered (without the option -1), and its states. */
export class FlawlessEnd {
  segments = 0;
  payloadBytes = 0;
  uniquePayloadBytes = 0;
  retransmittedSegments = 0;
  outOfOrderSegments = 0;
  duplicateAcks = 0;
  /** The highest number that it has acknowledged. */
  ack = 0;
  /** Copies of its SYN or SYN-ACK. */
  syns = 0;
  fins = 0;
  resets = 0;
  mss = -1;
  windowScale = -1;
  sackPermitted = false;
  timestamps = false;
  /** Its latest data: octets (0 if there is none), when, and which of its segments it is, from 1; which its FIN is. */
  dataBytes = 0;
  dataNanos = Number.NaN;
  dataSegment = 0;
  finSegment = 0;
  /** Its history: as many of `entered` as there are steps. */
  steps = 0;
  readonly entered: Entered[] = [];

  /** Reads what the core has noted of an end; `syn` is the field of its SYN or SYN-ACK. */
  read({ words, unsigned, doubles }: Core, index: 0 | 1, syn: number): void {
    const at = (FLAWLESS + FLAWLESS_ENDS + index * FLAWLESS_END_BYTES) >> 2;
    const data = words[at + (FLAWLESS_DATA_ROW >> 2)] >>> 2;
    this.segments = words[at + (FLAWLESS_SEGMENTS >> 2)];
    this.payloadBytes = unsigned[at + (FLAWLESS_PAYLOAD >> 2)];
    this.uniquePayloadBytes = unsigned[at + (FLAWLESS_UNIQUE >> 2)];
    this.outOfOrderSegments = words[at + (FLAWLESS_OUT_OF_ORDER >> 2)];
    this.duplicateAcks = words[at + (FLAWLESS_DUPLICATE_ACKS >> 2)];
    this.ack = unsigned[at + (FLAWLESS_ACK >> 2)];
    this.syns = words[at + (FLAWLESS_SYNS >> 2)];
    this.retransmittedSegments = Math.max(0, this.syns - 1) + words[at + (FLAWLESS_AGAIN >> 2)];
    this.finSegment = words[at + (FLAWLESS_FIN_SEGMENT >> 2)];
    this.dataSegment = words[at + (FLAWLESS_DATA_SEGMENT >> 2)];
    this.dataBytes = data === 0 ? 0 : unsigned[data + Word.PAYLOAD];
    this.dataNanos = data === 0 ? Number.NaN : doubles[data >> 1];
    const row = words[(FLAWLESS + syn) >> 2] >>> 2;
    const options = row === 0 ? 0 : words[row + Word.OPTIONS];
    this.mss = (options & TcpOption.MSS) === 0 ? -1 : words[row + Word.CHECKSUM] >>> 16;
    const hasScale = (options & TcpOption.WINDOW_SCALE) !== 0;
    this.windowScale = hasScale ? Math.min(MAX_WINDOW_SCALE, (options >>> 8) & 0xff) : -1;
    this.sackPermitted = (options & TcpOption.SACK_PERMITTED) !== 0;
    this.timestamps = (options & TcpOption.TIMESTAMPS) !== 0;
  }

  /** Takes note of what it sent of its FIN. */
  countFins({ fin, repeats }: FlawlessFin): void {
    this.fins = fin.frame === 0 ? 0 : 1 + repeats;
    this.retransmittedSegments += repeats;
  }

  /** The state that it is in. */
  get current(): Step {
    return this.entered[this.steps - 1].step;
  }

  get isInTimeWait(): boolean {
    return isTimeWait(this.current);
  }

  /** The TIME_WAIT that it is in, or that the next connection has ended; null if there is none. */
  get timeWait(): Moment | null {
    const last = this.entered[this.steps - 1];
    const before = last.step === Step.CLOSED_ASSUMED ? this.entered[this.steps - 2] : last;
    return isTimeWait(before.step) ? before : null;
  }

  enter(step: Step, { frame, timeNanos }: Moment, provenFrame = 0): void {
    if (this.steps === this.entered.length) this.entered.push(new Entered());
    const entry = this.entered[this.steps++];
    entry.step = step;
    entry.frame = frame;
    entry.timeNanos = timeNanos;
    entry.provenFrame = provenFrame;
    entry.withdrawnFrame = 0;
  }

  /** Takes the latest state back; another one is to follow. */
  withdraw({ frame, timeNanos }: Moment): void {
    const entry = this.entered[this.steps - 1];
    entry.withdrawnFrame = frame;
    entry.withdrawnNanos = timeNanos;
  }

  /** A timer ends its state at a time; the frame is that of the last segment. */
  timeOut(frame: number, timeNanos: number): void {
    this.enter(Step.TIMED_OUT, { frame, timeNanos });
  }
}

function isTimeWait(step: Step): boolean {
  return step === Step.TIME_WAIT || step === Step.TIME_WAIT_ASSUMED;
}

/** Whether the machine still has the latest data of an end. */
export function isRemembered({ dataBytes, dataSegment, segments }: FlawlessEnd): boolean {
  return dataBytes > 0 && segments - dataSegment < RECENT_SEGMENTS;
}
