/**
 * Tuples to entries: open addressing over packed keys. End 0 is the one with the lower (address, port), so that both
 * directions meet in one entry. src/flow/table.ts tells more.
 */
import {
  COUNT,
  DIRECTORY,
  END_ENTRY,
  ENTRY_BYTES,
  ENTRY_HASH,
  ENTRY_HIGH,
  ENTRY_ID,
  ENTRY_LOW,
  ENTRY_NEXT,
  ENTRY_NUMBER,
  ENTRY_PORTS,
  ENTRY_QUEUED,
  ENTRY_SCOPE,
  FOUND,
  FROM,
  IS_SELF,
  KEY,
  KEY_BYTES,
  MAX_PAGES,
  MODE,
  MODE_FINISH,
  NO_ENTRY,
  PAGE_BITS,
  PAGE_ENTRIES,
  ROW_BYTES,
  ROWS,
  VARIANT_SHIFT,
  VERSION_BITS,
} from '../src/core/layout';
import { ROW_DESTINATION, ROW_HASH, ROW_PORTS, ROW_SOURCE, ROW_VERSION } from '../src/core/row';
import { allocate, clear, copy, full, giveBack, TOUCHED_AHEAD, touchPages } from './memory';

const VARIANT_HASH: u32 = 0x27d4eb2f;
const INITIAL_SLOTS: u32 = 1 << 12;
const MOST_SPREAD: u32 = 8;
const ADDRESS_BYTES: u32 = 16;
const ENTRIES_AHEAD: u32 = TOUCHED_AHEAD / ENTRY_BYTES;
/** Odd numbers of 64 bits, half and half: a literal of so many is not exact for whoever reads this as TypeScript. */
const FACTOR_1: u64 = ((<u64>0x9e3779b9) << 32) | 0x7f4a7c15;
const FACTOR_2: u64 = ((<u64>0xc2b2ae3d) << 32) | 0x27d4eb4f;
const FACTOR_3: u64 = ((<u64>0x165667b1) << 32) | 0x9e3779f9;
const FACTOR_4: u64 = ((<u64>0x85ebca77) << 32) | 0xc2b2ae63;

/** Two words a slot: the address of an entry, or 0 in an empty one, and its hash, so that others are passed by at one look. */
let slots: u32 = allocate(INITIAL_SLOTS << 3);
let mask: u32 = INITIAL_SLOTS - 1;
let firstFree: u32 = 0;

/** Address of an entry. */
export function addressOf(entry: u32): u32 {
  return load<u32>(DIRECTORY + ((entry >> PAGE_BITS) << 2)) + (entry & (PAGE_ENTRIES - 1)) * ENTRY_BYTES;
}

/** Finds the tuple of a row; returns its entry, or `NO_ENTRY`, and notes it. */
export function find(row: u32): i32 {
  const p = ROWS + row * ROW_BYTES;
  const entry = findAddress(p, hashOf(p));
  const number = entry === 0 ? NO_ENTRY : load<i32>(entry, ENTRY_NUMBER);
  store<i32>(FOUND, number);
  return number;
}

/**
 * Address of the entry of the tuple of the row at `p`, whose hash is given; 0 if there is none, whose key is then written down.
 */
export function findAddress(p: u32, hash: u32): u32 {
  return load<u32>(p, ROW_VERSION) === 4 ? find4(p, hash) : find6(p, hash);
}

/** Hash of the tuple of the row at `p`, the same in both directions. */
export function hashOf(p: u32): u32 {
  return load<u32>(p, ROW_VERSION) === 4 ? hash4(p) : hash6(p);
}

/** As `hashOf`, if whoever decoded the row has not made it. */
export function hashAt(p: u32): u32 {
  const hash = load<u32>(p, ROW_HASH);
  return hash === 0 ? hashOf(p) : hash;
}

/** Address of the entry that a tuple has most likely: what one of its first two slots says. 0 if it is neither. */
export function guess(hash: u32): u32 {
  const slot = hash & mask;
  const first = slots + (slot << 3);
  const second = slots + (((slot + 1) & mask) << 3);
  const next = select<u32>(load<u32>(second), 0, load<u32>(second, 4) === hash);
  return select<u32>(load<u32>(first), next, load<u32>(first, 4) === hash);
}

function find4(p: u32, hash: u32): u32 {
  const source = load<u32>(p, ROW_SOURCE);
  const destination = load<u32>(p, ROW_DESTINATION);
  const ports = load<u32>(p, ROW_PORTS);
  const isSwapped = isSwapped4(source, destination, ports);
  store<u32>(IS_SELF, u32(source === destination) & u32(ports >> 16 === (ports & 0xffff)));
  store<u32>(FROM, isSwapped);
  const low = select<u32>(destination, source, isSwapped);
  const high = select<u32>(source, destination, isSwapped);
  const ordered = select<u32>(rotl<u32>(ports, 16), ports, isSwapped);
  for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
    const at = slots + (slot << 3);
    const entry = load<u32>(at);
    if (entry === 0) break;
    if (load<u32>(at, 4) !== hash) continue;
    if (load<u32>(entry, ENTRY_PORTS) !== ordered || load<u32>(entry, ENTRY_LOW) !== low) continue;
    if (load<u32>(entry, ENTRY_HIGH) === high && load<u32>(entry) === 4) return entry;
  }
  clear(KEY, KEY_BYTES);
  store<u32>(KEY, 4);
  store<u32>(KEY, ordered, ENTRY_PORTS);
  store<u32>(KEY, low, ENTRY_LOW);
  store<u32>(KEY, high, ENTRY_HIGH);
  store<u32>(KEY, hash, ENTRY_HASH);
  return 0;
}

