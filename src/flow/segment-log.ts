import type { SegmentBatch } from '../wire/batch.ts';
import { NO_SACK, type Segment } from './segment.ts';

/** Words of one row; the time is a float64 in the first two. */
const ROW_WORDS = 12;
const CHUNK_ROWS = 8;
/** A chunk: its rows, then the index of the next one (and a word that keeps times aligned). */
const CHUNK_WORDS = CHUNK_ROWS * ROW_WORDS + 2;
const NEXT = CHUNK_ROWS * ROW_WORDS;
/** Chunks are allotted a page at a time, so that growing never copies. */
const PAGE_BITS = 10;
const PAGE_MASK = (1 << PAGE_BITS) - 1;
const NONE = -1;
const TIME = new Float64Array(1);
const TIME_WORDS = new Int32Array(TIME.buffer);

/**
 * Segments of many connections, each a list of chunks of packed rows out of one pool.
 *
 *     words 0-1  time, float64 nanoseconds     word 2  frame            word 3   seq
 *     word 4     ack                           word 5  payload octets
 *     word 6     flags | from << 16 | SACK ranges << 17 | ttl << 24
 *     word 7     window | IP id << 16          word 8  checksum | mss << 16
 *     word 9     options | window scale << 8 | origin << 16             word 10  TSval       word 11  TSecr
 *
 * The edges of SACK ranges take the row behind.
 */
export class SegmentLog {
  readonly #pages: Int32Array[] = [];
  readonly #timePages: Float64Array[] = [];
  #used = 0;
  #free = NONE;

  /** A new, empty list: the index of its first chunk. */
  open(): number {
    return this.#takeChunk();
  }

  /**
   * Appends a row of a batch, which must have no SACK ranges, to a list of `count` rows whose last chunk is `last`;
   * returns the last chunk after. @hot
   */
  append(last: number, count: number, batch: SegmentBatch, row: number, from: 0 | 1): number {
    let chunk = last;
    const place = count % CHUNK_ROWS;
    if (place === 0 && count > 0) {
      chunk = this.#takeChunk();
      this.#link(last, chunk);
    }
    const words = this.#pages[chunk >> PAGE_BITS];
    const at = (chunk & PAGE_MASK) * CHUNK_WORDS + place * ROW_WORDS;
    this.#timePages[chunk >> PAGE_BITS][at >> 1] = batch.timeNanos[row];
    words[at + 2] = batch.frame[row];
    words[at + 3] = batch.seq[row];
    words[at + 4] = batch.ack[row];
    words[at + 5] = batch.payloadBytes[row];
    words[at + 6] = batch.flags[row] | (from << 16) | (batch.ttl[row] << 24);
    words[at + 7] = batch.window[row] | (batch.ipId[row] << 16);
    words[at + 8] = batch.checksum[row] | (batch.mss[row] << 16);
    words[at + 9] = batch.options[row] | (batch.windowScale[row] << 8) | (batch.origin[row] << 16);
    words[at + 10] = batch.tsVal[row];
    words[at + 11] = batch.tsEcr[row];
    return chunk;
  }

  /** Appends the edges of the SACK ranges of a row that was appended just before; returns the last chunk after. */
  appendSack(last: number, count: number, batch: SegmentBatch, row: number): number {
    const edges = batch.sackCount[row] * 2;
    const before = (count - 1) % CHUNK_ROWS;
    this.#pages[last >> PAGE_BITS][(last & PAGE_MASK) * CHUNK_WORDS + before * ROW_WORDS + 6] |=
      batch.sackCount[row] << 17;
    let chunk = last;
    if (count % CHUNK_ROWS === 0) {
      chunk = this.#takeChunk();
      this.#link(last, chunk);
    }
    const at = (chunk & PAGE_MASK) * CHUNK_WORDS + (count % CHUNK_ROWS) * ROW_WORDS;
    const words = this.#pages[chunk >> PAGE_BITS];
    for (let i = 0; i < edges; i++) words[at + i] = batch.sackEdges[row * 8 + i];
    return chunk;
  }

