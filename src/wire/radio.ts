/**
 * What capture drivers put in front of an 802.11 frame.
 *
 *     radiotap:  | version 0 | pad | length 16 LE | present 32 LE, high bit: one more | fields, aligned …
 *                field 0 TSFT 8 octets, field 1 flags 1 octet: 0x20 = payload aligned to four octets
 *     Prism:     | 0x00000044, either byte order | length 32 | …      (or AVS under the Prism link type)
 *     AVS:       | 0x80211001 | length 32 | …
 *     PPI:       | version 0 | flags | length 16 LE | DLT 32 LE | …
 */
import { decodeIeee80211 } from './ieee80211.ts';
import type { Packet } from './packet.ts';
import { Skip } from './skip.ts';

const RADIOTAP_MINIMUM_BYTES = 8;
const RADIOTAP_TSFT = 0x1;
const RADIOTAP_FLAGS = 0x2;
const RADIOTAP_MORE_PRESENT = 1 << 31;
const RADIOTAP_PADDED = 0x20;
const AVS_MAGIC = 0x80211000;
const AVS_MINIMUM_BYTES = 8;
const PRISM_HEADER_BYTES = 144;
const PPI_HEADER_BYTES = 8;
const PPI_LINK_TYPE_OFFSET = 4;

/** Reads a radiotap header. */
export function decodeRadiotap(packet: Packet): number {
  const { view, offset } = packet;
  if (!packet.has(RADIOTAP_MINIMUM_BYTES)) return packet.skip(Skip.TRUNCATED_LINK);
  const headerBytes = view.getUint16(offset + 2, true);
  if (headerBytes < RADIOTAP_MINIMUM_BYTES) return packet.skip(Skip.BAD_LINK_HEADER);
  if (!packet.has(headerBytes)) return packet.skip(Skip.TRUNCATED_LINK);
  const padded = (radiotapFlags(view, offset, offset + headerBytes) & RADIOTAP_PADDED) !== 0;
  packet.offset = offset + headerBytes;
  return decodeIeee80211(packet, padded);
}

/** Reads a Prism or AVS header: drivers used one link type for both. */
export function decodePrism(packet: Packet): number {
  const { view, offset } = packet;
  if (!packet.has(AVS_MINIMUM_BYTES)) return packet.skip(Skip.TRUNCATED_LINK);
  if ((view.getUint32(offset) & 0xfffff000) >>> 0 === AVS_MAGIC) return decodeAvs(packet);
  if (!packet.has(PRISM_HEADER_BYTES)) return packet.skip(Skip.TRUNCATED_LINK);
  packet.offset = offset + PRISM_HEADER_BYTES;
  return decodeIeee80211(packet);
}

/** Reads an AVS header. */
export function decodeAvs(packet: Packet): number {
  const { view, offset } = packet;
  if (!packet.has(AVS_MINIMUM_BYTES)) return packet.skip(Skip.TRUNCATED_LINK);
  const headerBytes = view.getUint32(offset + 4);
  if (headerBytes < AVS_MINIMUM_BYTES) return packet.skip(Skip.BAD_LINK_HEADER);
  if (!packet.has(headerBytes)) return packet.skip(Skip.TRUNCATED_LINK);
  packet.offset = offset + headerBytes;
  return decodeIeee80211(packet);
}

/** Reads a PPI header; the link type it names goes to `packet.linkType`. Returns false when it cannot be read. */
export function decodePpi(packet: Packet): boolean {
  const { view, offset } = packet;
  if (!packet.has(PPI_HEADER_BYTES)) return false;
  const headerBytes = view.getUint16(offset + 2, true);
  if (headerBytes < PPI_HEADER_BYTES || !packet.has(headerBytes)) return false;
  packet.linkType = view.getUint32(offset + PPI_LINK_TYPE_OFFSET, true);
  packet.offset = offset + headerBytes;
  return true;
}

/** Flags field of a radiotap header, 0 when absent. */
function radiotapFlags(view: DataView, start: number, end: number): number {
  const present = view.getUint32(start + 4, true);
  if ((present & RADIOTAP_FLAGS) === 0) return 0;
  let at = start + 8;
  for (let word = present; (word & RADIOTAP_MORE_PRESENT) !== 0 && at + 4 <= end; at += 4) {
    word = view.getUint32(at, true);
  }
  if ((present & RADIOTAP_TSFT) !== 0) at = start + ((at - start + 7) & ~7) + 8;
  return at < end ? view.getUint8(at) : 0;
}
