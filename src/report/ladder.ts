/** From a connection with segments to its ladder: rows, bands of states, notes; see `ladder-model.ts`. */

import type { Severity } from '../findings/finding.ts';
import type { End } from '../flow/vocabulary.ts';
import type { Rule } from '../tcp/rule.ts';
import { LaneBuilder } from './ladder-lane.ts';
import { findLosses } from './ladder-losses.ts';
import type { Fate, FoldRow, Ladder, LadderNote, LadderRow, SegmentRow, TimerRow } from './ladder-model.ts';
import { secondsBetween } from './measure.ts';
import { createSequenceBase, type SequenceBase } from './relative.ts';
import type { ConnectionResult, SegmentResult } from './result.ts';
import { severityRank } from './severity.ts';
import { otherEnd } from './words.ts';

export interface LadderOptions {
  readonly rules: readonly Rule[];
  /** Draws every segment; otherwise long runs of plain ones are folded. */
  readonly unfolded?: boolean;
}

/** Runs of plain segments up to this length are drawn; of longer ones the first and the last few. */
const FOLD_ABOVE = 8;
const FOLD_KEEPS_FIRST = 3;
const FOLD_KEEPS_LAST = 2;
/** Remarkable segments drawn at most, from either end; what is between is folded too. */
const MAX_REMARKABLE_FIRST = 300;
const MAX_REMARKABLE_LAST = 100;
/** A pause is worth a row from one second on, if it is also this share of the whole. */
const IDLE_SECONDS = 1;
const IDLE_SHARE = 0.05;

const PLAIN_LABELS: ReadonlySet<string> = new Set([
  'data',
  'data-retransmission',
  'data-out-of-order',
  'ack',
  'duplicate-ack',
  'window-update',
  'zero-window',
  'window-probe',
  'keep-alive',
  'keep-alive-ack',
  'rst-duplicate',
  'challenge-ack',
  'capture-duplicate',
  'late',
]);

const NOT_TAKEN_LABELS: ReadonlySet<string> = new Set([
  'rst-challenged',
  'rst-ignored',
  'rst-duplicate',
  'capture-duplicate',
  'late',
  'orphan',
  'incomplete',
]);

/** Events of ordinary segments: where they move nothing there is nothing to explain. */
const SILENT_EVENTS: ReadonlySet<Rule['on']> = new Set<Rule['on']>([
  'segment',
  'sign-of-life',
  'syn-covered',
  'cover-of-fin',
  'fin-covered',
  'fin-with-cover',
  'fin-crossing',
  'crossed-fin-repeat',
  'disowned-fin',
  'time-wait-over',
]);

/**
 * Lays out a connection.
 *
 * @throws Error when the connection was analysed without `segments`.
 */
export function layOutLadder(connection: ConnectionResult, options: LadderOptions): Ladder {
  const segments = connection.segments;
  if (segments === undefined) throw new Error('a ladder needs a connection that was analysed with segments');
  const lanes = { client: new LaneBuilder(connection, 'client'), server: new LaneBuilder(connection, 'server') };
  const context: RowContext = {
    connection,
    base: createSequenceBase(segments),
    rules: new Map(options.rules.map((rule) => [rule.id, rule])),
    lanes,
    findings: findingsByFirstFrame(connection),
    heard: heardEnds(connection, segments),
    refusals: new Set(connection.resets.filter(({ shape }) => shape === 'reactive').map(({ frame }) => frame)),
  };
  const created = addIcmpRefusal(
    context,
    segments.map((segment) => createSegmentRow(context, segment)),
  );
  const losses = findLosses(connection, created);
  const all = created.map((row) => (losses.lostFrames.has(row.frame) ? { ...row, fate: 'lost' as const } : row));
  const drawn = options.unfolded === true ? all : foldRows(all);
  const folded = drawn.flatMap((row) => [...((row.kind === 'segment' && losses.unseen.get(row.frame)) || []), row]);
  const rows = addPauses(addTimers(folded, connection, lanes), connection.durationSeconds);
  return {
    connection: connection.id,
    startTime: connection.startTime,
    lanes: { client: lanes.client.finish(rows), server: lanes.server.finish(rows) },
    rows,
  };
}

