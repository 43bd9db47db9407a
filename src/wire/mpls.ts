/**
 * MPLS label stack (RFC 3032) and what a pseudowire puts below it (RFC 4385, 4448).
 *
 *     | label 20 | traffic class 3 | bottom 1 | TTL 8 |  …  IPv4 | IPv6 | (0 3, flags … control word) Ethernet
 *
 * Nothing says what lies below the stack; the first nibble does by convention. A pseudowire's Ethernet frame is told by
 * a known type in its place. Left out: other pseudowires.
 */
import { ETHERNET_HEADER_BYTES, ETHERNET_TYPE_OFFSET } from './ethernet.ts';
import type { Packet } from './packet.ts';
import { Protocol } from './protocol.ts';
import { Skip } from './skip.ts';

const LABEL_BYTES = 4;
const CONTROL_WORD_BYTES = 4;
const BOTTOM_OF_STACK = 0x100;

/** Reads labels to the bottom of the stack. */
export function decodeMpls(packet: Packet): number {
  const { view, end } = packet;
  let at = packet.offset;
  for (;;) {
    if (end - at < LABEL_BYTES) return packet.skip(Skip.TRUNCATED_LINK);
    const label = view.getInt32(at);
    at += LABEL_BYTES;
    if ((label & BOTTOM_OF_STACK) !== 0) break;
  }
  packet.offset = at;
  if (!packet.has(1)) return packet.skip(Skip.TRUNCATED_LINK);
  const nibble = view.getUint8(at) >>> 4;
  if (looksLikeEthernet(packet, at)) return Protocol.ETHERNET;
  if (nibble === 4 || nibble === 6) return Protocol.RAW_IP;
  if (nibble !== 0 || !looksLikeEthernet(packet, at + CONTROL_WORD_BYTES)) return packet.skip(Skip.NOT_IP);
  packet.offset = at + CONTROL_WORD_BYTES;
  return Protocol.ETHERNET;
}

/** An IPv4 header holds part of the source address where the type would stand, so the version must agree as well. */
function looksLikeEthernet(packet: Packet, at: number): boolean {
  const { view, end } = packet;
  if (end - at <= ETHERNET_HEADER_BYTES) return false;
  const type = view.getUint16(at + ETHERNET_TYPE_OFFSET);
  const next = view.getUint8(at + ETHERNET_HEADER_BYTES) >>> 4;
  if (type === Protocol.IPV4) return next === 4;
  if (type === Protocol.IPV6) return next === 6;
  return type === Protocol.VLAN || type === Protocol.VLAN_SERVICE || type === Protocol.PPPOE;
}
