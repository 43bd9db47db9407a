/**
 * What may stand between Ethernet and IP besides VLAN tags. Unless told otherwise the last two octets are the next
 * ethertype.
 *
 *     VN-Tag (0x8926)      | D, P, virtual interfaces 4 | type |                                    802.1BR draft
 *     E-Tag (0x893f)       | ingress, group, ECID 6 | type |                                        802.1BR
 *     CMD (0x8909)         | version 1 | length 1 | option 2 | group 2 | type |                     Cisco metadata
 *     HSR (0x892f)         | path, size 2 | sequence 2 | type |                                     IEC 62439-3
 *     R-Tag (0xf1c1)       | reserved 2 | sequence 2 | type |                                       802.1CB
 *     EDSA (0xdada)        | 0 2 | DSA tag 4 | type |                                               Marvell
 *     MACsec (0x88e5)      | TCI 1 | SL 1 | PN 4 | SCI 8 if TCI & 0x20 | type, if not encrypted |   802.1AE
 *     I-Tag (0x88e7)       | flags 1 | I-SID 3 | Ethernet …                                         802.1ah
 *     TRILL (0x22f3)       | V 2, R 2, M 1, options / 4: 5, hops 6 | egress 2 | ingress 2 | … | Ethernet …   RFC 6325
 *     FabricPath (0x8903)  | FTAG, TTL 2 | Ethernet …
 *     NSH (0x894f)         | flags 1 | …, length / 4: 6 | … 1 | next protocol 1 | path 4 | … |      RFC 8300
 */
import type { Packet } from './packet.ts';
import { Protocol } from './protocol.ts';
import { Skip } from './skip.ts';

/** Lengths of the tags that `decodeTag` steps over, the next ethertype included. */
export const TagBytes = { VN_TAG: 6, E_TAG: 8, CISCO_METADATA: 8, HSR: 6, REDUNDANCY_TAG: 6, EDSA: 8 } as const;

const MACSEC_MINIMUM_BYTES = 6;
const MACSEC_SCI_BYTES = 8;
const MACSEC_SCI_PRESENT = 0x20;
const MACSEC_ENCRYPTED_OR_CHANGED = 0x0c;
const I_TAG_BYTES = 4;
const TRILL_BYTES = 6;
const FABRIC_PATH_BYTES = 2;
const NSH_MINIMUM_BYTES = 8;

/** Steps over a tag of fixed length whose last two octets are the next ethertype. */
export function decodeTag(packet: Packet, tagBytes: number): number {
  const { view, offset } = packet;
  if (!packet.has(tagBytes)) return packet.skip(Skip.TRUNCATED_LINK);
  packet.offset = offset + tagBytes;
  return view.getUint16(offset + tagBytes - 2);
}

/** Reads a MACsec tag; only integrity-protected frames can be followed. */
export function decodeMacsec(packet: Packet): number {
  const { view, offset } = packet;
  if (!packet.has(MACSEC_MINIMUM_BYTES)) return packet.skip(Skip.TRUNCATED_LINK);
  const control = view.getUint8(offset);
  if ((control & MACSEC_ENCRYPTED_OR_CHANGED) !== 0) return packet.skip(Skip.ENCRYPTED);
  const sciBytes = (control & MACSEC_SCI_PRESENT) !== 0 ? MACSEC_SCI_BYTES : 0;
  return decodeTag(packet, MACSEC_MINIMUM_BYTES + sciBytes + 2);
}

/** Reads a provider backbone service tag; the service instance tells customers apart. */
export function decodeProviderBackbone(packet: Packet): number {
  const { view, offset } = packet;
  if (!packet.has(I_TAG_BYTES)) return packet.skip(Skip.TRUNCATED_LINK);
  packet.addScope(view.getUint32(offset) & 0xffffff);
  packet.offset = offset + I_TAG_BYTES;
  return Protocol.ETHERNET;
}

/** Reads a TRILL header. */
export function decodeTrill(packet: Packet): number {
  const { view, offset } = packet;
  if (!packet.has(TRILL_BYTES)) return packet.skip(Skip.TRUNCATED_LINK);
  const optionBytes = ((view.getUint16(offset) >>> 6) & 0x1f) * 4;
  if (!packet.has(TRILL_BYTES + optionBytes)) return packet.skip(Skip.TRUNCATED_LINK);
  packet.offset = offset + TRILL_BYTES + optionBytes;
  return Protocol.ETHERNET;
}

/** Reads a FabricPath tag. */
export function decodeFabricPath(packet: Packet): number {
  if (!packet.has(FABRIC_PATH_BYTES)) return packet.skip(Skip.TRUNCATED_LINK);
  packet.offset += FABRIC_PATH_BYTES;
  return Protocol.ETHERNET;
}

/** Reads a Network Service Header. */
export function decodeNsh(packet: Packet): number {
  const { view, offset } = packet;
  if (!packet.has(NSH_MINIMUM_BYTES)) return packet.skip(Skip.TRUNCATED_LINK);
  const headerBytes = (view.getUint8(offset + 1) & 0x3f) * 4;
  if (headerBytes < NSH_MINIMUM_BYTES) return packet.skip(Skip.BAD_LINK_HEADER);
  if (!packet.has(headerBytes)) return packet.skip(Skip.TRUNCATED_LINK);
  packet.offset = offset + headerBytes;
  return protocolOfNsh(packet, view.getUint8(offset + 3));
}

/** Next protocol of NSH (RFC 8300 §2.2), which VXLAN-GPE numbers the same way. */
export function protocolOfNsh(packet: Packet, next: number): number {
  switch (next) {
    case 1:
    case 2:
      return Protocol.RAW_IP;
    case 3:
      return Protocol.ETHERNET;
    case 4:
      return Protocol.NSH;
    case 5:
      return Protocol.MPLS;
    default:
      return packet.skip(Skip.NOT_IP);
  }
}
