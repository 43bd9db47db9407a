/**
 * Tunnels of access networks over UDP.
 *
 *     GTP-U 1 (3GPP TS 29.281):  | version 3, PT 1, 0, E, S, PN | type 8 | length 16 | TEID 32 |
 *                                | sequence 16, N-PDU 8, next extension 8 if any of E, S, PN | extensions | IP …
 *     GTP 0 (GSM 09.60):         | version 3, PT 1, … | type 8 | length 16 | … 16 octets | IP …
 *     L2TP 2 (RFC 2661):         | T, L, …, S, O, …, version 4 | length 16 if L | tunnel 16 | session 16 |
 *                                | Ns 16, Nr 16 if S | offset 16, pad if O | PPP …
 *     Teredo (RFC 4380):         | 0 1, authentication, may be absent | 0 0, origin 6, may be absent | IPv6 …
 *     AYIYA:                     | id length 4, type 4 | signature / 4: 4, hash 4 | auth 4, operation 4 | next 8 |
 *                                | epoch 32 | identity | signature | IPv6 …
 *     CAPWAP data (RFC 5415):    | version 4, type 4 | HLEN 5, RID 5, WBID 5, T | F, L, W, M, K … | … | 802.11 or 802.3 …
 *     LISP data (RFC 9300):      | flags 8 | nonce 24 | instance or locator bits 32 | IP …
 *
 * TEID, L2TP session and the like differ by direction, so they are no part of a flow's scope. Left out: control
 * messages, CAPWAP under DTLS and its fragments.
 */
import { IPV6_HEADER_BYTES } from './ipv6.ts';
import type { Packet } from './packet.ts';
import { Protocol } from './protocol.ts';
import { Skip } from './skip.ts';
import { Tunnel } from './tunnel.ts';

const GTP_HEADER_BYTES = 8;
const GTP0_HEADER_BYTES = 20;
const GTP_OPTIONAL_BYTES = 4;
const GTP_PROTOCOL_TYPE = 0x10;
const GTP_OPTIONAL_MASK = 0x07;
const GTP_USER_DATA = 255;

const L2tpFlag = { CONTROL: 0x8000, LENGTH: 0x4000, SEQUENCE: 0x0800, OFFSET: 0x0200 } as const;
const L2TP_VERSION = 2;

const TEREDO_AUTHENTICATION = 0x0001;
const TEREDO_AUTHENTICATION_FIXED_BYTES = 13;
const TEREDO_ORIGIN = 0x0000;
const TEREDO_ORIGIN_BYTES = 8;

const AYIYA_FIXED_BYTES = 8;
const AYIYA_FORWARD = 1;

const CAPWAP_MINIMUM_BYTES = 8;
const CAPWAP_NATIVE = 0x01;
const CAPWAP_FRAGMENT = 0x80;
const LISP_HEADER_BYTES = 8;

/** Reads a GTP header; only user data is followed. */
export function decodeGtp(packet: Packet): number {
  const { view, offset } = packet;
  if (!packet.has(GTP_HEADER_BYTES)) return packet.skip(Skip.UDP);
  const first = view.getUint8(offset);
  const version = first >>> 5;
  if (version > 1 || (first & GTP_PROTOCOL_TYPE) === 0) return packet.skip(Skip.UDP);
  if (view.getUint8(offset + 1) !== GTP_USER_DATA) return packet.skip(Skip.UDP);
  let headerBytes = version === 0 ? GTP0_HEADER_BYTES : GTP_HEADER_BYTES;
  if (version === 1 && (first & GTP_OPTIONAL_MASK) !== 0) headerBytes = gtpHeaderBytes(packet);
  if (!packet.has(headerBytes + 1)) return packet.skip(Skip.TRUNCATED_TUNNEL);
  packet.offset = offset + headerBytes;
  packet.enterTunnel(Tunnel.GTP_U);
  const nibble = view.getUint8(packet.offset) >>> 4;
  return nibble === 4 || nibble === 6 ? Protocol.RAW_IP : Protocol.PPP;
}

/** Length of a header with optional fields; each extension tells its length in words first and the next type last. */
function gtpHeaderBytes(packet: Packet): number {
  const { view, offset, end } = packet;
  let headerBytes = GTP_HEADER_BYTES + GTP_OPTIONAL_BYTES;
  while (offset + headerBytes < end && view.getUint8(offset + headerBytes - 1) !== 0) {
    const extensionBytes = view.getUint8(offset + headerBytes) * 4;
    if (extensionBytes === 0) break;
    headerBytes += extensionBytes;
  }
  return headerBytes;
}

