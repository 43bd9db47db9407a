/** What a ladder shows of lost segments: arrows that do not arrive, and segments that were never captured. */
import type { End } from '../flow/vocabulary.ts';
import type { SegmentRow, UnseenRow } from './ladder-model.ts';
import type { ConnectionResult } from './result.ts';
import { otherEnd } from './words.ts';

export interface Losses {
  /** Frames of captured segments that did not arrive, beyond those that a state taken back tells of. */
  readonly lostFrames: ReadonlySet<number>;
  /** Segments that were lost before the capture point, by the frame of the row they belong before. */
  readonly unseen: ReadonlyMap<number, readonly UnseenRow[]>;
}

const WAVES = [
  { fin: 'fin-1', ack: 'ack-of-fin-1', finLost: 'teardown-w1-lost', ackLost: 'teardown-w2-lost' },
  { fin: 'fin-2', ack: 'ack-of-fin-2', finLost: 'teardown-w3-lost', ackLost: 'teardown-w4-lost' },
] as const;

/** Reads from findings and numbers which segments did not make the whole way. */
export function findLosses(connection: ConnectionResult, rows: readonly SegmentRow[]): Losses {
  const lostFrames = new Set<number>();
  const unseen = new Map<number, UnseenRow[]>();
  const addUnseen = (before: SegmentRow, row: UnseenRow): void => {
    unseen.set(before.frame, [...(unseen.get(before.frame) ?? []), row]);
  };
  const codes = new Set(connection.findings.map((finding) => finding.code));
  for (const wave of WAVES) {
    const at = rows.findIndex((row) => row.labels.includes(wave.fin));
    if (at < 0) continue;
    const copies = rows.slice(at).filter((row) => isCopyOf(row, rows[at]));
    const cover = rows.slice(at).find((row) => row.labels.includes(wave.ack));
    const before = copies.filter((copy) => cover === undefined || copy.frame < cover.frame);
    if (codes.has(wave.finLost)) for (const copy of before.slice(0, -1)) lostFrames.add(copy.frame);
    if (!codes.has(wave.ackLost) || copies.length < 2) continue;
    if (cover !== undefined && cover.frame < copies[1].frame) {
      lostFrames.add(cover.frame);
      for (const frame of findAcksLost(connection, wave.ackLost, copies, rows)) lostFrames.add(frame);
    } else addUnseen(copies[1], unseenAck(copies[0]));
  }
  for (const frame of findSynsLost(connection, rows)) lostFrames.add(frame);
  for (const frame of findDataLost(rows)) lostFrames.add(frame);
  for (const { before, row } of findHoles(rows)) addUnseen(before, row);
  return { lostFrames, unseen };
}

const isCopyOf = (row: SegmentRow, fin: SegmentRow): boolean =>
  row === fin || (row.from === fin.from && row.labels.includes('fin-retransmission'));

const unseenAck = (fin: SegmentRow): UnseenRow => ({
  kind: 'unseen',
  seconds: fin.seconds,
  from: otherEnd(fin.from),
  flags: ['ACK'],
  seq: null,
  length: 0,
});

/** Repeated acknowledgments of a FIN that the finding names, and after which it came again: none of them arrived. */
function findAcksLost(
  { findings }: ConnectionResult,
  code: string,
  copies: readonly SegmentRow[],
  rows: readonly SegmentRow[],
): number[] {
  const evidence = new Set(findings.find((each) => each.code === code)?.frames);
  const last = copies.findLast((copy) => evidence.has(copy.frame))?.frame ?? 0;
  const repeats = rows.filter((row) => row.from !== copies[0].from && row.labels.includes('ack-of-fin-repeat'));
  return repeats.map((row) => row.frame).filter((frame) => evidence.has(frame) && frame < last);
}

/** SYNs that `syn-lost-downstream` tells of: all copies but the last. */
function findSynsLost({ findings }: ConnectionResult, rows: readonly SegmentRow[]): number[] {
  const finding = findings.find((each) => each.code === 'syn-lost-downstream');
  if (finding === undefined) return [];
  const evidence = new Set(finding.frames);
  const syns = rows.filter((row) => evidence.has(row.frame) && row.flags.includes('SYN') && !row.flags.includes('ACK'));
  return syns.slice(0, -1).map((row) => row.frame);
}

/** Captured data that its receiver goes on asking for until it is sent again. */
function findDataLost(rows: readonly SegmentRow[]): number[] {
  const lost: number[] = [];
  const sent = new Map<string, SegmentRow>();
  const asked = new Map<string, number>();
  for (const row of rows) {
    if (row.length > 0) {
      const key = `${row.from} ${row.seq}`;
      const original = sent.get(key);
      const isAskedFor = original !== undefined && (asked.get(key) ?? 0) > original.frame;
      if (isAskedFor && row.labels.includes('data-retransmission')) lost.push(original.frame);
      sent.set(key, row);
    }
    if (row.labels.includes('duplicate-ack')) asked.set(`${otherEnd(row.from)} ${row.ack}`, row.frame);
  }
  return lost;
}

interface Hole {
  readonly from: End;
  readonly start: number;
  readonly end: number;
  readonly before: SegmentRow;
}

/** Octets that were skipped and came later as a retransmission: what carried them first was never captured. */
function findHoles(rows: readonly SegmentRow[]): { before: SegmentRow; row: UnseenRow }[] {
  const found: { before: SegmentRow; row: UnseenRow }[] = [];
  const next: Partial<Record<End, number>> = {};
  const holes: Hole[] = [];
  for (const row of rows) {
    const { from, seq, length, flags } = row;
    if (seq === null) continue;
    const end = seq + length + (flags.includes('SYN') || flags.includes('FIN') ? 1 : 0);
    const expected = next[from];
    if (row.labels.includes('data-retransmission')) {
      const hole = holes.find((each) => each.from === from && seq >= each.start && seq < each.end);
      if (hole !== undefined) {
        holes.splice(holes.indexOf(hole), 1);
        const { before } = hole;
        found.push({ before, row: { kind: 'unseen', seconds: before.seconds, from, flags: ['ACK'], seq, length } });
      }
    }
    if (length > 0 && expected !== undefined && seq > expected) {
      holes.push({ from, start: expected, end: seq, before: row });
    }
    if (length > 0 || end > seq) next[from] = Math.max(expected ?? end, end);
  }
  return found;
}
