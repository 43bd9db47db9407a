/** Long runs of plain segments, of which only the sum is kept. */
import type { Segment } from './segment.ts';

/** What a long run of plain segments amounts to, once its rows were dropped. */
export interface Middle {
  /** Rows kept before it. */
  readonly afterRow: number;
  /** For ends 0 and 1: segments, payload octets. */
  readonly segments: [number, number];
  readonly payloadBytes: [number, number];
  /** Numbers after the run. */
  readonly nxt: [number, number];
  readonly ack: [number, number];
  readonly window: [number, number];
  readonly lastNanos: [number, number];
  /** The segments with the most payload. */
  readonly largest: [Segment | null, Segment | null];
  lastFrame: number;
}

/** An empty one. */
export function newMiddle(afterRow: number): Middle {
  return {
    afterRow,
    segments: [0, 0],
    payloadBytes: [0, 0],
    nxt: [-1, -1],
    ack: [-1, -1],
    window: [0, 0],
    lastNanos: [0, 0],
    largest: [null, null],
    lastFrame: 0,
  };
}

/** Adds up one more segment. */
export function addToMiddle(middle: Middle, row: Segment): void {
  const { from } = row;
  middle.segments[from]++;
  middle.payloadBytes[from] += row.payloadBytes;
  middle.nxt[from] = (row.seq + row.payloadBytes) >>> 0;
  middle.ack[from] = row.ack;
  middle.window[from] = row.window;
  middle.lastNanos[from] = row.timeNanos;
  middle.largest[from] = largerOf(middle.largest[from], row);
  middle.lastFrame = Math.max(middle.lastFrame, row.frame);
}

/** The earlier segment, if there is one, unless the later one holds more payload. */
export function largerOf(earlier: Segment | null, later: Segment): Segment {
  return earlier === null || later.payloadBytes > earlier.payloadBytes ? later : earlier;
}
