/**
 * Builds Ethernet II frames that carry one TCP segment, an ICMP error or a UDP datagram.
 *
 *     Ethernet 14 | [802.1Q 4]* | IPv4 20 or IPv6 40 | TCP 20..60 | payload
 *
 * Checksums are valid unless asked otherwise. Left out: IP options, fragments, extension headers, tunnels, the FCS.
 */

import { parseAddress } from '../base/address.ts';
import { assert } from '../base/error.ts';
import { encodeTcpOptions, type TcpOptionSpec } from './tcp-options.ts';

/** What is common to every frame: where it goes and how it was captured. */
export interface FrameBase {
  source: string;
  destination: string;
  ttl: number;
  /** IPv4 identification; ignored for IPv6. */
  ipId: number;
  /** 802.1Q tags from the outside in. */
  vlans: number[];
}

/** One TCP segment with every number as on the wire. */
export interface TcpFrame extends FrameBase {
  sourcePort: number;
  destinationPort: number;
  /** `TcpFlag` bits. */
  flags: number;
  seq: number;
  ack: number;
  window: number;
  urgent: number;
  options: readonly TcpOptionSpec[];
  payloadBytes: number;
  /** The TCP checksum is spoiled. */
  badChecksum: boolean;
  /** The IP length field is written as 0, as segmentation offload does. */
  zeroIpLength: boolean;
}

const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
const ETHERTYPE_VLAN = 0x8100;
const PROTOCOL_ICMP = 1;
const PROTOCOL_TCP = 6;
const PROTOCOL_UDP = 17;
const PROTOCOL_ICMPV6 = 58;
const DONT_FRAGMENT = 0x4000;

function addressBytes(text: string): Uint8Array {
  const bytes = parseAddress(text);
  assert(bytes !== null, `'${text}' is no IP address`);
  return bytes;
}

/** Ones' complement sum of RFC 1071 over big-endian words, not yet folded. */
function sumWords(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += (bytes[at] << 8) | (bytes[at + 1] ?? 0);
  return sum;
}

function foldChecksum(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x10000);
  return ~folded & 0xffff;
}

/** Checksum over the pseudo-header (RFC 9293 §3.1, RFC 8200 §8.1) and the message; 0 when the message's own is right. */
export function sumTransport(addresses: Uint8Array, protocol: number, message: Uint8Array): number {
  return foldChecksum(sumWords(addresses) + protocol + message.length + sumWords(message));
}

function transportChecksum(frame: FrameBase, protocol: number, message: Uint8Array): number {
  const addresses = Uint8Array.from([...addressBytes(frame.source), ...addressBytes(frame.destination)]);
  return sumTransport(addresses, protocol, message);
}

/** A payload byte depends on its sequence number alone, so that a retransmission carries the same text. */
function fillPayload(into: Uint8Array, seq: number): void {
  for (let index = 0; index < into.length; index++) into[index] = 97 + (((seq + index) >>> 0) % 26);
}

function buildTcpSegment(frame: TcpFrame): Uint8Array {
  const options = encodeTcpOptions(frame.options);
  const headerBytes = 20 + options.length;
  assert(headerBytes <= 60, 'TCP options longer than 40 bytes');
  const bytes = new Uint8Array(headerBytes + frame.payloadBytes);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, frame.sourcePort);
  view.setUint16(2, frame.destinationPort);
  view.setUint32(4, frame.seq);
  view.setUint32(8, frame.ack);
  view.setUint16(12, ((headerBytes / 4) << 12) | frame.flags);
  view.setUint16(14, frame.window);
  view.setUint16(18, frame.urgent);
  bytes.set(options, 20);
  fillPayload(bytes.subarray(headerBytes), frame.seq);
  const checksum = transportChecksum(frame, PROTOCOL_TCP, bytes);
  view.setUint16(16, frame.badChecksum ? checksum ^ 0x5555 : checksum);
  return bytes;
}

