import { describe, expect, it } from 'vitest';
import { dealBuckets } from '../../src/cli/threads/share.ts';

/** By bucket, how many threads have it. */
function ownersOf(masks: readonly Uint8Array[]): number[] {
  return Array.from(masks[0], (_, bucket) => masks.reduce((sum, isMine) => sum + isMine[bucket], 0));
}

const sizeOf = (isMine: Uint8Array): number => isMine.reduce((sum, own) => sum + own, 0);

describe('buckets', () => {
  it('each go to one thread', () => {
    for (const [threads, share] of [
      [2, 0.425],
      [3, 0],
      [4, 0.1],
    ]) {
      expect(new Set(ownersOf(dealBuckets(threads, share)))).toEqual(new Set([1]));
    }
  });

  it('go to the reading thread as far as it has time', () => {
    const [reading, ...others] = dealBuckets(3, 0.25);
    expect(sizeOf(reading)).toBe(16);
    expect(others.map(sizeOf)).toEqual([24, 24]);
  });

  it('all go to the others when it has none', () => {
    expect(dealBuckets(2, 0).map(sizeOf)).toEqual([0, 64]);
  });
});
