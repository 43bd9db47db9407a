/**
 * Ordinary packets of a pcap or pcapng file on Ethernet, with a VLAN tag or none, straight from the octets of the file to
 * rows: IPv4 without options or IPv6 without extension headers, whole TCP headers. At any other packet the core stops, and src/wire decodes it.
 */
import {
  CLOCK,
  EPOCH_SECONDS,
  FIRST_TIME,
  FRAME,
  INTERFACE_ID,
  IS_SWAPPED,
  LAST_TIME,
  MAX_ROWS,
  OFFSET_SECONDS,
  ROW_BYTES,
  ROW_COUNT,
  TICKS_PER_SECOND,
} from '../src/core/layout';
import {
  FLAG_BITS,
  OPTION_FAST_OPEN,
  OPTION_MSS,
  OPTION_SACK,
  OPTION_SACK_PERMITTED,
  OPTION_TIMESTAMPS,
  OPTION_WINDOW_SCALE,
  ROW_ACK,
  ROW_CHECKSUM,
  ROW_DESTINATION,
  ROW_FLAGS,
  ROW_FRAME,
  ROW_HASH,
  ROW_OPTIONS,
  ROW_PAYLOAD,
  ROW_PORTS,
  ROW_SACK,
  ROW_SCOPE,
  ROW_SEQ,
  ROW_SOURCE,
  ROW_TSECR,
  ROW_TSVAL,
  ROW_VERSION,
  ROW_WINDOW,
  SACK_SHIFT,
  TTL_SHIFT,
} from '../src/core/row';
import { hashOf, hashOf4 } from './table';

const PCAP_HEADER_BYTES: u32 = 16;
const ENHANCED_PACKET: u32 = 6;
/** Octets of an enhanced packet block before the packet, and of one around nothing. */
const BLOCK_HEADER_BYTES: u32 = 28;
const EMPTY_BLOCK_BYTES: u32 = 32;
/** Time stamps below are exact in a float64. */
const EXACT_HIGH_WORD: u32 = 0x200000;
const TWO_32: f64 = 4294967296;
const ETHERNET_BYTES: u32 = 14;
const VLAN_BYTES: u32 = 4;
const VLAN_ID_BITS: u32 = 0x0fff;
const IPV4_BYTES: u32 = 20;
const IPV6_BYTES: u32 = 40;
const TCP_BYTES: u32 = 20;
/** A longer packet is no packet, and no file has more octets of one. */
const MAX_WIRE_BYTES: u32 = 1 << 24;
const MAX_CAPTURED_BYTES: u32 = 262144;
const NANOS_PER_SECOND: f64 = 1e9;
/** As they stand in memory, little-endian. */
const TYPE_IPV4: u32 = 0x0008;
const TYPE_IPV6: u32 = 0xdd86;
const TYPE_VLAN: u32 = 0x0081;
const FRAGMENT_BITS: u32 = 0xff3f;
/** NOP NOP TIMESTAMPS 10. */
const ALIGNED_TIMESTAMPS: u32 = 0x0a080101;
/** With time stamps and no other option. */
const STAMPED_TCP_BYTES: u32 = 32;
/** Kinds and lengths of what a SYN of Linux has, as they stand in memory: the last with a NOP before it, and nothing below. */
const SIZED_MSS: u32 = 0x0402;
const SIZED_SACK_AND_STAMPS: u32 = 0x0a080204;
const SIZED_SCALE: u32 = 0x03030100;
const SYN_OPTIONS_BYTES: u32 = 20;
const SYN_OPTIONS: u32 = OPTION_MSS | OPTION_SACK_PERMITTED | OPTION_TIMESTAMPS | OPTION_WINDOW_SCALE;
/** A usual packet in memory: type in Ethernet, version and length of the header; bits of fragments, and the protocol. */
const USUAL_BYTES: u32 = 66;
const USUAL_TYPE: u32 = 0x450008;
const USUAL_BITS: u32 = 0xff00ff3f;
const USUAL_PROTOCOL: u32 = 0x06000000;
const FAST_OPEN_MAGIC: u32 = 0x89f9;
const MAX_SACK_BYTES: u32 = 32;

