/**
 * BSD loopback: LINKTYPE_NULL (address family in the byte order of the capturing machine) and LINKTYPE_LOOP (network
 * byte order).
 *
 *      0                4
 *     +----------------+---------
 *     | address family | payload …
 *     +----------------+---------
 *
 * AF_INET is 2 everywhere, AF_INET6 differs by system. Some writers put an ethertype there instead.
 */
import type { Packet } from './packet.ts';
import { Protocol } from './protocol.ts';
import { Skip } from './skip.ts';

const FAMILY_BYTES = 4;
const LARGEST_FAMILY = 0xffff;

/** Reads a LINKTYPE_NULL or LINKTYPE_LOOP header in either byte order. @hot */
export function decodeLoopback(packet: Packet): number {
  const { view, offset } = packet;
  if (packet.end - offset < FAMILY_BYTES) return packet.skip(Skip.TRUNCATED_LINK);
  const little = view.getUint32(offset, true);
  const family = little <= LARGEST_FAMILY ? little : view.getUint32(offset);
  packet.offset = offset + FAMILY_BYTES;
  switch (family) {
    case 2:
    case Protocol.IPV4:
      return Protocol.IPV4;
    case 10: // Linux
    case 23: // Windows
    case 24: // NetBSD, OpenBSD, BSD/OS
    case 28: // FreeBSD
    case 30: // Darwin
    case Protocol.IPV6:
      return Protocol.IPV6;
    default:
      return packet.skip(Skip.NOT_IP);
  }
}
