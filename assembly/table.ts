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
  ENTRY_RECORD,
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
import { STAGE } from '../src/core/record';
import { ROW_DESTINATION, ROW_HASH, ROW_PORTS, ROW_SOURCE, ROW_VERSION } from '../src/core/row';
import { allocate, clear, copy, full, giveBack, haveRead, isSame16, TOUCHED_AHEAD, touchPages } from './memory';

const VARIANT_HASH: u32 = 0x27d4eb2f;
const INITIAL_LINES: u32 = 1 << 9;
const LINE_SHIFT: u32 = 6;
const PLACES: i32 = 0x7f;
const LAST_PLACE: i32 = 0x80;
const BEHIND: u32 = 28;
const ADDRESSES: u32 = 32;
/** So many entries a line, and there have to be more of them. */
const USUAL_LOAD: u32 = 4;
const MOST_SPREAD: u32 = 8;
const ADDRESS_BYTES: u32 = 16;
const ENTRIES_AHEAD: u32 = TOUCHED_AHEAD / ENTRY_BYTES;
/** Odd numbers of 64 bits, half and half: a literal of so many is not exact for whoever reads this as TypeScript. */
const FACTOR_1: u64 = ((<u64>0x9e3779b9) << 32) | 0x7f4a7c15;
const FACTOR_2: u64 = ((<u64>0xc2b2ae3d) << 32) | 0x27d4eb4f;
const FACTOR_3: u64 = ((<u64>0x165667b1) << 32) | 0x9e3779f9;
const FACTOR_4: u64 = ((<u64>0x85ebca77) << 32) | 0xc2b2ae63;

/**
 * Each is a line of the cache: hashes of seven entries, how many entries of this line or earlier ones lie behind it, the addresses
 * of the seven (0 for none), and a word that is not used.
 */
let lines: u32 = allocate(INITIAL_LINES << LINE_SHIFT);
let mask: u32 = INITIAL_LINES - 1;
let firstFree: u32 = 0;

/** Address of an entry. */
export function addressOf(entry: u32): u32 {
  return load<u32>(DIRECTORY + ((entry >> PAGE_BITS) << 2)) + (entry & (PAGE_ENTRIES - 1)) * ENTRY_BYTES;
}

/** Finds the tuple of a row; returns its entry, or `NO_ENTRY`, and notes it. */
export function find(row: u32): i32 {
  const p = ROWS + row * ROW_BYTES;
  const entry = findAddress(p, hashOf(p), 0);
  const number = entry === 0 ? NO_ENTRY : load<i32>(entry, ENTRY_NUMBER);
  store<i32>(FOUND, number);
  return number;
}

/**
 * Address of the entry of the tuple of the row at `p`, whose hash is given, most likely `guess`; 0 if there is none, whose key is
 * then written down.
 */