/**
 * Appends the rows of the packets of a pcap file that lie whole in `[from, end)` to the batch; returns where the first one
 * begins that it did not take: because of what it is, or because the batch is full, or because it is not all there. `run` is
 * where the numbers of the run are, `rows` where the batch is.
 */
export function decodePcap(from: u32, end: u32, run: u32, rows: u32): u32 {
  return decodeRun(from, end, run, rows, false);
}

/** As `decodePcap`, of the enhanced packet blocks of a pcapng file that have no options. */
export function decodePcapng(from: u32, end: u32, run: u32, rows: u32): u32 {
  return decodeRun(from, end, run, rows, true);
}

/** One loop for both, so that all of a packet is decoded in it. */
function decodeRun(from: u32, end: u32, run: u32, rows: u32, isPcapng: bool): u32 {
  const isSwapped = load<u32>(run, IS_SWAPPED) !== 0;
  const ticksPerSecond = load<f64>(run, TICKS_PER_SECOND);
  const nanosPerTick = NANOS_PER_SECOND / ticksPerSecond;
  const epochSeconds = load<f64>(run, EPOCH_SECONDS);
  const offsetSeconds = load<f64>(run, OFFSET_SECONDS);
  const interfaceId = load<u32>(run, INTERFACE_ID);
  const earliest = load<f64>(run, FIRST_TIME);
  const headerBytes = isPcapng ? EMPTY_BLOCK_BYTES : PCAP_HEADER_BYTES;
  const endRows = rows + MAX_ROWS * ROW_BYTES;
  let row = rows + load<u32>(run, ROW_COUNT) * ROW_BYTES;
  let frame = load<u32>(run, FRAME);
  let clock = load<f64>(run, CLOCK);
  let latest = load<f64>(run, LAST_TIME);
  let at = from;
  while (row < endRows && end - at >= headerBytes) {
    let captured: u32 = 0;
    let wire: u32 = 0;
    let start: u32 = 0;
    let next: u32 = 0;
    let time: f64 = 0;
    if (isPcapng) {
      const total = field(at, 4, isSwapped);
      const high = field(at, 12, isSwapped);
      captured = field(at, 20, isSwapped);
      wire = field(at, 24, isSwapped);
      start = at + BLOCK_HEADER_BYTES;
      next = at + total;
      if (field(at, 0, isSwapped) !== ENHANCED_PACKET || field(at, 8, isSwapped) !== interfaceId) break;
      if (total > end - at || high >= EXACT_HIGH_WORD || captured > MAX_CAPTURED_BYTES) break;
      if (total !== EMPTY_BLOCK_BYTES + ((captured + 3) & ~3) || field(next, -4, isSwapped) !== total) break;
      const ticks = <f64>high * TWO_32 + <f64>field(at, 16, isSwapped);
      const seconds = floor<f64>(ticks / ticksPerSecond);
      const nanos = floor<f64>(((ticks - seconds * ticksPerSecond) * NANOS_PER_SECOND) / ticksPerSecond);
      time = (seconds + offsetSeconds - epochSeconds) * NANOS_PER_SECOND + nanos;
    } else {
      captured = field(at, 8, isSwapped);
      wire = field(at, 12, isSwapped);
      start = at + PCAP_HEADER_BYTES;
      next = start + captured;
      if (captured > end - start || captured > MAX_CAPTURED_BYTES) break;
      const seconds = <f64>field(at, 0, isSwapped) - epochSeconds;
      time = seconds * NANOS_PER_SECOND + <f64>field(at, 4, isSwapped) * nanosPerTick;
    }
    if (wire > MAX_WIRE_BYTES || wire < captured) break;
    // The packets of a file are rarely out of order: who looks into that need not see the others.
    if (!(time >= clock) || time < earliest) break;
    if (end - start < USUAL_BYTES || !decodeUsual(row, start, captured, wire)) {
      if (!decodeEthernet(row, start, captured, wire)) break;
      store<u32>(row, hashOf(row), ROW_HASH);
    }
    clock = time;
    if (time > latest) latest = time;
    store<f64>(row, time);
    store<u32>(row, ++frame, ROW_FRAME);
    row += ROW_BYTES;
    at = next;
  }
  store<u32>(run, (row - rows) / ROW_BYTES, ROW_COUNT);
  store<u32>(run, frame, FRAME);
  store<f64>(run, clock, CLOCK);
  store<f64>(run, latest, LAST_TIME);
  return at;
}

