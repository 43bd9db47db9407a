/** Gathers what a report page needs: once over every connection for counts and the table, once more for the ladders. */
import { deflateRawSync } from 'node:zlib';
import { OUTCOMES } from '../../flow/vocabulary.ts';
import type { Rule } from '../../tcp/rule.ts';
import { STATES } from '../../tcp/states.ts';
import { layOutLadder } from '../ladder.ts';
import { OVERVIEW_LIMITS, Overview, TROUBLED_OUTCOMES } from '../overview.ts';
import type { ConnectionResult } from '../result.ts';
import { severityRank, sortBySeverity, worstSeverity } from '../severity.ts';
import { summarizeConnection } from '../summary.ts';
import type { PageLadder, PageTable, PageVocabulary } from './data.ts';
import { packLadders } from './pack.ts';
import { Tallies } from './tallies.ts';

const CLOSER_WORDS = ['client', 'server', 'both', 'nobody'] as const;
/** Of so few connections each one has its ladder, whatever there is to say of it. */
const ALL_LADDERS_UP_TO = 1000;
/** Segments of one connection, and of all together, that are kept in memory for ladders: about 1.3 kB each. */
const MAX_LADDER_SEGMENTS = 20_000;
const MAX_ALL_SEGMENTS = 500_000;
const PARCEL_LADDERS = 200;
const EXAMPLES_PER_FINDING = 5;

/** What is kept of a connection for the table. */
interface TableRow {
  readonly id: number;
  readonly rank: number;
  readonly client: number;
  readonly clientPort: number;
  readonly server: number;
  readonly serverPort: number;
  readonly startMillis: number;
  readonly micros: number;
  readonly segments: number;
  readonly bytes: number;
  readonly outcome: number;
  readonly closer: number;
  readonly clientState: number;
  readonly serverState: number;
  readonly findingSet: number;
}

/** What there is to say of a connection: 0 nothing, 1 info, 2 ended badly, 3 note, 4 warning, 5 error. */
function rankOf({ findings, outcome }: ConnectionResult): number {
  const worst = worstSeverity(findings);
  const rank = worst === null ? 0 : [1, 3, 4, 5][severityRank(worst)];
  return rank < 2 && TROUBLED_OUTCOMES.has(outcome) ? 2 : rank;
}
const RANKS = 6;
const WORTH_A_LADDER = 2;

/** First pass: counts everything, and keeps the connections most worth a row. */
export class PageGatherer {
  readonly tallies = new Tallies();
  readonly overview = new Overview({ ...OVERVIEW_LIMITS, examples: EXAMPLES_PER_FINDING, listed: 0, stories: 0 });
  readonly #maxConnections: number;
  readonly #rows: TableRow[][] = Array.from({ length: RANKS }, () => []);
  readonly #addresses = new Interner();
  readonly #findingSets = new Interner();
  #kept = 0;
  total = 0;

  constructor(maxConnections: number) {
    this.#maxConnections = maxConnections;
  }

  add(connection: ConnectionResult): void {
    this.total++;
    this.tallies.add(connection);
    this.overview.observe(connection, () => connection);
    this.overview.keep(connection);
    const rank = rankOf(connection);
    if (this.#kept >= this.#maxConnections && !this.#makeRoom(rank)) return;
    this.#rows[rank].push(this.#rowOf(connection, rank));
    this.#kept++;
  }

  /** Drops a row of less interest than `rank`. */
  #makeRoom(rank: number): boolean {
    const lowest = this.#rows.findIndex((rows) => rows.length > 0);
    if (lowest < 0 || lowest >= rank) return false;
    this.#rows[lowest].pop();
    this.#kept--;
    return true;
  }

