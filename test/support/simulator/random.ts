/** A small seeded generator (counter and multiply-xorshift mixing): the same seed gives the same run. */
export class Random {
  private counter: number;

  constructor(seed: number) {
    this.counter = Math.imul(seed ^ 0x51ab_c0de, 0x85eb_ca6b) | 0;
    for (let i = 0; i < 4; i++) this.word();
  }

  /** Uniform 32-bit word. */
  word(): number {
    this.counter = (this.counter + 0x6d2b_79f5) | 0;
    let mixed = this.counter;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0_aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a_2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  }

  /** Uniform in [0, 1). */
  unit(): number {
    return this.word() / 4_294_967_296;
  }

  /** Uniform whole number, both bounds included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.unit() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  /** One of the keys, as often as its weight says. */
  pick<Name extends string>(weights: Record<Name, number>): Name {
    const entries = Object.entries(weights) as [Name, number][];
    let left = this.unit() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [name, weight] of entries) {
      left -= weight;
      if (left < 0) return name;
    }
    return entries[0][0];
  }
}
