import type { Connection } from '../flow/connection.ts';
import type { CatalogEntry } from './catalog.ts';
import type { Finding, Severity } from './finding.ts';
import type { Policy } from './policy.ts';

export { DEFAULT_POLICY, type Policy } from './policy.ts';

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

/** One verdict about one connection: a pure function of what was seen of it, called once it is settled. */
export interface Detector {
  readonly entry: CatalogEntry;
  detect(connection: Connection, policy: Policy): Evidence | null;
}

/** A finding from its catalogue entry and the evidence of the case; `override` is what the policy says of its severity. */
export function toFinding(entry: CatalogEntry, evidence: Evidence, override?: Severity): Finding {
  return {
    code: entry.code,
    severity: override ?? evidence.severity ?? entry.severity,
    category: entry.category,
    at: evidence.at,
    frames: inOrder(evidence.frames),
    message: evidence.message,
    cause: evidence.cause ?? entry.cause,
    hint: evidence.hint ?? entry.hint,
  };
}

/** Each once, ascending. */
function inOrder(frames: readonly number[]): number[] {
  if (isAscending(frames)) return frames.slice();
  return [...new Set(frames)].sort((a, b) => a - b);
}

function isAscending(numbers: readonly number[]): boolean {
  for (let i = 1; i < numbers.length; i++) if (numbers[i - 1] >= numbers[i]) return false;
  return true;
}
