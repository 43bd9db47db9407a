/**
 * A ladder in a terminal.
 *
 *     frame      time  client          10.0.0.1:40112      10.0.0.2:80  server
 *        #1  0.000000  SYN_SENT      │── SYN seq 0 ──────────────────►│
 *                                    │ syn
 *                                    │ client: why it moved
 *
 * The columns left of the first lifeline have fixed widths, the arrows take what is left. Notes stand beside the first
 * lifeline and run to the right edge, or stay between the lifelines where there is room for prose.
 */
import type { End } from '../flow/vocabulary.ts';
import type {
  Fate,
  FoldRow,
  IdleRow,
  Ladder,
  LadderNote,
  LadderRow,
  SegmentRow,
  StateChange,
  TimerRow,
  UnseenRow,
} from './ladder-model.ts';
import { formatBytes, formatCount, formatDuration, formatQuantity } from './measure.ts';
import { padLeft, padRight, paintWords, type Style, shorten, textWidth, wrapBehind } from './terminal.ts';

const STATE_WIDTH = 'SYN_RECEIVED?'.length;
const MIN_ARROW_WIDTH = 14;
const MIN_NOTE_WIDTH = 24;
/** Below this many columns gaps and decimals are saved. */
const COMPACT_BELOW = 74;
/** From this many columns between the lifelines on, notes stay between them. */
const ROOMY_ARROW_WIDTH = 64;
/** Prose and arrows wider than this are hard to follow with the eye. */
const MAX_ARROW_WIDTH = 90;

interface Frame {
  readonly style: Style;
  readonly frameWidth: number;
  readonly gap: string;
  readonly timeWidth: number;
  readonly timeDecimals: number;
  readonly arrowWidth: number;
  /** Rules already explained, so that a repetition is not explained again. */
  readonly told: Set<string>;
}

/** Draws a ladder; the last lines explain the marks that occur in it. */
export function renderLadder(style: Style, ladder: Ladder): string[] {
  const frame = measureFrame(style, ladder);
  const lines = renderHead(frame, ladder);
  for (const row of ladder.rows) lines.push(...renderRow(frame, row));
  lines.push('', ...renderLegend(style, ladder));
  return lines;
}

function measureFrame(style: Style, ladder: Ladder): Frame {
  const lastSeconds = ladder.rows.reduce((last, row) => Math.max(last, row.seconds), 0);
  const lastFrame = ladder.rows.reduce((last, row) => Math.max(last, row.kind === 'segment' ? row.frame : 0), 0);
  const compact = style.width < COMPACT_BELOW;
  const timeDecimals = compact ? 3 : lastSeconds < 100 ? 6 : lastSeconds < 10_000 ? 4 : 3;
  const timeWidth = lastSeconds.toFixed(timeDecimals).length;
  const frameWidth = Math.max('frame'.length, String(lastFrame).length + 1);
  const gap = compact ? ' ' : '  ';
  const layout = { style, frameWidth, gap, timeWidth, timeDecimals, told: new Set<string>() };
  const room = style.width - leftWidth(layout) - STATE_WIDTH - 3;
  return { ...layout, arrowWidth: Math.min(MAX_ARROW_WIDTH, Math.max(MIN_ARROW_WIDTH, room)) };
}

/** Columns before the first lifeline. */
function leftWidth(layout: Omit<Frame, 'arrowWidth'>): number {
  return layout.frameWidth + layout.timeWidth + 2 * layout.gap.length + STATE_WIDTH + 1;
}

interface Cells {
  readonly frame?: string;
  readonly time?: string;
  readonly client?: string;
  readonly between: string;
  readonly server?: string;
}

function joinCells(layout: Frame, cells: Cells): string {
  const vertical = layout.style.faint(layout.style.glyphs.vertical);
  const frame = padLeft(cells.frame ?? '', layout.frameWidth);
  const time = padLeft(cells.time ?? '', layout.timeWidth);
  const client = padRight(cells.client ?? '', STATE_WIDTH);
  const between = padRight(cells.between, layout.arrowWidth);
  return `${frame}${layout.gap}${time}${layout.gap}${client} ${vertical}${between}${vertical} ${cells.server ?? ''}`.trimEnd();
}

