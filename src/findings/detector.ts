import type { Sentence } from '../base/sentence.ts';
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
  /** One sentence with the numbers of the case; as a function where it takes long, since most are never read. */
  readonly message: string | (() => string | Sentence);
  /** Only where this case differs from the entry. */
  readonly cause?: string | Sentence;
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
  return new Found(entry, evidence, override ?? evidence.severity ?? entry.severity);
}

/** A finding as it is in documents: nothing is left to be worked out. */
export function writeOut({ code, severity, category, at, frames, message, cause, hint }: Finding): Finding {
  return { code, severity, category, at, frames, message, cause, hint };
}

/** A finding of which all is known but the words. */
export function wordless(
  { code, category }: CatalogEntry,
  severity: Severity,
  at: Finding['at'],
  frames: number[] = [],
): Finding {
  return { code, severity, category, at, frames, message: '', cause: '', hint: '' };
}

/** A finding whose words are put together when they are asked for. */
class Found implements Finding {
  readonly code: string;
  readonly severity: Severity;
  readonly at: Finding['at'];
  readonly frames: number[];
  readonly #entry: CatalogEntry;
  readonly #evidence: Evidence;

  constructor(entry: CatalogEntry, evidence: Evidence, severity: Severity) {
    this.code = entry.code;
    this.severity = severity;
    this.at = evidence.at;
    this.frames = inOrder(evidence.frames);
    this.#entry = entry;
    this.#evidence = evidence;
  }

  get category(): string {
    return this.#entry.category;
  }

  get message(): string {
    const { message } = this.#evidence;
    return typeof message === 'string' ? message : String(message());
  }

  get cause(): string {
    return String(this.#evidence.cause ?? this.#entry.cause);
  }

  get hint(): string {
    return this.#evidence.hint ?? this.#entry.hint;
  }

  toJSON(): Finding {
    return writeOut(this);
  }
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
