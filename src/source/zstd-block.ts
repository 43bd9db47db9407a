/**
 * A compressed block of zstd: literals, and sequences that weave them together with what was unpacked before
 * (RFC 8878 §3.1.1.3).
 *
 *     block     literals | sequences (zstd-sequences.ts)
 *     literals  header 1..5: type 2 bits, format 2 bits, sizes | content
 *     type      0 raw, 1 one byte repeated, 2 Huffman tree and streams, 3 streams with the tree of a block before
 *     streams   one, or for larger sizes four: sizes of the first three 2 2 2 | streams
 *
 * Left out: nothing. Sizes that are claimed are held against the block's limits before any work is done, so the work is
 * bounded by the output.
 */
import { allot, type Memory } from './padded-memory.ts';
import { allotTree, readTree, type Tree, unpackStream, unpackStreams } from './zstd-entropy.ts';
import { type Literals, SequenceDecoder, type Target } from './zstd-sequences.ts';

/** What the header of literals says; `packedBytes` of what follows it belong to them. */
interface LiteralsHeader {
  readonly type: number;
  readonly contentAt: number;
  readonly count: number;
  readonly packedBytes: number;
  readonly isFourfold: boolean;
}

/** Unpacks the compressed blocks of a frame, with what each block keeps for the next. */
export class BlockDecoder {
  private readonly sequences = new SequenceDecoder();
  private readonly tree: Tree = allotTree();
  private hasTree = false;
  private literals = allot(0);

  /** Forgets the frame before. */
  reset(): void {
    this.sequences.reset();
    this.hasTree = false;
  }

  /**
   * Unpacks the block at `from` to `end`.
   *
   * @returns Where its output ends.
   */
  unpack(packed: Memory, from: number, end: number, target: Target): number {
    const header = readHeader(packed, from, end);
    const literalsEnd = header.contentAt + header.packedBytes;
    if (literalsEnd > end) throw new Error('the literals run over their block');
    if (header.count > target.limit - target.to) throw new Error('a block unpacks to more than its frame allows');
    const literals = this.readLiterals(header, packed, literalsEnd);
    return this.sequences.unpack(packed, literalsEnd, end, literals, target);
  }

  private readLiterals({ type, contentAt, count, isFourfold }: LiteralsHeader, packed: Memory, end: number): Literals {
    if (type === 0) return { memory: packed, from: contentAt, count };
    if (this.literals.bytes.length < count * 2) this.literals = allot(count * 2);
    const { literals, tree } = this;
    const { bytes } = literals;
    if (type === 1) {
      bytes.fill(packed.bytes[contentAt], 0, count);
    } else {
      let at = contentAt;
      if (type === 2) {
        at = readTree(packed, at, end, tree);
        this.hasTree = true;
      } else if (!this.hasTree) {
        throw new Error('a block repeats a Huffman tree, and there is none');
      }
      if (isFourfold) unpackStreams(packed, at, end, tree, bytes, count);
      else unpackStream(packed, at, end, tree, bytes, 0, count);
    }
    return { memory: literals, from: 0, count };
  }
}

function readHeader({ bytes, view }: Memory, from: number, end: number): LiteralsHeader {
  if (from >= end) throw new Error('a compressed block is empty');
  const type = bytes[from] & 3;
  const format = (bytes[from] >> 2) & 3;
  const word = view.getUint32(from, true);
  if (type < 2) {
    const headerBytes = format === 3 ? 3 : format === 1 ? 2 : 1;
    const count = headerBytes === 1 ? bytes[from] >> 3 : (word >> 4) & ((1 << (headerBytes * 8 - 4)) - 1);
    const packedBytes = type === 1 ? 1 : count;
    return { type, contentAt: from + headerBytes, count, packedBytes, isFourfold: false };
  }
  const sizeBits = format < 2 ? 10 : format === 2 ? 14 : 18;
  const mask = (1 << sizeBits) - 1;
  const count = (word >>> 4) & mask;
  const packedBytes = (sizeBits === 18 ? (word >>> 22) | (bytes[from + 4] << 10) : word >>> (4 + sizeBits)) & mask;
  const headerBytes = (4 + 2 * sizeBits) >> 3;
  return { type, contentAt: from + headerBytes, count, packedBytes, isFourfold: format > 0 };
}
