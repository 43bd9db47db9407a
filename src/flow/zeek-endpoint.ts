/**
 * What Zeek remembers of one end of a connection: an observer's state, the sequence space, and which octets it has seen.
 *
 * All positions are 32-bit signed integers (wrapping); comparisons are signed differences, so a connection of any length
 * works as long as two compared positions are less than 2 GiB apart.
 *
 *     start        reassembled        lo    hi       lo    hi        last
 *       |== seen =====|.... hole .....|=seen=|...hole...|=seen=|        seq ->
 *
 * Left out: Zeek's 64-bit wrap counters, its memory limits (10 MB without an ACK, 16 KB above a first hole) and content.
 */

/** Zeek's states of an end; the numbers are ours. */
export const ZeekState = {
  INACTIVE: 0,
  SYN_SENT: 1,
  SYN_ACK_SENT: 2,
  PARTIAL: 3,
  ESTABLISHED: 4,
  CLOSED: 5,
  RESET: 6,
} as const;
export type ZeekState = (typeof ZeekState)[keyof typeof ZeekState];

/** Ranges kept above the first hole of an end; a further one is merged into its neighbour. */
const MAX_RANGES = 16;

/** One end of a connection in Zeek's terms. */
export class ZeekEndpoint {
  state: ZeekState = ZeekState.INACTIVE;
  previousState: ZeekState = ZeekState.INACTIVE;
  /** Sequence number of the SYN, or of the octet before the first one seen. */
  start = 0;
  /** One past the highest sequence number sent. */
  last = 0;
  /** Highest acknowledgement the peer has sent for this end. */
  acked = 0;
  /** Relative position one past the FIN; only with `finSeen`. */
  finEnd = 0;
  finSeen = false;
  /** Relative positions of the last SYN, FIN and RST that the history took note of. */
  lastSyn = 0;
  lastFin = 0;
  lastRst = 0;
  retransmissions = 0;
  zeroWindows = 0;
  gaps = 0;
  /** Relative position up to which every octet was seen or given up. */
  reassembled = 1;
  /** Relative position up to which octets were acknowledged and forgotten. */
  trimmed = 1;
  /** Ranges seen above `reassembled`, as pairs low, high (exclusive); made at the first hole. */
  private ranges: Int32Array | null = null;
  private rangeCount = 0;

  /** Enters `state`, remembering the one before. */
  enter(state: ZeekState): void {
    if (state === this.state) return;
    this.previousState = this.state;
    this.state = state;
  }

  /** Starts the sequence space at `start`, with everything before `last` sent and nothing acknowledged. */
  startAt(start: number, last: number): void {
    this.start = start | 0;
    this.acked = start | 0;
    this.last = last | 0;
  }

  /** Position of `sequence` relative to the start, wrapped to 32 bits. */
  relative(sequence: number): number {
    return (sequence - this.start) | 0;
  }

  /** True if `sequence` lies before the start, and not because it is far ahead of `reference`. */
  isBeforeStart(sequence: number, reference: number): boolean {
    return ((sequence - this.start) | 0) < 0 && ((sequence - reference) | 0) < 0;
  }

  /** Established, or closed by a FIN after having been established. */
  isClean(): boolean {
    return (
      this.state === ZeekState.ESTABLISHED ||
      (this.state === ZeekState.CLOSED && this.previousState === ZeekState.ESTABLISHED)
    );
  }

  /** True if, by sequence numbers, no payload was sent and none acknowledged. */
  hasSentNothing(): boolean {
    const sent = this.relative(this.last);
    const acknowledged = this.relative(this.acked);
    const octets = Math.max(sent, acknowledged);
    return octets <= 1 + (this.finSeen ? 1 : 0);
  }

  /** Takes in payload at the relative positions `low` to `high` (exclusive). */
  addPayload(low: number, high: number): void {
    if (low === this.reassembled && this.rangeCount === 0) {
      this.reassembled = high;
      return;
    }
    const from = Math.max(low, this.relative(this.acked), this.trimmed);
    if (high <= from) return;
    if (from > this.reassembled) this.insertRange(from, high);
    else if (high > this.reassembled) {
      this.reassembled = high;
      this.absorbRanges();
    }
  }

  /**
   * Takes in an acknowledgement of this end's octets up to the relative position `position`.
   *
   * Returns how many holes below it were never seen.
   */
  addAcknowledgement(position: number): number {
    const upTo = this.finSeen && position >= this.finEnd ? this.finEnd - 1 : position;
    if (upTo <= this.trimmed) return 0;
    if (upTo <= this.reassembled) {
      this.trimmed = upTo;
      return 0;
    }
    let holes = 0;
    while (upTo > this.reassembled) {
      holes++;
      const low = this.rangeCount > 0 ? (this.ranges as Int32Array)[0] : upTo;
      this.reassembled = Math.min(low, upTo);
      this.absorbRanges();
    }
    this.trimmed = upTo;
    return holes;
  }

  private absorbRanges(): void {
    const ranges = this.ranges;
    if (ranges === null) return;
    let taken = 0;
    while (taken < this.rangeCount && ranges[2 * taken] <= this.reassembled) {
      this.reassembled = Math.max(this.reassembled, ranges[2 * taken + 1]);
      taken++;
    }
    if (taken === 0) return;
    ranges.copyWithin(0, 2 * taken, 2 * this.rangeCount);
    this.rangeCount -= taken;
  }

  private insertRange(low: number, high: number): void {
    this.ranges ??= new Int32Array(2 * MAX_RANGES);
    const ranges = this.ranges;
    let index = 0;
    while (index < this.rangeCount && ranges[2 * index + 1] < low) index++;
    let end = index;
    let mergedLow = low;
    let mergedHigh = high;
    while (end < this.rangeCount && ranges[2 * end] <= mergedHigh) {
      mergedLow = Math.min(mergedLow, ranges[2 * end]);
      mergedHigh = Math.max(mergedHigh, ranges[2 * end + 1]);
      end++;
    }
    if (end === index && this.rangeCount === MAX_RANGES) {
      this.widenNeighbour(Math.min(index, MAX_RANGES - 1), low, high);
      return;
    }
    ranges.copyWithin(2 * index + 2, 2 * end, 2 * this.rangeCount);
    ranges[2 * index] = mergedLow;
    ranges[2 * index + 1] = mergedHigh;
    this.rangeCount += 1 - (end - index);
  }

  private widenNeighbour(index: number, low: number, high: number): void {
    const ranges = this.ranges as Int32Array;
    ranges[2 * index] = Math.min(ranges[2 * index], low);
    ranges[2 * index + 1] = Math.max(ranges[2 * index + 1], high);
  }
}
