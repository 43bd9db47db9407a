/** IP addresses as text and bytes, for scenario files and frames; RFC 4291 §2.2 text, no zone identifiers. */

/** Bytes of an IPv4 (4) or IPv6 (16) address; null when the text is neither. */
export function parseAddress(text: string): Uint8Array | null {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

function parseIpv4(text: string): Uint8Array | null {
  const parts = text.split('.');
  if (parts.length !== 4 || parts.some((part) => !/^\d{1,3}$/.test(part) || Number(part) > 255)) return null;
  return Uint8Array.from(parts, Number);
}

function parseIpv6(text: string): Uint8Array | null {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  let words = text;
  if (dotted) {
    const v4 = parseIpv4(dotted[2]);
    if (!v4) return null;
    words = `${dotted[1]}${((v4[0] << 8) | v4[1]).toString(16)}:${((v4[2] << 8) | v4[3]).toString(16)}`;
  }
  const halves = words.split('::');
  if (halves.length > 2) return null;
  const head = halves[0] === '' ? [] : halves[0].split(':');
  const tail = halves.length < 2 || halves[1] === '' ? [] : halves[1].split(':');
  const gap = 8 - head.length - tail.length;
  if (halves.length === 2 ? gap < 1 : gap !== 0) return null;
  const all = [...head, ...Array<string>(gap).fill('0'), ...tail];
  if (all.some((word) => !/^[0-9a-f]{1,4}$/i.test(word))) return null;
  const bytes = new Uint8Array(16);
  all.forEach((word, index) => {
    const value = Number.parseInt(word, 16);
    bytes[2 * index] = value >> 8;
    bytes[2 * index + 1] = value & 0xff;
  });
  return bytes;
}

/** The shortest text of 16 address bytes, after RFC 5952. */
export function formatIpv6(bytes: Uint8Array): string {
  const words = Array.from({ length: 8 }, (_, index) => ((bytes[2 * index] << 8) | bytes[2 * index + 1]).toString(16));
  const runs = [...`-${words.join('-')}-`.matchAll(/(?<=-)(0-){2,}/g)];
  const longest = runs.reduce((best, run) => (run[0].length > best.length ? run[0] : best), '');
  if (longest === '') return words.join(':');
  const text = `-${words.join('-')}-`.replace(`-${longest}`, '::');
  return text.replace(/^-|-$/g, '').replaceAll('-', ':');
}

/** An address and port as text; port 0 for an end that only sends ICMP. */
export interface Endpoint {
  address: string;
  port: number;
}

/** Reads `10.0.0.1:80`, `[2001:db8::1]:80` or a bare address (port 0); null when it is neither. */
export function parseEndpoint(text: string): Endpoint | null {
  const match = /^\[([0-9a-f:.]+)\](?::(\d+))?$/i.exec(text) ?? /^(\d+\.\d+\.\d+\.\d+)(?::(\d+))?$/.exec(text);
  const address = match ? match[1] : text;
  const port = Number(match?.[2] ?? 0);
  if (parseAddress(address) === null || port > 0xffff) return null;
  return { address, port };
}

/** The text that `parseEndpoint` reads. */
export function formatEndpoint(end: Endpoint): string {
  const address = end.address.includes(':') ? `[${end.address}]` : end.address;
  return end.port === 0 ? address : `${address}:${end.port}`;
}
