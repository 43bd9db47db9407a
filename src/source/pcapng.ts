/**
 * pcapng, as the Internet-Draft "PCAP Now Generic (pcapng) Capture File Format" (draft-ietf-opsawg-pcapng) describes it.
 *
 *     block    +0 type   +4 total length   +8 body ...   total length again
 *     SHB      +8 byte-order magic 0x1a2b3c4d   +12 major   +14 minor   +16 section length   +24 options
 *     IDB      +8 link type (2)   +12 snap length   +16 options
 *     EPB      +8 interface   +12 time, high   +16 time, low   +20 captured   +24 on the wire   +28 packet
 *     OPB      +8 interface (2)   +10 drops (2)   +12 .. +28 as EPB
 *     SPB      +8 on the wire   +12 packet
 *     ISB      +8 interface   +12 time   +20 options
 *
 * Every section has its own byte order and its own interfaces; interfaces get an index that is unique in the session.
 * A simple packet has no time: it takes that of the packet before it. A total length that is no multiple of four is
 * taken as it is or rounded up, whichever has the second copy of the length at its end.
 * Journal entries, system calls and custom blocks are no packets, but they get a frame number because Wireshark gives
 * them one.
 *
 * Drops of an interface are told by its statistics block, as a total, or by the packets that came after them; where both
 * are there the larger number holds, since they count the same.
 *
 * Left out: section lengths (blocks are read one by one), decryption secrets, and options that only make sense where they stand.
 */
import { assert, type CaptureError } from '../base/error.ts';
import { NANOS_PER_SECOND } from '../base/time.ts';
import { newRun, type PacketRun } from '../wire/run.ts';
import { type InterfaceInfo, MAX_INTERFACES, maxPacketBytes } from './packet.ts';
import {
  findOption,
  MAX_NAMES,
  OptionCode,
  readCounter,
  readNames,
  readPacketOptions,
  readSignedSeconds,
  readText,
  visitOptions,
} from './pcapng-options.ts';
import { TimestampReader, ticksPerSecond } from './pcapng-time.ts';
import { PushParser } from './push-parser.ts';

/** Type of a section header block: the same in either byte order. */
export const SECTION_HEADER = 0x0a0d0d0a;

const BlockType = {
  INTERFACE: 1,
  OBSOLETE_PACKET: 2,
  SIMPLE_PACKET: 3,
  NAME_RESOLUTION: 4,
  STATISTICS: 5,
  ENHANCED_PACKET: 6,
  JOURNAL: 9,
  SYSTEM_CALL: 0x204,
  SYSTEM_CALL_FLAGS: 0x208,
  SYSTEM_CALL_V2: 0x216,
  SYSTEM_CALL_FLAGS_V2: 0x217,
  SYSTEM_CALL_LARGE: 0x221,
  SYSTEM_CALL_FLAGS_LARGE: 0x222,
  CUSTOM: 0xbad,
  CUSTOM_NOT_COPIED: 0x40000bad,
} as const;

const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const BYTE_ORDER_MAGIC_SWAPPED = 0x4d3c2b1a;
const SMALLEST_BLOCK_BYTES = 12;
const SMALLEST_ENHANCED_BYTES = 32;
const MAX_BLOCK_BYTES = 16 << 20;
const SMALLEST_OPTION_BYTES = 4;
/** Drops of an obsolete packet block when they are not known. */
const DROPS_UNKNOWN = 0xffff;
const DEFAULT_RESOLUTION = 6;
const DAMAGED = 'The file is damaged from here on; what comes before can be used.';

/** Fewest bytes of the blocks that are read; other blocks are skipped, whatever they hold. */
function leastBytes(type: number): number {
  switch (type) {
    case SECTION_HEADER:
      return 28;
    case BlockType.INTERFACE:
      return 20;
    case BlockType.OBSOLETE_PACKET:
    case BlockType.ENHANCED_PACKET:
      return 32;
    case BlockType.SIMPLE_PACKET:
      return 16;
    case BlockType.STATISTICS:
      return 24;
    case BlockType.NAME_RESOLUTION:
      return SMALLEST_BLOCK_BYTES;
    default:
      return 0;
  }
}

