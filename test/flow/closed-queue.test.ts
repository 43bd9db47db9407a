import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Core } from '../../src/core/core.ts';
import { MAX_CLOSED_IN_BUCKET, NOW } from '../../src/core/layout.ts';
import { BUCKETS, bucketOf } from '../../src/flow/bucket.ts';
import { NO_ENTRY, TupleTable } from '../../src/flow/table.ts';

describe('buckets', () => {
  const words = fc.int32Array({ minLength: 4, maxLength: 4 });
  const port = fc.nat(0xffff);

  it('are the same for both directions', () => {
    fc.assert(
      fc.property(fc.constantFrom(4, 6), words, words, port, port, (version, a, b, portA, portB) => {
        const there = bucketOf(version, a, 0, b, 0, (portA << 16) | portB);
        expect(bucketOf(version, b, 0, a, 0, (portB << 16) | portA)).toBe(there);
        expect(there >= 0 && there < BUCKETS).toBe(true);
      }),
    );
  });

  it.each([
    ['ports of one host', (n: number) => ({ client: 0x0a000001, port: 32_768 + n })],
    ['hosts of one network', (n: number) => ({ client: 0x0a000000 + n, port: 40_000 })],
    ['both, by turns', (n: number) => ({ client: 0x0a000000 + (n & 63), port: 40_000 + (n >> 6) })],
  ])('spread %s evenly', (_, place) => {
    const counts = new Array<number>(BUCKETS).fill(0);
    const server = new Int32Array([0x0a0000fe, 0, 0, 0]);
    const tuples = 6400;
    for (let n = 0; n < tuples; n++) {
      const { client, port: from } = place(n);
      counts[bucketOf(4, new Int32Array([client, 0, 0, 0]), 0, server, 0, (from << 16) | 443)]++;
    }
    const mean = tuples / BUCKETS;
    expect(Math.min(...counts)).toBeGreaterThan(mean / 2);
    expect(Math.max(...counts)).toBeLessThan(mean * 2);
  });
});

/** Tuples in the table of a core. */
class Entries {
  readonly core = new Core();
  readonly table = new TupleTable(this.core);

  /** Adds a tuple; returns its entry. */
  add(version: 4 | 6, a: Int32Array, b: Int32Array, ports: number): number {
    const found = this.table.findTuple(version, a, b, ports);
    return found === NO_ENTRY ? this.table.add() : found;
  }

  /** Adds as many tuples as are asked for, of hosts and ports that differ; returns their entries. */
  addMany(count: number): number[] {
    const server = Int32Array.of(0x0a0000fe, 0, 0, 0);
    return Array.from({ length: count }, (_, n) =>
      this.add(4, Int32Array.of(0x0a000000 + (n & 63), 0, 0, 0), server, ((40_000 + (n >> 6)) << 16) | 443),
    );
  }

  queue(entry: number, nowNanos: number): number {
    this.core.doubles[NOW >> 3] = nowNanos;
    return this.core.exports.queue(entry);
  }
}

describe('the queue of connections that are over', () => {
  const words = fc.int32Array({ minLength: 4, maxLength: 4 });

  it('has the same buckets as threads deal', () => {
    const entries = new Entries();
    fc.assert(
      fc.property(fc.constantFrom(4 as const, 6 as const), words, words, fc.nat(), (version, a, b, ports) => {
        const [source, destination] =
          version === 4 ? [a, b].map((each) => each.map((w, i) => (i === 0 ? w : 0))) : [a, b];
        const entry = entries.add(version, source, destination, ports);
        expect(entries.core.exports.bucketAt(entry)).toBe(bucketOf(version, source, 0, destination, 0, ports));
      }),
    );
  });

  it('gives them back in order, not before their time, bucket by bucket', () => {
    const entries = new Entries();
    const { exports } = entries.core;
    const all = entries.addMany(500);
    const anyStep = fc.record({
      action: fc.constantFrom('add', 'add', 'one', 'any'),
      which: fc.nat(),
      back: fc.nat(20),
    });
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 400 }), (steps) => {
        while (exports.takeOldestOfAll() !== NO_ENTRY);
        let waiting: { entry: number; bucket: number; nanos: number }[] = [];
        for (const [now, { action, which, back }] of steps.entries()) {
          const entry = all[which % all.length];
          const bucket = exports.bucketAt(entry);
          let taken = NO_ENTRY;
          let expected: (typeof waiting)[number] | undefined;
          if (action === 'add') {
            if (waiting.some((each) => each.entry === entry)) continue;
            expect(entries.queue(entry, now)).toBe(-1);
            waiting.push({ entry, bucket, nanos: now });
          } else if (action === 'any') {
            taken = exports.takeOldestOfAll();
            [expected] = waiting;
          } else {
            taken = exports.takeOldest(bucket, now - back);
            expected = waiting.find((each) => each.bucket === bucket);
            if (expected !== undefined && expected.nanos > now - back) expected = undefined;
          }
          expect(taken).toBe(expected?.entry ?? NO_ENTRY);
          waiting = waiting.filter((each) => each !== expected);
        }
      }),
    );
  });

  it('tells when a bucket has too many', () => {
    const entries = new Entries();
    const counts = new Map<number, number>();
    for (const entry of entries.addMany(64 * MAX_CLOSED_IN_BUCKET)) {
      const bucket = entries.core.exports.bucketAt(entry);
      const count = (counts.get(bucket) ?? 0) + 1;
      counts.set(bucket, count);
      expect(entries.queue(entry, 0)).toBe(count > MAX_CLOSED_IN_BUCKET ? bucket : -1);
    }
    expect(Math.max(...counts.values())).toBeGreaterThan(MAX_CLOSED_IN_BUCKET);
  });
});
