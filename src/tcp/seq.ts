/** Sequence numbers are 32-bit and wrap (RFC 9293 §3.4); they are compared by the sign of their difference. */

/** `a - b` as a signed 32-bit distance: positive when `a` is after `b`. */
export function seqDiff(a: number, b: number): number {
  return (a - b) | 0;
}

/** `a + octets`, as an unsigned 32-bit number. */
export function seqAdd(a: number, octets: number): number {
  return (a + octets) >>> 0;
}

/** The later of two sequence numbers that lie less than 2^31 apart. */
export function seqMax(a: number, b: number): number {
  return seqDiff(a, b) >= 0 ? a : b;
}