function countsAsFrame(type: number): boolean {
  switch (type) {
    case BlockType.JOURNAL:
    case BlockType.SYSTEM_CALL:
    case BlockType.SYSTEM_CALL_FLAGS:
    case BlockType.SYSTEM_CALL_V2:
    case BlockType.SYSTEM_CALL_FLAGS_V2:
    case BlockType.SYSTEM_CALL_LARGE:
    case BlockType.SYSTEM_CALL_FLAGS_LARGE:
    case BlockType.CUSTOM:
    case BlockType.CUSTOM_NOT_COPIED:
      return true;
    default:
      return false;
  }
}

/** An interface of the present section. */
interface SectionInterface {
  readonly info: InterfaceInfo;
  readonly timestamps: TimestampReader;
  readonly maxCapturedBytes: number;
  /** Null if its clock is finer than a run may have. */
  readonly run: PacketRun | null;
  /** Drops that its packets tell of, -1 while none does. */
  packetDrops: number;
}

/** Incremental parser of pcapng. */
export class PcapngParser extends PushParser {
  readonly format = 'pcapng';
  /** Number of the last frame, blocks that are no packets but have a frame number included. */
  frameCount = 0;

  private littleEndian = true;
  private section: SectionInterface[] = [];
  private previousTimeNanos = 0;

  /** @hot Nothing is allocated per packet. */
  protected consume(bytes: Uint8Array, view: DataView, from: number, end: number): number {
    let offset = from;
    for (;;) {
      this.neededBytes = SMALLEST_BLOCK_BYTES;
      if (end - offset < SMALLEST_BLOCK_BYTES) return offset;
      // What is known from the first packet is not known before it.
      if (this.packetCount > 0 && this.sink.onRun !== undefined) {
        offset = this.offerRun(bytes, view, offset, end);
        if (end - offset < SMALLEST_BLOCK_BYTES) return offset;
      }
      const type = view.getUint32(offset, this.littleEndian);
      if (type === SECTION_HEADER) this.readByteOrder(view, offset);
      else if (!this.headerRead) throw this.noSection(offset);
      const totalBytes = view.getUint32(offset + 4, this.littleEndian);
      const least = leastBytes(type);
      if (least === 0) {
        if (totalBytes < SMALLEST_BLOCK_BYTES) throw this.badTotal(totalBytes, SMALLEST_BLOCK_BYTES, offset);
        if (countsAsFrame(type)) this.frameCount++;
        offset += Math.ceil(totalBytes / 4) * 4;
        if (offset >= end) return offset;
        continue;
      }
      if (totalBytes < least || totalBytes > MAX_BLOCK_BYTES) throw this.badTotal(totalBytes, least, offset);
      this.neededBytes = totalBytes;
      if (totalBytes > end - offset) return offset;
      const advance = this.measureBlock(view, offset, end, totalBytes);
      if (advance > end - offset) {
        this.neededBytes = advance;
        return offset;
      }
      if (type === BlockType.ENHANCED_PACKET) this.readEnhanced(bytes, view, offset, totalBytes);
      else this.readOther(type, bytes, view, offset, totalBytes);
      offset += advance;
    }
  }

  /** Offers the packets of an interface to the sink; returns where the first block begins that it did not take. */
  private offerRun(bytes: Uint8Array, view: DataView, offset: number, end: number): number {
    const { littleEndian, frameCount } = this;
    if (end - offset < SMALLEST_ENHANCED_BYTES) return offset;
    if (view.getUint32(offset, littleEndian) !== BlockType.ENHANCED_PACKET) return offset;
    const interfaceId = view.getUint32(offset + 8, littleEndian);
    if (interfaceId >= this.section.length) return offset;
    const { run } = this.section[interfaceId];
    if (run === null) return offset;
    run.frame = frameCount;
    const next = this.forwardRun(bytes, offset, end, run);
    if (run.frame === frameCount) return offset;
    this.frameCount = run.frame;
    this.previousTimeNanos = run.timeNanos;
    return next;
  }

  protected cutShort(heldBytes: number): CaptureError {
    const hint =
      'Copy the file again from where it was captured; a capture still being written may also end like this.';
    if (!this.headerRead) {
      return this.fail(
        'truncated-header',
        `the file ends inside its section header, after ${heldBytes} bytes`,
        0,
        hint,
      );
    }
    return this.fail('truncated-block', `the file ends inside a block, after ${heldBytes} bytes of it`, 0, hint);
  }

