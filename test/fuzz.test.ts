import { describe, expect, it } from 'vitest';
import { Random } from '../scripts/fuzz/random.ts';
import { runCase } from '../scripts/fuzz/run.ts';
import { TARGETS, type Target } from '../scripts/fuzz/targets.ts';

const CASES = 150;

describe('a short run of the fuzzer (npm run fuzz runs it for longer)', () => {
  it.each(TARGETS.map((target) => [target.name, target] as const))('finds nothing in %s', async (_, target) => {
    for (let index = 0; index < CASES; index++) {
      const failure = await runCase(target, 7, index);
      expect(failure === null ? '' : `case ${index}: ${failure.message}\n${failure.stack}`).toBe('');
    }
  });
});

describe('the fuzzer', () => {
  it('makes the same of the same seed, and other cases of other numbers', () => {
    for (const { name, generate } of TARGETS) {
      const [one, again, other] = [3, 3, 4].map((index) => generate(new Random(1, name, index)));
      expect(Buffer.from(again).equals(one), name).toBe(true);
      expect(Buffer.from(other).equals(one), name).toBe(false);
    }
  });

  it('finds what is wrong, and the smallest input that shows it', async () => {
    const target: Target = {
      name: 'fragile',
      generate: (random) => random.bytes(200).fill(0x41, 50, 60),
      check(input) {
        if (input.includes(0x41)) throw new RangeError('no A, please');
      },
    };
    expect(await runCase(target, 1, 0)).toMatchObject({ message: 'no A, please', input: Uint8Array.of(0x41) });
    expect(await runCase({ ...target, generate: () => new Uint8Array(9) }, 1, 0)).toBe(null);
  });
});
