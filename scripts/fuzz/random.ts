/** Numbers that look random and are the same for the same seed (mulberry32). */
export class Random {
  #state: number;

  /** A stream of its own for every case of every target. */
  constructor(seed: number, target: string, index: number) {
    let state = seed ^ Math.imul(index + 1, 0x9e3779b1);
    for (const char of target) state = Math.imul(state ^ char.charCodeAt(0), 0x01000193);
    this.#state = state >>> 0;
  }

  uint32(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** 0 .. count - 1. */
  below(count: number): number {
    return Math.floor((this.uint32() / 0x1_0000_0000) * count);
  }

  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  /** True once in `count` times. */
  oneIn(count: number): boolean {
    return this.below(count) === 0;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)];
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.below(256));
  }

  /** Mostly small, now and then large. */
  size(most: number): number {
    return Math.min(most, this.below(1 << this.below(Math.ceil(Math.log2(most + 1)) + 1)));
  }
}
