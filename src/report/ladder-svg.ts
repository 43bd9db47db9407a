/** A ladder as an SVG picture: the textbook figure, drawn from the packets. */

import type { FoldRow, IdleRow, Ladder, TimerRow } from './ladder-model.ts';
import {
  isPlain,
  LADDER_COLUMNS,
  type LadderPlaces,
  type PlacedArrow,
  type PlacedBand,
  type PlacedBlock,
  type PlacedRow,
  type PlacedSpan,
  placeLadder,
} from './ladder-places.ts';
import { ladderStyle } from './ladder-style.ts';
import { foldSpecials, foldTitle, foldTraffic, rowDetails, rowTitle, segmentParts } from './ladder-words.ts';
import { escapeMarkup } from './markup.ts';
import { formatDuration } from './measure.ts';
import { severityRank } from './severity.ts';

export interface SvgOptions {
  /** Names the parts of this picture apart from those of others on the same page. */
  readonly id: string;
  /** The heading, also what a screen reader says of the picture. */
  readonly caption: string;
  /** Carries its style sheet, and shows the details of a row that is pointed at or has the focus. */
  readonly standalone: boolean;
}

const { arrows: LEFT, server: RIGHT, laneWidth, arrowsWidth, client: CLIENT, width } = LADDER_COLUMNS;
const MIDDLE = LEFT + arrowsWidth / 2;
const STRIPE = 7;
const LEGEND_HEIGHT = 26;
/** Findings named on one arrow; there is no room for more, and the details name all. */
const MAX_FINDINGS = 2;
const FOLD_CHARACTERS = 66;

/** Draws a ladder. */
export function renderLadderSvg(ladder: Ladder, options: SvgOptions): string {
  const places = placeLadder(ladder);
  const height = places.height + LEGEND_HEIGHT;
  const name = escapeMarkup(options.caption);
  const fullWidth = width + places.extraWidth;
  const viewBox = `${-places.extraWidth} 0 ${fullWidth} ${height}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="ladder" viewBox="${viewBox}" width="${fullWidth}" height="${height}" role="group" aria-label="${name}">`,
    `<title>${name}</title>`,
    ...(options.standalone ? [`<style>${ladderStyle()}${tipRules(places.rows, options.id)}</style>`] : []),
    renderPatterns(options.id),
    ...renderHead(ladder, places, options.caption),
    ...places.bands.map((band) => renderBand(band, options.id)),
    ...places.spans.map(renderSpan),
    ...(places.hasTap ? [renderTap(places)] : []),
    '<g>',
    ...places.rows.map((row) => renderRow(row, places, options)),
    ...(options.standalone ? renderTips(places, options.id) : []),
    '</g>',
    renderLegend(ladder, places, options.id),
    '</svg>',
    '',
  ].join('\n');
}

const round = (value: number): string => String(Math.round(value * 10) / 10);

function renderPatterns(id: string): string {
  return `<defs><pattern id="${id}-hatch" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><line class="hatch" x1="0" y1="0" x2="0" y2="8"/></pattern><pattern id="${id}-dots" width="7" height="7" patternUnits="userSpaceOnUse"><circle class="dots" cx="2" cy="2" r="1.6"/></pattern></defs>`;
}

function renderHead(ladder: Ladder, { top }: LadderPlaces, caption: string): string[] {
  const { client, server } = ladder.lanes;
  const y = top - 9;
  return [
    `<text class="caption" x="${CLIENT}" y="18">${escapeMarkup(caption)}</text>`,
    `<text class="muted small" x="${LADDER_COLUMNS.frame}" y="${y}" text-anchor="end">frame</text>`,
    `<text class="muted small" x="${LADDER_COLUMNS.time}" y="${y}" text-anchor="end">seconds</text>`,
    `<text x="${CLIENT}" y="${y}"><tspan class="strong">client</tspan> <tspan class="num">${escapeMarkup(client.endpoint)}</tspan></text>`,
    `<text x="${RIGHT + laneWidth}" y="${y}" text-anchor="end"><tspan class="num">${escapeMarkup(server.endpoint)}</tspan> <tspan class="strong">server</tspan></text>`,
  ];
}

