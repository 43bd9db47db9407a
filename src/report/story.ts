import type { Finding } from '../findings/finding.ts';
import type { End } from '../flow/vocabulary.ts';
import { formatClock, formatDuration, formatEndpoint, formatFrames } from './measure.ts';
import type { ConnectionResult, StateEntry } from './result.ts';
import { sortBySeverity } from './severity.ts';
import { padRight, paintWords, printable, type Style, textWidth, wrapBehind } from './terminal.ts';
import {
  closingLabel,
  describeBasis,
  describeCloser,
  describeClosing,
  describeOpening,
  describeTraffic,
  OUTCOME_WORDS,
  type OutcomeMood,
  standingEntries,
  UNDETERMINED_WORDS,
} from './words.ts';

const LABEL_WIDTH = 9;

/** Paints a text by how its outcome strikes people. */
export function paintMood(style: Style, mood: OutcomeMood, text: string): string {
  if (mood === 'good') return style.good(text);
  if (mood === 'bad') return style.severity.error(text);
  return mood === 'doubtful' ? style.severity.warning(text) : text;
}

/** `#3  10.0.0.1:40112 → 10.0.0.2:80  graceful, client closed first`: the first line of whatever is told of a connection. */
export function renderConnectionTitle(style: Style, connection: ConnectionResult): string[] {
  const { outcome } = connection;
  const client = style.client(formatEndpoint(connection.client));
  const server = style.server(formatEndpoint(connection.server));
  const number = style.strong(`#${connection.id}`);
  const verdict = `${paintMood(style, OUTCOME_WORDS[outcome].mood, outcome)}${style.faint(`, ${describeCloser(connection)}`)}`;
  const pair = `${number}  ${client} ${style.glyphs.to} ${server}`;
  if (textWidth(pair) + 2 + textWidth(verdict) <= style.width) return [`${pair}  ${verdict}`];
  if (textWidth(pair) <= style.width) return [pair, `    ${verdict}`];
  return [`${number}  ${client}`, `    ${style.glyphs.to} ${server}`, `    ${verdict}`];
}

/** A connection told in a few lines: who opened, what was carried, who closed, where both ends are left, findings. */
export function renderStory(style: Style, connection: ConnectionResult): string[] {
  const lines = renderConnectionTitle(style, connection);
  const say = (label: string, text: string): void => {
    lines.push(...wrapBehind(`    ${style.faint(padRight(label, LABEL_WIDTH))}`, text, style.width));
  };
  const lasted = connection.durationSeconds > 0 ? `, lasted ${formatDuration(connection.durationSeconds)}` : '';
  say('when', `${formatClock(connection.startTime)} UTC${lasted}`);
  const names = [connection.client.name, connection.server.name];
  if (names.some((name) => name !== undefined)) {
    say('names', names.map((name) => (name === undefined ? '?' : printable(name))).join(` ${style.glyphs.to} `));
  }
  if (connection.tunnel !== undefined) say('through', connection.tunnel);
  say('opened', describeOpening(connection));
  say('carried', describeTraffic(connection));
  say(closingLabel(connection), describeClosing(connection));
  for (const end of ['client', 'server'] as const) {
    for (const [index, text] of describeEnd(style, connection, end).entries()) say(index === 0 ? end : '', text);
  }
  if (connection.undeterminedBecause !== null) say('unsure', UNDETERMINED_WORDS[connection.undeterminedBecause]);
  for (const finding of sortBySeverity(connection.findings)) lines.push(...renderFinding(style, finding, 4));
  return lines;
}

function describeEnd(style: Style, connection: ConnectionResult, end: End): string[] {
  const history = connection.endpoints[end].stateHistory;
  const standing = standingEntries(history);
  const last = standing.at(-1);
  if (last === undefined) return [connection.endpoints[end].state];
  const path: string[] = standing.map((entry) => entry.state);
  path[path.length - 1] = style.strong(last.state);
  return [
    `${path.join(` ${style.glyphs.to} `)} ${style.faint(`(${describeBasis(last)})`)}`,
    ...history.filter((entry) => entry.withdrawn !== undefined).map(describeWithdrawal),
  ];
}

/** `TIME_WAIT was presumed at #9 and taken back at #11`. */
export function describeWithdrawal(entry: StateEntry): string {
  return `${entry.state} was presumed at #${entry.frame} and taken back at #${entry.withdrawn?.frame}`;
}

/** A finding with its sentence and its frames, wrapped behind its mark. */
export function renderFinding(style: Style, finding: Finding, indent: number): string[] {
  const paint = style.severity[finding.severity];
  const head = `${' '.repeat(indent)}${paint(`${style.glyphs.severity[finding.severity]} ${finding.code}`)}`;
  const lines = wrapBehind(' '.repeat(indent + 2), withEvidence(style, finding), style.width);
  return [head, ...lines];
}

/** The sentence of a finding, with those frames of its evidence that it does not name itself. */
export function withEvidence(style: Style, { message, frames }: Finding): string {
  const named = new Set(message.match(/\d+/g));
  if (frames.every((frame) => named.has(String(frame)))) return message;
  return `${message} ${paintWords(style.faint, `(${formatFrames(frames)})`)}`;
}