function isSwapped4(source: u32, destination: u32, ports: u32): u32 {
  return u32(source > destination) | (u32(source === destination) & u32(ports >> 16 > (ports & 0xffff)));
}

function hash4(p: u32): u32 {
  return hashOf4(load<u32>(p, ROW_SOURCE), load<u32>(p, ROW_DESTINATION), load<u32>(p, ROW_PORTS));
}

/** As `hashOf`, of addresses of IPv4. */
export function hashOf4(source: u32, destination: u32, ports: u32): u32 {
  const isSwapped = isSwapped4(source, destination, ports);
  const low = select<u32>(destination, source, isSwapped);
  const high = select<u32>(source, destination, isSwapped);
  let hash: u32 = (select<u32>(rotl<u32>(ports, 16), ports, isSwapped) ^ low) * 0x9e3779b1;
  hash = ((hash ^ (hash >> 15)) + high) * 0x85ebca6b;
  return hash ^ (hash >> 16);
}

function find6(p: u32, hash: u32): u32 {
  const ports = load<u32>(p, ROW_PORTS);
  const isSwapped = isSwapped6(p, ports);
  const low = p + select<u32>(ROW_DESTINATION, ROW_SOURCE, isSwapped);
  const high = p + select<u32>(ROW_SOURCE, ROW_DESTINATION, isSwapped);
  const ordered = select<u32>(rotl<u32>(ports, 16), ports, isSwapped);
  store<u32>(IS_SELF, u32(isSame6(low, high)) & u32(ports >> 16 === (ports & 0xffff)));
  store<u32>(FROM, isSwapped);
  for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
    const at = slots + (slot << 3);
    const entry = load<u32>(at);
    if (entry === 0) break;
    if (load<u32>(at, 4) !== hash || load<u32>(entry) !== 6 || load<u32>(entry, ENTRY_PORTS) !== ordered) continue;
    if (isSame6(entry + ENTRY_LOW, low) && isSame6(entry + ENTRY_HIGH, high)) return entry;
  }
  store<u32>(KEY, 6);
  store<u32>(KEY, ordered, ENTRY_PORTS);
  copy(KEY + ENTRY_LOW, low, ADDRESS_BYTES);
  copy(KEY + ENTRY_HIGH, high, ADDRESS_BYTES);
  store<u32>(KEY, 0, ENTRY_SCOPE);
  store<u32>(KEY, hash, ENTRY_HASH);
  return 0;
}

/** Half an address as a number: of its two words, the first is in the lower half of what is read. */
function half(at: u32): u64 {
  return rotl<u64>(load<u64>(at), 32);
}

function isSwapped6(p: u32, ports: u32): u32 {
  const from = half(p + ROW_SOURCE);
  const to = half(p + ROW_DESTINATION);
  const fromEnd = half(p + ROW_SOURCE + 8);
  const toEnd = half(p + ROW_DESTINATION + 8);
  const isAfter = u32(fromEnd > toEnd) | (u32(fromEnd === toEnd) & u32(ports >> 16 > (ports & 0xffff)));
  return u32(from > to) | (u32(from === to) & isAfter);
}

function isSame6(a: u32, b: u32): bool {
  return ((load<u64>(a) ^ load<u64>(b)) | (load<u64>(a, 8) ^ load<u64>(b, 8))) === 0;
}

/** Products that do not wait for each other. */
function hash6(p: u32): u32 {
  const ports = load<u32>(p, ROW_PORTS);
  const isSwapped = isSwapped6(p, ports);
  const low = p + select<u32>(ROW_DESTINATION, ROW_SOURCE, isSwapped);
  const high = p + select<u32>(ROW_SOURCE, ROW_DESTINATION, isSwapped);
  const ordered = <u64>select<u32>(rotl<u32>(ports, 16), ports, isSwapped);
  let hash: u64 = (half(low) ^ ordered) * FACTOR_1;
  hash += rotl<u64>(half(low + 8) * FACTOR_2, 23);
  hash += rotl<u64>(half(high) * FACTOR_3, 41);
  hash ^= half(high + 8) * FACTOR_4;
  hash = (hash ^ (hash >> 32)) * FACTOR_1;
  return <u32>(hash >> 32);
}