  /** The segments in the `count` rows of a list, oldest first. */
  read(first: number, count: number): Segment[] {
    const segments: Segment[] = [];
    let chunk = first;
    for (let i = 0; i < count; i++) {
      if (i > 0 && i % CHUNK_ROWS === 0) chunk = this.#next(chunk);
      const page = this.#pages[chunk >> PAGE_BITS];
      const at = (chunk & PAGE_MASK) * CHUNK_WORDS + (i % CHUNK_ROWS) * ROW_WORDS;
      const sackCount = (page[at + 6] >>> 17) & 7;
      let sack = NO_SACK;
      if (sackCount > 0) {
        i++;
        if (i % CHUNK_ROWS === 0) chunk = this.#next(chunk);
        sack = this.#readSack(chunk, i % CHUNK_ROWS, sackCount);
      }
      segments.push(this.#readRow(page, at, sack));
    }
    return segments;
  }

  /** Number of the frame in a row of a list whose rows from the last multiple of 8 on are in this chunk. */
  frameAt(chunk: number, row: number): number {
    return this.#pages[chunk >> PAGE_BITS][this.#placeOf(chunk, row) + 2] >>> 0;
  }

  /** As `frameAt`, the time in nanoseconds. */
  nanosAt(chunk: number, row: number): number {
    return this.#timePages[chunk >> PAGE_BITS][this.#placeOf(chunk, row) >> 1];
  }

  /** Takes whole chunks out of a list: those of the rows `[fromRow, toRow)`, both multiples of 8 and `fromRow` > 0. */
  drop(first: number, fromRow: number, toRow: number): void {
    let before = first;
    for (let row = CHUNK_ROWS; row < fromRow; row += CHUNK_ROWS) before = this.#next(before);
    for (let row = fromRow; row < toRow; row += CHUNK_ROWS) {
      const gone = this.#next(before);
      this.#link(before, this.#next(gone));
      this.#release(gone);
    }
  }

  /** Gives all chunks of a list back. */
  close(first: number): void {
    for (let chunk = first; chunk !== NONE; ) {
      const next = this.#next(chunk);
      this.#release(chunk);
      chunk = next;
    }
  }

  #placeOf(chunk: number, row: number): number {
    return (chunk & PAGE_MASK) * CHUNK_WORDS + (row % CHUNK_ROWS) * ROW_WORDS;
  }

  #next(chunk: number): number {
    return this.#pages[chunk >> PAGE_BITS][(chunk & PAGE_MASK) * CHUNK_WORDS + NEXT];
  }

  #link(chunk: number, next: number): void {
    this.#pages[chunk >> PAGE_BITS][(chunk & PAGE_MASK) * CHUNK_WORDS + NEXT] = next;
  }

  #readSack(chunk: number, place: number, ranges: number): readonly number[] {
    const at = (chunk & PAGE_MASK) * CHUNK_WORDS + place * ROW_WORDS;
    const edges: number[] = [];
    for (let i = 0; i < ranges * 2; i++) edges.push(this.#pages[chunk >> PAGE_BITS][at + i] >>> 0);
    return edges;
  }

  #readRow(words: Int32Array, at: number, sack: readonly number[]): Segment {
    return {
      frame: words[at + 2] >>> 0,
      timeNanos: this.#timeAt(words, at),
      from: ((words[at + 6] >>> 16) & 1) as 0 | 1,
      flags: words[at + 6] & 0x1ff,
      seq: words[at + 3] >>> 0,
      ack: words[at + 4] >>> 0,
      payloadBytes: words[at + 5] >>> 0,
      window: words[at + 7] & 0xffff,
      ttl: words[at + 6] >>> 24,
      ipId: words[at + 7] >>> 16,
      checksum: words[at + 8] & 0xffff,
      options: words[at + 9] & 0xff,
      mss: words[at + 8] >>> 16,
      windowScale: (words[at + 9] >>> 8) & 0xff,
      tsVal: words[at + 10] >>> 0,
      tsEcr: words[at + 11] >>> 0,
      sack,
      origin: (words[at + 9] >>> 16) & 0xff,
    };
  }

  #timeAt(words: Int32Array, at: number): number {
    TIME_WORDS[0] = words[at];
    TIME_WORDS[1] = words[at + 1];
    return TIME[0];
  }

  #takeChunk(): number {
    let chunk = this.#free;
    if (chunk !== NONE) this.#free = this.#next(chunk);
    else {
      chunk = this.#used++;
      if (chunk >> PAGE_BITS === this.#pages.length) {
        const page = new Int32Array((1 << PAGE_BITS) * CHUNK_WORDS);
        this.#pages.push(page);
        this.#timePages.push(new Float64Array(page.buffer));
      }
    }
    this.#link(chunk, NONE);
    return chunk;
  }

  #release(chunk: number): void {
    this.#link(chunk, this.#free);
    this.#free = chunk;
  }
}
