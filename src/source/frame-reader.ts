/**
 * What LZ4 and zstd have in common: frames one after the other, each with a magic number, and skippable ones among them.
 *
 *     skippable  magic 5? 2a 4d 18 | size 4 | content
 */

import type { Unpacker } from './decompress.ts';
import type { Compression } from './detect.ts';
import { allot, type Memory, PAD_BYTES } from './padded-memory.ts';

const MAGIC_BYTES = 4;
const SKIPPABLE_MAGIC = 0x184d2a50;

type Place = 'magic' | 'skippable' | 'header' | 'block' | 'content';

/** Cuts frames pushed in pieces into the units that a decoder asks for, and holds the present one. */
export abstract class FrameReader implements Unpacker {
  /** The present unit, behind {@link PAD_BYTES} of zeros. */
  protected held: Memory = allot(PAD_BYTES + 64);
  protected neededBytes = MAGIC_BYTES;
  /** Bytes to be skipped before the next unit. */
  protected skipBytes = 0;
  private heldCount = 0;
  private place: Place = 'magic';
  private readonly name: Compression;
  private readonly magic: number;
  private readonly headerBytes: number;

  /** `headerBytes` are those of a frame's header that always follow the magic number. */
  constructor(name: Compression, magic: number, headerBytes: number) {
    this.name = name;
    this.magic = magic;
    this.headerBytes = headerBytes;
  }

  /** Reads the header of a frame; it may set `neededBytes` higher and is called again then. */
  protected abstract readHeader(): void;
  protected abstract readBlockHeader(output: Uint8Array[]): void;
  protected abstract readContent(output: Uint8Array[]): void;

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

  /** What comes next, and how long it is. */
  protected expect(place: Place, neededBytes: number): void {
    this.place = place;
    this.neededBytes = neededBytes;
    this.heldCount = 0;
  }

  /** What comes next is a frame, behind `checksumBytes`. */
  protected expectFrame(checksumBytes: number): void {
    this.skipBytes = checksumBytes;
    this.expect('magic', MAGIC_BYTES);
  }

  /** A little-endian word of the unit. */
  protected word(at: number): number {
    return this.held.view.getUint32(PAD_BYTES + at, true);
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

  private readUnit(output: Uint8Array[]): void {
    switch (this.place) {
      case 'magic':
        this.readMagic();
        break;
      case 'skippable':
        this.expectFrame(this.word(0));
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
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC) this.expect('skippable', 4);
    else if (magic === this.magic) this.expect('header', this.headerBytes);
    else throw new Error(`a frame does not begin with the ${this.name} magic number`);
  }
}
