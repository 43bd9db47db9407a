/**
 * The two codes of zstd (RFC 8878 §4): finite state entropy, with a table of states, and Huffman, with a table that the
 * next bits are looked up in.
 *
 *     distribution   accuracy 4 bits | probabilities + 1, each in as few bits as the rest of the sum needs | to the next byte
 *     tree           size 1, below 128: weights as two interleaved states, size bytes | otherwise size - 127 weights of 4 bits
 *     stream         bits from the highest of the last byte, under a bit 1, down to the lowest of the first
 *
 * Left out: nothing.
 */

import type { Memory } from './padded-memory.ts';

const MAX_WEIGHT_LOG = 6;
const MAX_TREE_LOG = 11;

/** The bits below `position` (of the whole memory), at the top of 32; at least 24 of them are real. */
export function peek(view: DataView, position: number): number {
  return view.getInt32((position >> 3) - 3, true) << (8 - (position & 7));
}

/** The highest `count` bits of a word, 0 to 31. */
export function top(word: number, count: number): number {
  return (word >>> 1) >>> (31 - count);
}

/** Where the bits of a stream begin, from its end: below the highest bit set in its last byte. */
export function streamTop({ bytes }: Memory, from: number, end: number): number {
  if (end <= from || bytes[end - 1] === 0) throw new Error('a bit stream has no end mark');
  return end * 8 - 1 - (Math.clz32(bytes[end - 1]) - 24);
}

/** How often each symbol stands among the states; -1 is once, at the end. */
export interface Distribution {
  log: number;
  readonly counts: Int16Array;
  symbolCount: number;
}

/** A step of a state is one number: what to add the next bits to, how many bits that are, and the state's symbol. */
export const STEP_NEXT = 0xfff;
export const STEP_BITS_SHIFT = 12;
export const STEP_SYMBOL_SHIFT = 16;

const counted: Distribution = { log: 0, counts: new Int16Array(256), symbolCount: 0 };

/** Reads a distribution, into memory that the next call uses again, and where it ends. */
export function readDistribution(
  { bytes, view }: Memory,
  from: number,
  end: number,
  maxLog: number,
  symbolLimit: number,
): { distribution: Distribution; end: number } {
  if (from >= end) throw new Error('a table runs over its block');
  const log = (bytes[from] & 15) + 5;
  if (log > maxLog) throw new Error(`a table of ${1 << log} states is larger than the ${1 << maxLog} allowed`);
  const { counts } = counted;
  let at = from * 8 + 4;
  const bits = (): number => {
    if (at > end * 8) throw new Error('a table runs over its block');
    return view.getUint32(at >> 3, true) >>> (at & 7);
  };
  let symbol = 0;
  let rest = 1 << log;
  while (rest > 0 && symbol < symbolLimit) {
    const width = 32 - Math.clz32(rest + 1);
    const lowMask = (1 << (width - 1)) - 1;
    const short = (1 << width) - 2 - rest;
    let value = bits() & ((lowMask << 1) | 1);
    if ((value & lowMask) < short) {
      value &= lowMask;
      at += width - 1;
    } else {
      if (value > lowMask) value -= short;
      at += width;
    }
    counts[symbol++] = value - 1;
    rest -= Math.abs(value - 1);
    for (let zeros = value === 1 ? 3 : 0; zeros === 3; symbol += zeros) {
      zeros = bits() & 3;
      at += 2;
      counts.fill(0, symbol, symbol + zeros);
    }
  }
  if (at > end * 8) throw new Error('a table runs over its block');
  if (rest > 0 || symbol > symbolLimit) throw new Error('the probabilities of a table do not add up');
  counted.log = log;
  counted.symbolCount = symbol;
  return { distribution: counted, end: (at + 7) >> 3 };
}

const spread = new Uint8Array(512);
const nextOf = new Uint16Array(256);

