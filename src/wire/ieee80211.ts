/**
 * IEEE 802.11 data frames (little-endian fields).
 *
 *      0         2          4        10       16       22         24       30    32
 *     +---------+----------+--------+--------+--------+----------+--------+-----+---------+------------
 *     | control | duration | addr 1 | addr 2 | addr 3 | sequence | addr 4 | QoS | HT ctrl | LLC …
 *     +---------+----------+--------+--------+--------+----------+--------+-----+---------+------------
 *                                                                 to+from  QoS   order
 *                                                                 DS both  data  bit
 *     control: version 2, type 2, subtype 4 | to DS, from DS, more fragments, retry, …, protected 0x40, order 0x80
 *     A-MSDU:  | destination 6 | source 6 | length 16, big-endian | LLC … | pad to 4 |  …
 *
 * Left out: decryption (protected frames are counted; some drivers leave the bit set on frames they have deciphered,
 * and those are read) and the later fragments of an MSDU (the first holds the TCP header).
 */
import type { Packet } from './packet.ts';
import { Protocol } from './protocol.ts';
import { Skip } from './skip.ts';

const FRAME_CONTROL_BYTES = 2;
const DATA_HEADER_BYTES = 24;
const SEQUENCE_CONTROL_OFFSET = 22;
const TYPE_DATA = 2;
const SUBTYPE_NO_DATA = 0x4;
const SUBTYPE_QOS = 0x8;
const FLAG_BOTH_DS = 0x03;
const FLAG_PROTECTED = 0x40;
const FLAG_ORDER = 0x80;
const ADDRESS_BYTES = 6;
const QOS_BYTES = 2;
const HT_CONTROL_BYTES = 4;
const QOS_AGGREGATE = 0x80;
const QOS_MESH = 0x01;
const MESH_BYTES = 6;
const CIPHER_HEADER_BYTES = 8;
const SUBFRAME_HEADER_BYTES = 14;
const SNAP_START = 0xaaaa0300;

/**
 * Reads an 802.11 MAC header; `padded` tells that the driver aligned what follows to four octets.
 *
 * Tunnels from access points exist with the two octets of frame control swapped: that is seen and undone.
 */
export function decodeIeee80211(packet: Packet, padded = false): number {
  const { view, offset } = packet;
  if (!packet.has(FRAME_CONTROL_BYTES)) return packet.skip(Skip.TRUNCATED_LINK);
  const swapped = !isData(view.getUint8(offset)) && isData(view.getUint8(offset + 1)) && packet.tunnelPath !== 0;
  const control = view.getUint8(swapped ? offset + 1 : offset);
  const flags = view.getUint8(swapped ? offset : offset + 1);
  const subtype = control >>> 4;
  if (!isData(control) || (subtype & SUBTYPE_NO_DATA) !== 0) return packet.skip(Skip.NOT_DATA_FRAME);
  const hasQos = (subtype & SUBTYPE_QOS) !== 0;
  const qosOffset = DATA_HEADER_BYTES + ((flags & FLAG_BOTH_DS) === FLAG_BOTH_DS ? ADDRESS_BYTES : 0);
  let headerBytes = qosOffset;
  if (hasQos) headerBytes += QOS_BYTES + ((flags & FLAG_ORDER) !== 0 ? HT_CONTROL_BYTES : 0);
  if (padded) headerBytes = (headerBytes + 3) & ~3;
  if (!packet.has(headerBytes)) return packet.skip(Skip.TRUNCATED_LINK);
  if ((view.getUint8(offset + SEQUENCE_CONTROL_OFFSET) & 0x0f) !== 0) return packet.skip(Skip.FRAGMENT);
  packet.offset = offset + headerBytes;
  if ((flags & FLAG_PROTECTED) !== 0 && !startsWithSnap(packet, packet.offset)) {
    if (!startsWithSnap(packet, packet.offset + CIPHER_HEADER_BYTES)) return packet.skip(Skip.ENCRYPTED);
    packet.offset += CIPHER_HEADER_BYTES;
  }
  if (!hasQos) return Protocol.LLC;
  if ((view.getUint8(offset + qosOffset) & QOS_AGGREGATE) !== 0) return beginAggregate(packet);
  if ((view.getUint8(offset + qosOffset + 1) & QOS_MESH) !== 0) skipMeshControl(packet);
  return Protocol.LLC;
}

/** Reads the header of one subframe of an A-MSDU and notes where the next one starts. */
export function decodeSubframe(packet: Packet): number {
  const { view, offset } = packet;
  if (!packet.has(SUBFRAME_HEADER_BYTES)) {
    packet.aggregateOffset = 0;
    return packet.skip(Skip.TRUNCATED_LINK);
  }
  const payloadOffset = offset + SUBFRAME_HEADER_BYTES;
  const payloadBytes = view.getUint16(offset + SUBFRAME_HEADER_BYTES - 2);
  const next = offset + ((SUBFRAME_HEADER_BYTES + payloadBytes + 3) & ~3);
  packet.aggregateOffset = next + SUBFRAME_HEADER_BYTES <= packet.aggregateEnd ? next : 0;
  packet.offset = payloadOffset;
  packet.wireEnd = Math.min(packet.wireEnd, payloadOffset + payloadBytes);
  packet.end = Math.min(packet.end, packet.wireEnd);
  return Protocol.LLC;
}

function beginAggregate(packet: Packet): number {
  packet.aggregateView = packet.view;
  packet.aggregateBytes = packet.bytes;
  packet.aggregateEnd = packet.end;
  packet.aggregateWireEnd = packet.wireEnd;
  packet.aggregateScope = packet.scope;
  packet.aggregateOrigin = packet.origin;
  packet.aggregateTunnelPath = packet.tunnelPath;
  return decodeSubframe(packet);
}

function isData(control: number): boolean {
  return ((control >>> 2) & 3) === TYPE_DATA && (control & 3) === 0;
}

function startsWithSnap(packet: Packet, at: number): boolean {
  return packet.end - at >= 4 && (packet.view.getInt32(at) & ~0xff) === (SNAP_START | 0);
}

/** The mesh bit means something else outside a mesh, so the header is believed only if SNAP follows it. */
function skipMeshControl(packet: Packet): void {
  if (!packet.has(MESH_BYTES) || startsWithSnap(packet, packet.offset)) return;
  const extraAddresses = packet.view.getUint8(packet.offset) & 3;
  const payload = packet.offset + MESH_BYTES + extraAddresses * ADDRESS_BYTES;
  if (startsWithSnap(packet, payload)) packet.offset = payload;
}
