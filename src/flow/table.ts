import { ROW_WORDS, type SegmentBatch, Word } from '../wire/batch.ts';
import { bucketOf } from './bucket.ts';

const WORDS = 12;
const SCOPE = 10;
const HASH = 11;
const VERSION_BITS = 0xff;
const VARIANT_SHIFT = 8;
const VARIANT_HASH = 0x27d4eb2f;
const INITIAL_ENTRIES = 1 << 11;
const INITIAL_SLOTS = 1 << 12;
export const NO_ENTRY = -1;

/**
 * Tuples to entry numbers: open addressing over packed keys, no object and no string per look-up.
 *
 *     word 0      ip version | variant << 8   word 1      ports, end 0 << 16 | end 1
 *     words 2..5  address of end 0            words 6..9  address of end 1
 *     word 10     scope, no part of the key   word 11     hash
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
  /** Two words a slot: entry number + 1, or 0 in an empty one, and the hash, so that others are passed by at one look. */
  #slots = new Int32Array(INITIAL_SLOTS * 2);
  #count = 0;
  /** What the latest `find` found, and its key if that was nothing. */
  #found = NO_ENTRY;
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
    const { words } = batch;
    const at = row * ROW_WORDS;
    const ports = words[at + Word.PORTS];
    if (words[at + Word.IP_VERSION] === 4)
      return this.#find4(words[at + Word.SOURCE], words[at + Word.DESTINATION], ports);
    return this.#find6(words, at + Word.SOURCE, words, at + Word.DESTINATION, ports);
  }

  /** Entry of a tuple whose source and destination are given as in a batch, or `NO_ENTRY`. */
  findTuple(ipVersion: number, source: Int32Array, destination: Int32Array, ports: number): number {
    return ipVersion === 4
      ? this.#find4(source[0], destination[0], ports)
      : this.#find6(source, 0, destination, 0, ports);
  }

  /** Adds the tuple of the latest `find`, or a further variant of it; returns its entry. */
  add(variant = 0, scope = 0): number {
    if (this.#found !== NO_ENTRY) this.#takeKeyOf(this.#found);
    this.#key[0] |= variant << VARIANT_SHIFT;
    this.#key[SCOPE] = scope;
    this.#key[HASH] ^= Math.imul(variant, VARIANT_HASH);
    if (this.#count * 2 >= this.#slotCount) this.#growSlots();
    const entry = this.#free.pop() ?? this.#used++;
    if (entry >= this.#entryCapacity) this.#growEntries();
    for (let i = 0; i < WORDS; i++) this.#entries[entry * WORDS + i] = this.#key[i];
    this.#insert(entry, this.#key[HASH]);
    this.#count++;
    return entry;
  }

  /** Ports of ends 0 and 1, `end 0 << 16 | end 1`. */
  portsOf(entry: number): number {
    return this.#entries[entry * WORDS + 1];
  }

  ipVersionOf(entry: number): 4 | 6 {
    return (this.#entries[entry * WORDS] & VERSION_BITS) === 4 ? 4 : 6;
  }

  /** VLAN or VNI on which the tuple was seen first. @hot */
  scopeOf(entry: number): number {
    return this.#entries[entry * WORDS + SCOPE];
  }

  bucketOf(entry: number): number {
    const at = entry * WORDS;
    const words = this.#entries;
    return bucketOf(words[at] & VERSION_BITS, words, at + 2, words, at + 6, words[at + 1]);
  }

  /** Writes the four words of the address of end 0 or 1 to `words`. */
  copyAddress(entry: number, end: 0 | 1, words: Int32Array): void {
    const at = entry * WORDS + 2 + end * 4;
    for (let i = 0; i < 4; i++) words[i] = this.#entries[at + i];
  }

  /** Removes an entry; slots behind it in its chain move up. */
  remove(entry: number): void {
    const slots = this.#slots;
    const mask = this.#slotCount - 1;
    let hole = this.#entries[entry * WORDS + HASH] & mask;
    while (slots[hole * 2] !== entry + 1) hole = (hole + 1) & mask;
    for (let slot = (hole + 1) & mask; slots[slot * 2] !== 0; slot = (slot + 1) & mask) {
      const home = slots[slot * 2 + 1] & mask;
      const staysBehind = hole <= slot ? home > hole && home <= slot : home > hole || home <= slot;
      if (staysBehind) continue;
      slots[hole * 2] = slots[slot * 2];
      slots[hole * 2 + 1] = slots[slot * 2 + 1];
      hole = slot;
    }
    slots[hole * 2] = 0;
    this.#free.push(entry);
    this.#count--;
  }

  /** Nearly all there is. @hot */
  #find4(source: number, destination: number, ports: number): number {
    // Half of all rows go the one way and half the other, so branches would be guessed wrong half the time.
    const order = orderOf(source, destination) || (ports >>> 16) - (ports & 0xffff);
    const swap = (0 - order) >> 31;
    this.isSelf = order === 0;
    this.from = (swap & 1) as 0 | 1;
    const orderedPorts = ports ^ ((ports ^ ((ports << 16) | (ports >>> 16))) & swap);
    const difference = (source ^ destination) & swap;
    const low = source ^ difference;
    const high = destination ^ difference;
    let hash = Math.imul(orderedPorts ^ low, 0x9e3779b1);
    hash = Math.imul((hash ^ (hash >>> 15)) + high, 0x85ebca6b);
    hash ^= hash >>> 16;
    const entries = this.#entries;
    const slots = this.#slots;
    const mask = this.#slotCount - 1;
    for (let slot = hash & mask; slots[slot * 2] !== 0; slot = (slot + 1) & mask) {
      if (slots[slot * 2 + 1] !== hash) continue;
      const entry = slots[slot * 2] - 1;
      const at = entry * WORDS;
      if (entries[at + 1] !== orderedPorts || entries[at + 2] !== low) continue;
      if (entries[at + 6] !== high || entries[at] !== 4) continue;
      this.#found = entry;
      return entry;
    }
    const key = this.#key;
    for (let i = 0; i < WORDS; i++) key[i] = 0;
    key[0] = 4;
    key[1] = orderedPorts;
    key[2] = low;
    key[6] = high;
    key[HASH] = hash;
    this.#found = NO_ENTRY;
    return NO_ENTRY;
  }

  /** @hot */
  #find6(source: Int32Array, sourceAt: number, destination: Int32Array, destinationAt: number, ports: number): number {
    let order = (source[sourceAt] >>> 0) - (destination[destinationAt] >>> 0);
    for (let i = 1; i < 4 && order === 0; i++) {
      order = (source[sourceAt + i] >>> 0) - (destination[destinationAt + i] >>> 0);
    }
    if (order === 0) order = (ports >>> 16) - (ports & 0xffff);
    const isSourceFirst = order <= 0;
    this.isSelf = order === 0;
    this.from = isSourceFirst ? 0 : 1;
    const low = isSourceFirst ? source : destination;
    const lowAt = isSourceFirst ? sourceAt : destinationAt;
    const high = isSourceFirst ? destination : source;
    const highAt = isSourceFirst ? destinationAt : sourceAt;
    const key = this.#key;
    key[0] = 6;
    key[1] = isSourceFirst ? ports : (ports << 16) | (ports >>> 16);
    let hash = key[1];
    for (let i = 0; i < 4; i++) {
      key[2 + i] = low[lowAt + i];
      key[6 + i] = high[highAt + i];
      hash = Math.imul((hash ^ (hash >>> 15)) + low[lowAt + i], 0xc2b2ae35);
      hash = Math.imul(hash ^ (hash >>> 13) ^ high[highAt + i], 0x85ebca6b);
    }
    key[HASH] = hash ^ (hash >>> 16);
    this.#found = this.#probe();
    return this.#found;
  }

  #probe(): number {
    const key = this.#key;
    const entries = this.#entries;
    const slots = this.#slots;
    const hash = key[HASH];
    const mask = this.#slotCount - 1;
    for (let slot = hash & mask; slots[slot * 2] !== 0; slot = (slot + 1) & mask) {
      if (slots[slot * 2 + 1] !== hash) continue;
      const at = (slots[slot * 2] - 1) * WORDS;
      let word = 0;
      while (word < SCOPE && entries[at + word] === key[word]) word++;
      if (word === SCOPE) return slots[slot * 2] - 1;
    }
    return NO_ENTRY;
  }

  /** The key without a variant. */
  #takeKeyOf(entry: number): void {
    const at = entry * WORDS;
    this.#key.set(this.#entries.subarray(at, at + WORDS));
    this.#key[HASH] ^= Math.imul(this.#key[0] >>> VARIANT_SHIFT, VARIANT_HASH);
    this.#key[0] &= VERSION_BITS;
  }

  #insert(entry: number, hash: number): void {
    const slots = this.#slots;
    const mask = this.#slotCount - 1;
    let slot = hash & mask;
    while (slots[slot * 2] !== 0) slot = (slot + 1) & mask;
    slots[slot * 2] = entry + 1;
    slots[slot * 2 + 1] = hash;
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
    this.#slots = new Int32Array(this.#slotCount * 2);
    for (let at = 0; at < old.length; at += 2) if (old[at] !== 0) this.#insert(old[at] - 1, old[at + 1]);
  }
}

/** Below 0, 0 or above 0 as `a` is the lower, the same or the higher unsigned word: within 31 bits, unlike their difference. */
function orderOf(a: number, b: number): number {
  return (a >>> 1) - (b >>> 1) || (a & 1) - (b & 1);
}
