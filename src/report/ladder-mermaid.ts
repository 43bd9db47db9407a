/** A ladder as a sequence diagram of Mermaid, which many wikis and trackers draw from text. */
import type { Ladder, LadderRow, SegmentRow, StateChange } from './ladder-model.ts';
import { foldDetails, foldTitle, segmentParts } from './ladder-words.ts';
import { formatDuration } from './measure.ts';

const NAMES = { client: 'C', server: 'S' } as const;

/** Renders a ladder; the text ends with a line end. */
export function renderLadderMermaid(ladder: Ladder): string {
  const { client, server } = ladder.lanes;
  const lines = [
    'sequenceDiagram',
    `  participant C as client ${client.endpoint}`,
    `  participant S as server ${server.endpoint}`,
  ];
  for (const lane of [client, server]) {
    if (lane.before !== null) lines.push(`  Note over ${NAMES[lane.end]}: ${lane.before}`);
  }
  for (const row of ladder.rows) lines.push(...renderRow(row).map((line) => `  ${line}`));
  return `${lines.join('\n')}\n`;
}

function renderRow(row: LadderRow): string[] {
  switch (row.kind) {
    case 'segment':
      return [renderSegment(row), ...row.changes.map(renderChange)];
    case 'fold':
      return [`Note over C,S: ${foldTitle(row)} (${foldDetails(row).join(', ')})`];
    case 'idle':
      return [`Note over C,S: ${formatDuration(row.durationSeconds)} of silence`];
    case 'timer':
      return row.changes.map(renderChange);
    case 'unseen': {
      const [from, to] = row.from === 'client' ? ['C', 'S'] : ['S', 'C'];
      return [`${from}--x${to}: ${row.flags.join(',')}, never captured`];
    }
  }
}

/** Solid arrows arrive, crossed ones are lost; dotted ones are repeats, or had no effect. */
function renderSegment(row: SegmentRow): string {
  const [from, to] = row.from === 'client' ? ['C', 'S'] : ['S', 'C'];
  const { flags, numbers } = segmentParts(row);
  const isFaint = row.fate === 'not-taken' || row.labels.some((label) => label.includes('retransmission'));
  const arrow = row.fate === 'lost' ? (isFaint ? '--x' : '-x') : isFaint ? '-->>' : '->>';
  const labels = row.labels.filter((label) => label !== 'data' && label !== 'ack');
  const words = [`${flags} ${numbers.replaceAll('  ', ' ')}`, ...labels, `frame ${row.frame}`];
  return `${from}${arrow}${to}: ${words.join(', ')}`;
}

function renderChange(change: StateChange): string {
  const words = [...change.via, change.state].join(', then ');
  const how =
    change.takesBack !== null
      ? ` again, not ${change.takesBack}`
      : change.withdrawnAt !== null
        ? ` (taken back at frame ${change.withdrawnAt})`
        : change.basis === 'assumed'
          ? ' (presumed)'
          : change.basis === 'timer'
            ? ' (by timer)'
            : '';
  return `Note over ${NAMES[change.end]}: ${words}${how}`;
}
