import type { SegmentBatch } from '../wire/batch.ts';
import { bucketOf } from './bucket.ts';

const WORDS = 12;
const HASH = 11;
const INITIAL_ENTRIES = 1 << 11;
const INITIAL_SLOTS = 1 << 12;
export const NO_ENTRY = -1;

/**
 * Tuples to entry numbers: open addressing over packed keys, no object and no string per look-up.
 *
 *     word 0      ip version                  word 1      ports, end 0 << 16 | end 1
 *     words 2..5  address of end 0            words 6..9  address of end 1
 *     word 10     variant                     word 11     hash
 *
 * End 0 is the one with the lower (address, port), so that both directions meet in one entry. An entry keeps its number
 * until it is removed; numbers are used again. Tuples that differ only in their VLAN or VNI are variants, 0 the first.
 */
export class TupleTable {
  #entryCapacity = INITIAL_ENTRIES;
  #entries = new Int32Array(INITIAL_ENTRIES * WORDS);
  #used = 0;
  readonly #free: number[] = [];
  #slotCount = INITIAL_SLOTS;
  /** Entry number + 1; 0 in an empty slot. */
  #slots = new Int32Array(INITIAL_SLOTS);
  #count = 0;
  readonly #key = new Int32Array(WORDS);
  /** Which end sent the row of the latest `find`: 0 or 1. */
  from: 0 | 1 = 0;
  /** Whether both ends of the latest `find` are the same. */
  isSelf = false;

  get count(): number {
    return this.#count;
  }

  /** Entries up to this number are or were in use. */
  get endEntry(): number {
    return this.#used;
  }

  /** Entry of the row's tuple, or `NO_ENTRY`. @hot */
  find(batch: SegmentBatch, row: number): number {
    const at = row * 4;
    const { sourceAddress, destinationAddress } = batch;
    const ports = (batch.sourcePort[row] << 16) | batch.destinationPort[row];
    const key = this.#key;
    key[0] = batch.ipVersion[row];
    key[10] = 0;
    this.#order(sourceAddress, at, destinationAddress, at, ports);
    return this.#probe();
  }

  /** Entry of a tuple whose source and destination are given as in a batch, or `NO_ENTRY`. */
  findTuple(ipVersion: number, source: Int32Array, destination: Int32Array, ports: number): number {
    this.#key[0] = ipVersion;
    this.#key[10] = 0;
    this.#order(source, 0, destination, 0, ports);
    return this.#probe();
  }