export function findAddress(p: u32, hash: u32, guess: u32): u32 {
  return load<u32>(p, ROW_VERSION) === 4 ? find4(p, hash, guess) : find6(p, hash, guess);
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

/** The line in which entries with a hash are, if there is room. */
export function lineOf(hash: u32): u32 {
  return lines + ((hash & mask) << LINE_SHIFT);
}

/** The line behind another one, the first one behind the last. */
function lineBehind(line: u32): u32 {
  return lines + ((line - lines + (1 << LINE_SHIFT)) & (mask << LINE_SHIFT));
}

/** The places of eight words, a bit each, at which there is a certain one; of the last of them nothing is told. */
function placesOf(words: u32, word: u32): i32 {
  const wanted = i32x4.splat(word);
  const first = i32x4.bitmask(i32x4.eq(v128.load(words), wanted));
  return (first | (i32x4.bitmask(i32x4.eq(v128.load(words, 16), wanted)) << 4)) & PLACES;
}

function entryAt(line: u32, place: i32): u32 {
  return load<u32>(line + (place << 2), ADDRESSES);
}

/**
 * Reads what finding entries by the hashes at `[from, end)` will need, so that it is in the cache when their turn comes, and puts in
 * place of each hash the entry that it has most likely, or 0. In short loops, in which no load waits for another: then many are
 * under way at a time.
 */
export function touchEntries(from: u32, end: u32): void {
  const first = lines;
  const last = mask;
  let sum: u32 = 0;
  for (let at = from; at < end; at += 4) sum += load<u32>(first + ((load<u32>(at) & last) << LINE_SHIFT));
  for (let at = from; at < end; at += 4) {
    const hash = load<u32>(at);
    const line = first + ((hash & last) << LINE_SHIFT);
    const places = placesOf(line, hash);
    // The last word is never anything but 0.
    store<u32>(at, entryAt(line, ctz(places | LAST_PLACE)));
  }
  for (let at = from; at < end; at += 4) {
    const entry = load<u32>(at);
    sum += load<u32>(entry) + load<u32>(entry + ENTRY_RECORD, STAGE);
  }
  haveRead(sum);
}

function find4(p: u32, hash: u32, guess: u32): u32 {
  const source = load<u32>(p, ROW_SOURCE);
  const destination = load<u32>(p, ROW_DESTINATION);
  const ports = load<u32>(p, ROW_PORTS);
  const isSwapped = isSwapped4(source, destination, ports);
  store<u32>(IS_SELF, u32(source === destination) & u32(ports >> 16 === (ports & 0xffff)));
  store<u32>(FROM, isSwapped);
  const low = select<u32>(destination, source, isSwapped);
  const high = select<u32>(source, destination, isSwapped);
  const ordered = select<u32>(rotl<u32>(ports, 16), ports, isSwapped);
  if (load<u32>(guess, ENTRY_ID) !== 0 && isEntry4(guess, ordered, low, high)) return guess;
  for (let line = lineOf(hash); ; line = lineBehind(line)) {
    for (let places = placesOf(line, hash); places !== 0; places &= places - 1) {
      const entry = entryAt(line, ctz(places));
      if (isEntry4(entry, ordered, low, high)) return entry;
    }
    if (load<u32>(line, BEHIND) === 0) break;
  }
  clear(KEY, KEY_BYTES);
  store<u32>(KEY, 4);
  store<u32>(KEY, ordered, ENTRY_PORTS);
  store<u32>(KEY, low, ENTRY_LOW);
  store<u32>(KEY, high, ENTRY_HIGH);
  store<u32>(KEY, hash, ENTRY_HASH);
  return 0;
}

function isEntry4(entry: u32, ordered: u32, low: u32, high: u32): bool {
  if (load<u32>(entry, ENTRY_PORTS) !== ordered || load<u32>(entry, ENTRY_LOW) !== low) return false;
  return load<u32>(entry, ENTRY_HIGH) === high && load<u32>(entry) === 4;
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

function find6(p: u32, hash: u32, guess: u32): u32 {
  const ports = load<u32>(p, ROW_PORTS);
  const isSwapped = isSwapped6(p, ports);
  const low = p + select<u32>(ROW_DESTINATION, ROW_SOURCE, isSwapped);
  const high = p + select<u32>(ROW_SOURCE, ROW_DESTINATION, isSwapped);
  const ordered = select<u32>(rotl<u32>(ports, 16), ports, isSwapped);
  store<u32>(IS_SELF, u32(isSame16(low, high)) & u32(ports >> 16 === (ports & 0xffff)));
  store<u32>(FROM, isSwapped);
  if (load<u32>(guess, ENTRY_ID) !== 0 && isEntry6(guess, ordered, low, high)) return guess;
  for (let line = lineOf(hash); ; line = lineBehind(line)) {
    for (let places = placesOf(line, hash); places !== 0; places &= places - 1) {
      const entry = entryAt(line, ctz(places));
      if (isEntry6(entry, ordered, low, high)) return entry;
    }
    if (load<u32>(line, BEHIND) === 0) break;
  }
  store<u32>(KEY, 6);
  store<u32>(KEY, ordered, ENTRY_PORTS);
  copy(KEY + ENTRY_LOW, low, ADDRESS_BYTES);
  copy(KEY + ENTRY_HIGH, high, ADDRESS_BYTES);
  store<u32>(KEY, 0, ENTRY_SCOPE);
  store<u32>(KEY, hash, ENTRY_HASH);
  return 0;
}

function isEntry6(entry: u32, ordered: u32, low: u32, high: u32): bool {
  if (load<u32>(entry) !== 6 || load<u32>(entry, ENTRY_PORTS) !== ordered) return false;
  return isSame16(entry + ENTRY_LOW, low) && isSame16(entry + ENTRY_HIGH, high);
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
  if (count > mask * USUAL_LOAD) growLines();
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
  if ((load<u32>(MODE) & MODE_FINISH) === 0) emptyPlace(entry);
  giveEntryBack(entry);
  store<u32>(COUNT, load<u32>(COUNT) - 1);
}

/** An entry that is in no line any more may be used again. */
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

/** Empties the place of an entry. */
function emptyPlace(entry: u32): void {
  let line = lineOf(load<u32>(entry, ENTRY_HASH));
  let places = placesOf(line + ADDRESSES, entry);
  while (places === 0) {
    store<u32>(line, load<u32>(line, BEHIND) - 1, BEHIND);
    line = lineBehind(line);
    places = placesOf(line + ADDRESSES, entry);
  }
  const place = line + (ctz(places) << 2);
  store<u32>(place, 0);
  store<u32>(place, 0, ADDRESSES);
}

/** An entry that is in no line: all that is known of it is its number. */
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
  let line = lineOf(hash);
  let places = placesOf(line + ADDRESSES, 0);
  while (places === 0) {
    store<u32>(line, load<u32>(line, BEHIND) + 1, BEHIND);
    line = lineBehind(line);
    places = placesOf(line + ADDRESSES, 0);
  }
  const place = line + (ctz(places) << 2);
  store<u32>(place, hash);
  store<u32>(place, entry, ADDRESSES);
}

function growLines(): void {
  const old = lines;
  const bytes = (mask + 1) << LINE_SHIFT;
  lines = allocate(bytes << 1);
  mask = (mask << 1) | 1;
  touchPages(lines, bytes << 1);
  for (let line = old; line < old + bytes; line += 1 << LINE_SHIFT) {
    for (let places = ~placesOf(line + ADDRESSES, 0) & PLACES; places !== 0; places &= places - 1) {
      const place = ctz(places);
      insert(entryAt(line, place), load<u32>(line + (place << 2)));
    }
  }
  giveBack(old, bytes);
}
