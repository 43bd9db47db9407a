/**
 * Captures read as one: in the order of their packets' times, under one numbering of frames, on one clock.
 *
 * A single file is read straight through and keeps its own frame numbers. Several are merged as mergecap merges them:
 * the next packet is always the earliest of the packets that are next in their files, so files that follow each other
 * in time are simply read one after the other, and only packets that overlap in time are copied.
 */
import type { TimeBase } from '../base/time.ts';
import { NANOS_PER_SECOND } from '../base/time.ts';
import { BLOCK_BYTES, isOneWay, STANDARD_INPUT } from './blocks.ts';
import { expandDirectories } from './directories.ts';
import { DuplicateFilter } from './duplicates.ts';
import { InterfaceMerger } from './interface-merger.ts';
import {
  createSourceContext,
  fixTimeBase,
  type InterfaceInfo,
  type PacketOption,
  type PacketSink,
  type ResolvedName,
  type SourceContext,
} from './packet.ts';
import { PacketQueue, QueueHeap } from './packet-queue.ts';
import { CaptureReader, type CaptureReport } from './reader.ts';

/** Blocks of a file that is read alone between two pauses: it takes some milliseconds to go through them. */
const BLOCKS_PER_STEP = 16;

export interface ReadOptions {
  /** Set at the first packet; give the one that the batches use. */
  readonly timeBase?: TimeBase;
  /** Size of the reads in bytes, each followed by a pause; 512 KiB by default, less when many files are open at once. */
  readonly blockBytes?: number;
}

export interface ReadProgress {
  readonly bytesRead: number;
  /** Size of all the files; 0 when it is not known. */
  readonly totalBytes: number;
}

/**
 * Reads captures (`-` is standard input, a directory stands for the captures in it) and pauses after every block,
 * or after some of them of a file that is read alone, so that the caller can show progress, hand out what it has, or stop.
 *
 * Problems of a file never throw; they are in its report. Reports are in the order of the paths.
 */
export async function* readInSteps(
  named: readonly string[],
  sink: PacketSink,
  options: ReadOptions = {},
): AsyncGenerator<ReadProgress, CaptureReport[], undefined> {
  const context = createSourceContext(options.timeBase);
  const paths = expandDirectories(named);
  if (paths.length === 1) {
    const { blockBytes } = options;
    const reading = blockBytes === undefined ? { blocksPerStep: BLOCKS_PER_STEP } : { blockBytes };
    return [yield* readAlone(CaptureReader.ofFile(paths[0], context, sink, reading))];
  }
  return yield* new MergedReading(paths, context, sink, options).run();
}

/** Reads captures to their end; see `readInSteps`. */
export async function readCaptures(
  paths: readonly string[],
  sink: PacketSink,
  options: ReadOptions = {},
): Promise<CaptureReport[]> {
  return drain(readInSteps(paths, sink, options));
}

/** As `readInSteps`, for one capture whose bytes come from a stream or any other iterable; `name` is its path. */
export async function* readChunksInSteps(
  chunks: AsyncIterable<Uint8Array | string> | Iterable<Uint8Array>,
  sink: PacketSink,
  options: ReadOptions & { readonly name?: string } = {},
): AsyncGenerator<ReadProgress, CaptureReport[], undefined> {
  const context = createSourceContext(options.timeBase);
  const reader = CaptureReader.ofChunks(chunks, options.name ?? STANDARD_INPUT, context, sink);
  return [yield* readAlone(reader)];
}

/** Reads one capture from a stream or any other iterable of bytes to its end. */
export async function readChunks(
  chunks: AsyncIterable<Uint8Array | string> | Iterable<Uint8Array>,
  sink: PacketSink,
  options: ReadOptions & { readonly name?: string } = {},
): Promise<CaptureReport> {
  return (await drain(readChunksInSteps(chunks, sink, options)))[0];
}

async function drain<T>(steps: AsyncGenerator<unknown, T, undefined>): Promise<T> {
  for (;;) {
    const step = await steps.next();
    if (step.done) return step.value;
  }
}

async function* readAlone(reader: CaptureReader): AsyncGenerator<ReadProgress, CaptureReport, undefined> {
  try {
    while (await reader.step()) yield { bytesRead: reader.bytesRead, totalBytes: reader.totalBytes };
  } finally {
    await reader.close();
  }
  return reader.report();
}

/** Times of one packet in two captures differ by less than this. */
const CLOCK_NANOS = 1000;
const PEEK_BYTES = 64 << 10;
/** What the blocks of all the files that are open at once may take together. */
const SHARED_BLOCK_BYTES = 64 << 20;

