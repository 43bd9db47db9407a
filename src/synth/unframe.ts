/**
 * The way back from bytes: reads an Ethernet frame that `buildTcpFrame` could have built.
 *
 *     Ethernet 14 | [802.1Q 4]* | IPv4 20 or IPv6 40 | TCP 20..60 | payload
 *
 * Left out: everything that a scenario cannot say (IP options, fragments, extension headers, tunnels), and what the
 * payload holds.
 */
import { formatIpv6 } from './address.ts';
import { type FrameBase, sumTransport, type TcpFrame } from './frame.ts';
import { decodeTcpOptions, encodeTcpOptions, type TcpOptionSpec } from './tcp-options.ts';

const ETHERNET_BYTES = 14;
const ETHERTYPE_VLAN = 0x8100;
const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
const PROTOCOL_TCP = 6;
const IPV4_BYTES = 20;
const IPV6_BYTES = 40;
const FRAGMENT_BITS = 0x3fff;

interface IpHeader {
  source: string;
  destination: string;
  addresses: Uint8Array;
  ttl: number;
  ipId: number;
  zeroIpLength: boolean;
  /** Offset of the TCP header in the frame. */
  offset: number;
  /** Length of the TCP header and payload by the IP length. */
  bytes: number;
}

function readIpv4(frame: Uint8Array, at: number): IpHeader | null {
  if (frame.length < at + IPV4_BYTES || frame[at] !== 0x45 || frame[at + 9] !== PROTOCOL_TCP) return null;
  const view = new DataView(frame.buffer, frame.byteOffset + at, IPV4_BYTES);
  if ((view.getUint16(6) & FRAGMENT_BITS) !== 0) return null;
  const totalBytes = view.getUint16(2);
  return {
    source: frame.subarray(at + 12, at + 16).join('.'),
    destination: frame.subarray(at + 16, at + 20).join('.'),
    addresses: frame.subarray(at + 12, at + 20),
    ttl: view.getUint8(8),
    ipId: view.getUint16(4),
    zeroIpLength: totalBytes === 0,
    offset: at + IPV4_BYTES,
    bytes: (totalBytes === 0 ? frame.length - at : totalBytes) - IPV4_BYTES,
  };
}

function readIpv6(frame: Uint8Array, at: number): IpHeader | null {
  if (frame.length < at + IPV6_BYTES || frame[at] >> 4 !== 6 || frame[at + 6] !== PROTOCOL_TCP) return null;
  const payloadBytes = (frame[at + 4] << 8) | frame[at + 5];
  return {
    source: formatIpv6(frame.subarray(at + 8, at + 24)),
    destination: formatIpv6(frame.subarray(at + 24, at + 40)),
    addresses: frame.subarray(at + 8, at + 40),
    ttl: frame[at + 7],
    ipId: 0,
    zeroIpLength: payloadBytes === 0,
    offset: at + IPV6_BYTES,
    bytes: payloadBytes === 0 ? frame.length - at - IPV6_BYTES : payloadBytes,
  };
}

interface LinkHeader {
  vlans: number[];
  etherType: number;
  /** Offset of what is inside. */
  offset: number;
}

function readLink(bytes: Uint8Array): LinkHeader {
  const vlans: number[] = [];
  let at = ETHERNET_BYTES;
  const etherTypeAt = (offset: number): number => (bytes[offset] << 8) | bytes[offset + 1];
  while (bytes.length >= at + 4 && etherTypeAt(at - 2) === ETHERTYPE_VLAN) {
    vlans.push(etherTypeAt(at) & 0x0fff);
    at += 4;
  }
  return { vlans, etherType: etherTypeAt(at - 2), offset: at };
}

/** The TCP frame in these captured bytes (Ethernet); null when it is none, or one that a scenario cannot describe. */
export function readTcpFrame(bytes: Uint8Array): TcpFrame | null {
  const { vlans, etherType, offset } = readLink(bytes);
  const read = etherType === ETHERTYPE_IPV4 ? readIpv4 : etherType === ETHERTYPE_IPV6 ? readIpv6 : null;
  const ip = read === null ? null : read(bytes, offset);
  return ip === null ? null : readTcp(bytes, ip, vlans);
}

/** What a scenario can say of the IP header of any packet in these captured bytes (Ethernet); null when there is none. */
export function readIpFields(bytes: Uint8Array): Pick<FrameBase, 'ttl' | 'ipId' | 'vlans'> | null {
  const { vlans, etherType, offset } = readLink(bytes);
  const isIpv4 = etherType === ETHERTYPE_IPV4;
  if (!isIpv4 && etherType !== ETHERTYPE_IPV6) return null;
  if (bytes.length < offset + (isIpv4 ? IPV4_BYTES : IPV6_BYTES)) return null;
  const ipId = isIpv4 ? (bytes[offset + 4] << 8) | bytes[offset + 5] : 0;
  return { ttl: bytes[offset + (isIpv4 ? 8 : 7)], ipId, vlans };
}

function readTcp(frame: Uint8Array, ip: IpHeader, vlans: number[]): TcpFrame | null {
  const captured = frame.subarray(ip.offset, ip.offset + ip.bytes);
  if (captured.length < 20) return null;
  const view = new DataView(captured.buffer, captured.byteOffset, captured.length);
  const headerBytes = (view.getUint16(12) >> 12) * 4;
  if (headerBytes < 20) return null;
  const options = readTcpOptions(captured.subarray(20), headerBytes - 20);
  if (options === null) return null;
  const isWhole = captured.length === ip.bytes;
  return {
    source: ip.source,
    destination: ip.destination,
    ttl: ip.ttl,
    ipId: ip.ipId,
    vlans,
    sourcePort: view.getUint16(0),
    destinationPort: view.getUint16(2),
    flags: view.getUint16(12) & 0x1ff,
    seq: view.getUint32(4),
    ack: view.getUint32(8),
    window: view.getUint16(14),
    urgent: view.getUint16(18),
    options,
    payloadBytes: ip.bytes - headerBytes,
    badChecksum: isWhole && sumTransport(ip.addresses, PROTOCOL_TCP, captured) !== 0,
    zeroIpLength: ip.zeroIpLength,
  };
}

/**
 * The options of a header that has `wantedBytes` of them, of which the snap length may have cut the end: what is missing
 * is taken for zeros. Zeros behind the list are told as `eol` where the header would otherwise come out shorter.
 */
export function readTcpOptions(captured: Uint8Array, wantedBytes: number): TcpOptionSpec[] | null {
  const bytes = new Uint8Array(wantedBytes);
  bytes.set(captured.subarray(0, wantedBytes));
  const options = decodeTcpOptions(bytes);
  if (options === null) return null;
  while (encodeTcpOptions(options).length < wantedBytes) options.push({ kind: 'eol' });
  return options;
}
