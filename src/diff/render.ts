/** What two points say of the same traffic, for people and for programs. */
import { formatDuration, formatEndpoint, formatQuantity } from '../report/measure.ts';
import type { ConnectionResult } from '../report/result.ts';
import { createStyle, type Style, type TextOptions, wrapBehind } from '../report/terminal.ts';
import {
  type ComparedConnection,
  type Delays,
  type Direction,
  isSame,
  type PointComparison,
  type SegmentReference,
} from './compare.ts';

/** The two files. */
export interface ComparedPaths {
  readonly a: string;
  readonly b: string;
}

/** For people. */
export function renderDiffText(comparison: PointComparison, paths: ComparedPaths, options: TextOptions): string {
  const style = createStyle(options);
  const lines = [`A  ${paths.a}`, `B  ${paths.b}`, ...renderClocks(style, comparison)];
  for (const connection of comparison.connections) lines.push('', ...renderConnection(style, connection));
  for (const [point, only] of [['A', comparison.onlyA] as const, ['B', comparison.onlyB] as const]) {
    for (const each of only) lines.push('', ...renderOnly(style, point, each));
  }
  const { connections } = comparison;
  const told = formatQuantity(connections.length, 'connection');
  lines.push('', isSame(comparison) ? `${told} alike at both points.` : `${told} at both points; not all is alike.`);
  return `${lines.join('\n')}\n`;
}

function renderClocks(style: Style, { clocks }: PointComparison): string[] {
  if (clocks === null) return ['   clocks and delays: too little passed both points to tell'];
  const { offsetSeconds, uncertaintySeconds, roundTripSeconds, toServer, toClient } = clocks;
  const ahead = offsetSeconds < 0 ? 'behind' : 'ahead of';
  const clock =
    uncertaintySeconds === 0
      ? 'both by one clock'
      : `B is ${formatDuration(Math.abs(offsetSeconds))} ${ahead} A if both ways take the same time; that is right to within ${formatDuration(uncertaintySeconds)}`;
  const both = `; there and back takes ${formatDuration(roundTripSeconds)} at least`;
  return [
    ...wrapBehind(`   ${style.faint('clocks   ')} `, clock + both, style.width),
    `   ${style.faint('to server')} ${describeDelays(toServer)}`,
    `   ${style.faint('to client')} ${describeDelays(toClient)}`,
  ];
}

function describeDelays({ count, minSeconds, medianSeconds, maxSeconds }: Delays): string {
  const [least, middle, most] = [minSeconds, medianSeconds, maxSeconds].map((each) => formatDuration(each));
  return `${least} at least, ${middle} in the middle, ${most} at most (${formatQuantity(count, 'segment')})`;
}

const titleOf = (style: Style, { client, server }: ConnectionResult): string =>
  `${formatEndpoint(client)} ${style.glyphs.to} ${formatEndpoint(server)}`;

function renderConnection(style: Style, connection: ComparedConnection): string[] {
  const { a, b, directions, changes, client, server, outcome, nearClient } = connection;
  const lines = [style.strong(`A#${a.id} = B#${b.id}  ${titleOf(style, a)}`)];
  const put = (label: string, text: string): void => {
    lines.push(...wrapBehind(`    ${style.faint(label.padEnd(8))} `, text, style.width));
  };
  for (const direction of directions) for (const text of describeDirection(direction)) put(`to ${direction.to}`, text);
  for (const change of changes) put('changed', change);
  for (const [end, verdict] of [['client', client] as const, ['server', server] as const]) {
    const { state, basis, seenBy, otherwise } = verdict;
    const other = seenBy === 'A' ? 'B' : 'A';
    const doubt = otherwise === null ? `${other} agrees` : `${other} believes ${otherwise} and cannot know better`;
    const sure = basis === 'proven' ? 'proven' : basis === 'timer' ? 'by its timer' : 'presumed';
    put(end, `${style.strong(state)}, ${sure} at ${seenBy}, which is nearer to it; ${doubt}`);
  }
  const views = a.outcome === b.outcome ? '' : ` (A says ${a.outcome}, B says ${b.outcome})`;
  put('outcome', `${style.strong(outcome)}${views}`);
  put('near', `${nearClient} is nearer to the client`);
  return lines;
}

function describeDirection({ passed, lost, appeared, doubled, overtaken, rejoined }: Direction): string[] {
  const texts = [`${formatQuantity(passed, 'segment')} passed`];
  if (rejoined.length > 0) {
    const count = (point: 'A' | 'B'): number => rejoined.reduce((sum, each) => sum + each[point].length, 0);
    texts.push(
      `${formatQuantity(count('A'), 'segment')} at A, ${formatQuantity(count('B'), 'segment')} at B with the same bytes: cut or joined by offload`,
    );
  }
  if (lost.length > 0) texts.push(`${lost.length} lost between the points: ${listSegments(lost)}`);
  if (appeared.length > 0)
    texts.push(`${appeared.length} made on the way, or not captured before it: ${listSegments(appeared)}`);
  if (doubled.length > 0) texts.push(`${doubled.length} doubled on the way: ${listSegments(doubled)}`);
  if (overtaken.length > 0)
    texts.push(`${overtaken.length} overtaken on the way: ${overtaken.map((each) => `#${each}`).join(', ')}`);
  return texts;
}

const MOST_LISTED = 8;

function listSegments(list: readonly SegmentReference[]): string {
  const shown = list
    .slice(0, MOST_LISTED)
    .map(({ point, frame, labels }) => `${point}#${frame} ${labels[0] ?? ''}`.trim());
  if (list.length > MOST_LISTED) shown.push(`and ${list.length - MOST_LISTED} more`);
  return shown.join(', ');
}

function renderOnly(style: Style, point: 'A' | 'B', connection: ConnectionResult): string[] {
  const other = point === 'A' ? 'B' : 'A';
  const title = style.strong(`${point}#${connection.id}  ${titleOf(style, connection)}`);
  return [title, `    ${connection.outcome} at ${point}; nothing of it came to ${other}`];
}

/** For programs. */
export function renderDiffJson(comparison: PointComparison, paths: ComparedPaths): string {
  const brief = ({ id, client, server, outcome }: ConnectionResult) => ({ id, client, server, outcome });
  const document = {
    alike: isSame(comparison),
    a: paths.a,
    b: paths.b,
    clocks: comparison.clocks,
    connections: comparison.connections.map(({ a, b, directions, ...rest }) => ({
      a: brief(a),
      b: brief(b),
      toServer: directions[0],
      toClient: directions[1],
      ...rest,
    })),
    onlyA: comparison.onlyA.map(brief),
    onlyB: comparison.onlyB.map(brief),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