/** Reads an L2TP version 2 data header. */
export function decodeL2tp(packet: Packet): number {
  const { view, offset } = packet;
  if (!packet.has(6)) return packet.skip(Skip.UDP);
  const flags = view.getUint16(offset);
  if ((flags & L2tpFlag.CONTROL) !== 0 || (flags & 0x0f) !== L2TP_VERSION) return packet.skip(Skip.UDP);
  let headerBytes = 6 + ((flags & L2tpFlag.LENGTH) !== 0 ? 2 : 0) + ((flags & L2tpFlag.SEQUENCE) !== 0 ? 4 : 0);
  if ((flags & L2tpFlag.OFFSET) !== 0) {
    if (!packet.has(headerBytes + 2)) return packet.skip(Skip.TRUNCATED_TUNNEL);
    headerBytes += 2 + view.getUint16(offset + headerBytes);
  }
  if (!packet.has(headerBytes)) return packet.skip(Skip.TRUNCATED_TUNNEL);
  packet.offset = offset + headerBytes;
  packet.enterTunnel(Tunnel.L2TP);
  return Protocol.PPP;
}

/** Reads Teredo's indications; an IPv6 header whose length fits the datagram must follow. */
export function decodeTeredo(packet: Packet): number {
  const { view, end } = packet;
  let at = packet.offset;
  if (end - at >= TEREDO_AUTHENTICATION_FIXED_BYTES && view.getUint16(at) === TEREDO_AUTHENTICATION) {
    at += TEREDO_AUTHENTICATION_FIXED_BYTES + view.getUint8(at + 2) + view.getUint8(at + 3);
  }
  if (end - at >= TEREDO_ORIGIN_BYTES && view.getUint16(at) === TEREDO_ORIGIN) at += TEREDO_ORIGIN_BYTES;
  if (end - at < IPV6_HEADER_BYTES || view.getUint8(at) >>> 4 !== 6) return packet.skip(Skip.UDP);
  if (at + IPV6_HEADER_BYTES + view.getUint16(at + 4) > packet.wireEnd) return packet.skip(Skip.UDP);
  packet.offset = at;
  packet.enterTunnel(Tunnel.TEREDO);
  return Protocol.IPV6;
}

/** Reads an AYIYA header. */
export function decodeAyiya(packet: Packet): number {
  const { view, offset } = packet;
  if (!packet.has(AYIYA_FIXED_BYTES)) return packet.skip(Skip.UDP);
  if ((view.getUint8(offset + 2) & 0x0f) !== AYIYA_FORWARD) return packet.skip(Skip.UDP);
  const identityBytes = 1 << (view.getUint8(offset) >>> 4);
  const signatureBytes = (view.getUint8(offset + 1) >>> 4) * 4;
  const headerBytes = AYIYA_FIXED_BYTES + identityBytes + signatureBytes;
  if (!packet.has(headerBytes)) return packet.skip(Skip.UDP);
  packet.offset = offset + headerBytes;
  packet.enterTunnel(Tunnel.AYIYA);
  return Protocol.IP_PROTOCOL + view.getUint8(offset + 3);
}

/** Reads a CAPWAP data header. */
export function decodeCapwap(packet: Packet): number {
  const { view, offset } = packet;
  if (!packet.has(CAPWAP_MINIMUM_BYTES)) return packet.skip(Skip.UDP);
  if (view.getUint8(offset) !== 0) return packet.skip(Skip.ENCRYPTED);
  const headerBytes = (view.getUint8(offset + 1) >>> 3) * 4;
  if (headerBytes < CAPWAP_MINIMUM_BYTES) return packet.skip(Skip.UDP);
  if (!packet.has(headerBytes)) return packet.skip(Skip.TRUNCATED_TUNNEL);
  if ((view.getUint8(offset + 3) & CAPWAP_FRAGMENT) !== 0) return packet.skip(Skip.FRAGMENT);
  packet.offset = offset + headerBytes;
  packet.enterTunnel(Tunnel.CAPWAP);
  return (view.getUint8(offset + 2) & CAPWAP_NATIVE) !== 0 ? Protocol.IEEE802_11 : Protocol.ETHERNET;
}

/** Steps over a LISP data header. */
export function decodeLisp(packet: Packet): number {
  if (!packet.has(LISP_HEADER_BYTES)) return packet.skip(Skip.UDP);
  packet.offset += LISP_HEADER_BYTES;
  packet.enterTunnel(Tunnel.LISP);
  return Protocol.RAW_IP;
}
