/** The report page put together, in pieces so that it need not be in memory as a whole. */
import { createHash } from 'node:crypto';
import type { CatalogEntry } from '../../findings/catalog.ts';
import type { Finding } from '../../findings/finding.ts';
import type { Rule } from '../../tcp/rule.ts';
import { escapeMarkup } from '../markup.ts';
import { formatCount, formatDuration, formatQuantity } from '../measure.ts';
import type { CaptureResult, SummaryResult } from '../result.ts';
import { drawClosers, drawDurations, drawStates } from './charts.ts';
import type { PageData, PageTable } from './data.ts';
import {
  buildTable,
  createVocabulary,
  deflateJson,
  type GatheredRows,
  type LadderPacker,
  type PageGatherer,
} from './gather.ts';
import { renderCapture, renderChart, renderFindings, renderOutcomes, renderTop } from './sections.ts';
import { pageStyle } from './style.ts';

const STRETCHES = 240;
const LISTED_PORTS = 10;

export interface PageParts {
  readonly captures: readonly CaptureResult[];
  readonly summary: SummaryResult;
  /** About hosts, listeners and the capture. */
  readonly findings: readonly Finding[];
  readonly gatherer: PageGatherer;
  readonly rows: GatheredRows;
  readonly ladders: LadderPacker;
  readonly catalog: readonly CatalogEntry[];
  readonly rules: readonly Rule[];
  /** The page's own program, as text. */
  readonly script: string;
  readonly version: string;
}

/** Writes the page. */
export function* renderPage(parts: PageParts): Generator<string> {
  const { captures, summary, gatherer, rows, ladders, catalog, script } = parts;
  for (const finding of parts.findings) gatherer.overview.addCaptureFinding(finding);
  const groups = gatherer.overview.groups();
  const entries = new Map(catalog.map((entry) => [entry.code, entry]));
  const hash = createHash('sha256').update(script).digest('base64');
  const policy = `default-src 'none'; script-src 'sha256-${hash}'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'`;
  const names = captures.map(({ path }) => path.split('/').at(-1)).join(', ');
  yield `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="lastack ${parts.version}">
<title>${escapeMarkup(`${names}: ${formatCount(summary.connectionCount)} connections`)}</title>
<style>${pageStyle()}</style>
</head>
<body>
`;
  yield `${renderTop(captures, summary, groups)}\n<main>\n`;
  yield* renderEnds(parts);
  yield `${renderFindings(groups, entries)}\n`;
  yield* renderTimes(parts);
  yield renderTableSection(
    parts,
    groups.map(({ code }) => code),
  );
  yield `${renderCapture(captures, gatherer.tallies, summary.connectionCount)}\n</main>\n`;
  yield `<footer>Written by lastack ${parts.version}. States are those of RFC 9293: proven by what an end sent, presumed from delivery, or due to a timer.</footer>\n${DIALOG}\n`;
  const known = groups.map((group) => {
    const title = entries.get(group.code)?.title ?? group.code;
    return { code: group.code, severity: group.severity, title };
  });
  const vocabulary = createVocabulary(known);
  const startMillis = rows.rows.reduce((least, row) => Math.min(least, row.startMillis), Number.POSITIVE_INFINITY);
  const start = Number.isFinite(startMillis) ? startMillis : 0;
  const table: PageTable = buildTable(rows, vocabulary, start, ladders.parcelOf);
  const data: PageData = {
    vocabulary,
    rules: parts.rules.map(({ id, to, why, rfc, socket }) => ({ id, to, why, rfc, ...(socket && { socket }) })),
    startMillis: start,
    total: summary.connectionCount,
    parcels: ladders.parcels.length,
    paths: captures.map(({ path }) => path),
  };
  yield `<script type="application/json" id="data">${JSON.stringify(data).replaceAll('<', '\\u003c')}</script>\n`;
  yield `<script type="text/plain" id="table">${deflateJson(table)}</script>\n`;
  for (const [index, parcel] of ladders.parcels.entries()) {
    yield `<script type="text/plain" id="parcel-${index}">${parcel}</script>\n`;
  }
  yield `<script type="module">${script}</script>\n</body>\n</html>\n`;
}

function* renderEnds({ summary, gatherer }: PageParts): Generator<string> {
  if (summary.connectionCount === 0) return;
  const ports = gatherer.tallies.closers.top(LISTED_PORTS);
  yield '<section aria-labelledby="ends"><h2 id="ends">How they ended</h2><div class="grid">\n';
  yield `${renderOutcomes(summary)}\n`;
  yield `${renderChart('Who closed first, by server port', drawClosers(ports))}\n</div></section>\n`;
}

