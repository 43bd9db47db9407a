import type { PacketOption, ResolvedName } from './packet.ts';

/**
 * Options of a pcapng block, and the records of a name resolution block, which have the same shape:
 *
 *     +0 code (2)   +2 length (2)   +4 value, padded to 4 bytes       code 0 ends the list
 */
export const OptionCode = {
  COMMENT: 1,
  SHB_HARDWARE: 2,
  SHB_OS: 3,
  SHB_APPLICATION: 4,
  IF_NAME: 2,
  IF_DESCRIPTION: 3,
  IF_TSRESOL: 9,
  IF_FILTER: 11,
  IF_OS: 12,
  IF_FCSLEN: 13,
  IF_TSOFFSET: 14,
  EPB_FLAGS: 2,
  EPB_HASH: 3,
  EPB_DROPCOUNT: 4,
  EPB_PACKETID: 5,
  EPB_QUEUE: 6,
  EPB_VERDICT: 7,
  ISB_IFRECV: 4,
  ISB_IFDROP: 5,
  ISB_OSDROP: 7,
} as const;

/** Names kept of one capture. */
export const MAX_NAMES = 10_000;
const MAX_PACKET_OPTION_BYTES = 64 << 10;
const RECORD_IPV4 = 1;
const RECORD_IPV6 = 2;
const TWO_32 = 0x1_0000_0000;

const textDecoder = new TextDecoder();

/**
 * Calls `visit` with every option between `offset` and `end`; a list that is cut or runs over ends there, because
 * options never say where the next block is.
 */
export function visitOptions(
  view: DataView,
  offset: number,
  end: number,
  littleEndian: boolean,
  visit: (code: number, valueStart: number, valueBytes: number) => void,
): void {
  let at = offset;
  while (end - at >= 4) {
    const code = view.getUint16(at, littleEndian);
    const valueBytes = view.getUint16(at + 2, littleEndian);
    if (code === 0 || valueBytes > end - at - 4) return;
    visit(code, at + 4, valueBytes);
    at += 4 + ((valueBytes + 3) & ~3);
  }
}

/** Where the value of the first option with a code and at least so many bytes starts; -1 if there is none. @hot */
export function findOption(
  view: DataView,
  offset: number,
  end: number,
  littleEndian: boolean,
  wanted: number,
  leastBytes: number,
): number {
  let at = offset;
  while (end - at >= 4) {
    const code = view.getUint16(at, littleEndian);
    const valueBytes = view.getUint16(at + 2, littleEndian);
    if (code === 0 || valueBytes > end - at - 4) return -1;
    if (code === wanted && valueBytes >= leastBytes) return at + 4;
    at += 4 + ((valueBytes + 3) & ~3);
  }
  return -1;
}

/**
 * Copies the options of a packet that are true of it in any file: comments, direction and errors, hash, id, queue and
 * verdict. The drop counter is not, and what custom options mean is not known. What goes beyond 64 KiB is left out.
 */
export function readPacketOptions(
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  end: number,
  littleEndian: boolean,
): PacketOption[] {
  const options: PacketOption[] = [];
  let room = MAX_PACKET_OPTION_BYTES;
  visitOptions(view, offset, end, littleEndian, (code, start, count) => {
    const numberOffset = numberOffsetOf(code, count);
    if (numberOffset < 0 || count > room) return;
    room -= count;
    const value = bytes.slice(start, start + count);
    if (!littleEndian) value.subarray(numberOffset).reverse();
    options.push({ code, value });
  });
  return options;
}

/** Where the number in the value of a packet's option starts, which ends it; -1 for an option that is not to be copied. */
function numberOffsetOf(code: number, valueBytes: number): number {
  switch (code) {
    case OptionCode.COMMENT:
    case OptionCode.EPB_HASH:
      return valueBytes;
    case OptionCode.EPB_FLAGS:
    case OptionCode.EPB_QUEUE:
      return valueBytes === 4 ? 0 : -1;
    case OptionCode.EPB_PACKETID:
      return valueBytes === 8 ? 0 : -1;
    case OptionCode.EPB_VERDICT:
      return valueBytes === 9 ? 1 : valueBytes;
    default:
      return -1;
  }
}

/** Text of an option, without the zero that some writers put at its end. */
export function readText(bytes: Uint8Array, start: number, count: number): string {
  let end = start + count;
  while (end > start && bytes[end - 1] === 0) end--;
  return textDecoder.decode(bytes.subarray(start, end));
}

/** Unsigned 64-bit counter as a number; above 2^53 it is rounded. */
export function readCounter(view: DataView, offset: number, littleEndian: boolean): number {
  const first = view.getUint32(offset, littleEndian);
  const second = view.getUint32(offset + 4, littleEndian);
  return littleEndian ? second * TWO_32 + first : first * TWO_32 + second;
}

/** Signed 64-bit seconds as a number. */
export function readSignedSeconds(view: DataView, offset: number, littleEndian: boolean): number {
  const high = view.getInt32(littleEndian ? offset + 4 : offset, littleEndian);
  const low = view.getUint32(littleEndian ? offset : offset + 4, littleEndian);
  return high * TWO_32 + low;
}

/** Calls `take` with the names of a name resolution block. */
export function readNames(
  bytes: Uint8Array,
  view: DataView,
  start: number,
  end: number,
  littleEndian: boolean,
  take: (name: ResolvedName) => void,
): void {
  visitOptions(view, start, end, littleEndian, (type, valueStart, valueBytes) => {
    const addressBytes = type === RECORD_IPV4 ? 4 : type === RECORD_IPV6 ? 16 : 0;
    if (addressBytes === 0 || valueBytes <= addressBytes) return;
    const nameStart = valueStart + addressBytes;
    const nameEnd = bytes.subarray(nameStart, valueStart + valueBytes).indexOf(0);
    const name = readText(bytes, nameStart, nameEnd < 0 ? valueBytes - addressBytes : nameEnd);
    take({ address: bytes.slice(valueStart, nameStart), name });
  });
}