function renderHead(layout: Frame, ladder: Ladder): string[] {
  const { style, arrowWidth } = layout;
  const { client, server } = ladder.lanes;
  const half = Math.floor((arrowWidth + 1) / 2);
  const left = shorten(client.endpoint, half, style.glyphs.ellipsis);
  const right = shorten(server.endpoint, arrowWidth + 1 - half, style.glyphs.ellipsis);
  const gap = ' '.repeat(Math.max(1, arrowWidth + 2 - left.length - right.length));
  const columns = `${padLeft('frame', layout.frameWidth)}${layout.gap}${padLeft('time', layout.timeWidth)}`;
  const head = `${style.faint(columns)}${layout.gap}${style.client(padRight('client', STATE_WIDTH))} ${style.client(left)}${gap}${style.server(right)} ${style.server('server')}`;
  const lines = [head];
  if (client.before !== null || server.before !== null) {
    lines.push(joinCells(layout, { client: client.before ?? '', between: '', server: server.before ?? '' }));
  }
  return lines;
}

function renderRow(layout: Frame, row: LadderRow): string[] {
  switch (row.kind) {
    case 'segment':
      return renderSegment(layout, row);
    case 'fold':
      return renderFold(layout, row);
    case 'idle':
      return [joinCells(layout, { between: centre(layout, renderIdle(layout, row)) })];
    case 'timer':
      return renderTimer(layout, row);
    case 'unseen':
      return [joinCells(layout, { between: renderUnseen(layout, row) })];
  }
}

function renderUnseen({ style, arrowWidth }: Frame, { from, flags, length }: UnseenRow): string {
  const { glyphs } = style;
  const text = `${flags.join(',')}${length > 0 ? ` len ${length}` : ''} not captured`;
  const shaft = style.severity.error(glyphs.dashed.repeat(2));
  const cross = style.severity.error(glyphs.lost);
  if (from === 'client') return `${shaft}${cross} ${style.faint(text)}`;
  return padLeft(`${style.faint(text)} ${cross}${shaft}`, arrowWidth);
}

const formatSeconds = (layout: Frame, seconds: number): string => seconds.toFixed(layout.timeDecimals);

function renderSegment(layout: Frame, row: SegmentRow): string[] {
  const { style } = layout;
  const line = joinCells(layout, {
    frame: style.strong(`#${row.frame}`),
    time: style.faint(formatSeconds(layout, row.seconds)),
    client: renderChange(style, lastChange(row.changes, 'client')),
    between: renderArrow(layout, row),
    server: renderChange(style, lastChange(row.changes, 'server')),
  });
  return [line, ...renderNotes(layout, row)];
}

const lastChange = (changes: readonly StateChange[], end: End): StateChange | undefined =>
  changes.findLast((change) => change.end === end);

/** `?` = presumed, the cross = presumed and later taken back. */
function renderChange(style: Style, change: StateChange | undefined): string {
  if (change === undefined) return '';
  if (change.withdrawnAt !== null) return style.faint(`${change.state}${style.glyphs.lost}`);
  return style.strong(change.state) + (change.basis === 'assumed' ? style.faint('?') : '');
}

/** Arrow texts from complete to terse; the first that fits is taken. */
function arrowTexts(row: SegmentRow): string[] {
  const flags = row.flags.length === 0 ? 'no flags' : row.flags.join(',');
  const ack = row.ack === null ? '' : ` ack ${row.ack}`;
  const length = row.length > 0 ? ` len ${row.length}` : '';
  return [
    row.seq === null ? flags : `${flags} seq ${row.seq}${ack}${length}`,
    row.seq === null ? flags : `${flags} ${row.seq}${row.length > 0 ? `+${row.length}` : ''}${ack}`,
    `${flags}${length}`,
    flags,
  ];
}

