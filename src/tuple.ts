/** Tuples as numbers, the same in both directions: 53 bits, so that two of them hardly ever meet. */
import { parseAddress } from './base/address.ts';
import type { SegmentBatch } from './wire/batch.ts';

/** FNV-1a over an address (four words from `at` on) and a port. */
export function hashEnd(words: Int32Array, at: number, port: number): number {
  let hash = 0x811c9dc5 ^ port;
  for (let i = at; i < at + 4; i++) {
    hash = Math.imul(hash ^ (words[i] >>> 16), 0x01000193);
    hash = Math.imul(hash ^ (words[i] & 0xffff), 0x01000193);
  }
  return hash >>> 0;
}

/** The tuple of two ends. */
export function joinEnds(a: number, b: number): number {
  return Math.min(a, b) * 0x20_0000 + (Math.max(a, b) & 0x1f_ffff);
}

/** The tuple of a row. */
export function tupleOfRow(batch: SegmentBatch, row: number): number {
  const source = hashEnd(batch.sourceAddress(row), 0, batch.sourcePort(row));
  return joinEnds(source, hashEnd(batch.destinationAddress(row), 0, batch.destinationPort(row)));
}

/** The tuple of two ends as results have them. */
export function tupleOfEnds(a: { address: string; port: number }, b: { address: string; port: number }): number {
  return joinEnds(hashText(a), hashText(b));
}

function hashText({ address, port }: { address: string; port: number }): number {
  const bytes = parseAddress(address) ?? new Uint8Array(4);
  const view = new DataView(bytes.buffer);
  const words = Int32Array.from({ length: 4 }, (_, i) => (i * 4 < bytes.length ? view.getInt32(i * 4) : 0));
  return hashEnd(words, 0, port);
}
