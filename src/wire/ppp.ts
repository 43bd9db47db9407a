/**
 * PPP (RFC 1661, in HDLC-like framing RFC 1662) and PPPoE (RFC 2516).
 *
 *     | 0xff 0x03, may be absent | protocol: 2 octets, or 1 when it is odd | payload …
 *     PPPoE: | version 4, type 4 | code 8 | session 16 | length 16 | PPP …
 *
 * Left out: fragments of a multilink bundle (RFC 1990) and headers compressed by RFC 1144 are counted, not rebuilt;
 * escaped octets of an asynchronous line.
 */
import { decodeIpv4 } from './ipv4.ts';
import type { Packet } from './packet.ts';
import { Protocol } from './protocol.ts';
import { Skip } from './skip.ts';

const ALL_STATIONS = 0xff;
const UNNUMBERED_INFORMATION = 0x03;
const PPPOE_HEADER_BYTES = 6;
const PPPOE_SESSION_DATA = 0;
const BRIDGED_HEADER_BYTES = 2;
const MULTILINK_HEADER_BYTES = 4;
const MULTILINK_WHOLE = 0xc0;

const PppProtocol = {
  IPV4: 0x0021,
  VJ_COMPRESSED: 0x002d,
  VJ_UNCOMPRESSED: 0x002f,
  BRIDGED: 0x0031,
  MULTILINK: 0x003d,
  ENCRYPTED: 0x0053,
  ENCRYPTED_SINGLE_LINK: 0x0055,
  IPV6: 0x0057,
  COMPRESSED_SINGLE_LINK: 0x00fb,
  COMPRESSED: 0x00fd,
  MPLS: 0x0281,
  MPLS_MULTICAST: 0x0283,
} as const;

/** Reads address and control, if there, and the protocol field. */
export function decodePpp(packet: Packet): number {
  const { view, end } = packet;
  let at = packet.offset;
  if (end - at < 2) return packet.skip(Skip.TRUNCATED_LINK);
  if (view.getUint8(at) === ALL_STATIONS && view.getUint8(at + 1) === UNNUMBERED_INFORMATION) at += 2;
  if (end - at < 2) return packet.skip(Skip.TRUNCATED_LINK);
  const first = view.getUint8(at);
  const compressed = (first & 1) !== 0;
  packet.offset = at + (compressed ? 1 : 2);
  return decodePppPayload(packet, compressed ? first : view.getUint16(at));
}

/** Reads PPP behind an octet of direction; pppd puts that octet in the place of 0xff. */
export function decodePppWithDirection(packet: Packet): number {
  const { view, offset } = packet;
  if (!packet.has(2)) return packet.skip(Skip.TRUNCATED_LINK);
  packet.offset = offset + (view.getUint8(offset + 1) === UNNUMBERED_INFORMATION ? 2 : 1);
  return Protocol.PPP;
}

/** Reads a PPPoE session header. */
export function decodePppoe(packet: Packet): number {
  const { view, offset } = packet;
  if (!packet.has(PPPOE_HEADER_BYTES)) return packet.skip(Skip.TRUNCATED_LINK);
  if (view.getUint8(offset + 1) !== PPPOE_SESSION_DATA) return packet.skip(Skip.NOT_IP);
  packet.offset = offset + PPPOE_HEADER_BYTES;
  return Protocol.PPP;
}

function decodePppPayload(packet: Packet, protocol: number): number {
  switch (protocol) {
    case PppProtocol.IPV4:
      return Protocol.IPV4;
    case PppProtocol.IPV6:
      return Protocol.IPV6;
    case PppProtocol.MPLS:
    case PppProtocol.MPLS_MULTICAST:
      return Protocol.MPLS;
    case PppProtocol.VJ_UNCOMPRESSED:
      // The protocol field of this IP header holds a slot number: it is always TCP (RFC 1144 §3.2.1).
      return decodeIpv4(packet) === Protocol.DONE ? Protocol.DONE : Protocol.TCP;
    case PppProtocol.VJ_COMPRESSED:
      return packet.skip(Skip.COMPRESSED_HEADER);
    case PppProtocol.BRIDGED:
      if (!packet.has(BRIDGED_HEADER_BYTES)) return packet.skip(Skip.TRUNCATED_LINK);
      packet.offset += BRIDGED_HEADER_BYTES;
      return Protocol.ETHERNET;
    case PppProtocol.MULTILINK:
      return decodeMultilink(packet);
    case PppProtocol.ENCRYPTED:
    case PppProtocol.ENCRYPTED_SINGLE_LINK:
    case PppProtocol.COMPRESSED:
    case PppProtocol.COMPRESSED_SINGLE_LINK:
      return packet.skip(Skip.ENCRYPTED);
    default:
      return packet.skip(Skip.NOT_IP);
  }
}

/** A packet that is its own first and last fragment can be followed; long sequence numbers are assumed. */
function decodeMultilink(packet: Packet): number {
  const { view, offset } = packet;
  if (!packet.has(MULTILINK_HEADER_BYTES)) return packet.skip(Skip.TRUNCATED_LINK);
  if ((view.getUint8(offset) & MULTILINK_WHOLE) !== MULTILINK_WHOLE) return packet.skip(Skip.FRAGMENT);
  packet.offset = offset + MULTILINK_HEADER_BYTES;
  return Protocol.PPP;
}
