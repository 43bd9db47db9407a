/**
 * What a file is, by its first bytes; names and extensions are never believed.
 */
import { CaptureError } from '../base/error.ts';
import type { CaptureParser, PacketSink, SourceContext } from './packet.ts';
import { isPcapMagic, PcapParser } from './pcap.ts';
import { PcapngParser, SECTION_HEADER } from './pcapng.ts';

export type Compression = 'gzip' | 'zstd' | 'lz4';

export type Detected =
  | { readonly kind: 'pcap' | 'pcapng' | 'empty' | 'text' | 'unknown' }
  | { readonly kind: 'compressed'; readonly compression: Compression }
  | { readonly kind: 'unsupported'; readonly name: string; readonly hint: string };

/** Bytes of a file's beginning that `detectFormat` can use. */
export const HEAD_BYTES = 32;

const CONVERT = "Convert it with Wireshark's editcap: editcap -F pcapng IN OUT";
const UNPACK = 'Unpack it first.';

/** Formats that are named but not read: the first bytes in hexadecimal, `..` for any byte. */
const UNSUPPORTED: readonly (readonly [magic: string, name: string, hint: string])[] = [
  ['736e6f6f70000000', 'a snoop capture', CONVERT],
  ['6274736e6f6f7000', 'a Bluetooth btsnoop capture', CONVERT],
  ['52545353', 'a Microsoft Network Monitor 1 capture', CONVERT],
  ['474d4255', 'a Microsoft Network Monitor 2 capture', CONVERT],
  ['5452534e494646206461746120202020', 'a Sniffer capture', CONVERT],
  ['58435000', 'a NetXRay or Sniffer capture', CONVERT],
  ['564c0000', 'a NetXRay capture', CONVERT],
  ['7f766572', 'an OmniPeek or EtherPeek capture', CONVERT],
  ['697074726163652031', 'an AIX iptrace capture', CONVERT],
  ['697074726163652032', 'an AIX iptrace capture', CONVERT],
  ['05564e46', 'a Visual Networks capture', CONVERT],
  ['aaaaaaaa', 'a 5Views capture', CONVERT],
  ['5452006400', 'an HP-UX nettl capture', CONVERT],
  ['1c0001ac', 'an IXIA capture', CONVERT],
  ['1c0001ab', 'an IXIA capture', CONVERT],
  ['ac01001c', 'an IXIA capture', CONVERT],
  ['ab01001c', 'an IXIA capture', CONVERT],
  ['a12b3c4d', 'a Navtel capture', CONVERT],
  ['4d3c2ba1', 'a Navtel capture', CONVERT],
  ['4f62736572766572506b7442756666', 'a Network Instruments Observer capture', CONVERT],
  ['4c4f4747', 'a Vector BLF log', CONVERT],
  ['45796553444e', 'an EyeSDN trace', CONVERT],
  ['0000020012050010', 'a Tektronix K12 capture', CONVERT],
  ['63707365', 'a Colasoft Capsa capture', CONVERT],
  ['425a68', 'a bzip2 archive', 'Unpack it first: bunzip2 FILE'],
  ['fd377a585a00', 'an xz archive', 'Unpack it first: unxz FILE'],
  ['504b0304', 'a zip archive', 'Unpack it first: unzip FILE'],
  ['377abcaf271c', 'a 7-Zip archive', UNPACK],
  ['526172211a07', 'a RAR archive', UNPACK],
  ['7f454c46', 'a program', 'Give a capture file.'],
];

const GZIP_MAGIC = 0x1f8b;
const ZSTD_MAGIC = 0x28b52ffd;
const LZ4_MAGIC = 0x04224d18;
/** Frames of zstd and lz4 that carry no content begin 0x5?2a4d18. */
const SKIPPABLE_MAGIC = 0x502a4d18;

/** Detects a format from the first `HEAD_BYTES` bytes, or from fewer when the file has no more. */
export function detectFormat(head: Uint8Array): Detected {
  if (head.length === 0) return { kind: 'empty' };
  if (head.length >= 2 && ((head[0] << 8) | head[1]) === GZIP_MAGIC) return compressed('gzip');
  if (head.length >= 4) {
    const word = new DataView(head.buffer, head.byteOffset, head.byteLength).getUint32(0, false);
    if (isPcapMagic(word)) return { kind: 'pcap' };
    if (word === SECTION_HEADER) return { kind: 'pcapng' };
    if (word === ZSTD_MAGIC || (word & 0xf0ffffff) >>> 0 === SKIPPABLE_MAGIC) return compressed('zstd');
    if (word === LZ4_MAGIC) return compressed('lz4');
  }
  const found = UNSUPPORTED.find(([magic]) => beginsWith(head, magic));
  if (found) return { kind: 'unsupported', name: found[1], hint: found[2] };
  return { kind: isText(head) ? 'text' : 'unknown' };
}

/**
 * The parser for what the first bytes are.
 *
 * @throws CaptureError when they are no capture that can be read.
 */
export function createParser(head: Uint8Array, context: SourceContext, sink: PacketSink, path?: string): CaptureParser {
  const detected = detectFormat(head);
  if (detected.kind === 'pcap') return new PcapParser(context, sink, path);
  if (detected.kind === 'pcapng') return new PcapngParser(context, sink, path);
  throw describeNoCapture(detected, head, path);
}

function describeNoCapture(detected: Detected, head: Uint8Array, path: string | undefined): CaptureError {
  const place = { byteOffset: 0, packetNumber: 0, ...(path === undefined ? {} : { path }) };
  switch (detected.kind) {
    case 'empty': {
      const hint = 'The capture may not have begun yet; a pcap file without packets has at least 24 bytes.';
      return new CaptureError('empty-file', 'the file is empty', { ...place, hint });
    }
    case 'compressed':
      return new CaptureError('unsupported-format', 'the file is compressed twice', { ...place, hint: UNPACK });
    case 'unsupported':
      return new CaptureError('unsupported-format', `the file is ${detected.name}`, { ...place, hint: detected.hint });
    case 'text': {
      const hint = 'Give the capture itself, as written by tcpdump -w or Wireshark, not its printed form.';
      return new CaptureError('not-a-capture', 'the file is text, not a capture', { ...place, hint });
    }
    default: {
      const begin = Array.from(head.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
      const hint = `If Wireshark can open it: ${CONVERT.slice(CONVERT.indexOf('editcap -F'))}`;
      return new CaptureError('not-a-capture', `the file is no known capture; it begins ${begin}`, { ...place, hint });
    }
  }
}

function compressed(compression: Compression): Detected {
  return { kind: 'compressed', compression };
}

function beginsWith(head: Uint8Array, magic: string): boolean {
  if (head.length * 2 < magic.length) return false;
  for (let i = 0; i < magic.length; i += 2) {
    if (head[i / 2] !== Number.parseInt(magic.slice(i, i + 2), 16)) return false;
  }
  return true;
}

/** Text of any encoding that begins with something readable, or UTF-16 by its byte order mark. */
function isText(head: Uint8Array): boolean {
  const mark = (head[0] << 8) | head[1];
  if (head.length >= 4 && (mark === 0xfffe || mark === 0xfeff)) return true;
  return head.every(isTextByte) && head.some((byte) => byte >= 0x20 && byte < 0x7f);
}

/** Printable, white space, or part of a UTF-8 sequence. */
function isTextByte(byte: number): boolean {
  return (byte >= 0x20 && byte !== 0x7f && byte < 0xf8 && byte !== 0xc0 && byte !== 0xc1) || (byte >= 9 && byte <= 13);
}
