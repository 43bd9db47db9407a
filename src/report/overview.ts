import type { Finding } from '../findings/finding.ts';
import type { Outcome } from '../flow/vocabulary.ts';
import type { ConnectionResult } from './result.ts';
import { severityRank, worstSeverity } from './severity.ts';

/** A finding shown as an example, with the connection it was made on (none when it is about a host or the capture). */
export interface FindingExample {
  readonly finding: Finding;
  readonly connection: ConnectionResult | null;
}

/** All findings of one code. */
export interface FindingGroup {
  readonly code: string;
  severity: Finding['severity'];
  count: number;
  readonly examples: FindingExample[];
}

export interface OverviewLimits {
  /** Examples kept for each finding code. */
  readonly examples: number;
  /** Connections kept for the list. */
  readonly listed: number;
  /** Up to this many connections, each gets its story instead of a line. */
  readonly stories: number;
}

export const OVERVIEW_LIMITS: OverviewLimits = { examples: 3, listed: 10, stories: 3 };

const TROUBLED_OUTCOMES: ReadonlySet<Outcome> = new Set<Outcome>([
  'final-ack-missing',
  'fin-unacknowledged',
  'reset',
  'refused',
  'abandoned',
  'unanswered',
  'handshake-incomplete',
]);

/** 0 = nothing to say, 1 = ended badly, 2 = warning, 3 = error. */
function rankConnection(connection: ConnectionResult): number {
  const worst = worstSeverity(connection.findings);
  const rank = worst === null ? 0 : severityRank(worst);
  if (rank >= severityRank('warning')) return rank;
  return TROUBLED_OUTCOMES.has(connection.outcome) ? 1 : 0;
}

/**
 * What the text report needs of the connections, gathered one by one in bounded memory: whatever the size of the
 * capture it keeps a few examples a finding code, a few connections for the list, and the first few for their stories.
 */
export class Overview {
  readonly limits: OverviewLimits;
  readonly #groups = new Map<string, FindingGroup>();
  readonly #ranked: ConnectionResult[][] = [[], [], [], []];
  readonly #counts = [0, 0, 0, 0];
  readonly #first: ConnectionResult[] = [];

  constructor(limits: OverviewLimits = OVERVIEW_LIMITS) {
    this.limits = limits;
  }

  add(connection: ConnectionResult): void {
    const rank = rankConnection(connection);
    this.#counts[rank]++;
    if (this.#ranked[rank].length < this.limits.listed) this.#ranked[rank].push(connection);
    if (this.#first.length <= this.limits.stories) this.#first.push(connection);
    for (const finding of connection.findings) this.#addFinding(finding, connection);
  }

  /** Adds a finding about a host or the capture. */
  addCaptureFinding(finding: Finding): void {
    this.#addFinding(finding, null);
  }

  #addFinding(finding: Finding, connection: ConnectionResult | null): void {
    let group = this.#groups.get(finding.code);
    if (group === undefined) {
      group = { code: finding.code, severity: finding.severity, count: 0, examples: [] };
      this.#groups.set(finding.code, group);
    }
    group.count++;
    if (severityRank(finding.severity) > severityRank(group.severity)) group.severity = finding.severity;
    if (group.examples.length < this.limits.examples) group.examples.push({ finding, connection });
  }

  /** Finding groups, worst first, then the more frequent. */
  groups(): FindingGroup[] {
    return [...this.#groups.values()].sort(
      (a, b) => severityRank(b.severity) - severityRank(a.severity) || b.count - a.count || (a.code < b.code ? -1 : 1),
    );
  }

  /** Connections added, those to worry about only if `troubledOnly`. */
  count(troubledOnly = false): number {
    return this.#counts.reduce((sum, count, rank) => sum + (troubledOnly && rank === 0 ? 0 : count), 0);
  }

  /** The connections most worth a line, worst first, then by number. */
  listed(includeUntroubled: boolean): ConnectionResult[] {
    const ranks = includeUntroubled ? [3, 2, 1, 0] : [3, 2, 1];
    const sorted = ranks.flatMap((rank) => [...this.#ranked[rank]].sort((a, b) => a.id - b.id));
    return sorted.slice(0, this.limits.listed);
  }

  /** All connections, when they are few enough for a story each; otherwise null. */
  stories(): ConnectionResult[] | null {
    return this.#first.length > this.limits.stories ? null : [...this.#first].sort((a, b) => a.id - b.id);
  }
}
