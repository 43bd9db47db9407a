// @ts-check

/** A small seeded generator of 32-bit words (three xorshifts over 128 bits of state): same seed, same capture. */
export class Random {
  /** @param {number} seed any 32-bit integer */
  constructor(seed) {
    this.a = seed | 0 || 1;
    this.b = Math.imul(seed ^ 0x2545f491, 0x9e3779b1) | 0;
    this.c = 0x6c078965;
    this.d = 0x1234567;
    for (let i = 0; i < 32; i++) this.word();
  }

  /** @returns {number} uniform in 0 .. 2^32 - 1 */
  word() {
    let t = this.a;
    t ^= t << 11;
    t ^= t >>> 8;
    this.a = this.b;
    this.b = this.c;
    this.c = this.d;
    this.d = this.d ^ (this.d >>> 19) ^ t;
    return this.d >>> 0;
  }

  /** @returns {number} uniform in [0, 1) */
  unit() {
    return this.word() / 4294967296;
  }

  /**
   * @param {number} low
   * @param {number} high included
   * @returns {number} uniform integer
   */
  between(low, high) {
    return low + Math.floor(this.unit() * (high - low + 1));
  }

  /** @param {number} probability */
  chance(probability) {
    return this.unit() < probability;
  }

  /** @param {number} mean */
  exponential(mean) {
    return -Math.log(1 - this.unit()) * mean;
  }
}
