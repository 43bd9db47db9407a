/** Draws the live screen as lines of text: the same lines for a terminal, a test and a picture. */
import { formatBytes, formatCount, formatEndpoint } from '../../report/measure.ts';
import { padLeft, padRight, type Style, shorten } from '../../report/terminal.ts';
import { STATES } from '../../tcp/states.ts';
import type { FindingEvent, Row, ScreenModel } from './model.ts';

const SPARK = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const SPARK_ASCII = ['_', '.', ':', '-', '=', '+', '*', '#'];
const STATE_WIDTH = 'SYN_RECEIVED'.length;
const FINDING_LINES = 5;

/** Lines that fill the screen, one less than it has. */
export function renderFrame(model: ScreenModel, style: Style, unicode: boolean): string[] {
  const height = Math.max(6, model.height - 1);
  const head = [renderTitle(model, style)];
  const body =
    model.mode === 'help'
      ? renderHelp(style)
      : model.mode === 'ladder'
        ? renderLadder(model, height - 2)
        : renderList(model, style, unicode, height - 2);
  const lines = [...head, ...body.slice(0, height - 2)];
  while (lines.length < height - 1) lines.push('');
  return [...lines, renderFoot(model, style)];
}

function renderTitle({ source, rates }: ScreenModel, style: Style): string {
  const { live } = source;
  const rate = formatCount(rates.at(-1) ?? 0);
  const counts = `${formatCount(source.packetCount())} packets, ${rate}/s  ${formatCount(live.openedCount)} connections, ${formatCount(live.openCount)} tracked`;
  return `${style.strong(source.title)}  ${counts}  ${style.faint(source.losses())}`;
}

function renderList(model: ScreenModel, style: Style, unicode: boolean, height: number): string[] {
  const states = renderStates(model, style, unicode);
  const findings = renderFindings(model, style);
  const room = Math.max(3, height - states.length - findings.length - 2);
  return [...states, '', ...renderTable(model, style, room), '', ...findings];
}

function renderStates(model: ScreenModel, style: Style, unicode: boolean): string[] {
  const { live } = model.source;
  const curveWidth = Math.max(10, model.width - STATE_WIDTH - 22);
  const rows = STATES.filter(
    (state) => state !== 'LISTEN' && state !== 'UNKNOWN' && model.samples.get(state)?.some((count) => count > 0),
  ).map((state) => {
    const number = (end: 'client' | 'server'): string => padLeft(formatCount(live.states[end].get(state) ?? 0), 8);
    const curve = renderCurve(model.samples.get(state) ?? [], curveWidth, unicode);
    return `${padRight(state, STATE_WIDTH)} ${style.client(number('client'))} ${style.server(number('server'))}  ${style.faint(curve)}`;
  });
  const head = `${padRight('ends in', STATE_WIDTH)} ${padLeft('client', 8)} ${padLeft('server', 8)}  both, second by second`;
  return [style.faint(head), ...rows];
}

/** Values as a row of bars, the latest at the right end. */
export function renderCurve(values: readonly number[], width: number, unicode: boolean): string {
  const glyphs = unicode ? SPARK : SPARK_ASCII;
  const shown = values.slice(-width);
  const most = Math.max(1, ...shown);
  return shown.map((value) => (value === 0 ? ' ' : glyphs[Math.min(7, Math.floor((value / most) * 7.99))])).join('');
}

function renderTable(model: ScreenModel, style: Style, height: number): string[] {
  const { rows } = model;
  const endpointWidth = Math.max(12, Math.floor((model.width - 2 * STATE_WIDTH - 34) / 2));
  const cells = (parts: readonly [string, string, string, string, string, string, string, string]): string => {
    const [id, client, server, clientState, serverState, segments, bytes, mark] = parts;
    const names = [client, server].map((name) =>
      padRight(shorten(name, endpointWidth, style.glyphs.ellipsis), endpointWidth),
    );
    const states = [clientState, serverState].map((state) => padRight(state, STATE_WIDTH));
    return `${padLeft(id, 7)} ${names.join(' ')} ${states.join(' ')} ${padLeft(segments, 7)} ${padLeft(bytes, 8)} ${mark}`;
  };
  const head = style.faint(cells(['#', 'client', 'server', 'client is in', 'server is in', 'segs', 'payload', '']));
  const order = `${model.isReversed ? 'reversed, ' : ''}${model.sort} first`;
  const filter = model.filter === '' ? '' : `, with "${model.filter}"`;
  const title = `${formatCount(rows.length)} connections, ${order}${filter}`;
  const room = height - 2;
  const at = Math.max(
    0,
    rows.findIndex(({ id }) => id === model.selectedId),
  );
  const first = Math.max(0, Math.min(at - Math.floor(room / 2), rows.length - room));
  const lines = rows.slice(first, first + room).map((row, index) => {
    const text = cells([...texts(row), renderMark(row, style)]);
    return first + index === at ? `\u001b[7m${text}\u001b[27m` : text;
  });
  return [style.strong(title), head, ...lines];
}

