import type { Severity } from './finding.ts';

/** What is told of a finding code wherever it occurs. */
export interface CatalogEntry {
  readonly code: string;
  readonly category: string;
  readonly severity: Severity;
  /** A few words. */
  readonly title: string;
  /** What was seen, and what that means. */
  readonly meaning: string;
  /** The likely cause in terms of socket calls and kernels. */
  readonly cause: string;
  /** What to do. */
  readonly hint: string;
  /** RFC section or kernel source it rests on. */
  readonly source: string;
}
