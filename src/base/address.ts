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
