import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type {
  ConnectionResult,
  EndpointResult,
  ResultDocument,
  SegmentResult,
  StateEntry,
} from '../../src/report/result.ts';
import { synthesizePcapng } from '../../src/synth/capture.ts';
import type { Expectation, ExpectationEntry } from '../../src/synth/expectation.ts';
import type { ExpectedState } from '../../src/synth/packet-script.ts';
import { parseScenario, type Scenario } from '../../src/synth/scenario.ts';
import { LABELS } from '../../src/tcp/labels.ts';
import { STATES } from '../../src/tcp/states.ts';

/** Analyses a capture; `options` are the `analysis` settings of the scenario in camel case. */
export type Analyze = (bytes: Uint8Array, options: Record<string, number>) => Promise<ResultDocument>;

export interface Mismatch {
  /** Line in the scenario file, from 1. */
  line: number;
  message: string;
}

const FOLDER = join(import.meta.dirname, '..', 'scenarios');

/** All scenario files, as paths below `test/scenarios`. */
export function listScenarios(): string[] {
  return readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .sort();
}

/** Reads a file that `listScenarios` names. */
export function loadScenario(name: string): Scenario {
  return readScenario(join(FOLDER, name));
}

export function readScenario(path: string): Scenario {
  return parseScenario(readFileSync(path, 'utf8'), { path, labels: LABELS, states: STATES });
}

/** Analyses a scenario and lists what is not as it says, in line order; only findings among `codes` are checked. */
export async function runScenario(
  scenario: Scenario,
  analyze: Analyze,
  codes: ReadonlySet<string>,
): Promise<Mismatch[]> {
  const options: Record<string, number> = {};
  for (const [name, value] of scenario.settings.analysis) {
    options[name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())] = value;
  }
  const document = await analyze(synthesizePcapng(scenario), options);
  const mismatches = [...checkFrames(scenario, document), ...checkExpectations(scenario, document, codes)];
  return mismatches.sort((a, b) => a.line - b.line);
}

/** One text for a test failure: each mismatch with the line of the scenario it belongs to. */
export function formatMismatches(scenario: Scenario, mismatches: readonly Mismatch[]): string {
  const lines = readFileSync(scenario.path, 'utf8').split('\n');
  return mismatches
    .map(({ line, message }) => `${scenario.path}:${line}: ${message}\n      ${lines[line - 1].trim()}`)
    .join('\n');
}

function checkFrames(scenario: Scenario, document: ResultDocument): Mismatch[] {
  const mismatches: Mismatch[] = [];
  const rows = new Map<number, { row: SegmentResult; connection: ConnectionResult }>();
  for (const connection of document.connections) {
    for (const row of connection.segments ?? []) {
      if (rows.has(row.frame)) {
        mismatches.push({
          line: scenario.packets[row.frame - 1]?.source.line ?? 1,
          message: `frame ${row.frame} is in two connections`,
        });
      }
      rows.set(row.frame, { row, connection });
    }
  }
  for (const [index, packet] of scenario.packets.entries()) {
    const { labels, client, server } = packet.expect;
    if (!labels && !client && !server) continue;
    const line = packet.source.line;
    const found = rows.get(index + 1);
    if (!found) {
      mismatches.push({ line, message: `frame ${index + 1} is in no connection` });
      continue;
    }
    const { row, connection } = found;
    const where = `frame ${row.frame} (connection ${connection.id})`;
    const inOrder = LABELS.filter((label) => labels?.includes(label)).join(' ');
    if (labels && inOrder !== row.labels.join(' ')) {
      mismatches.push({ line, message: `${where}: labels: expected '${inOrder}', got '${row.labels.join(' ')}'` });
    }
    for (const end of ['client', 'server'] as const) {
      const expected = packet.expect[end];
      if (!expected) continue;
      const got = beliefAfter(connection.endpoints[end], row.frame, row[`${end}State`]);
      if (!matches(expected, got)) {
        mismatches.push({ line, message: `${where}: ${end}: expected ${show(expected)}, got ${show(got)}` });
      }
    }
  }
  return mismatches;
}

interface Belief {
  state: string;
  basis: ExpectedState['basis'];
}

/** How sure a state was right after a frame: an entry that a later frame proved was still assumed then. */
function beliefAfter(endpoint: EndpointResult, frame: number, state: string): Belief {
  const entry = endpoint.stateHistory.findLast(
    (candidate) =>
      candidate.state === state &&
      candidate.frame <= frame &&
      !(candidate.withdrawn && candidate.withdrawn.frame <= frame),
  );
  if (!entry) return { state, basis: 'any' };
  const isLater = entry.provenFrame !== undefined && entry.provenFrame > frame;
  return { state, basis: entry.basis === 'proven' && isLater ? 'assumed' : entry.basis };
}

