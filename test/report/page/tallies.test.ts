import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CloserTally, DurationHistogram, StateTimeline } from '../../../src/report/page/tallies.ts';
import type { StateEntry } from '../../../src/report/result.ts';
import type { TcpState } from '../../../src/tcp/states.ts';
import { cleanClose, resetByServer } from '../../support/sample-connections.ts';

const entry = (state: TcpState, seconds: number, more: Partial<StateEntry> = {}): StateEntry => ({
  state,
  basis: 'proven',
  frame: 1,
  time: String(seconds),
  ...more,
});

function levelsOf(histories: readonly StateEntry[][], from: number, to: number, count: number) {
  const timeline = new StateTimeline();
  for (const history of histories) timeline.add(history, Number);
  return timeline.levels(from, to, count);
}

describe('states over time', () => {
  test('count an end in one state at a time, from when it enters it', () => {
    const { widthSeconds, levels } = levelsOf(
      [[entry('SYN_SENT', 0), entry('ESTABLISHED', 1), entry('CLOSED', 3)], [entry('SYN_SENT', 2)]],
      0,
      4,
      4,
    );
    expect(widthSeconds).toBe(1);
    expect(levels).toEqual({ SYN_SENT: [1, 0, 1, 1], ESTABLISHED: [0, 1, 1, 0] });
  });

  test('count a part of a stretch as that part', () => {
    const { levels } = levelsOf([[entry('ESTABLISHED', 0.25), entry('CLOSED', 1.5)]], 0, 2, 2);
    expect(levels).toEqual({ ESTABLISHED: [0.75, 0.5] });
  });

  test('leave out what was taken back', () => {
    const withdrawn = entry('CLOSED', 1, { withdrawn: { frame: 2, time: '2' } });
    expect(levelsOf([[entry('LAST_ACK', 0), withdrawn]], 0, 2, 2).levels).toEqual({ LAST_ACK: [1, 1] });
  });

  test('add up to the time spent in each state, however many there are and in whatever order they come', () => {
    const stay = fc.record({
      start: fc.double({ min: 0, max: 90, noNaN: true }),
      lasts: fc.double({ min: 0, max: 9, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(stay, { minLength: 1, maxLength: 1200 }), (stays) => {
        const histories = stays.map(({ start, lasts }) => [
          entry('ESTABLISHED', start),
          entry('CLOSED', start + lasts),
        ]);
        const { levels, widthSeconds } = levelsOf(histories, 0, 100, 50);
        const spent = stays.reduce((sum, { lasts }) => sum + lasts, 0);
        const counted = (levels.ESTABLISHED ?? []).reduce((sum, level) => sum + level * widthSeconds, 0);
        expect(Math.abs(counted - spent)).toBeLessThan(1e-3 + spent * 1e-6);
      }),
      { numRuns: 30, seed: 7 },
    );
  });
});

describe('durations', () => {
  test('are counted in bins that hold them, and the quantile lies within its bin', () => {
    const histogram = new DurationHistogram();
    for (const seconds of [0.01, 0.011, 0.02, 0.5]) histogram.add(seconds);
    for (const { fromSeconds, toSeconds } of histogram.bins()) expect(toSeconds / fromSeconds).toBeCloseTo(10 ** 0.1);
    expect(histogram.bins().map(({ count }) => count)).toEqual([2, 1, 1]);
    expect(histogram.quantile(0.5)).toBeGreaterThan(0.0099);
    expect(histogram.quantile(0.5)).toBeLessThan(0.0126);
    expect(histogram.quantile(0.99)).toBeGreaterThan(0.39);
    expect(new DurationHistogram().quantile(0.5)).toBeNull();
  });

  test('of zero have a place too', () => {
    const histogram = new DurationHistogram();
    histogram.add(0);
    expect(histogram.bins()).toHaveLength(1);
  });
});

test('closers are counted by server port, the rest together', () => {
  const tally = new CloserTally();
  for (let port = 1; port <= 4; port++) {
    for (let i = 0; i < port; i++) tally.add(cleanClose({ server: { address: '10.0.0.2', port } }));
  }
  tally.add(resetByServer());
  const top = tally.top(2);
  expect(top.map(({ port, total }) => [port, total])).toEqual([
    [4, 4],
    [3, 3],
    [null, 4],
  ]);
  expect(top[0].counts).toEqual({ client: 4, server: 0, both: 0, reset: 0, nobody: 0 });
  expect(top[2].counts).toMatchObject({ client: 3, reset: 1 });
});