interface RowContext {
  readonly connection: ConnectionResult;
  readonly base: SequenceBase;
  readonly rules: ReadonlyMap<string, Rule>;
  readonly lanes: Readonly<Record<End, LaneBuilder>>;
  readonly findings: ReadonlyMap<number, { code: string; severity: Severity }[]>;
  readonly heard: Readonly<Record<End, boolean>>;
  /** Frames of resets that answer a segment: it arrived, and its receiver wanted nothing of it. */
  readonly refusals: ReadonlySet<number>;
}

/** Which ends are known to be there: those that sent something, and both of a socket that talks to itself. */
function heardEnds({ client, server }: ConnectionResult, segments: readonly SegmentResult[]): Record<End, boolean> {
  if (client.address === server.address && client.port === server.port) return { client: true, server: true };
  return {
    client: segments.some((segment) => segment.from === 'client'),
    server: segments.some((segment) => segment.from === 'server'),
  };
}

function findingsByFirstFrame(connection: ConnectionResult): Map<number, { code: string; severity: Severity }[]> {
  const byFrame = new Map<number, { code: string; severity: Severity }[]>();
  for (const { code, severity, frames } of connection.findings) {
    if (frames.length === 0 || severityRank(severity) === 0) continue;
    const list = byFrame.get(frames[0]) ?? [];
    list.push({ code, severity });
    byFrame.set(frames[0], list);
  }
  return byFrame;
}

function createSegmentRow(context: RowContext, segment: SegmentResult): SegmentRow {
  const { from } = segment;
  const changes = [...context.lanes.client.changesAt(segment.frame), ...context.lanes.server.changesAt(segment.frame)];
  const flags = segment.flags.split(',').filter((flag) => flag !== '');
  return {
    kind: 'segment',
    frame: segment.frame,
    seconds: secondsBetween(context.connection.startTime, segment.time),
    from,
    flags,
    seq: context.base.relativeSeq(from, segment.seq),
    ack: flags.includes('ACK') ? context.base.relativeSeq(otherEnd(from), segment.ack) : null,
    length: segment.length,
    labels: segment.labels,
    phase: segment.phase,
    fate: judgeFate(context, segment),
    changes,
    notes: [...new Set(segment.rules)].flatMap((id) => createNote(context, id, segment)),
    findings: context.findings.get(segment.frame) ?? [],
  };
}

/** The ICMP error that ended the attempt to connect, from wherever it came: no segment of the connection, but what closed it. */
function addIcmpRefusal(context: RowContext, rows: SegmentRow[]): SegmentRow[] {
  const { connection, rules, lanes } = context;
  const refusal = connection.findings.find(({ code }) => code === 'connection-refused-icmp');
  const entry = connection.endpoints.client.stateHistory.find(
    ({ state, frame }) => state === 'CLOSED' && refusal?.frames.includes(frame) === true,
  );
  if (refusal === undefined || entry === undefined) return rows;
  const rule = rules.get('refused-by-icmp');
  const row: SegmentRow = {
    kind: 'segment',
    frame: entry.frame,
    seconds: secondsBetween(connection.startTime, entry.time),
    from: 'server',
    flags: ['ICMP'],
    seq: null,
    ack: null,
    length: 0,
    labels: ['icmp-unreachable'],
    phase: 'reset',
    fate: 'arrives',
    changes: lanes.client.changesAt(entry.frame),
    notes:
      rule === undefined
        ? []
        : [{ end: 'client', rule: rule.id, to: rule.to, why: rule.why, rfc: rule.rfc, socket: rule.socket ?? null }],
    findings: [],
  };
  const asked = rows.map((each) => ({
    ...each,
    fate: refusal.at === 'path' ? ('lost' as const) : ('arrives' as const),
  }));
  return [...asked, row].sort((a, b) => a.frame - b.frame);
}

/** What a rule did at a segment; one that leads where the end is already, and proves nothing new of it, is not worth a word. */
function createNote({ rules, lanes }: RowContext, id: string, { from, frame }: SegmentResult): LadderNote[] {
  const rule = rules.get(id);
  if (rule === undefined || (rule.to === 'same' && SILENT_EVENTS.has(rule.on))) return [];
  const end = rule.role === 'sends' ? from : otherEnd(from);
  if (rule.to !== 'same' && rule.to !== 'withdraw' && !lanes[end].isEnteredOrProvenAt(rule.to, frame)) return [];
  return [{ end, rule: rule.id, to: rule.to, why: rule.why, rfc: rule.rfc, socket: rule.socket ?? null }];
}

