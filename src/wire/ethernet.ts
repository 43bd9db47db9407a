/**
 * Ethernet II and its VLAN tags (IEEE 802.3, 802.1Q), and Cisco ISL, which hides a whole frame in an 802.3 one.
 *
 *      0                       6                       12      14
 *     +-----------------------+-----------------------+-------+---------
 *     |      destination      |         source        | type  | payload …
 *     +-----------------------+-----------------------+-------+---------
 *
 *     a tag, in the place of the type:   | 0x8100 | PCP 3, DEI 1, VID 12 | type |
 *     ISL: | 01000c0000 or 03000c0000 … | length | aaaa03 | … | VLAN 15, BPDU 1 at 20 | … | frame at 26 |
 *
 * A type below 0x600 is the length of an 802.3 frame. Left out: the frame check sequence, which the length in the IP
 * header hides anyway.
 */
import type { Packet } from './packet.ts';
import { Protocol } from './protocol.ts';
import { Skip } from './skip.ts';

/** Where the type stands in the header. */
export const ETHERNET_TYPE_OFFSET = 12;
/** Header length without tags. */
export const ETHERNET_HEADER_BYTES = 14;
const VLAN_TAG_BYTES = 4;
const VLAN_ID_MASK = 0x0fff;
const ISL_DESTINATION = 0x01000c00;
const ISL_DESTINATION_OTHER = 0x03000c00;
const ISL_VLAN_OFFSET = 20;
const ISL_HEADER_BYTES = 26;

/** Reads an Ethernet header. @hot */
export function decodeEthernet(packet: Packet): number {
  const { view, offset } = packet;
  if (packet.end - offset < ETHERNET_HEADER_BYTES) return packet.skip(Skip.TRUNCATED_LINK);
  const type = view.getUint16(offset + ETHERNET_TYPE_OFFSET);
  if (type < Protocol.FIRST_ETHERTYPE && isInterSwitchLink(packet)) return decodeInterSwitchLink(packet);
  packet.offset = offset + ETHERNET_HEADER_BYTES;
  return type;
}

/** Reads what follows a VLAN type: tag control information and the next type; VID 0 is only a priority. @hot */
export function decodeVlan(packet: Packet): number {
  const { view, offset } = packet;
  if (packet.end - offset < VLAN_TAG_BYTES) return packet.skip(Skip.TRUNCATED_LINK);
  const vlanId = view.getUint16(offset) & VLAN_ID_MASK;
  if (vlanId !== 0) packet.addScope(vlanId);
  packet.offset = offset + VLAN_TAG_BYTES;
  return view.getUint16(offset + 2);
}

function isInterSwitchLink(packet: Packet): boolean {
  const { view, offset } = packet;
  const start = view.getInt32(offset);
  return (start === ISL_DESTINATION || start === ISL_DESTINATION_OTHER) && view.getUint8(offset + 4) === 0;
}

function decodeInterSwitchLink(packet: Packet): number {
  const { view, offset } = packet;
  if (!packet.has(ISL_HEADER_BYTES)) return packet.skip(Skip.TRUNCATED_LINK);
  packet.addScope(view.getUint16(offset + ISL_VLAN_OFFSET) >>> 1);
  packet.offset = offset + ISL_HEADER_BYTES;
  return Protocol.ETHERNET;
}
