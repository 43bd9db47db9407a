/**
 * IEEE 802.2 LLC with SNAP (RFC 1042), as 802.3, 802.11, FDDI, token ring and ATM (RFC 2684) carry it.
 *
 *      0      1      2         3              6         8
 *     +------+------+---------+--------------+---------+---------
 *     | DSAP | SSAP | control | organisation | type    | payload …      SNAP: DSAP = SSAP = 0xaa, control = 3
 *     +------+------+---------+--------------+---------+---------
 *
 * Left out: connection-oriented LLC, IPX, NetBIOS and ISO protocols (counted as not IP).
 */
import { LinkType } from './linktype.ts';
import type { Packet } from './packet.ts';
import { Protocol } from './protocol.ts';
import { Skip } from './skip.ts';

const LLC_HEADER_BYTES = 3;
const SNAP_HEADER_BYTES = 8;
const SNAP_ORGANISATION_OFFSET = 2;
const SNAP_TYPE_OFFSET = 6;

const Sap = { IP: 0x06, SNAP: 0xaa, ISO: 0xfe } as const;
const Organisation = { ETHERTYPE: 0x000000, BRIDGE_TUNNEL: 0x0000f8, BRIDGED: 0x0080c2 } as const;
/** Network layer protocol identifiers (ISO/IEC TR 9577). */
export const Nlpid = { SNAP: 0x80, IPV6: 0x8e, IPV4: 0xcc, PPP: 0xcf } as const;
const BRIDGED_ETHERNET_WITH_FCS = 0x0001;
const BRIDGED_ETHERNET = 0x0007;
const BRIDGED_PAD_BYTES = 2;

/** Reads an LLC header and the SNAP header that may follow. */
export function decodeLlc(packet: Packet): number {
  const { view, offset } = packet;
  if (!packet.has(LLC_HEADER_BYTES)) return packet.skip(Skip.TRUNCATED_LINK);
  const destination = view.getUint8(offset);
  packet.offset = offset + LLC_HEADER_BYTES;
  switch (destination) {
    case Sap.SNAP:
      return decodeSnap(packet, offset);
    case Sap.IP:
      return Protocol.RAW_IP;
    case Sap.ISO:
      return decodeNlpid(packet);
    default:
      return packet.skip(Skip.NOT_IP);
  }
}

/** Reads a network layer protocol identifier, as RFC 2427 and RFC 2684 put it before routed packets. */
export function decodeNlpid(packet: Packet): number {
  const { view, offset } = packet;
  if (!packet.has(1)) return packet.skip(Skip.TRUNCATED_LINK);
  packet.offset = offset + 1;
  switch (view.getUint8(offset)) {
    case Nlpid.IPV4:
    case Nlpid.IPV6:
      return Protocol.RAW_IP;
    case Nlpid.PPP:
      return Protocol.PPP;
    case Nlpid.SNAP:
      return decodeSnap(packet, offset - 2);
    default:
      return packet.skip(Skip.NOT_IP);
  }
}

/** `start` is where the DSAP stands, or would stand. */
function decodeSnap(packet: Packet, start: number): number {
  const { view } = packet;
  if (packet.end - start < SNAP_HEADER_BYTES) return packet.skip(Skip.TRUNCATED_LINK);
  const organisation = view.getUint32(start + SNAP_ORGANISATION_OFFSET) & 0xffffff;
  const type = view.getUint16(start + SNAP_TYPE_OFFSET);
  packet.offset = start + SNAP_HEADER_BYTES;
  if (organisation === Organisation.ETHERTYPE || organisation === Organisation.BRIDGE_TUNNEL) {
    return type >= Protocol.FIRST_ETHERTYPE ? type : packet.skip(Skip.NOT_IP);
  }
  if (organisation !== Organisation.BRIDGED) return packet.skip(Skip.NOT_IP);
  if (type !== BRIDGED_ETHERNET && type !== BRIDGED_ETHERNET_WITH_FCS) return packet.skip(Skip.NOT_IP);
  if (isAtm(packet.linkType)) {
    if (!packet.has(BRIDGED_PAD_BYTES)) return packet.skip(Skip.TRUNCATED_LINK);
    packet.offset += BRIDGED_PAD_BYTES;
  }
  return Protocol.ETHERNET;
}

/** RFC 2684 pads the bridged frame to a four-octet boundary, RFC 2427 does not. */
function isAtm(linkType: number): boolean {
  return linkType === LinkType.ATM_RFC1483 || linkType === LinkType.ATM_RFC1483_BSD || linkType === LinkType.SUNATM;
}
