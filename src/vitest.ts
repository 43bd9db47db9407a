/**
 * Matchers for Vitest, about connections and about whole results:
 *
 *     import 'lastack/vitest';
 *     expect(await analyzeFile('web.pcap', { segments: true })).toCloseGracefully();
 *
 * On a result of several connections a matcher speaks of every one of them, negated of none; `toHaveFinding` of any.
 */
import { expect } from 'vitest';
import { Comparer } from './check/compare.ts';
import { readExpectation } from './check/files.ts';
import { isAsExpected, renderCheckText } from './check/render.ts';
import { statePath } from './check/summary.ts';
import type { Severity } from './findings/finding.ts';
import type { End, Outcome } from './flow/vocabulary.ts';
import { renderExplanation } from './report/explain.ts';
import { formatEndpoint } from './report/measure.ts';
import type { ConnectionResult, ResultDocument } from './report/result.ts';
import { severityRank } from './report/severity.ts';
import { RULES } from './tcp/rules.ts';
import type { TcpState } from './tcp/states.ts';

/** What the matchers are about. */
export type Subject = ConnectionResult | ResultDocument;

/** The matchers, for typed assertions. */
export interface LastackMatchers {
  /** Both ends sent a FIN that was acknowledged, and both are past it: CLOSED or TIME_WAIT. */
  toCloseGracefully(): void;
  /** The connection ended like this. */
  toHaveOutcome(outcome: Outcome): void;
  /** There is a finding with this code; `at` says about which end, the path or the capture. */
  toHaveFinding(code: string, options?: { at?: End | 'path' | 'capture' }): void;
  /** There is no finding, or none that is at least this serious. */
  toHaveNoFindings(options?: { minSeverity?: Severity }): void;
  /** An end was in these states, in this order; it may have been in others between them. */
  toPassThrough(end: End, states: readonly TcpState[]): void;
  /** All is as an expectation file says that `lastack check --update` wrote. */
  toMatchExpectation(file: string): void;
}

declare module 'vitest' {
  // biome-ignore lint/suspicious/noExplicitAny: as in the declaration that this adds to.
  interface Matchers<T = any> extends LastackMatchers {}
}

interface Verdict {
  pass: boolean;
  message: () => string;
}

interface MatcherState {
  readonly isNot?: boolean;
}

const WIDTH = 100;
const PLAIN = { width: WIDTH, colour: false, unicode: true };

function isDocument(subject: Subject): subject is ResultDocument {
  return 'connections' in subject;
}

function connectionsOf(subject: unknown): readonly ConnectionResult[] {
  if (typeof subject === 'object' && subject !== null) {
    if ('connections' in subject) return (subject as ResultDocument).connections;
    if ('endpoints' in subject) return [subject as ConnectionResult];
  }
  throw new TypeError('lastack/vitest: expected a connection or a result of lastack, as analyzeFile() gives it');
}

/** The connection as `lastack explain` draws it. */
function draw(connection: ConnectionResult): string {
  if (connection.segments === undefined) return 'Analyse with { segments: true } to see what passed.';
  return renderExplanation(connection, { rules: RULES }, PLAIN);
}

const nameOf = ({ id, client, server }: ConnectionResult): string =>
  `connection ${id} (${formatEndpoint(client)} → ${formatEndpoint(server)})`;

/** A verdict about every connection, negated about none; the first that is not so is shown. */
function judgeEach(
  state: MatcherState,
  subject: unknown,
  what: string,
  holds: (connection: ConnectionResult) => string | null,
): Verdict {
  const connections = connectionsOf(subject);
  const isNot = state.isNot === true;
  const offender = connections.find((connection) => (holds(connection) === null) === isNot);
  if (connections.length === 0) {
    return { pass: isNot, message: () => `expected ${what}, but there is no connection` };
  }
  const picture = offender === undefined ? '' : draw(offender);
  const complaint = offender === undefined ? '' : (holds(offender) ?? `expected it not to ${what}`);
  const isRight = offender === undefined;
  return {
    pass: isRight !== isNot,
    message: () => (offender === undefined ? `expected to ${what}` : `${nameOf(offender)}: ${complaint}\n\n${picture}`),
  };
}

const PAST_CLOSE: readonly TcpState[] = ['CLOSED', 'TIME_WAIT'];

function toCloseGracefully(this: MatcherState, subject: unknown): Verdict {
  return judgeEach(this, subject, 'close gracefully', ({ outcome, endpoints }) => {
    if (outcome !== 'graceful') return `expected it to close gracefully, but its outcome is ${outcome}`;
    for (const end of ['client', 'server'] as const) {
      const { state } = endpoints[end];
      if (!PAST_CLOSE.includes(state)) {
        return `expected it to close gracefully, but the ${end} was left in ${state}`;
      }
    }
    return null;
  });
}

