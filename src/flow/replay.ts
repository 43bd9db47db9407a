/** Takes the rows of a plain connection through the machine, with what was dropped between them in one stride. */
import { TcpFlag } from '../wire/batch.ts';
import type { Connection } from './connection.ts';
import type { Flow } from './flow.ts';
import { largerOf, type Middle } from './middle.ts';
import type { Segment } from './segment.ts';

/** Octets in one synthetic stride, far below half the sequence space. */
const STRIDE_BYTES = 1 << 28;

/** Brings a new flow to where it would be had it seen every segment. */
export function replay(flow: Flow, { rows, middle }: { rows: readonly Segment[]; middle: Middle | null }): void {
  for (let i = 0; i < rows.length; i++) {
    if (i === middle?.afterRow && flow.current !== null) skip(flow.current, middle);
    flow.take(rows[i]);
  }
}

/** What plain data and acknowledgments change in a connection that is open: numbers and counters. */
function skip(connection: Connection, middle: Middle): void {
  for (const index of [0, 1] as const) {
    const end = connection.ends[index];
    const segments = middle.segments[index];
    const largest = middle.largest[index];
    if (largest === null) continue;
    let left = middle.payloadBytes[index];
    for (let seq = end.nxt; left > 0; ) {
      const payloadBytes = Math.min(left, STRIDE_BYTES);
      connection.zeek.segment(index, TcpFlag.ACK, seq | 0, end.ackHigh | 0, payloadBytes, middle.window[index]);
      seq = (seq + payloadBytes) >>> 0;
      left -= payloadBytes;
    }
    end.segments += segments;
    end.payloadBytes += middle.payloadBytes[index];
    end.uniquePayloadBytes += middle.payloadBytes[index];
    if (largest.payloadBytes > 0) end.largest = largerOf(end.largest, largest);
    end.nxt = middle.nxt[index];
    if (middle.payloadBytes[index] > 0) end.noteText(middle.nxt[index]);
    end.contiguous = middle.nxt[index];
    end.ackHigh = middle.ack[index];
    end.lastWindow = middle.window[index];
    end.lastSentNanos = Math.max(end.lastSentNanos, middle.lastNanos[index]);
    connection.segmentCount += segments;
    connection.lastNanos = Math.max(connection.lastNanos, middle.lastNanos[index]);
  }
  connection.lastFrame = Math.max(connection.lastFrame, middle.lastFrame);
}
