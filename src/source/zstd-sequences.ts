/**
 * The sequences of a zstd block: copy so many literals, then so many bytes from that far back (RFC 8878 §3.1.1.3.2,
 * §3.1.1.4).
 *
 *     sequences  count 1..3 | modes 1: literal lengths 2 bits, offsets 2, match lengths 2, reserved 2 | tables | stream
 *     mode       0 predefined table, 1 one symbol only, 2 distribution, 3 the table of the block before
 *     stream     the three first states, then for each sequence: bits of the offset, of the match length, of the literal
 *                length, then, if another follows, of the next states of literal length, match length and offset
 *
 * Left out: nothing.
 */
import type { Memory } from './padded-memory.ts';
import {
  layStates,
  peek,
  readDistribution,
  STEP_BITS_SHIFT,
  STEP_NEXT,
  STEP_SYMBOL_SHIFT,
  streamTop,
  top,
} from './zstd-entropy.ts';

/** The states of one kind of number: what the bits of the number are added to, and the step. */
interface SequenceTable {
  log: number;
  readonly bases: Int32Array;
  /** As of {@link layStates}, with the number of bits in the symbol's place. */
  readonly steps: Int32Array;
}

/** What is known of one of the three kinds of numbers before any block. */
interface Kind {
  readonly what: string;
  readonly maxLog: number;
  /** Bits that belong to each symbol. */
  readonly extraBits: readonly number[];
  readonly bases: readonly number[];
  readonly predefined: SequenceTable;
}

const MAX_LOG = 9;
/** Bits that `peek` gives at the least. */
const PEEKED_BITS = 24;
/** An offset with so many bits reaches back further than any window that is allowed. */
const MAX_OFFSET_BITS = 27;

function allotTable(): SequenceTable {
  return { log: 0, bases: new Int32Array(1 << MAX_LOG), steps: new Int32Array(1 << MAX_LOG) };
}

/** Gives the states of a table, which have symbols, the numbers that these stand for. */
function giveNumbers(table: SequenceTable, log: number, { extraBits, bases }: Pick<Kind, 'extraBits' | 'bases'>): void {
  for (let state = 0; state < 1 << log; state++) {
    const step = table.steps[state];
    const symbol = step >> STEP_SYMBOL_SHIFT;
    table.bases[state] = bases[symbol];
    table.steps[state] = (step & ((1 << STEP_SYMBOL_SHIFT) - 1)) | (extraBits[symbol] << STEP_SYMBOL_SHIFT);
  }
  table.log = log;
}

function describeKind(what: string, maxLog: number, extraBits: number[], first: number, shares: number[]): Kind {
  const bases: number[] = [];
  let base = first;
  for (const bits of extraBits) {
    bases.push(base);
    base += 2 ** bits;
  }
  const log = 31 - Math.clz32(shares.reduce((sum, share) => sum + Math.abs(share), 0));
  const predefined = allotTable();
  layStates({ log, counts: Int16Array.from(shares), symbolCount: shares.length }, predefined.steps);
  giveNumbers(predefined, log, { extraBits, bases });
  return { what, maxLog, extraBits, bases, predefined };
}