function renderArrow(layout: Frame, row: SegmentRow): string {
  const { style, arrowWidth } = layout;
  const { glyphs } = style;
  const room = arrowWidth - 6;
  const text = arrowTexts(row).find((candidate) => candidate.length <= room) ?? '';
  const shaft = row.fate === 'unanswered' ? glyphs.dashed : glyphs.horizontal;
  const reach = row.fate === 'lost' ? arrowWidth - 4 : arrowWidth;
  const head = arrowHead(style, row.fate, row.from);
  const free = reach - text.length - 2 - 1;
  const near = Math.max(1, Math.floor(free / 2));
  const far = Math.max(1, free - near);
  const paint = row.fate === 'lost' ? style.severity.error : row.fate === 'not-taken' ? style.faint : style[row.from];
  const label = row.fate === 'lost' || row.fate === 'not-taken' ? text : style.strong(text);
  if (row.from === 'client') {
    return padRight(`${paint(shaft.repeat(near))} ${label} ${paint(shaft.repeat(far) + head)}`, arrowWidth);
  }
  return padLeft(`${paint(head + shaft.repeat(far))} ${label} ${paint(shaft.repeat(near))}`, arrowWidth);
}

function arrowHead(style: Style, fate: Fate, from: End): string {
  if (fate === 'lost') return style.glyphs.lost;
  if (fate === 'not-taken') return style.glyphs.refused;
  return from === 'client' ? style.glyphs.rightHead : style.glyphs.leftHead;
}

function isPlain(row: SegmentRow): boolean {
  return (
    row.changes.length === 0 &&
    row.findings.length === 0 &&
    row.labels.every((label) => label === 'data' || label === 'ack')
  );
}

function renderNotes(layout: Frame, row: SegmentRow): string[] {
  if (isPlain(row)) return [];
  const { style } = layout;
  const head = [
    style.strong(row.labels.join(' ')),
    ...row.findings.map(({ code, severity }) => style.severity[severity](`${style.glyphs.severity[severity]} ${code}`)),
  ];
  const lines = wrapNote(layout, '', head.join('  '));
  for (const change of row.changes) {
    if (change.takesBack !== null) lines.push(...wrapNote(layout, '', takenBackText(layout, row, change)));
    if (change.withdrawnAt !== null) lines.push(...wrapNote(layout, '', withdrawnText(layout, row, change)));
  }
  for (const note of row.notes) lines.push(...renderWhy(layout, row, note));
  return lines;
}

function takenBackText(layout: Frame, row: SegmentRow, change: StateChange): string {
  const who = paintEnd(layout.style, change.end);
  return `${who} was presumed ${change.takesBack}; #${row.frame} contradicts it: ${change.state} again`;
}

function withdrawnText(layout: Frame, row: SegmentRow, change: StateChange): string {
  const who = paintEnd(layout.style, change.end);
  return `${who} was believed to be ${change.state} until #${change.withdrawnAt}: ${row.fate === 'lost' ? 'this segment never got there' : 'it took nothing of this segment'}`;
}

/** Whether a change is what the rule of a note did, among all that a segment may do to an end. */
function isEffectOf(change: StateChange, note: LadderNote): boolean {
  if (note.to === 'withdraw') return change.takesBack !== null;
  return change.takesBack === null && (change.state === note.to || change.via.some((state) => state === note.to));
}

function renderWhy(layout: Frame, row: SegmentRow, note: LadderNote): string[] {
  const { style, told } = layout;
  const again = told.has(note.rule);
  const change = row.changes.find((each) => each.end === note.end && isEffectOf(each, note));
  if (again && change === undefined) return [];
  if (change !== undefined && change.withdrawnAt !== null) return [];
  told.add(note.rule);
  const prefix = `${paintEnd(style, note.end)}: `;
  if (again) return wrapNote(layout, prefix, note.why);
  const source = paintWords(style.faint, `(${note.rfc})`);
  if (note.socket === null) return wrapNote(layout, prefix, `${note.why} ${source}`);
  const call = `${paintWords(style.good, note.socket)} ${source}`;
  const arrow = padLeft(style.good(`${style.glyphs.to} `), textWidth(prefix));
  return [...wrapNote(layout, prefix, note.why), ...wrapNote(layout, arrow, call)];
}

