/**
 * Writes pcapng: a section header, interface descriptions, enhanced packets, names and statistics.
 *
 *     block: type 4 | total length 4 | body | options | total length 4
 *     SHB body: byte-order magic 4 | major 2 | minor 2 | section length 8 (-1: not told)
 *     IDB body: link type 2 | reserved 2 | snap length 4
 *     EPB body: interface 4 | time high 4 | time low 4 | captured length 4 | original length 4 | bytes, padded to 4
 *     option:   code 2 | length 2 | value, padded to 4; code 0 ends the list
 *
 *     NRB body: records with the shape of options, type 1 IPv4, 2 IPv6: address, name, 0
 *     ISB body: interface 4 | time 8 (0: not told)
 *
 * Left out: every other block type, other options, signatures.
 */

const BLOCK_SECTION = 0x0a0d0d0a;
const BLOCK_INTERFACE = 1;
const BLOCK_NAMES = 4;
const BLOCK_STATISTICS = 5;
const BLOCK_ENHANCED_PACKET = 6;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const RECORD_IPV4 = 1;
const RECORD_IPV6 = 2;
/** Codes of the options that are written. */
const Option = {
  COMMENT: 1,
  APPLICATION: 4,
  NAME: 2,
  DESCRIPTION: 3,
  TIME_RESOLUTION: 9,
  FILTER: 11,
  SYSTEM: 12,
  FCS_LENGTH: 13,
  TIME_OFFSET: 14,
  RECEIVED: 4,
  DROPPED: 5,
} as const;
const NANOSECOND_RESOLUTION = 9;
/** Options tell their length in 16 bits. */
const MAX_OPTION_BYTES = 0xffff;

interface BlockOption {
  code: number;
  value: Uint8Array;
}

const padded = (bytes: number): number => (bytes + 3) & ~3;
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text).subarray(0, MAX_OPTION_BYTES);

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

/** Options of texts that are there. */
function textOptions(texts: readonly (readonly [code: number, text: string | null | undefined])[]): BlockOption[] {
  return texts.flatMap(([code, text]) => (text ? [{ code, value: utf8(text) }] : []));
}

export interface SectionStyle {
  littleEndian?: boolean;
  /** Name of the writing program (shb_userappl). */
  application?: string;
  comment?: string;
}

/** The section header block that opens a file, or a further section of it. */
export function encodeSectionHeader(style: SectionStyle = {}): Uint8Array {
  const little = style.littleEndian ?? true;
  const body = new Uint8Array(16);
  const view = new DataView(body.buffer);
  view.setUint32(0, BYTE_ORDER_MAGIC, little);
  view.setUint16(4, 1, little);
  view.setBigInt64(8, -1n, little);
  const options = textOptions([
    [Option.COMMENT, style.comment],
    [Option.APPLICATION, style.application],
  ]);
  return encodeBlock(BLOCK_SECTION, body, options, little);
}

export interface InterfaceStyle {
  /** LINKTYPE number; 1 is Ethernet. */
  linkType: number;
  /** 0 is no limit. */
  snapLengthBytes?: number;
  name?: string | null;
  description?: string | null;
  /** Capture filter as text. */
  filter?: string | null;
  /** Operating system of the machine that captured. */
  system?: string | null;
  fcsBytes?: number | null;
  /** The byte if_tsresol; nanoseconds unless it is given. */
  resolution?: number;
  /** Seconds that readers add to every time. */
  offsetSeconds?: number;
  littleEndian?: boolean;
}

/** An interface description block. */
export function encodeInterface(style: InterfaceStyle): Uint8Array {
  const little = style.littleEndian ?? true;
  const body = new Uint8Array(8);
  const view = new DataView(body.buffer);
  view.setUint16(0, style.linkType, little);
  view.setUint32(4, style.snapLengthBytes ?? 0, little);
  const options = textOptions([
    [Option.NAME, style.name],
    [Option.DESCRIPTION, style.description],
  ]);
  options.push({ code: Option.TIME_RESOLUTION, value: Uint8Array.of(style.resolution ?? NANOSECOND_RESOLUTION) });
  // The first byte of a filter says what follows: 0 is text.
  if (style.filter) options.push({ code: Option.FILTER, value: utf8(`\0${style.filter}`) });
  options.push(...textOptions([[Option.SYSTEM, style.system]]));
  if (style.fcsBytes) options.push({ code: Option.FCS_LENGTH, value: Uint8Array.of(style.fcsBytes) });
  if (style.offsetSeconds) {
    const value = new Uint8Array(8);
    new DataView(value.buffer).setBigInt64(0, BigInt(style.offsetSeconds), little);
    options.push({ code: Option.TIME_OFFSET, value });
  }
  return encodeBlock(BLOCK_INTERFACE, body, options, little);
}

export interface EnhancedPacket {
  /** Index within the section. */
  interfaceIndex: number;
  /** Time in units of the interface's resolution, after its offset. */
  ticks: bigint;
  /** What was captured. */
  bytes: Uint8Array;
  /** Length on the wire. */
  originalBytes: number;
  /** Shown by Wireshark beside the packet (opt_comment). */
  comment?: string;
  /** What else is to be said of it, before the comment; values in the byte order of the file. */
  options?: readonly { readonly code: number; readonly value: Uint8Array }[];
}

/** An enhanced packet block. */
export function encodeEnhancedPacket(packet: EnhancedPacket, littleEndian = true): Uint8Array {
  const body = new Uint8Array(20 + packet.bytes.length);
  const view = new DataView(body.buffer);
  view.setUint32(0, packet.interfaceIndex, littleEndian);
  view.setUint32(4, Number(BigInt.asUintN(32, packet.ticks >> 32n)), littleEndian);
  view.setUint32(8, Number(BigInt.asUintN(32, packet.ticks)), littleEndian);
  view.setUint32(12, packet.bytes.length, littleEndian);
  view.setUint32(16, packet.originalBytes, littleEndian);
  body.set(packet.bytes, 20);
  const options = [...(packet.options ?? []), ...textOptions([[Option.COMMENT, packet.comment]])];
  return encodeBlock(BLOCK_ENHANCED_PACKET, body, options, littleEndian);
}

/** A name resolution block. */
export function encodeNames(
  names: readonly { readonly address: Uint8Array; readonly name: string }[],
  littleEndian = true,
): Uint8Array {
  const records = names.map(({ address, name }) => {
    const text = utf8(`${name}\0`);
    const value = new Uint8Array(address.length + text.length);
    value.set(address);
    value.set(text, address.length);
    return { code: address.length === 4 ? RECORD_IPV4 : RECORD_IPV6, value };
  });
  return encodeBlock(BLOCK_NAMES, new Uint8Array(0), records, littleEndian);
}

/** An interface statistics block: packets that the interface saw, and that were lost. */
export function encodeStatistics(
  counts: { interfaceIndex: number; received: number; dropped: number },
  littleEndian = true,
): Uint8Array {
  const body = new Uint8Array(12);
  new DataView(body.buffer).setUint32(0, counts.interfaceIndex, littleEndian);
  const counter = (count: number): Uint8Array => {
    const value = new Uint8Array(8);
    new DataView(value.buffer).setBigUint64(0, BigInt(count), littleEndian);
    return value;
  };
  const options = [
    { code: Option.RECEIVED, value: counter(counts.received) },
    { code: Option.DROPPED, value: counter(counts.dropped) },
  ];
  return encodeBlock(BLOCK_STATISTICS, body, options, littleEndian);
}
