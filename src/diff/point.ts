/** One of two points at which the same traffic was captured: its connections, and of each segment what tells it from others. */
import { Analysis, type AnalyzeOptions } from '../engine.ts';
import type { ConnectionResult } from '../report/result.ts';
import type { PacketSink } from '../source/packet.ts';
import type { CaptureReport } from '../source/reader.ts';
import { readCaptures } from '../source/session.ts';
import { SegmentBatch, TcpFlag, TcpOption } from '../wire/batch.ts';
import { Decoder } from '../wire/decode.ts';

/** A segment as one point saw it. */
export interface SeenSegment {
  readonly frame: number;
  /** Nanoseconds after the point's `epochSeconds`. */
  readonly timeNanos: number;
  readonly isFromClient: boolean;
  readonly labels: readonly string[];
  readonly flags: number;
  readonly seq: number;
  readonly ack: number;
  readonly payloadBytes: number;
  readonly window: number;
  readonly ttl: number;
  /** 0 where there is none. */
  readonly ipId: number;
  /** Null without timestamps. */
  readonly tsVal: number | null;
  readonly tsEcr: number | null;
  /** Of a SYN; null where it is not offered. */
  readonly mss: number | null;
  readonly windowScale: number | null;
  readonly sackPermitted: boolean;
}

/** A connection as one point saw it. */
export interface SeenConnection {
  readonly result: ConnectionResult;
  readonly segments: readonly SeenSegment[];
  /** Initial sequence numbers; null when no SYN was seen of that end. */
  readonly clientIsn: number | null;
  readonly serverIsn: number | null;
}

export interface Point {
  readonly path: string;
  readonly report: CaptureReport;
  readonly epochSeconds: number;
  readonly connections: readonly SeenConnection[];
}

type Row = Omit<SeenSegment, 'isFromClient' | 'labels'>;

/** Reads a capture whole; problems of the file are in the report. */
export async function readPoint(path: string, options: Omit<AnalyzeOptions, 'segments'>): Promise<Point> {
  const results: ConnectionResult[] = [];
  const handler = { onConnection: ({ build }: { build(): ConnectionResult }) => results.push(build()) };
  const analysis = new Analysis({ ...options, segments: true }, handler);
  const collector = new Collector(analysis, options.decapsulate ?? true);
  const [report] = await readCaptures([path], collector, { timeBase: analysis.timeBase });
  analysis.finish();
  results.sort((a, b) => a.id - b.id);
  const connections = results.map((result) => describe(result, collector.rows));
  return { path, report, epochSeconds: analysis.timeBase.epochSeconds, connections };
}

function describe(result: ConnectionResult, rows: ReadonlyMap<number, Row>): SeenConnection {
  const segments: SeenSegment[] = [];
  for (const { frame, from, labels } of result.segments ?? []) {
    const row = rows.get(frame);
    if (row === undefined || labels.includes('capture-duplicate')) continue;
    segments.push({ ...row, isFromClient: from === 'client', labels });
  }
  const isnOf = (isFromClient: boolean): number | null =>
    segments.find((each) => each.isFromClient === isFromClient && (each.flags & TcpFlag.SYN) !== 0)?.seq ?? null;
  return { result, segments, clientIsn: isnOf(true), serverIsn: isnOf(false) };
}

/** Hands packets to the analysis and keeps what the result does not tell of their segments. */
class Collector implements PacketSink {
  readonly rows = new Map<number, Row>();
  readonly #analysis: Analysis;
  readonly #batch = new SegmentBatch({ epochSeconds: 0 });
  readonly #decoder: Decoder;

  constructor(analysis: Analysis, decapsulate: boolean) {
    this.#analysis = analysis;
    this.#decoder = new Decoder(this.#batch, { decapsulate });
  }

  onPacket(...packet: Parameters<PacketSink['onPacket']>): void {
    this.#analysis.onPacket(...packet);
    const batch = this.#batch;
    batch.clear();
    this.#decoder.decode(...packet);
    if (batch.count > 0) this.rows.set(batch.frame(0), readRow(batch));
  }
}

function readRow(batch: SegmentBatch): Row {
  const options = batch.options(0);
  const has = (option: number): boolean => (options & option) !== 0;
  return {
    frame: batch.frame(0),
    timeNanos: batch.timeNanos(0),
    flags: batch.flags(0),
    seq: batch.seq(0),
    ack: batch.ack(0),
    payloadBytes: batch.payloadBytes(0),
    window: batch.window(0),
    ttl: batch.ttl(0),
    ipId: batch.ipId(0),
    tsVal: has(TcpOption.TIMESTAMPS) ? batch.tsVal(0) : null,
    tsEcr: has(TcpOption.TIMESTAMPS) ? batch.tsEcr(0) : null,
    mss: has(TcpOption.MSS) ? batch.mss(0) : null,
    windowScale: has(TcpOption.WINDOW_SCALE) ? batch.windowScale(0) : null,
    sackPermitted: has(TcpOption.SACK_PERMITTED),
  };
}
