/** The default output: what an engineer wants to read of a capture in ten seconds. */
import type { Severity } from '../findings/finding.ts';
import type { Outcome } from '../flow/vocabulary.ts';
import { describeCaptures } from './capture.ts';
import {
  formatClock,
  formatCount,
  formatDuration,
  formatEndpoint,
  formatQuantity,
  formatShare,
  secondsBetween,
} from './measure.ts';
import type { FindingExample, FindingGroup, ListedConnection, Overview } from './overview.ts';
import type { CaptureResult, ConnectionResult, SummaryResult } from './result.ts';
import { isMild, sortBySeverity } from './severity.ts';
import { paintMood, renderStory, withEvidence } from './story.ts';
import { renderTable, type TableColumn } from './table.ts';
import {
  createStyle,
  drawBar,
  padLeft,
  padRight,
  printable,
  quoteForShell,
  type Style,
  type TextOptions,
  textWidth,
  wrapBehind,
} from './terminal.ts';
import { describeProblem, OUTCOME_WORDS } from './words.ts';

export interface TextReport {
  readonly captures: readonly CaptureResult[];
  readonly summary: SummaryResult;
  readonly overview: Overview;
  /** How many connections there are, whether asked for or not. */
  readonly totalConnections: number;
  /** The captures and the filters as the user typed them, to build further commands from. */
  readonly paths: readonly string[];
  readonly filterWords: readonly string[];
  /** A few words about a finding code. */
  readonly titleOf?: (code: string) => string | undefined;
}

/** Whether only some of the connections were asked for; then all of them are listed, not only the troubled ones. */
const isFiltered = (report: TextReport): boolean => report.filterWords.length > 0;

