/**
 * ARCNET (RFC 1201, RFC 1051).
 *
 *     BSD:    | source 8 | destination 8 | protocol 8 | split flag 8 | sequence 16 | payload …
 *     Linux:  | source 8 | destination 8 | offset 16 | protocol 8 | split flag 8 | sequence 16 | payload …
 *
 * RFC 1051 has neither split flag nor sequence. A split flag of 0xff marks an exception packet with four more octets
 * of header. Left out: putting split packets together.
 */
import type { Packet } from './packet.ts';
import { Protocol } from './protocol.ts';
import { Skip } from './skip.ts';

const ArcnetProtocol = { IP_RFC1051: 240, ARP_RFC1051: 241, IPV6: 196, IP: 212, ARP: 213 } as const;
const EXCEPTION = 0xff;

/** Reads an ARCNET header, with Linux's offset field or without. */
export function decodeArcnet(packet: Packet, hasOffset: boolean): number {
  const { view, offset } = packet;
  const protocolAt = hasOffset ? 4 : 2;
  if (!packet.has(protocolAt + 2)) return packet.skip(Skip.TRUNCATED_LINK);
  const protocol = view.getUint8(offset + protocolAt);
  if (protocol === ArcnetProtocol.ARP || protocol === ArcnetProtocol.ARP_RFC1051) return packet.skip(Skip.ARP);
  packet.offset = offset + protocolAt + 1;
  if (protocol === ArcnetProtocol.IP_RFC1051) return Protocol.IPV4;
  if (protocol !== ArcnetProtocol.IP && protocol !== ArcnetProtocol.IPV6) return packet.skip(Skip.NOT_IP);
  const splitFlag = view.getUint8(offset + protocolAt + 1);
  const headerBytes = splitFlag === EXCEPTION ? 7 : 3;
  if (!packet.has(headerBytes)) return packet.skip(Skip.TRUNCATED_LINK);
  if (!hasOffset && splitFlag !== 0 && splitFlag !== EXCEPTION && (splitFlag & 1) === 0)
    return packet.skip(Skip.FRAGMENT);
  packet.offset += headerBytes;
  return Protocol.RAW_IP;
}
