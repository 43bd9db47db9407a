/** From the packets of a capture to batches of segments, and what there is to tell of the capture itself. */
import { formatTime, type TimeBase } from './base/time.ts';
import { CaptureClock } from './capture-clock.ts';
import { Core, type RunCore } from './core/core.ts';
import type { CaptureFacts } from './findings/joined.ts';
import { describeCounts, describeLosses } from './report/capture.ts';
import type { CaptureResult } from './report/result.ts';
import type { PacketSink, ResolvedName } from './source/packet.ts';
import type { CaptureReport } from './source/reader.ts';
import type { SegmentBatch } from './wire/batch.ts';
import { Decoder } from './wire/decode.ts';
import { LinkType } from './wire/linktype.ts';
import { linkTypeName } from './wire/linktype-names.ts';
import { type PacketRun, RunDecoder } from './wire/run.ts';

/** How packets are decoded; everything has a default. */
export interface DecodingOptions {
  /** Follow tunnels to the innermost TCP (default true); otherwise the outer packets are analysed. */
  readonly decapsulate?: boolean;
  /** Verify IPv4 and TCP checksums (default false: what a host sends is often captured before its network card fills them in). */
  readonly checksums?: boolean;
}

/** Takes what was decoded: an analysis, or whoever hands the rows on to other threads. */
export interface BatchTaker {
  /** Takes a batch (null at the beginning), and gives the empty one that the next rows go to. */
  exchange(decoded: SegmentBatch | null, timeBase: TimeBase): SegmentBatch;
  /** A row of the present batch came through a tunnel. */
  noteTunnel(row: number, path: number): void;
  noteName(name: ResolvedName): void;
}

/** Decodes packets into the batches of a taker. */
export class Decoding implements PacketSink {
  readonly timeBase: TimeBase = { epochSeconds: 0 };
  readonly #taker: BatchTaker;
  readonly #core: RunCore;
  readonly #decoder: Decoder;
  readonly #runs: RunDecoder;
  readonly #verifiesChecksums: boolean;
  readonly #clock = new CaptureClock();
  #batch: SegmentBatch;
  #lastNanos = Number.NEGATIVE_INFINITY;

  constructor(options: DecodingOptions, taker: BatchTaker, core: RunCore = new Core()) {
    const { decapsulate = true, checksums: verifyChecksums = false } = options;
    this.#taker = taker;
    this.#core = core;
    this.#batch = taker.exchange(null, this.timeBase);
    this.#decoder = new Decoder(this.#batch, { decapsulate, verifyChecksums, keepIncomplete: true });
    this.#runs = new RunDecoder(core, this.timeBase);
    this.#verifiesChecksums = verifyChecksums;
  }

  /** @hot */
  onPacket(
    bytes: Uint8Array,
    view: DataView,
    start: number,
    capturedBytes: number,
    wireBytes: number,
    linkType: number,
    frame: number,
    timeNanos: number,
    interfaceIndex: number,
  ): void {
    if (timeNanos > this.#lastNanos) this.#lastNanos = timeNanos;
    this.#clock.take(interfaceIndex, timeNanos, frame);
    const batch = this.#batch;
    const row = batch.count;
    const decoder = this.#decoder;
    decoder.decode(bytes, view, start, capturedBytes, wireBytes, linkType, frame, timeNanos, interfaceIndex);
    if (decoder.tunnelPath !== 0 && batch.count !== row) this.#taker.noteTunnel(row, decoder.tunnelPath);
    if (batch.isFull) {
      this.flush();
      this.#expireFragments();
    } else if (batch.count === row && decoder.hasGivenUp) this.#takeGivenUp();
  }

  /** Ordinary packets are read by the core, which stops at others and where time goes back. @hot */
  onRun(bytes: Uint8Array, from: number, end: number, run: PacketRun): number {
    if (this.#verifiesChecksums || run.linkType !== LinkType.ETHERNET) return from;
    const { interfaceIndex } = run;
    const runs = this.#runs;
    let at = from;
    for (;;) {
      const batch = this.#batch;
      const before = batch.count;
      at = runs.decode(bytes, at, end, run, batch, this.#clock.latestOf(interfaceIndex));
      if (batch.count === before) return at;
      this.#clock.goOn(interfaceIndex, run.timeNanos);
      this.#decoder.countRows(interfaceIndex, batch.count - before);
      if (run.lastTimeNanos > this.#lastNanos) this.#lastNanos = run.lastTimeNanos;
      if (!batch.isFull) return at;
      this.flush();
      this.#expireFragments();
    }
  }

  openBlock(bytes: number): Uint8Array {
    return this.#core.openBlock(bytes);
  }

  onName(name: ResolvedName): void {
    this.#taker.noteName(name);
  }

  /** No more packets come: what is left half-read is handed on too. */
  end(): void {
    this.#decoder.giveUpFragments();
    this.#takeGivenUp();
    this.flush();
  }

  /** Hands on what was decoded. */
  flush(): void {
    this.#batch = this.#taker.exchange(this.#batch, this.timeBase);
    this.#decoder.continueIn(this.#batch);
  }

  /** Time has passed by the clock of the packets, nanoseconds, whether packets came or not. */
  passTo(nowNanos: number): void {
    if (nowNanos > this.#lastNanos) this.#lastNanos = nowNanos;
    this.#expireFragments();
    this.flush();
  }

  /** Time of the latest packet, nanoseconds; -Infinity before the first. */
  get lastNanos(): number {
    return this.#lastNanos;
  }

  get clock(): CaptureFacts {
    return this.#clock;
  }

  /** What the result document says of the captures. */
  describe(reports: readonly CaptureReport[]): CaptureResult[] {
    return reports.map((report) => ({
      path: report.path,
      format: report.format ?? 'pcap',
      linkTypes: report.linkTypes.map(linkTypeName),
      clock: report.clock,
      packetCount: report.packetCount,
      ...describeCounts(this.#decoder.counts(report.interfaces.map((each) => each.index)), this.#verifiesChecksums),
      firstTime: report.firstTimeNanos === null ? null : formatTime(this.timeBase, report.firstTimeNanos),
      lastTime: report.lastTimeNanos === null ? null : formatTime(this.timeBase, report.lastTimeNanos),
      problem:
        report.problem === null
          ? null
          : {
              code: report.problem.code,
              byteOffset: report.problem.byteOffset,
              packetNumber: report.problem.packetNumber,
              message: report.problem.message,
            },
      ...describeLosses(report),
    }));
  }

  /** The rest of a segment that did not come by now does not come: its connection must still be known then. */
  #expireFragments(): void {
    this.#decoder.expireFragments(this.#lastNanos);
    if (this.#decoder.hasGivenUp) this.#takeGivenUp();
  }

  /** Rows of fragmented segments whose rest did not come. */
  #takeGivenUp(): void {
    const decoder = this.#decoder;
    while (decoder.decodeGivenUp()) {
      if (decoder.tunnelPath !== 0) this.#taker.noteTunnel(this.#batch.count - 1, decoder.tunnelPath);
      if (this.#batch.isFull) this.flush();
    }
  }
}
