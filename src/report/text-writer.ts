/**
 * Text as octets (UTF-8), for what is written by the hundred megabytes: strings that are joined, and numbers that become
 * strings, take three times as long. What is appended again and again is a piece. What to append is noted first, as orders
 * in the memory of the core, and many of them are carried out there at once: a call of WebAssembly takes longer than most.
 */
import { formatTime, type TimeBase, toSeconds } from '../base/time.ts';
import { instantiate, type WebAssemblyMemory } from '../base/web-assembly.ts';
import { TEXT_BINARY } from './text-binary.ts';
import {
  EPOCH,
  FLOAT_ORDER_BYTES,
  IPV4,
  IPV6,
  LONG_ORDER_BYTES,
  MOMENT,
  PIECE_BITS,
  SECONDS,
  SHORT_ORDER_BYTES,
  TIME,
  WHOLE,
} from './text-layout.ts';

/** What a UTF-16 unit of a JSON string takes at most. */
const MOST_BYTES_A_UNIT = 6;

/** A text that was kept: the address of its octets. */
export type Piece = number;

/** assembly/text. */
interface TextExports {
  readonly memory: WebAssemblyMemory<ArrayBuffer>;
  readonly free: { readonly value: number };
  write(at: number, from: number, end: number): number;
}

const PAGE_BYTES = 1 << 16;
/** Pieces lie before this address, the text from it on. */
const TEXT_START = 8 * PAGE_BYTES;
/** Of the room for pieces, what is kept free for constants. */
const CONSTANT_BYTES = PAGE_BYTES;
/** What orders take before they are carried out. */
const ORDERS_BYTES = PAGE_BYTES / 4;
/** A piece is copied so many octets at a time, the last time too. */
const STRIDE_BYTES = 16;
const LENGTH_BYTES = 4;
const WORD_BYTES = 4;

const MAX_WHOLE = 0xffff_ffff;
/** JSON has smaller numbers of seconds with an exponent; of larger ones a float64 has no nanoseconds any more. */
const LEAST_NANOS = 1000;
const MOST_NANOS = 1e15;
const Octet = { SPACE: 0x20, QUOTE: 0x22, BACKSLASH: 0x5c, TILDE: 0x7e } as const;

/** What orders say, above the address of their piece. */
const Order = {
  WHOLE: WHOLE << PIECE_BITS,
  SECONDS: SECONDS << PIECE_BITS,
  TIME: TIME << PIECE_BITS,
  MOMENT: MOMENT << PIECE_BITS,
  IPV4: IPV4 << PIECE_BITS,
  IPV6: IPV6 << PIECE_BITS,
  EPOCH: EPOCH << PIECE_BITS,
} as const;
const SHORT_WORDS = SHORT_ORDER_BYTES / WORD_BYTES;
const FLOAT_WORDS = FLOAT_ORDER_BYTES / WORD_BYTES;
const LONG_WORDS = LONG_ORDER_BYTES / WORD_BYTES;

export class TextWriter {
  readonly #exports = instantiate(TEXT_BINARY) as TextExports;
  readonly #encoder = new TextEncoder();
  #bytes = new Uint8Array(0);
  #words = new Uint32Array(0);
  #doubles = new Float64Array(0);
  #nextPiece: number;
  #at = TEXT_START;
  /** Orders that are not carried out yet, as places in `#words`. */
  readonly #firstOrder: number;
  readonly #endOrder: number;
  #order: number;
  readonly #nothing: Piece;
  #epochSeconds = 0;

  constructor() {
    const orders = this.#exports.free.value;
    this.#firstOrder = orders / WORD_BYTES;
    this.#endOrder = (orders + ORDERS_BYTES - LONG_ORDER_BYTES) / WORD_BYTES;
    this.#order = this.#firstOrder;
    this.#nextPiece = orders + ORDERS_BYTES;
    this.#look();
    this.#reserve(0);
    this.#nothing = this.constant('');
  }

  /** Keeps a text to append; null when no more can be kept. */
  keep(text: string): Piece | null {
    return this.#keep(text, TEXT_START - CONSTANT_BYTES);
  }

  /** As `keep`, of one of a few texts for which there is always room. */
  constant(text: string): Piece {
    return this.#keep(text, TEXT_START) as Piece;
  }

