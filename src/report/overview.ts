import type { Finding } from '../findings/finding.ts';
import type { Outcome } from '../flow/vocabulary.ts';
import type { ConnectionEnds } from './build.ts';
import type { ConnectionResult } from './result.ts';
import { isMild, severityRank, worstSeverity } from './severity.ts';

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
  /** Codes of whose mild findings no examples are kept. None by default. */
  readonly mildCodes?: ReadonlySet<string>;
  /** Connections kept for the list. */
  readonly listed: number;
  /** Whether somebody asked for some of the connections: of these are listed, too, of which there is nothing to say. */
  readonly isFiltered: boolean;
  /** Up to this many connections, each gets its story instead of a line. */
  readonly stories: number;
}

export const OVERVIEW_LIMITS: OverviewLimits = { examples: 3, listed: 10, isFiltered: false, stories: 3 };

/** Outcomes that somebody who runs the service would rather not see. */
export const TROUBLED_OUTCOMES: ReadonlySet<Outcome> = new Set<Outcome>([
  'final-ack-missing',
  'fin-unacknowledged',
  'reset',
  'refused',
  'abandoned',
  'unanswered',
  'handshake-incomplete',
]);

/** What is cheap to know of a connection before its whole result is built. */
export type ConnectionBrief = Pick<ConnectionResult, 'id' | 'outcome' | 'closedFirst'> & {
  readonly findings: readonly Finding[];
};
/** What connections that are alike have in common. */
export type KindBrief = Omit<ConnectionBrief, 'id'>;
/** All that a line of the list tells. */
export type ListedConnection = ConnectionBrief & ConnectionEnds;

/** Whether a connection is wanted whole; if not, whether others like it may still be of interest. */
export type Interest = boolean | 'again';

/** Outcome and finding codes: a connection has no two findings of one code. */
function kindOf({ outcome, findings }: KindBrief): string {
  let kind: string = outcome;
  for (const { code } of findings) kind += ` ${code}`;
  return kind;
}

/** 0 = nothing to say, 1 = ended badly, 2 = warning, 3 = error. */
function rankConnection(connection: KindBrief): number {
  const worst = worstSeverity(connection.findings);
  if (worst !== null && !isMild(worst)) return severityRank(worst);
  return TROUBLED_OUTCOMES.has(connection.outcome) ? 1 : 0;
}

/**
 * What the text report needs of the connections, gathered one by one in bounded memory: whatever the size of the
 * capture it keeps a few examples a finding code, a few connections for the list, and the first few for their stories.
 */
export class Overview {
  readonly limits: OverviewLimits;
  readonly #groups = new Map<string, FindingGroup>();
  /** Connections for the list, of each kind, by rank. */
  readonly #kinds: Map<string, ListedConnection[]>[] = [new Map(), new Map(), new Map(), new Map()];
  /** By rank: whether none can come to be listed any more. */
  readonly #isFull: boolean[];
  readonly #counts = [0, 0, 0, 0];
  readonly #first: ConnectionResult[] = [];
  /** Whether there are too many for a story each. */
  #hasMany = false;
  #firstUntroubled: number | null = null;

  constructor(limits: OverviewLimits = OVERVIEW_LIMITS) {
    this.limits = limits;
    this.#isFull = this.#kinds.map((_, rank) => rank === 0 && !limits.isFiltered);
  }

