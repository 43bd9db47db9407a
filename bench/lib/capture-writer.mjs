// @ts-check
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';

/*
 * Classic pcap, microseconds, Ethernet:
 *
 *   file header 24 | record header 16 | Ethernet 14 | IPv4 20 or IPv6 40 | TCP 20 | options 0..32 | payload | ...
 *
 * Checksums of IPv4 and TCP are right; the payload is always the start of one fixed pattern, so that its checksum is a
 * table look-up. Left out on purpose: VLAN tags, fragments, IP options, other link types.
 */

export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const PSH = 0x08;
export const ACK = 0x10;

/** Which TCP options a segment carries. */
export const Options = { NONE: 0, SYN: 1, TIMESTAMPS: 2, TIMESTAMPS_SACK: 3 };

const BLOCK_BYTES = 8 << 20;
const MAX_PAYLOAD_BYTES = 1460;
const LARGEST_RECORD_BYTES = 16 + 14 + 40 + 60 + MAX_PAYLOAD_BYTES;

const PATTERN = new Uint8Array(MAX_PAYLOAD_BYTES);
/** PATTERN_SUM[n] = sum of the 16-bit words of the first n pattern octets (odd n: padded with 0). */
const PATTERN_SUM = new Float64Array(MAX_PAYLOAD_BYTES + 1);
for (let i = 0; i < MAX_PAYLOAD_BYTES; i++) {
  PATTERN[i] = 0x20 + ((i * 7) % 95);
  PATTERN_SUM[i + 1] = PATTERN_SUM[i] + (i % 2 === 0 ? PATTERN[i] << 8 : PATTERN[i]);
}

/**
 * One segment to be written.
 *
 * @typedef {object} Segment
 * @property {number} timeMicros since the capture's start
 * @property {boolean} ipv6
 * @property {number} source IPv4 address, or the low 32 bits of the IPv6 one
 * @property {number} destination
 * @property {number} sourcePort
 * @property {number} destinationPort
 * @property {number} flags
 * @property {number} seq
 * @property {number} ack
 * @property {number} window
 * @property {number} payloadBytes
 * @property {number} ipId
 * @property {number} options one of `Options`
 * @property {number} tsVal
 * @property {number} tsEcr
 * @property {number} sackLeft
 * @property {number} sackRight
 */

