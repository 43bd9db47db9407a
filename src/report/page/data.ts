/**
 * What a report page carries in itself, besides its text: a table of connections in columns, and ladders in parcels of a
 * few hundred. Both are JSON, deflated, in base64; the page unpacks the table when it opens and a parcel when somebody asks
 * for one of its ladders. Words that come often are numbers into the lists of {@link PageVocabulary}.
 */
import type { Severity } from '../../findings/finding.ts';
import type { Rule } from '../../tcp/rule.ts';
import type { Ladder } from '../ladder-model.ts';
import type { ConnectionSummary } from '../summary.ts';

/** What the page knows of a rule, apart from who it is about. */
export type PageRule = Pick<Rule, 'id' | 'to' | 'why' | 'rfc' | 'socket'>;

/** Words that the columns and ladders point into. */
export interface PageVocabulary {
  readonly outcomes: readonly string[];
  readonly closers: readonly string[];
  readonly states: readonly string[];
  /** Codes of findings, with the severity and title of each. */
  readonly findings: readonly { readonly code: string; readonly severity: Severity; readonly title: string }[];
}

/** The table, a column an array; all have the same length and are in the order of the connections' numbers. */
export interface PageTable {
  readonly addresses: readonly string[];
  /** Sets of findings that occur together, as numbers into the vocabulary, the worst first. */
  readonly findingSets: readonly (readonly number[])[];
  readonly id: readonly number[];
  readonly client: readonly number[];
  readonly clientPort: readonly number[];
  readonly server: readonly number[];
  readonly serverPort: readonly number[];
  /** Milliseconds after {@link PageData.startMillis}. */
  readonly start: readonly number[];
  readonly micros: readonly number[];
  readonly segments: readonly number[];
  readonly bytes: readonly number[];
  readonly outcome: readonly number[];
  readonly closer: readonly number[];
  readonly clientState: readonly number[];
  readonly serverState: readonly number[];
  readonly findingSet: readonly number[];
  /** Number of the parcel that has the ladder; -1 when there is none. */
  readonly parcel: readonly number[];
}

/** A finding as the page tells it beside a ladder. */
export interface PageFinding {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly frames: readonly number[];
}

/** One connection drawn. */
export interface PageLadder {
  readonly summary: ConnectionSummary;
  readonly findings: readonly PageFinding[];
  readonly ladder: Ladder;
}

/** What stands in the page in plain text. */
export interface PageData {
  readonly vocabulary: PageVocabulary;
  readonly rules: readonly PageRule[];
  /** RFC 3339 time of the first packet in milliseconds since 1970. */
  readonly startMillis: number;
  /** Connections in the capture. */
  readonly total: number;
  readonly parcels: number;
  /** How the capture is called in commands that the page suggests. */
  readonly paths: readonly string[];
}
