/** What a check found, for people and for those who run it: text, JUnit, GitHub's annotations, JSON. */
import { formatEndpoint, formatFrames, formatQuantity } from '../report/measure.ts';
import { createStyle, quoteForShell, type Style, type TextOptions, wrapBehind } from '../report/terminal.ts';
import type { Comparison, Difference, Drift } from './compare.ts';
import { expectationPathOf } from './files.ts';

/** One capture that was checked. */
export interface CheckedCapture {
  readonly path: string;
  readonly expectationPath: string;
  readonly comparison: Comparison;
}

/** Whether the capture is as expected. */
export function isAsExpected({ drifts, missingFindings, newFindings }: Comparison): boolean {
  return drifts.length === 0 && missingFindings.length === 0 && newFindings.length === 0;
}

const explainCommand = (path: string, id: number): string =>
  `lastack explain ${quoteForShell(path)} --connection ${id}`;

/** For people: each drift with what was expected, what is there, where, and what to run next. */
export function renderCheckText(checked: readonly CheckedCapture[], options: TextOptions): string {
  const style = createStyle(options);
  const lines = checked.flatMap((each) => renderCapture(style, each));
  const changed = checked.filter((each) => !isAsExpected(each.comparison));
  if (changed.length > 0) {
    lines.push('', ...wrapBehind('To accept what is there now: ', style.command(updateCommand(changed)), style.width));
  }
  return `${lines.join('\n')}\n`;
}

/** The command that writes what is there as expected; only a single capture can have its expectation elsewhere. */
export function updateCommand(captures: readonly Pick<CheckedCapture, 'path' | 'expectationPath'>[]): string {
  const words = captures.map(({ path }) => quoteForShell(path));
  const [{ path, expectationPath }] = captures;
  const elsewhere = expectationPath === expectationPathOf(path) ? [] : ['--expect', quoteForShell(expectationPath)];
  return ['lastack check', ...words, ...elsewhere, '--update'].join(' ');
}

function renderCapture(style: Style, { path, expectationPath, comparison }: CheckedCapture): string[] {
  const { connectionCount, drifts, missingFindings, newFindings } = comparison;
  const connections = formatQuantity(connectionCount, 'connection');
  if (isAsExpected(comparison)) return [`${style.good('ok')}  ${path}: ${connections} as expected`];
  const differs = `${style.severity.error(style.glyphs.severity.error)}   ${style.strong(path)}: not as ${expectationPath} says (${connections})`;
  return [
    differs,
    ...drifts.flatMap((drift) => ['', ...renderDrift(style, drift, path, expectationPath)]),
    ...(missingFindings.length + newFindings.length === 0 ? [] : ['', '  the whole capture']),
    ...missingFindings.map((name) => `    ${style.faint('missing ')} ${name}`),
    ...newFindings.flatMap((finding) =>
      wrapBehind(`    ${style.faint('new     ')} `, `${finding.code}: ${finding.message}`, style.width),
    ),
  ];
}

function renderDrift(style: Style, drift: Drift, path: string, expectationPath: string): string[] {
  const title = `  ${style.strong(titleOf(drift, style.glyphs.to))}`;
  const place = drift.line === 0 ? '' : style.faint(`  ${expectationPath}:${drift.line}`);
  const lines = [`${title}${place}`];
  if (drift.kind !== 'changed') lines.push(`    ${describeKind(drift)}`);
  for (const difference of drift.differences) lines.push(...renderDifference(style, difference));
  const next =
    drift.connection === null
      ? `lastack ${quoteForShell(path)}${drift.port === 'ephemeral' ? '' : ` --port ${drift.port}`}`
      : explainCommand(path, drift.connection.id);
  return [...lines, `    ${style.faint('see')}      ${style.command(next)}`];
}

function titleOf({ connection, port, count }: Drift, to: string): string {
  if (connection === null) return `${count === 1 ? 'a connection' : `${count} connections`} to port ${port}`;
  const { id, client, server } = connection;
  const others = count === 1 ? '' : ` and ${formatQuantity(count - 1, 'other', 'others')} like it`;
  return `#${id} ${formatEndpoint(client)} ${to} ${formatEndpoint(server)}${others}`;
}

function describeKind({ kind, summary }: Drift): string {
  const how = `${summary.outcome ?? 'any outcome'}, closed first by ${summary['closed-first'] ?? 'anybody'}`;
  return kind === 'missing' ? `expected, but not in the capture: ${how}` : `not expected: ${how}`;
}

