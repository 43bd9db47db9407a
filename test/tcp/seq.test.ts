import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seqAdd, seqDiff, seqMax } from '../../src/tcp/seq.ts';

const anySeq = fc.oneof(
  fc.integer({ min: 0, max: 0xffffffff }),
  fc.constantFrom(0, 1, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff),
);
const anyStep = fc.integer({ min: 0, max: 0x7fffffff });

describe('sequence numbers', () => {
  it('are as far apart as one was moved from the other, also across the wrap', () => {
    fc.assert(
      fc.property(anySeq, anyStep, (seq, step) => {
        const later = seqAdd(seq, step);
        expect(later).toBeGreaterThanOrEqual(0);
        expect(later).toBeLessThan(2 ** 32);
        expect(seqDiff(later, seq)).toBe(step);
        expect(seqAdd(later, -step)).toBe(seq);
        expect(seqMax(seq, later)).toBe(later);
        expect(seqMax(later, seq)).toBe(later);
      }),
    );
  });

  it('compare the same wherever both are moved', () => {
    fc.assert(
      fc.property(anySeq, anySeq, anySeq, (a, b, by) => {
        expect(seqDiff(seqAdd(a, by), seqAdd(b, by))).toBe(seqDiff(a, b));
      }),
    );
  });

  it('compare the other way round with the other sign, but for the number half way round', () => {
    fc.assert(
      fc.property(anySeq, anySeq, (a, b) => {
        const apart = seqDiff(a, b);
        if (apart === -0x80000000) expect(seqDiff(b, a)).toBe(apart);
        else expect(seqDiff(b, a) + apart).toBe(0);
      }),
    );
  });
});
