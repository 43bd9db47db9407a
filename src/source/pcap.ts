/**
 * Classic pcap, as the Internet-Draft "PCAP Capture File Format" (draft-ietf-opsawg-pcap) describes it.
 *
 *     file header, 24 bytes                        packet header, 16 bytes
 *     +0   magic 0xa1b2c3d4 (us) 0xa1b23c4d (ns)   +0   seconds since 1970
 *     +4   major version   +6  minor version       +4   microseconds or nanoseconds
 *     +8   time zone, always ignored               +8   captured length
 *     +12  accuracy, always ignored                +12  length on the wire
 *     +16  snap length                             then the captured bytes
 *     +20  link type (low 16 bits), FCS length (high bits)
 *
 * The magic also tells the byte order. 0xa1b2cd34 is the variant of some Linux distributions of 1999, whose packet
 * header has 8 more bytes (interface, protocol, packet type). Before version 2.3 the two lengths were the other way
 * round; in 2.3 either order occurs and the larger is the length on the wire.
 *
 * Left out: AIX dumps (nanoseconds under the microsecond magic), variants under the ordinary magic that are told only
 * by guessing, the IXIA and Navtel magics, and cutting packets back to the snap length.
 */
import type { CaptureError } from '../base/error.ts';
import { NANOS_PER_SECOND } from '../base/time.ts';
import { newRun, type PacketRun } from '../wire/run.ts';
import { fixTimeBase, type InterfaceInfo, MAX_INTERFACES, maxPacketBytes } from './packet.ts';
import { PushParser } from './push-parser.ts';

export const PcapMagic = {
  MICROS: 0xa1b2c3d4,
  NANOS: 0xa1b23c4d,
  MODIFIED: 0xa1b2cd34,
} as const;

const FILE_HEADER_BYTES = 24;
const PACKET_HEADER_BYTES = 16;
const MODIFIED_PACKET_HEADER_BYTES = 24;

/** Bit of the link type field that says that its upper four bits hold the FCS length, in units of two bytes. */
const FCS_PRESENT = 0x0400_0000;

const LengthOrder = { CAPTURED_FIRST: 0, LARGER_IS_WIRE: 1, WIRE_FIRST: 2 } as const;

/** True when the four bytes are a pcap magic in either byte order. */
export function isPcapMagic(bigEndianWord: number): boolean {
  return readMagic(bigEndianWord) !== null || readMagic(swapBytes(bigEndianWord)) !== null;
}

function readMagic(word: number): number | null {
  return word === PcapMagic.MICROS || word === PcapMagic.NANOS || word === PcapMagic.MODIFIED ? word : null;
}

