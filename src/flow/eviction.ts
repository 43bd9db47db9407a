/** Which connections go when there are too many. */

/** How many connections may be tracked at a time. */
export interface ConnectionLimit {
  readonly maxConnections: number;
  /** A connection is given up because there are too many; it is handed over next. */
  onEvict(isOver: boolean): void;
}

/** When there are too many connections, this part of them goes at once, so that it is seldom asked which ones. */
const EVICTED_PART = 16;

/** How many have to go; 0 or less when there is room. */
export function excessOf(count: number, { maxConnections }: ConnectionLimit): number {
  return count <= maxConnections ? 0 : count - maxConnections + Math.floor(maxConnections / EVICTED_PART);
}

/** The `count` entries with the earliest times, the earliest first; equal ones in the order given. `nanos` goes with `entries`. */
export function earliest(entries: Int32Array, nanos: Float64Array, count: number): number[] {
  if (count <= 0) return [];
  const limit = count >= entries.length ? Number.POSITIVE_INFINITY : nthSmallest(nanos.slice(), count - 1);
  const chosen: number[] = [];
  let ties = count;
  for (const time of nanos) if (time < limit) ties--;
  for (let index = 0; index < entries.length; index++) {
    if (nanos[index] < limit || (nanos[index] === limit && ties-- > 0)) chosen.push(index);
  }
  return chosen.sort((a, b) => nanos[a] - nanos[b] || a - b).map((index) => entries[index]);
}

/** The value that would be at index `n` were the values in order; they are moved about (Hoare's selection). */
function nthSmallest(values: Float64Array, n: number): number {
  let first = 0;
  let last = values.length - 1;
  while (first < last) {
    const pivot = values[(first + last) >>> 1];
    let low = first;
    let high = last;
    while (low <= high) {
      while (values[low] < pivot) low++;
      while (values[high] > pivot) high--;
      if (low > high) break;
      const value = values[low];
      values[low++] = values[high];
      values[high--] = value;
    }
    if (n <= high) last = high;
    else if (n >= low) first = low;
    else break;
  }
  return values[n];
}