function* renderTimes({ captures, summary, gatherer }: PageParts): Generator<string> {
  const { tallies } = gatherer;
  if (summary.connectionCount === 0) return;
  yield '<section aria-labelledby="times"><h2 id="times">Over time</h2><div class="grid">\n';
  if (tallies.handshakes.count > 0) {
    const note = `SYN to the ACK that completes it; ${formatCount(tallies.handshakes.count)} handshakes.`;
    yield `${renderChart('How long handshakes took', drawDurations('Handshakes', tallies.handshakes), { note })}\n`;
  }
  if (tallies.teardowns.count > 0) {
    const note = `First FIN to the ACK of the last; ${formatCount(tallies.teardowns.count)} closes.`;
    yield `${renderChart('How long closing took', drawDurations('Closes', tallies.teardowns), { note })}\n`;
  }
  const first = captures.flatMap(({ firstTime }) => firstTime ?? []).sort()[0];
  const last = captures
    .flatMap(({ lastTime }) => lastTime ?? [])
    .sort()
    .at(-1);
  if (first !== undefined && last !== undefined) {
    const [from, to] = [tallies.secondsOf(first), tallies.secondsOf(last)];
    for (const end of ['client', 'server'] as const) {
      const levels = tallies.timelines[end].levels(from, Math.max(to, from + 1e-3), STRETCHES);
      const note = `How many ${end}s were in each state on average, in stretches of ${formatDuration(levels.widthSeconds)}.`;
      const chart = drawStates(levels, end, from);
      yield `${renderChart(`Connections by the state of the ${end}`, chart, { wide: true, note })}\n`;
    }
  }
  yield '</div></section>\n';
}

const COLUMNS: readonly (readonly [key: string, name: string, right?: true])[] = [
  ['id', '#', true],
  ['start', 'Start', true],
  ['client', 'Client'],
  ['server', 'Server'],
  ['outcome', 'Outcome'],
  ['findings', 'Findings'],
  ['closer', 'Closed first'],
  ['duration', 'Lasted', true],
  ['bytes', 'Payload', true],
  ['segments', 'Segments', true],
];

function renderTableSection({ summary, rows, captures }: PageParts, codes: readonly string[]): string {
  const kept = rows.rows.length;
  const left = summary.connectionCount - kept;
  const path = captures[0]?.path ?? 'CAPTURE';
  const leftOut =
    left > 0
      ? `<p>The table has ${formatCount(kept)} of ${formatCount(summary.connectionCount)} connections, those with findings first. Left out: ${formatCount(left)} with less to say; raise <code>--max-connections</code> to have more, or see any of them with <code>lastack explain ${escapeMarkup(path)} --connection N</code>. Figures, findings and charts count all.</p>`
      : '';
  const tooLong =
    rows.tooLong > 0
      ? `<p>${formatQuantity(rows.tooLong, 'connection is', 'connections are')} too long to be drawn here; <code>lastack explain ${escapeMarkup(path)} --connection N</code> does it.</p>`
      : '';
  const option = (value: string): string => `<option>${escapeMarkup(value)}</option>`;
  const head = COLUMNS.map(
    ([key, name, right]) =>
      `<th scope="col"${right ? ' class="r"' : ''} data-key="${key}"><button type="button">${name}</button></th>`,
  );
  return `<section aria-labelledby="connections"><h2 id="connections">Connections</h2>${leftOut}${tooLong}
<noscript><p>The table and the ladders need JavaScript; everything above does not.</p></noscript>
<form class="filters" role="search" aria-label="Connections">
<label class="grow">Search <input type="search" id="search" placeholder="address, port, state, #number" autocomplete="off"></label>
<label>Outcome <select id="outcome"><option value="">any</option>${Object.keys(summary.outcomes).sort().map(option).join('')}</select></label>
<label>Closed first <select id="closer"><option value="">any</option>${['client', 'server', 'both', 'nobody'].map(option).join('')}</select></label>
<label>Finding <select id="finding"><option value="">any</option>${codes.map(option).join('')}</select></label>
<button type="reset">Clear</button>
</form>
<p id="found" role="status" class="muted"></p>
<div class="scroller" id="scroller" tabindex="0" role="region" aria-label="Table of connections"><table class="connections" aria-labelledby="connections"><thead><tr>${head.join('')}</tr></thead><tbody></tbody></table></div></section>
`;
}

const DIALOG = `<dialog id="ladder" aria-labelledby="ladder-title"><div class="sheet"><header><h2 id="ladder-title"></h2><button type="button" id="close">Close</button></header><div id="ladder-body"></div></div></dialog>`;
