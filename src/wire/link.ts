import { decodeArcnet } from './arcnet.ts';
import { decodeNflog, decodePktap } from './capture-headers.ts';
import { decodeEthernet } from './ethernet.ts';
import { decodeCiscoHdlc, decodeFrameRelay, decodeHdlc } from './hdlc.ts';
import { decodeIeee80211 } from './ieee80211.ts';
import { decodeErf, decodeJuniper } from './instruments.ts';
import { LinkType } from './linktype.ts';
import { linkTypeName } from './linktype-names.ts';
import { decodeFamilyAt, decodeLoopback, decodePflog } from './loopback.ts';
import type { Packet } from './packet.ts';
import { decodePppWithDirection } from './ppp.ts';
import { Protocol } from './protocol.ts';
import { decodeAvs, decodePpi, decodePrism, decodeRadiotap } from './radio.ts';
import { decodeFddi, decodeTokenRing } from './ring.ts';
import { Skip } from './skip.ts';
import { decodeSll, decodeSll2 } from './sll.ts';
import { decodeTzsp } from './tzsp.ts';

const IPOIB_GRH_BYTES = 40;
const IPOIB_HEADER_BYTES = 4;
const SLIP_HEADER_BYTES = 16;
const SLIP_BSDOS_HEADER_BYTES = 24;
const ENC_HEADER_BYTES = 12;
const IPNET_HEADER_BYTES = 24;
const NETWORK_ADDRESSES_BYTES = 16;
const IEEE1394_HEADER_BYTES = 18;
const NETANALYZER_HEADER_BYTES = 4;
const PREAMBLE_BYTES = 8;
const MAC_ADDRESSES_BYTES = 12;

/** Reads the link-layer header that `linkType` promises. */
export function decodeLink(packet: Packet, linkType: number): number {
  packet.linkType = linkType;
  switch (linkType) {
    case LinkType.ETHERNET:
      return decodeEthernet(packet);
    case LinkType.LINUX_SLL:
      return decodeSll(packet);
    case LinkType.LINUX_SLL2:
      return decodeSll2(packet);
    case LinkType.NULL:
    case LinkType.LOOP:
      return decodeLoopback(packet);
    case LinkType.RAW:
    case LinkType.RAW_BSD:
    case LinkType.RAW_OPENBSD:
    case LinkType.IPV4:
    case LinkType.IPV6:
      return Protocol.RAW_IP;
    case LinkType.IEEE802_11:
      return decodeIeee80211(packet);
    case LinkType.IEEE802_11_RADIOTAP:
      return decodeRadiotap(packet);
    case LinkType.IEEE802_11_PRISM:
      return decodePrism(packet);
    case LinkType.IEEE802_11_AVS:
      return decodeAvs(packet);
    case LinkType.PPI:
      return decodePpi(packet) ? decodeLinkOnce(packet, packet.linkType) : packet.skip(Skip.TRUNCATED_LINK);
    case LinkType.NFLOG:
      return decodeNflog(packet);
    case LinkType.PKTAP:
    case LinkType.USER2:
      return decodePktap(packet) ? decodeLinkOnce(packet, packet.linkType) : unsupported(packet, linkType);
    default:
      return decodeSerialLink(packet, linkType);
  }
}

/** A capture header may name any link type but another capture header: that would go round in circles. */
function decodeLinkOnce(packet: Packet, linkType: number): number {
  const nested = linkType === LinkType.PPI || linkType === LinkType.PKTAP || linkType === LinkType.USER2;
  return nested ? unsupported(packet, linkType) : decodeLink(packet, linkType);
}

function decodeSerialLink(packet: Packet, linkType: number): number {
  switch (linkType) {
    case LinkType.PPP:
    case LinkType.PPP_HDLC:
      return decodeHdlc(packet);
    case LinkType.PPP_PPPD:
    case LinkType.PPP_WITH_DIR:
      return decodePppWithDirection(packet);
    case LinkType.PPP_ETHER:
      return Protocol.PPPOE;
    case LinkType.C_HDLC:
      return decodeCiscoHdlc(packet);
    case LinkType.C_HDLC_WITH_DIR:
      return decodeAfter(packet, 1, Protocol.CISCO_HDLC);
    case LinkType.FRELAY:
      return decodeFrameRelay(packet);
    case LinkType.FRELAY_WITH_DIR:
      return decodeAfter(packet, 1, Protocol.FRAME_RELAY);
    case LinkType.SLIP:
      return decodeAfter(packet, SLIP_HEADER_BYTES, Protocol.RAW_IP);
    case LinkType.SLIP_BSDOS:
      return decodeAfter(packet, SLIP_BSDOS_HEADER_BYTES, Protocol.RAW_IP);
    case LinkType.FDDI:
      return decodeFddi(packet);
    case LinkType.IEEE802_5:
      return decodeTokenRing(packet);
    case LinkType.ARCNET_BSD:
      return decodeArcnet(packet, false);
    case LinkType.ARCNET_LINUX:
      return decodeArcnet(packet, true);
    case LinkType.ATM_RFC1483:
    case LinkType.ATM_RFC1483_BSD:
      return Protocol.LLC;
    case LinkType.ATM_CLIP:
      return decodeClassicalIp(packet);
    case LinkType.SUNATM:
      return decodeSunAtm(packet);
    default:
      return decodeOddLink(packet, linkType);
  }
}

