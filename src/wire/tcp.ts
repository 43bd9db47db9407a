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
import { FLAG_BITS, ORIGIN_SHIFT, ROW_WORDS, RowOrigin, TTL_SHIFT, Word } from './batch.ts';
import { verifyChecksums } from './checksum.ts';
import { IPV4_ID_OFFSET, IPV4_SOURCE_OFFSET, IPV4_TTL_OFFSET } from './ipv4.ts';
import { IPV6_HOP_LIMIT_OFFSET, IPV6_SOURCE_OFFSET } from './ipv6.ts';
import type { Packet } from './packet.ts';
import { Protocol } from './protocol.ts';
import { Skip } from './skip.ts';
import { decodeTcpOptions } from './tcp-options.ts';

const TCP_HEADER_BYTES = 20;
const TCP_SEQ_OFFSET = 4;
const TCP_ACK_OFFSET = 8;
const TCP_FLAGS_OFFSET = 12;
const TCP_CHECKSUM_OFFSET = 16;
/** Header octets up to and including the flags: with fewer there is no row. */
const TCP_USABLE_BYTES = 14;

/** Reads a TCP header and appends its row. @hot */
export function decodeTcp(packet: Packet): number {
  const { batch, view, offset, wireEnd } = packet;
  const captured = packet.end - offset;
  if (captured < TCP_HEADER_BYTES) return decodeCutTcp(packet);
  const flagsAndWindow = view.getInt32(offset + TCP_FLAGS_OFFSET);
  const headerBytes = (flagsAndWindow >>> 26) & 0x3c;
  const payloadBytes = wireEnd - offset - headerBytes;
  if (headerBytes < TCP_HEADER_BYTES || payloadBytes < 0) return packet.skip(Skip.BAD_TCP_HEADER);
  const { words } = batch;
  const at = batch.count * ROW_WORDS;
  words[at + Word.FLAGS] = (flagsAndWindow >>> 16) & FLAG_BITS;
  words[at + Word.WINDOW] = flagsAndWindow & 0xffff;
  words[at + Word.PORTS] = view.getInt32(offset);
  words[at + Word.SEQ] = view.getInt32(offset + TCP_SEQ_OFFSET);
  words[at + Word.ACK] = view.getInt32(offset + TCP_ACK_OFFSET);
  words[at + Word.CHECKSUM] = view.getUint16(offset + TCP_CHECKSUM_OFFSET);
  words[at + Word.PAYLOAD] = payloadBytes;
  writeNetwork(packet, words, at);
  if (packet.checksums !== null) verifyChecksums(packet, packet.checksums);
  words[at + Word.OPTIONS] = packet.origin << ORIGIN_SHIFT;
  decodeTcpOptions(words, at, view, offset + TCP_HEADER_BYTES, offset + headerBytes, packet.end);
  batch.count++;
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
  const { words } = batch;
  const at = batch.count * ROW_WORDS;
  const window = captured >= TCP_USABLE_BYTES + 2 ? view.getUint16(offset + TCP_USABLE_BYTES) : 0;
  const checksum = captured >= TCP_CHECKSUM_OFFSET + 2 ? view.getUint16(offset + TCP_CHECKSUM_OFFSET) : 0;
  words[at + Word.FLAGS] = offsetAndFlags & FLAG_BITS;
  words[at + Word.WINDOW] = window;
  words[at + Word.PORTS] = view.getInt32(offset);
  words[at + Word.SEQ] = view.getInt32(offset + TCP_SEQ_OFFSET);
  words[at + Word.ACK] = view.getInt32(offset + TCP_ACK_OFFSET);
  words[at + Word.CHECKSUM] = checksum;
  words[at + Word.PAYLOAD] = payloadBytes;
  writeNetwork(packet, words, at);
  words[at + Word.OPTIONS] = (packet.origin | RowOrigin.TRUNCATED_HEADER) << ORIGIN_SHIFT;
  words[at + Word.TSVAL] = 0;
  words[at + Word.TSECR] = 0;
  batch.count++;
  return Protocol.DONE;
}

/** Addresses, TTL and identification come straight from the IP header that `networkOffset` remembers. @hot */
function writeNetwork(packet: Packet, words: Int32Array, at: number): void {
  const { view, networkOffset, destinationOffset } = packet;
  words[at + Word.SCOPE] = packet.scope;
  if (packet.ipVersion === 4) {
    words[at + Word.SOURCE] = view.getInt32(networkOffset + IPV4_SOURCE_OFFSET);
    words[at + Word.DESTINATION] = view.getInt32(destinationOffset);
    words[at + Word.FLAGS] |= view.getUint8(networkOffset + IPV4_TTL_OFFSET) << TTL_SHIFT;
    words[at + Word.WINDOW] |= view.getUint16(networkOffset + IPV4_ID_OFFSET) << 16;
    if (words[at + Word.IP_VERSION] === 6) {
      for (let k = 1; k < 4; k++) {
        words[at + Word.SOURCE + k] = 0;
        words[at + Word.DESTINATION + k] = 0;
      }
    }
    words[at + Word.IP_VERSION] = 4;
    return;
  }
  words[at + Word.IP_VERSION] = 6;
  for (let k = 0; k < 4; k++) {
    words[at + Word.SOURCE + k] = view.getInt32(networkOffset + IPV6_SOURCE_OFFSET + 4 * k);
    words[at + Word.DESTINATION + k] = view.getInt32(destinationOffset + 4 * k);
  }
  words[at + Word.FLAGS] |= view.getUint8(networkOffset + IPV6_HOP_LIMIT_OFFSET) << TTL_SHIFT;
}
