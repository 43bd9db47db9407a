/**
 * FDDI and token ring (IEEE 802.5), both with LLC on top.
 *
 *     FDDI:        | frame control 8 | destination 6 | source 6 | LLC …           LLC frames: control 0x5x
 *     token ring:  | access control 8 | frame control 8 | destination 6 | source 6 | route | LLC …
 *                  route: there if the first bit of the source is set; its length is in its first octet & 0x1f
 *
 * Left out: MAC and station management frames (no IP).
 */
import type { Packet } from './packet.ts';
import { Protocol } from './protocol.ts';
import { Skip } from './skip.ts';

const FDDI_HEADER_BYTES = 13;
const FDDI_LLC_MASK = 0x70;
const FDDI_LLC = 0x50;
const TOKEN_RING_HEADER_BYTES = 14;
const TOKEN_RING_SOURCE_OFFSET = 8;
const TOKEN_RING_TYPE_MASK = 0xc0;
const TOKEN_RING_LLC = 0x40;
const ROUTE_PRESENT = 0x80;
const ROUTE_LENGTH_MASK = 0x1f;

/** Reads an FDDI header. */
export function decodeFddi(packet: Packet): number {
  const { view, offset } = packet;
  if (!packet.has(FDDI_HEADER_BYTES)) return packet.skip(Skip.TRUNCATED_LINK);
  if ((view.getUint8(offset) & FDDI_LLC_MASK) !== FDDI_LLC) return packet.skip(Skip.NOT_IP);
  packet.offset = offset + FDDI_HEADER_BYTES;
  return Protocol.LLC;
}

/** Reads a token ring header with its source route. */
export function decodeTokenRing(packet: Packet): number {
  const { view, offset } = packet;
  if (!packet.has(TOKEN_RING_HEADER_BYTES + 1)) return packet.skip(Skip.TRUNCATED_LINK);
  if ((view.getUint8(offset + 1) & TOKEN_RING_TYPE_MASK) !== TOKEN_RING_LLC) return packet.skip(Skip.NOT_IP);
  const routed = (view.getUint8(offset + TOKEN_RING_SOURCE_OFFSET) & ROUTE_PRESENT) !== 0;
  const routeBytes = routed ? view.getUint8(offset + TOKEN_RING_HEADER_BYTES) & ROUTE_LENGTH_MASK : 0;
  if (!packet.has(TOKEN_RING_HEADER_BYTES + routeBytes)) return packet.skip(Skip.TRUNCATED_LINK);
  packet.offset = offset + TOKEN_RING_HEADER_BYTES + routeBytes;
  return Protocol.LLC;
}
