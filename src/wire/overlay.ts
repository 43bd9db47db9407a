/**
 * Overlay networks over UDP: VXLAN (RFC 7348), its generic extension (draft-ietf-nvo3-vxlan-gpe) and GENEVE (RFC 8926).
 *
 *     VXLAN:      | flags 8, 0x08: VNI valid | reserved 24 | VNI 24 | reserved 8 | Ethernet …
 *     VXLAN-GPE:  | flags 8, 0x04: protocol valid | reserved 16 | next protocol 8 | VNI 24 | reserved 8 | …
 *     GENEVE:     | version 2, option length / 4: 6 | flags 8 | ethertype 16 | VNI 24 | reserved 8 | options | …
 */
import type { Packet } from './packet.ts';
import { Protocol } from './protocol.ts';
import { Skip } from './skip.ts';
import { protocolOfNsh } from './tags.ts';
import { Tunnel } from './tunnel.ts';

const OVERLAY_HEADER_BYTES = 8;
const VNI_OFFSET = 4;
const VXLAN_VNI_VALID = 0x08;
const GPE_PROTOCOL_VALID = 0x04;

/** Reads a VXLAN header. */
export function decodeVxlan(packet: Packet): number {
  const { view, offset } = packet;
  if (!packet.has(OVERLAY_HEADER_BYTES)) return packet.skip(Skip.TRUNCATED_TUNNEL);
  if ((view.getUint8(offset) & VXLAN_VNI_VALID) === 0) return packet.skip(Skip.UDP);
  packet.enterTunnel(Tunnel.VXLAN);
  packet.addScope(view.getUint32(offset + VNI_OFFSET) >>> 8);
  packet.offset = offset + OVERLAY_HEADER_BYTES;
  return Protocol.ETHERNET;
}

/** Reads a VXLAN-GPE header. */
export function decodeVxlanGpe(packet: Packet): number {
  const { view, offset } = packet;
  if (!packet.has(OVERLAY_HEADER_BYTES)) return packet.skip(Skip.TRUNCATED_TUNNEL);
  packet.enterTunnel(Tunnel.VXLAN_GPE);
  packet.addScope(view.getUint32(offset + VNI_OFFSET) >>> 8);
  packet.offset = offset + OVERLAY_HEADER_BYTES;
  if ((view.getUint8(offset) & GPE_PROTOCOL_VALID) === 0) return Protocol.ETHERNET;
  return protocolOfNsh(packet, view.getUint8(offset + 3));
}

/** Reads a GENEVE header and steps over its options. */
export function decodeGeneve(packet: Packet): number {
  const { view, offset } = packet;
  if (!packet.has(OVERLAY_HEADER_BYTES)) return packet.skip(Skip.TRUNCATED_TUNNEL);
  const first = view.getUint8(offset);
  if (first >>> 6 !== 0) return packet.skip(Skip.UDP);
  const headerBytes = OVERLAY_HEADER_BYTES + (first & 0x3f) * 4;
  if (!packet.has(headerBytes)) return packet.skip(Skip.TRUNCATED_TUNNEL);
  packet.enterTunnel(Tunnel.GENEVE);
  packet.addScope(view.getUint32(offset + VNI_OFFSET) >>> 8);
  packet.offset = offset + headerBytes;
  const type = view.getUint16(offset + 2);
  return type === Protocol.TRANSPARENT_ETHERNET ? Protocol.ETHERNET : type;
}