function renderBand(band: PlacedBand, id: string): string {
  const isClient = band.end === 'client';
  const x = isClient ? CLIENT : RIGHT;
  const { top, height, state } = band;
  if (band.look === 'withdrawn') return renderGone(band, x, isClient);
  const stripe = isClient ? x + laneWidth - STRIPE : x;
  const body = `x="${x}" y="${round(top)}" width="${laneWidth}" height="${round(height)}"`;
  const parts = [`<rect class="t-${state}" ${body}/>`];
  if (band.look === 'timer') parts.push(`<rect fill="url(#${id}-dots)" ${body}/>`);
  const presumed = band.look === 'assumed' ? height : Math.max(0, Math.min(height, band.presumedTo - top));
  if (presumed > 0) {
    const size = `x="${x}" y="${round(top)}" width="${laneWidth}" height="${round(presumed)}"`;
    parts.push(`<rect fill="url(#${id}-hatch)" ${size}/>`);
  }
  parts.push(`<rect class="s-${state}" x="${stripe}" y="${round(top)}" width="${STRIPE}" height="${round(height)}"/>`);
  parts.push(`<line class="edge" x1="${x}" y1="${round(top)}" x2="${x + laneWidth}" y2="${round(top)}"/>`);
  const middle = x + (isClient ? (laneWidth - STRIPE) / 2 : (laneWidth + STRIPE) / 2);
  const baseline = top + Math.min(15, height / 2 + 4);
  if (height >= 11)
    parts.push(`<text class="strong" x="${middle}" y="${round(baseline)}" text-anchor="middle">${state}</text>`);
  if (band.via.length > 0 && height >= 30) {
    const text = `via ${band.via.join(', ')}`;
    parts.push(
      `<text class="small muted" x="${middle}" y="${round(baseline + 13)}" text-anchor="middle">${text}</text>`,
    );
  }
  return `<g${band.look === 'before' ? ' class="before"' : ''}>${parts.join('')}</g>`;
}

/** What was believed and taken back stands beside what held in the end. */
function renderGone({ top, height, state }: PlacedBand, laneX: number, isClient: boolean): string {
  const goneWidth = 92;
  const x = isClient ? laneX + 4 : laneX + laneWidth - goneWidth - 4;
  const y = top + 2;
  const tall = Math.max(15, height - 4);
  const middle = x + goneWidth / 2;
  return `<g class="gone"><rect x="${x}" y="${round(y)}" width="${goneWidth}" height="${round(tall)}" rx="3"/><text class="small" x="${middle}" y="${round(y + 11.5)}" text-anchor="middle">${state}</text></g>`;
}

function renderSpan({ end, text, top, bottom, isOpen }: PlacedSpan): string {
  const isClient = end === 'client';
  const x = isClient ? CLIENT - 7 : RIGHT + laneWidth + 7;
  const foot = isClient ? x + 5 : x - 5;
  const last = bottom - 2;
  const close = isOpen
    ? `M${x - 3} ${round(last - 5)}L${x} ${round(last)}L${x + 3} ${round(last - 5)}`
    : `M${x} ${round(last)}H${foot}`;
  const path = `<path class="span" d="M${foot} ${round(top + 2)}H${x}V${round(last)}${close}"/>`;
  const middle = (top + bottom) / 2;
  const at = isClient ? x - 5 : x + 13;
  const room = (bottom - top) / 6.2;
  const name = text.split(' ')[0];
  const words = text.length <= room ? text : name.length <= room ? name : '';
  const label = `<text class="small muted" transform="translate(${at} ${round(middle)}) rotate(-90)" text-anchor="middle">${words}</text>`;
  return `<g><title>${escapeMarkup(text)}${isOpen ? ', until the capture ends' : ''}</title>${path}${words === '' ? '' : label}</g>`;
}

function renderTap({ top, bottom }: LadderPlaces): string {
  return `<g><line class="tap" x1="${MIDDLE}" y1="${top + 8}" x2="${MIDDLE}" y2="${round(bottom)}"/><text class="small muted halo" x="${MIDDLE}" y="${top + 4}" text-anchor="middle">capture point</text></g>`;
}