function swapBytes(word: number): number {
  return (((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | ((word >>> 24) & 0xff)) >>> 0;
}

/** Incremental parser of classic pcap. */
export class PcapParser extends PushParser {
  readonly format = 'pcap';

  private nanosPerTick = 1000;
  private linkType = 0;
  private interfaceIndex = 0;
  private littleEndian = true;
  private magic: number = PcapMagic.MICROS;
  private packetHeaderBytes = PACKET_HEADER_BYTES;
  private lengthOrder: number = LengthOrder.CAPTURED_FIRST;
  private maxCapturedBytes = 0;
  private run: PacketRun = newRun('pcap');

  /** @hot Nothing is allocated per packet. */
  protected consume(bytes: Uint8Array, view: DataView, from: number, end: number): number {
    let offset = from;
    if (!this.headerRead) {
      this.neededBytes = FILE_HEADER_BYTES;
      if (end - offset < FILE_HEADER_BYTES) return offset;
      this.readFileHeader(view, offset);
      offset += FILE_HEADER_BYTES;
    }
    const { sink, littleEndian, packetHeaderBytes, nanosPerTick, linkType, interfaceIndex, lengthOrder } = this;
    const timeBase = this.context.timeBase;
    const isUsual = packetHeaderBytes === PACKET_HEADER_BYTES && lengthOrder === LengthOrder.CAPTURED_FIRST;
    for (;;) {
      // What is known from the first packet is not known before it.
      if (isUsual && this.packetCount > 0 && sink.onRun !== undefined) {
        this.run.frame = this.packetCount;
        offset = this.forwardRun(bytes, offset, end, this.run);
      }
      const start = offset + packetHeaderBytes;
      this.neededBytes = packetHeaderBytes;
      if (start > end) return offset;
      let capturedBytes = view.getUint32(offset + 8, littleEndian);
      let wireBytes = view.getUint32(offset + 12, littleEndian);
      if (
        lengthOrder !== LengthOrder.CAPTURED_FIRST &&
        (lengthOrder === LengthOrder.WIRE_FIRST || capturedBytes > wireBytes)
      ) {
        const first = capturedBytes;
        capturedBytes = wireBytes;
        wireBytes = first;
      }
      if (capturedBytes > this.maxCapturedBytes) throw this.badLength(capturedBytes, offset);
      if (capturedBytes > end - start) {
        this.neededBytes = packetHeaderBytes + capturedBytes;
        return offset;
      }
      const seconds = view.getUint32(offset, littleEndian);
      if (capturedBytes === 0 && seconds === this.magic && wireBytes === 0) throw this.secondHeader(offset);
      if (this.packetCount === 0) fixTimeBase(this.context, seconds);
      const timeNanos =
        (seconds - timeBase.epochSeconds) * NANOS_PER_SECOND + view.getUint32(offset + 4, littleEndian) * nanosPerTick;
      if (timeNanos < this.firstTimeNanos) this.firstTimeNanos = timeNanos;
      if (timeNanos > this.lastTimeNanos) this.lastTimeNanos = timeNanos;
      const frame = ++this.packetCount;
      sink.onPacket(bytes, view, start, capturedBytes, wireBytes, linkType, frame, timeNanos, interfaceIndex);
      offset = start + capturedBytes;
    }
  }

  protected cutShort(heldBytes: number): CaptureError {
    const hint =
      'Copy the file again from where it was captured; a capture still being written may also end like this.';
    if (!this.headerRead) {
      const message = `the file ends inside its header: ${heldBytes} of ${FILE_HEADER_BYTES} bytes`;
      return this.fail('truncated-header', message, 0, hint);
    }
    const message = `the file ends inside packet ${this.packetCount + 1}: ${heldBytes} of ${
      heldBytes < this.packetHeaderBytes ? `at least ${this.packetHeaderBytes}` : this.neededBytes
    } bytes`;
    return this.fail('truncated-packet', message, 0, hint);
  }

  private badLength(capturedBytes: number, offset: number): CaptureError {
    return this.fail(
      'bad-length',
      `packet ${this.packetCount + 1} claims ${capturedBytes} captured bytes, the most there can be is ${this.maxCapturedBytes}`,
      offset,
      'The file is damaged from here on; what comes before can be used.',
    );
  }

  /** No packet: time zone and accuracy, always 0, stand where its lengths would be. */
  private secondHeader(offset: number): CaptureError {
    return this.fail(
      'bad-block',
      'another pcap file begins within this one',
      offset,
      'Files put together with cat are no capture: give each by itself (several are read as one), or use mergecap.',
    );
  }

  private readFileHeader(view: DataView, offset: number): void {
    const word = view.getUint32(offset, false);
    this.littleEndian = readMagic(word) === null;
    const magic = readMagic(this.littleEndian ? swapBytes(word) : word);
    if (magic === null) {
      throw this.fail('not-a-capture', 'the file does not begin with a pcap magic number', offset, 'Check the file.');
    }
    this.magic = magic;
    const major = view.getUint16(offset + 4, this.littleEndian);
    const minor = view.getUint16(offset + 6, this.littleEndian);
    if (major !== 2) {
      const message = `pcap version ${major}.${minor} is not known; version 2 is`;
      throw this.fail('unsupported-version', message, offset + 4, 'The file may be damaged; convert it with editcap.');
    }
    if (minor < 3) this.lengthOrder = LengthOrder.WIRE_FIRST;
    else if (minor === 3) this.lengthOrder = LengthOrder.LARGER_IS_WIRE;
    if (magic === PcapMagic.NANOS) this.nanosPerTick = 1;
    if (magic === PcapMagic.MODIFIED) this.packetHeaderBytes = MODIFIED_PACKET_HEADER_BYTES;
    this.linkType = view.getUint32(offset + 20, this.littleEndian) & 0xffff;
    this.maxCapturedBytes = maxPacketBytes(this.linkType);
    if (this.context.interfaceCount >= MAX_INTERFACES) {
      const message = `more than ${MAX_INTERFACES} interfaces in one session`;
      throw this.fail('limit-reached', message, offset, 'Analyse fewer files at once.');
    }
    this.interfaceIndex = this.context.interfaceCount++;
    this.run = newRun('pcap', {
      isBigEndian: !this.littleEndian,
      ticksPerSecond: NANOS_PER_SECOND / this.nanosPerTick,
      linkType: this.linkType,
      interfaceIndex: this.interfaceIndex,
    });
    this.headerRead = true;
    this.noteSection({
      byteOrder: this.littleEndian ? 'little-endian' : 'big-endian',
      version: `${major}.${minor}`,
      variant: magic === PcapMagic.MODIFIED ? 'modified by Kuznetzov' : null,
      application: null,
      system: null,
      hardware: null,
      comment: null,
    });
    this.announce(view.getUint32(offset + 16, this.littleEndian), view.getUint32(offset + 20, this.littleEndian));
  }

  private announce(snapLength: number, linkTypeField: number): void {
    const info: InterfaceInfo = {
      index: this.interfaceIndex,
      linkType: this.linkType,
      snapLength,
      ticksPerSecond: NANOS_PER_SECOND / this.nanosPerTick,
      offsetSeconds: 0,
      fcsBytes: linkTypeField & FCS_PRESENT ? (linkTypeField >>> 28) * 2 : null,
      name: null,
      description: null,
      filter: null,
      system: null,
      receivedCount: null,
      droppedCount: null,
    };
    this.interfaces.push(info);
    this.sink.onInterface?.(info);
  }
}
