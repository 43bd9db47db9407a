/**
 * GRE (RFC 2784, 2890; version 1 for PPTP RFC 2637), NVGRE (RFC 7637) and ERSPAN.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-+-----+-+-------+-----+-------------------------------+
 *   0 |C|R|K|S|s|recur|A|   0   | ver |           ethertype           |
 *     +-+-+-+-+-+-----+-+-------+-----+-------------------------------+
 *   4 | checksum 16, offset 16 if C or R | key 32 if K | sequence 32 if S | acknowledgment 32 if A | routes if R |
 *
 *     ERSPAN I: Ethernet at once (no sequence); II: | version 4, VLAN 12 | … 48 |; III: the same and 32 more, and a
 *     further 64 if the last bit is set.
 *
 * The key of a bridged frame is taken for an NVGRE subnet and tells tenants apart. Left out: checksums.
 */
import type { Packet } from './packet.ts';
import { Protocol } from './protocol.ts';
import { Skip } from './skip.ts';
import { Tunnel, type TunnelKind } from './tunnel.ts';

const GRE_HEADER_BYTES = 4;
const OPTIONAL_FIELD_BYTES = 4;
const Flag = { CHECKSUM: 0x8000, ROUTING: 0x4000, KEY: 0x2000, SEQUENCE: 0x1000, ACKNOWLEDGMENT: 0x0080 } as const;
const VERSION_MASK = 0x7;
const ROUTE_HEADER_BYTES = 4;
const ERSPAN_II_BYTES = 8;
const ERSPAN_III_BYTES = 12;
const ERSPAN_III_PLATFORM_BYTES = 8;
const WCCP_REDIRECT_BYTES = 4;

/** Reads a GRE header of version 0 or 1; `carrier` names the tunnel when UDP carries it. */
export function decodeGre(packet: Packet, carrier?: TunnelKind): number {
  const { view, offset } = packet;
  if (!packet.has(GRE_HEADER_BYTES)) return packet.skip(Skip.TRUNCATED_TUNNEL);
  const flags = view.getUint16(offset);
  const type = view.getUint16(offset + 2);
  const version = flags & VERSION_MASK;
  if (version > 1) return packet.skip(Skip.BAD_LINK_HEADER);
  let headerBytes = GRE_HEADER_BYTES;
  if (version === 0 && (flags & (Flag.CHECKSUM | Flag.ROUTING)) !== 0) headerBytes += OPTIONAL_FIELD_BYTES;
  const keyOffset = offset + headerBytes;
  if ((flags & Flag.KEY) !== 0) headerBytes += OPTIONAL_FIELD_BYTES;
  if ((flags & Flag.SEQUENCE) !== 0) headerBytes += OPTIONAL_FIELD_BYTES;
  if (version === 1 && (flags & Flag.ACKNOWLEDGMENT) !== 0) headerBytes += OPTIONAL_FIELD_BYTES;
  if (!packet.has(headerBytes)) return packet.skip(Skip.TRUNCATED_TUNNEL);
  packet.offset = offset + headerBytes;
  if (version === 0 && (flags & Flag.ROUTING) !== 0 && !skipRoutes(packet)) return packet.skip(Skip.TRUNCATED_TUNNEL);
  packet.enterTunnel(carrier ?? tunnelOf(type, version));
  if (type === Protocol.TRANSPARENT_ETHERNET && (flags & Flag.KEY) !== 0)
    packet.addScope(view.getUint32(keyOffset) >>> 8);
  return decodeGrePayload(packet, type, (flags & Flag.SEQUENCE) !== 0);
}

function tunnelOf(type: number, version: number): TunnelKind {
  if (version === 1) return Tunnel.PPTP;
  if (type === Protocol.ERSPAN || type === Protocol.ERSPAN_III) return Tunnel.ERSPAN;
  return type === Protocol.TRANSPARENT_ETHERNET ? Tunnel.GRE_ETHERNET : Tunnel.GRE;
}

function decodeGrePayload(packet: Packet, type: number, hasSequence: boolean): number {
  switch (type) {
    case Protocol.TRANSPARENT_ETHERNET:
      return Protocol.ETHERNET;
    case Protocol.ERSPAN:
      return hasSequence ? skipErspan(packet, ERSPAN_II_BYTES) : Protocol.ETHERNET;
    case Protocol.ERSPAN_III:
      return skipErspan(packet, ERSPAN_III_BYTES);
    case Protocol.RAW_FRAME_RELAY:
      return Protocol.FRAME_RELAY;
    case Protocol.WCCP:
      return decodeWccp(packet);
    default:
      if (type >= Protocol.ARUBA_FIRST && type <= Protocol.ARUBA_LAST) return Protocol.IEEE802_11;
      return type;
  }
}

function skipErspan(packet: Packet, minimumBytes: number): number {
  const { view, offset } = packet;
  if (!packet.has(minimumBytes)) return packet.skip(Skip.TRUNCATED_TUNNEL);
  const hasPlatform = minimumBytes === ERSPAN_III_BYTES && (view.getUint8(offset + minimumBytes - 1) & 1) !== 0;
  const headerBytes = minimumBytes + (hasPlatform ? ERSPAN_III_PLATFORM_BYTES : 0);
  if (!packet.has(headerBytes)) return packet.skip(Skip.TRUNCATED_TUNNEL);
  packet.offset = offset + headerBytes;
  return Protocol.ETHERNET;
}

/** Web cache redirection: version 2 of the protocol puts four octets before the IP header, version 1 none. */
function decodeWccp(packet: Packet): number {
  if (!packet.has(1)) return packet.skip(Skip.TRUNCATED_TUNNEL);
  if (packet.view.getUint8(packet.offset) >>> 4 === 4) return Protocol.IPV4;
  if (!packet.has(WCCP_REDIRECT_BYTES)) return packet.skip(Skip.TRUNCATED_TUNNEL);
  packet.offset += WCCP_REDIRECT_BYTES;
  return Protocol.RAW_IP;
}

/** Source routes: | family 16 | offset 8 | length 8 | …, ended by family 0, length 0 (RFC 1701). */
function skipRoutes(packet: Packet): boolean {
  while (packet.has(ROUTE_HEADER_BYTES)) {
    const entry = packet.view.getUint32(packet.offset);
    const entryBytes = ROUTE_HEADER_BYTES + (entry & 0xff);
    if (!packet.has(entryBytes)) return false;
    packet.offset += entryBytes;
    if (entry === 0) return true;
  }
  return false;
}