/** One of several captures: its packets go straight on while they are the earliest, and wait otherwise. */
class Lane implements PacketSink {
  readonly queue: PacketQueue;
  readonly reader: CaptureReader;
  /** Time of the first packet; the lane is not read before the others have come so far. */
  startTimeNanos = Number.NEGATIVE_INFINITY;
  duplicateCount = 0;
  /** Where packets go on that have waited. */
  readonly exit: PacketSink = {
    onPacket: (bytes, view, start, capturedBytes, wireBytes, linkType, frame, timeNanos, interfaceIndex) =>
      this.emit(bytes, view, start, capturedBytes, wireBytes, linkType, frame, timeNanos, interfaceIndex),
  };
  readonly onPacketOptions: PacketSink['onPacketOptions'];
  /** What is said of packets that have not gone on yet, by their number in the file. */
  private readonly options = new Map<number, readonly PacketOption[]>();
  private readonly reading: MergedReading;

  constructor(reading: MergedReading, order: number, open: (lane: Lane) => CaptureReader) {
    this.reading = reading;
    this.queue = new PacketQueue(order);
    if (reading.wantsPacketOptions) this.onPacketOptions = (frame, options) => this.options.set(frame, options);
    this.reader = open(this);
  }

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
    const { reading, queue } = this;
    if (queue.count === 0 && timeNanos < reading.earliestElsewhereNanos) {
      this.emit(bytes, view, start, capturedBytes, wireBytes, linkType, frame, timeNanos, interfaceIndex);
    } else {
      queue.push(bytes, start, capturedBytes, wireBytes, linkType, frame, timeNanos, interfaceIndex);
    }
  }

  /** Hands a packet on under its number in the session, unless another capture had it. */
  private emit(
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
    const { reading } = this;
    const options = this.options.size === 0 ? undefined : this.takeOptions(frame);
    if (
      reading.mayOverlapAt(timeNanos) &&
      reading.duplicates.isCopy(this.queue.order, bytes, start, capturedBytes, wireBytes, linkType, timeNanos)
    ) {
      this.duplicateCount++;
      return;
    }
    const number = ++reading.frameCount;
    if (options !== undefined) reading.output.onPacketOptions?.(number, options);
    reading.output.onPacket(bytes, view, start, capturedBytes, wireBytes, linkType, number, timeNanos, interfaceIndex);
  }

  private takeOptions(frame: number): readonly PacketOption[] | undefined {
    const options = this.options.get(frame);
    this.options.delete(frame);
    return options;
  }

  onInterface(info: InterfaceInfo): void {
    this.reading.output.onInterface?.(info);
  }

  onName(name: ResolvedName): void {
    this.reading.output.onName?.(name);
  }
}

/** Reads several captures as one. */
class MergedReading {
  output: PacketSink;
  frameCount = 0;
  /** No packet but those of the lane being read is earlier than this. */
  earliestElsewhereNanos = Number.NEGATIVE_INFINITY;

  readonly wantsPacketOptions: boolean;
  readonly duplicates = new DuplicateFilter();
  /** Latest time in a capture that was read to its end. */
  private latestEndNanos = Number.NEGATIVE_INFINITY;
  private readonly paths: readonly string[];
  private readonly lanes: Lane[] = [];
  private readonly context: SourceContext;
  private readonly sink: PacketSink;
  private readonly blockBytes: number;
  private readonly reports: CaptureReport[] = [];
  private readonly open = new Set<Lane>();
  private readonly heap = new QueueHeap();
  private merger: InterfaceMerger | null = null;
  private bytesDone = 0;
  private totalBytes = 0;

  constructor(paths: readonly string[], context: SourceContext, sink: PacketSink, options: ReadOptions) {
    this.paths = paths;
    this.context = context;
    this.sink = sink;
    this.output = sink;
    const share = Math.max(PEEK_BYTES, Math.floor(SHARED_BLOCK_BYTES / Math.max(1, paths.length)));
    this.wantsPacketOptions = sink.onPacketOptions !== undefined;
    this.blockBytes = options.blockBytes ?? Math.min(BLOCK_BYTES, share);
  }

  /** Whether another capture can have a packet of this time: it is being read, begins or has just ended. */
  mayOverlapAt(timeNanos: number): boolean {
    return (
      this.open.size + this.heap.size > 1 ||
      timeNanos + CLOCK_NANOS >= this.earliestElsewhereNanos ||
      timeNanos - CLOCK_NANOS <= this.latestEndNanos
    );
  }

  async *run(): AsyncGenerator<ReadProgress, CaptureReport[], undefined> {
    try {
      const waiting = await this.prepare();
      while (waiting.length > 0 || this.open.size > 0 || this.heap.size > 0) {
        const next = waiting.at(-1);
        if (next !== undefined && next.startTimeNanos <= this.headTimeNanos()) {
          waiting.pop();
          yield* this.advance(next, waiting);
        } else {
          yield* this.takeTop(waiting);
        }
      }
      this.merger?.flush();
    } finally {
      for (const lane of this.open) await lane.reader.close();
    }
    return this.reports.map((report, order) => {
      const duplicateCount = this.lanes[order]?.duplicateCount ?? 0;
      return duplicateCount === 0 ? report : { ...report, duplicateCount };
    });
  }

