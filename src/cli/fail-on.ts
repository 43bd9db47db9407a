import { type Finding, SEVERITIES, type Severity } from '../findings/finding.ts';
import { OUTCOMES, type Outcome } from '../flow/vocabulary.ts';
import type { KindBrief } from '../report/overview.ts';
import { severityRank } from '../report/severity.ts';
import type { AnalysisEnd } from './engine.ts';
import { checkChoice } from './values.ts';

/** Counts what `--fail-on` asks for, connection by connection. */
export class FailConditions {
  readonly #words: readonly string[];
  readonly #least: number;
  readonly #hits = new Map<string, number>();

  /**
   * @param words finding codes, outcomes and severities
   * @param findingCodes the codes there are
   * @throws UsageError when a word is none of them
   */
  constructor(words: readonly string[], findingCodes: readonly string[]) {
    for (const word of words) checkChoice('--fail-on', word, [...SEVERITIES, ...OUTCOMES, ...findingCodes]);
    this.#words = words;
    const ranks = words.filter(isSeverity).map(severityRank);
    this.#least = ranks.length === 0 ? Number.POSITIVE_INFINITY : Math.min(...ranks);
  }

  /** Adds a connection, or as many as are alike. */
  observe(connection: KindBrief, times = 1): void {
    if (this.#words.length === 0) return;
    this.observeOutcome(connection.outcome, times);
    const codes = new Set(connection.findings.map((finding) => finding.code));
    for (const code of codes) if (code !== connection.outcome && this.#words.includes(code)) this.#hit(code, times);
    for (const { severity } of connection.findings)
      if (severityRank(severity) >= this.#least) this.#hit(severity, times);
  }

  /** Adds findings about hosts and captures. */
  observeEnd(end: AnalysisEnd): void {
    for (const finding of end.findings) this.observeFinding(finding);
  }

  /** Adds the outcome of a connection. */
  observeOutcome(outcome: Outcome, times = 1): void {
    if (this.#words.includes(outcome)) this.#hit(outcome, times);
  }

  /** Adds one finding. */
  observeFinding({ code, severity }: Finding): void {
    if (this.#words.includes(code)) this.#hit(code);
    if (severityRank(severity) >= this.#least) this.#hit(severity);
  }

  /** Whether any condition is met. */
  get isMet(): boolean {
    return this.#hits.size > 0;
  }

  #hit(word: string, times = 1): void {
    this.#hits.set(word, (this.#hits.get(word) ?? 0) + times);
  }

  /** `connection-refused (12), error (14)`; empty when no condition is met. */
  describe(): string {
    return [...this.#hits].map(([word, count]) => `${word} (${count})`).join(', ');
  }
}

const isSeverity = (word: string): word is Severity => SEVERITIES.includes(word as Severity);
