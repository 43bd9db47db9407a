import { instantiate, type WebAssemblyMemory } from '../base/web-assembly.ts';
import { CORE_BINARY } from './binary.ts';
import type { CoreExports, RunCore } from './core.ts';
import { MAX_ROWS, ROW_BYTES, RUN_BYTES } from './layout.ts';

/** A piece of the memory of a core that nothing else uses. It can be sent to another thread. */
export interface LentMemory {
  readonly memory: WebAssemblyMemory<SharedArrayBuffer>;
  readonly at: number;
  readonly bytes: number;
}

/** What is asked for by `allocate`; the rest is for blocks. */
const WORK_BYTES = 1 << 17;
const ALIGNMENT = 64;
const ROWS_OFFSET = align(RUN_BYTES);
const WORK_OFFSET = ROWS_OFFSET + MAX_ROWS * ROW_BYTES;

/** Memory to lend for so many octets of blocks. */
export function bytesToLend(blockBytes: number): number {
  return WORK_OFFSET + WORK_BYTES + align(blockBytes);
}

/**
 * Another instance of the core, in memory that was lent: of one core, two threads decode at the same time, and what this one
 * writes there the other need not copy. It is for decoding only: all else knows but one place for what it keeps.
 */
export class BorrowedCore implements RunCore {
  readonly words: Int32Array;
  readonly doubles: Float64Array;
  readonly bytes: Uint8Array;
  readonly exports: Pick<CoreExports, 'decodePcap' | 'decodePcapng'>;
  readonly runAt: number;
  readonly rowsAt: number;
  #next: number;
  readonly #end: number;

  constructor({ memory, at, bytes }: LentMemory) {
    // The memory may grow; these show what was there before for as long as it lasts.
    this.words = new Int32Array(memory.buffer);
    this.doubles = new Float64Array(memory.buffer);
    this.bytes = new Uint8Array(memory.buffer);
    const refuse = (): never => {
      throw new Error('memory that was lent does not grow');
    };
    this.exports = instantiate(CORE_BINARY, {
      env: { memory },
      memory: { grown: refuse, full: refuse },
    }) as CoreExports;
    this.runAt = at;
    this.rowsAt = at + ROWS_OFFSET;
    this.#next = at + WORK_OFFSET;
    this.#end = at + bytes;
  }

  allocate(bytes: number): number {
    const at = this.#next;
    if (bytes > this.#end - at) throw new RangeError('no more memory was lent');
    this.#next = at + align(bytes);
    return at;
  }

  /** Own memory as long as there is some; other memory is copied from. */
  openBlock(bytes: number): Uint8Array {
    if (bytes > this.#end - WORK_BYTES - this.#next) return new Uint8Array(bytes);
    return new Uint8Array(this.bytes.buffer, this.allocate(bytes), bytes);
  }

  owns(bytes: Uint8Array): boolean {
    return bytes.buffer === this.bytes.buffer;
  }
}

function align(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
