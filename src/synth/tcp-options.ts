/**
 * TCP options in three forms: text as packetdrill writes it, a list, and bytes.
 *
 *     <mss 1460,sackOK,TS val 100 ecr 0,nop,wscale 7>
 *
 * Also `sack 1:100 201:301`, `FO cafe` (Fast Open cookie, RFC 7413), `eol`, and `kind 253 beef` for anything else
 * (kind number, bytes after the length octet in hex). The list is filled up to a multiple of four with zero octets.
 */
export type TcpOptionSpec =
  | { kind: 'nop' }
  | { kind: 'eol' }
  | { kind: 'sackOK' }
  | { kind: 'mss'; bytes: number }
  | { kind: 'wscale'; shift: number }
  | { kind: 'sack'; ranges: SackRange[] }
  | { kind: 'TS'; val: number; ecr: number }
  | { kind: 'FO'; cookie: string }
  | { kind: 'raw'; number: number; data: string };

/** First octet and the one after the last, as 32-bit sequence numbers. */
export interface SackRange {
  start: number;
  end: number;
}

const HEX = /^([0-9a-f]{2})*$/i;

function wholeNumber(text: string | undefined, max: number): number | null {
  return text !== undefined && /^\d+$/.test(text) && Number(text) <= max ? Number(text) : null;
}

/** Reads `201:301,401:501` (relative numbers; `base` is added); null when malformed. */
export function parseSackRanges(words: string[], base: number): SackRange[] | null {
  const ranges: SackRange[] = [];
  for (const word of words) {
    const match = /^(-?\d+):(-?\d+)$/.exec(word);
    if (!match) return null;
    ranges.push({ start: (base + Number(match[1])) >>> 0, end: (base + Number(match[2])) >>> 0 });
  }
  return ranges.length >= 1 && ranges.length <= 4 ? ranges : null;
}

function parseOption(text: string, sackBase: number): TcpOptionSpec | null {
  const words = text.trim().split(/\s+/);
  switch (words[0]) {
    case 'nop':
    case 'eol':
    case 'sackOK':
      return words.length === 1 ? { kind: words[0] } : null;
    case 'mss': {
      const bytes = wholeNumber(words[1], 0xffff);
      return bytes === null ? null : { kind: 'mss', bytes };
    }
    case 'wscale': {
      const shift = wholeNumber(words[1], 0xff);
      return shift === null ? null : { kind: 'wscale', shift };
    }
    case 'TS': {
      const val = wholeNumber(words[2], 0xffffffff);
      const ecr = wholeNumber(words[4], 0xffffffff);
      return words[1] !== 'val' || words[3] !== 'ecr' || val === null || ecr === null ? null : { kind: 'TS', val, ecr };
    }
    case 'sack': {
      const ranges = parseSackRanges(words.slice(1), sackBase);
      return ranges === null ? null : { kind: 'sack', ranges };
    }
    case 'FO': {
      const cookie = words[1] ?? '';
      return words.length <= 2 && HEX.test(cookie) ? { kind: 'FO', cookie } : null;
    }
    case 'kind': {
      const number = wholeNumber(words[1], 0xff);
      const data = words[2] ?? '';
      return number === null || !HEX.test(data) ? null : { kind: 'raw', number, data };
    }
    default:
      return null;
  }
}

/** Reads `<...>`; SACK edges are relative to `sackBase`. An option that it does not understand is returned as text. */
export function parseTcpOptions(text: string, sackBase: number): TcpOptionSpec[] | { bad: string } {
  const inner = text.slice(1, -1).trim();
  if (inner === '') return [];
  const options: TcpOptionSpec[] = [];
  for (const part of inner.split(',')) {
    const option = parseOption(part, sackBase);
    if (option === null) return { bad: part.trim() };
    options.push(option);
  }
  return options;
}

/** The text that `parseTcpOptions` reads. */
export function formatTcpOptions(options: readonly TcpOptionSpec[], sackBase: number): string {
  const parts = options.map((option) => {
    switch (option.kind) {
      case 'mss':
        return `mss ${option.bytes}`;
      case 'wscale':
        return `wscale ${option.shift}`;
      case 'TS':
        return `TS val ${option.val} ecr ${option.ecr}`;
      case 'sack':
        return `sack ${option.ranges.map((r) => `${(r.start - sackBase) >>> 0}:${(r.end - sackBase) >>> 0}`).join(' ')}`;
      case 'FO':
        return `FO ${option.cookie}`.trimEnd();
      case 'raw':
        return `kind ${option.number} ${option.data}`.trimEnd();
      default:
        return option.kind;
    }
  });
  return `<${parts.join(',')}>`;
}

const hexBytes = (hex: string): number[] => (hex.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
const word16 = (value: number): number[] => [(value >>> 8) & 0xff, value & 0xff];
const word32 = (value: number): number[] => [...word16(value >>> 16), ...word16(value & 0xffff)];

function encodeOption(option: TcpOptionSpec): number[] {
  switch (option.kind) {
    case 'nop':
      return [1];
    case 'eol':
      return [0];
    case 'mss':
      return [2, 4, ...word16(option.bytes)];
    case 'wscale':
      return [3, 3, option.shift];
    case 'sackOK':
      return [4, 2];
    case 'sack':
      return [5, 2 + 8 * option.ranges.length, ...option.ranges.flatMap((r) => [...word32(r.start), ...word32(r.end)])];
    case 'TS':
      return [8, 10, ...word32(option.val), ...word32(option.ecr)];
    case 'FO':
      return [34, 2 + option.cookie.length / 2, ...hexBytes(option.cookie)];
    case 'raw':
      return [option.number, 2 + option.data.length / 2, ...hexBytes(option.data)];
  }
}

/** The option bytes, filled up with zeros to a multiple of four. */
export function encodeTcpOptions(options: readonly TcpOptionSpec[]): Uint8Array {
  const bytes = options.flatMap(encodeOption);
  while (bytes.length % 4 !== 0) bytes.push(0);
  return Uint8Array.from(bytes);
}

function decodeOption(kind: number, body: Uint8Array): TcpOptionSpec {
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  if (kind === 2 && body.length === 2) return { kind: 'mss', bytes: view.getUint16(0) };
  if (kind === 3 && body.length === 1) return { kind: 'wscale', shift: body[0] };
  if (kind === 4 && body.length === 0) return { kind: 'sackOK' };
  if (kind === 8 && body.length === 8) return { kind: 'TS', val: view.getUint32(0), ecr: view.getUint32(4) };
  if (kind === 5 && body.length > 0 && body.length % 8 === 0) {
    const ranges: SackRange[] = [];
    for (let at = 0; at < body.length; at += 8) ranges.push({ start: view.getUint32(at), end: view.getUint32(at + 4) });
    return { kind: 'sack', ranges };
  }
  const data = Array.from(body, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return kind === 34 ? { kind: 'FO', cookie: data } : { kind: 'raw', number: kind, data };
}

/** The list in these option bytes, without the zeros that fill it up; null when it is malformed. */
export function decodeTcpOptions(bytes: Uint8Array): TcpOptionSpec[] | null {
  const options: TcpOptionSpec[] = [];
  let at = 0;
  while (at < bytes.length) {
    const kind = bytes[at];
    if (kind === 0) return bytes.subarray(at).every((byte) => byte === 0) ? options : null;
    if (kind === 1) {
      options.push({ kind: 'nop' });
      at++;
      continue;
    }
    const length = bytes[at + 1] ?? 0;
    if (length < 2 || at + length > bytes.length) return null;
    options.push(decodeOption(kind, bytes.subarray(at + 2, at + length)));
    at += length;
  }
  return options;
}