function renderRow(placed: PlacedRow, { extraWidth, timeDecimals }: LadderPlaces, options: SvgOptions): string {
  const { row, top, height } = placed;
  const shape = placed.kind === 'arrow' ? renderArrow(placed) : renderBlock(placed);
  const body = `${shape}${renderGutter(placed, timeDecimals)}`;
  const words = escapeMarkup([rowTitle(row), ...rowDetails(row)].join('. '));
  const hover = options.standalone
    ? ''
    : `<title>${escapeMarkup([rowTitle(row), ...rowDetails(row)].join('\n'))}</title>`;
  const hit = `<rect class="hit" x="${4 - extraWidth}" y="${round(top)}" width="${width + extraWidth - 8}" height="${round(height)}" rx="4"/>`;
  return `<g class="row" id="${options.id}-r${placed.index}" data-row="${placed.index}" tabindex="0" role="img" aria-label="${words}">${hover}${hit}${body}</g>`;
}

function arrowClass({ row, isRepeat }: PlacedArrow): string {
  if (row.kind === 'unseen') return 'unseen';
  const classes: string[] = [];
  if (isRepeat) classes.push('again');
  if (row.flags.includes('RST')) classes.push('reset');
  if (row.fate === 'lost') classes.push('lost');
  if (row.fate === 'not-taken') classes.push('refused');
  if (row.fate === 'unanswered') classes.push('unanswered');
  return classes.join(' ');
}

function renderArrow(placed: PlacedArrow): string {
  const { row, x1, y1, x2, y2 } = placed;
  const direction = row.from === 'client' ? 1 : -1;
  const slope = (y2 - y1) / (x2 - x1);
  const degrees = (Math.atan(slope) * 180) / Math.PI;
  const isStopped = row.kind === 'unseen' || row.fate === 'lost';
  const isRefused = row.kind === 'segment' && row.fate === 'not-taken';
  const end = isStopped || isRefused ? x2 - direction * 5 : x2 - direction * 9;
  const line = `<line x1="${x1}" y1="${round(y1)}" x2="${round(end)}" y2="${round(y1 + slope * (end - x1))}"/>`;
  const turned = `translate(${round(x2)} ${round(y2)}) rotate(${round(degrees)})`;
  const tip = isStopped
    ? `<path class="cross" transform="translate(${round(x2)} ${round(y2)})" d="M-6 -6L6 6M6 -6L-6 6"/>`
    : isRefused
      ? `<line class="stop" x1="${round(x2 - direction * 4)}" y1="${round(y2 - 8)}" x2="${round(x2 - direction * 4)}" y2="${round(y2 + 8)}"/>`
      : `<path class="tip-mark" transform="${turned}" d="M0 0L${-11 * direction} -5L${-11 * direction} 5Z"/>`;
  return `<g class="arrow ${arrowClass(placed)}">${line}${tip}</g>${renderArrowText(placed, slope, degrees)}`;
}

/** Frame and time of a row, where it has them. */
function renderGutter(placed: PlacedRow, decimals: number): string {
  const { row } = placed;
  if (row.kind === 'idle' || row.kind === 'unseen') return '';
  const y = round((placed.kind === 'arrow' ? placed.y1 : placed.top + placed.height / 2) + 4);
  const cell = (x: number, classes: string, text: string): string =>
    `<text class="${classes}" x="${x}" y="${y}" text-anchor="end">${text}</text>`;
  if (row.kind === 'fold') return cell(LADDER_COLUMNS.frame, 'num small muted', '⋮');
  const time = cell(LADDER_COLUMNS.time, 'num small muted', row.seconds.toFixed(decimals));
  return row.kind === 'segment' ? `${cell(LADDER_COLUMNS.frame, 'num', `#${row.frame}`)}${time}` : time;
}

