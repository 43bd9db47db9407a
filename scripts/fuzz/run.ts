/** Runs cases of a target and makes what fails as small as it can. */
import { Random } from './random.ts';
import type { Target } from './targets.ts';

export interface Failure {
  readonly target: string;
  readonly seed: number;
  readonly index: number;
  readonly message: string;
  readonly stack: string;
  /** The smallest input found that fails alike. */
  readonly input: Uint8Array;
}

/** Runs one case; null when everything holds. */
export async function runCase(target: Target, seed: number, index: number): Promise<Failure | null> {
  const random = new Random(seed, target.name, index);
  const input = target.generate(random);
  const failed = await attempt(target, input, seed, index);
  if (failed === null) return null;
  const smallest = await shrink(target, input, seed, index, nameOf(failed));
  return { target: target.name, seed, index, message: failed.message, stack: failed.stack ?? '', input: smallest };
}

async function attempt(target: Target, input: Uint8Array, seed: number, index: number): Promise<Error | null> {
  try {
    await target.check(input.slice(), new Random(seed, `${target.name} check`, index));
    return null;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** What is the same for one bug, whatever the input. */
const nameOf = (error: Error): string =>
  `${error.name} ${error.stack?.split('\n').find((line) => /^\s+at /.test(line)) ?? ''}`;

async function shrink(
  target: Target,
  input: Uint8Array,
  seed: number,
  index: number,
  name: string,
): Promise<Uint8Array> {
  let smallest = input;
  for (let piece = Math.max(1, smallest.length >> 1); piece > 0; piece >>= 1) {
    for (let at = 0; at + piece <= smallest.length; ) {
      const shorter = Uint8Array.from([...smallest.subarray(0, at), ...smallest.subarray(at + piece)]);
      const error = await attempt(target, shorter, seed, index);
      if (error !== null && nameOf(error) === name) smallest = shorter;
      else at += piece;
    }
  }
  return smallest;
}
