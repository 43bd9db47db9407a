/**
 * Memory that the threads of one analysis share: batches of decoded segments, used in turn, and a few counters.
 *
 * The reading thread fills slot after slot; every thread goes through all slots in order, and looks at the rows of its
 * own buckets only if there are several. A slot is filled again once all threads are done with it.
 */
import type { Annotations } from '../../annotations.ts';
import type { TimeBase } from '../../base/time.ts';
import type { RunCore } from '../../core/core.ts';
import type { ResolvedName } from '../../source/packet.ts';
import type { ReadProgress } from '../../source/session.ts';
import { BATCH_BYTES, BATCH_ROWS, type IcmpError, SegmentBatch } from '../../wire/batch.ts';

/** Batches on their way, 8 MB: enough that a thread that starts, or collects garbage, holds nobody up. */
const SLOTS = 64;
const HEAD_BYTES = 64;
const EXTRA_BYTES = HEAD_BYTES + BATCH_ROWS * 5;
const SLOT_BYTES = BATCH_BYTES + EXTRA_BYTES;
/** Batches of which the reader hears at once: it never sleeps unless there are more than that to be gone through. */
const BATCHES_A_NEWS = 16;
/** Results that a thread may be ahead of the one that puts them together. */
const MAX_CHUNKS_AHEAD = 12;

/** Words of the control block; `PER_THREAD` more for each thread. */
const Control = { FILLED: 0, STATE: 1, TO_THREADS: 2, TO_READER: 3, PER_THREAD: 8 } as const;
const PerThread = { DONE: 0, SENT: 1, TAKEN: 2, WORDS: 4 } as const;
const State = { READING: 0, ENDED: 1, ABORTED: 2, REFUSED: 3 } as const;
/** Numbers in the control block: when the capture ends, what its times count from, and how far reading has come. */
const Number64 = { END_NANOS: 0, EPOCH_SECONDS: 1, BYTES_READ: 2, TOTAL_BYTES: 3 } as const;
const NUMBERS = 4;
/** Whoever waits looks about now and then, milliseconds. */
const LONGEST_WAIT = 20;

/** What the threads are given to see the same memory. */
export interface RingMemory {
  readonly control: SharedArrayBuffer;
  readonly numbers: SharedArrayBuffer;
  /** Memory with the slots, and where in it they begin. */
  readonly slots: ArrayBufferLike;
  readonly slotsAt: number;
}

/** One batch and what belongs to its rows. */
export interface Slot {
  readonly batch: SegmentBatch;
  /** Bucket of each row. */
  readonly buckets: Uint8Array;
  /** Tunnel path of each row, if `hasTunnels`; 0 when it came through none. */
  readonly tunnels: Int32Array;
  /** Rows; whether something about the slot was sent by message; whether a row has a tunnel. */
  readonly head: Int32Array;
}

export const SlotHead = { ROWS: 0, HAS_MESSAGE: 1, HAS_TUNNELS: 2 } as const;

/** What belongs to a batch and is too rare for memory of its own. */
export interface SlotMessage {
  readonly icmpErrors: readonly IcmpError[];
  readonly names: readonly ResolvedName[];
}

/** The batch of a slot that was filled; what was sent with it, and the tunnels of its rows, are noted. */
export function openFilled(
  { batch, head, tunnels }: Slot,
  message: SlotMessage | null,
  annotations: Annotations,
): SegmentBatch {
  batch.count = head[SlotHead.ROWS];
  batch.icmpErrors.length = 0;
  if (message !== null) {
    batch.icmpErrors.push(...message.icmpErrors);
    for (const name of message.names) annotations.noteName(name);
  }
  if (head[SlotHead.HAS_TUNNELS] !== 0) {
    for (let row = 0; row < batch.count; row++) {
      if (tunnels[row] !== 0) annotations.noteTunnel(batch, row, tunnels[row]);
    }
  }
  return batch;
}

/** The shared memory as one thread sees it. */
export class Ring {
  readonly memory: RingMemory;
  readonly timeBase: TimeBase;
  readonly #control: Int32Array;
  readonly #numbers: Float64Array;
  readonly #slots: Slot[];
  readonly #threads: number;

  /** `threads` are those besides the reading one; the slots are in the memory of `core`, if there is one. */
  constructor(threads: number, timeBase: TimeBase, core: RunCore | null = null, memory = allocate(threads, core)) {
    this.memory = memory;
    this.timeBase = timeBase;
    this.#threads = threads;
    this.#control = new Int32Array(memory.control);
    this.#numbers = new Float64Array(memory.numbers);
    this.#slots = Array.from({ length: SLOTS }, (_, index) => openSlot(memory, index, timeBase, core));
  }

  /** The slot of a batch by its number in the capture. */
  slotOf(number: number): Slot {
    return this.#slots[number % SLOTS];
  }

