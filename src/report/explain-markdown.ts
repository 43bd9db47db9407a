/** One connection explained as Markdown, for tickets and wikis: the story, the sequence diagram, the segments, the findings. */

import { renderLadderMermaid } from './ladder-mermaid.ts';
import type { Ladder, LadderRow, StateChange } from './ladder-model.ts';
import { foldDetails, foldTitle } from './ladder-words.ts';
import { formatDuration, formatEndpoint, formatFrames } from './measure.ts';
import type { ConnectionResult } from './result.ts';
import { sortBySeverity } from './severity.ts';
import { summarizeConnection } from './summary.ts';

/** Renders a connection and its ladder. */
export function renderExplanationMarkdown(connection: ConnectionResult, ladder: Ladder): string {
  const { id, client, server } = connection;
  const { verdict, facts, endings } = summarizeConnection(connection);
  const lines = [
    `## #${id} ${formatEndpoint(client)} → ${formatEndpoint(server)}: ${verdict}`,
    '',
    ...facts.map(([name, text]) => `- **${name}**: ${escapeCell(text)}`),
    ...endings.map((text) => `- ${escapeCell(text)}`),
    '',
    '```mermaid',
    renderLadderMermaid(ladder).trimEnd(),
    '```',
    '',
    '| frame | seconds | from | segment | labels | client | server |',
    '|---:|---:|---|---|---|---|---|',
    ...ladder.rows.map(renderTableRow),
  ];
  for (const finding of sortBySeverity(connection.findings)) {
    const frames = finding.frames.length > 0 ? ` (${formatFrames(finding.frames)})` : '';
    lines.push('', `### ${finding.code} (${finding.severity})`, '', `${escapeCell(finding.message)}${frames}`);
    if (finding.cause !== '') lines.push('', `*Cause*: ${escapeCell(finding.cause)}`);
    if (finding.hint !== '') lines.push('', `*Hint*: ${escapeCell(finding.hint)}`);
  }
  return `${lines.join('\n')}\n`;
}

/** `#3` would link to an issue in many trackers, and bars would end a cell. */
const escapeCell = (text: string): string => text.replace(/[|<>*_]/g, '\\$&').replace(/#(?=\d)/g, 'frame ');

function renderTableRow(row: LadderRow): string {
  const cells = (...words: readonly (string | number)[]): string => `| ${words.join(' | ')} |`;
  switch (row.kind) {
    case 'segment': {
      const flags = row.flags.length === 0 ? 'no flags' : row.flags.join(',');
      const ack = row.ack === null ? '' : ` ack ${row.ack}`;
      const length = row.length > 0 ? ` len ${row.length}` : '';
      const lost = row.fate === 'lost' ? ' **lost**' : '';
      const text = `${flags}${row.seq === null ? '' : ` seq ${row.seq}`}${ack}${length}${lost}`;
      const states = statesOf(row.changes);
      return cells(
        row.frame,
        row.seconds.toFixed(6),
        row.from,
        text,
        row.labels.join(', '),
        states.client,
        states.server,
      );
    }
    case 'fold':
      return cells('⋮', row.seconds.toFixed(6), '', `${foldTitle(row)}: ${foldDetails(row).join(', ')}`, '', '', '');
    case 'idle':
      return cells('', '', '', `*${formatDuration(row.durationSeconds)} of silence*`, '', '', '');
    case 'timer': {
      const states = statesOf(row.changes);
      return cells('', row.seconds.toFixed(6), '', '*timer*', '', states.client, states.server);
    }
    case 'unseen':
      return cells('', '', row.from, `${row.flags.join(',')} *never captured*`, '', '', '');
  }
}

function statesOf(changes: readonly StateChange[]): { client: string; server: string } {
  const of = (end: 'client' | 'server'): string =>
    changes
      .filter((change) => change.end === end)
      .map((change) => {
        const mark = change.withdrawnAt !== null ? ' ✗' : change.basis === 'assumed' ? '?' : '';
        return `${escapeCell(change.state)}${mark}`;
      })
      .join(', ');
  return { client: of('client'), server: of('server') };
}
