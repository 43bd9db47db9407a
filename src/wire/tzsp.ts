/**
 * TZSP, in which wireless probes send what they hear.
 *
 *     | version 1 | type 0 or 1 | encapsulated protocol 16 | tags: 0 pad, 1 end, else type 8, length 8, value … | frame …
 */
import type { Packet } from './packet.ts';
import { Protocol } from './protocol.ts';
import { Skip } from './skip.ts';

const TZSP_HEADER_BYTES = 4;
const TAG_PAD = 0;
const TAG_END = 1;
const Encapsulated = { ETHERNET: 1, IEEE802_11: 18 } as const;

/** Reads a TZSP header and its tags. */
export function decodeTzsp(packet: Packet): number {
  const { view, offset, end } = packet;
  if (!packet.has(TZSP_HEADER_BYTES)) return packet.skip(Skip.TRUNCATED_TUNNEL);
  let at = offset + TZSP_HEADER_BYTES;
  for (;;) {
    if (at >= end) return packet.skip(Skip.TRUNCATED_TUNNEL);
    const tag = view.getUint8(at);
    if (tag === TAG_END) break;
    if (tag !== TAG_PAD && at + 1 >= end) return packet.skip(Skip.TRUNCATED_TUNNEL);
    at += tag === TAG_PAD ? 1 : 2 + view.getUint8(at + 1);
  }
  packet.offset = at + 1;
  switch (view.getUint16(offset + 2)) {
    case Encapsulated.ETHERNET:
      return Protocol.ETHERNET;
    case Encapsulated.IEEE802_11:
      return Protocol.IEEE802_11;
    default:
      return packet.skip(Skip.NOT_IP);
  }
}