  #keep(text: string, limit: number): Piece | null {
    const octets = this.#encoder.encode(text);
    const piece = this.#nextPiece + LENGTH_BYTES;
    const end = piece + Math.ceil(octets.length / STRIDE_BYTES) * STRIDE_BYTES;
    if (end > limit) return null;
    this.#nextPiece = end;
    this.#words[(piece - LENGTH_BYTES) / WORD_BYTES] = octets.length;
    this.#bytes.set(octets, piece);
    return piece;
  }

  piece(piece: Piece): void {
    this.#words[this.#order] = piece;
    this.#pass(SHORT_WORDS);
  }

  /** A piece, and a whole number that is not negative. */
  whole(piece: Piece, value: number): void {
    if (value > MAX_WHOLE) {
      this.plain(piece, String(value));
      return;
    }
    this.#words[this.#order] = Order.WHOLE | piece;
    this.#words[this.#order + 1] = value;
    this.#pass(SHORT_WORDS);
  }

  /** A piece, and nanoseconds as a decimal number of seconds. */
  seconds(piece: Piece, nanos: number): void {
    const whole = Math.round(nanos);
    if (whole >= LEAST_NANOS && whole < MOST_NANOS) this.#float(Order.SECONDS | piece, whole);
    else this.plain(piece, String(toSeconds(nanos)));
  }

  /** A piece, and a time as `formatTime` writes it, in quotes. */
  time(piece: Piece, base: TimeBase, timeNanos: number): void {
    if (Number.isSafeInteger(timeNanos)) {
      this.#countFrom(base);
      this.#float(Order.TIME | piece, timeNanos);
    } else this.plain(piece, `"${formatTime(base, timeNanos)}"`);
  }

  /** A piece, and a frame with its time: `7,"time":"2026-11-21T01:22:26.000000001Z"`. */
  moment(piece: Piece, frame: number, base: TimeBase, timeNanos: number): void {
    if (Number.isSafeInteger(timeNanos) && frame <= MAX_WHOLE) {
      this.#countFrom(base);
      this.#words[this.#order + 1] = frame;
      this.#float(Order.MOMENT | piece, timeNanos);
    } else this.plain(piece, `${frame},"time":"${formatTime(base, timeNanos)}"`);
  }

  #countFrom({ epochSeconds }: TimeBase): void {
    if (epochSeconds === this.#epochSeconds) return;
    this.#epochSeconds = epochSeconds;
    this.#float(Order.EPOCH | this.#nothing, epochSeconds);
  }

  #float(order: number, value: number): void {
    this.#words[this.#order] = order;
    this.#doubles[(this.#order + SHORT_WORDS) >> 1] = value;
    this.#pass(FLOAT_WORDS);
  }

  /** A piece, and an address. */
  address(piece: Piece, ipVersion: 4 | 6, words: Int32Array): void {
    const order = this.#order;
    if (ipVersion === 4) {
      this.#words[order] = Order.IPV4 | piece;
      this.#words[order + 1] = words[0];
      this.#pass(SHORT_WORDS);
      return;
    }
    this.#words[order] = Order.IPV6 | piece;
    for (let i = 0; i < 4; i++) this.#words[order + SHORT_WORDS + i] = words[i];
    this.#pass(LONG_WORDS);
  }

  /** A piece, and text as it stands, of ASCII only. */
  plain(piece: Piece, text: string): void {
    this.piece(piece);
    this.#reserve(text.length);
    const bytes = this.#bytes;
    let at = this.#at;
    for (let i = 0; i < text.length; i++) bytes[at++] = text.charCodeAt(i);
    this.#at = at;
  }

  /** A piece, and text as a JSON string. */
  quoted(piece: Piece, text: string): void {
    this.piece(piece);
    this.#reserve(text.length + 2);
    const bytes = this.#bytes;
    let at = this.#at;
    bytes[at++] = Octet.QUOTE;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      const isOdd = unit < Octet.SPACE || unit > Octet.TILDE || unit === Octet.QUOTE || unit === Octet.BACKSLASH;
      if (isOdd) {
        this.unicode(JSON.stringify(text));
        return;
      }
      bytes[at++] = unit;
    }
    bytes[at++] = Octet.QUOTE;
    this.#at = at;
  }

  /** Text as it stands. */
  unicode(text: string): void {
    this.#reserve(text.length * MOST_BYTES_A_UNIT);
    this.#at += this.#encoder.encodeInto(text, this.#bytes.subarray(this.#at)).written;
  }

  /** What was appended since the last time; good until something is appended again. */
  take(): Uint8Array {
    this.#write();
    const taken = this.#bytes.subarray(TEXT_START, this.#at);
    this.#at = TEXT_START;
    return taken;
  }

  /** An order of so many words is noted. */
  #pass(words: number): void {
    this.#order += words;
    if (this.#order > this.#endOrder) this.#write();
  }

  /** Carries the orders out. */
  #write(): void {
    if (this.#order === this.#firstOrder) return;
    this.#at = this.#exports.write(this.#at, this.#firstOrder * WORD_BYTES, this.#order * WORD_BYTES);
    this.#order = this.#firstOrder;
    // Memory that has grown is to be looked at anew.
    if (this.#bytes.length === 0) this.#look();
  }

  /** Makes room for so many octets behind all that was appended so far. */
  #reserve(bytes: number): void {
    this.#write();
    const missing = this.#at + bytes - this.#bytes.length;
    if (missing <= 0) return;
    this.#exports.memory.grow(Math.ceil(missing / PAGE_BYTES));
    this.#look();
  }

  #look(): void {
    const { buffer } = this.#exports.memory;
    this.#bytes = new Uint8Array(buffer);
    this.#words = new Uint32Array(buffer);
    this.#doubles = new Float64Array(buffer);
  }
}
