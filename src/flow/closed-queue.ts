import { BUCKETS } from './bucket.ts';
import { NO_ENTRY } from './table.ts';

/** Entries whose connection is over are kept, for stray segments, until a bucket has more of them than this. */
export const MAX_CLOSED_IN_BUCKET = 512;
export const NO_BUCKET = -1;

/** First in, first out; the room of what was taken is used again. */
class Queue {
  entries: number[] = [];
  /** When each was added, nanoseconds. */
  addedNanos: number[] = [];
  first = 0;

  get count(): number {
    return this.entries.length - this.first;
  }
}

/** Entries whose connection is over, by bucket, in the order in which that was seen. */
export class ClosedQueue {
  /** A bucket that got too many; `NO_BUCKET` when none did since `settle`. */
  overfull = NO_BUCKET;
  readonly #queues = Array.from({ length: BUCKETS }, () => new Queue());

  add(bucket: number, entry: number, nowNanos: number): void {
    const queue = this.#queues[bucket];
    queue.entries.push(entry);
    queue.addedNanos.push(nowNanos);
    if (queue.count > MAX_CLOSED_IN_BUCKET) this.overfull = bucket;
  }

  /** Tells that there are no more to be taken from the bucket that was overfull. */
  settle(): void {
    this.overfull = NO_BUCKET;
  }

  /** Whether a bucket holds more than it should. */
  isOverfull(bucket: number): boolean {
    return this.#queues[bucket].count > MAX_CLOSED_IN_BUCKET;
  }

  /** Takes out the entry that waits longest of all; `NO_ENTRY` when there is none. */
  takeOldestOfAll(): number {
    let bucket = NO_BUCKET;
    let oldestNanos = Number.POSITIVE_INFINITY;
    for (const [index, queue] of this.#queues.entries()) {
      if (queue.count === 0 || queue.addedNanos[queue.first] >= oldestNanos) continue;
      bucket = index;
      oldestNanos = queue.addedNanos[queue.first];
    }
    return bucket === NO_BUCKET ? NO_ENTRY : this.takeOldest(bucket, oldestNanos);
  }

  /** Takes the entry out that waits longest in a bucket, if it was added at or before a time; else `NO_ENTRY`. */
  takeOldest(bucket: number, horizonNanos: number): number {
    const queue = this.#queues[bucket];
    if (queue.count === 0 || queue.addedNanos[queue.first] > horizonNanos) return NO_ENTRY;
    const entry = queue.entries[queue.first++];
    if (queue.first * 2 > queue.entries.length && queue.first > MAX_CLOSED_IN_BUCKET / 2) {
      queue.entries.splice(0, queue.first);
      queue.addedNanos.splice(0, queue.first);
      queue.first = 0;
    }
    return entry;
  }
}
