/**
 * Serial lines: Cisco HDLC and Frame Relay (RFC 2427, Q.922).
 *
 *     Cisco HDLC:   | address 0x0f or 0x8f | control 0 | ethertype 16 | payload …
 *     Frame Relay:  | address 2 to 4 octets, the last with its low bit set | 0x03 | pad 0? | NLPID | payload …
 *                   | address                                            | ethertype 16 | payload …   (Cisco)
 *
 * Left out: fragmentation (FRF.12, FRF.16) and keep-alives (SLARP, LMI), which are no IP.
 */
import { decodeNlpid } from './llc.ts';
import type { Packet } from './packet.ts';
import { decodePpp } from './ppp.ts';
import { Protocol } from './protocol.ts';
import { Skip } from './skip.ts';

const CISCO_HDLC_BYTES = 4;
const CISCO_UNICAST = 0x0f;
const CISCO_BROADCAST = 0x8f;
const SLARP = 0x8035;
const FRAME_RELAY_ADDRESS_MAXIMUM = 4;
const ADDRESS_END = 0x01;
const UNNUMBERED_INFORMATION = 0x03;

/** Reads a Cisco HDLC header. */
export function decodeCiscoHdlc(packet: Packet): number {
  const { view, offset } = packet;
  if (!packet.has(CISCO_HDLC_BYTES)) return packet.skip(Skip.TRUNCATED_LINK);
  const type = view.getUint16(offset + 2);
  packet.offset = offset + CISCO_HDLC_BYTES;
  return type === SLARP || type < Protocol.FIRST_ETHERTYPE ? packet.skip(Skip.NOT_IP) : type;
}

/** Tells Cisco HDLC from PPP by the address octet, for link types that carry either. */
export function decodeHdlc(packet: Packet): number {
  const { view, offset } = packet;
  if (!packet.has(1)) return packet.skip(Skip.TRUNCATED_LINK);
  const address = view.getUint8(offset);
  return address === CISCO_UNICAST || address === CISCO_BROADCAST ? decodeCiscoHdlc(packet) : decodePpp(packet);
}

/** Reads a Frame Relay header. */
export function decodeFrameRelay(packet: Packet): number {
  const { view, offset } = packet;
  let addressBytes = 1;
  while (packet.has(addressBytes) && (view.getUint8(offset + addressBytes - 1) & ADDRESS_END) === 0) {
    if (++addressBytes > FRAME_RELAY_ADDRESS_MAXIMUM) return packet.skip(Skip.BAD_LINK_HEADER);
  }
  if (!packet.has(addressBytes + 2)) return packet.skip(Skip.TRUNCATED_LINK);
  const control = offset + addressBytes;
  if (view.getUint8(control) !== UNNUMBERED_INFORMATION) {
    packet.offset = control + 2;
    const type = view.getUint16(control);
    return type < Protocol.FIRST_ETHERTYPE ? packet.skip(Skip.NOT_IP) : type;
  }
  const padded = view.getUint8(control + 1) === 0;
  packet.offset = control + (padded ? 2 : 1);
  return decodeNlpid(packet);
}
