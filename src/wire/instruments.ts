/**
 * Records of measuring cards and routers.
 *
 *     ERF:      | time 64 | type 8, high bit: extension headers | flags 8 | record length 16 | loss 16 | wire length 16 |
 *               | extension headers of 8 octets, high bit of the first octet: one more | Ethernet: pad 16 | frame …
 *     Juniper:  | 0x4d4743 | flags 8 | extension length 16, if flags & 0x80 | … | frame, or family 32 and IP if flags & 2
 */
import type { Packet } from './packet.ts';
import { Protocol } from './protocol.ts';
import { Skip } from './skip.ts';

const ERF_HEADER_BYTES = 16;
const ERF_TYPE_OFFSET = 8;
const ERF_EXTENSION_BYTES = 8;
const ERF_EXTENDED = 0x80;
const ERF_ETHERNET_PAD_BYTES = 2;
const ErfType = {
  HDLC_POS: 1,
  ETHERNET: 2,
  COLOR_HDLC_POS: 10,
  COLOR_ETHERNET: 11,
  DSM_COLOR_HDLC_POS: 15,
  DSM_COLOR_ETHERNET: 16,
  COLOR_HASH_POS: 20,
  COLOR_HASH_ETHERNET: 21,
  IPV4: 22,
  IPV6: 23,
} as const;

const JUNIPER_HEADER_BYTES = 4;
const JUNIPER_MAGIC = 0x4d4743;
const JUNIPER_NO_LINK_HEADER = 0x02;
const JUNIPER_EXTENDED = 0x80;
const JUNIPER_FAMILY_BYTES = 4;

/** Reads an ERF record header and its extensions. */
export function decodeErf(packet: Packet): number {
  const { view, offset } = packet;
  if (!packet.has(ERF_HEADER_BYTES)) return packet.skip(Skip.TRUNCATED_LINK);
  const type = view.getUint8(offset + ERF_TYPE_OFFSET);
  let headerBytes = ERF_HEADER_BYTES;
  for (let more = type; (more & ERF_EXTENDED) !== 0; headerBytes += ERF_EXTENSION_BYTES) {
    if (!packet.has(headerBytes + ERF_EXTENSION_BYTES)) return packet.skip(Skip.TRUNCATED_LINK);
    more = view.getUint8(offset + headerBytes);
  }
  packet.offset = offset + headerBytes;
  switch (type & ~ERF_EXTENDED) {
    case ErfType.ETHERNET:
    case ErfType.COLOR_ETHERNET:
    case ErfType.DSM_COLOR_ETHERNET:
    case ErfType.COLOR_HASH_ETHERNET:
      if (!packet.has(ERF_ETHERNET_PAD_BYTES)) return packet.skip(Skip.TRUNCATED_LINK);
      packet.offset += ERF_ETHERNET_PAD_BYTES;
      return Protocol.ETHERNET;
    case ErfType.HDLC_POS:
    case ErfType.COLOR_HDLC_POS:
    case ErfType.DSM_COLOR_HDLC_POS:
    case ErfType.COLOR_HASH_POS:
      return Protocol.HDLC;
    case ErfType.IPV4:
    case ErfType.IPV6:
      return Protocol.RAW_IP;
    default:
      return packet.skip(Skip.NOT_IP);
  }
}

/** Reads a Juniper header in front of a frame of the kind `next`. */
export function decodeJuniper(packet: Packet, next: number): number {
  const { view, offset } = packet;
  if (!packet.has(JUNIPER_HEADER_BYTES + 2)) return packet.skip(Skip.TRUNCATED_LINK);
  if (view.getUint32(offset) >>> 8 !== JUNIPER_MAGIC) return packet.skip(Skip.BAD_LINK_HEADER);
  const flags = view.getUint8(offset + 3);
  const extensionBytes = (flags & JUNIPER_EXTENDED) !== 0 ? 2 + view.getUint16(offset + JUNIPER_HEADER_BYTES) : 0;
  const familyBytes = (flags & JUNIPER_NO_LINK_HEADER) !== 0 ? JUNIPER_FAMILY_BYTES : 0;
  const headerBytes = JUNIPER_HEADER_BYTES + extensionBytes + familyBytes;
  if (!packet.has(headerBytes)) return packet.skip(Skip.TRUNCATED_LINK);
  packet.offset = offset + headerBytes;
  return familyBytes > 0 ? Protocol.RAW_IP : next;
}
