/**
 * LZ4 frames, as the LZ4 Frame Format Description 1.6 and the LZ4 Block Format Description have them.
 *
 *     frame      magic 04 22 4d 18 | flags 1 | block maximum 1 | content size 0 or 8 | dictionary 0 or 4 | header checksum 1
 *                blocks | end mark 00 00 00 00 | content checksum 0 or 4
 *     block      size 4, highest bit: not packed | content | checksum 0 or 4
 *     sequence   token: literals << 4 | match - 4; 15 is followed by bytes to add, while they are 255
 *                literals | distance 2, little-endian | rest of the match length
 *     skippable  magic 5? 2a 4d 18 | size 4 | content
 *
 * Left out: checksums are not verified; frames that need a dictionary and the legacy frame (magic 02 21 4c 18) are
 * refused.
 */
import type { Unpacker } from './decompress.ts';

const LZ4_MAGIC = 0x184d2204;
const WINDOW_BYTES = 64 << 10;
const MIN_MATCH_BYTES = 4;

type Place = 'magic' | 'skippable' | 'header' | 'block' | 'content';

/** Unpacks LZ4 frames pushed in pieces; holds one block and the 64 KiB before it. */
export class Lz4Decoder implements Unpacker {
  private place: Place = 'magic';
  private held = new Uint8Array(64);
  private heldCount = 0;
  private neededBytes = 4;
  private skipBytes = 0;
  private blockMaxBytes = 0;
  private blockChecksumBytes = 0;
  private contentChecksumBytes = 0;
  private independent = true;
  private packedBlock = true;
  /** The window that matches reach back into, then the present block. */
  private window = new Uint8Array(0);
  private windowCount = 0;

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
    if (this.heldCount + count > this.held.length) {
      const grown = new Uint8Array(Math.max(this.neededBytes, this.held.length * 2));
      grown.set(this.held.subarray(0, this.heldCount));
      this.held = grown;
    }
    this.held.set(packed.subarray(offset, offset + count), this.heldCount);
    this.heldCount += count;
  }

  private expect(place: Place, neededBytes: number): void {
    this.place = place;
    this.neededBytes = neededBytes;
    this.heldCount = 0;
  }

  private word(at: number): number {
    const { held } = this;
    return (held[at] | (held[at + 1] << 8) | (held[at + 2] << 16) | (held[at + 3] << 24)) >>> 0;
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
        this.readBlockSize();
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
    if (magic !== LZ4_MAGIC) throw new Error('a frame does not begin with the lz4 magic number');
    this.expect('header', 3);
  }

  private readHeader(): void {
    const flags = this.held[0];
    const headerBytes = 3 + (flags & 0x08 ? 8 : 0) + (flags & 0x01 ? 4 : 0);
    if (this.neededBytes < headerBytes) {
      this.neededBytes = headerBytes;
      return;
    }
    if (flags >> 6 !== 1) throw new Error(`frame version ${flags >> 6} is not known`);
    if (flags & 0x01) throw new Error('the frame needs a dictionary');
    const sizeCode = (this.held[1] >> 4) & 7;
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

  private readBlockSize(): void {
    const word = this.word(0);
    if (word === 0) {
      this.skipBytes = this.contentChecksumBytes;
      this.expect('magic', 4);
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

  private readContent(output: Uint8Array[]): void {
    const start = this.independent ? 0 : this.slideWindow();
    const content = this.held.subarray(0, this.neededBytes);
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