  /** Bytes to the next block; more than there is when padding has yet to arrive. */
  private measureBlock(view: DataView, offset: number, end: number, totalBytes: number): number {
    if (view.getUint32(offset + totalBytes - 4, this.littleEndian) === totalBytes) return totalBytes;
    const rounded = (totalBytes + 3) & ~3;
    if (rounded !== totalBytes) {
      if (rounded > end - offset) return rounded;
      if (view.getUint32(offset + rounded - 4, this.littleEndian) === totalBytes) return rounded;
    }
    const message = `the two lengths of a block differ: ${totalBytes} and ${view.getUint32(
      offset + rounded - 4,
      this.littleEndian,
    )}`;
    throw this.fail('bad-block', message, offset, DAMAGED);
  }

  private readEnhanced(bytes: Uint8Array, view: DataView, offset: number, totalBytes: number): void {
    const littleEndian = this.littleEndian;
    const id = view.getUint32(offset + 8, littleEndian);
    if (id >= this.section.length) throw this.noInterface(id, offset);
    const from = this.section[id];
    const capturedBytes = view.getUint32(offset + 20, littleEndian);
    if (capturedBytes > totalBytes - 32 || capturedBytes > from.maxCapturedBytes) {
      throw this.badCaptured(capturedBytes, Math.min(totalBytes - 32, from.maxCapturedBytes), offset);
    }
    const timeNanos = from.timestamps.read(
      view.getUint32(offset + 12, littleEndian),
      view.getUint32(offset + 16, littleEndian),
    );
    this.noteTime(timeNanos);
    const optionsOffset = offset + 28 + ((capturedBytes + 3) & ~3);
    const optionsEnd = offset + totalBytes - 4;
    if (optionsEnd - optionsOffset >= SMALLEST_OPTION_BYTES) {
      const at = findOption(view, optionsOffset, optionsEnd, littleEndian, OptionCode.EPB_DROPCOUNT, 8);
      if (at >= 0) noteDrops(from, readCounter(view, at, littleEndian));
      if (this.sink.onPacketOptions !== undefined) this.tellOptions(bytes, view, optionsOffset, optionsEnd);
    }
    const wireBytes = view.getUint32(offset + 24, littleEndian);
    this.deliver(bytes, view, offset + 28, capturedBytes, wireBytes, from, timeNanos);
  }

  /** What is said of the packet that comes next. */
  private tellOptions(bytes: Uint8Array, view: DataView, offset: number, end: number): void {
    const options = readPacketOptions(bytes, view, offset, end, this.littleEndian);
    if (options.length > 0) this.sink.onPacketOptions?.(this.frameCount + 1, options);
  }

  private readOther(type: number, bytes: Uint8Array, view: DataView, offset: number, totalBytes: number): void {
    switch (type) {
      case SECTION_HEADER:
        this.readSection(bytes, view, offset, totalBytes);
        break;
      case BlockType.INTERFACE:
        this.readInterface(bytes, view, offset, totalBytes);
        break;
      case BlockType.OBSOLETE_PACKET:
        this.readObsolete(bytes, view, offset, totalBytes);
        break;
      case BlockType.SIMPLE_PACKET:
        this.readSimple(bytes, view, offset, totalBytes);
        break;
      case BlockType.STATISTICS:
        this.readStatistics(view, offset, totalBytes);
        break;
      case BlockType.NAME_RESOLUTION:
        this.readNames(bytes, view, offset, totalBytes);
        break;
      default:
        assert(false, 'a block type that is read has a reader');
    }
  }

  private readObsolete(bytes: Uint8Array, view: DataView, offset: number, totalBytes: number): void {
    const id = view.getUint16(offset + 8, this.littleEndian);
    if (id >= this.section.length) throw this.noInterface(id, offset);
    const from = this.section[id];
    const capturedBytes = view.getUint32(offset + 20, this.littleEndian);
    const most = Math.min(totalBytes - 32, from.maxCapturedBytes);
    if (capturedBytes > most) throw this.badCaptured(capturedBytes, most, offset);
    const timeNanos = from.timestamps.read(
      view.getUint32(offset + 12, this.littleEndian),
      view.getUint32(offset + 16, this.littleEndian),
    );
    this.noteTime(timeNanos);
    const drops = view.getUint16(offset + 10, this.littleEndian);
    if (drops !== DROPS_UNKNOWN) noteDrops(from, drops);
    const optionsOffset = offset + 28 + ((capturedBytes + 3) & ~3);
    if (this.sink.onPacketOptions !== undefined) this.tellOptions(bytes, view, optionsOffset, offset + totalBytes - 4);
    const wireBytes = view.getUint32(offset + 24, this.littleEndian);
    this.deliver(bytes, view, offset + 28, capturedBytes, wireBytes, from, timeNanos);
  }

