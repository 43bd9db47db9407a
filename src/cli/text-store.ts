/**
 * Texts by number, in memory that does not grow with them: what is more than a few megabytes goes to a temporary file,
 * which has no name any more while it is in use and so is never left behind.
 */
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OutputError } from './exit.ts';

const MEMORY_BYTES = 32 << 20;
const FIRST_BYTES = 1 << 16;

/** Keeps texts, in any order, until they are wanted in that of their numbers. */
export class TextStore {
  readonly #memoryBytes: number;
  #memory = Buffer.allocUnsafeSlow(FIRST_BYTES);
  /** Octets in memory, and before those in the file. */
  #held = 0;
  #written = 0;
  #file = -1;
  #last = 0;
  /** By number: where its text is, and how long; length 0 where there is none. */
  #starts = new Float64Array(1 << 10);
  #lengths = new Uint32Array(1 << 10);

  /** Keeps about `memoryBytes` in memory. */
  constructor(memoryBytes = MEMORY_BYTES) {
    this.#memoryBytes = memoryBytes;
  }

  /** `number` is from 1, and used once; `bytes` is not empty. */
  add(number: number, bytes: Uint8Array): void {
    if (number >= this.#starts.length) this.#grow(number);
    if (this.#held + bytes.length > this.#memory.length) this.#makeRoom(bytes.length);
    this.#memory.set(bytes, this.#held);
    this.#starts[number] = this.#written + this.#held;
    this.#lengths[number] = bytes.length;
    this.#held += bytes.length;
    this.#last = Math.max(this.#last, number);
  }

  /** The texts by number; each is valid until the next one is asked for. */
  *inOrder(): Generator<Uint8Array, void, undefined> {
    let read = Buffer.allocUnsafeSlow(FIRST_BYTES);
    for (let number = 1; number <= this.#last; number++) {
      const bytes = this.#lengths[number];
      if (bytes === 0) continue;
      const start = this.#starts[number] - this.#written;
      if (start >= 0) {
        yield this.#memory.subarray(start, start + bytes);
        continue;
      }
      if (bytes > read.length) read = Buffer.allocUnsafeSlow(bytes * 2);
      for (let done = 0; done < bytes; )
        done += readSync(this.#file, read, done, bytes - done, this.#starts[number] + done);
      yield read.subarray(0, bytes);
    }
  }

  /** Gives memory and file back. */
  close(): void {
    if (this.#file >= 0) closeSync(this.#file);
    this.#file = -1;
    this.#last = 0;
  }

  #makeRoom(bytes: number): void {
    const wanted = this.#held + bytes;
    if (wanted > this.#memoryBytes) this.#spill();
    const size = Math.max(this.#held + bytes, Math.min(this.#memoryBytes, this.#memory.length * 2));
    if (size <= this.#memory.length) return;
    const memory = Buffer.allocUnsafeSlow(size);
    this.#memory.copy(memory, 0, 0, this.#held);
    this.#memory = memory;
  }

  #spill(): void {
    try {
      if (this.#file < 0) this.#file = openUnnamed();
      for (let done = 0; done < this.#held; ) {
        done += writeSync(this.#file, this.#memory, done, this.#held - done, this.#written + done);
      }
    } catch (error) {
      const { message } = error as Error;
      throw new OutputError(
        `a JSON document of this size needs a temporary file: ${message}; set TMPDIR to a place with room`,
      );
    }
    this.#written += this.#held;
    this.#held = 0;
  }

  #grow(number: number): void {
    const size = Math.max(number + 1, this.#starts.length * 2);
    const starts = new Float64Array(size);
    starts.set(this.#starts);
    this.#starts = starts;
    const lengths = new Uint32Array(size);
    lengths.set(this.#lengths);
    this.#lengths = lengths;
  }
}

function openUnnamed(): number {
  const folder = mkdtempSync(join(tmpdir(), 'lastack-'));
  try {
    return openSync(join(folder, 'connections'), 'wx+', 0o600);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
