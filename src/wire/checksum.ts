/**
 * The Internet checksum (RFC 1071) of IPv4 headers and of TCP segments with their pseudo-header of addresses, protocol and
 * length (RFC 9293 §3.1, RFC 8200 §8.1).
 *
 * A host that leaves checksums to its network card is captured before the card has filled them in: the TCP field then
 * holds the sum over the pseudo-header alone, or 0. Such a segment is counted as offloaded and not held to be wrong.
 */
import { RowOrigin } from './batch.ts';
import { IPV4_SOURCE_OFFSET } from './ipv4.ts';
import { IPV6_SOURCE_OFFSET } from './ipv6.ts';
import type { Packet } from './packet.ts';

/** What the verification of a capture found. */
export interface ChecksumCounts {
  /** Segments whose TCP checksum is right. */
  good: number;
  bad: number;
  /** Segments captured before the network card had filled the checksum in. */
  offloaded: number;
  /** Segments that were not captured whole. */
  unverifiable: number;
  /** IPv4 headers with a wrong checksum; 0 there is offload and not counted. */
  badIpHeaders: number;
  /** Frames in which one of them is wrong, the first few. */
  badFrames: number[];
}

/** Frames noted of those with a wrong checksum. */
export const MAX_BAD_FRAMES = 16;

const TCP = 6;
const TCP_CHECKSUM_OFFSET = 16;
const IPV4_CHECKSUM_OFFSET = 10;

/** Counts of a capture in which nothing was verified yet. */
export function newChecksumCounts(): ChecksumCounts {
  return { good: 0, bad: 0, offloaded: 0, unverifiable: 0, badIpHeaders: 0, badFrames: [] };
}

/** The length is not that of the segment, or only part of the segment is there. */
const NOT_WHOLE = RowOrigin.LENGTH_FROM_CAPTURE | RowOrigin.INCOMPLETE;

/** Verifies the TCP segment at `packet.offset` and its IP header; a wrong one gets `RowOrigin.BAD_CHECKSUM`. */
export function verifyChecksums(packet: Packet, counts: ChecksumCounts): void {
  const { view, offset, networkOffset } = packet;
  if (packet.ipVersion === 4 && !isIpv4HeaderGood(view, networkOffset)) {
    counts.badIpHeaders++;
    noteBad(packet, counts);
  }
  if (packet.end < packet.wireEnd || (packet.origin & NOT_WHOLE) !== 0) {
    counts.unverifiable++;
    return;
  }
  const segmentBytes = packet.end - offset;
  const addresses = sumAddresses(packet);
  const pseudoHeader = addresses + TCP + (segmentBytes >>> 16) + (segmentBytes & 0xffff);
  const field = view.getUint16(offset + TCP_CHECKSUM_OFFSET);
  if (fold(pseudoHeader + sumOctets(view, offset, segmentBytes)) === 0xffff) {
    counts.good++;
  } else if (field === 0 || field === fold(pseudoHeader) || field === fold(addresses + TCP)) {
    counts.offloaded++;
  } else {
    counts.bad++;
    noteBad(packet, counts);
  }
}

function noteBad(packet: Packet, { badFrames }: ChecksumCounts): void {
  packet.origin |= RowOrigin.BAD_CHECKSUM;
  const frame = packet.batch.frame(packet.batch.count);
  if (badFrames.length < MAX_BAD_FRAMES && badFrames.at(-1) !== frame) badFrames.push(frame);
}

function isIpv4HeaderGood(view: DataView, header: number): boolean {
  if (view.getUint16(header + IPV4_CHECKSUM_OFFSET) === 0) return true;
  return fold(sumOctets(view, header, (view.getUint8(header) & 0x0f) * 4)) === 0xffff;
}

function sumAddresses(packet: Packet): number {
  const { view, networkOffset, destinationOffset } = packet;
  const isIpv4 = packet.ipVersion === 4;
  const addressBytes = isIpv4 ? 4 : 16;
  const source = networkOffset + (isIpv4 ? IPV4_SOURCE_OFFSET : IPV6_SOURCE_OFFSET);
  return sumOctets(view, source, addressBytes) + sumOctets(view, destinationOffset, addressBytes);
}

/** Sum of big-endian 16-bit words; an odd octet at the end is padded with 0. */
function sumOctets(view: DataView, start: number, count: number): number {
  let sum = 0;
  const evenEnd = start + (count & ~1);
  for (let at = start; at < evenEnd; at += 2) sum += view.getUint16(at);
  return (count & 1) === 0 ? sum : sum + (view.getUint8(evenEnd) << 8);
}

function fold(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x10000);
  return folded;
}
