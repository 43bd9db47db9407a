import { ROW_WORDS, SACK_BITS, SACK_SHIFT, SEGMENT_WORDS, type SegmentBatch, Word } from '../wire/batch.ts';
import { NO_SACK, type Segment, unpackSegment } from './segment.ts';

/** Which end sent it: a bit of the word with the flags. */
const FROM_SHIFT = 16;
const CHUNK_ROWS = 8;
const CHUNK_MASK = CHUNK_ROWS - 1;
/** A chunk: the index of the next one (and a word that keeps times aligned), then its rows. */
const NEXT = 0;
const FIRST_ROW = 2;
const CHUNK_WORDS = FIRST_ROW + CHUNK_ROWS * SEGMENT_WORDS;
/** Chunks are allotted a page at a time, so that growing never copies. */
const PAGE_BITS = 10;
const PAGE_MASK = (1 << PAGE_BITS) - 1;
const NONE = -1;

/**
 * Segments of many connections, each a list of chunks of packed rows out of one pool: the first words of the rows of a
 * batch, and which end sent it beside the flags. The edges of SACK ranges take the row behind.
 */
export class SegmentLog {
  readonly #pages: Int32Array[] = [];
  /** The same memory. */
  readonly #unsignedPages: Uint32Array[] = [];
  readonly #timePages: Float64Array[] = [];
  #used = 0;
  #free = NONE;

  /** A new, empty list: the index of its first chunk. */
  open(): number {
    return this.#takeChunk();
  }

  /**
   * Appends a row of a batch, of which SACK ranges go into the next, to a list of `count` rows whose last chunk is `last`;
   * returns the last chunk after. `source` holds the words of the row from `sourceAt` on. @hot
   */
  append(last: number, count: number, source: Int32Array, sourceAt: number, from: 0 | 1): number {
    const place = count & CHUNK_MASK;
    const chunk = place === 0 && count > 0 ? this.#extend(last) : last;
    const words = this.#pages[chunk >> PAGE_BITS];
    const at = (chunk & PAGE_MASK) * CHUNK_WORDS + FIRST_ROW + place * SEGMENT_WORDS;
    words[at] = source[sourceAt];
    words[at + 1] = source[sourceAt + 1];
    words[at + Word.FRAME] = source[sourceAt + Word.FRAME];
    words[at + Word.SEQ] = source[sourceAt + Word.SEQ];
    words[at + Word.ACK] = source[sourceAt + Word.ACK];
    words[at + Word.PAYLOAD] = source[sourceAt + Word.PAYLOAD];
    words[at + Word.FLAGS] = source[sourceAt + Word.FLAGS] | (from << FROM_SHIFT);
    words[at + Word.WINDOW] = source[sourceAt + Word.WINDOW];
    words[at + Word.CHECKSUM] = source[sourceAt + Word.CHECKSUM];
    words[at + Word.OPTIONS] = source[sourceAt + Word.OPTIONS];
    words[at + Word.TSVAL] = source[sourceAt + Word.TSVAL];
    words[at + Word.TSECR] = source[sourceAt + Word.TSECR];
    return chunk;
  }

  /** Appends the edges of the SACK ranges of a row that was appended just before; returns the last chunk after. */
  appendSack(last: number, count: number, batch: SegmentBatch, row: number): number {
    const edges = batch.sackCount(row) * 2;
    const chunk = (count & CHUNK_MASK) === 0 ? this.#extend(last) : last;
    const at = this.#placeOf(chunk, count);
    const words = this.#pages[chunk >> PAGE_BITS];
    const sourceAt = row * ROW_WORDS + Word.SACK;
    for (let i = 0; i < edges; i++) words[at + i] = batch.words[sourceAt + i];
    return chunk;
  }

  /** The segments in the `count` rows of a list, oldest first. */
  read(first: number, count: number): Segment[] {
    const segments: Segment[] = [];
    let chunk = first;
    for (let i = 0; i < count; i++) {
      if (i > 0 && i % CHUNK_ROWS === 0) chunk = this.#next(chunk);
      const page = this.#pages[chunk >> PAGE_BITS];
      const unsigned = this.#unsignedPages[chunk >> PAGE_BITS];
      const times = this.#timePages[chunk >> PAGE_BITS];
      const at = (chunk & PAGE_MASK) * CHUNK_WORDS + FIRST_ROW + (i & CHUNK_MASK) * SEGMENT_WORDS;
      const sackCount = (page[at + Word.FLAGS] & SACK_BITS) >>> SACK_SHIFT;
      let sack = NO_SACK;
      if (sackCount > 0) {
        i++;
        if (i % CHUNK_ROWS === 0) chunk = this.#next(chunk);
        sack = this.#readSack(chunk, i % CHUNK_ROWS, sackCount);
      }
      const from = ((page[at + Word.FLAGS] >>> FROM_SHIFT) & 1) as 0 | 1;
      segments.push(unpackSegment(page, unsigned, at, times[at >> 1], from, sack));
    }
    return segments;
  }

  /** Number of the frame in a row of a list whose rows from the last multiple of 8 on are in this chunk. */
  frameAt(chunk: number, row: number): number {
    return this.#pages[chunk >> PAGE_BITS][this.#placeOf(chunk, row) + Word.FRAME] >>> 0;
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

  /** Gives all chunks of a list back, from its first to its last. */
  close(first: number, last: number): void {
    this.#link(last, this.#free);
    this.#free = first;
  }

  #placeOf(chunk: number, row: number): number {
    return (chunk & PAGE_MASK) * CHUNK_WORDS + FIRST_ROW + (row & CHUNK_MASK) * SEGMENT_WORDS;
  }

  #next(chunk: number): number {
    return this.#pages[chunk >> PAGE_BITS][(chunk & PAGE_MASK) * CHUNK_WORDS + NEXT];
  }

  #link(chunk: number, next: number): void {
    this.#pages[chunk >> PAGE_BITS][(chunk & PAGE_MASK) * CHUNK_WORDS + NEXT] = next;
  }

  #readSack(chunk: number, place: number, ranges: number): readonly number[] {
    const at = (chunk & PAGE_MASK) * CHUNK_WORDS + FIRST_ROW + place * SEGMENT_WORDS;
    const edges: number[] = [];
    for (let i = 0; i < ranges * 2; i++) edges.push(this.#pages[chunk >> PAGE_BITS][at + i] >>> 0);
    return edges;
  }

  #extend(last: number): number {
    const chunk = this.#takeChunk();
    this.#link(last, chunk);
    return chunk;
  }

  #takeChunk(): number {
    let chunk = this.#free;
    if (chunk !== NONE) this.#free = this.#next(chunk);
    else {
      chunk = this.#used++;
      if (chunk >> PAGE_BITS === this.#pages.length) {
        const page = new Int32Array((1 << PAGE_BITS) * CHUNK_WORDS);
        this.#pages.push(page);
        this.#unsignedPages.push(new Uint32Array(page.buffer));
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
