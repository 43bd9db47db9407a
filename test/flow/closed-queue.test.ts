import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BUCKETS, bucketOf } from '../../src/flow/bucket.ts';
import { ClosedQueue, MAX_CLOSED_IN_BUCKET, NO_BUCKET } from '../../src/flow/closed-queue.ts';
import { NO_ENTRY } from '../../src/flow/table.ts';

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

describe('the queue of connections that are over', () => {
  it('gives them back in order, not before their time, bucket by bucket', () => {
    const queue = new ClosedQueue();
    for (let n = 0; n <= MAX_CLOSED_IN_BUCKET; n++) {
      expect(queue.overfull).toBe(NO_BUCKET);
      queue.add(5, n, n);
    }
    queue.add(6, 9999, 0.5);
    expect(queue.overfull).toBe(5);
    expect(queue.takeOldest(5, -1)).toBe(NO_ENTRY);
    expect(queue.takeOldest(5, 0)).toBe(0);
    expect([queue.isOverfull(5), queue.isOverfull(6)]).toEqual([false, false]);
    expect(queue.takeOldestOfAll()).toBe(9999);
    const rest = Array.from({ length: MAX_CLOSED_IN_BUCKET + 1 }, () => queue.takeOldestOfAll());
    expect(rest).toEqual([...Array.from({ length: MAX_CLOSED_IN_BUCKET }, (_, n) => n + 1), NO_ENTRY]);
  });
});