/** Adds the tuple of the latest `find`, or a further variant of it; returns its entry. */
export function add(variant: u32, scope: u32): u32 {
  const found = load<i32>(FOUND);
  if (found !== NO_ENTRY) {
    const at = addressOf(found);
    copy(KEY, at, KEY_BYTES);
    store<u32>(KEY, load<u32>(KEY, ENTRY_HASH) ^ ((load<u32>(KEY) >> VARIANT_SHIFT) * VARIANT_HASH), ENTRY_HASH);
    store<u32>(KEY, load<u32>(KEY) & VERSION_BITS);
  }
  store<u32>(KEY, load<u32>(KEY) | (variant << VARIANT_SHIFT));
  store<u32>(KEY, load<u32>(KEY, ENTRY_HASH) ^ (variant * VARIANT_HASH), ENTRY_HASH);
  return load<u32>(addKey(scope), ENTRY_NUMBER);
}

/** Adds the key that is written down; returns the address of its entry. */
export function addKey(scope: u32): u32 {
  const count = load<u32>(COUNT);
  if (count * 2 > mask) growSlots();
  store<u32>(KEY, scope, ENTRY_SCOPE);
  const entry = takeEntry();
  copy(entry, KEY, KEY_BYTES);
  store<u32>(entry, 0, ENTRY_QUEUED);
  insert(entry, load<u32>(KEY, ENTRY_HASH));
  store<u32>(COUNT, count + 1);
  return entry;
}

/** Removes an entry. */
export function remove(number: u32): void {
  const entry = addressOf(number);
  if ((load<u32>(MODE) & MODE_FINISH) === 0) emptySlot(entry);
  giveEntryBack(entry);
  store<u32>(COUNT, load<u32>(COUNT) - 1);
}

/** An entry that is in no slot any more may be used again. */
export function giveEntryBack(entry: u32): void {
  store<u32>(entry, 0, ENTRY_ID);
  store<u32>(entry, firstFree, ENTRY_NEXT);
  firstFree = entry;
}

/** Address of the numbers of all entries by id, each put where its id says; 0 if there are none, or ids are too far apart. */
export function orderEntries(): u32 {
  const end = load<u32>(END_ENTRY);
  let least: u32 = u32.MAX_VALUE;
  let most: u32 = 0;
  for (let number: u32 = 0; number < end; number++) {
    const id = load<u32>(addressOf(number), ENTRY_ID);
    if (id === 0) continue;
    least = min(least, id);
    most = max(most, id);
  }
  if (most === 0 || (most - least) / MOST_SPREAD >= load<u32>(COUNT)) return 0;
  const places = allocate((most - least + 1) << 2);
  for (let number: u32 = 0; number < end; number++) {
    const id = load<u32>(addressOf(number), ENTRY_ID);
    if (id !== 0) store<u32>(places + ((id - least) << 2), number + 1);
  }
  let to = places;
  for (let at = places; at <= places + ((most - least) << 2); at += 4) {
    const place = load<u32>(at);
    if (place === 0) continue;
    store<u32>(to, place - 1);
    to += 4;
  }
  return places;
}

/** Empties the slot of an entry; slots behind it in its chain move up. */
function emptySlot(entry: u32): void {
  let hole = load<u32>(entry, ENTRY_HASH) & mask;
  while (load<u32>(slots + (hole << 3)) !== entry) hole = (hole + 1) & mask;
  for (let slot = (hole + 1) & mask; load<u32>(slots + (slot << 3)) !== 0; slot = (slot + 1) & mask) {
    const home = load<u32>(slots + (slot << 3), 4) & mask;
    const staysBehind = hole <= slot ? home > hole && home <= slot : home > hole || home <= slot;
    if (staysBehind) continue;
    store<u64>(slots + (hole << 3), load<u64>(slots + (slot << 3)));
    hole = slot;
  }
  store<u32>(slots + (hole << 3), 0);
}

/** An entry that is in no slot: all that is known of it is its number. */
export function takeEntry(): u32 {
  if (firstFree !== 0) {
    const entry = firstFree;
    firstFree = load<u32>(entry, ENTRY_NEXT);
    return entry;
  }
  const number = load<u32>(END_ENTRY);
  if ((number & (PAGE_ENTRIES - 1)) === 0) {
    if (number >> PAGE_BITS === MAX_PAGES) full();
    store<u32>(DIRECTORY + ((number >> PAGE_BITS) << 2), allocate(PAGE_ENTRIES * ENTRY_BYTES));
  }
  store<u32>(END_ENTRY, number + 1);
  const entry = addressOf(number);
  if (number % ENTRIES_AHEAD === 0) touchPages(entry, TOUCHED_AHEAD);
  store<u32>(entry, number, ENTRY_NUMBER);
  return entry;
}

function insert(entry: u32, hash: u32): void {
  let slot = hash & mask;
  while (load<u32>(slots + (slot << 3)) !== 0) slot = (slot + 1) & mask;
  store<u32>(slots + (slot << 3), entry);
  store<u32>(slots + (slot << 3), hash, 4);
}

function growSlots(): void {
  const old = slots;
  const bytes = (mask + 1) << 3;
  slots = allocate(bytes << 1);
  mask = (mask << 1) | 1;
  touchPages(slots, bytes << 1);
  for (let at = old; at < old + bytes; at += 8) {
    const entry = load<u32>(at);
    if (entry !== 0) insert(entry, load<u32>(at, 4));
  }
  giveBack(old, bytes);
}
