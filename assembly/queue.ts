/** Entries whose connection may be over wait, for stray segments, in the queue of their bucket: a ring of when each was added. */
import {
  ENTRY_HIGH,
  ENTRY_LOW,
  ENTRY_NUMBER,
  ENTRY_PORTS,
  ENTRY_QUEUED,
  MAX_CLOSED_IN_BUCKET,
  NO_ENTRY,
  NOW,
  QUEUE_BYTES,
  QUEUE_COUNT,
  QUEUE_FIRST,
  QUEUE_RING,
  QUEUE_ROOM,
  QUEUES,
  VERSION_BITS,
} from '../src/core/layout';
import { allocate, giveBack } from './memory';
import { addressOf } from './table';

const BUCKETS: i32 = 64;
const BUCKET_SHIFT: u32 = 26;
const INITIAL_ROOM: u32 = 256;
/** A place in a ring: when the entry was added, nanoseconds, and its address. */
const PLACE_SHIFT: u32 = 4;
const PLACE_ENTRY: u32 = 8;

/** Bucket of the tuple of an entry, as src/flow/bucket.ts has it. */
export function bucketAt(entry: u32): u32 {
  return bucketOf(addressOf(entry));
}

function bucketOf(entry: u32): u32 {
  const ports = load<u32>(entry, ENTRY_PORTS);
  let hash: u32 = (((ports >> 16) + (ports & 0xffff)) * 0x9e3779b1) ^ (ports >> 16) ^ (ports & 0xffff);
  const end: u32 = (load<u32>(entry) & VERSION_BITS) === 4 ? 4 : 16;
  for (let i: u32 = 0; i < end; i += 4) {
    const a = load<u32>(entry + i, ENTRY_LOW);
    const b = load<u32>(entry + i, ENTRY_HIGH);
    hash = ((hash ^ (hash >> 15)) + (a ^ b)) * 0x85ebca6b;
    hash = ((hash ^ (hash >> 13)) + a + b) * 0xc2b2ae35;
  }
  return (hash ^ (hash << 15)) >> BUCKET_SHIFT;
}

export function queueOf(bucket: u32): u32 {
  return QUEUES + bucket * QUEUE_BYTES;
}

/** Puts an entry into the queue of its bucket; returns the bucket if it has too many now, else -1. */
export function queue(entry: u32): i32 {
  return queueAddress(addressOf(entry));
}

/** As `queue`, by address. */
export function queueAddress(entry: u32): i32 {
  const bucket = bucketOf(entry);
  const q = queueOf(bucket);
  const count = load<u32>(q, QUEUE_COUNT);
  if (count === load<u32>(q, QUEUE_ROOM)) grow(q);
  store<u8>(entry, 1, ENTRY_QUEUED);
  const place = placeIn(q, count);
  store<f64>(place, load<f64>(NOW));
  store<u32>(place, entry, PLACE_ENTRY);
  store<u32>(q, count + 1, QUEUE_COUNT);
  return isOverfull(q) ? bucket : -1;
}

export function isOverfull(q: u32): bool {
  return load<u32>(q, QUEUE_COUNT) > <u32>MAX_CLOSED_IN_BUCKET;
}

/** The place of the entry before which so many others wait. */
function placeIn(q: u32, index: u32): u32 {
  const place = (load<u32>(q, QUEUE_FIRST) + index) & (load<u32>(q, QUEUE_ROOM) - 1);
  return load<u32>(q, QUEUE_RING) + (place << PLACE_SHIFT);
}

/** Address of the entry before which so many others wait. */
export function waitingIn(q: u32, index: u32): u32 {
  return load<u32>(placeIn(q, index), PLACE_ENTRY);
}

function grow(q: u32): void {
  const count = load<u32>(q, QUEUE_COUNT);
  const room = max(count << 1, INITIAL_ROOM);
  const ring = allocate(room << PLACE_SHIFT);
  for (let index: u32 = 0; index < count; index++)
    v128.store(ring + (index << PLACE_SHIFT), v128.load(placeIn(q, index)));
  if (count > 0) giveBack(load<u32>(q, QUEUE_RING), count << PLACE_SHIFT);
  store<u32>(q, ring, QUEUE_RING);
  store<u32>(q, room, QUEUE_ROOM);
  store<u32>(q, 0, QUEUE_FIRST);
}

/** Takes the entry out that waits longest in a bucket, if it was added at or before a time; else `NO_ENTRY`. */
export function takeOldest(bucket: u32, horizon: f64): i32 {
  const entry = takeFirst(queueOf(bucket), horizon);
  return entry === 0 ? NO_ENTRY : load<i32>(entry, ENTRY_NUMBER);
}

/** As `takeOldest`, by address; 0 if there is none. */
export function takeFirst(q: u32, horizon: f64): u32 {
  const count = load<u32>(q, QUEUE_COUNT);
  if (count === 0) return 0;
  const place = placeIn(q, 0);
  if (load<f64>(place) > horizon) return 0;
  store<u32>(q, load<u32>(q, QUEUE_FIRST) + 1, QUEUE_FIRST);
  store<u32>(q, count - 1, QUEUE_COUNT);
  return load<u32>(place, PLACE_ENTRY);
}

/** Takes the entry out that waits longest of all; `NO_ENTRY` when there is none. */
export function takeOldestOfAll(): i32 {
  let oldest: u32 = 0;
  let nanos: f64 = Infinity;
  for (let q = QUEUES; q < QUEUES + BUCKETS * QUEUE_BYTES; q += QUEUE_BYTES) {
    if (load<u32>(q, QUEUE_COUNT) === 0) continue;
    const added = load<f64>(placeIn(q, 0));
    if (oldest !== 0 && added >= nanos) continue;
    oldest = q;
    nanos = added;
  }
  return oldest === 0 ? NO_ENTRY : load<i32>(takeFirst(oldest, nanos), ENTRY_NUMBER);
}