  /**
   * Counts a connection, and keeps what the list tells of it; says whether it is wanted whole, to be handed to
   * {@link Overview.keep}. Once one of a kind is of no interest none like it will be.
   */
  observe(connection: ConnectionBrief, ends: () => ConnectionEnds): Interest {
    const rank = rankConnection(connection);
    this.#counts[rank]++;
    if (rank === 0) this.#firstUntroubled = Math.min(connection.id, this.#firstUntroubled ?? connection.id);
    // If all come, a number tells how many there are at least.
    this.#hasMany ||=
      this.count() > this.limits.stories || (!this.limits.isFiltered && connection.id > this.limits.stories);
    let interest: Interest = !this.#hasMany;
    for (const finding of connection.findings) if (this.#countFinding(finding)) interest = true;
    if (!this.#mayBeListed(rank, connection)) return interest;
    this.#addToKind(rank, { ...connection, ...ends() });
    return interest || 'again';
  }

  /** Counts `count` more connections like one that was not wanted. */
  observeMore(brief: KindBrief, count: number): void {
    this.#counts[rankConnection(brief)] += count;
    for (const { code } of brief.findings) {
      const group = this.#groups.get(code);
      if (group !== undefined) group.count += count;
    }
  }

  /** Keeps an observed connection where it is of use. */
  keep(connection: ConnectionResult): void {
    if (!this.#hasMany) this.#first.push(connection);
    for (const finding of connection.findings) this.#addExample(finding, connection);
  }

  /**
   * Connections are of one kind when outcome and findings agree: of each kind a few are kept, so that all show. The more
   * kinds there are, the fewer of each.
   */
  #mayBeListed(rank: number, connection: KindBrief): boolean {
    return !this.#isFull[rank] && this.#placesBefore(rank, kindOf(connection)) < this.limits.listed;
  }

  /**
   * The list takes one of each kind in turn, those of higher ranks first: how many it takes before the next one of a kind, as far
   * as is known. They only ever become more.
   */
  #placesBefore(rank: number, kind: string): number {
    const turn = this.#kinds[rank].get(kind)?.length ?? 0;
    let places = 0;
    let isBefore = true;
    for (let each = this.#kinds.length - 1; each >= 0; each--) {
      for (const [name, { length }] of this.#kinds[each]) {
        if (each === rank && name === kind) isBefore = false;
        places += Math.min(length, isBefore ? turn + 1 : turn);
      }
      if (each === rank) isBefore = false;
    }
    return places;
  }

  #addToKind(rank: number, connection: ListedConnection): void {
    const kind = kindOf(connection);
    const members = this.#kinds[rank].get(kind);
    if (members === undefined) this.#kinds[rank].set(kind, [connection]);
    else members.push(connection);
    for (let each = 0; each < this.#isFull.length; each++) this.#isFull[each] ||= this.#hasNoPlace(each);
  }

  /** Whether neither a kind of a rank nor a new one can come to be listed. */
  #hasNoPlace(rank: number): boolean {
    const { listed } = this.limits;
    if (this.#placesBefore(rank, '') < listed) return false;
    for (const kind of this.#kinds[rank].keys()) if (this.#placesBefore(rank, kind) < listed) return false;
    return true;
  }

  /** Adds a finding about a host or the capture. */
  addCaptureFinding(finding: Finding): void {
    this.#countFinding(finding);
    const examples = this.#groups.get(finding.code)?.examples ?? [];
    const place = examples.findLastIndex((example) => example.connection === null) + 1;
    if (place >= this.limits.examples) return;
    examples.splice(place, 0, { finding, connection: null });
    examples.length = Math.min(examples.length, this.limits.examples);
  }

  /** Counts a finding; says whether its group has room for an example. */
  #countFinding(finding: Finding): boolean {
    let group = this.#groups.get(finding.code);
    if (group === undefined) {
      group = { code: finding.code, severity: finding.severity, count: 0, examples: [] };
      this.#groups.set(finding.code, group);
    }
    group.count++;
    if (severityRank(finding.severity) > severityRank(group.severity)) group.severity = finding.severity;
    return group.examples.length < this.limits.examples && !this.#isLeftOut(finding);
  }

  #isLeftOut({ code, severity }: Finding): boolean {
    return isMild(severity) && this.limits.mildCodes?.has(code) === true;
  }

  #addExample(finding: Finding, connection: ConnectionResult): void {
    const examples = this.#groups.get(finding.code)?.examples;
    if (examples === undefined || examples.length >= this.limits.examples || this.#isLeftOut(finding)) return;
    examples.push({ finding, connection });
  }

  /** Finding groups, worst first, then the more frequent; the examples of each by connection number. */
  groups(): FindingGroup[] {
    for (const { examples } of this.#groups.values()) {
      examples.sort((a, b) => (a.connection?.id ?? 0) - (b.connection?.id ?? 0));
    }
    return [...this.#groups.values()].sort(
      (a, b) => severityRank(b.severity) - severityRank(a.severity) || b.count - a.count || (a.code < b.code ? -1 : 1),
    );
  }

  /** Connections added, those to worry about only if `troubledOnly`. */
  count(troubledOnly = false): number {
    return this.#counts.reduce((sum, count, rank) => sum + (troubledOnly && rank === 0 ? 0 : count), 0);
  }

  /** The connections most worth a line: of each kind in turn, as many as the limit allows, then worst first. */
  listed(): ListedConnection[] {
    const kinds = this.#kinds.toReversed().flatMap((ofRank) => [...ofRank.values()]);
    const picked = pickInTurn(kinds, this.limits.listed);
    return picked.sort((a, b) => rankConnection(b) - rankConnection(a) || a.id - b.id);
  }

  /** Number of the connection most worth a closer look; null if there is none. */
  mostInteresting(): number | null {
    return this.listed()[0]?.id ?? this.#firstUntroubled;
  }

  /** All connections, when they are few enough for a story each; otherwise null. */
  stories(): ConnectionResult[] | null {
    return this.#first.length < this.count() ? null : [...this.#first].sort((a, b) => a.id - b.id);
  }
}

/** Takes one from each list, then a second one, until there are `count`. */
function pickInTurn(lists: readonly (readonly ListedConnection[])[], count: number): ListedConnection[] {
  const picked: ListedConnection[] = [];
  const longest = lists.reduce((most, list) => Math.max(most, list.length), 0);
  for (let turn = 0; turn < longest; turn++) {
    for (const list of lists) {
      if (turn < list.length && picked.length < count) picked.push(list[turn]);
    }
  }
  return picked;
}
