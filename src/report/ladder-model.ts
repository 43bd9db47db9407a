/**
 * The ladder of one connection as data: rows in time order between two lifelines, and the bands of states beside
 * them. It knows nothing of characters, pixels or markup, so every renderer draws the same picture.
 *
 *     lanes.client.bands   rows                                      lanes.server.bands
 *     ┌ SYN_SENT     ┐     segment  #1 client ──► SYN                 ┌ LISTEN
 *     └              ┘     segment  #2 server ◄── SYN,ACK             └ SYN_RECEIVED
 *     ┌ ESTABLISHED        segment  #3 client ──► ACK
 *     │                    fold     412 segments                      ┌ ESTABLISHED
 *     │                    idle     82 s                              │
 *     └                    timer    an end moved without a segment    └
 */
import type { Severity } from '../findings/finding.ts';
import type { End } from '../flow/vocabulary.ts';
import type { Rule } from '../tcp/rule.ts';
import type { Basis, Phase, TcpState } from '../tcp/states.ts';

/** An end that enters a state, or falls back to one because a later one was taken back. */
export interface StateChange {
  readonly end: End;
  readonly state: TcpState;
  readonly basis: Basis;
  /** States passed through at the same segment, before `state`. */
  readonly via: readonly TcpState[];
  /** Frame at which this was taken back again. */
  readonly withdrawnAt: number | null;
  /** The state that is taken back here, when that is why the end is in `state` again. */
  readonly takesBack: TcpState | null;
}

/** The time an end spent in a state, as rows of the ladder. */
export interface StateBand {
  readonly state: TcpState;
  readonly basis: Basis;
  readonly frame: number;
  readonly provenFrame: number | null;
  readonly withdrawnAt: number | null;
  /** Index of the row at which it begins. */
  readonly firstRow: number;
  /** Index of the row at which it ends, exclusive. */
  readonly endRow: number;
}

export interface LadderLane {
  readonly end: End;
  /** `192.0.2.10:40112`. */
  readonly endpoint: string;
  /** State before the first row, null when the capture does not tell. */
  readonly before: TcpState | null;
  /** Bands in time order; withdrawn ones overlap what holds in the end. */
  readonly bands: readonly StateBand[];
}

/** What became of a segment past the tap, as far as later segments tell. */
export type Fate = 'arrives' | 'lost' | 'unanswered' | 'not-taken';

/** Why an end moves, or stays, at a segment. */
export interface LadderNote {
  readonly end: End;
  readonly rule: string;
  readonly to: Rule['to'];
  readonly why: string;
  readonly rfc: string;
  readonly socket: string | null;
}

export interface SegmentRow {
  readonly kind: 'segment';
  readonly frame: number;
  /** Seconds after the connection's first segment. */
  readonly seconds: number;
  readonly from: End;
  readonly flags: readonly string[];
  /** Relative to the initial sequence number of its sender; null for an ICMP error, whose flags are `ICMP`. */
  readonly seq: number | null;
  /** Relative to the initial sequence number of the peer; null without ACK flag. */
  readonly ack: number | null;
  readonly length: number;
  readonly labels: readonly string[];
  readonly phase: Phase;
  readonly fate: Fate;
  readonly changes: readonly StateChange[];
  readonly notes: readonly LadderNote[];
  /** Codes of findings whose evidence begins here. */
  readonly findings: readonly { code: string; severity: Severity }[];
}

/** Segments that are not drawn one by one. */
export interface FoldRow {
  readonly kind: 'fold';
  readonly firstFrame: number;
  readonly lastFrame: number;
  readonly seconds: number;
  readonly durationSeconds: number;
  readonly segments: Readonly<Record<End, number>>;
  readonly payloadBytes: Readonly<Record<End, number>>;
  /** How many of them carry each label. */
  readonly labels: Readonly<Record<string, number>>;
}

export interface IdleRow {
  readonly kind: 'idle';
  readonly seconds: number;
  readonly durationSeconds: number;
}

/** An end that moves by a timer, between or after the segments. */
export interface TimerRow {
  readonly kind: 'timer';
  readonly seconds: number;
  readonly changes: readonly StateChange[];
}

/** A segment that was lost before the capture point: later ones show that it was sent. */
export interface UnseenRow {
  readonly kind: 'unseen';
  readonly seconds: number;
  readonly from: End;
  readonly flags: readonly string[];
  /** Relative to the initial sequence number of its sender; null when it is not known. */
  readonly seq: number | null;
  readonly length: number;
}

export type LadderRow = SegmentRow | FoldRow | IdleRow | TimerRow | UnseenRow;

export interface Ladder {
  readonly connection: number;
  readonly startTime: string;
  readonly lanes: Readonly<Record<End, LadderLane>>;
  readonly rows: readonly LadderRow[];
}