  private readSimple(bytes: Uint8Array, view: DataView, offset: number, totalBytes: number): void {
    if (this.section.length === 0) throw this.noInterface(0, offset);
    const from = this.section[0];
    const wireBytes = view.getUint32(offset + 8, this.littleEndian);
    const { snapLength } = from.info;
    const capturedBytes = snapLength > 0 ? Math.min(wireBytes, snapLength) : wireBytes;
    const most = Math.min(totalBytes - 16, from.maxCapturedBytes);
    if (capturedBytes > most) throw this.badCaptured(capturedBytes, most, offset);
    this.deliver(bytes, view, offset + 12, capturedBytes, wireBytes, from, this.previousTimeNanos);
  }

  private noteTime(timeNanos: number): void {
    this.previousTimeNanos = timeNanos;
    if (timeNanos < this.firstTimeNanos) this.firstTimeNanos = timeNanos;
    if (timeNanos > this.lastTimeNanos) this.lastTimeNanos = timeNanos;
  }

  private deliver(
    bytes: Uint8Array,
    view: DataView,
    start: number,
    capturedBytes: number,
    wireBytes: number,
    from: SectionInterface,
    timeNanos: number,
  ): void {
    this.packetCount++;
    const frame = ++this.frameCount;
    const { linkType, index } = from.info;
    this.sink.onPacket(bytes, view, start, capturedBytes, wireBytes, linkType, frame, timeNanos, index);
  }

  private readByteOrder(view: DataView, offset: number): void {
    const magic = view.getUint32(offset + 8, true);
    if (magic === BYTE_ORDER_MAGIC) this.littleEndian = true;
    else if (magic === BYTE_ORDER_MAGIC_SWAPPED) this.littleEndian = false;
    else {
      const message = `a section header has the byte-order magic 0x${magic.toString(16).padStart(8, '0')}`;
      throw this.fail(this.headerRead ? 'bad-block' : 'not-a-capture', message, offset + 8, DAMAGED);
    }
  }

  private readNames(bytes: Uint8Array, view: DataView, offset: number, totalBytes: number): void {
    readNames(bytes, view, offset + 8, offset + totalBytes - 4, this.littleEndian, (name) => {
      if (this.names.length >= MAX_NAMES) return;
      this.names.push(name);
      this.sink.onName?.(name);
    });
  }

  private readSection(bytes: Uint8Array, view: DataView, offset: number, totalBytes: number): void {
    const major = view.getUint16(offset + 12, this.littleEndian);
    const minor = view.getUint16(offset + 14, this.littleEndian);
    if (major !== 1) {
      const message = `pcapng version ${major}.${minor} is not known; version 1 is`;
      throw this.fail('unsupported-version', message, offset + 12, 'The file may be damaged; convert it with editcap.');
    }
    this.headerRead = true;
    this.section = [];
    const texts: (string | null)[] = [null, null, null, null, null];
    visitOptions(view, offset + 24, offset + totalBytes - 4, this.littleEndian, (code, start, count) => {
      if (code < texts.length) texts[code] ??= readText(bytes, start, count);
    });
    this.noteSection({
      byteOrder: this.littleEndian ? 'little-endian' : 'big-endian',
      version: `${major}.${minor}`,
      variant: null,
      application: texts[OptionCode.SHB_APPLICATION],
      system: texts[OptionCode.SHB_OS],
      hardware: texts[OptionCode.SHB_HARDWARE],
      comment: texts[OptionCode.COMMENT],
    });
    this.sink.onSection?.();
  }