/** A word of the header of a packet. */
function field(at: u32, offset: i32, isSwapped: bool): u32 {
  const word = load<u32>(at + offset);
  return isSwapped ? bswap<u32>(word) : word;
}

/**
 * The packets that there are most of, in half as many steps: IPv4 in Ethernet without a tag, and no options of TCP but time stamps as
 * nearly everybody lines them up. False, with nothing written, for any other. Reads within `USUAL_BYTES`, which may be more than the
 * packet has: the type at 12, IPv4 from 14 on, TCP from 34 on, its options from 54 on.
 */
function decodeUsual(row: u32, start: u32, captured: u32, wire: u32): bool {
  const fragmentAndProtocol = load<u32>(start, 20);
  const sequence = bigEndian(v128.load(start, 38));
  const flagsToChecksum = v128.extract_lane<u64>(sequence, 1);
  const header = (<u32>flagsToChecksum >> 26) & 0x3c;
  const hasTimestamps = u32(header === STAMPED_TCP_BYTES) & u32(load<u32>(start, 54) === ALIGNED_TIMESTAMPS);
  const isUsual =
    u32((load<u32>(start, 12) & 0xffffff) === USUAL_TYPE) &
    u32((fragmentAndProtocol & USUAL_BITS) === USUAL_PROTOCOL) &
    (hasTimestamps | u32(header === TCP_BYTES));
  const network = min<u32>(wire - ETHERNET_BYTES, word16(start, 16));
  const least = IPV4_BYTES + header;
  if (isUsual === 0 || network < least || captured < ETHERNET_BYTES + least) return false;
  const stamps = bigEndian(v128.load64_zero(start, 58));
  v128.store64_lane(row, sequence, 0, ROW_SEQ);
  store<u32>(row, network - least, ROW_PAYLOAD);
  store<u32>(
    row,
    ((<u32>flagsToChecksum >> 16) & FLAG_BITS) | (((fragmentAndProtocol >> 16) & 0xff) << TTL_SHIFT),
    ROW_FLAGS,
  );
  store<u32>(row, (<u32>flagsToChecksum & 0xffff) | (word16(start, 18) << 16), ROW_WINDOW);
  store<u32>(row, <u32>(flagsToChecksum >> 48), ROW_CHECKSUM);
  store<u32>(row, hasTimestamps * OPTION_TIMESTAMPS, ROW_OPTIONS);
  v128.store64_lane(row, v128.and(stamps, i32x4.splat(-hasTimestamps)), 0, ROW_TSVAL);
  const tuple = bigEndian(v128.load(start, 26));
  const source = v128.extract_lane<u32>(tuple, 0);
  const destination = v128.extract_lane<u32>(tuple, 1);
  const ports = v128.extract_lane<u32>(tuple, 2);
  store<u32>(row, ports, ROW_PORTS);
  store<u32>(row, source, ROW_SOURCE);
  store<u32>(row, destination, ROW_DESTINATION);
  store<u32>(row, 0, ROW_SCOPE);
  store<u32>(row, hashOf4(source, destination, ports), ROW_HASH);
  setVersion4(row);
  return true;
}

