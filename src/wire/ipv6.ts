/**
 * IPv6 and its extension headers (RFC 8200; AH RFC 4302; Mobility RFC 6275; HIP RFC 7401; Shim6 RFC 5533).
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-------+---------------+---------------------------------------+
 *   0 |version| traffic class |              flow label               |
 *     +-------+---------------+-------+---------------+---------------+
 *   4 |        payload length         |  next header  |   hop limit   |
 *     +-------------------------------+---------------+---------------+
 *   8 |                       source (16 octets)                      |
 *  24 |                    destination (16 octets)                    |
 *
 *     an extension header:  | next header | length / 8 - 1 | … |      (AH: length / 4 - 2)
 *     fragment:             | next header | 0 | offset 13, 0 2, more 1 | identification 32 |
 *
 * Payload length 0 is a jumbogram (RFC 2675) or a packet that the sender's card was still to segment.
 */
import { RowOrigin } from './batch.ts';
import type { Packet } from './packet.ts';
import { Protocol } from './protocol.ts';
import { Skip } from './skip.ts';

/** Header length without extension headers. */
export const IPV6_HEADER_BYTES = 40;
const IPV6_PAYLOAD_LENGTH_OFFSET = 4;
/** Where the next header's number stands in the header. */
export const IPV6_NEXT_HEADER_OFFSET = 6;
/** Where the hop limit stands in the header. */
export const IPV6_HOP_LIMIT_OFFSET = 7;
/** Where the source address stands in the header. */
export const IPV6_SOURCE_OFFSET = 8;
/** Where the destination address stands in the header. */
export const IPV6_DESTINATION_OFFSET = 24;
const EXTENSION_MINIMUM_BYTES = 8;
const JUMBO_OPTION = 0xc2;
const FRAGMENT_HEADER_BYTES = 8;
const FRAGMENT_OFFSET_MASK = 0xfff8;
const MORE_FRAGMENTS = 0x1;
const IPV6_ADDRESS_BYTES = 16;
const RoutingType = { SOURCE_ROUTE: 0, MOBILE: 2, SEGMENT: 4 } as const;

/** Reads an IPv6 header. @hot */
export function decodeIpv6(packet: Packet): number {
  const { view, offset } = packet;
  if (packet.end - offset < IPV6_HEADER_BYTES) return packet.skip(Skip.TRUNCATED_IP);
  if (view.getUint8(offset) >>> 4 !== 6) {
    return view.getUint8(offset) >>> 4 === 4 ? Protocol.IPV4 : packet.skip(Skip.BAD_IP_HEADER);
  }
  const payloadBytes = view.getUint16(offset + IPV6_PAYLOAD_LENGTH_OFFSET);
  const payloadOffset = offset + IPV6_HEADER_BYTES;
  packet.networkOffset = offset;
  packet.destinationOffset = offset + IPV6_DESTINATION_OFFSET;
  packet.ipVersion = 6;
  packet.offset = payloadOffset;
  const nextHeader = view.getUint8(offset + IPV6_NEXT_HEADER_OFFSET);
  if (payloadBytes === 0) {
    if (nextHeader !== Protocol.IPV6_NO_NEXT - Protocol.IP_PROTOCOL) packet.origin |= RowOrigin.LENGTH_FROM_CAPTURE;
  } else {
    packet.narrowWire(payloadOffset + payloadBytes);
    if (packet.end > packet.wireEnd) packet.end = packet.wireEnd;
  }
  return Protocol.IP_PROTOCOL + nextHeader;
}

/** Reads a fragment header; an atomic fragment is a whole datagram (RFC 6946). */
export function decodeIpv6Fragment(packet: Packet): number {
  const { view, offset } = packet;
  if (packet.ipVersion !== 6) return packet.skip(Skip.OTHER_IP_PROTOCOL);
  if (!packet.has(FRAGMENT_HEADER_BYTES)) return packet.skip(Skip.TRUNCATED_IP);
  const place = view.getUint16(offset + 2);
  const fragmentOffset = place & FRAGMENT_OFFSET_MASK;
  const moreFragments = (place & MORE_FRAGMENTS) !== 0;
  const next = view.getUint8(offset);
  packet.offset = offset + FRAGMENT_HEADER_BYTES;
  if (fragmentOffset === 0 && !moreFragments) return Protocol.IP_PROTOCOL + next;
  const identification = `6 ${view.getUint32(offset + 4)}`;
  const whole = packet.reassembler.add(packet, identification, fragmentOffset, moreFragments, IPV6_HEADER_BYTES, next);
  return whole < 0 ? packet.skip(Skip.FRAGMENT) : Protocol.IP_PROTOCOL + whole;
}