function judgeFate(context: RowContext, segment: SegmentResult): Fate {
  const receiver = otherEnd(segment.from);
  const refutedBy = context.lanes[receiver].withdrawnBy(segment.frame);
  if (refutedBy !== null) return context.refusals.has(refutedBy) ? 'not-taken' : 'lost';
  if (segment.labels.some((label) => NOT_TAKEN_LABELS.has(label))) return 'not-taken';
  return context.heard[receiver] ? 'arrives' : 'unanswered';
}

/** A segment whose row must not be folded away. */
function isRemarkable(row: SegmentRow): boolean {
  return row.changes.length > 0 || row.findings.length > 0 || row.labels.some((label) => !PLAIN_LABELS.has(label));
}

/** The first row of each label but the commonest: one zero window or one retransmission is worth seeing. */
function findFirstOfLabels(rows: readonly SegmentRow[]): Set<SegmentRow> {
  const seen = new Set<string>(['data', 'ack']);
  const firsts = new Set<SegmentRow>();
  for (const row of rows) {
    for (const label of row.labels) {
      if (!seen.has(label)) firsts.add(row);
      seen.add(label);
    }
  }
  return firsts;
}

function foldRows(rows: readonly SegmentRow[]): LadderRow[] {
  const firsts = findFirstOfLabels(rows);
  const remarkable = rows.map((row) => isRemarkable(row) || firsts.has(row));
  const indices = rows.flatMap((_, index) => (remarkable[index] ? [index] : []));
  for (const index of indices.slice(MAX_REMARKABLE_FIRST, -MAX_REMARKABLE_LAST)) remarkable[index] = false;
  const folded: LadderRow[] = [];
  let start = 0;
  for (let index = 0; index <= rows.length; index++) {
    if (index < rows.length && !remarkable[index]) continue;
    folded.push(...foldRun(rows.slice(start, index)));
    if (index < rows.length) folded.push(rows[index]);
    start = index + 1;
  }
  return folded;
}

function foldRun(run: readonly SegmentRow[]): LadderRow[] {
  if (run.length <= FOLD_ABOVE) return [...run];
  const middle = run.slice(FOLD_KEEPS_FIRST, run.length - FOLD_KEEPS_LAST);
  const segments = { client: 0, server: 0 };
  const payloadBytes = { client: 0, server: 0 };
  const labels: Record<string, number> = {};
  for (const row of middle) {
    segments[row.from]++;
    payloadBytes[row.from] += row.length;
    for (const label of row.labels) labels[label] = (labels[label] ?? 0) + 1;
  }
  const first = middle[0];
  const last = middle[middle.length - 1];
  const fold: FoldRow = {
    kind: 'fold',
    firstFrame: first.frame,
    lastFrame: last.frame,
    seconds: first.seconds,
    durationSeconds: last.seconds - first.seconds,
    segments,
    payloadBytes,
    labels,
  };
  return [...run.slice(0, FOLD_KEEPS_FIRST), fold, ...run.slice(run.length - FOLD_KEEPS_LAST)];
}

function addTimers(rows: LadderRow[], connection: ConnectionResult, lanes: Record<End, LaneBuilder>): LadderRow[] {
  const timers: TimerRow[] = [];
  for (const end of ['client', 'server'] as const) {
    for (const entry of connection.endpoints[end].stateHistory) {
      if (entry.basis !== 'timer') continue;
      const seconds = secondsBetween(connection.startTime, entry.time);
      timers.push({ kind: 'timer', seconds, changes: [lanes[end].changeBy(entry)] });
    }
  }
  const merged = [...rows];
  for (const timer of timers) {
    const at = merged.findIndex((row) => row.seconds > timer.seconds);
    merged.splice(at < 0 ? merged.length : at, 0, timer);
  }
  return merged;
}

function addPauses(rows: readonly LadderRow[], durationSeconds: number): LadderRow[] {
  const threshold = Math.max(IDLE_SECONDS, durationSeconds * IDLE_SHARE);
  const spaced: LadderRow[] = [];
  let end = 0;
  for (const row of rows) {
    const pause = row.seconds - end;
    if (spaced.length > 0 && pause >= threshold) spaced.push({ kind: 'idle', seconds: end, durationSeconds: pause });
    spaced.push(row);
    end = row.kind === 'fold' ? row.seconds + row.durationSeconds : row.seconds;
  }
  return spaced;
}
