/** Addresses as text: dotted quads, and IPv6 by RFC 5952 (lower case, the longest run of zeros shortened). */

/** Formats four big-endian words as they stand in a batch. */
export function formatAddress(ipVersion: 4 | 6, words: Int32Array): string {
  if (ipVersion === 4) {
    const word = words[0];
    return `${word >>> 24}.${(word >>> 16) & 0xff}.${(word >>> 8) & 0xff}.${word & 0xff}`;
  }
  const groups: number[] = [];
  for (const word of words) groups.push(word >>> 16, word & 0xffff);
  if (isMapped(groups)) return `::ffff:${formatAddress(4, words.subarray(3))}`;
  const { start, length } = longestZeros(groups);
  const text = (list: number[]): string => list.map((group) => group.toString(16)).join(':');
  if (length < 2) return text(groups);
  return `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`;
}

function isMapped(groups: readonly number[]): boolean {
  return groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0);
}

function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (end < groups.length && groups[end] === 0) end++;
    if (end - start > best.length) best = { start, length: end - start };
  }
  return best;
}

/** Bytes of an IPv4 (4) or IPv6 (16) address; null when the text is neither (RFC 4291 §2.2, no zone identifiers). */
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
