/** What of a connection an expectation speaks of: how it went, without times, numbers and addresses. */
import type { Finding } from '../findings/finding.ts';
import type { ConnectionResult, EndpointResult } from '../report/result.ts';
import { standingEntries } from '../report/words.ts';

/** The keys of a connection in an expectation file, in the order in which they are written. */
export const FIELDS = [
  'outcome',
  'certainty',
  'closed-first',
  'close',
  'reset-by',
  'client',
  'server',
  'findings',
] as const;
export type Field = (typeof FIELDS)[number];

/** A connection reduced to words; lists are state paths, or findings with the end they are about. */
export type Summary = Readonly<Record<Exclude<Field, 'client' | 'server' | 'findings'>, string>> & {
  readonly client: readonly string[];
  readonly server: readonly string[];
  readonly findings: readonly string[];
};

/** Ports from here on are given out by systems to whoever asks for one, so they change from run to run (Linux: 32768). */
export const FIRST_EPHEMERAL_PORT = 32768;

/** The port by which a connection is known again: that of the server, unless a system has chosen it. */
export function servicePort({ server }: ConnectionResult): number | 'ephemeral' {
  return server.port < FIRST_EPHEMERAL_PORT ? server.port : 'ephemeral';
}

/** Reduces a connection to what an expectation compares. */
export function summarize(connection: ConnectionResult): Summary {
  const { outcome, undeterminedBecause, closedFirst, closeStyle, resetBy, endpoints } = connection;
  return {
    outcome,
    certainty: undeterminedBecause === null ? 'determined' : `undetermined, ${undeterminedBecause}`,
    'closed-first': closedFirst ?? 'nobody',
    close: closeStyle,
    'reset-by': resetBy ?? 'nobody',
    client: statePath(endpoints.client),
    server: statePath(endpoints.server),
    findings: nameFindings(connection.findings),
  };
}

/** The states of an end that were not taken back; without those that only a timer brought, which hang on the capture's length. */
export function statePath(end: EndpointResult): string[] {
  return pathEntries(end).map((entry) => entry.state);
}

/** The entries of the history that `statePath` names. */
export function pathEntries(end: EndpointResult): EndpointResult['stateHistory'] {
  const entries = standingEntries(end.stateHistory).filter((entry) => entry.basis !== 'timer');
  return entries.filter((entry, index) => entry.state !== entries[index - 1]?.state);
}

/** Findings as an expectation names them, each once: the code, and the end if it is about one. */
export function nameFindings(findings: readonly Finding[]): string[] {
  return [...new Set(findings.map(nameFinding))].sort();
}

/** `close-wait-lingering at server`; only the code when the finding is about no end. */
export function nameFinding({ code, at }: Finding): string {
  return at === 'client' || at === 'server' ? `${code} at ${at}` : code;
}
