/**
 * Headers that name an address family: LINKTYPE_NULL (in the byte order of the capturing machine), LINKTYPE_LOOP
 * (network byte order), OpenBSD's enc and pflog devices.
 *
 *     NULL, LOOP:  | address family 32 | payload …
 *     ENC:         | address family 32 | SPI 32 | flags 32 | payload …
 *     PFLOG:       | length 8 | address family 8 | … to the length, rounded up to 4 | payload …
 *
 * AF_INET is 2 everywhere, AF_INET6 differs by system. Some writers put an ethertype or a PPP header there instead.
 */
import type { Packet } from './packet.ts';
import { Protocol } from './protocol.ts';
import { Skip } from './skip.ts';

const FAMILY_BYTES = 4;
const LARGEST_FAMILY = 0xffff;
const PPP_ADDRESS_AND_CONTROL = 0xff03;
const PFLOG_MINIMUM_BYTES = 2;

/** Reads a LINKTYPE_NULL or LINKTYPE_LOOP header in either byte order. @hot */
export function decodeLoopback(packet: Packet): number {
  return decodeFamilyAt(packet, 0, FAMILY_BYTES);
}

/** Steps over a header of fixed length with a 32-bit address family, in either byte order, at `familyOffset`. @hot */
export function decodeFamilyAt(packet: Packet, familyOffset: number, headerBytes: number): number {
  const { view, offset } = packet;
  if (packet.end - offset < headerBytes) return packet.skip(Skip.TRUNCATED_LINK);
  if (view.getUint16(offset + familyOffset) === PPP_ADDRESS_AND_CONTROL) return Protocol.PPP;
  const little = view.getUint32(offset + familyOffset, true);
  const family = little <= LARGEST_FAMILY ? little : view.getUint32(offset + familyOffset);
  packet.offset = offset + headerBytes;
  return protocolOfFamily(packet, family);
}

/** Reads the header of OpenBSD's packet filter log. */
export function decodePflog(packet: Packet): number {
  const { view, offset } = packet;
  if (!packet.has(PFLOG_MINIMUM_BYTES)) return packet.skip(Skip.TRUNCATED_LINK);
  const headerBytes = (view.getUint8(offset) + 3) & ~3;
  if (headerBytes < PFLOG_MINIMUM_BYTES) return packet.skip(Skip.BAD_LINK_HEADER);
  if (!packet.has(headerBytes)) return packet.skip(Skip.TRUNCATED_LINK);
  packet.offset = offset + headerBytes;
  return protocolOfFamily(packet, view.getUint8(offset + 1));
}

function protocolOfFamily(packet: Packet, family: number): number {
  switch (family) {
    case 2:
      return Protocol.IPV4;
    case 10: // Linux
    case 23: // Windows
    case 24: // NetBSD, OpenBSD, BSD/OS
    case 28: // FreeBSD
    case 30: // Darwin
      return Protocol.IPV6;
    default:
      return family >= Protocol.FIRST_ETHERTYPE ? family : packet.skip(Skip.NOT_IP);
  }
}
