import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Analysis } from '../../src/engine.ts';
import type { Connection } from '../../src/flow/connection.ts';
import { earliest } from '../../src/flow/eviction.ts';
import { Tracker } from '../../src/flow/tracker.ts';
import { readCaptures } from '../../src/source/session.ts';
import { SegmentBatch, TcpFlag } from '../../src/wire/batch.ts';
import { makeRow, putRow } from '../support/rows.ts';

const GENERATOR = fileURLToPath(new URL('../../bench/generate.mjs', import.meta.url));
const CONNECTIONS = 6000;
/** The limit is looked at once a batch. */
const BATCH_ROWS = 1024;

let folder = '';
let flood = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lastack-eviction-'));
  flood = join(folder, 'flood.pcap');
  const options = ['--profile', 'flood', '--connections', `${CONNECTIONS}`, '--out', flood];
  expect(spawnSync(process.execPath, [GENERATOR, ...options], { encoding: 'utf8' }).stderr).toBe('');
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the connections that go when there are too many', () => {
  it('are those with the earliest times', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20)), fc.nat(40), (times, count) => {
        const entries = Int32Array.from(times, (_, index) => index + 100);
        const sorted = [...entries].sort((a, b) => times[a - 100] - times[b - 100] || a - b);
        expect(earliest(entries, Float64Array.from(times), count)).toEqual(sorted.slice(0, count));
      }),
    );
  });

  it('are counted, and all connections are still told', async () => {
    const maxConnections = 500;
    let handedOver = 0;
    let mostOpen = 0;
    const onConnection = (): void => {
      handedOver++;
      mostOpen = Math.max(mostOpen, analysis.openCount);
    };
    const analysis: Analysis = new Analysis({ maxConnections }, { onConnection });
    await readCaptures([flood], analysis, { timeBase: analysis.timeBase });
    analysis.finish();
    expect(handedOver).toBeGreaterThanOrEqual(CONNECTIONS);
    expect(mostOpen).toBeLessThan(maxConnections + BATCH_ROWS);
    const { evicted } = analysis.summary;
    expect(evicted?.open).toBeGreaterThanOrEqual(CONNECTIONS - maxConnections - BATCH_ROWS);
    expect(evicted?.closed).toBe(0);
  });

  it.each([
    ['in the order in which they came', 16],
    ['also if nobody had to go', 19],
  ])('leave the others to be handed over %s', (_, maxConnections) => {
    const ids: number[] = [];
    const onConnection = ({ id }: Connection): void => void ids.push(id);
    const limit = { maxConnections, onEvict() {} };
    const tracker = new Tracker({ segments: false, timeWaitNanos: 60e9, onConnection, limit });
    const batch = new SegmentBatch({ epochSeconds: 0 });
    const server = { words: [0x0a800001, 0, 0, 0], port: 80 };
    for (let n = 1; n <= 19; n++) {
      const source = { words: [0x0a000001, 0, 0, 0], port: n };
      putRow(batch, makeRow({ frame: n, timeNanos: n * 1e6, source, destination: server, flags: TcpFlag.SYN }));
      if (n !== 17 && n !== 19) continue;
      tracker.push(batch);
      batch.clear();
    }
    for (const _step of tracker.finish(1e12));
    expect(ids).toEqual(Array.from({ length: 19 }, (__, index) => index + 1));
  });

  it('are none when there is room', async () => {
    const analysis = new Analysis({ maxConnections: CONNECTIONS }, { onConnection() {} });
    await readCaptures([flood], analysis, { timeBase: analysis.timeBase });
    analysis.finish();
    expect(analysis.summary.evicted).toBeUndefined();
  });
});