function toHaveOutcome(this: MatcherState, subject: unknown, expected: Outcome): Verdict {
  return judgeEach(this, subject, `have the outcome ${expected}`, ({ outcome }) =>
    outcome === expected ? null : `expected the outcome ${expected}, got ${outcome}`,
  );
}

function toHaveFinding(this: MatcherState, subject: unknown, code: string, { at }: { at?: string } = {}): Verdict {
  const connections = connectionsOf(subject);
  const isMeant = (finding: { code: string; at: string }): boolean =>
    finding.code === code && (at === undefined || finding.at === at);
  const holder = connections.find(({ findings }) => findings.some(isMeant));
  const ofCapture = isDocument(subject as Subject) ? (subject as ResultDocument).findings.filter(isMeant) : [];
  const wanted = at === undefined ? code : `${code} at ${at}`;
  const pass = holder !== undefined || ofCapture.length > 0;
  const shown = holder ?? connections[0];
  const picture = pass === (this.isNot === true) && shown !== undefined ? draw(shown) : '';
  const codes = [...new Set(connections.flatMap(({ findings }) => findings.map((finding) => finding.code)))];
  return {
    pass,
    message: () =>
      pass
        ? `expected no finding ${wanted}${holder === undefined ? '' : `, but ${nameOf(holder)} has it`}\n\n${picture}`
        : `expected the finding ${wanted}, got ${codes.join(', ') || 'none'}\n\n${picture}`,
  };
}

function toHaveNoFindings(
  this: MatcherState,
  subject: unknown,
  { minSeverity = 'info' }: { minSeverity?: Severity } = {},
): Verdict {
  const connections = connectionsOf(subject);
  const least = severityRank(minSeverity);
  const grave = <F extends { severity: Severity }>(findings: readonly F[]): F[] =>
    findings.filter((finding) => severityRank(finding.severity) >= least);
  const holder = connections.find(({ findings }) => grave(findings).length > 0);
  const ofCapture = isDocument(subject as Subject) ? grave((subject as ResultDocument).findings) : [];
  const found = [...grave(holder?.findings ?? []), ...ofCapture];
  const picture = holder !== undefined && this.isNot !== true ? draw(holder) : '';
  const list = found.map(({ code, severity, message }) => `  ${code} (${severity}): ${message}`).join('\n');
  return {
    pass: found.length === 0,
    message: () =>
      found.length === 0
        ? `expected findings of severity ${minSeverity} or worse, got none`
        : `expected no findings of severity ${minSeverity} or worse${holder ? `, ${nameOf(holder)}` : ''}:\n${list}\n\n${picture}`,
  };
}

function toPassThrough(this: MatcherState, subject: unknown, end: End, states: readonly TcpState[]): Verdict {
  return judgeEach(this, subject, `pass the ${end} through ${states.join(' → ')}`, ({ endpoints }) => {
    const path = statePath(endpoints[end]);
    let reached = 0;
    for (const state of path) if (state === states[reached]) reached++;
    if (reached === states.length) return null;
    return `expected the ${end} to pass through ${states.join(' → ')}, got ${path.join(' → ')}`;
  });
}

function toMatchExpectation(this: MatcherState, subject: unknown, file: string): Verdict {
  const connections = connectionsOf(subject);
  const expectation = readExpectation(file);
  if (expectation === null) {
    const how = `lastack check CAPTURE --expect ${file} --update`;
    return { pass: this.isNot === true, message: () => `${file}: there is no such file; write it with: ${how}` };
  }
  const comparer = new Comparer();
  for (const connection of connections) comparer.add(connection);
  const document = isDocument(subject as Subject) ? (subject as ResultDocument) : null;
  const findings = document?.findings ?? [];
  const comparison = comparer.compare(document === null ? { ...expectation, findings: null } : expectation, findings);
  const pass = isAsExpected(comparison);
  const path = document?.captures.map((capture) => capture.path).join(' ') ?? 'CAPTURE';
  const shown = comparison.drifts.find((drift) => drift.connection !== null)?.connection;
  const picture = shown ? draw(shown) : '';
  const text = renderCheckText([{ path, expectationPath: file, comparison }], PLAIN);
  return { pass, message: () => (pass ? `expected it to differ from ${file}` : `${text}\n${picture}`) };
}

/** The matchers as `expect.extend` takes them, for those who do not want the import to do it. */
export const lastackMatchers = {
  toCloseGracefully,
  toHaveOutcome,
  toHaveFinding,
  toHaveNoFindings,
  toPassThrough,
  toMatchExpectation,
};

expect.extend(lastackMatchers);
