/** Takes the rows of a plain connection through the machine, with what was dropped between them in one stride. */
import { TcpFlag } from '../wire/batch.ts';
import type { Connection } from './connection.ts';
import { Flow, type FlowContext } from './flow.ts';
import { largerOf, type Middle } from './middle.ts';
import type { PlainLane } from './plain-lane.ts';
import type { Segment } from './segment.ts';
import { NO_ENTRY, type TupleTable } from './table.ts';

/** Octets in one synthetic stride, far below half the sequence space. */
const STRIDE_BYTES = 1 << 28;

/** Takes whole tuples through the machine: a plain connection, and those before it that are kept. */
export class Replays {
  readonly #table: TupleTable;
  readonly #plain: PlainLane;
  readonly #context: FlowContext;
  /** Whether the connection before the one whose rows are taken in was handed over. */
  isBehindFinal = false;

  constructor(table: TupleTable, plain: PlainLane, context: FlowContext) {
    this.#table = table;
    this.#plain = plain;
    this.#context = context;
  }

  /** Number of the plain connection at an entry. */
  idOf(entry: number): number {
    const { formers } = this.#plain;
    const former = formers.of(entry);
    return former === NO_ENTRY ? this.#table.idOf(entry) : formers.nextIdOf(former);
  }

  /** The flow of the tuple at an entry, which stays as it is. */
  take(entry: number): Flow {
    const { formers } = this.#plain;
    const parts = [entry];
    for (let part = formers.of(entry); part !== NO_ENTRY; part = formers.of(part)) parts.unshift(part);
    const id = parts.length === 1 ? this.#table.idOf(entry) : formers.idOf(parts[0]);
    const ports = this.#table.portsOf(entry);
    const flow = new Flow(ports >>> 16, ports & 0xffff, false, this.#context, id);
    const { nextId } = this.#context;
    for (let i = 0; i < parts.length; i++) {
      if (i > 0) {
        this.isBehindFinal = formers.isFinal(parts[i - 1]);
        this.#context.nextId = formers.nextIdOf(parts[i - 1]);
      }
      replay(flow, this.#plain.rowsOf(parts[i]));
    }
    this.isBehindFinal = false;
    // They had their numbers already.
    this.#context.nextId = nextId;
    return flow;
  }
}

/** Brings a flow to where it would be had it seen every segment. */
function replay(flow: Flow, { rows, middle }: { rows: readonly Segment[]; middle: Middle | null }): void {
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
