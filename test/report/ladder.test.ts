import { describe, expect, test } from 'vitest';
import { renderExplanation } from '../../src/report/explain.ts';
import { layOutLadder } from '../../src/report/ladder.ts';
import type { SegmentRow } from '../../src/report/ladder-model.ts';
import type { ConnectionResult } from '../../src/report/result.ts';
import * as samples from '../support/sample-connections.ts';
import { SAMPLE_RULES } from '../support/sample-rules.ts';

const layOut = (connection: ConnectionResult, unfolded = false) =>
  layOutLadder(connection, { rules: SAMPLE_RULES, unfolded });

const segmentRows = (connection: ConnectionResult): SegmentRow[] =>
  layOut(connection).rows.filter((row) => row.kind === 'segment');

describe('the layout', () => {
  test('counts sequence numbers from the initial ones, over the wrap', () => {
    expect(segmentRows(samples.cleanClose()).map((row) => [row.frame, row.seq, row.ack])).toEqual([
      [1, 0, null],
      [2, 0, 1],
      [3, 1, 1],
      [4, 1, 1],
      [5, 1, 413],
      [6, 1, 413],
      [7, 413, 1241],
      [8, 413, 1241],
      [9, 1241, 414],
      [10, 1241, 414],
      [11, 414, 1242],
    ]);
  });

  test('starts a midstream connection at 1', () => {
    const connection = samples.cleanClose();
    connection.segments = (connection.segments ?? []).slice(3);
    expect(segmentRows(connection)[0]).toMatchObject({ seq: 1, ack: 1 });
  });

  test('says which end moved, how sure that is, and what was taken back', () => {
    const rows = segmentRows(samples.finalAckLost());
    const at = (frame: number) => rows.find((row) => row.frame === frame);
    expect(at(11)).toMatchObject({
      fate: 'lost',
      changes: [
        { end: 'client', state: 'TIME_WAIT', basis: 'proven', withdrawnAt: null },
        { end: 'server', state: 'CLOSED', basis: 'assumed', withdrawnAt: 12 },
      ],
    });
    expect(at(12)).toMatchObject({
      fate: 'arrives',
      changes: [{ end: 'server', state: 'LAST_ACK', takesBack: 'CLOSED' }],
    });
    expect(at(15)).toMatchObject({ fate: 'arrives', changes: [] });
  });

  test('names the rules, for sender and receiver', () => {
    expect(segmentRows(samples.cleanClose())[1].notes).toMatchObject([
      { end: 'server', rule: 'accept-syn' },
      { end: 'client', rule: 'receive-syn-ack', socket: 'connect() returns here' },
    ]);
  });

  test('marks segments that nothing came back for', () => {
    expect(segmentRows(samples.unanswered()).map((row) => row.fate)).toEqual(Array(4).fill('unanswered'));
  });

  test('folds long transfers and counts what it folds', () => {
    const ladder = layOut(samples.bulkTransfer());
    const folds = ladder.rows.filter((row) => row.kind === 'fold');
    expect(folds).toMatchObject([
      { segments: { client: 99, server: 197 }, labels: { data: 197, ack: 99 } },
      { segments: { client: 98, server: 197 }, labels: { data: 197, ack: 98 } },
    ]);
    const rows = ladder.rows.filter((row) => row.kind === 'segment');
    expect(rows.filter((row) => row.labels.includes('data-retransmission'))).toHaveLength(1);
    expect(ladder.rows.length).toBeLessThan(25);
    expect(layOut(samples.bulkTransfer(), true).rows.filter((row) => row.kind === 'segment')).toHaveLength(608);
  });

  test('shows long pauses', () => {
    expect(layOut(samples.halfClose()).rows.filter((row) => row.kind === 'idle')).toMatchObject([
      { durationSeconds: 12.14 },
    ]);
  });

  test('has a band of rows for each state', () => {
    const { lanes, rows } = layOut(samples.finalAckLost());
    expect(lanes.server.before).toBe('LISTEN');
    const covered = lanes.server.bands.filter((band) => band.withdrawnAt === null);
    for (const [index, band] of covered.entries()) {
      expect(band.endRow).toBe(covered[index + 1]?.firstRow ?? rows.length);
    }
    const taken = lanes.server.bands.filter((band) => band.withdrawnAt !== null);
    expect(taken.map((band) => [band.state, band.frame, band.withdrawnAt])).toEqual([
      ['CLOSED', 11, 12],
      ['CLOSED', 13, 14],
    ]);
    expect(taken.every((band) => band.endRow > band.firstRow)).toBe(true);
  });

  test('stays bounded when everything is remarkable', () => {
    const connection = samples.unanswered();
    const [syn] = connection.segments ?? [];
    connection.segments = Array.from({ length: 20_000 }, (_, index) => ({ ...syn, frame: index + 1 }));
    expect(layOut(connection).rows.length).toBeLessThan(600);
  });

  test('is plain data', () => {
    const ladder = layOut(samples.finalAckLost());
    expect(JSON.parse(JSON.stringify(ladder))).toEqual(ladder);
  });

  test('needs segments', () => {
    const { segments, ...connection } = samples.cleanClose();
    expect(segments).toBeDefined();
    expect(() => layOut(connection)).toThrow('segments');
  });
});

describe('the explanation', () => {
  const explain = (connection: ConnectionResult, width: number, unicode = true): string =>
    renderExplanation(connection, { rules: SAMPLE_RULES }, { width, colour: false, unicode });

  for (const width of [60, 80, 120]) {
    test(`of a lost final ACK in ${width} columns`, async () => {
      await expect(explain(samples.finalAckLost(), width)).toMatchFileSnapshot(
        `snapshots/explain-finalAckLost-${width}.txt`,
      );
    });
  }

  for (const [name, create] of Object.entries(samples.SAMPLES)) {
    test(`of ${name}`, async () => {
      await expect(explain(create(), 80)).toMatchFileSnapshot(`snapshots/explain-${name}.txt`);
    });
  }

  test('in ASCII', async () => {
    const text = explain(samples.finalAckLost(), 80, false);
    await expect(text).toMatchFileSnapshot('snapshots/explain-finalAckLost-ascii.txt');
  });
});
