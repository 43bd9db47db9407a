import { CaptureError } from '../base/error.ts';
import { BLOCK_BYTES, type Blocks, type Input, iterateBytes, openInput } from './blocks.ts';
import { type Compression, createParser, detectFormat, HEAD_BYTES } from './detect.ts';
import { InterfaceMerger } from './interface-merger.ts';
import type { CaptureParser, InterfaceInfo, PacketSink, ResolvedName, SectionInfo, SourceContext } from './packet.ts';

/** What is known of one capture once it was read. */
export interface CaptureReport {
  readonly path: string;
  /**
   * `complete`: read to its end. `damaged`: some of it was read, `problem` says where that ended. `unreadable`: it
   * could not be opened or is no capture.
   */
  readonly status: 'complete' | 'damaged' | 'unreadable';
  /** Null when it is not known to be a capture. */
  readonly format: 'pcap' | 'pcapng' | null;
  readonly compression: Compression | null;
  /** Size of the file as it lies there; 0 when it is not known. */
  readonly fileBytes: number;
  /** LINKTYPE_ numbers of its interfaces, each once, in file order. */
  readonly linkTypes: readonly number[];
  /** Where the times come from. */
  readonly clock: 'capture' | 'arrival';
  readonly packetCount: number;
  /** Earliest time; null when no packet has one. */
  readonly firstTimeNanos: number | null;
  /** Latest time; null when no packet has one. */
  readonly lastTimeNanos: number | null;
  readonly interfaces: readonly InterfaceInfo[];
  /** File or section headers, the first 1000; empty when they are not known. */
  readonly sections: readonly SectionInfo[];
  readonly sectionCount: number;
  /** Packets left out because they are in another of the captures read together. */
  readonly duplicateCount: number;
  /** Names that the file gives to addresses, at most 10 000. */
  readonly names: readonly ResolvedName[];
  readonly problem: CaptureError | null;
}

export interface ReaderOptions {
  /** Size of the reads in bytes. */
  readonly blockBytes?: number;
  /** Blocks of a file between two pauses (default 1). */
  readonly blocksPerStep?: number;
  /** What to do when a capture has more than one interface; by default its packets are merged by time. */
  readonly onSecondInterface?: () => void;
}

/** Reads one capture, a block at a time; damage ends it and is kept in its report. */
export class CaptureReader {
  readonly path: string;
  /** Bytes taken from the file so far, before decompression. */
  bytesRead = 0;
  /** Size of the file; 0 when it is not known. */
  totalBytes = 0;

  private readonly context: SourceContext;
  private readonly sink: PacketSink;
  private readonly blocksPerStep: number;
  private readonly onSecondInterface: (() => void) | undefined;
  private readonly steps: AsyncGenerator<void, void, undefined>;
  private compression: Compression | null = null;
  private parser: CaptureParser | null = null;
  private merger: InterfaceMerger | null = null;
  private problem: CaptureError | null = null;
  /** What was found wrong with packed data, of which more is still unpacked. */
  private damage: CaptureError | null = null;

  private constructor(
    path: string,
    context: SourceContext,
    sink: PacketSink,
    open: () => Input,
    { blocksPerStep = 1, onSecondInterface }: ReaderOptions = {},
  ) {
    this.path = path;
    this.context = context;
    this.sink = sink;
    this.blocksPerStep = blocksPerStep;
    this.onSecondInterface = onSecondInterface;
    this.steps = this.read(open);
  }

  /** A reader of a file, or of standard input for `-`; it is opened by the first step. */
  static ofFile(path: string, context: SourceContext, sink: PacketSink, options: ReaderOptions = {}): CaptureReader {
    const openBlock = sink.openBlock?.bind(sink);
    const open = (): Input => openInput(path, options.blockBytes ?? BLOCK_BYTES, openBlock);
    return new CaptureReader(path, context, sink, open, options);
  }

  /** A reader of bytes that somebody else provides. */
  static ofChunks(
    chunks: AsyncIterable<Uint8Array | string> | Iterable<Uint8Array>,
    path: string,
    context: SourceContext,
    sink: PacketSink,
  ): CaptureReader {
    const open = (): Input => ({ totalBytes: 0, blocks: iterateBytes(chunks, path) });
    return new CaptureReader(path, context, sink, open);
  }

  /** A reader of blocks that somebody else reads from a file. */
  static ofBlocks(blocks: Blocks, path: string, context: SourceContext, sink: PacketSink): CaptureReader {
    return new CaptureReader(path, context, sink, () => ({ totalBytes: 0, blocks }));
  }

  /** Hands on packets that wait to be put in order with those of other interfaces. */
  flush(): void {
    this.merger?.flush();
  }