function renderDifference(style: Style, difference: Difference): string[] {
  const { field, expected, actual, frame, messages } = difference;
  const at = frame === null ? '' : style.faint(` (frame ${frame})`);
  if (field !== 'findings') {
    return [
      `    ${field}`,
      ...wrapBehind(`      ${style.faint('expected')} `, expected, style.width),
      ...wrapBehind(`      ${style.faint('got     ')} `, `${actual}${at}`, style.width),
    ];
  }
  const lines = ['    findings'];
  if (expected !== '') lines.push(...wrapBehind(`      ${style.faint('missing ')} `, expected, style.width));
  if (actual !== '') lines.push(...wrapBehind(`      ${style.faint('new     ')} `, `${actual}${at}`, style.width));
  for (const message of messages) lines.push(...wrapBehind('               ', message, style.width));
  return lines;
}

/** One line of words for a drift, for reports that have no room for more. */
function describeBriefly(drift: Drift): string {
  if (drift.kind !== 'changed') return `${titleOf(drift, '->')}: ${describeKind(drift)}`;
  const parts = drift.differences.map(({ field, expected, actual, frame }) => {
    const at = frame === null ? '' : ` (frame ${frame})`;
    if (field !== 'findings') return `${field}: expected ${expected}, got ${actual}${at}`;
    return [expected && `missing finding ${expected}`, actual && `new finding ${actual}${at}`]
      .filter((part) => part !== '')
      .join(', ');
  });
  return `${titleOf(drift, '->')}: ${parts.join('; ')}`;
}

/** All that is wrong with a capture, a line each, with the line of the expectation it is about (0: none). */
function problemsOf({ path, comparison }: CheckedCapture): { line: number; text: string; next: string }[] {
  return [
    ...comparison.drifts.map((drift) => ({
      line: drift.line,
      text: describeBriefly(drift),
      next: drift.connection === null ? `lastack ${quoteForShell(path)}` : explainCommand(path, drift.connection.id),
    })),
    ...comparison.missingFindings.map((name) => ({
      line: 0,
      text: `missing finding about the whole capture: ${name}`,
      next: `lastack ${quoteForShell(path)}`,
    })),
    ...comparison.newFindings.map(({ code, message, frames }) => ({
      line: 0,
      text: `new finding about the whole capture: ${code}: ${message}${frames.length > 0 ? ` (${formatFrames(frames)})` : ''}`,
      next: `lastack ${quoteForShell(path)}`,
    })),
  ];
}

/** Workflow commands that GitHub shows beside the expectation file. */
export function renderCheckGithub(checked: readonly CheckedCapture[]): string {
  const lines = checked.flatMap((each) =>
    problemsOf(each).map(({ line, text, next }) => {
      const place = `file=${escapeProperty(each.expectationPath)},line=${Math.max(1, line)}`;
      const title = `title=${escapeProperty(`lastack check ${each.path}`)}`;
      return `::error ${place},${title}::${escapeData(`${text}\nSee: ${next}`)}`;
    }),
  );
  return lines.map((line) => `${line}\n`).join('');
}

const escapeData = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const escapeProperty = (text: string): string => escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

/** JUnit's XML: a test case a capture. */
export function renderCheckJunit(checked: readonly CheckedCapture[]): string {
  const failures = checked.filter((each) => !isAsExpected(each.comparison)).length;
  const cases = checked.map((each) => {
    const head = `  <testcase classname="lastack check" name="${escapeXml(each.path)}"`;
    const problems = problemsOf(each);
    if (problems.length === 0) return `${head}/>`;
    const body = problems.map(({ text, next }) => `${text}\n  see: ${next}`).join('\n');
    const message = `not as ${each.expectationPath} says`;
    return `${head}>\n    <failure message="${escapeXml(message)}">${escapeXml(body)}</failure>\n  </testcase>`;
  });
  const suite = `<testsuite name="lastack check" tests="${checked.length}" failures="${failures}" errors="0" skipped="0">`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${[suite, ...cases, '</testsuite>'].join('\n')}\n`;
}

function escapeXml(text: string): string {
  const escaped = text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
  return escaped.replace(/[\p{Cc}]/gu, (character) => (character === '\n' ? '\n' : '?'));
}

/** For programs. */
export function renderCheckJson(checked: readonly CheckedCapture[]): string {
  const captures = checked.map(({ path, expectationPath, comparison }) => ({
    path,
    expectation: expectationPath,
    asExpected: isAsExpected(comparison),
    connectionCount: comparison.connectionCount,
    drifts: comparison.drifts.map(({ connection, line, ...drift }) => ({
      ...drift,
      line: line || null,
      connection: connection?.id ?? null,
    })),
    missingFindings: comparison.missingFindings,
    newFindings: comparison.newFindings,
  }));
  return `${JSON.stringify({ asExpected: captures.every((each) => each.asExpected), captures }, null, 2)}\n`;
}