function renderArrowText(placed: PlacedArrow, slope: number, degrees: number): string {
  const { row, x1, y1, x2, y2, textAt, crossing } = placed;
  if (row.kind === 'unseen') {
    const text = `${row.flags.join(',')}${row.length > 0 ? ` len ${row.length}` : ''} never captured`;
    const beside = row.from === 'client' ? x2 + 14 : x2 - 14;
    return `<text class="muted halo" x="${round(beside)}" y="${round(y2 + 4)}" text-anchor="${row.from === 'client' ? 'start' : 'end'}">${text}</text>`;
  }
  const x = x1 + (x2 - x1) * textAt;
  const y = y1 + slope * (x - x1);
  const turn = `translate(${round(x)} ${round(y)}) rotate(${round(degrees)})`;
  const { flags, numbers } = segmentParts(row);
  if (crossing !== null) {
    const text = `<tspan class="strong">${flags}</tspan> ${row.seq === null ? '' : `seq ${row.seq}`}  <tspan class="small muted">${row.labels.join('  ')}</tspan>`;
    return `<text class="halo" transform="${turn}" y="${crossing === 'first' ? -6 : 15}" text-anchor="middle" xml:space="preserve">${text}</text>`;
  }
  const main = `<tspan class="strong">${flags}</tspan>  ${numbers}`;
  const above = `<text class="halo" transform="${turn}" y="-6" text-anchor="middle" xml:space="preserve">${main}</text>`;
  if (isPlain(row)) return above;
  const findings = row.findings.filter(({ severity }) => severityRank(severity) > 0);
  const shown = findings.slice(0, MAX_FINDINGS).map(({ code, severity }) => {
    const more = findings.length > MAX_FINDINGS && code === findings[MAX_FINDINGS - 1].code ? ' …' : '';
    return `<tspan class="${severity === 'error' ? 'error' : 'warn'}">  ▲ ${code}${more}</tspan>`;
  });
  const labels = row.labels.join('  ');
  return `${above}<text class="small muted halo" transform="${turn}" y="14" text-anchor="middle" xml:space="preserve">${labels}${shown.join('')}</text>`;
}

function renderBlock({ kind, row, top, height }: PlacedBlock): string {
  const middle = top + height / 2;
  if (kind === 'fold') return renderFold(row as FoldRow, top, height);
  if (kind === 'idle') return renderIdle(row as IdleRow, middle);
  const timer = row as TimerRow;
  const [change] = timer.changes;
  const x = change.end === 'client' ? LEFT + 10 : RIGHT - 10;
  const anchor = change.end === 'client' ? 'start' : 'end';
  return `<text class="muted" x="${x}" y="${round(middle + 4)}" text-anchor="${anchor}">⏱ timer: ${change.state}</text>`;
}

function renderFold(row: FoldRow, top: number, height: number): string {
  const box = `<rect class="fold" x="${LEFT + 24}" y="${round(top + 7)}" width="${arrowsWidth - 48}" height="${round(height - 14)}" rx="6"/>`;
  const line = (y: number, classes: string, text: string): string =>
    `<text class="${classes}" x="${MIDDLE}" y="${round(y)}" text-anchor="middle">${escapeMarkup(text)}</text>`;
  const specials = clip(foldSpecials(row).join(' · '), FOLD_CHARACTERS);
  return [
    box,
    line(top + 26, 'strong', `⋮ ${foldTitle(row)} ⋮`),
    line(top + 42, 'small', foldTraffic(row).join(' · ')),
    ...(specials === '' ? [] : [line(top + 58, 'small muted', specials)]),
  ].join('');
}

const clip = (text: string, length: number): string => (text.length <= length ? text : `${text.slice(0, length - 1)}…`);

/** Both lifelines are broken: time that is not drawn. */
function renderIdle(row: IdleRow, y: number): string {
  const tear = (x: number): string => {
    const steps = [0, 1, 2, 3, 4, 5].map((step) => `l${laneWidth / 6} ${step % 2 === 0 ? -7 : 7}`).join('');
    const back = [0, 1, 2, 3, 4, 5].map((step) => `l${-laneWidth / 6} ${step % 2 === 0 ? -7 : 7}`).join('');
    return `<path class="break" d="M${x} ${round(y - 1)}${steps}v8${back}z"/>`;
  };
  const text = `${formatDuration(row.durationSeconds)} of silence`;
  return `${tear(CLIENT)}${tear(RIGHT)}<text class="muted halo" x="${MIDDLE}" y="${round(y + 4)}" text-anchor="middle">⌇ ${text} ⌇</text>`;
}