  /** Adds the tuple of the latest `find`, or a further variant of it; returns its entry. */
  add(variant = 0): number {
    this.#key[10] = variant;
    if (this.#key[0] === 4) this.#key.fill(0, 3, 6).fill(0, 7, 10);
    this.#key[HASH] ^= Math.imul(variant, 0x27d4eb2f);
    if (this.#count * 2 >= this.#slotCount) this.#growSlots();
    const entry = this.#free.pop() ?? this.#used++;
    if (entry >= this.#entryCapacity) this.#growEntries();
    this.#entries.set(this.#key, entry * WORDS);
    this.#insert(entry, this.#key[HASH]);
    this.#count++;
    return entry;
  }

  /** Ports of ends 0 and 1, `end 0 << 16 | end 1`. */
  portsOf(entry: number): number {
    return this.#entries[entry * WORDS + 1];
  }

  ipVersionOf(entry: number): 4 | 6 {
    return this.#entries[entry * WORDS] === 4 ? 4 : 6;
  }

  /** A copy of the four words of the address of end 0 or 1. */
  addressOf(entry: number, end: 0 | 1): Int32Array {
    const at = entry * WORDS + 2 + end * 4;
    return this.#entries.slice(at, at + 4);
  }

  bucketOf(entry: number): number {
    const at = entry * WORDS;
    const words = this.#entries;
    return bucketOf(words[at], words, at + 2, words, at + 6, words[at + 1]);
  }

  /** Writes the four words of the address of end 0 or 1 to `words`. */
  copyAddress(entry: number, end: 0 | 1, words: Int32Array): void {
    const at = entry * WORDS + 2 + end * 4;
    for (let i = 0; i < 4; i++) words[i] = this.#entries[at + i];
  }

  /** Removes an entry; slots behind it in its chain move up. */
  remove(entry: number): void {
    const mask = this.#slotCount - 1;
    let hole = this.#entries[entry * WORDS + HASH] & mask;
    while (this.#slots[hole] !== entry + 1) hole = (hole + 1) & mask;
    for (let slot = (hole + 1) & mask; this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
      const home = this.#entries[(this.#slots[slot] - 1) * WORDS + HASH] & mask;
      const staysBehind = hole <= slot ? home > hole && home <= slot : home > hole || home <= slot;
      if (staysBehind) continue;
      this.#slots[hole] = this.#slots[slot];
      hole = slot;
    }
    this.#slots[hole] = 0;
    this.#free.push(entry);
    this.#count--;
  }

  /** @hot */
  #order(source: Int32Array, sourceAt: number, destination: Int32Array, destinationAt: number, ports: number): void {
    const key = this.#key;
    // IPv4 addresses are one word, and nearly all there is.
    const last = key[0] === 4 ? 1 : 4;
    let order = (source[sourceAt] >>> 0) - (destination[destinationAt] >>> 0);
    for (let i = 1; i < last && order === 0; i++) {
      order = (source[sourceAt + i] >>> 0) - (destination[destinationAt + i] >>> 0);
    }
    if (order === 0) order = (ports >>> 16) - (ports & 0xffff);
    this.isSelf = order === 0;
    const isSourceFirst = order <= 0;
    this.from = isSourceFirst ? 0 : 1;
    key[1] = isSourceFirst ? ports : (ports << 16) | (ports >>> 16);
    const low = isSourceFirst ? source : destination;
    const lowAt = isSourceFirst ? sourceAt : destinationAt;
    const high = isSourceFirst ? destination : source;
    const highAt = isSourceFirst ? destinationAt : sourceAt;
    key[2] = low[lowAt];
    key[6] = high[highAt];
    let hash = Math.imul(key[1] ^ key[2], 0x9e3779b1);
    hash = Math.imul((hash ^ (hash >>> 15)) + key[6], 0x85ebca6b);
    for (let i = 1; i < last; i++) {
      key[2 + i] = low[lowAt + i];
      key[6 + i] = high[highAt + i];
      hash = Math.imul((hash ^ (hash >>> 13)) + key[2 + i], 0xc2b2ae35);
      hash = Math.imul((hash ^ (hash >>> 13)) + key[6 + i], 0xc2b2ae35);
    }
    key[HASH] = hash ^ (hash >>> 16);
  }

  #probe(): number {
    const key = this.#key;
    const entries = this.#entries;
    const mask = this.#slotCount - 1;
    for (let slot = key[HASH] & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot] - 1;
      if (entry === NO_ENTRY) return NO_ENTRY;
      const at = entry * WORDS;
      if (entries[at + HASH] !== key[HASH] || entries[at + 1] !== key[1] || entries[at + 2] !== key[2]) continue;
      if (entries[at + 6] !== key[6] || entries[at] !== key[0] || entries[at + 10] !== key[10]) continue;
      if (key[0] === 4 || this.#isSameRest(at)) return entry;
    }
  }

  #isSameRest(at: number): boolean {
    for (let i = 3; i < 10; i++) if (this.#entries[at + i] !== this.#key[i]) return false;
    return true;
  }

  #insert(entry: number, hash: number): void {
    const mask = this.#slotCount - 1;
    let slot = hash & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = entry + 1;
  }

  #growEntries(): void {
    this.#entryCapacity *= 2;
    const entries = new Int32Array(this.#entryCapacity * WORDS);
    entries.set(this.#entries);
    this.#entries = entries;
  }

  #growSlots(): void {
    const old = this.#slots;
    this.#slotCount *= 2;
    this.#slots = new Int32Array(this.#slotCount);
    for (const slot of old) if (slot !== 0) this.#insert(slot - 1, this.#entries[(slot - 1) * WORDS + HASH]);
  }
}
