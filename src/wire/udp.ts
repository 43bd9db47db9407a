/**
 * UDP (RFC 768), looked into only for the tunnels that it carries.
 *
 *     | source port 16 | destination port 16 | length 16 | checksum 16 | payload …
 *
 * The destination port decides, then the source port, for tunnels that answer from it.
 */
import { decodeAyiya, decodeCapwap, decodeGtp, decodeL2tp, decodeLisp, decodeTeredo } from './access.ts';
import { decodeGre } from './gre.ts';
import { decodeGeneve, decodeVxlan, decodeVxlanGpe } from './overlay.ts';
import type { Packet } from './packet.ts';
import { Protocol } from './protocol.ts';
import { Skip } from './skip.ts';
import { Tunnel } from './tunnel.ts';
import { decodeTzsp } from './tzsp.ts';

const UDP_HEADER_BYTES = 8;

const Port = {
  L2TP: 1701,
  GTP_CONTROL: 2123,
  GTP_USER: 2152,
  GTP_0: 3386,
  TEREDO: 3544,
  LISP: 4341,
  GRE: 4754,
  VXLAN: 4789,
  VXLAN_GPE: 4790,
  AYIYA: 5072,
  CAPWAP_DATA: 5247,
  GENEVE: 6081,
  MPLS: 6635,
  /** Where Linux sent VXLAN before it had a port, and still does by default. */
  VXLAN_LINUX: 8472,
  TZSP: 37008,
} as const;

/** Reads a UDP header and, on a tunnel's port, the tunnel. */
export function decodeUdp(packet: Packet): number {
  const { view, offset } = packet;
  if (!packet.has(UDP_HEADER_BYTES)) return packet.skip(Skip.UDP);
  const sourcePort = view.getUint16(offset);
  const destinationPort = view.getUint16(offset + 2);
  const port = isTunnelPort(destinationPort) ? destinationPort : sourcePort;
  if (!isTunnelPort(port)) return packet.skip(Skip.UDP);
  packet.offset = offset + UDP_HEADER_BYTES;
  return decodeTunnel(packet, port);
}

function isTunnelPort(port: number): boolean {
  switch (port) {
    case Port.L2TP:
    case Port.GTP_CONTROL:
    case Port.GTP_USER:
    case Port.GTP_0:
    case Port.TEREDO:
    case Port.LISP:
    case Port.GRE:
    case Port.VXLAN:
    case Port.VXLAN_GPE:
    case Port.AYIYA:
    case Port.CAPWAP_DATA:
    case Port.GENEVE:
    case Port.MPLS:
    case Port.VXLAN_LINUX:
    case Port.TZSP:
      return true;
    default:
      return false;
  }
}

function decodeTunnel(packet: Packet, port: number): number {
  switch (port) {
    case Port.L2TP:
      return decodeL2tp(packet);
    case Port.GTP_CONTROL:
    case Port.GTP_USER:
    case Port.GTP_0:
      return decodeGtp(packet);
    case Port.TEREDO:
      return decodeTeredo(packet);
    case Port.LISP:
      return decodeLisp(packet);
    case Port.GRE:
      return decodeGre(packet, Tunnel.GRE_IN_UDP);
    case Port.VXLAN:
    case Port.VXLAN_LINUX:
      return decodeVxlan(packet);
    case Port.VXLAN_GPE:
      return decodeVxlanGpe(packet);
    case Port.AYIYA:
      return decodeAyiya(packet);
    case Port.CAPWAP_DATA:
      return decodeCapwap(packet);
    case Port.GENEVE:
      return decodeGeneve(packet);
    case Port.MPLS:
      packet.enterTunnel(Tunnel.MPLS_IN_UDP);
      return Protocol.MPLS;
    default:
      packet.enterTunnel(Tunnel.TZSP);
      return decodeTzsp(packet);
  }
}