  private readInterface(bytes: Uint8Array, view: DataView, offset: number, totalBytes: number): void {
    if (this.context.interfaceCount >= MAX_INTERFACES) {
      const message = `more than ${MAX_INTERFACES} interfaces in one session`;
      throw this.fail('limit-reached', message, offset, DAMAGED);
    }
    const littleEndian = this.littleEndian;
    const texts = new Map<number, string>();
    let resolution = DEFAULT_RESOLUTION;
    let offsetSeconds = 0;
    let fcsBytes: number | null = null;
    visitOptions(view, offset + 16, offset + totalBytes - 4, littleEndian, (code, start, count) => {
      if (code === OptionCode.IF_NAME || code === OptionCode.IF_DESCRIPTION || code === OptionCode.IF_OS) {
        texts.set(code, readText(bytes, start, count));
      } else if (code === OptionCode.IF_FILTER && count > 1 && view.getUint8(start) === 0) {
        texts.set(code, readText(bytes, start + 1, count - 1));
      } else if (code === OptionCode.IF_TSRESOL && count >= 1) resolution = view.getUint8(start);
      else if (code === OptionCode.IF_FCSLEN && count >= 1) fcsBytes = view.getUint8(start);
      else if (code === OptionCode.IF_TSOFFSET && count >= 8) {
        offsetSeconds = readSignedSeconds(view, start, littleEndian);
      }
    });
    const timestamps = new TimestampReader(this.context, ticksPerSecond(resolution), offsetSeconds);
    const linkType = view.getUint16(offset + 8, littleEndian);
    const info: InterfaceInfo = {
      index: this.context.interfaceCount++,
      linkType,
      snapLength: view.getUint32(offset + 12, littleEndian),
      ticksPerSecond: timestamps.ticksPerSecond,
      offsetSeconds,
      fcsBytes,
      name: texts.get(OptionCode.IF_NAME) ?? null,
      description: texts.get(OptionCode.IF_DESCRIPTION) ?? null,
      filter: texts.get(OptionCode.IF_FILTER) ?? null,
      system: texts.get(OptionCode.IF_OS) ?? null,
      receivedCount: null,
      droppedCount: null,
    };
    const interfaceId = this.section.length;
    const isBigEndian = !littleEndian;
    const same = { isBigEndian, ticksPerSecond: info.ticksPerSecond, offsetSeconds, linkType, interfaceId };
    const isFine = info.ticksPerSecond > NANOS_PER_SECOND;
    const run = isFine ? null : newRun('pcapng', { ...same, interfaceIndex: info.index });
    this.section.push({ info, timestamps, maxCapturedBytes: maxPacketBytes(linkType), run, packetDrops: -1 });
    this.interfaces.push(info);
    if (this.section.length === 2) this.onSecondInterface?.();
    this.sink.onInterface?.(info);
  }

  /** The counters are totals since the capture began, so the last block of an interface is the one that holds. */
  private readStatistics(view: DataView, offset: number, totalBytes: number): void {
    const littleEndian = this.littleEndian;
    const id = view.getUint32(offset + 8, littleEndian);
    if (id >= this.section.length) return;
    const { info, packetDrops } = this.section[id];
    let dropped: number | null = null;
    visitOptions(view, offset + 20, offset + totalBytes - 4, littleEndian, (code, start, count) => {
      if (count < 8) return;
      if (code === OptionCode.ISB_IFRECV) info.receivedCount = readCounter(view, start, littleEndian);
      else if (code === OptionCode.ISB_IFDROP || code === OptionCode.ISB_OSDROP) {
        dropped = (dropped ?? 0) + readCounter(view, start, littleEndian);
      }
    });
    if (dropped !== null) info.droppedCount = Math.max(dropped, packetDrops);
  }

  private badTotal(totalBytes: number, least: number, offset: number): CaptureError {
    const bound = totalBytes < least ? `at least ${least}` : `at most ${MAX_BLOCK_BYTES}`;
    return this.fail('bad-length', `a block claims ${totalBytes} bytes, it must have ${bound}`, offset, DAMAGED);
  }

  private badCaptured(capturedBytes: number, most: number, offset: number): CaptureError {
    const message = `packet ${this.packetCount + 1} claims ${capturedBytes} captured bytes, the most there can be is ${most}`;
    return this.fail('bad-length', message, offset, DAMAGED);
  }

  private noInterface(id: number, offset: number): CaptureError {
    const message = `packet ${this.packetCount + 1} is of interface ${id}, the section has ${this.section.length}`;
    return this.fail('no-interface', message, offset, DAMAGED);
  }

  private noSection(offset: number): CaptureError {
    return this.fail('not-a-capture', 'the file does not begin with a section header', offset, 'Check the file.');
  }
}

/** Adds drops since the packet of that interface before. */
function noteDrops(from: SectionInterface, count: number): void {
  from.packetDrops = Math.max(from.packetDrops, 0) + count;
  from.info.droppedCount = Math.max(from.info.droppedCount ?? 0, from.packetDrops);
}
