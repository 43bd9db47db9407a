import { assert, CaptureError, type CaptureErrorCode, SinkFullError } from '../base/error.ts';
import type { PacketRun } from '../wire/run.ts';
import {
  type CaptureParser,
  type InterfaceInfo,
  MAX_SECTIONS_KEPT,
  type PacketSink,
  type ResolvedName,
  type SectionInfo,
  type SourceContext,
} from './packet.ts';

const EMPTY = new Uint8Array(0);
const FIRST_CARRY_BYTES = 4096;

/**
 * The part that every capture format shares: units (header, packet, block) are read straight from the pushed bytes;
 * only a unit that straddles two pushes is put together in a carry buffer, which grows with the bytes that really
 * arrive and never with a length that a file claims.
 */
export abstract class PushParser implements CaptureParser {
  abstract readonly format: 'pcap' | 'pcapng';
  headerRead = false;
  packetCount = 0;
  firstTimeNanos = Number.POSITIVE_INFINITY;
  lastTimeNanos = Number.NEGATIVE_INFINITY;
  readonly interfaces: InterfaceInfo[] = [];
  readonly sections: SectionInfo[] = [];
  sectionCount = 0;
  readonly names: ResolvedName[] = [];
  onSecondInterface: (() => void) | null = null;

  protected readonly context: SourceContext;
  protected sink: PacketSink;
  protected readonly path: string | undefined;
  /** Bytes of the next unit as far as it is known, set by `consume` whenever it stops. */
  protected neededBytes = 1;
  /** Offset in the file of index 0 of the memory that `consume` works on. */
  protected position = 0;

  private carry = EMPTY;
  private carryView = new DataView(EMPTY.buffer);
  private carryCount = 0;
  private skipBytes = 0;
  private pushedBytes = 0;
  private stopped = false;

  constructor(context: SourceContext, sink: PacketSink, path?: string) {
    this.context = context;
    this.sink = sink;
    this.path = path;
  }

  /**
   * Reads whole units from `offset` on and returns the offset of the first unread byte, which lies past `end` when
   * bytes are to be skipped.
   */
  protected abstract consume(bytes: Uint8Array, view: DataView, offset: number, end: number): number;

  /** The error for a file that stops while `heldBytes` of the next unit have arrived. */
  protected abstract cutShort(heldBytes: number): CaptureError;

  redirect(sink: PacketSink): void {
    this.sink = sink;
  }

  push(bytes: Uint8Array): void {
    const left = this.take(bytes);
    if (left === 0) return;
    this.append(bytes, bytes.length - left, left);
    this.pushedBytes += left;
  }

  take(bytes: Uint8Array): number {
    if (this.stopped) return 0;
    this.stopped = true; // stays so when consume throws
    const end = bytes.length;
    const start = this.pushedBytes;
    let offset = Math.min(this.skipBytes, end);
    this.skipBytes -= offset;
    if (this.carryCount > 0) offset = this.fillCarry(bytes, offset, start);
    if (offset < end) {
      this.position = start;
      offset = this.consumeWithin(bytes, new DataView(bytes.buffer, bytes.byteOffset, end), offset, end);
    }
    const left = Math.max(0, end - offset);
    this.skipBytes += Math.max(0, offset - end);
    this.pushedBytes = start + end - left;
    this.stopped = false;
    return left;
  }

  end(): void {
    if (this.stopped) return;
    this.stopped = true;
    if (this.skipBytes === 0 && this.carryCount === 0 && this.headerRead) return;
    this.position = this.pushedBytes - this.carryCount;
    throw this.cutShort(this.carryCount);
  }

  private consumeWithin(bytes: Uint8Array, view: DataView, offset: number, end: number): number {
    try {
      return this.consume(bytes, view, offset, end);
    } catch (error) {
      if (!(error instanceof SinkFullError)) throw error;
      throw this.fail('limit-reached', error.message, offset, error.hint);
    }
  }

  /** Lets the sink take packets of a run; returns where the first begins that it did not take. */
  protected forwardRun(bytes: Uint8Array, offset: number, end: number, run: PacketRun): number {
    const { frame } = run;
    run.firstTimeNanos = this.firstTimeNanos;
    run.lastTimeNanos = this.lastTimeNanos;
    const next = this.sink.onRun?.(bytes, offset, end, run) ?? offset;
    this.packetCount += run.frame - frame;
    this.firstTimeNanos = run.firstTimeNanos;
    this.lastTimeNanos = run.lastTimeNanos;
    return next;
  }

  protected noteSection(section: SectionInfo): void {
    this.sectionCount++;
    if (this.sections.length < MAX_SECTIONS_KEPT) this.sections.push(section);
  }

  protected fail(code: CaptureErrorCode, message: string, offset: number, hint: string): CaptureError {
    const details = {
      byteOffset: this.position + offset,
      packetNumber: this.headerRead ? this.packetCount + 1 : 0,
      hint,
    };
    return new CaptureError(code, message, this.path === undefined ? details : { ...details, path: this.path });
  }

  /** Completes the unit in the carry buffer from `bytes`; returns the offset of the first byte not used. */
  private fillCarry(bytes: Uint8Array, from: number, blockStart: number): number {
    let offset = from;
    while (this.carryCount > 0 && offset < bytes.length) {
      const taken = Math.min(this.neededBytes - this.carryCount, bytes.length - offset);
      this.append(bytes, offset, taken);
      offset += taken;
      if (this.carryCount < this.neededBytes) break;
      const held = this.carryCount;
      this.position = blockStart + offset - held;
      const used = this.consumeWithin(this.carry, this.carryView, 0, held);
      if (used === 0) {
        assert(this.neededBytes > held, 'a parser that reads nothing must ask for more');
        continue;
      }
      assert(used >= held, 'a unit must be read as a whole');
      this.carryCount = 0;
      offset += used - held;
    }
    return offset;
  }

  private append(bytes: Uint8Array, offset: number, count: number): void {
    const total = this.carryCount + count;
    if (total > this.carry.length) {
      const grown = new Uint8Array(Math.max(FIRST_CARRY_BYTES, total, this.carry.length * 2));
      grown.set(this.carry.subarray(0, this.carryCount));
      this.carry = grown;
      this.carryView = new DataView(grown.buffer);
    }
    this.carry.set(bytes.subarray(offset, offset + count), this.carryCount);
    this.carryCount = total;
  }
}