function buildIpv4(frame: FrameBase, protocol: number, message: Uint8Array, zeroLength: boolean): Uint8Array {
  const bytes = new Uint8Array(20 + message.length);
  const view = new DataView(bytes.buffer);
  bytes[0] = 0x45;
  view.setUint16(2, zeroLength ? 0 : bytes.length);
  view.setUint16(4, frame.ipId);
  view.setUint16(6, DONT_FRAGMENT);
  bytes[8] = frame.ttl;
  bytes[9] = protocol;
  bytes.set(addressBytes(frame.source), 12);
  bytes.set(addressBytes(frame.destination), 16);
  view.setUint16(10, foldChecksum(sumWords(bytes.subarray(0, 20))));
  bytes.set(message, 20);
  return bytes;
}

function buildIpv6(frame: FrameBase, protocol: number, message: Uint8Array, zeroLength: boolean): Uint8Array {
  const bytes = new Uint8Array(40 + message.length);
  const view = new DataView(bytes.buffer);
  bytes[0] = 0x60;
  view.setUint16(4, zeroLength ? 0 : message.length);
  bytes[6] = protocol;
  bytes[7] = frame.ttl;
  bytes.set(addressBytes(frame.source), 8);
  bytes.set(addressBytes(frame.destination), 24);
  bytes.set(message, 40);
  return bytes;
}

function buildIp(frame: FrameBase, protocol: number, message: Uint8Array, zeroLength = false): Uint8Array {
  const build = frame.source.includes(':') ? buildIpv6 : buildIpv4;
  return build(frame, protocol, message, zeroLength);
}

/** A locally administered address that tells the hosts apart: 02:00 and the last four bytes of the IP address. */
function macOf(address: Uint8Array): number[] {
  return [0x02, 0x00, ...address.subarray(address.length - 4)];
}

function wrapEthernet(frame: FrameBase, packet: Uint8Array): Uint8Array {
  const header = [...macOf(addressBytes(frame.destination)), ...macOf(addressBytes(frame.source))];
  for (const vlan of frame.vlans) header.push(ETHERTYPE_VLAN >> 8, ETHERTYPE_VLAN & 0xff, vlan >> 8, vlan & 0xff);
  const etherType = frame.source.includes(':') ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4;
  header.push(etherType >> 8, etherType & 0xff);
  const bytes = new Uint8Array(Math.max(60, header.length + packet.length));
  bytes.set(header);
  bytes.set(packet, header.length);
  return bytes;
}

/** The frame of one TCP segment; short ones are padded to the 60 bytes that Ethernet asks for. */
export function buildTcpFrame(frame: TcpFrame): Uint8Array {
  return wrapEthernet(frame, buildIp(frame, PROTOCOL_TCP, buildTcpSegment(frame), frame.zeroIpLength));
}

/** An ICMP or ICMPv6 error about a segment: it quotes the IP header and the start of the segment. */
export interface IcmpFrame extends FrameBase {
  type: number;
  code: number;
  quoted: TcpFrame;
}

const QUOTED_BYTES = 28;

/** The frame of an ICMP (RFC 792) or ICMPv6 (RFC 4443) error that quotes 8 bytes (IPv6: all) of the segment. */
export function buildIcmpFrame(frame: IcmpFrame): Uint8Array {
  const whole = buildIp(frame.quoted, PROTOCOL_TCP, buildTcpSegment(frame.quoted));
  const ipv6 = frame.source.includes(':');
  const quote = ipv6 ? whole : whole.subarray(0, QUOTED_BYTES);
  const message = new Uint8Array(8 + quote.length);
  message[0] = frame.type;
  message[1] = frame.code;
  message.set(quote, 8);
  const checksum = ipv6 ? transportChecksum(frame, PROTOCOL_ICMPV6, message) : foldChecksum(sumWords(message));
  new DataView(message.buffer).setUint16(2, checksum);
  return wrapEthernet(frame, buildIp(frame, ipv6 ? PROTOCOL_ICMPV6 : PROTOCOL_ICMP, message));
}

const DISCARD_PORT = 9;

/** A UDP datagram to the discard port: traffic that shows the capture was still running and means nothing else. */
export function buildTickFrame(frame: FrameBase): Uint8Array {
  const message = new Uint8Array(12);
  const view = new DataView(message.buffer);
  view.setUint16(0, DISCARD_PORT);
  view.setUint16(2, DISCARD_PORT);
  view.setUint16(4, message.length);
  view.setUint16(6, transportChecksum(frame, PROTOCOL_UDP, message));
  return wrapEthernet(frame, buildIp(frame, PROTOCOL_UDP, message));
}