/** Lays the states of a distribution out in `steps`, at least `1 << log` of them. */
export function layStates({ log, counts, symbolCount }: Distribution, steps: Int32Array): void {
  const size = 1 << log;
  const stride = (size >> 1) + (size >> 3) + 3;
  let high = size - 1;
  for (let symbol = 0; symbol < symbolCount; symbol++) {
    nextOf[symbol] = Math.abs(counts[symbol]);
    if (counts[symbol] < 0) spread[high--] = symbol;
  }
  let place = 0;
  for (let symbol = 0; symbol < symbolCount; symbol++) {
    for (let left = counts[symbol]; left > 0; left--) {
      spread[place] = symbol;
      do place = (place + stride) & (size - 1);
      while (place > high);
    }
  }
  for (let state = 0; state < size; state++) {
    const symbol = spread[state];
    const next = nextOf[symbol]++;
    const bits = log - 31 + Math.clz32(next);
    steps[state] = ((next << bits) - size) | (bits << STEP_BITS_SHIFT) | (symbol << STEP_SYMBOL_SHIFT);
  }
}

/** A Huffman code: for the next `log` bits, the symbol they begin with and, above it, its number of bits. */
export interface Tree {
  log: number;
  readonly entries: Uint16Array;
}

/** A tree to be read. */
export function allotTree(): Tree {
  return { log: 0, entries: new Uint16Array(1 << MAX_TREE_LOG) };
}

const weights = new Uint8Array(256);
const weightSteps = new Int32Array(1 << MAX_WEIGHT_LOG);

/**
 * Reads the description of a tree into `tree`.
 *
 * @returns Where it ends.
 */
export function readTree(packed: Memory, from: number, end: number, tree: Tree): number {
  if (from >= end) throw new Error('a Huffman tree runs over its block');
  const size = packed.bytes[from];
  const packedBytes = size < 128 ? size : (size - 126) >> 1;
  const treeEnd = from + 1 + packedBytes;
  if (treeEnd > end) throw new Error('a Huffman tree runs over its block');
  let count = size - 127;
  if (size < 128) count = readWeights(packed, from + 1, treeEnd);
  else for (let i = 0; i < count; i++) weights[i] = (packed.bytes[from + 1 + (i >> 1)] >> (i & 1 ? 0 : 4)) & 15;
  growTree(count, tree);
  return treeEnd;
}

/** Weights that are packed as two states that take turns; the last to run out of bits ends them. */
function readWeights(packed: Memory, from: number, end: number): number {
  const { distribution, end: start } = readDistribution(packed, from, end, MAX_WEIGHT_LOG, 256);
  layStates(distribution, weightSteps);
  const { log } = distribution;
  let at = streamTop(packed, start, end);
  let state = top(peek(packed.view, at), log);
  let other = top(peek(packed.view, at - log), log);
  at -= 2 * log;
  if (at < start * 8) throw new Error('the weights of a Huffman tree are cut off');
  for (let count = 0; count < 254; ) {
    const step = weightSteps[state];
    weights[count++] = step >> STEP_SYMBOL_SHIFT;
    const bits = (step >> STEP_BITS_SHIFT) & 15;
    if (at - bits < start * 8) {
      weights[count++] = weightSteps[other] >> STEP_SYMBOL_SHIFT;
      return count;
    }
    state = other;
    other = (step & STEP_NEXT) + top(peek(packed.view, at), bits);
    at -= bits;
  }
  throw new Error('a Huffman tree has too many weights');
}

/** Where the entries of each weight begin. */
const placeOf = new Uint16Array(MAX_TREE_LOG + 2);

/** Makes the table of `count` weights and the last one, which completes their sum to a power of two. */
function growTree(count: number, tree: Tree): void {
  placeOf.fill(0);
  let sum = 0;
  for (let symbol = 0; symbol < count; symbol++) {
    const weight = weights[symbol];
    if (weight > MAX_TREE_LOG) throw new Error(`a Huffman code of ${weight} bits is too long`);
    if (weight > 0) sum += 1 << (weight - 1);
  }
  const log = 32 - Math.clz32(sum);
  const rest = (1 << log) - sum;
  if (sum === 0 || log > MAX_TREE_LOG || (rest & (rest - 1)) !== 0) throw new Error('a Huffman tree is not complete');
  weights[count] = 32 - Math.clz32(rest);
  for (let symbol = 0; symbol <= count; symbol++) {
    if (weights[symbol] > 0) placeOf[weights[symbol] + 1] += 1 << (weights[symbol] - 1);
  }
  if (placeOf[2] < 2) throw new Error('a Huffman tree is not complete');
  for (let weight = 1; weight <= log; weight++) placeOf[weight + 1] += placeOf[weight];
  for (let symbol = 0; symbol <= count; symbol++) {
    const weight = weights[symbol];
    if (weight === 0) continue;
    const place = placeOf[weight];
    placeOf[weight] += 1 << (weight - 1);
    tree.entries.fill(symbol | ((log + 1 - weight) << 8), place, placeOf[weight]);
  }
  tree.log = log;
}

