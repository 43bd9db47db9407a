/**
 * Walks over packed zstd data without unpacking it, to refuse a frame whose window is too large before memory for it
 * is taken, and to know whether the data stops at the end of a frame (RFC 8878 §3.1).
 *
 *     frame            magic 28 b5 2f fd | descriptor 1 | window 0..1 | dictionary 0..4 | content size 0..8 | blocks | checksum 0..4
 *     block            header 3, little-endian: bit 0 last, bits 1-2 type, bits 3.. size | content (1 byte for type 1, RLE)
 *     skippable frame  magic 5? 2a 4d 18 | size 4 | content
 *
 * Left out: everything inside a block.
 */
const MAX_WINDOW_BYTES = 128 << 20;
const ZSTD_MAGIC = 0xfd2fb528;
const FIXED_HEADER_BYTES = 5;
const MAX_HEADER_BYTES = 18;
const BLOCK_HEADER_BYTES = 3;
const CONTENT_SIZE_BYTES = [0, 2, 4, 8];
const DICTIONARY_BYTES = [0, 1, 2, 4];

type Place = 'magic' | 'header' | 'block';

/** Follows the frames of zstd data that is pushed in pieces. */
export class ZstdGuard {
  private readonly held = new Uint8Array(MAX_HEADER_BYTES);
  private readonly view = new DataView(this.held.buffer);
  private heldCount = 0;
  private neededBytes = FIXED_HEADER_BYTES;
  private place: Place = 'magic';
  private skipBytes = 0;
  private checksumBytes = 0;
  /** Bytes of the latest push that belong to frames before the present one. */
  private passedBytes = 0;
  /** Where in the latest push a header, a block with its content or a part of a skippable frame ended. */
  readonly cuts: number[] = [];

  /** True when no frame is open. */
  get atFrameEnd(): boolean {
    return this.place === 'magic' && this.heldCount === 0 && this.skipBytes === 0;
  }

  /** Bytes of the latest push that are in order when it throws: those before the frame that is not. */
  get soundBytes(): number {
    return this.passedBytes;
  }

  /** Takes the next packed bytes; throws on a window above 128 MiB, or when this is no zstd data. */
  push(packed: Uint8Array): void {
    let offset = 0;
    this.passedBytes = 0;
    this.cuts.length = 0;
    while (offset < packed.length) {
      if (this.skipBytes > 0) {
        const skipped = Math.min(this.skipBytes, packed.length - offset);
        this.skipBytes -= skipped;
        offset += skipped;
        if (this.skipBytes === 0) this.cuts.push(offset);
        continue;
      }
      if (this.place === 'magic' && this.heldCount === 0) this.passedBytes = offset;
      this.held[this.heldCount++] = packed[offset++];
      if (this.heldCount !== this.neededBytes) continue;
      this.readUnit();
      if (this.heldCount === 0 && this.skipBytes === 0) this.cuts.push(offset);
    }
  }

  private expect(place: Place, neededBytes: number): void {
    this.place = place;
    this.neededBytes = neededBytes;
    if (place !== 'header') this.heldCount = 0;
  }

  private readUnit(): void {
    switch (this.place) {
      case 'magic':
        this.readMagic();
        break;
      case 'header':
        this.readHeader();
        break;
      case 'block':
        this.readBlock();
    }
  }

  private readMagic(): void {
    const magic = this.view.getUint32(0, true);
    if ((magic & 0xfffffff0) >>> 0 === 0x184d2a50) {
      if (this.neededBytes === FIXED_HEADER_BYTES) {
        this.neededBytes = 8;
        return;
      }
      this.skipBytes = this.view.getUint32(4, true);
      this.expect('magic', FIXED_HEADER_BYTES);
      return;
    }
    if (magic !== ZSTD_MAGIC) throw new Error('a frame does not begin with the zstd magic number');
    const descriptor = this.held[4];
    const single = (descriptor >> 5) & 1;
    const contentSizeBytes = CONTENT_SIZE_BYTES[descriptor >> 6] || single;
    this.checksumBytes = descriptor & 4 ? 4 : 0;
    const rest = 1 - single + DICTIONARY_BYTES[descriptor & 3] + contentSizeBytes;
    this.expect('header', FIXED_HEADER_BYTES + rest);
    if (rest === 0) this.readHeader();
  }

  private readHeader(): void {
    const descriptor = this.held[4];
    const windowBytes = descriptor & 0x20 ? this.readContentSize(descriptor) : this.readWindow(this.held[5]);
    if (windowBytes > MAX_WINDOW_BYTES) {
      throw new Error(`its window of ${windowBytes} bytes is larger than the ${MAX_WINDOW_BYTES} allowed`);
    }
    this.expect('block', BLOCK_HEADER_BYTES);
  }

  private readWindow(byte: number): number {
    return 2 ** (10 + (byte >> 3)) * (1 + (byte & 7) / 8);
  }

  private readContentSize(descriptor: number): number {
    const at = FIXED_HEADER_BYTES + DICTIONARY_BYTES[descriptor & 3];
    switch (descriptor >> 6) {
      case 0:
        return this.held[at];
      case 1:
        return this.view.getUint16(at, true) + 256;
      case 2:
        return this.view.getUint32(at, true);
      default:
        return this.view.getUint32(at, true) + this.view.getUint32(at + 4, true) * 2 ** 32;
    }
  }

  private readBlock(): void {
    const header = this.held[0] | (this.held[1] << 8) | (this.held[2] << 16);
    const type = (header >> 1) & 3;
    this.skipBytes = type === 1 ? 1 : header >>> 3;
    if (header & 1) {
      this.skipBytes += this.checksumBytes;
      this.expect('magic', FIXED_HEADER_BYTES);
    } else {
      this.expect('block', BLOCK_HEADER_BYTES);
    }
  }
}