/** Four big-endian words. */
function bigEndian(words: v128): v128 {
  return v128.shuffle<u8>(words, words, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
}

function decodeEthernet(row: u32, start: u32, captured: u32, wire: u32): bool {
  if (captured < ETHERNET_BYTES + IPV4_BYTES + TCP_BYTES) return false;
  let type = <u32>load<u16>(start, 12);
  let network = start + ETHERNET_BYTES;
  let scope: u32 = 0;
  if (type === TYPE_VLAN) {
    if (captured < ETHERNET_BYTES + VLAN_BYTES + IPV4_BYTES + TCP_BYTES) return false;
    scope = word16(network, 0) & VLAN_ID_BITS;
    type = <u32>load<u16>(network, 2);
    network += VLAN_BYTES;
  }
  store<u32>(row, scope, ROW_SCOPE);
  if (type === TYPE_IPV4) return decodeIpv4(row, network, start + captured, start + wire);
  return type === TYPE_IPV6 && decodeIpv6(row, network, start + captured, start + wire);
}

function decodeIpv4(row: u32, at: u32, capturedEnd: u32, wireEnd: u32): bool {
  const total = word16(at, 2);
  if (load<u8>(at) !== 0x45 || load<u8>(at, 9) !== 6 || (load<u16>(at, 6) & FRAGMENT_BITS) !== 0) return false;
  if (total < IPV4_BYTES + TCP_BYTES) return false;
  const end = min(wireEnd, at + total);
  if (!decodeTcp(row, at + IPV4_BYTES, min(capturedEnd, end), end)) return false;
  store<u32>(row, load<u32>(row, ROW_FLAGS) | ((<u32>load<u8>(at, 8)) << TTL_SHIFT), ROW_FLAGS);
  store<u32>(row, load<u32>(row, ROW_WINDOW) | (word16(at, 4) << 16), ROW_WINDOW);
  store<u32>(row, word32(at, 12), ROW_SOURCE);
  store<u32>(row, word32(at, 16), ROW_DESTINATION);
  setVersion4(row);
  return true;
}

/** The row had perhaps addresses of IPv6 before. */
function setVersion4(row: u32): void {
  if (load<u32>(row, ROW_VERSION) === 6) {
    // `memory.fill` is a call out of the core.
    for (let i: u32 = 4; i < 16; i += 4) {
      store<u32>(row + i, 0, ROW_SOURCE);
      store<u32>(row + i, 0, ROW_DESTINATION);
    }
  }
  store<u32>(row, 4, ROW_VERSION);
}

function decodeIpv6(row: u32, at: u32, capturedEnd: u32, wireEnd: u32): bool {
  const payload = word16(at, 4);
  if (capturedEnd - at < IPV6_BYTES + TCP_BYTES || load<u8>(at) >> 4 !== 6 || load<u8>(at, 6) !== 6) return false;
  if (payload < TCP_BYTES) return false;
  const end = min(wireEnd, at + IPV6_BYTES + payload);
  if (!decodeTcp(row, at + IPV6_BYTES, min(capturedEnd, end), end)) return false;
  store<u32>(row, load<u32>(row, ROW_FLAGS) | ((<u32>load<u8>(at, 7)) << TTL_SHIFT), ROW_FLAGS);
  v128.store(row, bigEndian(v128.load(at, 8)), ROW_SOURCE);
  v128.store(row, bigEndian(v128.load(at, 24)), ROW_DESTINATION);
  store<u32>(row, 6, ROW_VERSION);
  return true;
}

/** A TCP header that was captured whole, whose list of options is in order. */
function decodeTcp(row: u32, at: u32, capturedEnd: u32, wireEnd: u32): bool {
  if (capturedEnd - at < TCP_BYTES) return false;
  const flagsAndWindow = word32(at, 12);
  const header = (flagsAndWindow >> 26) & 0x3c;
  if (header < TCP_BYTES || capturedEnd - at < header) return false;
  store<u32>(row, (flagsAndWindow >> 16) & FLAG_BITS, ROW_FLAGS);
  store<u32>(row, word16(at, 16), ROW_CHECKSUM);
  store<u64>(row, 0, ROW_TSVAL);
  store<u32>(row, 0, ROW_OPTIONS);
  if (header > TCP_BYTES && !decodeOptions(row, at + TCP_BYTES, at + header)) return false;
  store<u32>(row, flagsAndWindow & 0xffff, ROW_WINDOW);
  store<u32>(row, word32(at, 0), ROW_PORTS);
  store<u32>(row, word32(at, 4), ROW_SEQ);
  store<u32>(row, word32(at, 8), ROW_ACK);
  store<u32>(row, wireEnd - at - header, ROW_PAYLOAD);
  return true;
}

/** False if the list is malformed. */
function decodeOptions(row: u32, from: u32, end: u32): bool {
  if (end - from === 12 && load<u32>(from) === ALIGNED_TIMESTAMPS) {
    store<u32>(row, OPTION_TIMESTAMPS, ROW_OPTIONS);
    store<u32>(row, word32(from, 4), ROW_TSVAL);
    store<u32>(row, word32(from, 8), ROW_TSECR);
    return true;
  }
  if (end - from === SYN_OPTIONS_BYTES && isSynOfLinux(from)) {
    store<u32>(row, load<u32>(row, ROW_CHECKSUM) | (word16(from, 2) << 16), ROW_CHECKSUM);
    store<u32>(row, word32(from, 8), ROW_TSVAL);
    store<u32>(row, word32(from, 12), ROW_TSECR);
    store<u32>(row, SYN_OPTIONS | ((<u32>load<u8>(from, 19)) << 8), ROW_OPTIONS);
    return true;
  }
  let found: u32 = 0;
  let sackBytes: u32 = 0;
  for (let at = from; at < end; ) {
    const kind = <u32>load<u8>(at);
    if (kind === 1) {
      at++;
      continue;
    }
    if (kind === 0) break;
    if (at + 1 >= end) return false;
    const length = <u32>load<u8>(at, 1);
    if (length < 2 || length > end - at) return false;
    if (kind === 2) {
      if (length !== 4) return false;
      store<u32>(row, (load<u32>(row, ROW_CHECKSUM) & 0xffff) | (word16(at, 2) << 16), ROW_CHECKSUM);
      found |= OPTION_MSS;
    } else if (kind === 3) {
      if (length !== 3) return false;
      found = (found & 0xff) | OPTION_WINDOW_SCALE | ((<u32>load<u8>(at, 2)) << 8);
    } else if (kind === 4) {
      if (length !== 2) return false;
      found |= OPTION_SACK_PERMITTED;
    } else if (kind === 5) {
      if (length === 2 || (length - 2) % 8 !== 0) return false;
      for (let edge: u32 = 2; edge < length && sackBytes < MAX_SACK_BYTES; edge += 4) {
        store<u32>(row + sackBytes, word32(at + edge, 0), ROW_SACK);
        sackBytes += 4;
      }
      found |= OPTION_SACK;
    } else if (kind === 8) {
      if (length !== 10) return false;
      store<u32>(row, word32(at, 2), ROW_TSVAL);
      store<u32>(row, word32(at, 6), ROW_TSECR);
      found |= OPTION_TIMESTAMPS;
    } else if (kind === 34) found |= OPTION_FAST_OPEN;
    else if ((kind === 253 || kind === 254) && length >= 4 && load<u16>(at, 2) === FAST_OPEN_MAGIC) {
      found |= OPTION_FAST_OPEN;
    }
    at += length;
  }
  store<u32>(row, found, ROW_OPTIONS);
  store<u32>(row, load<u32>(row, ROW_FLAGS) | ((sackBytes >> 3) << SACK_SHIFT), ROW_FLAGS);
  return true;
}

/** Whether the options are those of a SYN as Linux lines them up: MSS, SACK permitted, time stamps, NOP, window scale. */
function isSynOfLinux(at: u32): bool {
  return (
    <u32>load<u16>(at) === SIZED_MSS &&
    load<u32>(at, 4) === SIZED_SACK_AND_STAMPS &&
    load<u32>(at, 16) << 8 === SIZED_SCALE
  );
}

/** A big-endian word. */
function word32(at: u32, offset: u32): u32 {
  return bswap<u32>(load<u32>(at + offset));
}

function word16(at: u32, offset: u32): u32 {
  return <u32>bswap<u16>(load<u16>(at + offset));
}
