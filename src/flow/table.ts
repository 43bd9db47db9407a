import { Core } from '../core/core.ts';
import {
  END_ENTRY,
  ENTRY_HIGH,
  ENTRY_ID,
  ENTRY_LOW,
  ENTRY_PORTS,
  ENTRY_QUEUED,
  FOUND,
  FROM,
  IS_SELF,
  NO_ENTRY,
  ROW_BYTES,
  ROWS,
  SPARE_ROW,
  VERSION_BITS,
} from '../core/layout.ts';
import { Word } from '../wire/batch.ts';

export { NO_ENTRY };

const LOW = ENTRY_LOW >> 2;
const HIGH = ENTRY_HIGH >> 2;
const PORTS = ENTRY_PORTS >> 2;

/**
 * Tuples to entry numbers: open addressing over packed keys, no object and no string per look-up (assembly/table.ts).
 *
 *     word 0      ip version | variant << 8   word 1      ports, end 0 << 16 | end 1
 *     words 2..5  address of end 0            words 6..9  address of end 1
 *     word 10     scope, no part of the key   word 11     hash
 *
 * End 0 is the one with the lower (address, port), so that both directions meet in one entry. An entry keeps its number
 * until it is removed; numbers are used again. Tuples that differ only in their VLAN or VNI are variants, 0 the first.
 * Behind its key an entry has what else is asked of all of them, the first rows of its connection and its record (plain-lane.ts).
 */
export class TupleTable {
  readonly #core: Core;

  constructor(core: Core = new Core()) {
    this.#core = core;
  }

  /** Tuples in the table. */
  get count(): number {
    return this.#core.count;
  }

  /** Entries up to this number are or were in use. */
  get endEntry(): number {
    return this.#core.words[END_ENTRY >> 2];
  }

  /** What the latest search found: an entry, or `NO_ENTRY`. */
  get found(): number {
    return this.#core.words[FOUND >> 2];
  }

  /** Which end sent the row of the latest search. */
  get from(): 0 | 1 {
    return this.#core.words[FROM >> 2] === 0 ? 0 : 1;
  }

  /** Whether both ends of the latest search are the same. */
  get isSelf(): boolean {
    return this.#core.words[IS_SELF >> 2] !== 0;
  }

  /** Entry of a tuple whose source and destination are given as in a batch, or `NO_ENTRY`. */
  findTuple(ipVersion: number, source: Int32Array, destination: Int32Array, ports: number): number {
    const { words, exports } = this.#core;
    const at = (ROWS + SPARE_ROW * ROW_BYTES) >> 2;
    words[at + Word.IP_VERSION] = ipVersion;
    words[at + Word.PORTS] = ports;
    for (let i = 0; i < 4; i++) {
      words[at + Word.SOURCE + i] = source[i];
      words[at + Word.DESTINATION + i] = destination[i];
    }
    return exports.find(SPARE_ROW);
  }

  /** Adds the tuple of the latest search, or a further variant of it; returns its entry. */
  add(variant = 0, scope = 0): number {
    return this.#core.exports.add(variant, scope);
  }

  /** Ports of ends 0 and 1, `end 0 << 16 | end 1`. */
  portsOf(entry: number): number {
    return this.#core.words[this.#core.wordsOf(entry) + PORTS];
  }

  ipVersionOf(entry: number): 4 | 6 {
    return (this.#core.words[this.#core.wordsOf(entry)] & VERSION_BITS) === 4 ? 4 : 6;
  }

  /** Number of the first connection of the tuple; 0 for an entry that is not in use. */
  idOf(entry: number): number {
    return this.#core.unsigned[this.#core.wordsOf(entry) + (ENTRY_ID >> 2)];
  }

  setId(entry: number, id: number): void {
    this.#core.words[this.#core.wordsOf(entry) + (ENTRY_ID >> 2)] = id;
  }

  /** The entries that are in use. */
  entries(): Int32Array {
    const entries = new Int32Array(this.count);
    let count = 0;
    for (let entry = 0; entry < this.endEntry; entry++) if (this.idOf(entry) > 0) entries[count++] = entry;
    return entries;
  }

  /** As `entries`, by id. */
  order(): Int32Array {
    const at = this.#core.exports.orderEntries() >>> 0;
    if (at !== 0) return new Int32Array(this.#core.memory, at, this.count);
    const { endEntry } = this;
    const keys = Float64Array.from(this.entries(), (entry) => this.idOf(entry) * endEntry + entry).sort();
    return Int32Array.from(keys, (key) => key % endEntry);
  }

  /** Whether it waits among those that may be over. */
  isQueued(entry: number): boolean {
    return this.#core.bytes[this.#core.wordsOf(entry) * 4 + ENTRY_QUEUED] !== 0;
  }

  setQueued(entry: number, isQueued: boolean): void {
    this.#core.bytes[this.#core.wordsOf(entry) * 4 + ENTRY_QUEUED] = isQueued ? 1 : 0;
  }

  /** Writes the four words of the address of end 0 or 1 to `words`. */
  copyAddress(entry: number, end: 0 | 1, words: Int32Array): void {
    const at = this.#core.wordsOf(entry) + (end === 0 ? LOW : HIGH);
    for (let i = 0; i < 4; i++) words[i] = this.#core.words[at + i];
  }

  remove(entry: number): void {
    this.#core.exports.remove(entry);
  }
}