  /** Looks at the beginning of every file; returns those to be read, the one that begins last first. */
  private async prepare(): Promise<Lane[]> {
    const peeks = new Map<Lane, SourceContext>();
    const lanes: Lane[] = [];
    for (const [order, path] of this.paths.entries()) {
      if (isOneWay(path)) {
        lanes.push(new Lane(this, order, (lane) => this.openReader(path, lane)));
        continue;
      }
      const peek = await peekFirstTime(path);
      this.totalBytes += peek.totalBytes;
      if (peek.firstTimeNanos === null) {
        this.reports[order] = peek.report;
        continue;
      }
      const lane = new Lane(this, order, (self) => this.openReader(path, self));
      lane.startTimeNanos = peek.firstTimeNanos;
      peeks.set(lane, peek.context);
      lanes.push(lane);
    }
    const epochs = [...peeks.values()].map((context) => context.timeBase.epochSeconds);
    if (epochs.length > 0) fixTimeBase(this.context, Math.min(...epochs));
    for (const [lane, { timeBase }] of peeks) {
      lane.startTimeNanos += (timeBase.epochSeconds - this.context.timeBase.epochSeconds) * NANOS_PER_SECOND;
    }
    for (const lane of lanes) this.lanes[lane.queue.order] = lane;
    return lanes.sort((a, b) => b.startTimeNanos - a.startTimeNanos || b.queue.order - a.queue.order);
  }

  private openReader(path: string, lane: Lane): CaptureReader {
    return CaptureReader.ofFile(path, this.context, lane, {
      blockBytes: this.blockBytes,
      onSecondInterface: () => {
        this.merger ??= new InterfaceMerger(this.sink);
        this.output = this.merger;
      },
    });
  }

  private headTimeNanos(): number {
    return this.heap.top?.headTimeNanos ?? Number.POSITIVE_INFINITY;
  }

  /** Reads on in a lane whose packets have all gone on, until one has to wait or the lane ends. */
  private async *advance(lane: Lane, waiting: readonly Lane[]): AsyncGenerator<ReadProgress, void, undefined> {
    this.open.add(lane);
    const { reader, queue } = lane;
    while (queue.count === 0) {
      this.earliestElsewhereNanos = Math.min(
        this.headTimeNanos(),
        waiting.at(-1)?.startTimeNanos ?? Number.POSITIVE_INFINITY,
      );
      if (!(await reader.step())) {
        this.open.delete(lane);
        this.bytesDone += reader.bytesRead;
        this.latestEndNanos = Math.max(this.latestEndNanos, reader.lastTimeNanos);
        this.reports[queue.order] = reader.report();
        break;
      }
      yield this.progress();
    }
    if (queue.count > 0) this.heap.add(queue);
  }

  /** Hands on the earliest packet that waits, and reads on where it came from when it was the last. */
  private async *takeTop(waiting: readonly Lane[]): AsyncGenerator<ReadProgress, void, undefined> {
    const startElsewhere = waiting.at(-1)?.startTimeNanos ?? Number.POSITIVE_INFINITY;
    for (;;) {
      const top = this.heap.top;
      if (top === undefined || top.headTimeNanos >= startElsewhere) return;
      top.forward(this.lanes[top.order].exit, 0);
      this.heap.settleTop();
      if (top.count > 0) continue;
      for (const lane of this.open) {
        if (lane.queue === top) yield* this.advance(lane, waiting);
      }
    }
  }

  private progress(): ReadProgress {
    let bytesRead = this.bytesDone;
    for (const lane of this.open) bytesRead += lane.reader.bytesRead;
    return { bytesRead, totalBytes: this.totalBytes };
  }
}

/** What is known of a file from its beginning. */
export interface Peek {
  /** Null when there is no packet. */
  readonly firstTimeNanos: number | null;
  readonly context: SourceContext;
  readonly totalBytes: number;
  readonly report: CaptureReport;
}

/** Reads a file as far as its first packet. */
export async function peekFirstTime(path: string): Promise<Peek> {
  const context = createSourceContext();
  let firstTimeNanos: number | null = null;
  const sink: PacketSink = {
    onPacket(_bytes, _view, _start, _capturedBytes, _wireBytes, _linkType, _frame, timeNanos): void {
      firstTimeNanos ??= timeNanos;
    },
  };
  const reader = CaptureReader.ofFile(path, context, sink, { blockBytes: PEEK_BYTES });
  while (firstTimeNanos === null && (await reader.step())) {
    // Files without a packet in their first block are rare; the next block follows at once.
  }
  await reader.close();
  return { firstTimeNanos, context, totalBytes: reader.totalBytes, report: reader.report() };
}
