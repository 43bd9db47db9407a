/**
 * IPv4 (RFC 791).
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-------+-------+---------------+-------------------------------+
 *   0 |version|  IHL  |    DSCP, ECN  |         total length          |
 *     +-------+-------+---------------+-----+-------------------------+
 *   4 |        identification         |flags|     fragment offset     |
 *     +---------------+---------------+-----+-------------------------+
 *   8 |      TTL      |   protocol    |        header checksum        |
 *     +---------------+---------------+-------------------------------+
 *  12 |                            source                             |
 *  16 |                          destination                          |
 *  20 |                      options, to IHL * 4                      |
 *
 * The total length rules: what lies behind it is padding, and a packet cut by the snap length keeps its true length.
 * Total length 0 is a packet that the sender's card was still to segment; the length on the wire stands in for it.
 * Left out: the meaning of the options (a source route changes no TCP endpoint on the last hop).
 */
import { RowOrigin } from './batch.ts';
import type { Packet } from './packet.ts';
import { Protocol } from './protocol.ts';
import { Skip } from './skip.ts';

/** Header length without options. */
export const IPV4_HEADER_BYTES = 20;
/** Where the identification stands in the header. */
export const IPV4_ID_OFFSET = 4;
/** Where the time to live stands in the header. */
export const IPV4_TTL_OFFSET = 8;
/** Where the protocol number stands in the header. */
export const IPV4_PROTOCOL_OFFSET = 9;
/** Where the source address stands in the header. */
export const IPV4_SOURCE_OFFSET = 12;
/** Where the destination address stands in the header. */
export const IPV4_DESTINATION_OFFSET = 16;
/** More-fragments bit and fragment offset, in the word at `IPV4_ID_OFFSET`. */
const FRAGMENT_MASK = 0x3fff;
const MORE_FRAGMENTS = 0x2000;
const FRAGMENT_OFFSET_MASK = 0x1fff;

/** Reads an IPv4 header. @hot */
export function decodeIpv4(packet: Packet): number {
  const { view, offset } = packet;
  const captured = packet.end - offset;
  if (captured < IPV4_HEADER_BYTES) return packet.skip(Skip.TRUNCATED_IP);
  const firstWord = view.getInt32(offset);
  if (firstWord >>> 28 !== 4) return firstWord >>> 28 === 6 ? Protocol.IPV6 : packet.skip(Skip.BAD_IP_HEADER);
  const headerBytes = (firstWord >>> 22) & 0x3c;
  let totalBytes = firstWord & 0xffff;
  if (totalBytes === 0) {
    packet.origin |= RowOrigin.LENGTH_FROM_CAPTURE;
    totalBytes = packet.wireEnd - offset;
  }
  if (headerBytes < IPV4_HEADER_BYTES || totalBytes < headerBytes) return packet.skip(Skip.BAD_IP_HEADER);
  if (captured < headerBytes) return packet.skip(Skip.TRUNCATED_IP);
  packet.networkOffset = offset;
  packet.destinationOffset = offset + IPV4_DESTINATION_OFFSET;
  packet.ipVersion = 4;
  packet.offset = offset + headerBytes;
  packet.narrowWire(offset + totalBytes);
  if (captured > totalBytes) packet.end = offset + totalBytes;
  const fragmentWord = view.getInt32(offset + IPV4_ID_OFFSET);
  const protocol = view.getUint8(offset + IPV4_PROTOCOL_OFFSET);
  if ((fragmentWord & FRAGMENT_MASK) !== 0) return reassemble(packet, fragmentWord, headerBytes, protocol);
  return Protocol.IP_PROTOCOL + protocol;
}

function reassemble(packet: Packet, fragmentWord: number, headerBytes: number, protocol: number): number {
  const whole = packet.reassembler.add(
    packet,
    `4 ${fragmentWord >>> 16} ${protocol}`,
    (fragmentWord & FRAGMENT_OFFSET_MASK) * 8,
    (fragmentWord & MORE_FRAGMENTS) !== 0,
    headerBytes,
    protocol,
  );
  return whole < 0 ? packet.skip(Skip.FRAGMENT) : Protocol.IP_PROTOCOL + whole;
}
