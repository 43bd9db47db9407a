import type { SegmentBatch } from '../wire/batch.ts';

const WORDS = 12;
const INITIAL_SLOTS = 1 << 12;
const EMPTY = -1;

/**
 * Tuples to values, open addressing over packed keys: no object and no string per look-up.
 *
 *     word 0      ip version << 16 (0 in an empty slot)   word 1      ports, end 0 << 16 | end 1
 *     words 2..5  address of end 0            words 6..9  address of end 1
 *     word 10     scope                       word 11     value
 *
 * End 0 is the one with the lower (address, port), so that both directions meet in one slot.
 */
export class TupleTable {
  #slots = INITIAL_SLOTS;
  #keys = new Int32Array(INITIAL_SLOTS * WORDS);
  #count = 0;
  readonly #key = new Int32Array(WORDS);
  /** Which end sent the row of the latest `find`: 0 or 1. */
  from: 0 | 1 = 0;
  isSelf = false;
  port0 = 0;
  port1 = 0;

  get count(): number {
    return this.#count;
  }

  /** Slot of the row's tuple, or -1. @hot */
  find(batch: SegmentBatch, row: number): number {
    this.#takeKey(batch, row);
    return this.#probe();
  }

  /** Adds the tuple of the latest `find`, which must have failed, with a value of at least 0. */
  add(value: number): void {
    if (this.#count * 2 >= this.#slots) this.#grow();
    const slot = this.#freeSlot(this.#hash(this.#key, 0));
    this.#key[11] = value;
    this.#keys.set(this.#key, slot * WORDS);
    this.#count++;
  }

  valueAt(slot: number): number {
    return this.#keys[slot * WORDS + 11];
  }

  /** The key of the latest `find`, to be copied by whoever keeps it. */
  get key(): Int32Array {
    return this.#key;
  }

  /** Removes a tuple by its key; later ones of its probe chain are moved up. */
  remove(key: Int32Array): void {
    this.#key.set(key);
    let hole = this.#probe();
    if (hole === EMPTY) return;
    this.#count--;
    const mask = this.#slots - 1;
    for (let slot = (hole + 1) & mask; this.#keys[slot * WORDS] !== 0; slot = (slot + 1) & mask) {
      const home = this.#hash(this.#keys, slot * WORDS) & mask;
      const isBetween = hole <= slot ? home > hole && home <= slot : home > hole || home <= slot;
      if (isBetween) continue;
      this.#keys.copyWithin(hole * WORDS, slot * WORDS, (slot + 1) * WORDS);
      hole = slot;
    }
    this.#keys[hole * WORDS] = 0;
  }

  #takeKey(batch: SegmentBatch, row: number): void {
    const key = this.#key;
    const at = row * 4;
    const source = batch.sourceAddress;
    const destination = batch.destinationAddress;
    const sourcePort = batch.sourcePort[row];
    const destinationPort = batch.destinationPort[row];
    let order = 0;
    for (let i = 0; i < 4 && order === 0; i++) order = (source[at + i] >>> 0) - (destination[at + i] >>> 0);
    if (order === 0) order = sourcePort - destinationPort;
    this.isSelf = order === 0;
    const isSourceFirst = order <= 0;
    this.from = isSourceFirst ? 0 : 1;
    this.port0 = isSourceFirst ? sourcePort : destinationPort;
    this.port1 = isSourceFirst ? destinationPort : sourcePort;
    const low = isSourceFirst ? source : destination;
    const high = isSourceFirst ? destination : source;
    key[0] = batch.ipVersion[row] << 16;
    key[1] = (this.port0 << 16) | this.port1;
    key[2] = low[at];
    key[3] = low[at + 1];
    key[4] = low[at + 2];
    key[5] = low[at + 3];
    key[6] = high[at];
    key[7] = high[at + 1];
    key[8] = high[at + 2];
    key[9] = high[at + 3];
    key[10] = batch.scope[row];
  }

  #hash(words: Int32Array, at: number): number {
    let hash = words[at + 1] ^ words[at + 10];
    hash = Math.imul(hash ^ words[at + 2], 0x9e3779b1);
    hash = Math.imul((hash ^ (hash >>> 15)) + words[at + 6], 0x85ebca6b);
    if (words[at] !== 4 << 16) {
      for (let i = 3; i < 10; i++) if (i !== 6) hash = Math.imul((hash ^ (hash >>> 13)) + words[at + i], 0xc2b2ae35);
    }
    return (hash ^ (hash >>> 16)) >>> 0;
  }

  #probe(): number {
    const key = this.#key;
    const keys = this.#keys;
    const mask = this.#slots - 1;
    for (let slot = this.#hash(key, 0) & mask; ; slot = (slot + 1) & mask) {
      const at = slot * WORDS;
      if (keys[at] === 0) return EMPTY;
      if (keys[at + 1] !== key[1] || keys[at + 2] !== key[2] || keys[at + 6] !== key[6] || keys[at] !== key[0])
        continue;
      if (keys[at + 10] !== key[10]) continue;
      if (key[0] === 4 << 16 || this.#isSameRest(at)) return slot;
    }
  }

  #isSameRest(at: number): boolean {
    for (let i = 3; i < 10; i++) if (this.#keys[at + i] !== this.#key[i]) return false;
    return true;
  }

  #freeSlot(hash: number): number {
    const mask = this.#slots - 1;
    let slot = hash & mask;
    while (this.#keys[slot * WORDS] !== 0) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const old = this.#keys;
    const oldSlots = this.#slots;
    this.#slots = oldSlots * 2;
    this.#keys = new Int32Array(this.#slots * WORDS);
    for (let slot = 0; slot < oldSlots; slot++) {
      const at = slot * WORDS;
      if (old[at] === 0) continue;
      this.#keys.set(old.subarray(at, at + WORDS), this.#freeSlot(this.#hash(old, at)) * WORDS);
    }
  }
}