const paintEnd = (style: Style, end: End): string => style[end](end);

function wrapNote(layout: Frame, prefix: string, text: string): string[] {
  const { style, arrowWidth } = layout;
  const indent = leftWidth(layout);
  const roomy = arrowWidth >= ROOMY_ARROW_WIDTH;
  const room = roomy ? arrowWidth - 2 : style.width - indent - 2;
  const lines = wrapBehind(prefix, text, Math.max(MIN_NOTE_WIDTH, room));
  if (roomy) return lines.map((line) => joinCells(layout, { between: ` ${line}` }));
  return lines.map((line) => `${' '.repeat(indent)}${style.faint(style.glyphs.vertical)} ${line}`);
}

function centre(layout: Frame, text: string): string {
  const left = Math.max(0, Math.floor((layout.arrowWidth - textWidth(text)) / 2));
  return ' '.repeat(left) + text;
}

function renderFold(layout: Frame, row: FoldRow): string[] {
  const { style } = layout;
  const { glyphs } = style;
  const total = row.segments.client + row.segments.server;
  const title = `${glyphs.fold} ${formatQuantity(total, 'segment')}, ${formatDuration(row.durationSeconds)} ${glyphs.fold}`;
  const parts = (['client', 'server'] as const)
    .filter((end) => row.segments[end] > 0)
    .map((end) => `${style[end](end)} ${formatBytes(row.payloadBytes[end])} in ${formatCount(row.segments[end])}`);
  const special = Object.entries(row.labels).filter(([label]) => label !== 'data' && label !== 'ack');
  parts.push(...special.map(([label, count]) => `${label} ${formatCount(count)}`));
  const lines = [
    joinCells(layout, {
      frame: style.faint(glyphs.fold),
      time: style.faint(glyphs.fold),
      between: centre(layout, style.strong(title)),
    }),
  ];
  lines.push(...wrapNote(layout, '', parts.join(` ${glyphs.dot} `)));
  return lines;
}

function renderIdle(layout: Frame, row: IdleRow): string {
  const { glyphs, faint } = layout.style;
  return faint(`${glyphs.fold} idle ${formatDuration(row.durationSeconds)} ${glyphs.fold}`);
}

function renderTimer(layout: Frame, row: TimerRow): string[] {
  const { style } = layout;
  const [change] = row.changes;
  const line = joinCells(layout, {
    time: style.faint(formatSeconds(layout, row.seconds)),
    client: renderChange(style, lastChange(row.changes, 'client')),
    between: centre(layout, style.faint('timer')),
    server: renderChange(style, lastChange(row.changes, 'server')),
  });
  const text = `${paintEnd(style, change.end)}: its timer ran out, so it is ${change.state}; no segment shows this`;
  return [line, ...wrapNote(layout, '', text)];
}

function renderLegend(style: Style, ladder: Ladder): string[] {
  const segments = ladder.rows.filter((row) => row.kind === 'segment');
  const changes = segments.flatMap((row) => row.changes);
  const legend = ['seq and ack count from the initial sequence numbers'];
  if (changes.some((change) => change.basis === 'assumed' && change.withdrawnAt === null)) {
    legend.push('? presumed: no later segment proves it');
  }
  if (segments.some((row) => row.fate === 'lost')) {
    legend.push(`${style.glyphs.lost} lost after the capture point, as later segments show`);
  }
  if (segments.some((row) => row.fate === 'not-taken'))
    legend.push(`${style.glyphs.refused} had no effect on the receiver`);
  if (segments.some((row) => row.fate === 'unanswered'))
    legend.push(`${style.glyphs.dashed.repeat(3)} nothing ever came back`);
  return wrapBehind('', legend.join(` ${style.glyphs.dot} `), style.width).map(style.faint);
}
