/**
 * Zstandard frames, as RFC 8878 has them.
 *
 *     frame      magic 28 b5 2f fd | descriptor 1 | window 0 or 1 | dictionary 0..4 | content size 0..8 | blocks | checksum 0 or 4
 *     descriptor content size's length 2 bits | one segment, no window 1 | unused 1 | reserved 1 | checksum 1 | dictionary's length 2
 *     block      header 3, little-endian: last 1 bit, type 2 bits, size 21 bits | content
 *     type       0 stored, 1 one byte that is repeated, 2 compressed (zstd-block.ts), 3 reserved
 *
 * Left out: dictionaries; windows above 128 MiB, which the zstd command refuses too unless told otherwise; the checksum
 * (XXH64, in JavaScript two thirds of the time that unpacking takes) is not verified.
 *
 * Work and memory are bounded by what comes out: a block gives 128 KiB at the most, and the window grows with what was
 * unpacked, whatever its size is claimed to be.
 */
import { FrameReader } from './frame-reader.ts';
import { allot, PAD_BYTES } from './padded-memory.ts';
import { BlockDecoder } from './zstd-block.ts';

const ZSTD_MAGIC = 0xfd2fb528;
const MAX_WINDOW_BYTES = 128 << 20;
const MAX_BLOCK_BYTES = 128 << 10;
/** Room behind the window, so that it is moved to the front of its memory only now and then; half of a large window. */
const ROOM_BYTES = 8 << 20;
const CONTENT_SIZE_BYTES = [0, 2, 4, 8];
const DICTIONARY_BYTES = [0, 1, 2, 4];

/** Unpacks zstd frames pushed in pieces; holds one packed block and the window before it. */
export class ZstdDecoder extends FrameReader {
  private readonly blocks = new BlockDecoder();
  private windowBytes = 0;
  private maxBlockBytes = 0;
  /** -1 when the frame does not tell. */
  private contentBytes = -1;
  private unpackedBytes = 0;
  private checksumBytes = 0;
  private blockType = 0;
  private blockBytes = 0;
  private isLastBlock = false;
  /** What was unpacked of the frame, from `frameStart` to `filled`, or the part of it that matches may refer to. */
  private window = allot(0);
  private frameStart = 0;
  private filled = 0;

  constructor() {
    super('zstd', ZSTD_MAGIC, 1);
  }

  protected readHeader(): void {
    const descriptor = this.held.bytes[PAD_BYTES];
    const isOneSegment = (descriptor & 0x20) !== 0;
    const dictionaryAt = isOneSegment ? 1 : 2;
    const contentSizeAt = dictionaryAt + DICTIONARY_BYTES[descriptor & 3];
    const contentSizeBytes = CONTENT_SIZE_BYTES[descriptor >> 6] || (isOneSegment ? 1 : 0);
    if (this.neededBytes < contentSizeAt + contentSizeBytes) {
      this.neededBytes = contentSizeAt + contentSizeBytes;
      return;
    }
    if (descriptor & 0x08) throw new Error('a reserved bit of a frame is set');
    const dictionary = this.number(dictionaryAt, contentSizeAt - dictionaryAt);
    if (dictionary !== 0) throw new Error(`the frame needs a dictionary, number ${dictionary}`);
    this.contentBytes = contentSizeBytes === 0 ? -1 : this.number(contentSizeAt, contentSizeBytes);
    if (contentSizeBytes === 2) this.contentBytes += 256;
    const window = this.held.bytes[PAD_BYTES + 1];
    this.windowBytes = isOneSegment ? this.contentBytes : 2 ** (10 + (window >> 3)) * (1 + (window & 7) / 8);
    if (this.windowBytes > MAX_WINDOW_BYTES) {
      throw new Error(`its window of ${this.windowBytes} bytes is larger than the ${MAX_WINDOW_BYTES} allowed`);
    }
    this.maxBlockBytes = Math.min(this.windowBytes, MAX_BLOCK_BYTES);
    this.checksumBytes = descriptor & 0x04 ? 4 : 0;
    this.unpackedBytes = 0;
    this.frameStart = this.filled;
    this.blocks.reset();
    this.expect('block', 3);
  }

  /** A little-endian number of 0 to 8 bytes. */
  private number(at: number, count: number): number {
    let value = 0;
    for (let i = count - 1; i >= 0; i--) value = value * 256 + this.held.bytes[PAD_BYTES + at + i];
    return value;
  }

  protected readBlockHeader(output: Uint8Array[]): void {
    const header = this.number(0, 3);
    this.isLastBlock = (header & 1) !== 0;
    this.blockType = (header >> 1) & 3;
    this.blockBytes = header >> 3;
    if (this.blockType === 3) throw new Error('a block is of the reserved type');
    if (this.blockBytes > this.maxBlockBytes) {
      throw new Error(`a block of ${this.blockBytes} bytes is larger than the ${this.maxBlockBytes} its frame allows`);
    }
    this.expect('content', this.blockType === 1 ? 1 : this.blockBytes);
    if (this.neededBytes === 0) this.readContent(output);
  }

  protected readContent(output: Uint8Array[]): void {
    this.reserve(output);
    const { bytes } = this.window;
    const contentEnd = PAD_BYTES + this.neededBytes;
    const start = this.filled;
    let end = start + this.blockBytes;
    if (this.blockType === 0) {
      bytes.set(this.held.bytes.subarray(PAD_BYTES, contentEnd), start);
    } else if (this.blockType === 1) {
      bytes.fill(this.held.bytes[PAD_BYTES], start, end);
    } else {
      const limit = start + this.maxBlockBytes;
      const { window: memory, frameStart: floor, windowBytes } = this;
      end = this.blocks.unpack(this.held, PAD_BYTES, contentEnd, { memory, floor, to: start, limit, windowBytes });
    }
    this.filled = end;
    if (end > start) output.push(bytes.subarray(start, end));
    this.unpackedBytes += end - start;
    if (this.isLastBlock) this.endFrame();
    else this.expect('block', 3);
  }

  private endFrame(): void {
    if (this.contentBytes >= 0 && this.unpackedBytes !== this.contentBytes) {
      throw new Error(`a frame unpacks to ${this.unpackedBytes} bytes, not to the ${this.contentBytes} it tells`);
    }
    this.expectFrame(this.checksumBytes);
  }

  /** Makes room for a block: in larger memory while the window is not full, otherwise by moving the window to the front. */
  private reserve(output: Uint8Array[]): void {
    const { window, filled } = this;
    const capacity = window.bytes.length - PAD_BYTES;
    if (filled + this.maxBlockBytes <= capacity) return;
    const kept = Math.min(filled - this.frameStart, this.windowBytes);
    const most = this.windowBytes + Math.max(ROOM_BYTES, this.windowBytes >> 1);
    const wanted = Math.min(most, 2 * Math.max(capacity, kept + this.maxBlockBytes));
    if (wanted > capacity) {
      this.window = allot(wanted);
      this.window.bytes.set(window.bytes.subarray(filled - kept, filled));
    } else {
      // What this push handed out already would be overwritten.
      for (let i = 0; i < output.length; i++) {
        if (output[i].buffer === window.bytes.buffer) output[i] = output[i].slice();
      }
      window.bytes.copyWithin(0, filled - kept, filled);
    }
    this.frameStart = 0;
    this.filled = kept;
  }
}