const LITERAL_LENGTHS = describeKind(
  'literal lengths',
  9,
  [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
  0,
  [4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1],
);
const OFFSETS = describeKind(
  'offsets',
  8,
  Array.from({ length: 32 }, (_, code) => code),
  1,
  [1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1],
);
const MATCH_LENGTHS = describeKind(
  'match lengths',
  9,
  [...new Array(32).fill(0), 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
  3,
  [1, 4, 3, 2, 2, 2, 2, 2, 2, ...new Array(37).fill(1), -1, -1, -1, -1, -1, -1, -1],
);

/** The table of one kind of numbers from block to block. */
class TableKeeper {
  private readonly kind: Kind;
  private readonly own = allotTable();
  /** Null before the first block of a frame that has sequences. */
  private present: SequenceTable | null = null;

  constructor(kind: Kind) {
    this.kind = kind;
  }

  reset(): void {
    this.present = null;
  }

  get table(): SequenceTable {
    if (this.present === null) throw new Error(`a block repeats a table of ${this.kind.what}, and there is none`);
    return this.present;
  }

  /** Reads what the mode says follows; returns where it ends. */
  read(mode: number, packed: Memory, from: number, end: number): number {
    const { kind, own } = this;
    switch (mode) {
      case 0:
        this.present = kind.predefined;
        return from;
      case 1: {
        const symbol = packed.bytes[from];
        if (from >= end || symbol >= kind.extraBits.length) throw new Error(`a block has no such ${kind.what}`);
        own.steps[0] = symbol << STEP_SYMBOL_SHIFT;
        giveNumbers(own, 0, kind);
        this.present = own;
        return from + 1;
      }
      case 2: {
        const read = readDistribution(packed, from, end, kind.maxLog, kind.extraBits.length);
        layStates(read.distribution, own.steps);
        giveNumbers(own, read.distribution.log, kind);
        this.present = own;
        return read.end;
      }
      default:
        return from;
    }
  }
}

/** Where the output of a block goes: `memory` from `to` to `limit`, after `floor`, with matches of the window's size. */
export interface Target {
  readonly memory: Memory;
  readonly floor: number;
  readonly to: number;
  readonly limit: number;
  readonly windowBytes: number;
}

/** Literals of a block: `count` bytes at `from`, with {@link PAD_BYTES} behind them. */
export interface Literals {
  readonly memory: Memory;
  readonly from: number;
  readonly count: number;
}

/** Reads the sequences of the blocks of a frame, with what each block keeps for the next. */
export class SequenceDecoder {
  private readonly literalLengths = new TableKeeper(LITERAL_LENGTHS);
  private readonly offsets = new TableKeeper(OFFSETS);
  private readonly matchLengths = new TableKeeper(MATCH_LENGTHS);
  private readonly recent = Int32Array.of(1, 4, 8);

  /** Forgets the frame before. */
  reset(): void {
    this.literalLengths.reset();
    this.offsets.reset();
    this.matchLengths.reset();
    this.recent.set([1, 4, 8]);
  }

  /**
   * Carries out the sequences at `from` to `end`.
   *
   * @returns Where the block's output ends.
   */
  unpack(packed: Memory, from: number, end: number, literals: Literals, target: Target): number {
    const { bytes } = packed;
    if (from >= end) throw new Error('the sequences run over their block');
    let count = bytes[from];
    let at = from + 1;
    if (count === 255) {
      count = 0x7f00 + (bytes[at] | (bytes[at + 1] << 8));
      at += 2;
    } else if (count > 127) {
      count = ((count - 128) << 8) | bytes[at++];
    }
    if (count === 0 && at === end) return appendLiterals(literals, literals.from, target, target.to);
    const modes = bytes[at++];
    if (at > end) throw new Error('the sequences run over their block');
    if (count === 0) throw new Error('something follows in a block without sequences');
    if (modes & 3) throw new Error('a reserved mode of sequences is used');
    at = this.literalLengths.read(modes >> 6, packed, at, end);
    at = this.offsets.read((modes >> 4) & 3, packed, at, end);
    at = this.matchLengths.read((modes >> 2) & 3, packed, at, end);
    return this.run(packed, at, end, count, literals, target);
  }

  private run(packed: Memory, start: number, end: number, count: number, literals: Literals, target: Target): number {
    const { view } = packed;
    const { memory, floor, limit, windowBytes } = target;
    const { recent } = this;
    const { log: literalLog, bases: literalBases, steps: literalSteps } = this.literalLengths.table;
    const { log: offsetLog, bases: offsetBases, steps: offsetSteps } = this.offsets.table;
    const { log: matchLog, bases: matchBases, steps: matchSteps } = this.matchLengths.table;
    const literalsEnd = literals.from + literals.count;
    const startBit = start * 8;
    let at = streamTop(packed, start, end);
    let literalState = top(peek(view, at), literalLog);
    at -= literalLog;
    let offsetState = top(peek(view, at), offsetLog);
    at -= offsetLog;
    let matchState = top(peek(view, at), matchLog);
    at -= matchLog;
    let from = literals.from;
    let to = target.to;
    for (let left = count; ; ) {
      const offsetStep = offsetSteps[offsetState];
      const matchStep = matchSteps[matchState];
      const literalStep = literalSteps[literalState];
      const offsetBits = offsetStep >> STEP_SYMBOL_SHIFT;
      const matchBits = matchStep >> STEP_SYMBOL_SHIFT;
      const literalBits = literalStep >> STEP_SYMBOL_SHIFT;
      const offset = offsetBases[offsetState] + longBits(view, at, offsetBits);
      at -= offsetBits;
      let word = peek(view, at);
      at -= matchBits + literalBits;
      const matchBytes = matchBases[matchState] + top(word, matchBits);
      word = matchBits + literalBits > PEEKED_BITS ? peek(view, at + literalBits) : word << matchBits;
      const literalBytes = literalBases[literalState] + top(word, literalBits);
      const distance = takeOffset(recent, offset, literalBytes);
      if (--left > 0) {
        word = peek(view, at);
        const bits = (literalStep >> STEP_BITS_SHIFT) & 15;
        literalState = (literalStep & STEP_NEXT) + top(word, bits);
        const moreBits = (matchStep >> STEP_BITS_SHIFT) & 15;
        matchState = (matchStep & STEP_NEXT) + top(word << bits, moreBits);
        at -= bits + moreBits;
        const lastBits = (offsetStep >> STEP_BITS_SHIFT) & 15;
        offsetState = (offsetStep & STEP_NEXT) + top(peek(view, at), lastBits);
        at -= lastBits;
      }
      if (at < startBit) throw new Error('the sequences of a block are cut off');
      if (literalBytes > literalsEnd - from) throw new Error('a block has fewer literals than its sequences take');
      if (literalBytes + matchBytes > limit - to) throw new Error('a block unpacks to more than its frame allows');
      copyLiterals(literals.memory, from, memory, to, literalBytes);
      from += literalBytes;
      to += literalBytes;
      if (distance > to - floor || distance > windowBytes) throw new Error('a match reaches back too far');
      copyMatch(memory, to, distance, matchBytes);
      to += matchBytes;
      if (left === 0) break;
    }
    if (at !== startBit) throw new Error('the sequences of a block end before their bits do');
    return appendLiterals(literals, from, target, to);
  }
}

/** The highest `count` bits below a position, up to 27; nothing sensible when there are more. */
function longBits(view: DataView, at: number, count: number): number {
  if (count <= PEEKED_BITS) return top(peek(view, at), count);
  if (count > MAX_OFFSET_BITS) throw new Error('a match reaches back too far');
  const low = count - PEEKED_BITS;
  return (top(peek(view, at), PEEKED_BITS) << low) | top(peek(view, at - PEEKED_BITS), low);
}

/** What an offset means: a distance + 3, or one of the three latest, of which the present one becomes the first. */
function takeOffset(recent: Int32Array, offset: number, literalBytes: number): number {
  let distance: number;
  if (offset > 3) {
    distance = offset - 3;
    recent[2] = recent[1];
  } else {
    const place = literalBytes === 0 ? offset : offset - 1;
    if (place === 0) return recent[0];
    distance = place === 3 ? recent[0] - 1 : recent[place];
    if (distance === 0) throw new Error('a match of distance 0');
    if (place > 1) recent[2] = recent[1];
  }
  recent[1] = recent[0];
  recent[0] = distance;
  return distance;
}

/** More bytes than this are faster to copy by a call. */
const LOOP_BYTES = 64;

/** Copies 8 bytes at a time, so up to 7 too many. */
function copyLiterals(literals: Memory, from: number, memory: Memory, to: number, count: number): void {
  if (count > LOOP_BYTES) {
    memory.bytes.set(literals.bytes.subarray(from, from + count), to);
    return;
  }
  for (let i = 0; i < count; i += 8) {
    memory.view.setInt32(to + i, literals.view.getInt32(from + i, true), true);
    memory.view.setInt32(to + i + 4, literals.view.getInt32(from + i + 4, true), true);
  }
}

function copyMatch({ bytes, view }: Memory, to: number, distance: number, count: number): void {
  const from = to - distance;
  if (distance < 4) {
    if (distance === 1) bytes.fill(bytes[from], to, to + count);
    else for (let i = 0; i < count; i++) bytes[to + i] = bytes[from + i];
  } else if (count > LOOP_BYTES && distance >= count) {
    bytes.copyWithin(to, from, from + count);
  } else {
    for (let i = 0; i < count; i += 8) {
      view.setInt32(to + i, view.getInt32(from + i, true), true);
      view.setInt32(to + i + 4, view.getInt32(from + i + 4, true), true);
    }
  }
}

/** Appends the literals that no sequence took. */
function appendLiterals({ memory, from, count }: Literals, taken: number, target: Target, to: number): number {
  const end = from + count;
  if (end - taken > target.limit - to) throw new Error('a block unpacks to more than its frame allows');
  target.memory.bytes.set(memory.bytes.subarray(taken, end), to);
  return to + end - taken;
}
