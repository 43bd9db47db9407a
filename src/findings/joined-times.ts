/** When things happened, in whatever order they are told: exactly as long as they are few, by the second when they are many. */

const SECOND_NANOS = 1e9;
/** Seconds are counted side by side in blocks of so many, two to the power of the first. */
const BLOCK_BITS = 8;
const BLOCK_SECONDS = 1 << BLOCK_BITS;
/** Blocks that are kept: a fortnight if all are in use. */
const MAX_BLOCKS = 4096;

/** The most within a window, and the time that these took, nanoseconds. */
export interface Dense {
  readonly most: number;
  readonly nanos: number;
}

export class Times {
  /** How many there were. */
  count = 0;
  readonly #most: number;
  readonly #exact: number[] = [];
  /** How many by second, once there are too many for their times. */
  #seconds: Seconds | null = null;

  /** Times are nanoseconds; up to `most` are kept as they are. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Whether all are known exactly. */
  get isExact(): boolean {
    return this.#seconds === null;
  }

  /** @hot */
  add(nanos: number): void {
    this.count++;
    if (this.#seconds !== null) this.#seconds.add(nanos);
    else if (this.#exact.push(nanos) > this.#most) {
      this.#seconds = new Seconds();
      for (const time of this.#exact) this.#seconds.add(time);
      this.#exact.length = 0;
    }
  }

  /** How many there were between two times, both not included; at least so many unless all are known exactly. */
  countBetween(first: number, last: number): number {
    if (this.#seconds === null) return this.#exact.filter((time) => time > first && time < last).length;
    let sum = 0;
    for (const [second, times] of this.#seconds.all()) {
      if (second * SECOND_NANOS > first && (second + 1) * SECOND_NANOS <= last) sum += times;
    }
    return sum;
  }

  /** The most within so many nanoseconds; without those of seconds that are only in part. */
  densest(windowNanos: number): Dense {
    if (this.#seconds === null) return densestOf(this.#exact, windowNanos);
    const seconds = this.#seconds.all().sort(([a], [b]) => a - b);
    let best: Dense = { most: 0, nanos: 0 };
    let most = 0;
    for (let last = 0, first = 0; last < seconds.length; last++) {
      most += seconds[last][1];
      for (; nanosOf(seconds[first][0], seconds[last][0]) > windowNanos; first++) most -= seconds[first][1];
      if (most > best.most) best = { most, nanos: nanosOf(seconds[first][0], seconds[last][0]) };
    }
    return best;
  }
}

/** How many by second. */
class Seconds {
  readonly #blocks = new Map<number, Int32Array>();
  /** The block of the latest one: the next one is most likely in it. */
  #number = 0;
  #block: Int32Array | undefined;

  add(nanos: number): void {
    const second = Math.floor(nanos / SECOND_NANOS);
    const number = second >> BLOCK_BITS;
    if (number !== this.#number || this.#block === undefined) {
      this.#number = number;
      this.#block = this.#blockOf(number);
    }
    if (this.#block !== undefined) this.#block[second & (BLOCK_SECONDS - 1)]++;
  }

  /** Undefined if there are too many. */
  #blockOf(number: number): Int32Array | undefined {
    const known = this.#blocks.get(number);
    if (known !== undefined || this.#blocks.size === MAX_BLOCKS) return known;
    const fresh = new Int32Array(BLOCK_SECONDS);
    this.#blocks.set(number, fresh);
    return fresh;
  }

  /** Seconds, and how many in each, in no order. */
  all(): [number, number][] {
    return [...this.#blocks].flatMap(([number, block]) =>
      Array.from(block, (times, at): [number, number] => [(number << BLOCK_BITS) + at, times]).filter(
        ([, times]) => times > 0,
      ),
    );
  }
}

/** Time from the beginning of one second to the end of another. */
function nanosOf(first: number, last: number): number {
  return (last - first + 1) * SECOND_NANOS;
}

function densestOf(times: number[], windowNanos: number): Dense {
  times.sort((a, b) => a - b);
  let most = 0;
  let nanos = 0;
  for (let last = 0, first = 0; last < times.length; last++) {
    while (times[last] - times[first] > windowNanos) first++;
    if (last - first < most) continue;
    most = last - first + 1;
    nanos = times[last] - times[first];
  }
  return { most, nanos };
}
