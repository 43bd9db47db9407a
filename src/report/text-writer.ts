/**
 * Text as octets (UTF-8), for what is written by the hundred megabytes: strings that are joined, and numbers that become
 * strings, take three times as long. What is appended again and again is a piece, which is copied in WebAssembly.
 */
import { formatAddress } from '../base/address.ts';
import { formatSecond, formatTime, NANOS_PER_SECOND, type TimeBase, toSeconds } from '../base/time.ts';
import { instantiate, type WebAssemblyMemory } from '../base/web-assembly.ts';
import { TEXT_BINARY } from './text-binary.ts';

/** What a UTF-16 unit of a JSON string takes at most. */
export const MOST_BYTES_A_UNIT = 6;

/** A text that was kept: the address of its octets. */
export type Piece = number;

/** assembly/text; all append at an address and return the one behind. */
interface TextExports {
  readonly memory: WebAssemblyMemory<ArrayBuffer>;
  readonly free: { readonly value: number };
  piece(at: number, piece: Piece): number;
  whole(at: number, piece: Piece, value: number): number;
  seconds(at: number, piece: Piece, nanos: number): number;
  time(at: number, piece: Piece, second: Piece, nanos: number): number;
  ipv4(at: number, piece: Piece, address: number): number;
}

const PAGE_BYTES = 1 << 16;
/** Pieces lie before this address, the text from it on. */
const TEXT_START = 8 * PAGE_BYTES;
/** Of the room for pieces, what is kept free for constants. */
const CONSTANT_BYTES = PAGE_BYTES;
/** Room behind the text that is there without being asked for: that of some hundred short pieces and numbers. */
const SLACK_BYTES = PAGE_BYTES;
/** A piece is copied so many octets at a time. */
const STRIDE_BYTES = 16;
const LENGTH_BYTES = 4;

const MAX_WHOLE = 0xffff_ffff;
/** JSON has smaller numbers of seconds with an exponent; of larger ones a float64 has no nanoseconds any more. */
const LEAST_NANOS = 1000;
const MOST_NANOS = 1e15;
/** Seconds whose text is kept: nearly all times of a connection are near those before. */
const SECONDS = 64;
const SECOND_BYTES = LENGTH_BYTES + 2 * STRIDE_BYTES;
const Octet = { SPACE: 0x20, QUOTE: 0x22, BACKSLASH: 0x5c, TILDE: 0x7e } as const;

export class TextWriter {
  readonly #exports = instantiate(TEXT_BINARY) as TextExports;
  readonly #encoder = new TextEncoder();
  #bytes = new Uint8Array(this.#exports.memory.buffer);
  #nextPiece: number;
  #at = TEXT_START;
  /** By place: the second whose text lies there. */
  readonly #seconds = new Float64Array(SECONDS).fill(Number.NaN);
  readonly #secondsAt: number;

  constructor() {
    this.#nextPiece = this.#exports.free.value;
    this.reserve(0);
    this.#secondsAt = this.#nextPiece + LENGTH_BYTES;
    this.#nextPiece += SECONDS * SECOND_BYTES;
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
    this.#put(piece, octets);
    return piece;
  }

  /** Makes room for so many octets more. */
  reserve(bytes: number): void {
    const missing = this.#at + bytes + SLACK_BYTES - this.#bytes.length;
    if (missing <= 0) return;
    const { memory } = this.#exports;
    memory.grow(Math.ceil(missing / PAGE_BYTES));
    this.#bytes = new Uint8Array(memory.buffer);
  }

  piece(piece: Piece): void {
    this.#at = this.#exports.piece(this.#at, piece);
  }

  /** A piece, and a whole number that is not negative. */
  whole(piece: Piece, value: number): void {
    if (value <= MAX_WHOLE) this.#at = this.#exports.whole(this.#at, piece, value);
    else this.plain(piece, String(value));
  }

  /** A piece, and nanoseconds as a decimal number of seconds. */
  seconds(piece: Piece, nanos: number): void {
    const whole = Math.round(nanos);
    if (whole >= LEAST_NANOS && whole < MOST_NANOS) this.#at = this.#exports.seconds(this.#at, piece, whole);
    else this.plain(piece, String(toSeconds(nanos)));
  }

  /** A piece, and a time as `formatTime` writes it, in quotes. */
  time(piece: Piece, base: TimeBase, timeNanos: number): void {
    if (!Number.isSafeInteger(timeNanos)) {
      this.plain(piece, `"${formatTime(base, timeNanos)}"`);
      return;
    }
    const second = Math.floor(timeNanos / NANOS_PER_SECOND);
    const nanos = timeNanos - second * NANOS_PER_SECOND;
    this.#at = this.#exports.time(this.#at, piece, this.#pieceOfSecond(base.epochSeconds + second), nanos);
  }

  /** A piece, and an address. */
  address(piece: Piece, ipVersion: 4 | 6, words: Int32Array): void {
    if (ipVersion === 4) this.#at = this.#exports.ipv4(this.#at, piece, words[0]);
    else this.plain(piece, formatAddress(ipVersion, words));
  }

  /** A piece, and text as it stands, of ASCII only. */
  plain(piece: Piece, text: string): void {
    this.reserve(text.length);
    this.piece(piece);
    const bytes = this.#bytes;
    let at = this.#at;
    for (let i = 0; i < text.length; i++) bytes[at++] = text.charCodeAt(i);
    this.#at = at;
  }

  /** A piece, and text as a JSON string. */
  quoted(piece: Piece, text: string): void {
    this.reserve(text.length + 2);
    this.piece(piece);
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
    this.reserve(text.length * MOST_BYTES_A_UNIT);
    this.#at += this.#encoder.encodeInto(text, this.#bytes.subarray(this.#at)).written;
  }

  /** What was appended since the last time; good until something is appended again. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(TEXT_START, this.#at);
    this.#at = TEXT_START;
    return taken;
  }

  #pieceOfSecond(second: number): Piece {
    const place = Math.abs(second % SECONDS);
    const piece = this.#secondsAt + place * SECOND_BYTES;
    if (this.#seconds[place] !== second) {
      this.#seconds[place] = second;
      this.#put(piece, this.#encoder.encode(formatSecond(second)));
    }
    return piece;
  }

  #put(piece: Piece, octets: Uint8Array): void {
    new DataView(this.#bytes.buffer).setUint32(piece - LENGTH_BYTES, octets.length, true);
    this.#bytes.set(octets, piece);
  }
}
