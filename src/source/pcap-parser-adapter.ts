/**
 * Packets from a parser of the npm package `pcap-parser` that somebody already has running.
 *
 * What that package does not do, this cannot make up for: only the microsecond magic is known, pcapng is not, and a
 * last packet that was cut off is dropped without a word.
 */
import { CaptureError } from '../base/error.ts';
import { NANOS_PER_SECOND, type TimeBase } from '../base/time.ts';
import { createSourceContext, fixTimeBase, type InterfaceInfo, type PacketSink } from './packet.ts';
import type { CaptureReport } from './reader.ts';

/** What `pcap-parser` tells of a file. */
export interface PcapParserGlobalHeader {
  readonly snapshotLength: number;
  readonly linkLayerType: number;
}

/** What `pcap-parser` tells of a packet. */
export interface PcapParserPacket {
  readonly header: {
    readonly timestampSeconds: number;
    readonly timestampMicroseconds: number;
    readonly capturedLength: number;
    readonly originalLength: number;
  };
  readonly data: Uint8Array;
}

/** The object that `pcapParser.parse(...)` returns, as far as it is used. */
export interface PcapParserLike {
  on(event: 'globalHeader', listener: (header: PcapParserGlobalHeader) => void): unknown;
  on(event: 'packet', listener: (packet: PcapParserPacket) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/**
 * Delivers the packets of a `pcap-parser` parser; to be called before the parser has emitted anything.
 *
 * Never rejects because of the file: its problem is in the report.
 */
export function readPcapParser(
  parser: PcapParserLike,
  sink: PacketSink,
  options: { readonly timeBase?: TimeBase; readonly name?: string } = {},
): Promise<CaptureReport> {
  const adapter = new PcapParserAdapter(sink, options.timeBase, options.name ?? 'pcap-parser');
  return new Promise((resolve, reject) => {
    const guard = (step: () => void): void => {
      try {
        step();
      } catch (error) {
        reject(error);
      }
    };
    parser.on('globalHeader', (header) => guard(() => adapter.onHeader(header)));
    parser.on('packet', (packet) => guard(() => adapter.onPacket(packet)));
    parser.on('error', (error) => resolve(adapter.report(error)));
    parser.on('end', () => resolve(adapter.report(null)));
  });
}

class PcapParserAdapter {
  private readonly sink: PacketSink;
  private readonly path: string;
  private readonly context: ReturnType<typeof createSourceContext>;
  private info: InterfaceInfo | null = null;
  private packetCount = 0;
  private firstTimeNanos = Number.POSITIVE_INFINITY;
  private lastTimeNanos = Number.NEGATIVE_INFINITY;
  private bytesSeen = 0;

  constructor(sink: PacketSink, timeBase: TimeBase | undefined, path: string) {
    this.sink = sink;
    this.path = path;
    this.context = createSourceContext(timeBase);
  }

  onHeader(header: PcapParserGlobalHeader): void {
    this.bytesSeen = 24;
    this.info = {
      index: this.context.interfaceCount++,
      linkType: header.linkLayerType & 0xffff,
      snapLength: header.snapshotLength,
      ticksPerSecond: 1_000_000,
      offsetSeconds: 0,
      fcsBytes: null,
      name: null,
      description: null,
      filter: null,
      system: null,
      receivedCount: null,
      droppedCount: null,
    };
    this.sink.onInterface?.(this.info);
  }

  onPacket({ header, data }: PcapParserPacket): void {
    if (this.info === null) return;
    fixTimeBase(this.context, header.timestampSeconds);
    const { epochSeconds } = this.context.timeBase;
    const timeNanos = (header.timestampSeconds - epochSeconds) * NANOS_PER_SECOND + header.timestampMicroseconds * 1000;
    this.firstTimeNanos = Math.min(this.firstTimeNanos, timeNanos);
    this.lastTimeNanos = Math.max(this.lastTimeNanos, timeNanos);
    this.bytesSeen += 16 + data.length;
    this.packetCount++;
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.length);
    const view = new DataView(data.buffer, data.byteOffset, data.length);
    const { linkType, index } = this.info;
    const wireBytes = header.originalLength;
    this.sink.onPacket(bytes, view, 0, data.length, wireBytes, linkType, this.packetCount, timeNanos, index);
  }

  report(error: Error | null): CaptureReport {
    const { info, packetCount } = this;
    const timed = packetCount > 0;
    const problem = error ? this.describe(error) : info === null ? this.describe(new Error('it has no header')) : null;
    return {
      path: this.path,
      status: problem === null ? 'complete' : info === null ? 'unreadable' : 'damaged',
      format: info === null ? null : 'pcap',
      compression: null,
      fileBytes: 0,
      linkTypes: info === null ? [] : [info.linkType],
      clock: 'capture',
      packetCount,
      firstTimeNanos: timed ? this.firstTimeNanos : null,
      lastTimeNanos: timed ? this.lastTimeNanos : null,
      interfaces: info === null ? [] : [info],
      sections: [],
      sectionCount: 0,
      duplicateCount: 0,
      names: [],
      problem,
    };
  }

  private describe(error: Error): CaptureError {
    const begun = this.info !== null;
    return new CaptureError(begun ? 'unreadable' : 'not-a-capture', `the parser gave up: ${error.message}`, {
      path: this.path,
      byteOffset: this.bytesSeen,
      packetNumber: begun ? this.packetCount + 1 : 0,
      hint: 'Give the file itself: it is then read by a parser that knows more formats.',
    });
  }
}
