/**
 * Headers that a capture mechanism, not a network, puts in front of a packet.
 *
 *     NFLOG:  | family 8 | version 8 | resource 16 | { length 16, type 16, value, pad to 4 } … |   host byte order
 *             the attribute of type 9 is the packet
 *     PKTAP:  | length 32 LE | record type 32 LE | DLT 32 LE | … to the length | frame of that link type …
 *
 * Left out: version 2 of PKTAP.
 */
import type { Packet } from './packet.ts';
import { Protocol } from './protocol.ts';
import { Skip } from './skip.ts';

const NFLOG_HEADER_BYTES = 4;
const NFLOG_ATTRIBUTE_BYTES = 4;
const NFLOG_PAYLOAD = 9;
const PKTAP_MINIMUM_BYTES = 12;
const PKTAP_LINK_TYPE_OFFSET = 8;
const PKTAP_HEADER_MINIMUM = 108;
const PKTAP_RECORD_PACKET = 1;

/** Finds the packet among the attributes of an NFLOG message. */
export function decodeNflog(packet: Packet): number {
  const { view, end } = packet;
  if (!packet.has(NFLOG_HEADER_BYTES)) return packet.skip(Skip.TRUNCATED_LINK);
  let at = packet.offset + NFLOG_HEADER_BYTES;
  while (end - at >= NFLOG_ATTRIBUTE_BYTES) {
    // Attributes are in the byte order of the capturing host; a type beyond 0xff tells the other one.
    const little = (view.getUint16(at + 2, true) & 0x7fff) <= 0xff;
    const length = view.getUint16(at, little);
    if (length < NFLOG_ATTRIBUTE_BYTES) return packet.skip(Skip.BAD_LINK_HEADER);
    if ((view.getUint16(at + 2, little) & 0x7fff) === NFLOG_PAYLOAD) {
      packet.offset = at + NFLOG_ATTRIBUTE_BYTES;
      packet.end = Math.min(end, at + length);
      return Protocol.RAW_IP;
    }
    at += (length + 3) & ~3;
  }
  return packet.skip(Skip.NOT_IP);
}

/** Reads a PKTAP header; the link type it names goes to `packet.linkType`. Returns false when it is none. */
export function decodePktap(packet: Packet): boolean {
  const { view, offset } = packet;
  if (!packet.has(PKTAP_MINIMUM_BYTES)) return false;
  const headerBytes = view.getUint32(offset, true);
  if (headerBytes < PKTAP_HEADER_MINIMUM || !packet.has(headerBytes)) return false;
  if (view.getUint32(offset + 4, true) !== PKTAP_RECORD_PACKET) return false;
  packet.linkType = view.getUint32(offset + PKTAP_LINK_TYPE_OFFSET, true);
  packet.offset = offset + headerBytes;
  return true;
}
