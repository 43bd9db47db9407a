/**
 * The part of the analysis that sees every packet, compiled from assembly/ to WebAssembly: it decodes ordinary packets,
 * finds their tuples and takes in what goes by the book. Its memory is read and written by TypeScript as well.
 *
 * Memory is shared even where one thread uses it: then it grows in place, and views of it that somebody holds stay good for
 * what they show.
 */
import { SinkFullError } from '../base/error.ts';
import { instantiate, openSharedMemory, type WebAssemblyMemory } from '../base/web-assembly.ts';
import { CORE_BINARY } from './binary.ts';
import type { LentMemory } from './borrowed.ts';
import { COUNT, DIRECTORY, ENTRY_BYTES, PAGE_BITS, PAGE_ENTRIES, ROWS, ROWS_AT, RUN } from './layout.ts';

/** What decodes runs of packets: a core, or what borrows memory of one. */
export interface RunCore {
  /** The memory, all of it. @hot */
  readonly words: Int32Array;
  readonly doubles: Float64Array;
  readonly bytes: Uint8Array;
  readonly exports: Pick<CoreExports, 'decodePcap' | 'decodePcapng'>;
  /** Addresses of the numbers of a run, and of the rows of a batch of its own. */
  readonly runAt: number;
  readonly rowsAt: number;
  /** The address of a piece of memory, at a multiple of 64. */
  allocate(bytes: number): number;
  /** Memory for what is read; it need not be its own. */
  openBlock(bytes: number): Uint8Array;
  /** Whether octets lie in its memory. */
  owns(bytes: Uint8Array): boolean;
}

/** What the core can be asked for; addresses and lengths are octets, as unsigned numbers in signed clothes. */
export interface CoreExports {
  /** Zeroed memory, at a multiple of 64. */
  allocate(bytes: number): number;
  /** Appends rows of packets to the batch at `rows`; returns where the first begins that it did not take. `run`: see `RUN`. */
  decodePcap(from: number, end: number, run: number, rows: number): number;
  decodePcapng(from: number, end: number, run: number, rows: number): number;
  /** Entry of the tuple of a row, or -1. */
  find(row: number): number;
  /** Adds the tuple of the latest `find`, or a variant of it; returns its entry. */
  add(variant: number, scope: number): number;
  remove(entry: number): void;
  /** Address of the numbers of all entries by id; 0 if there are none, or ids are far apart. */
  orderEntries(): number;
  /** Takes in rows; returns the one at which it stopped, and why in the low bits (`STOP_*`). */
  take(first: number, count: number): number;
  takeAt(entry: number, row: number): number;
  openAt(entry: number, row: number): void;
  /** Begins another connection on the tuple of an entry with the row at which it stopped (`STOP_REUSED`); returns why it stops again. */
  reopenAt(entry: number, row: number): number;
  takeChunk(): number;
  releaseChunk(chunk: number): void;
  /** Appends the row at an address to a list of `count` rows; returns its last chunk after. */
  append(last: number, count: number, rowAt: number, from: number): number;
  appendSack(last: number, count: number, rowAt: number): number;
  closeLog(first: number, last: number): void;
  /** Returns the last chunk after; 0 if there are too many rows. Nothing can be appended until it is brought back. */
  moveLog(first: number, count: number): number;
  bringBack(first: number, count: number): number;
  closeMoved(first: number): void;
  release(entry: number): void;
  /** As `closeAlike`, of the former connection of an entry, which is final. */
  countFormer(entry: number): number;
  /** The former connection of an entry was handed over. */
  finishFormer(entry: number): void;
  bucketAt(entry: number): number;
  /** Lets an entry wait among those that may be over; returns its bucket if that has too many now, else -1. */
  queue(entry: number): number;
  takeOldest(bucket: number, horizonNanos: number): number;
  takeOldestOfAll(): number;
  /** Closes what waited long enough in a bucket that has too many; returns one that is not for the core, or -1. */
  evict(bucket: number): number;
  /** Counts the connection of an entry with others of its kind; 0, with nothing changed, if it is of no known one. */
  closeAlike(entry: number): number;
  /** As `closeAlike`, of entries whose numbers are in ROWS at `[from, end)`; returns the place of the first for which it is 0. */
  closeAllAlike(from: number, end: number): number;
  learnKind(kind: number, tag: number): number;
  /** What a connection that was watched until then has in common with others; -1 if it is like no other. */
  kindOf(entry: number, nowNanos: number): number;
  /** What became of the close of an odd connection (`CloseEnd`); -1 if it has no shape. */
  shapeEnd(entry: number): number;
  /** Goes through the rows of a flawless connection and notes what there is to tell (`FLAWLESS_*`); 0 if it is none. */
  readFlawless(entry: number): number;
  /** Makes room for the names of hosts and services, and for what is counted by them: before anything is. */
  openNames(): void;
  /** Number of the host whose address lies there, or `NO_NAME`; of the port of a host. */
  hostOf(at: number, isIpv4: number): number;
  serviceOf(host: number, port: number): number;
  /** Counts an ordinary connection by its service and its hosts (`SPANS_*`). */
  countOrdinary(client: number, server: number, service: number, tag: number, first: number, last: number): void;
  /** Notes when and how the connection of an entry was that was watched until then; returns the address (`ALIKE_*`). */
  describe(entry: number, nowNanos: number): number;
}