  /** Reads a block and delivers its packets; false when there was nothing left to read. */
  async step(): Promise<boolean> {
    try {
      if (!(await this.steps.next()).done) return true;
    } catch (error) {
      if (!(error instanceof CaptureError)) throw error;
      this.problem = error;
    }
    this.merger?.flush();
    return false;
  }

  /** Stops before the end; the report tells what was read. */
  async close(): Promise<void> {
    await this.steps.return();
  }

  /** Latest time so far; -Infinity before the first packet that has one. */
  get lastTimeNanos(): number {
    return this.parser?.lastTimeNanos ?? Number.NEGATIVE_INFINITY;
  }

  /** What is known so far. */
  report(): CaptureReport {
    const { parser, problem } = this;
    const opened = parser?.headerRead === true;
    const interfaces = parser?.interfaces ?? [];
    const timed = parser !== null && parser.lastTimeNanos >= parser.firstTimeNanos;
    return {
      path: this.path,
      status: problem === null ? 'complete' : opened ? 'damaged' : 'unreadable',
      format: opened ? parser.format : null,
      compression: this.compression,
      fileBytes: this.totalBytes,
      linkTypes: [...new Set(interfaces.map((info) => info.linkType))],
      clock: 'capture',
      packetCount: parser?.packetCount ?? 0,
      firstTimeNanos: timed ? parser.firstTimeNanos : null,
      lastTimeNanos: timed ? parser.lastTimeNanos : null,
      interfaces,
      sections: parser?.sections ?? [],
      sectionCount: parser?.sectionCount ?? 0,
      duplicateCount: 0,
      names: parser?.names ?? [],
      problem,
    };
  }

  private async *read(open: () => Input): AsyncGenerator<void, void, undefined> {
    const input = open();
    this.totalBytes = input.totalBytes;
    let rest = this.count(input.blocks);
    let head = yield* readHead(rest);
    const detected = detectFormat(head);
    if (detected.kind === 'compressed') {
      this.compression = detected.compression;
      const { decompress } = await import('./decompress.ts');
      rest = decompress(prepend(head, rest), detected.compression, this.path, (error) => {
        this.damage = error;
      });
      head = yield* readHead(rest);
    }
    this.parser = createParser(head, this.context, this.sink, this.path);
    this.parser.onSecondInterface = this.onSecondInterface ?? (() => this.mergeInterfaces());
    try {
      for await (const block of prepend(head, rest)) {
        this.parser.push(block);
        if (this.compression === null && input.readOn !== undefined) yield* this.pushOn(this.parser, input.readOn);
        else yield;
      }
    } catch (error) {
      throw this.locate(this.damage ?? error);
    }
    this.parser.end();
  }

  /** All but the first block of a file, without the many promises between a pause and the next block. */
  private *pushOn(parser: CaptureParser, readOn: NonNullable<Input['readOn']>): Generator<void, void, undefined> {
    const { blocksPerStep } = this;
    let left = 0;
    let blocks = 1;
    for (; ; blocks++) {
      if (blocks % blocksPerStep === 0) yield;
      const block = readOn(left);
      if (block === null) break;
      const isOver = block.length === left;
      this.bytesRead += block.length - left;
      left = parser.take(block);
      // What no more bytes come behind, or what would leave them little room, the parser has to keep itself.
      if (isOver || left > block.length / 2) {
        parser.push(block.subarray(block.length - left));
        left = 0;
      }
    }
    if (blocks % blocksPerStep !== 0) yield;
  }

  private async *count(blocks: Blocks): Blocks {
    for await (const block of blocks) {
      this.bytesRead += block.length;
      yield block;
    }
  }

  private mergeInterfaces(): void {
    this.merger ??= new InterfaceMerger(this.sink);
    this.parser?.redirect(this.merger);
  }

  /** A failure of the disk or of decompression also tells which packet was next. */
  private locate(error: unknown): unknown {
    if (!(error instanceof CaptureError) || error.packetNumber > 0 || this.parser?.headerRead !== true) return error;
    const { code, message, byteOffset, hint } = error;
    const packetNumber = this.parser.packetCount + 1;
    return new CaptureError(code, message, { path: this.path, byteOffset, packetNumber, hint });
  }
}

/** At least `HEAD_BYTES` bytes, unless there are fewer; pauses when there is nothing new in a file that is followed. */
async function* readHead(blocks: Blocks): AsyncGenerator<void, Uint8Array, undefined> {
  let head = new Uint8Array(0);
  while (head.length < HEAD_BYTES) {
    const { value, done } = await blocks.next();
    if (done) break;
    if (value.length === 0) yield;
    if (head.length === 0 && value.length >= HEAD_BYTES) return value;
    const joined = new Uint8Array(head.length + value.length);
    joined.set(head);
    joined.set(value, head.length);
    head = joined;
  }
  return head;
}

async function* prepend(head: Uint8Array, rest: Blocks): Blocks {
  if (head.length > 0) yield head;
  yield* rest;
}
