/**
 * TCP (RFC 9293 §3.1): header to row of the batch.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-------------------------------+-------------------------------+
 *   0 |          source port          |       destination port        |
 *   4 |                        sequence number                        |
 *   8 |                     acknowledgment number                     |
 *     +-------+-----+-----------------+-------------------------------+
 *  12 | offset| 0   | NS … FIN        |            window             |
 *     +-------+-----+-----------------+-------------------------------+
 *  16 |           checksum            |        urgent pointer         |
 *  20 |                  options, to offset * 4                       |
 *
 * The payload length is the IP length less both headers, whatever was captured. Left out: the urgent pointer and the
 * payload itself.
 */
import { RowOrigin, type SegmentBatch } from './batch.ts';
import { verifyChecksums } from './checksum.ts';
import { IPV4_ID_OFFSET, IPV4_SOURCE_OFFSET, IPV4_TTL_OFFSET } from './ipv4.ts';
import { IPV6_HOP_LIMIT_OFFSET, IPV6_SOURCE_OFFSET } from './ipv6.ts';
import type { Packet } from './packet.ts';
import { Protocol } from './protocol.ts';
import { Skip } from './skip.ts';
import { clearOptions, decodeTcpOptions } from './tcp-options.ts';

const TCP_HEADER_BYTES = 20;
const TCP_SEQ_OFFSET = 4;
const TCP_ACK_OFFSET = 8;
const TCP_FLAGS_OFFSET = 12;
const TCP_CHECKSUM_OFFSET = 16;
/** Header octets up to and including the flags: with fewer there is no row. */
const TCP_USABLE_BYTES = 14;
const FLAGS_MASK = 0x1ff;

/** Reads a TCP header and appends its row. @hot */
export function decodeTcp(packet: Packet): number {
  const { batch, view, offset, wireEnd } = packet;
  const captured = packet.end - offset;
  if (captured < TCP_HEADER_BYTES) return decodeCutTcp(packet);
  const flagsAndWindow = view.getInt32(offset + TCP_FLAGS_OFFSET);
  const headerBytes = (flagsAndWindow >>> 26) & 0x3c;
  const payloadBytes = wireEnd - offset - headerBytes;
  if (headerBytes < TCP_HEADER_BYTES || payloadBytes < 0) return packet.skip(Skip.BAD_TCP_HEADER);
  const row = batch.count;
  writeNetwork(packet, batch, row);
  const ports = view.getInt32(offset);
  batch.sourcePort[row] = ports >>> 16;
  batch.destinationPort[row] = ports;
  batch.seq[row] = view.getInt32(offset + TCP_SEQ_OFFSET);
  batch.ack[row] = view.getInt32(offset + TCP_ACK_OFFSET);
  batch.flags[row] = (flagsAndWindow >>> 16) & FLAGS_MASK;
  batch.window[row] = flagsAndWindow;
  batch.checksum[row] = view.getUint16(offset + TCP_CHECKSUM_OFFSET);
  batch.payloadBytes[row] = payloadBytes;
  if (packet.checksums !== null) verifyChecksums(packet, packet.checksums);
  batch.origin[row] = packet.origin;
  decodeTcpOptions(batch, row, view, offset + TCP_HEADER_BYTES, offset + headerBytes, packet.end);
  batch.count = row + 1;
  return Protocol.DONE;
}

/** A header that ends before its 20 octets: by the snap length it may still be usable, by the IP length it is not. */
function decodeCutTcp(packet: Packet): number {
  const { batch, view, offset, wireEnd } = packet;
  const captured = packet.end - offset;
  if (wireEnd - offset < TCP_HEADER_BYTES) return packet.skip(Skip.BAD_TCP_HEADER);
  if (captured < TCP_USABLE_BYTES) return packet.skip(Skip.TRUNCATED_TCP);
  const offsetAndFlags = view.getUint16(offset + TCP_FLAGS_OFFSET);
  const headerBytes = (offsetAndFlags >>> 10) & 0x3c;
  const payloadBytes = wireEnd - offset - headerBytes;
  if (headerBytes < TCP_HEADER_BYTES || payloadBytes < 0) return packet.skip(Skip.BAD_TCP_HEADER);
  const row = batch.count;
  writeNetwork(packet, batch, row);
  batch.sourcePort[row] = view.getUint16(offset);
  batch.destinationPort[row] = view.getUint16(offset + 2);
  batch.seq[row] = view.getUint32(offset + TCP_SEQ_OFFSET);
  batch.ack[row] = view.getUint32(offset + TCP_ACK_OFFSET);
  batch.flags[row] = offsetAndFlags & FLAGS_MASK;
  batch.window[row] = captured >= TCP_USABLE_BYTES + 2 ? view.getUint16(offset + TCP_USABLE_BYTES) : 0;
  batch.checksum[row] = captured >= TCP_CHECKSUM_OFFSET + 2 ? view.getUint16(offset + TCP_CHECKSUM_OFFSET) : 0;
  batch.payloadBytes[row] = payloadBytes;
  batch.origin[row] = packet.origin | RowOrigin.TRUNCATED_HEADER;
  clearOptions(batch, row);
  batch.count = row + 1;
  return Protocol.DONE;
}

/** Addresses, TTL and identification come straight from the IP header that `networkOffset` remembers. @hot */
function writeNetwork(packet: Packet, batch: SegmentBatch, row: number): void {
  const { view, networkOffset, destinationOffset } = packet;
  const word = row << 2;
  batch.scope[row] = packet.scope;
  if (packet.ipVersion === 4) {
    if (batch.ipVersion[row] === 6) {
      batch.sourceAddress.fill(0, word, word + 4);
      batch.destinationAddress.fill(0, word, word + 4);
    }
    batch.ipVersion[row] = 4;
    batch.sourceAddress[word] = view.getInt32(networkOffset + IPV4_SOURCE_OFFSET);
    batch.destinationAddress[word] = view.getInt32(destinationOffset);
    batch.ttl[row] = view.getUint8(networkOffset + IPV4_TTL_OFFSET);
    batch.ipId[row] = view.getUint16(networkOffset + IPV4_ID_OFFSET);
    return;
  }
  batch.ipVersion[row] = 6;
  for (let k = 0; k < 4; k++) {
    batch.sourceAddress[word + k] = view.getInt32(networkOffset + IPV6_SOURCE_OFFSET + 4 * k);
    batch.destinationAddress[word + k] = view.getInt32(destinationOffset + 4 * k);
  }
  batch.ttl[row] = view.getUint8(networkOffset + IPV6_HOP_LIMIT_OFFSET);
  batch.ipId[row] = 0;
}
