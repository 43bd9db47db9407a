/** The sections of the report page that are plain text, written when the page is. */
import type { CatalogEntry } from '../../findings/catalog.ts';
import type { Outcome } from '../../flow/vocabulary.ts';
import { escapeMarkup } from '../markup.ts';
import {
  formatBytes,
  formatClock,
  formatCount,
  formatDuration,
  formatEndpoint,
  formatFrames,
  formatQuantity,
  formatShare,
  secondsBetween,
} from '../measure.ts';
import type { FindingExample, FindingGroup } from '../overview.ts';
import type { CaptureResult, SummaryResult } from '../result.ts';
import { isMild } from '../severity.ts';
import { OUTCOME_WORDS, UNDETERMINED_WORDS } from '../words.ts';
import type { Chart } from './charts.ts';
import type { Tallies } from './tallies.ts';

/** Heading and figures: what a reader sees first. */
export function renderTop(
  captures: readonly CaptureResult[],
  summary: SummaryResult,
  groups: readonly FindingGroup[],
): string {
  const { connectionCount: total, outcomes } = summary;
  const names = captures.map(({ path }) => baseName(path)).join(', ');
  const counts = (severity: string): number =>
    groups.filter((group) => group.severity === severity).reduce((sum, group) => sum + group.count, 0);
  const share = (count: number): string => (total === 0 ? '' : ` <small>${formatShare(count / total)}</small>`);
  const graceful = outcomes.graceful ?? 0;
  const figures: [string, string][] = [
    ['Connections', formatCount(total)],
    ['Closed gracefully', `${formatCount(graceful)}${share(graceful)}`],
    ['Reset', `${formatCount(outcomes.reset ?? 0)}${share(outcomes.reset ?? 0)}`],
    ['Findings: errors', `<span class="${counts('error') > 0 ? 'error' : ''}">${formatCount(counts('error'))}</span>`],
    [
      'Findings: warnings',
      `<span class="${counts('warning') > 0 ? 'warning' : ''}">${formatCount(counts('warning'))}</span>`,
    ],
  ];
  return `<header class="top"><h1>What happened to ${formatQuantity(total, 'connection')}</h1><p class="lead">${escapeMarkup(names)} · ${escapeMarkup(describeTime(captures))}</p><dl class="figures">${figures.map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`).join('')}</dl></header>`;
}

const baseName = (path: string): string => path.split('/').at(-1) ?? path;

function describeTime(captures: readonly CaptureResult[]): string {
  const first = captures.flatMap(({ firstTime }) => firstTime ?? []).sort()[0];
  const last = captures
    .flatMap(({ lastTime }) => lastTime ?? [])
    .sort()
    .at(-1);
  if (first === undefined || last === undefined) return 'no packets';
  return `${formatDuration(secondsBetween(first, last))} from ${formatClock(first)} UTC`;
}

/** What was captured, and how far it can be trusted. */
export function renderCapture(captures: readonly CaptureResult[], tallies: Tallies, total: number): string {
  const rows: [string, string][] = [];
  for (const capture of captures) {
    const { path, format, linkTypes, packetCount, tcpSegmentCount, problem } = capture;
    rows.push([
      'File',
      `${escapeMarkup(path)}, ${format}, ${linkTypes.join(', ')}: ${formatQuantity(packetCount, 'packet')}, of them ${formatQuantity(tcpSegmentCount, 'TCP segment')}${skippedWords(capture)}`,
    ]);
    if (problem !== null) {
      rows.push([
        'Damage',
        `<strong class="error">${escapeMarkup(problem.message)}</strong> (byte ${problem.byteOffset})`,
      ]);
    }
    if (capture.droppedCount)
      rows.push(['Dropped', `${formatQuantity(capture.droppedCount, 'packet')} by the capture itself`]);
  }
  const repeats =
    tallies.segments === 0 ? '' : ` (${formatShare(tallies.retransmittedSegments / tallies.segments)} of all segments)`;
  rows.push([
    'Carried',
    `${formatBytes(tallies.payloadBytes)} of payload; ${formatQuantity(tallies.retransmittedSegments, 'retransmission')}${repeats}`,
  ]);
  const doubts = Object.entries(tallies.undetermined) as [keyof typeof UNDETERMINED_WORDS, number][];
  const doubtful = doubts.reduce((sum, [, count]) => sum + count, 0);
  const sure = total - doubtful;
  rows.push([
    'Certainty',
    `${formatQuantity(sure, 'connection')} determined${doubts
      .sort(([, a], [, b]) => b - a)
      .map(([reason, count]) => `; ${formatCount(count)} not: ${UNDETERMINED_WORDS[reason]}`)
      .join('')}`,
  ]);
  return `<section aria-labelledby="capture"><h2 id="capture">The capture</h2><table class="facts"><tbody>${rows.map(([name, text]) => `<tr><th scope="row">${name}</th><td>${text}</td></tr>`).join('')}</tbody></table></section>`;
}

function skippedWords({ skipped }: CaptureResult): string {
  const entries = Object.entries(skipped).sort(([, a], [, b]) => b - a);
  if (entries.length === 0) return '';
  return `; not analysed: ${entries.map(([reason, count]) => `${escapeMarkup(reason)} ${formatCount(count)}`).join(', ')}`;
}

/** The outcomes as bars; each filters the table. */
export function renderOutcomes({ outcomes, connectionCount }: SummaryResult): string {
  const entries = Object.entries(outcomes).sort(([, a], [, b]) => b - a) as [Outcome, number][];
  const most = entries[0]?.[1] ?? 1;
  const rows = entries.map(([outcome, count]) => {
    const { mood, meaning } = OUTCOME_WORDS[outcome];
    const width = Math.max(0.4, Math.round((count / most) * 1000) / 10);
    return `<tr class="${mood}"><td class="name"><button type="button" class="plain" data-outcome="${outcome}" title="${escapeMarkup(meaning)}">${outcome}</button></td><td class="count num">${formatCount(count)}</td><td class="share num">${formatShare(count / connectionCount)}</td><td class="bar"><i style="width:${width}%"></i></td></tr>`;
  });
  return `<div class="card"><h3 id="outcomes">Outcomes</h3><table class="bars" aria-labelledby="outcomes"><thead class="hidden"><tr><th>outcome</th><th>connections</th><th>share</th><th>bar</th></tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

