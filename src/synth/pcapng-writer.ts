/**
 * Writes pcapng: a section header, an interface description each, then enhanced packets with nanosecond times.
 *
 *     block: type 4 | total length 4 | body | options | total length 4
 *     SHB body: byte-order magic 4 | major 2 | minor 2 | section length 8 (-1: not told)
 *     IDB body: link type 2 | reserved 2 | snap length 4
 *     EPB body: interface 4 | time high 4 | time low 4 | captured length 4 | original length 4 | bytes, padded to 4
 *     option:   code 2 | length 2 | value, padded to 4; code 0 ends the list
 *
 * Left out: every other block type, options that say nothing about packets, signatures.
 */
import type { PacketRecord } from './pcap-writer.ts';

const BLOCK_SECTION = 0x0a0d0d0a;
const BLOCK_INTERFACE = 1;
const BLOCK_ENHANCED_PACKET = 6;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const OPTION_COMMENT = 1;
const OPTION_APPLICATION = 4;
const OPTION_INTERFACE_NAME = 2;
const OPTION_TIME_RESOLUTION = 9;
const NANOSECOND_RESOLUTION = 9;

interface BlockOption {
  code: number;
  value: Uint8Array;
}

const padded = (bytes: number): number => (bytes + 3) & ~3;
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

function encodeBlock(type: number, body: Uint8Array, options: BlockOption[], little: boolean): Uint8Array {
  const optionBytes = options.reduce(
    (sum, option) => sum + 4 + padded(option.value.length),
    options.length > 0 ? 4 : 0,
  );
  const totalBytes = 12 + padded(body.length) + optionBytes;
  const bytes = new Uint8Array(totalBytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type, little);
  view.setUint32(4, totalBytes, little);
  bytes.set(body, 8);
  let at = 8 + padded(body.length);
  for (const option of options) {
    view.setUint16(at, option.code, little);
    view.setUint16(at + 2, option.value.length, little);
    bytes.set(option.value, at + 4);
    at += 4 + padded(option.value.length);
  }
  view.setUint32(totalBytes - 4, totalBytes, little);
  return bytes;
}

export interface SectionStyle {
  littleEndian?: boolean;
  /** Name of the writing program (shb_userappl). */
  application?: string;
}

/** The section header block that opens a file, or a further section of it. */
export function encodeSectionHeader(style: SectionStyle = {}): Uint8Array {
  const little = style.littleEndian ?? true;
  const body = new Uint8Array(16);
  const view = new DataView(body.buffer);
  view.setUint32(0, BYTE_ORDER_MAGIC, little);
  view.setUint16(4, 1, little);
  view.setBigInt64(8, -1n, little);
  const options = style.application ? [{ code: OPTION_APPLICATION, value: utf8(style.application) }] : [];
  return encodeBlock(BLOCK_SECTION, body, options, little);
}

export interface InterfaceStyle {
  /** LINKTYPE number; 1 is Ethernet. */
  linkType: number;
  /** 0 is no limit. */
  snapLengthBytes?: number;
  name?: string;
  littleEndian?: boolean;
}

/** An interface description block with nanosecond resolution. */
export function encodeInterface(style: InterfaceStyle): Uint8Array {
  const little = style.littleEndian ?? true;
  const body = new Uint8Array(8);
  const view = new DataView(body.buffer);
  view.setUint16(0, style.linkType, little);
  view.setUint32(4, style.snapLengthBytes ?? 0, little);
  const options = [{ code: OPTION_TIME_RESOLUTION, value: Uint8Array.of(NANOSECOND_RESOLUTION) }];
  if (style.name) options.unshift({ code: OPTION_INTERFACE_NAME, value: Uint8Array.from(utf8(style.name)) });
  return encodeBlock(BLOCK_INTERFACE, body, options, little);
}

export interface EnhancedPacket extends PacketRecord {
  /** Index within the section. */
  interfaceIndex: number;
  /** Shown by Wireshark beside the packet (opt_comment). */
  comment?: string;
}

/** An enhanced packet block. */
export function encodeEnhancedPacket(packet: EnhancedPacket, littleEndian = true): Uint8Array {
  const body = new Uint8Array(20 + packet.bytes.length);
  const view = new DataView(body.buffer);
  const time = BigInt(packet.seconds) * 1_000_000_000n + BigInt(packet.nanos);
  view.setUint32(0, packet.interfaceIndex, littleEndian);
  view.setUint32(4, Number(BigInt.asUintN(32, time >> 32n)), littleEndian);
  view.setUint32(8, Number(BigInt.asUintN(32, time)), littleEndian);
  view.setUint32(12, packet.bytes.length, littleEndian);
  view.setUint32(16, packet.originalBytes, littleEndian);
  body.set(packet.bytes, 20);
  const options = packet.comment ? [{ code: OPTION_COMMENT, value: utf8(packet.comment) }] : [];
  return encodeBlock(BLOCK_ENHANCED_PACKET, body, options, littleEndian);
}