function matches(expected: Belief, got: Belief): boolean {
  return (
    expected.state === got.state && (expected.basis === 'any' || got.basis === 'any' || expected.basis === got.basis)
  );
}

function show(belief: Belief): string {
  return belief.state + { proven: '', assumed: '?', timer: '~', any: '*' }[belief.basis];
}

function checkExpectations(scenario: Scenario, document: ResultDocument, codes: ReadonlySet<string>): Mismatch[] {
  const mismatches: Mismatch[] = [];
  const capture = scenario.expectations.find((expectation) => expectation.connection === 0);
  const numbered = scenario.expectations.filter((expectation) => expectation.connection > 0);
  const isCounted = capture?.entries.some((entry) => entry.key === 'connections') ?? false;
  const count = Math.max(0, ...numbered.map((expectation) => expectation.connection));
  if (!isCounted && count > 0 && document.connections.length !== count) {
    const line = numbered[0].source.line;
    mismatches.push({ line, message: `connections: expected ${count}, got ${document.connections.length}` });
  }
  for (const expectation of scenario.expectations) {
    const subject = expectation.connection === 0 ? document : document.connections[expectation.connection - 1];
    if (!subject) {
      mismatches.push({ line: expectation.source.line, message: `there is no connection ${expectation.connection}` });
      continue;
    }
    mismatches.push(...checkEntries(expectation, subject, codes));
  }
  return mismatches;
}

function checkEntries(
  expectation: Expectation,
  subject: ResultDocument | ConnectionResult,
  codes: ReadonlySet<string>,
): Mismatch[] {
  const mismatches: Mismatch[] = [];
  for (const entry of expectation.entries) {
    const message = checkEntry(entry, subject, codes);
    if (message !== null) mismatches.push({ line: entry.source.line, message: `${entry.key}: ${message}` });
  }
  return mismatches;
}

const FIELD_OF_KEY: Record<string, string> = {
  outcome: 'outcome',
  certainty: 'certainty',
  because: 'undeterminedBecause',
  'closed-first': 'closedFirst',
  'close-style': 'closeStyle',
  'reset-by': 'resetBy',
  'zeek-state': 'equivalents.zeekConnState',
  'zeek-history': 'equivalents.zeekHistory',
  completeness: 'equivalents.wiresharkCompleteness',
  connections: 'connections.length',
};

function checkEntry(
  entry: ExpectationEntry,
  subject: ResultDocument | ConnectionResult,
  codes: ReadonlySet<string>,
): string | null {
  if (entry.key === 'findings' || entry.key === 'not' || entry.key === 'only')
    return checkFindings(entry, subject, codes);
  const path = /^(client|server)(-withdrawn)?$/.exec(entry.key);
  if (path && 'endpoints' in subject) {
    const endpoint = subject.endpoints[path[1] as 'client' | 'server'];
    return checkPath(entry, endpoint.stateHistory, path[2] !== undefined);
  }
  const field = FIELD_OF_KEY[entry.key] ?? entry.key;
  let value: unknown = subject;
  for (const name of field.split('.')) value = (value as Record<string, unknown> | null | undefined)?.[name];
  const got = value === null || value === undefined ? '-' : String(value);
  const expected = entry.words.join(' ');
  return got === expected ? null : `expected ${expected}, got ${got}`;
}

function checkFindings(
  entry: ExpectationEntry,
  subject: ResultDocument | ConnectionResult,
  known: ReadonlySet<string>,
): string | null {
  const found = subject.findings.flatMap((finding) => [finding.code, `${finding.code}@${finding.at}`]);
  const codes = [...new Set(subject.findings.map((finding) => finding.code))];
  const words = entry.words.filter((word) => known.has(word.split('@')[0]));
  const has = `has: ${codes.join(' ') || 'none'}`;
  if (entry.key === 'not') {
    const banned = words.filter((word) => found.includes(word));
    return banned.length > 0 ? `must not be found: ${banned.join(' ')} (${has})` : null;
  }
  const missing = words.filter((word) => !found.includes(word));
  if (missing.length > 0) return `missing: ${missing.join(' ')} (${has})`;
  if (entry.key === 'findings') return null;
  const extra = codes.filter((code) => !words.some((word) => word.split('@')[0] === code));
  return extra.length > 0 ? `not expected: ${extra.join(' ')}` : null;
}

function checkPath(entry: ExpectationEntry, history: readonly StateEntry[], isWithdrawn: boolean): string | null {
  const got = history
    .filter((item) => (item.withdrawn !== undefined) === isWithdrawn)
    .map((item): Belief => ({ state: item.state, basis: item.basis }));
  const isSame = got.length === entry.states.length && entry.states.every((state, index) => matches(state, got[index]));
  return isSame ? null : `expected ${entry.states.map(show).join(' ') || '-'}, got ${got.map(show).join(' ') || '-'}`;
}
