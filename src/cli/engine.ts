import type { Finding, Severity } from '../findings/finding.ts';
import type { ClosedFirst, Outcome } from '../flow/vocabulary.ts';
import type { CaptureResult, ConnectionResult, SummaryResult } from '../report/result.ts';

/** Which connections are wanted; all conditions have to hold, a list is met by any of its members. */
export interface ConnectionFilter {
  readonly host?: string;
  readonly port?: number;
  readonly connection?: number;
  readonly outcomes?: readonly Outcome[];
  readonly findings?: readonly string[];
  readonly minSeverity?: Severity;
  readonly closedFirst?: ClosedFirst;
}

export interface AnalysisRequest {
  /** Files that together are one capture; `-` is standard input. */
  readonly paths: readonly string[];
  readonly segments: boolean;
  readonly timeWaitSeconds: number;
  readonly filter: ConnectionFilter;
  readonly onProgress?: (bytesRead: number, totalBytes: number) => void;
}

/** What is known once every connection has been handed over. */
export interface AnalysisEnd {
  readonly captures: CaptureResult[];
  readonly summary: SummaryResult;
  readonly findings: Finding[];
}

/** The analysis as the commands use it. */
export interface Engine {
  /**
   * Analyses files and hands over each connection that passes the filter; what `take` returns is awaited.
   *
   * Problems with files are in the captures of the result, never thrown.
   */
  run(request: AnalysisRequest, take: (connection: ConnectionResult) => void | Promise<void>): Promise<AnalysisEnd>;
}
