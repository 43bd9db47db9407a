/**
 * LZ4 frames, as the LZ4 Frame Format Description 1.6 and the LZ4 Block Format Description have them.
 *
 *     frame      magic 04 22 4d 18 | flags 1 | block maximum 1 | content size 0 or 8 | dictionary 0 or 4 | header checksum 1
 *                blocks | end mark 00 00 00 00 | content checksum 0 or 4
 *     block      size 4, highest bit: not packed | content | checksum 0 or 4
 *     sequence   token: literals << 4 | match - 4; 15 is followed by bytes to add, while they are 255
 *                literals | distance 2, little-endian | rest of the match length
 *
 * Left out: checksums are not verified; frames that need a dictionary and the legacy frame (magic 02 21 4c 18) are
 * refused.
 */
import { FrameReader } from './frame-reader.ts';
import { PAD_BYTES } from './padded-memory.ts';

const LZ4_MAGIC = 0x184d2204;
const WINDOW_BYTES = 64 << 10;
const MIN_MATCH_BYTES = 4;

/** Unpacks LZ4 frames pushed in pieces; holds one block and the 64 KiB before it. */
export class Lz4Decoder extends FrameReader {
  private blockMaxBytes = 0;
  private blockChecksumBytes = 0;
  private contentChecksumBytes = 0;
  private independent = true;
  private packedBlock = true;
  /** The window that matches reach back into, then the present block. */
  private window = new Uint8Array(0);
  private windowCount = 0;

  constructor() {
    super('lz4', LZ4_MAGIC, 3);
  }

  protected readHeader(): void {
    const { bytes } = this.held;
    const flags = bytes[PAD_BYTES];
    const headerBytes = 3 + (flags & 0x08 ? 8 : 0) + (flags & 0x01 ? 4 : 0);
    if (this.neededBytes < headerBytes) {
      this.neededBytes = headerBytes;
      return;
    }
    if (flags >> 6 !== 1) throw new Error(`frame version ${flags >> 6} is not known`);
    if (flags & 0x01) throw new Error('the frame needs a dictionary');
    const sizeCode = (bytes[PAD_BYTES + 1] >> 4) & 7;
    if (sizeCode < 4) throw new Error(`block size code ${sizeCode} is not known`);
    this.blockMaxBytes = 1 << (8 + 2 * sizeCode);
    this.independent = (flags & 0x20) !== 0;
    this.blockChecksumBytes = flags & 0x10 ? 4 : 0;
    this.contentChecksumBytes = flags & 0x04 ? 4 : 0;
    const capacity = WINDOW_BYTES + this.blockMaxBytes;
    if (this.window.length < capacity) this.window = new Uint8Array(capacity);
    this.windowCount = 0;
    this.expect('block', 4);
  }

  protected readBlockHeader(): void {
    const word = this.word(0);
    if (word === 0) {
      this.expectFrame(this.contentChecksumBytes);
      return;
    }
    const contentBytes = word & 0x7fffffff;
    if (contentBytes > this.blockMaxBytes) {
      throw new Error(`a block of ${contentBytes} bytes is larger than the ${this.blockMaxBytes} its frame allows`);
    }
    this.packedBlock = word < 0x80000000;
    if (contentBytes > 0) {
      this.expect('content', contentBytes);
      return;
    }
    this.skipBytes = this.blockChecksumBytes;
    this.expect('block', 4);
  }

  protected readContent(output: Uint8Array[]): void {
    const start = this.independent ? 0 : this.slideWindow();
    const content = this.held.bytes.subarray(PAD_BYTES, PAD_BYTES + this.neededBytes);
    let end: number;
    if (this.packedBlock) {
      end = unpackBlock(content, this.window, start, start + this.blockMaxBytes);
    } else {
      this.window.set(content, start);
      end = start + content.length;
    }
    this.windowCount = end;
    // A copy: the next block of the same push is unpacked into the same memory.
    if (end > start) output.push(this.window.slice(start, end));
    this.skipBytes = this.blockChecksumBytes;
    this.expect('block', 4);
  }

  /** Keeps the last 64 KiB of what was unpacked at the beginning of the window; returns how much that is. */
  private slideWindow(): number {
    const kept = Math.min(this.windowCount, WINDOW_BYTES);
    this.window.copyWithin(0, this.windowCount - kept, this.windowCount);
    return kept;
  }
}

/** Unpacks one block into `window` from `start` on and returns the end; matches may reach back to index 0. */
function unpackBlock(packed: Uint8Array, window: Uint8Array, start: number, limit: number): number {
  let from = 0;
  let to = start;
  while (from < packed.length) {
    const token = packed[from++];
    let literals = token >> 4;
    if (literals === 15) {
      let more = 255;
      while (more === 255 && from < packed.length) {
        more = packed[from++];
        literals += more;
      }
    }
    if (literals > packed.length - from || literals > limit - to) throw new Error('literals run over their block');
    window.set(packed.subarray(from, from + literals), to);
    from += literals;
    to += literals;
    if (from >= packed.length) return to;
    const distance = packed[from] | (packed[from + 1] << 8);
    from += 2;
    if (from > packed.length || distance === 0 || distance > to) throw new Error('a match reaches back too far');
    let count = (token & 15) + MIN_MATCH_BYTES;
    if ((token & 15) === 15) {
      let more = 255;
      while (more === 255 && from < packed.length) {
        more = packed[from++];
        count += more;
      }
    }
    if (count > limit - to) throw new Error('a match runs over its block');
    if (distance >= count) window.copyWithin(to, to - distance, to - distance + count);
    else for (let i = 0; i < count; i++) window[to + i] = window[to + i - distance];
    to += count;
  }
  return to;
}