/** A chart with its heading and legend. */
export function renderChart(title: string, chart: Chart, { wide = false, note = '' } = {}): string {
  const legend = chart.legend.map(([name, colour]) => `<li><i style="background:${colour}"></i>${name}</li>`).join('');
  const list = legend === '' ? '' : `<ul class="legend">${legend}</ul>`;
  return `<div class="card${wide ? ' wide' : ''}"><h3>${title}</h3>${list}${chart.svg}${note === '' ? '' : `<p>${note}</p>`}</div>`;
}

/** Every finding code that occurs, worst first, with what it means, evidence and what to do. */
export function renderFindings(groups: readonly FindingGroup[], catalog: ReadonlyMap<string, CatalogEntry>): string {
  const items = groups.map((group, index) => renderGroup(group, catalog.get(group.code), index === 0));
  const body = items.length === 0 ? '<p>Nothing to report.</p>' : items.join('');
  return `<section aria-labelledby="findings"><h2 id="findings">Findings</h2>${body}</section>`;
}

function renderGroup(group: FindingGroup, entry: CatalogEntry | undefined, isFirst: boolean): string {
  const { code, severity, count, examples } = group;
  const open = isFirst && !isMild(severity) ? ' open' : '';
  const texts: [string, string][] = [
    ['What it means', entry?.meaning ?? ''],
    ['Likely cause', examples.find(({ finding }) => finding.cause !== '')?.finding.cause ?? entry?.cause ?? ''],
    ['What to do', examples.find(({ finding }) => finding.hint !== '')?.finding.hint ?? entry?.hint ?? ''],
  ];
  const list = texts
    .filter(([, text]) => text !== '')
    .map(([name, text]) => `<dt>${name}</dt><dd>${escapeMarkup(text)}</dd>`);
  const shown = examples.length;
  const more =
    count > shown
      ? `<p><button type="button" class="plain no-print" data-finding="${code}">All connections with it in the table</button></p>`
      : '';
  const heading = count > shown ? `Evidence: ${shown} of ${formatCount(count)}` : 'Evidence';
  return `<details class="finding" id="finding-${code}"${open}><summary><span class="badge ${severity}">${severity}</span><span class="title">${escapeMarkup(entry?.title ?? code)}<code>${code}</code></span><span class="num muted">×${formatCount(count)}</span></summary><div><dl>${list.join('')}<dt>${heading}</dt><dd><ul class="evidence">${examples.map(renderExample).join('')}</ul></dd></dl>${more}${entry === undefined ? '' : `<p class="muted">Source: ${escapeMarkup(entry.source)}</p>`}</div></details>`;
}

function renderExample({ finding, connection }: FindingExample): string {
  const named = new Set(finding.message.match(/\d+/g));
  const isNamed = finding.frames.every((frame) => named.has(String(frame)));
  const frames =
    isNamed || finding.frames.length === 0 ? '' : ` <span class="muted">(${formatFrames(finding.frames)})</span>`;
  if (connection === null) return `<li>${escapeMarkup(finding.message)}${frames}</li>`;
  const { id, client, server } = connection;
  const name = `#${id} ${formatEndpoint(client)} → ${formatEndpoint(server)}`;
  return `<li><button type="button" class="plain num" data-connection="${id}">${escapeMarkup(name)}</button><br>${escapeMarkup(finding.message)}${frames}</li>`;
}
