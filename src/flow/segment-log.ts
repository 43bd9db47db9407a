import type { Core } from '../core/core.ts';
import { CHUNK_NEXT, CHUNK_ROWS, FIRST_PLACE, OWN_ROWS } from '../core/layout.ts';
import { readEdges, SACK_BITS, SACK_SHIFT, SEGMENT_WORDS, Word } from '../wire/batch.ts';
import { NO_SACK, type Segment, unpackSegment } from './segment.ts';

/** Which end sent it: a bit of the word with the flags. */
export const FROM_SHIFT = 16;
const CHUNK_MASK = CHUNK_ROWS - 1;
const NEXT = CHUNK_NEXT >> 2;

/**
 * Segments of many connections, each a list of chunks of packed rows: the first words of the rows of a batch, and which
 * end sent it beside the flags. The edges of SACK ranges take the row behind. The first two rows are in the entry, where
 * the end of a chunk would have them, the others in chunks out of one pool, or one behind the other once the connection is
 * closed. The core appends (assembly/log.ts); a chunk is known by its address.
 */
export class SegmentLog {
  readonly #core: Core;

  constructor(core: Core) {
    this.#core = core;
  }

  /** The segments in the `count` rows of a list, oldest first. */
  read(first: number, count: number): Segment[] {
    const { words, unsigned, doubles } = this.#core;
    const segments: Segment[] = [];
    let chunk = first;
    for (let i = 0; i < count; i++) {
      if (beginsChunk(i)) chunk = words[(chunk >>> 2) + NEXT];
      const at = placeOf(chunk, i);
      const sackCount = (words[at + Word.FLAGS] & SACK_BITS) >>> SACK_SHIFT;
      let sack = NO_SACK;
      if (sackCount > 0) {
        i++;
        if (beginsChunk(i)) chunk = words[(chunk >>> 2) + NEXT];
        sack = readEdges(unsigned, placeOf(chunk, i), sackCount);
      }
      const from = ((words[at + Word.FLAGS] >>> FROM_SHIFT) & 1) as 0 | 1;
      segments.push(unpackSegment(words, unsigned, at, doubles[at >> 1], from, sack));
    }
    return segments;
  }

  /** Takes whole chunks out of a list: those of the rows `[fromRow, toRow)`, both the first of their chunk. */
  drop(first: number, fromRow: number, toRow: number): void {
    const { words, exports } = this.#core;
    let before = first;
    for (let row = OWN_ROWS; row < fromRow; row += CHUNK_ROWS) before = words[(before >>> 2) + NEXT];
    for (let row = fromRow; row < toRow; row += CHUNK_ROWS) {
      const gone = words[(before >>> 2) + NEXT];
      words[(before >>> 2) + NEXT] = words[(gone >>> 2) + NEXT];
      exports.releaseChunk(gone);
    }
  }
}

/** Where a row is in the words of the core. */
function placeOf(chunk: number, row: number): number {
  return (chunk >>> 2) + ((row + FIRST_PLACE) & CHUNK_MASK) * SEGMENT_WORDS;
}

/** Whether a row is the first of its chunk. */
function beginsChunk(row: number): boolean {
  return ((row + FIRST_PLACE) & CHUNK_MASK) === 0;
}
