import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Core } from '../../src/core/core.ts';
import { CHUNK_ROWS, OWN_ROWS } from '../../src/core/layout.ts';
import type { Segment } from '../../src/flow/segment.ts';
import { SegmentLog } from '../../src/flow/segment-log.ts';
import { SegmentBatch } from '../../src/wire/batch.ts';
import { putSegment } from '../support/batch.ts';

const anyUint = (bits: number): fc.Arbitrary<number> =>
  fc.oneof(fc.integer({ min: 0, max: 2 ** bits - 1 }), fc.constantFrom(0, 2 ** (bits - 1), 2 ** bits - 1));

const anySegment: fc.Arbitrary<Segment> = fc.record({
  frame: anyUint(32),
  timeNanos: fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer({ min: 0 }).map((n) => n * 1e6),
  ),
  from: fc.constantFrom(0 as const, 1 as const),
  flags: anyUint(9),
  seq: anyUint(32),
  ack: anyUint(32),
  payloadBytes: anyUint(32),
  window: anyUint(16),
  ttl: anyUint(8),
  ipId: anyUint(16),
  checksum: anyUint(16),
  options: anyUint(8),
  mss: anyUint(16),
  windowScale: anyUint(8),
  tsVal: anyUint(32),
  tsEcr: anyUint(32),
  sack: fc.oneof(
    { weight: 3, arbitrary: fc.constant<number[]>([]) },
    fc.array(fc.tuple(anyUint(32), anyUint(32)), { minLength: 1, maxLength: 4 }).map((ranges) => ranges.flat()),
  ),
  origin: anyUint(5),
});

const ROW = 5;
const ROW_BYTES = 128;

/** A log, and the core that appends to it. */
class Writer {
  readonly core = new Core();
  readonly log = new SegmentLog(this.core);
  readonly batch = SegmentBatch.of(this.core, { epochSeconds: 0 });
  readonly rowAt = this.core.rowsAt + ROW * ROW_BYTES;
}

/** One list of a log, and what it should hold. */
class List {
  readonly segments: Segment[] = [];
  readonly #writer: Writer;
  readonly first: number;
  last: number;
  rows = 0;
  #isMoved = false;

  constructor(writer: Writer) {
    this.#writer = writer;
    this.first = writer.core.exports.takeChunk();
    this.last = this.first;
  }

  append(segment: Segment): void {
    const { core, batch, rowAt } = this.#writer;
    putSegment(batch, ROW, segment);
    if (this.#isMoved) this.last = core.exports.bringBack(this.first, this.rows);
    this.#isMoved = false;
    this.last = core.exports.append(this.last, this.rows++, rowAt, segment.from);
    if (segment.sack.length > 0) this.last = core.exports.appendSack(this.last, this.rows++, rowAt);
    this.segments.push(segment);
  }

  move(): void {
    if (this.#isMoved || this.rows <= OWN_ROWS) return;
    const last = this.#writer.core.exports.moveLog(this.first, this.rows);
    this.#isMoved = last !== 0;
    if (this.#isMoved) this.last = last;
  }

  close(): void {
    const { exports } = this.#writer.core;
    if (this.#isMoved) exports.closeMoved(this.first);
    else exports.closeLog(this.first, this.last);
    exports.releaseChunk(this.first);
  }

  check(): void {
    expect(this.#writer.log.read(this.first, this.rows)).toEqual(this.segments);
  }
}

describe('the log of segments', () => {
  it('gives back what was put in, whatever the values', () => {
    fc.assert(
      fc.property(fc.array(anySegment, { maxLength: 40 }), (segments) => {
        const list = new List(new Writer());
        for (const segment of segments) list.append(segment);
        list.check();
      }),
    );
  });

  it('keeps lists apart that grow together, also in chunks that others gave back', () => {
    const anyStep = fc.record({
      list: fc.nat({ max: 7 }),
      action: fc.constantFrom('append', 'append', 'append', 'append', 'append', 'append', 'move', 'close'),
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(anyStep, anySegment), { maxLength: 300 }), (steps) => {
        const writer = new Writer();
        const lists = new Map<number, List>();
        for (const [{ list, action }, segment] of steps) {
          const known = lists.get(list) ?? new List(writer);
          lists.set(list, known);
          if (action === 'append') known.append(segment);
          else if (action === 'move') known.move();
          else {
            known.close();
            lists.delete(list);
          }
        }
        for (const list of lists.values()) list.check();
      }),
      { numRuns: 50 },
    );
  });

  it('drops whole chunks out of the middle and goes on at the end', () => {
    const anyPlain = anySegment.map((segment) => ({ ...segment, sack: [] }));
    fc.assert(
      fc.property(
        fc.array(anyPlain, { minLength: 24, maxLength: 80 }),
        fc.array(anySegment, { maxLength: 20 }),
        fc.nat(),
        fc.nat(),
        (segments, later, a, b) => {
          const writer = new Writer();
          const list = new List(writer);
          for (const segment of segments) list.append(segment);
          // The last chunk stays, and so does the first.
          const chunks = Math.ceil((segments.length - OWN_ROWS) / CHUNK_ROWS);
          const [from, to] = [a % chunks, b % chunks].sort((x, y) => x - y).map((n) => OWN_ROWS + n * CHUNK_ROWS);
          writer.log.drop(list.first, from, to);
          list.segments.splice(from, to - from);
          list.rows -= to - from;
          const other = new List(writer);
          for (const segment of later) other.append(segment);
          for (const segment of later) list.append(segment);
          list.check();
          other.check();
        },
      ),
      { numRuns: 60 },
    );
  });

  it('takes no more memory for lists that are moved and go, however long they are', () => {
    const writer = new Writer();
    const [segment] = fc.sample(anySegment, { numRuns: 1, seed: 8 });
    const waiting: List[] = [];
    const bytesAfter = (lists: number): number => {
      for (let i = 0; i < lists; i++) {
        const list = new List(writer);
        for (let row = 0; row < 3 + (i % 200); row++) list.append({ ...segment, sack: [] });
        list.move();
        waiting.push(list);
        if (waiting.length > 100) waiting.shift()?.close();
      }
      return writer.core.words.byteLength;
    };
    const bytes = bytesAfter(400);
    expect(bytesAfter(3000)).toBe(bytes);
    for (const list of waiting) list.check();
  });

  it('has no more rows of a list that was moved than there are', () => {
    const writer = new Writer();
    const [segment] = fc.sample(anySegment, { numRuns: 1, seed: 9 });
    const lists = [3, 10, 11, 18, 19, 166].map((rows) => {
      const list = new List(writer);
      for (let row = 0; row < rows; row++) list.append({ ...segment, sack: [], seq: row });
      return list;
    });
    for (const list of lists) list.move();
    for (const list of lists) list.check();
    for (const list of lists) list.append(segment);
    for (const list of lists) list.check();
  });

  it('spans pages', () => {
    const writer = new Writer();
    const [segment] = fc.sample(anySegment, { numRuns: 1, seed: 7 });
    const lists = Array.from({ length: 300 }, () => new List(writer));
    for (let i = 0; i < 60; i++) for (const list of lists) list.append({ ...segment, sack: [], seq: i });
    for (const list of lists) list.check();
  });
});
