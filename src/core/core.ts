/**
 * The part of the analysis that sees every packet, compiled from assembly/ to WebAssembly: it decodes ordinary packets,
 * finds their tuples and takes in what goes by the book. Its memory is read and written by TypeScript as well.
 *
 * Memory is declared shared though one thread uses it: then it grows in place, and views of it that somebody holds stay
 * good for what they show.
 */
import { SinkFullError } from '../base/error.ts';
import { CORE_BINARY } from './binary.ts';
import { COUNT, DIRECTORY, ENTRY_BYTES, PAGE_BITS, PAGE_ENTRIES, ROWS } from './layout.ts';

/** What the core can be asked for; addresses and lengths are octets, as unsigned numbers in signed clothes. */
export interface CoreExports {
  /** Zeroed memory, at a multiple of 64. */
  allocate(bytes: number): number;
  /** Appends rows of packets to the batch; returns where the first begins that it did not take. */
  decodePcap(from: number, end: number): number;
  decodePcapng(from: number, end: number): number;
  /** Entry of the tuple of a row, or -1. */
  find(row: number): number;
  /** Adds the tuple of the latest `find`, or a variant of it; returns its entry. */
  add(variant: number, scope: number): number;
  remove(entry: number): void;
  /** Takes in rows; returns the one at which it stopped, and why in the low bits (`STOP_*`). */
  take(first: number, count: number): number;
  takeAt(entry: number, row: number): number;
  openAt(entry: number, row: number): void;
  takeChunk(): number;
  releaseChunk(chunk: number): void;
  /** Appends the row at an address to a list of `count` rows; returns its last chunk after. */
  append(last: number, count: number, rowAt: number, from: number): number;
  appendSack(last: number, count: number, rowAt: number): number;
  moveLog(first: number, count: number): number;
  readonly movedLast: { readonly value: number };
  closeLog(first: number, last: number): void;
  closeMoved(first: number, last: number): void;
  release(entry: number): void;
  bucketAt(entry: number): number;
  /** What a kind has of the record of an entry, in 23 bits. */
  baseKind(entry: number): number;
  /** Lets an entry wait among those that may be over; returns its bucket if that has too many now, else -1. */
  queue(entry: number): number;
  takeOldest(bucket: number, horizonNanos: number): number;
  takeOldestOfAll(): number;
  /** Closes what waited long enough in a bucket that has too many; returns one that is not for the core, or -1. */
  evict(bucket: number): number;
  /** Counts the connection of an entry with others of its kind; 0, with nothing changed, if it is of no known one. */
  closeAlike(entry: number): number;
  learnKind(kind: number, tag: number): number;
}

/** As much of https://webassembly.github.io/spec/js-api/ as is used: neither Node's types nor ES2023 have it. */
declare const WebAssembly: {
  readonly Memory: new (limits: { initial: number; maximum: number; shared: boolean }) => CoreMemory;
  readonly Module: new (binary: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
};
interface CoreMemory {
  readonly buffer: SharedArrayBuffer;
}

const INITIAL_PAGES = 16;
/** All that there is to address, in pages of 64 KiB: 4 GiB, of which nothing is taken before it is used. */
const MAXIMUM_PAGES = 65_536;
let compiled: object | null = null;

/** One instance of the core, and its memory. */
export class Core {
  readonly #memory: CoreMemory;
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
    compiled ??= new WebAssembly.Module(readBinary());
    const imports = { env: { memory: this.#memory }, memory: { grown, full: refuse } };
    this.exports = new WebAssembly.Instance(compiled, imports).exports as CoreExports;
  }

  get memory(): SharedArrayBuffer {
    return this.#memory.buffer;
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
    const at = this.exports.allocate(bytes) >>> 0;
    return new Uint8Array(this.memory, at, bytes);
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

/** A loop: at the start nothing is compiled yet, and a callback for each octet would take four times as long. */
function readBinary(): Uint8Array {
  const text = atob(CORE_BINARY);
  const binary = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) binary[i] = text.charCodeAt(i);
  return binary;
}

function openMemory(maximumPages: number): CoreMemory {
  try {
    return new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: maximumPages, shared: true });
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
