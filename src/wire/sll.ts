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
 * For some kinds of device (ARPHRD) the protocol is no ethertype. Left out: netlink.
 */
import type { Packet } from './packet.ts';
import { Protocol } from './protocol.ts';
import { Skip } from './skip.ts';

const SLL_ARPHRD_OFFSET = 2;
const SLL_PROTOCOL_OFFSET = 14;
const SLL_HEADER_BYTES = 16;
const SLL2_PROTOCOL_OFFSET = 0;
const SLL2_ARPHRD_OFFSET = 8;
const SLL2_HEADER_BYTES = 20;

/** Devices whose protocol field is no ethertype. */
const Arphrd = { FRAME_RELAY: 770, IEEE802_11: 801, IEEE802_11_RADIOTAP: 803, NETLINK: 824 } as const;

/** Reads a LINKTYPE_LINUX_SLL header. @hot */
export function decodeSll(packet: Packet): number {
  const { view, offset } = packet;
  if (packet.end - offset < SLL_HEADER_BYTES) return packet.skip(Skip.TRUNCATED_LINK);
  packet.offset = offset + SLL_HEADER_BYTES;
  return protocolOf(packet, view.getUint16(offset + SLL_ARPHRD_OFFSET), view.getUint16(offset + SLL_PROTOCOL_OFFSET));
}

/** Reads a LINKTYPE_LINUX_SLL2 header. @hot */
export function decodeSll2(packet: Packet): number {
  const { view, offset } = packet;
  if (packet.end - offset < SLL2_HEADER_BYTES) return packet.skip(Skip.TRUNCATED_LINK);
  packet.offset = offset + SLL2_HEADER_BYTES;
  return protocolOf(packet, view.getUint16(offset + SLL2_ARPHRD_OFFSET), view.getUint16(offset + SLL2_PROTOCOL_OFFSET));
}

/** @hot */
function protocolOf(packet: Packet, device: number, protocol: number): number {
  if (protocol === Protocol.IPV4) return Protocol.IPV4;
  switch (device) {
    case Arphrd.FRAME_RELAY:
      return Protocol.FRAME_RELAY;
    case Arphrd.IEEE802_11:
      return Protocol.IEEE802_11;
    case Arphrd.IEEE802_11_RADIOTAP:
      return Protocol.IEEE802_11_RADIOTAP;
    case Arphrd.NETLINK:
      return packet.skip(Skip.NOT_IP);
    default:
      return protocol;
  }
}
