/**
 * Linux "cooked" captures, as the `any` device gives them.
 *
 *     SLL    0        2        4          6         14         16
 *           +--------+--------+----------+---------+----------+---------
 *           | packet | ARPHRD | address  | address | protocol | payload …
 *           | type   |        | length   |         |          |
 *           +--------+--------+----------+---------+----------+---------
 *     SLL2   0          2         4            8        10       11        12        20
 *           +----------+---------+------------+--------+--------+---------+---------+---------
 *           | protocol | 0       | interface  | ARPHRD | packet | address | address | payload …
 *           |          |         | index      |        | type   | length  |         |
 *           +----------+---------+------------+--------+--------+---------+---------+---------
 *
 * Left out: payloads whose protocol field is no ethertype because of the ARPHRD value (netlink, 802.11 with radiotap).
 */
import type { Packet } from './packet.ts';
import { Skip } from './skip.ts';

const SLL_ARPHRD_OFFSET = 2;
const SLL_PROTOCOL_OFFSET = 14;
const SLL_HEADER_BYTES = 16;
const SLL2_PROTOCOL_OFFSET = 0;
const SLL2_ARPHRD_OFFSET = 8;
const SLL2_HEADER_BYTES = 20;

const ARPHRD_NETLINK = 824;

/** Reads a LINKTYPE_LINUX_SLL header. @hot */
export function decodeSll(packet: Packet): number {
  const { view, offset } = packet;
  if (packet.end - offset < SLL_HEADER_BYTES) return packet.skip(Skip.TRUNCATED_LINK);
  packet.offset = offset + SLL_HEADER_BYTES;
  if (view.getUint16(offset + SLL_ARPHRD_OFFSET) === ARPHRD_NETLINK) return packet.skip(Skip.NOT_IP);
  return view.getUint16(offset + SLL_PROTOCOL_OFFSET);
}

/** Reads a LINKTYPE_LINUX_SLL2 header. @hot */
export function decodeSll2(packet: Packet): number {
  const { view, offset } = packet;
  if (packet.end - offset < SLL2_HEADER_BYTES) return packet.skip(Skip.TRUNCATED_LINK);
  packet.offset = offset + SLL2_HEADER_BYTES;
  if (view.getUint16(offset + SLL2_ARPHRD_OFFSET) === ARPHRD_NETLINK) return packet.skip(Skip.NOT_IP);
  return view.getUint16(offset + SLL2_PROTOCOL_OFFSET);
}
