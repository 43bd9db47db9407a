import { decodeEthernet, decodeVlan } from './ethernet.ts';
import { decodeGre } from './gre.ts';
import { decodeCiscoHdlc, decodeFrameRelay, decodeHdlc } from './hdlc.ts';
import { decodeIcmp, decodeIcmpv6 } from './icmp.ts';
import { decodeIeee80211 } from './ieee80211.ts';
import { decodeIpv4 } from './ipv4.ts';
import {
  decodeAuthentication,
  decodeHopByHop,
  decodeIpv6,
  decodeIpv6Extension,
  decodeIpv6Fragment,
  decodeIpv6Routing,
} from './ipv6.ts';
import { decodeLlc } from './llc.ts';
import { decodeMpls } from './mpls.ts';
import type { Packet } from './packet.ts';
import { decodePpp, decodePppoe } from './ppp.ts';
import { Protocol } from './protocol.ts';
import { decodeRadiotap } from './radio.ts';
import { Skip } from './skip.ts';
import {
  decodeFabricPath,
  decodeMacsec,
  decodeNsh,
  decodeProviderBackbone,
  decodeTag,
  decodeTrill,
  TagBytes,
} from './tags.ts';
import { Tunnel } from './tunnel.ts';
import { decodeUdp } from './udp.ts';

const ETHER_IP_HEADER_BYTES = 2;

/** Peels one header of the kind `protocol`; TCP is not among them. */
export function decodeLayer(packet: Packet, protocol: number): number {
  if (protocol >= Protocol.ETHERNET) return decodeUnnumbered(packet, protocol);
  if (protocol >= Protocol.IP_PROTOCOL) return decodeIpPayload(packet, protocol);
  switch (protocol) {
    case Protocol.IPV4:
      return decodeIpv4(packet);
    case Protocol.IPV6:
      return decodeIpv6(packet);
    case Protocol.VLAN:
    case Protocol.VLAN_SERVICE:
    case Protocol.VLAN_9100:
    case Protocol.VLAN_9200:
      return decodeVlan(packet);
    case Protocol.ARP:
    case Protocol.REVERSE_ARP:
      return packet.skip(Skip.ARP);
    case Protocol.MPLS:
    case Protocol.MPLS_MULTICAST:
      return decodeMpls(packet);
    case Protocol.PPPOE:
      return decodePppoe(packet);
    case Protocol.PPP:
      return decodePpp(packet);
    case Protocol.JUMBO_LLC:
      return decodeLlc(packet);
    default:
      return protocol < Protocol.FIRST_ETHERTYPE ? decodeLlc(packet) : decodeRareTag(packet, protocol);
  }
}

function decodeRareTag(packet: Packet, protocol: number): number {
  switch (protocol) {
    case Protocol.VN_TAG:
      return decodeTag(packet, TagBytes.VN_TAG);
    case Protocol.E_TAG:
      return decodeTag(packet, TagBytes.E_TAG);
    case Protocol.CISCO_METADATA:
      return decodeTag(packet, TagBytes.CISCO_METADATA);
    case Protocol.HSR:
      return decodeTag(packet, TagBytes.HSR);
    case Protocol.REDUNDANCY_TAG:
      return decodeTag(packet, TagBytes.REDUNDANCY_TAG);
    case Protocol.EDSA:
      return decodeTag(packet, TagBytes.EDSA);
    case Protocol.MACSEC:
      return decodeMacsec(packet);
    case Protocol.PROVIDER_BACKBONE:
      return decodeProviderBackbone(packet);
    case Protocol.TRILL:
      return decodeTrill(packet);
    case Protocol.FABRIC_PATH:
      return decodeFabricPath(packet);
    case Protocol.NSH:
      return decodeNsh(packet);
    case Protocol.TRANSPARENT_ETHERNET:
      return Protocol.ETHERNET;
    default:
      return packet.skip(Skip.NOT_IP);
  }
}

function decodeUnnumbered(packet: Packet, protocol: number): number {
  switch (protocol) {
    case Protocol.ETHERNET:
      return decodeEthernet(packet);
    case Protocol.RAW_IP:
      return decodeIpv4(packet);
    case Protocol.LLC:
      return decodeLlc(packet);
    case Protocol.FRAME_RELAY:
      return decodeFrameRelay(packet);
    case Protocol.CISCO_HDLC:
      return decodeCiscoHdlc(packet);
    case Protocol.HDLC:
      return decodeHdlc(packet);
    case Protocol.IEEE802_11_RADIOTAP:
      return decodeRadiotap(packet);
    default:
      return decodeIeee80211(packet);
  }
}

function decodeIpPayload(packet: Packet, protocol: number): number {
  switch (protocol) {
    case Protocol.HOP_BY_HOP:
      return decodeHopByHop(packet);
    case Protocol.IPV6_ROUTING:
      return decodeIpv6Routing(packet);
    case Protocol.IPV6_FRAGMENT:
      return decodeIpv6Fragment(packet);
    case Protocol.IPV6_DESTINATION:
    case Protocol.MOBILITY:
    case Protocol.HIP:
    case Protocol.SHIM6:
      return decodeIpv6Extension(packet);
    case Protocol.AUTHENTICATION:
      return decodeAuthentication(packet);
    case Protocol.ICMP:
      return decodeIcmp(packet);
    case Protocol.ICMPV6:
      return decodeIcmpv6(packet);
    default:
      return packet.decapsulate ? decodeCarrier(packet, protocol) : skipIpProtocol(packet, protocol);
  }
}

/** Protocols that may carry another IP packet. */
function decodeCarrier(packet: Packet, protocol: number): number {
  switch (protocol) {
    case Protocol.UDP:
      return decodeUdp(packet);
    case Protocol.GRE:
      return decodeGre(packet);
    case Protocol.IPV4_IN_IP:
      packet.enterTunnel(packet.ipVersion === 4 ? Tunnel.IPV4_IN_IPV4 : Tunnel.IPV4_IN_IPV6);
      return Protocol.IPV4;
    case Protocol.IPV6_IN_IP:
      packet.enterTunnel(packet.ipVersion === 4 ? Tunnel.IPV6_IN_IPV4 : Tunnel.IPV6_IN_IPV6);
      return Protocol.IPV6;
    case Protocol.MPLS_IN_IP:
      packet.enterTunnel(Tunnel.MPLS_IN_IP);
      return Protocol.MPLS;
    case Protocol.ETHERNET_IN_IP:
      packet.enterTunnel(Tunnel.ETHERNET_IN_IP);
      return Protocol.ETHERNET;
    case Protocol.ETHER_IP:
      if (!packet.has(ETHER_IP_HEADER_BYTES)) return packet.skip(Skip.TRUNCATED_TUNNEL);
      packet.offset += ETHER_IP_HEADER_BYTES;
      packet.enterTunnel(Tunnel.ETHER_IP);
      return Protocol.ETHERNET;
    default:
      return skipIpProtocol(packet, protocol);
  }
}

function skipIpProtocol(packet: Packet, protocol: number): number {
  switch (protocol) {
    case Protocol.UDP:
      return packet.skip(Skip.UDP);
    case Protocol.IGMP:
      return packet.skip(Skip.IGMP);
    case Protocol.SCTP:
      return packet.skip(Skip.SCTP);
    case Protocol.ESP:
      return packet.skip(Skip.ESP);
    default:
      return packet.skip(Skip.OTHER_IP_PROTOCOL);
  }
}