const TIP_COLUMNS = 84;
const TIP_LINE = 15;

function tipRules(rows: readonly PlacedRow[], id: string): string {
  const shown = rows.flatMap(({ index }) =>
    [`hover`, `focus`].map((how) => `#${id}-r${index}:${how}~.tips #${id}-t${index}`),
  );
  return `\n${shown.join(',')}{visibility:visible}`;
}

/** Details of each row, drawn over everything else, shown when the row is pointed at or has the focus. */
function renderTips({ rows, bottom }: LadderPlaces, id: string): string[] {
  const tips = rows.map(({ index, row, top, height }) => {
    const lines = [rowTitle(row), ...rowDetails(row)].flatMap((line) => wrapWords(line, TIP_COLUMNS));
    const tall = lines.length * TIP_LINE + 14;
    const below = top + height + 2;
    const y = below + tall > bottom + LEGEND_HEIGHT && top - tall > 0 ? top - tall - 2 : below;
    const x = LEFT - 48;
    const texts = lines.map(
      (line, at) =>
        `<text class="${at === 0 ? 'strong' : 'small'}" x="${x + 10}" y="${round(y + 18 + at * TIP_LINE)}" xml:space="preserve">${escapeMarkup(line)}</text>`,
    );
    return `<g id="${id}-t${index}" aria-hidden="true"><rect x="${x}" y="${round(y)}" width="${arrowsWidth + 96}" height="${tall}" rx="5"/>${texts.join('')}</g>`;
  });
  return ['<g class="tips">', ...tips, '</g>'];
}

function wrapWords(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = `   ${word}`;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** Explains the marks that occur. */
function renderLegend(ladder: Ladder, { rows, bands, bottom }: LadderPlaces, id: string): string {
  const segments = ladder.rows.filter((row) => row.kind === 'segment');
  const entries: [mark: string, text: string][] = [];
  const swatch = (inner: string): string =>
    `<rect class="t-CLOSED" width="18" height="12"/>${inner}<rect class="s-CLOSED" width="3" height="12"/>`;
  if (bands.some((band) => band.look === 'assumed' || band.presumedTo > 0)) {
    entries.push([swatch(`<rect fill="url(#${id}-hatch)" width="18" height="12"/>`), 'presumed']);
  }
  if (bands.some((band) => band.look === 'timer')) {
    entries.push([swatch(`<rect fill="url(#${id}-dots)" width="18" height="12"/>`), 'by timer']);
  }
  if (bands.some((band) => band.look === 'withdrawn')) {
    entries.push(['<g class="gone"><rect width="18" height="12" rx="2"/></g>', 'believed, then taken back']);
  }
  const line = '<line x1="0" y1="6" x2="18" y2="6"/>';
  if (segments.some((row) => row.fate === 'lost') || ladder.rows.some((row) => row.kind === 'unseen')) {
    entries.push(['<path class="cross" d="M4 1L14 11M14 1L4 11"/>', 'lost']);
  }
  if (rows.some((row) => row.kind === 'arrow' && row.isRepeat)) {
    entries.push([`<g class="arrow again">${line}</g>`, 'a repeat or a probe']);
  }
  if (segments.some((row) => row.fate === 'not-taken')) {
    entries.push([
      `<g class="arrow refused">${line}<line class="stop" x1="18" y1="0" x2="18" y2="12"/></g>`,
      'no effect',
    ]);
  }
  if (segments.some((row) => row.fate === 'unanswered'))
    entries.push([`<g class="arrow unanswered">${line}</g>`, 'nothing came back']);
  let x: number = CLIENT;
  const y = bottom + 12;
  const drawn = entries.map(([mark, text]) => {
    const entry = `<g transform="translate(${round(x)} ${round(y)})">${mark}<text class="small muted" x="25" y="10">${text}</text></g>`;
    x += 44 + text.length * 6.2;
    return entry;
  });
  return `<g>${drawn.join('')}</g>`;
}