  #rowOf(connection: ConnectionResult, rank: number): TableRow {
    const { client, server, endpoints, findings, outcome, closedFirst } = connection;
    const codes = [...new Set(sortBySeverity(findings).map((finding) => finding.code))];
    return {
      id: connection.id,
      rank,
      client: this.#addresses.of(client.address),
      clientPort: client.port,
      server: this.#addresses.of(server.address),
      serverPort: server.port,
      startMillis: Date.parse(connection.startTime),
      micros: Math.round(connection.durationSeconds * 1e6),
      segments: endpoints.client.segments + endpoints.server.segments,
      bytes: endpoints.client.uniquePayloadBytes + endpoints.server.uniquePayloadBytes,
      outcome: OUTCOMES.indexOf(outcome),
      closer: CLOSER_WORDS.indexOf(closedFirst ?? 'nobody'),
      clientState: STATES.indexOf(endpoints.client.state),
      serverState: STATES.indexOf(endpoints.server.state),
      findingSet: this.#findingSets.of(codes.join(' ')),
    };
  }

  /** The rows kept, by number. */
  finish(): GatheredRows {
    const rows = this.#rows.flat().sort((a, b) => a.id - b.id);
    const few = this.total <= ALL_LADDERS_UP_TO;
    const worthy = rows.filter((row) => few || row.rank >= WORTH_A_LADDER);
    const wanted = new Set<number>();
    let left = MAX_ALL_SEGMENTS;
    for (const { id, segments } of worthy.sort((a, b) => b.rank - a.rank || a.id - b.id)) {
      if (segments > Math.min(left, MAX_LADDER_SEGMENTS)) continue;
      wanted.add(id);
      left -= segments;
    }
    const [addresses, findingSets] = [this.#addresses.list, this.#findingSets.list];
    return { rows, addresses, findingSets, wanted, tooLong: worthy.length - wanted.size };
  }
}

/** What the first pass leaves for the second. */
export interface GatheredRows {
  readonly rows: readonly TableRow[];
  readonly addresses: readonly string[];
  readonly findingSets: readonly string[];
  /** Numbers of the connections that get a ladder. */
  readonly wanted: ReadonlySet<number>;
  /** How many would get one, had they not too many segments. */
  readonly tooLong: number;
}

/** Gives each text the next number. */
class Interner {
  readonly list: string[] = [];
  readonly #index = new Map<string, number>();

  of(text: string): number {
    let index = this.#index.get(text);
    if (index === undefined) {
      index = this.list.length;
      this.list.push(text);
      this.#index.set(text, index);
    }
    return index;
  }
}

/** Second pass: draws up the ladders of the connections wanted, and packs them away at once. */
export class LadderPacker {
  readonly #rules: readonly Rule[];
  readonly #waiting: PageLadder[] = [];
  /** Deflated parcels in base64. */
  readonly parcels: string[] = [];
  /** By connection, the number of its parcel. */
  readonly parcelOf = new Map<number, number>();

  constructor(rules: readonly Rule[]) {
    this.#rules = rules;
  }

  /** Takes a connection, unless it has no segments or is not among the wanted. */
  addIfWanted(connection: ConnectionResult, isWanted: (id: number) => boolean): void {
    if (connection.segments === undefined || !isWanted(connection.id)) return;
    const ladder = layOutLadder(connection, { rules: this.#rules });
    const findings = sortBySeverity(connection.findings).map(({ code, severity, message, frames }) => ({
      code,
      severity,
      message,
      frames,
    }));
    this.parcelOf.set(connection.id, this.parcels.length);
    this.#waiting.push({ summary: summarizeConnection(connection), findings, ladder });
    if (this.#waiting.length >= PARCEL_LADDERS) this.finish();
  }

  /** Packs what is still waiting. */
  finish(): void {
    if (this.#waiting.length > 0) this.parcels.push(deflateJson(packLadders(this.#waiting.splice(0))));
  }
}

/** JSON, deflated, in base64. */
export function deflateJson(value: unknown): string {
  return deflateRawSync(JSON.stringify(value), { level: 9 }).toString('base64');
}

/** The words that the table points into. */
export function createVocabulary(findings: PageVocabulary['findings']): PageVocabulary {
  return { outcomes: OUTCOMES, closers: CLOSER_WORDS, states: STATES, findings };
}

/** The table in columns. */
export function buildTable(
  { rows, addresses, findingSets }: GatheredRows,
  vocabulary: PageVocabulary,
  startMillis: number,
  parcelOf: ReadonlyMap<number, number>,
): PageTable {
  const codes = new Map(vocabulary.findings.map(({ code }, index) => [code, index]));
  const column = (read: (row: TableRow) => number): number[] => rows.map(read);
  return {
    addresses,
    findingSets: findingSets.map((set) => (set === '' ? [] : set.split(' ').map((code) => codes.get(code) ?? -1))),
    id: column((row) => row.id),
    client: column((row) => row.client),
    clientPort: column((row) => row.clientPort),
    server: column((row) => row.server),
    serverPort: column((row) => row.serverPort),
    start: column((row) => row.startMillis - startMillis),
    micros: column((row) => row.micros),
    segments: column((row) => row.segments),
    bytes: column((row) => row.bytes),
    outcome: column((row) => row.outcome),
    closer: column((row) => row.closer),
    clientState: column((row) => row.clientState),
    serverState: column((row) => row.serverState),
    findingSet: column((row) => row.findingSet),
    parcel: column((row) => parcelOf.get(row.id) ?? -1),
  };
}
