import type { Connection } from '../flow/connection.ts';
import type { CatalogEntry } from './catalog.ts';
import type { Finding, Severity } from './finding.ts';

/** What one occurrence adds to the catalogue entry of its code. */
export interface Evidence {
  readonly at: Finding['at'];
  /** Frame numbers, in any order. */
  readonly frames: readonly number[];
  /** One sentence with the numbers of the case. */
  readonly message: string;
  /** Only where this case differs from the entry. */
  readonly cause?: string;
  readonly hint?: string;
  readonly severity?: Severity;
}

/** Thresholds that are policy, not detection. */
export interface Policy {
  /** Seconds without a sign of life after which a CLOSE_WAIT counts as lingering. */
  readonly closeWaitSeconds: number;
}

export const DEFAULT_POLICY: Policy = { closeWaitSeconds: 60 };

/** One verdict about one connection: a pure function of what was seen of it, called once it is settled. */
export interface Detector {
  readonly entry: CatalogEntry;
  detect(connection: Connection, policy: Policy): Evidence | null;
}