function texts(row: Row): [string, string, string, string, string, string, string] {
  const { id, client, server, clientState, serverState, segments, bytes } = row;
  return [String(id), client, server, clientState, serverState, formatCount(segments), formatBytes(bytes)];
}

function renderMark({ rank }: Row, style: Style): string {
  const severity = (['info', 'note', 'warning', 'error'] as const)[rank];
  return severity === undefined ? '' : style.severity[severity](style.glyphs.severity[severity]);
}

function renderFindings(model: ScreenModel, style: Style): string[] {
  const latest = model.findings
    .filter(({ finding }) => finding.severity !== 'info')
    .slice(-FINDING_LINES)
    .reverse();
  const title = style.strong(latest.length === 0 ? 'No findings yet' : 'Latest findings');
  return [title, ...latest.map((event) => renderFinding(event, style, model.width))];
}

function renderFinding(
  { time, connection, client, server, finding }: FindingEvent,
  style: Style,
  width: number,
): string {
  const { severity, code, message } = finding;
  const who =
    client && server
      ? `#${connection} ${formatEndpoint(client)} ${style.glyphs.to} ${formatEndpoint(server)}`
      : 'capture';
  const plain = `${time.slice(11, 19)} ${style.glyphs.severity[severity]} ${code}  ${who}  ${message}`;
  const { ellipsis } = style.glyphs;
  const text = plain.length > width ? `${plain.slice(0, width - ellipsis.length)}${ellipsis}` : plain;
  return text.replace(
    `${style.glyphs.severity[severity]} ${code}`,
    style.severity[severity](`${style.glyphs.severity[severity]} ${code}`),
  );
}

function renderLadder(model: ScreenModel, height: number): string[] {
  const last = Math.max(0, model.ladder.length - height);
  const top = Math.min(model.ladderTop, last);
  return model.ladder.slice(top, top + height);
}

function renderFoot(model: ScreenModel, style: Style): string {
  if (model.mode === 'filter')
    return `${style.strong('Filter:')} ${model.filter}_  ${style.faint('Enter keeps it, Esc clears it')}`;
  if (model.message !== '') return style.strong(model.message);
  const keys: Readonly<Record<string, string>> = {
    list: '↑↓ select  Enter ladder  s sort  r reverse  / filter  w write  ? keys  q quit',
    ladder: '↑↓ scroll  End follows  Esc back  w write  ? keys  q quit',
    help: 'any key goes back',
  };
  const text = keys[model.mode] ?? '';
  return style.faint(style.glyphs.to === '→' ? text : text.replaceAll('↑↓', 'arrows'));
}

function renderHelp(style: Style): string[] {
  const keys = [
    ['↑ ↓ k j', 'select a connection, or scroll the ladder'],
    ['PgUp PgDn', 'a page'],
    ['Home End g G', 'the first, the last; in the ladder End follows it as it grows'],
    ['Enter', 'the ladder of the connection, segment by segment; Esc goes back'],
    ['s', 'sort by: newest, latest segment, state, payload, segments, findings'],
    ['r', 'reverse the order'],
    ['/', 'filter: words that are part of an address, a state or a finding; Esc clears it'],
    ['w', 'write the packets of the connection to a pcapng file in this folder'],
    ['?', 'this list'],
    ['q Ctrl-C', 'end, with the summary of the whole capture'],
  ];
  const ascii = style.glyphs.to !== '→';
  return [
    '',
    style.strong('Keys'),
    '',
    ...keys.map(
      ([key, what]) => `  ${style.command(padRight(ascii ? key.replace('↑ ↓', 'Up Down') : key, 14))} ${what}`,
    ),
  ];
}
