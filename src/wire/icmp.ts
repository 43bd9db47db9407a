/**
 * ICMP and ICMPv6 errors (RFC 792, RFC 4443), read for the TCP segment that they quote.
 *
 *     | type 8 | code 8 | checksum 16 | rest 32 | IP header | at least 8 octets of TCP: ports and sequence number …
 *
 * Left out: redirects, which are no error, and quotes of fragments other than the first or of tunnels.
 */
import { BATCH_ROWS, type IcmpError } from './batch.ts';
import { IPV4_DESTINATION_OFFSET, IPV4_HEADER_BYTES, IPV4_PROTOCOL_OFFSET, IPV4_SOURCE_OFFSET } from './ipv4.ts';
import { IPV6_DESTINATION_OFFSET, IPV6_HEADER_BYTES, IPV6_NEXT_HEADER_OFFSET, IPV6_SOURCE_OFFSET } from './ipv6.ts';
import type { Packet } from './packet.ts';
import { Protocol } from './protocol.ts';
import { Skip } from './skip.ts';

const ICMP_HEADER_BYTES = 8;
const QUOTED_TCP_BYTES = 8;
const FRAGMENT_OFFSET_MASK = 0x1fff;
const TCP = Protocol.TCP - Protocol.IP_PROTOCOL;

/** Reads an ICMP message of IPv4. */
export function decodeIcmp(packet: Packet): number {
  if (packet.has(ICMP_HEADER_BYTES) && isError(packet.view.getUint8(packet.offset))) noteQuote(packet);
  return packet.skip(Skip.ICMP);
}

/** Reads an ICMPv6 message; the errors are those below 128, of which four are defined. */
export function decodeIcmpv6(packet: Packet): number {
  if (packet.has(ICMP_HEADER_BYTES)) {
    const type = packet.view.getUint8(packet.offset);
    if (type >= 1 && type <= 4) noteQuote(packet);
  }
  return packet.skip(Skip.ICMPV6);
}

/** Unreachable, source quench, time exceeded, parameter problem. */
function isError(type: number): boolean {
  return type === 3 || type === 4 || type === 11 || type === 12;
}

function noteQuote(packet: Packet): void {
  const { view, end, batch } = packet;
  const quote = packet.offset + ICMP_HEADER_BYTES;
  const tcp = quotedTcpOffset(view, quote, end);
  if (tcp < 0 || batch.icmpErrors.length >= BATCH_ROWS) return;
  const row = batch.count;
  const version = view.getUint8(quote) >>> 4 === 4 ? 4 : 6;
  const error: IcmpError = {
    beforeRow: row,
    frame: batch.frame(row),
    timeNanos: batch.timeNanos(row),
    type: view.getUint8(packet.offset),
    code: view.getUint8(packet.offset + 1),
    reporter: readSource(view, packet.networkOffset, packet.ipVersion),
    ipVersion: version,
    sourceAddress: readSource(view, quote, version),
    destinationAddress: readDestination(view, quote, version),
    sourcePort: view.getUint16(tcp),
    destinationPort: view.getUint16(tcp + 2),
    scope: packet.scope,
    seq: view.getUint32(tcp + 4),
  };
  batch.icmpErrors.push(error);
}

/** Where the TCP header of the quoted packet starts; -1 when the quote is no TCP or too short. */
function quotedTcpOffset(view: DataView, quote: number, end: number): number {
  if (end - quote < IPV4_HEADER_BYTES) return -1;
  const first = view.getUint8(quote);
  let tcp = -1;
  if (first >>> 4 === 4) {
    const isFirst = (view.getUint16(quote + 6) & FRAGMENT_OFFSET_MASK) === 0;
    if (isFirst && view.getUint8(quote + IPV4_PROTOCOL_OFFSET) === TCP) tcp = quote + (first & 0x0f) * 4;
  } else if (first >>> 4 === 6 && end - quote >= IPV6_HEADER_BYTES) {
    tcp = skipExtensions(view, quote + IPV6_HEADER_BYTES, end, view.getUint8(quote + IPV6_NEXT_HEADER_OFFSET));
  }
  return tcp >= 0 && end - tcp >= QUOTED_TCP_BYTES ? tcp : -1;
}

function skipExtensions(view: DataView, start: number, end: number, first: number): number {
  let at = start;
  let next = first;
  while (next !== TCP) {
    if (end - at < 8) return -1;
    const lengthField = view.getUint8(at + 1);
    switch (next + Protocol.IP_PROTOCOL) {
      case Protocol.HOP_BY_HOP:
      case Protocol.IPV6_ROUTING:
      case Protocol.IPV6_DESTINATION:
      case Protocol.MOBILITY:
      case Protocol.HIP:
      case Protocol.SHIM6:
        next = view.getUint8(at);
        at += (lengthField + 1) * 8;
        break;
      case Protocol.AUTHENTICATION:
        next = view.getUint8(at);
        at += (lengthField + 2) * 4;
        break;
      case Protocol.IPV6_FRAGMENT:
        if (view.getUint16(at + 2) >>> 3 !== 0) return -1;
        next = view.getUint8(at);
        at += 8;
        break;
      default:
        return -1;
    }
  }
  return at;
}

function readSource(view: DataView, header: number, version: number): Int32Array {
  return readAddress(view, header + (version === 4 ? IPV4_SOURCE_OFFSET : IPV6_SOURCE_OFFSET), version);
}

function readDestination(view: DataView, header: number, version: number): Int32Array {
  return readAddress(view, header + (version === 4 ? IPV4_DESTINATION_OFFSET : IPV6_DESTINATION_OFFSET), version);
}

function readAddress(view: DataView, at: number, version: number): Int32Array {
  const words = new Int32Array(4);
  for (let k = 0; k < (version === 4 ? 1 : 4); k++) words[k] = view.getInt32(at + 4 * k);
  return words;
}