  /** Batches that are ready to be gone through. */
  get filled(): number {
    return Atomics.load(this.#control, Control.FILLED);
  }

  /** Time of the last packet, once the capture is over and every batch is filled; null before. */
  get endNanos(): number | null {
    return Atomics.load(this.#control, Control.STATE) === State.ENDED ? this.#numbers[Number64.END_NANOS] : null;
  }

  get isAborted(): boolean {
    return Atomics.load(this.#control, Control.STATE) === State.ABORTED;
  }

  /** A number that changes whenever the reader has news for the threads. */
  get newsForThreads(): number {
    return Atomics.load(this.#control, Control.TO_THREADS);
  }

  /** A number that changes whenever a thread has news for the reader. */
  get newsForReader(): number {
    return Atomics.load(this.#control, Control.TO_READER);
  }

  /** Reader: makes the next batch visible. */
  publish(): void {
    this.#numbers[Number64.EPOCH_SECONDS] = this.timeBase.epochSeconds;
    Atomics.add(this.#control, Control.FILLED, 1);
    this.#tellThreads();
  }

  /** Thread: takes over what times count from. */
  updateTimeBase(): void {
    this.timeBase.epochSeconds = this.#numbers[Number64.EPOCH_SECONDS];
  }

  /** Reader: there are no more batches. */
  end(endNanos: number): void {
    this.#numbers[Number64.END_NANOS] = endNanos;
    Atomics.store(this.#control, Control.STATE, State.ENDED);
    this.#tellThreads();
  }

  /** Nobody wants to know any more. */
  abort(): void {
    Atomics.store(this.#control, Control.STATE, State.ABORTED);
    this.#tellThreads();
    this.#tellReader();
  }

  /** Thread: has no room for more; why was sent by message. False if the capture is over already. */
  refuse(): boolean {
    const before = Atomics.compareExchange(this.#control, Control.STATE, State.READING, State.REFUSED);
    this.#tellReader();
    return before === State.READING;
  }

  get isRefused(): boolean {
    return Atomics.load(this.#control, Control.STATE) === State.REFUSED;
  }

  /** How far reading has come. */
  get progress(): ReadProgress {
    return { bytesRead: this.#numbers[Number64.BYTES_READ], totalBytes: this.#numbers[Number64.TOTAL_BYTES] };
  }

  noteProgress({ bytesRead, totalBytes }: ReadProgress): void {
    this.#numbers[Number64.BYTES_READ] = bytesRead;
    this.#numbers[Number64.TOTAL_BYTES] = totalBytes;
  }

  /** Reader: whether `more` further batches could be filled at once. */
  hasRoomFor(more: number): boolean {
    const last = this.filled + more - SLOTS;
    for (let thread = 0; thread < this.#threads; thread++) {
      if (Atomics.load(this.#control, this.#word(thread, PerThread.DONE)) < last) return false;
    }
    return true;
  }

  /** Thread: is done with one more batch. The reader, whose sleep that would end, is told of several together. */
  finishBatch(thread: number): void {
    const before = Atomics.add(this.#control, this.#word(thread, PerThread.DONE), 1);
    if ((before + 1) % BATCHES_A_NEWS === 0) this.#tellReader();
  }

  /** Thread: has sent results. */
  noteSent(thread: number): void {
    Atomics.add(this.#control, this.#word(thread, PerThread.SENT), 1);
    this.#tellReader();
  }

  /** Reader: has put results of a thread to use. */
  noteTaken(thread: number): void {
    Atomics.add(this.#control, this.#word(thread, PerThread.TAKEN), 1);
    this.#tellThreads();
  }

  /** Thread: whether it is so far ahead that it has to wait before it sends more. */
  isFarAhead(thread: number): boolean {
    const sent = Atomics.load(this.#control, this.#word(thread, PerThread.SENT));
    return sent - Atomics.load(this.#control, this.#word(thread, PerThread.TAKEN)) >= MAX_CHUNKS_AHEAD;
  }

  /** Thread: sleeps until there are other news than `seen`. */
  waitForReader(seen: number): void {
    Atomics.wait(this.#control, Control.TO_THREADS, seen);
  }

  /** As `waitForReader`, at most a short time. */
  blockForReader(seen: number): void {
    Atomics.wait(this.#control, Control.TO_THREADS, seen, LONGEST_WAIT);
  }

  /** Reader: blocks until there are other news than `seen`, at most a short time. */
  blockForThreads(seen: number): void {
    Atomics.wait(this.#control, Control.TO_READER, seen, LONGEST_WAIT);
  }

  #word(thread: number, field: number): number {
    return Control.PER_THREAD + thread * PerThread.WORDS + field;
  }

  #tellThreads(): void {
    Atomics.add(this.#control, Control.TO_THREADS, 1);
    Atomics.notify(this.#control, Control.TO_THREADS);
  }

  #tellReader(): void {
    Atomics.add(this.#control, Control.TO_READER, 1);
    Atomics.notify(this.#control, Control.TO_READER);
  }
}

/** Memory for a ring; with a core its slots are there, so that it need not copy them. */
function allocate(threads: number, core: RunCore | null): RingMemory {
  const block = core?.openBlock(SLOTS * SLOT_BYTES);
  return {
    control: new SharedArrayBuffer(4 * (Control.PER_THREAD + threads * PerThread.WORDS)),
    numbers: new SharedArrayBuffer(8 * NUMBERS),
    slots: block?.buffer ?? new SharedArrayBuffer(SLOTS * SLOT_BYTES),
    slotsAt: block?.byteOffset ?? 0,
  };
}

function openSlot({ slots, slotsAt }: RingMemory, index: number, timeBase: TimeBase, core: RunCore | null): Slot {
  const at = slotsAt + index * SLOT_BYTES;
  const tunnelsAt = at + BATCH_BYTES + HEAD_BYTES;
  return {
    batch: new SegmentBatch(timeBase, slots, at, core),
    head: new Int32Array(slots, at + BATCH_BYTES, 3),
    tunnels: new Int32Array(slots, tunnelsAt, BATCH_ROWS),
    buckets: new Uint8Array(slots, tunnelsAt + 4 * BATCH_ROWS, BATCH_ROWS),
  };
}