/** Unpacks one Huffman stream to `count` bytes from `to` on. */
export function unpackStream(
  packed: Memory,
  from: number,
  end: number,
  { log, entries }: Tree,
  target: Uint8Array,
  to: number,
  count: number,
): void {
  const shift = 32 - log;
  const finish = unpackRest(
    packed.view,
    from * 8,
    streamTop(packed, from, end),
    shift,
    entries,
    target,
    to,
    to + count,
  );
  if (finish !== from * 8) throw new Error('a Huffman stream does not end where its literals do');
}

/** Unpacks what is left of a stream, from bit `first` down; returns the bit that was reached. */
function unpackRest(
  view: DataView,
  start: number,
  first: number,
  shift: number,
  entries: Uint16Array,
  target: Uint8Array,
  from: number,
  end: number,
): number {
  let at = first;
  for (let to = from; to < end && at >= start; to++) {
    const entry = entries[peek(view, at) >>> shift];
    target[to] = entry;
    at -= entry >> 8;
  }
  return at;
}

/** Unpacks the four Huffman streams of literals, a quarter of the bytes each, side by side. */
export function unpackStreams(
  packed: Memory,
  from: number,
  end: number,
  { log, entries }: Tree,
  target: Uint8Array,
  count: number,
): void {
  const { view } = packed;
  const each = (count + 3) >> 2;
  if (from + 6 > end || each * 3 > count) throw new Error('literals are too short for four streams');
  const start1 = from + 6;
  const start2 = start1 + view.getUint16(from, true);
  const start3 = start2 + view.getUint16(from + 2, true);
  const start4 = start3 + view.getUint16(from + 4, true);
  if (start4 >= end) throw new Error('Huffman streams run over their block');
  let at1 = streamTop(packed, start1, start2);
  let at2 = streamTop(packed, start2, start3);
  let at3 = streamTop(packed, start3, start4);
  let at4 = streamTop(packed, start4, end);
  const shift = 32 - log;
  const pairsEnd = (count - 3 * each) & ~1;
  let to = 0;
  for (; to < pairsEnd; to += 2) {
    if (((at1 - start1 * 8) | (at2 - start2 * 8) | (at3 - start3 * 8) | (at4 - start4 * 8)) < 0) break;
    const word1 = peek(view, at1);
    const word2 = peek(view, at2);
    const word3 = peek(view, at3);
    const word4 = peek(view, at4);
    const one1 = entries[word1 >>> shift];
    const one2 = entries[word2 >>> shift];
    const one3 = entries[word3 >>> shift];
    const one4 = entries[word4 >>> shift];
    const two1 = entries[(word1 << (one1 >> 8)) >>> shift];
    const two2 = entries[(word2 << (one2 >> 8)) >>> shift];
    const two3 = entries[(word3 << (one3 >> 8)) >>> shift];
    const two4 = entries[(word4 << (one4 >> 8)) >>> shift];
    target[to] = one1;
    target[to + 1] = two1;
    target[each + to] = one2;
    target[each + to + 1] = two2;
    target[2 * each + to] = one3;
    target[2 * each + to + 1] = two3;
    target[3 * each + to] = one4;
    target[3 * each + to + 1] = two4;
    at1 -= (one1 >> 8) + (two1 >> 8);
    at2 -= (one2 >> 8) + (two2 >> 8);
    at3 -= (one3 >> 8) + (two3 >> 8);
    at4 -= (one4 >> 8) + (two4 >> 8);
  }
  at1 = unpackRest(view, start1 * 8, at1, shift, entries, target, to, each);
  at2 = unpackRest(view, start2 * 8, at2, shift, entries, target, each + to, 2 * each);
  at3 = unpackRest(view, start3 * 8, at3, shift, entries, target, 2 * each + to, 3 * each);
  at4 = unpackRest(view, start4 * 8, at4, shift, entries, target, 3 * each + to, count);
  if (at1 !== start1 * 8 || at2 !== start2 * 8 || at3 !== start3 * 8 || at4 !== start4 * 8) {
    throw new Error('a Huffman stream does not end where its literals do');
  }
}