/** Renders the report as lines joined with newlines, the last one included. */
export function renderTextReport(report: TextReport, options: TextOptions): string {
  const style = createStyle(options);
  const stories = report.overview.stories();
  const sections = [[...renderCaptures(style, report.captures), ...renderEvicted(style, report.summary)]];
  if (report.summary.connectionCount === 0) {
    sections.push(renderNothing(report), renderAttention(style, report, true));
  } else if (stories !== null) {
    sections.push(...stories.map((connection) => renderStory(style, connection)));
    sections.push(renderAttention(style, report, true));
  } else {
    sections.push(
      renderOutcomes(style, report),
      renderAttention(style, report, false),
      renderConnections(style, report),
    );
  }
  sections.push(renderNext(style, report, stories));
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

const MAX_CAPTURES_SHOWN = 4;

function renderCaptures(style: Style, captures: readonly CaptureResult[]): string[] {
  const lines: string[] = [];
  const shown = captures.length > MAX_CAPTURES_SHOWN ? captures.slice(0, MAX_CAPTURES_SHOWN - 1) : captures;
  for (const capture of shown) {
    const kind = [capture.format, capture.linkTypes.join(' + ')].filter((word) => word !== '').join(', ');
    lines.push(`${style.heading(printable(captureName(capture)))}  ${style.faint(kind)}`);
  }
  if (shown.length < captures.length) lines.push(style.faint(`and ${captures.length - shown.length} more files`));
  const times = captures.flatMap((c) => (c.firstTime !== null && c.lastTime !== null ? [c.firstTime, c.lastTime] : []));
  times.sort();
  const packets = sum(captures.map((capture) => capture.packetCount));
  const segments = sum(captures.map((capture) => capture.tcpSegmentCount));
  const counts = `${formatQuantity(packets, 'packet')}, ${formatQuantity(segments, 'TCP segment')}`;
  if (times.length > 0) {
    const span = formatDuration(secondsBetween(times[0], times[times.length - 1]));
    lines.push(...wrapBehind('  ', `${counts} in ${span}, from ${formatClock(times[0])} UTC`, style.width));
  } else {
    lines.push(`  ${counts}`);
  }
  const skipped = describeSkipped(captures);
  if (skipped !== '') lines.push(...wrapBehind('  not analysed: ', skipped, style.width).map(style.faint));
  for (const { label, text } of describeCaptures(captures)) {
    lines.push(...wrapBehind(`  ${label}: `, text, style.width));
  }
  for (const { path, problem } of captures) {
    if (problem === null) continue;
    const where = captures.length > 1 ? `${printable(path)}: ` : '';
    const text = `${where}${describeProblem(problem)}; what comes before is reported`;
    lines.push(
      ...wrapBehind(`  ${style.glyphs.severity.error} damaged: `, text, style.width).map(style.severity.error),
    );
  }
  return lines;
}

function renderEvicted(style: Style, { evicted }: SummaryResult): string[] {
  if (evicted === undefined) return [];
  const { closed, open } = evicted;
  const given = `${formatQuantity(closed + open, 'connection')} before the end, because there were too many at a time (--max-connections): ${formatCount(closed)} closed, ${formatCount(open)} open; what came later on them counts as other connections`;
  return wrapBehind('  given up: ', given, style.width);
}

const captureName = (capture: CaptureResult): string => (capture.path === '-' ? 'standard input' : capture.path);

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

/** Packets that were not analysed, by reason, the most frequent first. */
function describeSkipped(captures: readonly CaptureResult[]): string {
  const totals = new Map<string, number>();
  for (const capture of captures) {
    for (const [reason, count] of Object.entries(capture.skipped)) {
      totals.set(reason, (totals.get(reason) ?? 0) + count);
    }
  }
  const sorted = [...totals].filter(([, count]) => count > 0).sort((a, b) => b[1] - a[1]);
  return sorted.map(([reason, count]) => `${formatCount(count)} ${reason}`).join(', ');
}

function renderNothing(report: TextReport): string[] {
  if (isFiltered(report)) return ['No connection matches.'];
  const packets = sum(report.captures.map((capture) => capture.packetCount));
  return [packets === 0 ? 'No packets.' : 'No TCP connection in this capture.'];
}

const MAX_BAR = 40;

function renderOutcomes(style: Style, { summary, totalConnections }: TextReport): string[] {
  const total = summary.connectionCount;
  const outcomes = Object.entries(summary.outcomes)
    .filter(([, count]) => count > 0)
    .sort((a, b) => b[1] - a[1]);
  const nameWidth = Math.max(...outcomes.map(([name]) => name.length));
  const countWidth = Math.max(...outcomes.map(([, count]) => formatCount(count).length));
  const meanings = style.width >= 110;
  const used = 2 + nameWidth + 2 + countWidth + 2 + 5 + 2;
  const barWidth = meanings ? 24 : Math.max(8, Math.min(MAX_BAR, style.width - used));
  const most = outcomes[0][1];
  const of = total === totalConnections ? '' : `${formatCount(total)} of `;
  const lines = [renderHeading(style, of + formatQuantity(totalConnections, 'connection'))];
  for (const [name, count] of outcomes) {
    const words = OUTCOME_WORDS[name as Outcome];
    const bar = drawBar(style.glyphs, count / most, barWidth);
    const painted = words === undefined ? bar : paintMood(style, words.mood, bar);
    const numbers = `${padLeft(formatCount(count), countWidth)}  ${padLeft(formatShare(count / total), 5)}`;
    const meaning = meanings && words !== undefined ? style.faint(words.meaning) : '';
    lines.push(
      `  ${padRight(name, nameWidth)}  ${numbers}  ${padRight(painted, meanings ? barWidth + 1 : 0)}${meaning}`.trimEnd(),
    );
  }
  lines.push(...wrapBehind(`  ${style.faint('closed first:')} `, describeClosers(style, summary), style.width));
  return lines;
}

function describeClosers(style: Style, summary: SummaryResult): string {
  const counts = { client: 0, server: 0, both: 0, nobody: 0 };
  for (const [who, count] of Object.entries(summary.closedFirst)) {
    counts[who === 'client' || who === 'server' || who === 'both' ? who : 'nobody'] += count;
  }
  const parts: string[] = [];
  if (counts.client > 0) parts.push(`${style.client('client')} ${formatCount(counts.client)}`);
  if (counts.server > 0) parts.push(`${style.server('server')} ${formatCount(counts.server)}`);
  if (counts.both > 0) parts.push(`both at once ${formatCount(counts.both)}`);
  if (counts.nobody > 0) parts.push(`nobody ${formatCount(counts.nobody)}`);
  return parts.join(` ${style.glyphs.dot} `);
}

function renderHeading(style: Style, text: string): string {
  const room = Math.min(style.width, 100) - text.length - 1;
  return `${style.heading(text)} ${style.faint(style.glyphs.rule.repeat(Math.max(0, room)))}`;
}

/** Findings from `warning` up in full, the milder ones in one line; with stories only those about no connection. */
function renderAttention(style: Style, report: TextReport, captureOnly: boolean): string[] {
  const groups = report.overview.groups();
  const relevant = captureOnly
    ? groups.filter((group) => group.examples.some((each) => each.connection === null))
    : groups;
  const serious = relevant.filter((group) => !isMild(group.severity));
  const mild = relevant.filter((group) => isMild(group.severity));
  const lines: string[] = [];
  if (serious.length > 0) lines.push(renderHeading(style, 'Needs attention'));
  for (const group of serious) lines.push(...renderGroup(style, report, group));
  if (mild.length > 0) {
    const text = mild.map((group) => `${group.code} ${formatCount(group.count)}`).join(` ${style.glyphs.dot} `);
    lines.push(...wrapBehind('  also seen: ', text, style.width).map(style.faint));
  }
  return lines;
}

function renderGroup(style: Style, report: TextReport, group: FindingGroup): string[] {
  const count = Math.max(group.count, report.summary.findings[group.code] ?? 0);
  const mark = `${style.glyphs.severity[group.severity]} ${group.code}`;
  const head = `  ${style.severity[group.severity](mark)}  ${style.strong(`${style.glyphs.times}${formatCount(count)}`)}`;
  const title = report.titleOf?.(group.code) ?? '';
  const fits = textWidth(head) + 2 + title.length <= style.width;
  const lines = [title !== '' && fits ? `${head}  ${title}` : head];
  if (title !== '' && !fits) lines.push(...wrapBehind('    ', title, style.width));
  const why = group.examples[0].finding.cause;
  if (why !== '') lines.push(...wrapBehind('    ', why, style.width).map(style.faint));
  for (const example of group.examples) lines.push(...renderExample(style, example));
  const more = count - group.examples.length;
  if (more > 0) {
    const command = style.command(`lastack ${commandWords(report, ['--finding', group.code])}`);
    lines.push(`    and ${formatCount(more)} more: ${command}`);
  }
  return lines;
}

function renderExample(style: Style, { finding, connection }: FindingExample): string[] {
  if (connection === null) return wrapBehind('    ', withEvidence(style, finding), style.width);
  const pair = `${formatEndpoint(connection.client)} ${style.glyphs.to} ${formatEndpoint(connection.server)}`;
  const text = `${pair}: ${withEvidence(style, finding)}`;
  return wrapBehind(`    ${style.strong(`#${connection.id}`)} `, text, style.width);
}

function renderConnections(style: Style, report: TextReport): string[] {
  const connections = report.overview.listed();
  if (connections.length === 0) return [];
  const total = report.overview.count(!isFiltered(report));
  const columns: TableColumn[] = [
    { title: '#', align: 'right', paint: style.strong },
    { title: 'client', shrinkTo: 15, paint: style.client },
    { title: 'server', shrinkTo: 15, paint: style.server },
    {
      title: 'outcome',
      paint: (cell, row) => paintMood(style, OUTCOME_WORDS[connections[row].outcome].mood, cell),
    },
    { title: 'closer', optional: true },
    { title: 'findings', optional: true, paint: (cell, row) => paintFindings(style, connections[row], cell) },
  ];
  const rows = connections.map((connection) => [
    String(connection.id),
    formatEndpoint(connection.client),
    formatEndpoint(connection.server),
    connection.outcome,
    connection.closedFirst ?? style.glyphs.dash,
    listFindings(connection),
  ]);
  const title = isFiltered(report) ? 'Connections' : 'Connections to look at';
  const table = renderTable(style, columns, rows, style.width - 2).map((line) => `  ${line}`);
  const lines = [renderHeading(style, title), ...table];
  if (total > connections.length) {
    const command = style.command(`lastack ${commandWords(report, ['--format', 'csv'])}`);
    lines.push(`  and ${formatCount(total - connections.length)} more: ${command}`);
  }
  return lines;
}

function listFindings(connection: ListedConnection): string {
  const codes = [...new Set(sortBySeverity(connection.findings).map((finding) => finding.code))];
  if (codes.length === 0) return '';
  return codes.length === 1 ? codes[0] : `${codes[0]} +${codes.length - 1}`;
}

function paintFindings(style: Style, connection: ListedConnection, cell: string): string {
  const worst = sortBySeverity(connection.findings)[0];
  return worst === undefined ? cell : style.severity[worst.severity satisfies Severity](cell);
}

function commandWords(report: TextReport, more: readonly string[]): string {
  return [namePaths(report.paths), ...[...report.filterWords, ...more].map(quoteForShell)].join(' ');
}

const MAX_PATHS_NAMED = 3;

/** The files as they stand in a command; of many only the first, to be completed by the reader. */
function namePaths(paths: readonly string[]): string {
  const quoted = paths.map(quoteForShell);
  return quoted.length > MAX_PATHS_NAMED ? `${quoted[0]} ...` : quoted.join(' ');
}

/** The command that is most likely wanted next. */
function renderNext(style: Style, report: TextReport, stories: ConnectionResult[] | null): string[] {
  const number = report.overview.mostInteresting();
  if (number === null) return [];
  if (report.paths.includes('-')) return [];
  const files = namePaths(report.paths);
  const explain = `lastack explain ${files}${stories?.length === 1 ? '' : ` --connection ${number}`}`;
  const why = stories?.length === 1 ? 'segment by segment' : `connection #${number} segment by segment`;
  const line = `${style.faint('Next:')} ${style.command(explain)}`;
  const fits = textWidth(line) + 2 + why.length <= style.width;
  return [fits ? `${line}  ${style.faint(why)}` : line];
}
