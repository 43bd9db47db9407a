/**
 * Ethernet II and its VLAN tags (IEEE 802.3, 802.1Q).
 *
 *      0                       6                       12      14
 *     +-----------------------+-----------------------+-------+---------
 *     |      destination      |         source        | type  | payload …
 *     +-----------------------+-----------------------+-------+---------
 *
 *     a tag, in the place of the type:   | 0x8100 | PCP 3, DEI 1, VID 12 | type |
 *
 * A type below 0x600 is the length of an 802.3 frame. Left out: the frame check sequence, which the length in the IP
 * header hides anyway.
 */
import type { Packet } from './packet.ts';
import { Skip } from './skip.ts';

export const ETHERNET_TYPE_OFFSET = 12;
export const ETHERNET_HEADER_BYTES = 14;
const VLAN_TAG_BYTES = 4;
const VLAN_ID_MASK = 0x0fff;

/** Reads an Ethernet header. @hot */
export function decodeEthernet(packet: Packet): number {
  const { view, offset } = packet;
  if (packet.end - offset < ETHERNET_HEADER_BYTES) return packet.skip(Skip.TRUNCATED_LINK);
  packet.offset = offset + ETHERNET_HEADER_BYTES;
  return view.getUint16(offset + ETHERNET_TYPE_OFFSET);
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
