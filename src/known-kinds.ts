/**
 * What connections of common kinds come to, before the first of them was seen. A kind leaves nothing open (assembly/kinds.ts): what
 * the machine has once said of it holds in every capture, and `npm run kinds` asks it.
 */
import { assert } from './base/error.ts';
import { wordless } from './findings/detector.ts';
import type { Finding, Severity } from './findings/finding.ts';
import { CATALOG } from './findings/registry.ts';
import type { ClosedFirst, Outcome } from './flow/vocabulary.ts';
import { KINDS_BY_VERDICT } from './kinds-by-verdict.ts';
import type { KindBrief } from './report/overview.ts';

const NOBODY = 'nobody';
/** Kinds are written with these digits. */
const RADIX = 36;

/** A verdict as a text: outcome, who closed first, and of each finding the code, the severity and the place. */
export function writeVerdict({ outcome, closedFirst, findings }: KindBrief): string {
  const words = findings.flatMap(({ code, severity, at }) => [code, severity, at]);
  return [outcome, closedFirst ?? NOBODY, ...words].join(' ');
}

const entries = new Map(CATALOG.map((entry) => [entry.code, entry]));

function readVerdict(text: string): KindBrief {
  const [outcome, closer, ...words] = text.split(' ');
  const findings: Finding[] = [];
  for (let at = 0; at < words.length; at += 3) {
    const entry = entries.get(words[at]);
    assert(entry !== undefined, 'what the machine finds is in the catalogue');
    findings.push(wordless(entry, words[at + 1] as Severity, words[at + 2] as Finding['at']));
  }
  const closedFirst = closer === NOBODY ? null : (closer as ClosedFirst);
  return { outcome: outcome as Outcome, closedFirst, findings };
}

/** Verdicts by kind as a text, which may be wrapped at any blank: of each verdict itself, a colon and its kinds; between them semicolons. */
export function writeVerdicts(verdicts: ReadonlyMap<number, string>): string {
  const kinds = new Map<string, number[]>();
  for (const [kind, verdict] of verdicts) kinds.set(verdict, [...(kinds.get(verdict) ?? []), kind]);
  const parts = [...kinds].map(([verdict, its]) => {
    const numbers = its.sort((a, b) => a - b).map((kind) => kind.toString(RADIX));
    return `${verdict}: ${numbers.join(' ')}`;
  });
  return parts.sort().join('; ');
}

/** The other way round. */
export function readVerdicts(text: string): Map<number, string> {
  const verdicts = new Map<number, string>();
  for (const part of text.trim().replaceAll('\n', ' ').split('; ')) {
    const [verdict, kinds] = part.split(': ');
    for (const kind of kinds.split(' ')) verdicts.set(Number.parseInt(kind, RADIX), verdict);
  }
  return verdicts;
}

let known: Map<number, string> | null = null;
/** Most verdicts are those of several kinds. */
const briefs = new Map<string, KindBrief>();

/**
 * What a connection of a kind comes to, thresholds and times being those by default; null if it is not known. Its findings have no
 * frames and no words.
 */
export function knownVerdict(kind: number): KindBrief | null {
  known ??= readVerdicts(KINDS_BY_VERDICT);
  const verdict = known.get(kind);
  if (verdict === undefined) return null;
  const brief = briefs.get(verdict) ?? readVerdict(verdict);
  briefs.set(verdict, brief);
  return brief;
}
