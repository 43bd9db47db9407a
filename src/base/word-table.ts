const INITIAL_SLOTS = 1 << 8;
export const NO_NUMBER = -1;

/**
 * Numbers keys of a fixed count of 32-bit words 0, 1, 2 … in the order in which they are first asked for, up to a limit:
 * open addressing over packed words, no object and no string per look-up.
 */
export class WordTable {
  readonly #width: number;
  readonly #limit: number;
  #count = 0;
  #words: Int32Array;
  /** Number + 1; 0 in an empty slot. */
  #slots = new Int32Array(INITIAL_SLOTS);

  /** `width` words a key; at most `limit` keys. */
  constructor(width: number, limit: number) {
    this.#width = width;
    this.#limit = limit;
    this.#words = new Int32Array((INITIAL_SLOTS / 2) * width);
  }

  /** The number of the key that begins at `at` in `words`; `NO_NUMBER` for a new one beyond the limit. @hot */
  numberOf(words: Int32Array, at = 0): number {
    const mask = this.#slots.length - 1;
    let slot = this.#hash(words, at) & mask;
    for (; this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
      const number = this.#slots[slot] - 1;
      if (this.#isKey(number * this.#width, words, at)) return number;
    }
    if (this.#count >= this.#limit) return NO_NUMBER;
    const number = this.#count++;
    this.#slots[slot] = number + 1;
    for (let i = 0; i < this.#width; i++) this.#words[number * this.#width + i] = words[at + i];
    if (this.#count * 2 >= this.#slots.length) this.#grow();
    return number;
  }

  /** Writes the key with a number to the first words of `words`. */
  copyKey(number: number, words: Int32Array): void {
    for (let i = 0; i < this.#width; i++) words[i] = this.#words[number * this.#width + i];
  }

  #isKey(known: number, words: Int32Array, at: number): boolean {
    for (let i = 0; i < this.#width; i++) if (this.#words[known + i] !== words[at + i]) return false;
    return true;
  }

  #hash(words: Int32Array, at: number): number {
    let hash = 0;
    for (let i = 0; i < this.#width; i++) {
      hash = Math.imul(hash ^ words[at + i], 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    return hash;
  }

  #grow(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let number = 0; number < this.#count; number++) {
      let slot = this.#hash(this.#words, number * this.#width) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = number + 1;
    }
    this.#slots = slots;
    const words = new Int32Array((slots.length / 2) * this.#width);
    words.set(this.#words);
    this.#words = words;
  }
}
