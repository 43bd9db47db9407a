/** What a row of a ladder says when somebody asks for it: the lines of its details, without any styling. */
import type { FoldRow, LadderRow, SegmentRow, StateChange } from './ladder-model.ts';
import { formatBytes, formatCount, formatDuration, formatQuantity } from './measure.ts';
import { BASIS_WORDS, otherEnd } from './words.ts';

/** `SYN,ACK  seq 0  ack 1  len 100` of a segment, in parts. */
export function segmentParts(row: SegmentRow): { flags: string; numbers: string } {
  const parts = row.seq === null ? [] : [`seq ${row.seq}`];
  if (row.ack !== null) parts.push(`ack ${row.ack}`);
  if (row.length > 0) parts.push(`len ${formatCount(row.length)}`);
  return { flags: row.flags.length === 0 ? 'no flags' : row.flags.join(','), numbers: parts.join('  ') };
}

/** The heading of a row's details: frame, time and direction, or what kind of row it is. */
export function rowTitle(row: LadderRow): string {
  switch (row.kind) {
    case 'segment': {
      const { flags, numbers } = segmentParts(row);
      return `#${row.frame}  ${formatSeconds(row.seconds)} s  ${row.from} to ${otherEnd(row.from)}: ${flags}  ${numbers}`;
    }
    case 'fold':
      return `#${row.firstFrame} to #${row.lastFrame}: ${foldTitle(row)}`;
    case 'idle':
      return `Nothing for ${formatDuration(row.durationSeconds)}`;
    case 'timer':
      return `${formatSeconds(row.seconds)} s: a timer runs out`;
    case 'unseen':
      return `${row.flags.join(',')} of the ${row.from}, never captured`;
  }
}

const formatSeconds = (seconds: number): string => seconds.toFixed(6);

const FATE_LINES: Readonly<Record<SegmentRow['fate'], string | null>> = {
  arrives: null,
  lost: 'It was captured and lost behind the capture point, as later segments show.',
  unanswered: 'Nothing ever came back.',
  'not-taken': 'It had no effect on the receiver.',
};

/** The lines below the heading. */
export function rowDetails(row: LadderRow): string[] {
  switch (row.kind) {
    case 'segment':
      return segmentDetails(row);
    case 'fold':
      return foldDetails(row);
    case 'idle':
      return [];
    case 'timer':
      return row.changes.map((change) => `${change.end}: ${change.state}, by timer; no segment shows this`);
    case 'unseen':
      return ['It was lost before the capture point: later segments show that it was sent.'];
  }
}

function segmentDetails(row: SegmentRow): string[] {
  const fate = FATE_LINES[row.fate];
  return [
    row.labels.join(', '),
    ...(fate === null ? [] : [fate]),
    ...row.changes.map(changeLine),
    ...row.notes.map(({ end, why, socket, rule, rfc }) => {
      const call = socket === null ? '' : ` → ${socket}`;
      return `${end}: ${why}${call} (rule ${rule}, ${rfc})`;
    }),
    ...row.findings.map(({ code, severity }) => `${severity}: ${code}`),
  ];
}

/** `server: LAST_ACK again, CLOSED is taken back`. */
function changeLine(change: StateChange): string {
  const via = change.via.length > 0 ? ` through ${change.via.join(' and ')}` : '';
  if (change.takesBack !== null) return `${change.end}: ${change.state} again, ${change.takesBack} is taken back`;
  const until = change.withdrawnAt === null ? '' : `, taken back at #${change.withdrawnAt}`;
  return `${change.end}: ${change.state}${via}, ${BASIS_WORDS[change.basis]}${until}`;
}

/** `412 segments in 1.20 s`. */
export function foldTitle(row: FoldRow): string {
  const total = row.segments.client + row.segments.server;
  return `${formatQuantity(total, 'segment')} in ${formatDuration(row.durationSeconds)}`;
}

/** `client 1.2 MB in 200 segments` of each end that sent some, then the labels that are not plain. */
export function foldDetails(row: FoldRow): string[] {
  return [...foldTraffic(row), ...foldSpecials(row)];
}

/** What each end sent in a fold. */
export function foldTraffic(row: FoldRow): string[] {
  const ends = (['client', 'server'] as const).filter((end) => row.segments[end] > 0);
  return ends.map((end) => `${end} ${formatBytes(row.payloadBytes[end])} in ${formatCount(row.segments[end])}`);
}

/** The labels in a fold that are not plain, with how many there are. */
export function foldSpecials(row: FoldRow): string[] {
  return Object.entries(row.labels)
    .filter(([label]) => label !== 'data' && label !== 'ack')
    .map(([label, count]) => `${label} ${formatCount(count)}`);
}