/** @param {number} sum */
function fold(sum) {
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

/** Writes a capture to disk in blocks of 8 MB; refuses to pass `maxBytes`. */
export class CaptureWriter {
  /**
   * @param {string} path
   * @param {number} maxBytes
   * @param {number} epochSeconds time of the first packet
   */
  constructor(path, maxBytes, epochSeconds) {
    this.path = path;
    this.maxBytes = maxBytes;
    this.epochSeconds = epochSeconds;
    this.fd = openSync(path, 'w');
    this.bytes = new Uint8Array(BLOCK_BYTES);
    this.view = new DataView(this.bytes.buffer);
    this.used = 0;
    this.flushedBytes = 0;
    this.packetCount = 0;
    this.lastMicros = 0;
    this.leavesOutSyns = false;
    this.writeFileHeader();
  }

  writeFileHeader() {
    this.view.setUint32(0, 0xa1b2c3d4, true);
    this.view.setUint16(4, 2, true);
    this.view.setUint16(6, 4, true);
    this.view.setUint32(16, 262144, true);
    this.view.setUint32(20, 1, true);
    this.used = 24;
  }

  flush() {
    let done = 0;
    while (done < this.used) done += writeSync(this.fd, this.bytes, done, this.used - done);
    this.flushedBytes += this.used;
    this.used = 0;
    if (this.flushedBytes <= this.maxBytes) return;
    closeSync(this.fd);
    rmSync(this.path);
    throw new Error(`capture grew past ${this.maxBytes} bytes and was removed; allow more with --max-bytes`);
  }

  close() {
    this.flush();
    closeSync(this.fd);
  }

  get sizeBytes() {
    return this.flushedBytes + this.used;
  }

  /** @param {Segment} s */
  write(s) {
    if (this.leavesOutSyns && (s.flags & SYN) !== 0) return;
    if (this.used + LARGEST_RECORD_BYTES > BLOCK_BYTES) this.flush();
    const { view, bytes } = this;
    const start = this.used;
    const ip = start + 30;
    const tcp = ip + (s.ipv6 ? 40 : 20);
    const headerBytes = 20 + this.writeOptions(tcp + 20, s);
    const tcpBytes = headerBytes + s.payloadBytes;
    this.writeIp(ip, s, tcpBytes);
    view.setUint16(tcp, s.sourcePort);
    view.setUint16(tcp + 2, s.destinationPort);
    view.setUint32(tcp + 4, s.seq);
    view.setUint32(tcp + 8, s.flags & ACK ? s.ack : 0);
    view.setUint16(tcp + 12, (headerBytes << 10) | s.flags);
    view.setUint16(tcp + 14, s.window);
    view.setUint32(tcp + 16, 0);
    view.setUint16(tcp + 16, this.checksumTcp(ip, tcp, headerBytes, s));
    bytes.set(s.payloadBytes === MAX_PAYLOAD_BYTES ? PATTERN : PATTERN.subarray(0, s.payloadBytes), tcp + headerBytes);
    this.used = tcp + tcpBytes;
    this.writeRecordHeader(start, s, this.used - start - 16);
    this.packetCount++;
    this.lastMicros = s.timeMicros;
  }

  /**
   * @param {number} at
   * @param {Segment} s
   * @param {number} frameBytes
   */
  writeRecordHeader(at, s, frameBytes) {
    const { view } = this;
    const micros = Math.floor(s.timeMicros);
    const seconds = Math.floor(micros / 1e6);
    view.setUint32(at, this.epochSeconds + seconds, true);
    view.setUint32(at + 4, micros - seconds * 1e6, true);
    view.setUint32(at + 8, frameBytes, true);
    view.setUint32(at + 12, frameBytes, true);
    view.setUint32(at + 16, 0x02000000);
    view.setUint32(at + 20, 0x00010200);
    view.setUint32(at + 24, 0x00000002);
    view.setUint16(at + 28, s.ipv6 ? 0x86dd : 0x0800);
  }

  /**
   * @param {number} at
   * @param {Segment} s
   * @param {number} tcpBytes
   */
  writeIp(at, s, tcpBytes) {
    const { view } = this;
    if (s.ipv6) {
      view.setUint32(at, 0x60000000);
      view.setUint16(at + 4, tcpBytes);
      view.setUint16(at + 6, 0x0640);
      for (const [offset, address] of [
        [at + 8, s.source],
        [at + 24, s.destination],
      ]) {
        view.setUint32(offset, 0x20010db8);
        view.setUint32(offset + 4, 0);
        view.setUint32(offset + 8, 0);
        view.setUint32(offset + 12, address);
      }
      return;
    }
    view.setUint16(at, 0x4500);
    view.setUint16(at + 2, 20 + tcpBytes);
    view.setUint16(at + 4, s.ipId);
    view.setUint16(at + 6, 0x4000);
    view.setUint32(at + 8, 0x40060000);
    view.setUint32(at + 12, s.source);
    view.setUint32(at + 16, s.destination);
    let sum = 0;
    for (let i = at; i < at + 20; i += 2) sum += view.getUint16(i);
    view.setUint16(at + 10, fold(sum));
  }

  /**
   * @param {number} at
   * @param {Segment} s
   * @returns {number} octets written, a multiple of 4
   */
  writeOptions(at, s) {
    const { view } = this;
    if (s.options === Options.NONE) return 0;
    if (s.options === Options.SYN) {
      view.setUint32(at, 0x02040000 | (s.ipv6 ? 1440 : 1460));
      view.setUint32(at + 4, 0x0402080a);
      view.setUint32(at + 8, s.tsVal);
      view.setUint32(at + 12, s.tsEcr);
      view.setUint32(at + 16, 0x01030307);
      return 20;
    }
    view.setUint32(at, 0x0101080a);
    view.setUint32(at + 4, s.tsVal);
    view.setUint32(at + 8, s.tsEcr);
    if (s.options === Options.TIMESTAMPS) return 12;
    view.setUint32(at + 12, 0x0101050a);
    view.setUint32(at + 16, s.sackLeft);
    view.setUint32(at + 20, s.sackRight);
    return 24;
  }

  /**
   * @param {number} ip
   * @param {number} tcp
   * @param {number} headerBytes
   * @param {Segment} s
   */
  checksumTcp(ip, tcp, headerBytes, s) {
    const { view } = this;
    let sum = 6 + headerBytes + s.payloadBytes + PATTERN_SUM[s.payloadBytes];
    for (let i = ip + (s.ipv6 ? 8 : 12); i < tcp + headerBytes; i += 2) sum += view.getUint16(i);
    return fold(sum);
  }
}
