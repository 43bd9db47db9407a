/** Tuples are dealt to this many buckets: what is decided in one bucket depends on no other, so threads can share them out. */
export const BUCKETS = 64;
const BUCKET_BITS = 6;

/**
 * Bucket of a tuple, the same for both directions: `source` and `destination` hold four address words each from the
 * given index on, `ports` is `source << 16 | destination`. @hot
 */
export function bucketOf(
  ipVersion: number,
  source: Int32Array,
  sourceAt: number,
  destination: Int32Array,
  destinationAt: number,
  ports: number,
): number {
  let hash = Math.imul((ports >>> 16) + (ports & 0xffff), 0x9e3779b1) ^ (ports >>> 16) ^ (ports & 0xffff);
  const words = ipVersion === 4 ? 1 : 4;
  for (let i = 0; i < words; i++) {
    const a = source[sourceAt + i];
    const b = destination[destinationAt + i];
    hash = Math.imul((hash ^ (hash >>> 15)) + (a ^ b), 0x85ebca6b);
    hash = Math.imul((hash ^ (hash >>> 13)) + a + b, 0xc2b2ae35);
  }
  return (hash ^ (hash << 15)) >>> (32 - BUCKET_BITS);
}