function decodeOddLink(packet: Packet, linkType: number): number {
  switch (linkType) {
    case LinkType.DOCSIS:
      return decodeDocsis(packet);
    case LinkType.ENC:
    case LinkType.ENC_OPENBSD:
      return decodeFamilyAt(packet, 0, ENC_HEADER_BYTES);
    case LinkType.PFLOG:
      return decodePflog(packet);
    case LinkType.IPNET:
      return decodeAfter(packet, IPNET_HEADER_BYTES, Protocol.RAW_IP);
    case LinkType.IPOIB:
      return decodeTypeBefore(packet, IPOIB_GRH_BYTES + IPOIB_HEADER_BYTES, IPOIB_GRH_BYTES);
    case LinkType.IP_OVER_FC:
      return decodeAfter(packet, NETWORK_ADDRESSES_BYTES, Protocol.LLC);
    case LinkType.APPLE_IP_OVER_IEEE1394:
      return decodeTypeBefore(packet, IEEE1394_HEADER_BYTES, NETWORK_ADDRESSES_BYTES);
    case LinkType.MPLS:
      return Protocol.MPLS;
    case LinkType.ERF:
      return decodeErf(packet);
    case LinkType.SYMANTEC_FIREWALL:
      return decodeSymantec(packet);
    case LinkType.TZSP:
      return decodeTzsp(packet);
    case LinkType.NETANALYZER:
      return decodeAfter(packet, NETANALYZER_HEADER_BYTES, Protocol.ETHERNET);
    case LinkType.NETANALYZER_TRANSPARENT:
      return decodeAfter(packet, NETANALYZER_HEADER_BYTES + PREAMBLE_BYTES, Protocol.ETHERNET);
    case LinkType.EPON:
    case LinkType.ETHERNET_MPACKET:
      return decodeAfter(packet, PREAMBLE_BYTES, Protocol.ETHERNET);
    case LinkType.DSA_TAG_BRCM_PREPEND:
      return decodeAfter(packet, 4, Protocol.ETHERNET);
    case LinkType.DSA_TAG_BRCM:
    case LinkType.DSA_TAG_DSA:
      return decodeTypeBefore(packet, MAC_ADDRESSES_BYTES + 6, MAC_ADDRESSES_BYTES + 4);
    case LinkType.DSA_TAG_EDSA:
      return decodeTypeBefore(packet, MAC_ADDRESSES_BYTES + 10, MAC_ADDRESSES_BYTES + 8);
    case LinkType.JUNIPER_ETHER:
      return decodeJuniper(packet, Protocol.ETHERNET);
    case LinkType.JUNIPER_PPP:
      return decodeJuniper(packet, Protocol.PPP);
    case LinkType.JUNIPER_FRELAY:
      return decodeJuniper(packet, Protocol.FRAME_RELAY);
    case LinkType.JUNIPER_CHDLC:
      return decodeJuniper(packet, Protocol.CISCO_HDLC);
    default:
      return unsupported(packet, linkType);
  }
}

function unsupported(packet: Packet, linkType: number): number {
  packet.tally.skips.addLinkType(`LINKTYPE_${linkTypeName(linkType)}`);
  return Protocol.DONE;
}

/** Steps over a header of fixed length that always carries the same protocol. */
function decodeAfter(packet: Packet, headerBytes: number, next: number): number {
  if (!packet.has(headerBytes)) return packet.skip(Skip.TRUNCATED_LINK);
  packet.offset += headerBytes;
  return next;
}

/** Steps over a header of fixed length with an ethertype at `typeOffset`. */
function decodeTypeBefore(packet: Packet, headerBytes: number, typeOffset: number): number {
  const { view, offset } = packet;
  if (!packet.has(headerBytes)) return packet.skip(Skip.TRUNCATED_LINK);
  packet.offset = offset + headerBytes;
  return view.getUint16(offset + typeOffset);
}

/** SunATM: | flags, type in the low four bits | VPI 8 | VCI 16 |, type 1 = LAN emulation, 2 = LLC. */
function decodeSunAtm(packet: Packet): number {
  const { view, offset } = packet;
  if (!packet.has(4)) return packet.skip(Skip.TRUNCATED_LINK);
  const type = view.getUint8(offset) & 0x0f;
  packet.offset = offset + 4;
  if (type === 2) return Protocol.LLC;
  return type === 1 ? decodeAfter(packet, 2, Protocol.ETHERNET) : packet.skip(Skip.NOT_IP);
}

/** Classical IP over ATM (RFC 2225): with LLC and SNAP or, as a Linux device gives it, without. */
function decodeClassicalIp(packet: Packet): number {
  if (!packet.has(3)) return packet.skip(Skip.TRUNCATED_LINK);
  return packet.view.getUint16(packet.offset) === 0xaaaa ? Protocol.LLC : Protocol.RAW_IP;
}

/** DOCSIS MAC: | type 2, parameter 5, extended 1 | extension length 8 | length 16 | … extension | check 16 | Ethernet. */
function decodeDocsis(packet: Packet): number {
  const { view, offset } = packet;
  if (!packet.has(6)) return packet.skip(Skip.TRUNCATED_LINK);
  const control = view.getUint8(offset);
  if (control >>> 6 !== 0) return packet.skip(Skip.NOT_IP);
  return decodeAfter(packet, 6 + ((control & 1) !== 0 ? view.getUint8(offset + 1) : 0), Protocol.ETHERNET);
}

/** Symantec firewall: the type stands at 6 in a header of 44 octets, or, if 0 is there, at 20 in one of 56. */
function decodeSymantec(packet: Packet): number {
  if (!packet.has(44)) return packet.skip(Skip.TRUNCATED_LINK);
  if (packet.view.getUint16(packet.offset + 6) !== 0) return decodeTypeBefore(packet, 44, 6);
  return decodeTypeBefore(packet, 56, 20);
}