const INITIAL_PAGES = 16;
/** All that there is to address, in pages of 64 KiB: 4 GiB, of which nothing is taken before it is used. */
const MAXIMUM_PAGES = 65_536;

/** One instance of the core, and its memory. */
export class Core implements RunCore {
  readonly #memory: WebAssemblyMemory<SharedArrayBuffer>;
  /** Each time the memory grows it gets another object, though it stays where it is. */
  readonly #seen = new WeakSet<ArrayBufferLike>();
  readonly exports: CoreExports;
  /** All memory, in words. @hot */
  words!: Int32Array;
  unsigned!: Uint32Array;
  doubles!: Float64Array;
  bytes!: Uint8Array;

  /** @throws SinkFullError when there is no address space for so much memory, of which hardly any is used at first. */
  constructor(maximumPages = MAXIMUM_PAGES) {
    this.#memory = openMemory(maximumPages);
    this.#look();
    const grown = (): void => this.#look();
    const imports = { env: { memory: this.#memory }, memory: { grown, full: refuse } };
    this.exports = instantiate(CORE_BINARY, imports) as CoreExports;
    this.words[ROWS_AT >> 2] = ROWS;
  }

  get memory(): SharedArrayBuffer {
    return this.#memory.buffer;
  }

  /** A piece of its memory, for another thread. */
  lend(bytes: number): LentMemory {
    return { memory: this.#memory, at: this.allocate(bytes), bytes };
  }

  get runAt(): number {
    return RUN;
  }

  /** Where the rows of its batch begin, octets. */
  get rowsAt(): number {
    return ROWS;
  }

  /** Tuples in the table. */
  get count(): number {
    return this.words[COUNT >> 2];
  }

  /** Address of an entry, in words. @hot */
  wordsOf(entry: number): number {
    const page = this.words[(DIRECTORY >> 2) + (entry >> PAGE_BITS)] >>> 2;
    return page + (entry & (PAGE_ENTRIES - 1)) * (ENTRY_BYTES >> 2);
  }

  /** A piece of its memory, at no place that anything else has. */
  openBlock(bytes: number): Uint8Array {
    // The memory may grow, and is another object then.
    const at = this.allocate(bytes);
    return new Uint8Array(this.memory, at, bytes);
  }

  allocate(bytes: number): number {
    return this.exports.allocate(bytes) >>> 0;
  }

  /** Whether octets lie in its memory. */
  owns(bytes: Uint8Array): boolean {
    return this.#seen.has(bytes.buffer);
  }

  #look(): void {
    const memory = this.#memory.buffer;
    this.#seen.add(memory);
    this.words = new Int32Array(memory);
    this.unsigned = new Uint32Array(memory);
    this.doubles = new Float64Array(memory);
    this.bytes = new Uint8Array(memory);
  }
}

function openMemory(maximumPages: number): WebAssemblyMemory<SharedArrayBuffer> {
  try {
    return openSharedMemory(INITIAL_PAGES, maximumPages);
  } catch {
    throw new SinkFullError(
      'there is no address space left: 10 GiB are reserved, of which hardly any is used',
      'Raise the limit (ulimit -v).',
    );
  }
}

function refuse(): never {
  throw new SinkFullError(
    'the connections that are followed at a time take more than 4 GiB',
    'Bound them with --max-connections, or take part of the capture.',
  );
}
