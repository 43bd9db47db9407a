/**
 * Numbers for the hosts and services of a capture, and what is counted by them of ordinary connections: those of which there
 * is nothing to tell but who pays TIME_WAIT. src/flow/host-counts.ts reads it.
 */
import {
  HOSTS4,
  HOSTS6,
  MAX_NAMES,
  NAME_KEY,
  NAMES_COUNT,
  NAMES_KEYS,
  NAMES_MASK,
  NAMES_SLOTS,
  NAMES_WIDTH,
  NO_NAME,
  ORDINARY_COUNT,
  SERVICES,
  SPAN_BYTES,
  SPAN_FIRST,
  SPAN_LAST,
  SPAN_WAIT,
  SPANS_CLIENTS,
  SPANS_CLIENTS_WAIT,
  SPANS_SERVERS_WAIT,
  SPANS_SERVICES,
  TAG_CLIENT_WAITS,
  TAG_SERVER_WAITS,
} from '../src/core/layout';
import { allocate, isSame16 } from './memory';

const INITIAL_MASK: u32 = 255;

/** Room for all that there may ever be: what is not used takes no memory, and later there may be none left. */
export function openNames(): void {
  if (load<u32>(HOSTS4, NAMES_KEYS) !== 0) return;
  openTable(HOSTS4, 1);
  openTable(HOSTS6, 4);
  openTable(SERVICES, 2);
  store<u32>(SPANS_SERVICES, allocate(MAX_NAMES * SPAN_BYTES));
  // Hosts of both families have numbers in turn.
  const clients = allocate(2 * MAX_NAMES * SPAN_BYTES);
  store<u32>(SPANS_CLIENTS, clients);
  store<u32>(SPANS_CLIENTS_WAIT, clients + SPAN_WAIT);
  store<u32>(SPANS_SERVERS_WAIT, allocate(2 * MAX_NAMES * SPAN_BYTES));
}

function openTable(table: u32, width: u32): void {
  store<u32>(table, allocate(MAX_NAMES * (width << 2)), NAMES_KEYS);
  store<u32>(table, allocate(2 * MAX_NAMES * 4), NAMES_SLOTS);
  store<u32>(table, INITIAL_MASK, NAMES_MASK);
  store<u32>(table, width, NAMES_WIDTH);
}

/** Number of the host whose address is at `at`: even for IPv4, odd for IPv6; `NO_NAME` if there is none left. */
export function hostOf(at: u32, isIpv4: bool): i32 {
  const number = numberOf(isIpv4 ? HOSTS4 : HOSTS6, at);
  return number === NO_NAME ? NO_NAME : (number << 1) | i32(!isIpv4);
}

/** Reads what counting a client by its IPv4 address, at `at`, most likely needs. */
export function touchClient4(at: u32): u32 {
  const slots = load<u32>(HOSTS4, NAMES_SLOTS);
  const slot = hashOf(at, 4) & load<u32>(HOSTS4, NAMES_MASK);
  const known = slots === 0 ? 0 : load<u32>(slots + (slot << 2));
  if (known === 0) return 0;
  const number = known - 1;
  const spans = load<u32>(SPANS_CLIENTS) + (number << 1) * SPAN_BYTES;
  return load<u32>(load<u32>(HOSTS4, NAMES_KEYS) + (number << 2)) + load<u32>(spans);
}

/** Number of a port of a host. */
export function serviceOf(host: i32, port: u32): i32 {
  if (host === NO_NAME) return NO_NAME;
  store<i32>(NAME_KEY, host);
  store<u32>(NAME_KEY, port, 4);
  return numberOf(SERVICES, NAME_KEY);
}

function numberOf(table: u32, at: u32): i32 {
  const keys = load<u32>(table, NAMES_KEYS);
  const slots = load<u32>(table, NAMES_SLOTS);
  const width = load<u32>(table, NAMES_WIDTH) << 2;
  const mask = load<u32>(table, NAMES_MASK);
  let slot = hashOf(at, width) & mask;
  for (;;) {
    const known = load<u32>(slots + (slot << 2));
    if (known === 0) break;
    if (isSame(keys + (known - 1) * width, at, width)) return known - 1;
    slot = (slot + 1) & mask;
  }
  const number = load<u32>(table, NAMES_COUNT);
  if (number === MAX_NAMES) return NO_NAME;
  for (let i: u32 = 0; i < width; i += 4) store<u32>(keys + number * width + i, load<u32>(at + i));
  store<u32>(slots + (slot << 2), number + 1);
  store<u32>(table, number + 1, NAMES_COUNT);
  if ((number + 1) * 2 > mask) growSlots(table);
  return number;
}

/** Keys are 4, 8 or 16 octets long: no loop, which would take longer than what is done in it. */
function isSame(known: u32, at: u32, width: u32): bool {
  if (width === 4) return load<u32>(known) === load<u32>(at);
  if (width === 8) return load<u64>(known) === load<u64>(at);
  return isSame16(known, at);
}

function hashOf(at: u32, width: u32): u32 {
  let hash = mix(0, load<u32>(at));
  if (width === 4) return hash;
  hash = mix(hash, load<u32>(at, 4));
  if (width === 8) return hash;
  return mix(mix(hash, load<u32>(at, 8)), load<u32>(at, 12));
}

function mix(hash: u32, word: u32): u32 {
  const mixed = (hash ^ word) * 0x9e3779b1;
  return mixed ^ (mixed >> 15);
}

/** Twice as many slots, in the same place. */
function growSlots(table: u32): void {
  const mask = (load<u32>(table, NAMES_MASK) << 1) | 1;
  if (mask >= 2 * MAX_NAMES) return;
  const keys = load<u32>(table, NAMES_KEYS);
  const slots = load<u32>(table, NAMES_SLOTS);
  const width = load<u32>(table, NAMES_WIDTH) << 2;
  const count = load<u32>(table, NAMES_COUNT);
  memory.fill(slots, 0, (mask + 1) << 2);
  for (let number: u32 = 0; number < count; number++) {
    let slot = hashOf(keys + number * width, width) & mask;
    while (load<u32>(slots + (slot << 2)) !== 0) slot = (slot + 1) & mask;
    store<u32>(slots + (slot << 2), number + 1);
  }
  store<u32>(table, mask, NAMES_MASK);
}

/** Counts an ordinary connection by its service and its hosts; `tag` says which end pays TIME_WAIT. */
export function countOrdinary(client: i32, server: i32, service: i32, tag: u32, first: f64, last: f64): void {
  store<u32>(ORDINARY_COUNT, load<u32>(ORDINARY_COUNT) + 1);
  addSpan(SPANS_SERVICES, service, first);
  addSpan(SPANS_CLIENTS, client, last);
  if (tag === TAG_CLIENT_WAITS) addSpan(SPANS_CLIENTS_WAIT, client, last);
  else if (tag === TAG_SERVER_WAITS) addSpan(SPANS_SERVERS_WAIT, server, last);
}

function addSpan(spans: u32, key: i32, nanos: f64): void {
  if (key === NO_NAME) return;
  const at = load<u32>(spans) + key * SPAN_BYTES;
  const count = load<f64>(at);
  store<f64>(at, count + 1);
  if (count === 0 || nanos < load<f64>(at, SPAN_FIRST)) store<f64>(at, nanos, SPAN_FIRST);
  if (count === 0 || nanos > load<f64>(at, SPAN_LAST)) store<f64>(at, nanos, SPAN_LAST);
}
