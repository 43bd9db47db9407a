import type { WebAssemblyMemory } from '../../base/web-assembly.ts';

/** The least that an operating system hands out at a time, octets. */
const PAGE_BYTES = 4096;

/**
 * Memory of another thread that grows, touched before that thread comes to use it: the operating system sees to new pages while
 * nobody waits for them. What was there from the beginning is left alone, as most of it is never used.
 */
export class TouchedMemory {
  readonly #memory: WebAssemblyMemory<SharedArrayBuffer>;
  #end: number;

  constructor(memory: WebAssemblyMemory<SharedArrayBuffer>) {
    this.#memory = memory;
    this.#end = memory.buffer.byteLength;
  }

  /** Touches what it has grown by; returns how many octets that were. */
  touch(): number {
    const { buffer } = this.#memory;
    const from = this.#end;
    this.#end = buffer.byteLength;
    if (this.#end === from) return 0;
    const words = new Int32Array(buffer);
    for (let at = from; at < this.#end; at += PAGE_BYTES) Atomics.or(words, at >> 2, 0);
    return this.#end - from;
  }
}