/**
 * Reads a routing header (RFC 5095, 6275, 8754): while segments are left, the IPv6 header names the next hop, and the
 * other end of the connection stands here.
 */
export function decodeIpv6Routing(packet: Packet): number {
  const { view, offset } = packet;
  if (!packet.has(EXTENSION_MINIMUM_BYTES)) return packet.skip(Skip.TRUNCATED_IP);
  const headerBytes = (view.getUint8(offset + 1) + 1) * 8;
  const addressCount = (headerBytes - EXTENSION_MINIMUM_BYTES) >>> 4;
  const routingType = view.getUint8(offset + 2);
  if (packet.ipVersion === 6 && view.getUint8(offset + 3) !== 0 && addressCount > 0 && packet.has(headerBytes)) {
    const first = offset + EXTENSION_MINIMUM_BYTES;
    if (routingType === RoutingType.SEGMENT) packet.destinationOffset = first;
    if (routingType === RoutingType.SOURCE_ROUTE || routingType === RoutingType.MOBILE) {
      packet.destinationOffset = first + (addressCount - 1) * IPV6_ADDRESS_BYTES;
    }
  }
  return stepOver(packet, headerBytes);
}

/** Steps over a destination, mobility, HIP or Shim6 header. */
export function decodeIpv6Extension(packet: Packet): number {
  const { view, offset } = packet;
  if (packet.end - offset < EXTENSION_MINIMUM_BYTES) return packet.skip(Skip.TRUNCATED_IP);
  return stepOver(packet, (view.getUint8(offset + 1) + 1) * 8);
}

/** Reads hop-by-hop options: the jumbo payload length (RFC 2675) is the one that matters here. */
export function decodeHopByHop(packet: Packet): number {
  const { view, offset } = packet;
  if (packet.end - offset < EXTENSION_MINIMUM_BYTES) return packet.skip(Skip.TRUNCATED_IP);
  const headerBytes = (view.getUint8(offset + 1) + 1) * 8;
  const optionsEnd = Math.min(packet.end, offset + headerBytes);
  let at = offset + 2;
  while (at + 1 < optionsEnd) {
    const type = view.getUint8(at);
    if (type === JUMBO_OPTION && at + 6 <= optionsEnd) applyJumboLength(packet, view.getUint32(at + 2));
    at += type === 0 ? 1 : 2 + view.getUint8(at + 1);
  }
  return stepOver(packet, headerBytes);
}

/** Steps over an Authentication Header (RFC 4302), whose length counts 4-octet units. */
export function decodeAuthentication(packet: Packet): number {
  const { view, offset } = packet;
  if (packet.end - offset < EXTENSION_MINIMUM_BYTES) return packet.skip(Skip.TRUNCATED_IP);
  return stepOver(packet, (view.getUint8(offset + 1) + 2) * 4);
}

function stepOver(packet: Packet, headerBytes: number): number {
  const { view, offset } = packet;
  if (packet.wireEnd - offset < headerBytes) return packet.skip(Skip.BAD_IP_HEADER);
  if (packet.end - offset < headerBytes) return packet.skip(Skip.TRUNCATED_IP);
  packet.offset = offset + headerBytes;
  return Protocol.IP_PROTOCOL + view.getUint8(offset);
}

/** Believed only when the IPv6 payload length was 0 and the packet was long enough on the wire. */
function applyJumboLength(packet: Packet, jumboBytes: number): void {
  const payloadOffset = packet.networkOffset + IPV6_HEADER_BYTES;
  if ((packet.origin & RowOrigin.LENGTH_FROM_CAPTURE) === 0 || jumboBytes > packet.wireEnd - payloadOffset) return;
  packet.origin &= ~RowOrigin.LENGTH_FROM_CAPTURE;
  packet.wireEnd = payloadOffset + jumboBytes;
  if (packet.end > packet.wireEnd) packet.end = packet.wireEnd;
}
