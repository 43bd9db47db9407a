import { type Chunk, endOfRecord, Field, RecordReader } from './records.ts';

/** Takes connections in the order in which one thread would have handed them over. */
export interface MergedTaker {
  /** `id` is the number of the connection in the capture; its text is empty if it does not pass the filter. */
  take(record: RecordReader, id: number, text: Uint8Array): void;
  /** The chunk of a thread is used up. */
  onUsed(thread: number): void;
}

const NO_TEXT = new Uint8Array(0);

/** What has arrived from one thread. */
class Lane {
  readonly chunks: Chunk[] = [];
  /** Of the first chunk: where its next record and its next text begin. */
  at = 0;
  textAt = 0;
  upTo = 0;
  isComplete = false;
  total = 0;
  /** Steps at which connections began that have no number yet. */
  opened: number[] = [];
  openedAt = 0;
  /** Number in the capture, by number in the thread less 1. */
  ids = new Uint32Array(1 << 10);
  numbered = 0;

  get nextStep(): number {
    return this.chunks.length === 0 ? Number.NaN : this.chunks[0].records[this.at + Field.STEP];
  }

  get nextId(): number {
    return this.ids[this.chunks[0].records[this.at + Field.ID] - 1];
  }

  get nextTupleId(): number {
    return this.ids[this.chunks[0].records[this.at + Field.TUPLE_ID] - 1];
  }

  get nextOpened(): number {
    return this.openedAt < this.opened.length ? this.opened[this.openedAt] : Number.POSITIVE_INFINITY;
  }

  giveNumber(id: number): void {
    if (this.numbered === this.ids.length) {
      const ids = new Uint32Array(this.ids.length * 2);
      ids.set(this.ids);
      this.ids = ids;
    }
    this.ids[this.numbered++] = id;
    this.openedAt++;
  }
}

/**
 * Puts the results of all threads in the order of one: by the place in the capture at which connections became final,
 * those left at its end by number; and numbers the connections by the place at which they began.
 */
export class Merger {
  readonly #lanes: Lane[];
  readonly #taker: MergedTaker;
  readonly #reader = new RecordReader();
  #lastId = 0;

  constructor(threads: number, taker: MergedTaker) {
    this.#lanes = Array.from({ length: threads }, () => new Lane());
    this.#taker = taker;
  }

  add(thread: number, chunk: Chunk): void {
    const lane = this.#lanes[thread];
    if (lane.openedAt > 0) {
      lane.opened = lane.opened.slice(lane.openedAt);
      lane.openedAt = 0;
    }
    for (const step of chunk.opened) lane.opened.push(step);
    lane.upTo = chunk.upTo;
    lane.isComplete = chunk.isLast;
    lane.total = chunk.total;
    if (chunk.records.length > 0) lane.chunks.push(chunk);
    else this.#taker.onUsed(thread);
  }

  /** Chunks of a thread that wait. */
  waiting(thread: number): number {
    return this.#lanes[thread].chunks.length;
  }

  /** Whether everything has arrived and was handed on. */
  get isDone(): boolean {
    return this.#lanes.every((lane) => lane.isComplete && lane.chunks.length === 0);
  }

  /** Connections that all threads have seen. */
  get total(): number {
    return this.#lanes.reduce((sum, lane) => sum + lane.total, 0);
  }

  /** Hands on what nothing that is still to come belongs before. */
  advance(): void {
    const upTo = this.#lanes.reduce((least, lane) => Math.min(least, lane.upTo), Number.POSITIVE_INFINITY);
    this.#number(upTo);
    for (;;) {
      const thread = upTo === Number.POSITIVE_INFINITY ? this.#nextAtEnd() : this.#nextBefore(upTo);
      if (thread === -1) return;
      this.#handOn(thread);
    }
  }

  /** Numbers the connections that began before a step. */
  #number(upTo: number): void {
    for (;;) {
      let first = this.#lanes[0];
      for (const lane of this.#lanes) if (lane.nextOpened < first.nextOpened) first = lane;
      if (first.nextOpened >= upTo) return;
      first.giveNumber(++this.#lastId);
    }
  }

  #nextBefore(upTo: number): number {
    let next = -1;
    let nextStep = upTo;
    for (let thread = 0; thread < this.#lanes.length; thread++) {
      const step = this.#lanes[thread].nextStep;
      if (!(step < nextStep)) continue;
      next = thread;
      nextStep = step;
    }
    return next;
  }

  /** As `#nextBefore`, once no thread has anything to come but what was left at the end; -1 while one has to be waited for. */
  #nextAtEnd(): number {
    let next = -1;
    for (let thread = 0; thread < this.#lanes.length; thread++) {
      const lane = this.#lanes[thread];
      if (lane.chunks.length === 0) {
        if (!lane.isComplete) return -1;
      } else if (next === -1 || isBefore(lane, this.#lanes[next])) next = thread;
    }
    return next;
  }

  #handOn(thread: number): void {
    const lane = this.#lanes[thread];
    const [chunk] = lane.chunks;
    const { records, text } = chunk;
    this.#reader.seek(records, lane.at);
    const textEnd = records[lane.at + Field.TEXT_END];
    this.#taker.take(this.#reader, lane.nextId, text?.subarray(lane.textAt, textEnd) ?? NO_TEXT);
    if (textEnd > 0) lane.textAt = textEnd;
    lane.at = endOfRecord(records, lane.at);
    if (lane.at < records.length) return;
    lane.chunks.shift();
    lane.at = 0;
    lane.textAt = 0;
    this.#taker.onUsed(thread);
  }
}

function isBefore(a: Lane, b: Lane): boolean {
  if (a.nextStep !== b.nextStep) return a.nextStep < b.nextStep;
  return a.nextTupleId < b.nextTupleId;
}
