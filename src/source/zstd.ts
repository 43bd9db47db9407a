/**
 * Zstandard frames, as RFC 8878 has them.
 *
 *     frame      magic 28 b5 2f fd | descriptor 1 | window 0 or 1 | dictionary 0..4 | content size 0..8 | blocks | checksum 0 or 4
 *     descriptor content size's length 2 bits | one segment, no window 1 | unused 1 | reserved 1 | checksum 1 | dictionary's length 2
 *     block      header 3, little-endian: last 1 bit, type 2 bits, size 21 bits | content
 *     type       0 stored, 1 one byte that is repeated, 2 compressed (zstd-block.ts), 3 reserved
 *     skippable  magic 5? 2a 4d 18 | size 4 | content
 *
 * Left out: dictionaries; windows above 128 MiB, which the zstd command refuses too unless told otherwise; the checksum
 * (XXH64, in JavaScript two thirds of the time that unpacking takes) is not verified.
 *
 * Work and memory are bounded by what comes out: a block gives 128 KiB at the most, and the window grows with what was
 * unpacked, whatever its size is claimed to be.
 */
import type { Unpacker } from './decompress.ts';
import { BlockDecoder } from './zstd-block.ts';
import { allot, PAD_BYTES } from './zstd-entropy.ts';

const ZSTD_MAGIC = 0xfd2fb528;
const MAX_WINDOW_BYTES = 128 << 20;
const MAX_BLOCK_BYTES = 128 << 10;
/** Room behind the window, so that it is moved to the front of its memory only now and then; half of a large window. */
const ROOM_BYTES = 8 << 20;
const CONTENT_SIZE_BYTES = [0, 2, 4, 8];
const DICTIONARY_BYTES = [0, 1, 2, 4];

type Place = 'magic' | 'skippable' | 'header' | 'block' | 'content';

/** Unpacks zstd frames pushed in pieces; holds one packed block and the window before it. */
export class ZstdDecoder implements Unpacker {
  private readonly blocks = new BlockDecoder();
  private place: Place = 'magic';
  /** Of the present unit, behind {@link PAD_BYTES} of zeros. */
  private held = allot(PAD_BYTES + 64);
  private heldCount = 0;
  private neededBytes = 4;
  private skipBytes = 0;
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

  push(packed: Uint8Array, output: Uint8Array[]): void {
    let offset = 0;
    while (offset < packed.length) {
      const wanted = this.skipBytes > 0 ? this.skipBytes : this.neededBytes - this.heldCount;
      const taken = Math.min(wanted, packed.length - offset);
      if (this.skipBytes > 0) this.skipBytes -= taken;
      else this.hold(packed, offset, taken);
      offset += taken;
      if (this.skipBytes === 0 && this.heldCount === this.neededBytes) this.readUnit(output);
    }
  }

  end(_output: Uint8Array[]): void {
    if (this.place !== 'magic' || this.heldCount > 0 || this.skipBytes > 0) {
      throw new Error('the packed data stops too early');
    }
  }

  private hold(packed: Uint8Array, offset: number, count: number): void {
    const at = PAD_BYTES + this.heldCount;
    if (at + count + PAD_BYTES > this.held.bytes.length) {
      const grown = allot(Math.max(PAD_BYTES + this.neededBytes, this.held.bytes.length * 2));
      grown.bytes.set(this.held.bytes.subarray(0, at));
      this.held = grown;
    }
    this.held.bytes.set(packed.subarray(offset, offset + count), at);
    this.heldCount += count;
  }

  private expect(place: Place, neededBytes: number): void {
    this.place = place;
    this.neededBytes = neededBytes;
    this.heldCount = 0;
  }

  private word(at: number): number {
    return this.held.view.getUint32(PAD_BYTES + at, true);
  }

  private readUnit(output: Uint8Array[]): void {
    switch (this.place) {
      case 'magic':
        this.readMagic();
        break;
      case 'skippable':
        this.skipBytes = this.word(0);
        this.expect('magic', 4);
        break;
      case 'header':
        this.readHeader();
        break;
      case 'block':
        this.readBlockHeader(output);
        break;
      case 'content':
        this.readContent(output);
    }
  }

  private readMagic(): void {
    const magic = this.word(0);
    if ((magic & 0xfffffff0) >>> 0 === 0x184d2a50) {
      this.expect('skippable', 4);
      return;
    }
    if (magic !== ZSTD_MAGIC) throw new Error('a frame does not begin with the zstd magic number');
    this.expect('header', 1);
  }

  private readHeader(): void {
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

  private readBlockHeader(output: Uint8Array[]): void {
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

  private readContent(output: Uint8Array[]): void {
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
    this.skipBytes = this.checksumBytes;
    this.expect('magic', 4);
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
