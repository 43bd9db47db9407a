/** Zstandard data written part by part, so that tests can also write what no tool would (RFC 8878). */
import { FieldWriter, join } from './capture-bytes.ts';

/** Bits in the order they are read, packed as a stream that is read from its end; `mark` is the bit above them. */
export function bitStream(bits: string, mark = '1'): Uint8Array {
  const digits = `${mark}${bits.replaceAll(' ', '')}`;
  const count = Math.ceil(digits.length / 8);
  const padded = digits.padStart(count * 8, '0');
  return Uint8Array.from({ length: count }, (_, i) => Number.parseInt(padded.slice(i * 8, i * 8 + 8), 2)).reverse();
}

/** Bits of a number, highest first. */
export const bitsOf = (value: number, count: number): string =>
  count === 0 ? '' : value.toString(2).padStart(count, '0');

/** A distribution as it is packed: numbers with their widths, the first in the lowest bits. */
export function packBits(...fields: readonly (readonly [value: number, width: number])[]): Uint8Array {
  const digits = fields.map(([value, width]) => bitsOf(value, width)).reverse();
  const joined = digits.join('');
  const count = Math.ceil(joined.length / 8);
  const padded = joined.padStart(count * 8, '0');
  return Uint8Array.from({ length: count }, (_, i) => Number.parseInt(padded.slice(i * 8, i * 8 + 8), 2)).reverse();
}

export type BlockType = 'stored' | 'repeated' | 'compressed' | 'reserved';
const TYPES: readonly BlockType[] = ['stored', 'repeated', 'compressed', 'reserved'];

export interface Block {
  readonly type: BlockType;
  readonly content: Uint8Array;
  /** What the header says instead of the length of the content. */
  readonly size?: number;
}

export const stored = (content: Uint8Array): Block => ({ type: 'stored', content });
export const repeated = (byte: number, size: number): Block => ({
  type: 'repeated',
  content: Uint8Array.of(byte),
  size,
});
export const compressed = (...parts: readonly Uint8Array[]): Block => ({ type: 'compressed', content: join(...parts) });

export const frameMagic = new FieldWriter(true).u32(0xfd2fb528).done();

/** A frame after its magic number and header; by default the window is 1 MiB and nothing else is told. */
export function frame(blocks: readonly Block[], header: Uint8Array = Uint8Array.of(0, 0x50)): Uint8Array {
  const parts = blocks.flatMap(({ type, content, size = content.length }, index) => {
    const word = (size << 3) | (TYPES.indexOf(type) << 1) | (index === blocks.length - 1 ? 1 : 0);
    return [Uint8Array.of(word & 255, (word >> 8) & 255, word >> 16), content];
  });
  return join(frameMagic, header, ...parts);
}

export const skippable = (content: Uint8Array): Uint8Array =>
  join(new FieldWriter(true).u32(0x184d2a57, content.length).done(), content);

/** Literals that are not packed; `claimed` is what the header says of their number. */
export function rawLiterals(content: Uint8Array, claimed = content.length): Uint8Array {
  return join(Uint8Array.of(0x0c | ((claimed & 15) << 4), (claimed >> 4) & 255, claimed >> 12), content);
}

export function repeatedLiterals(byte: number, count: number): Uint8Array {
  return Uint8Array.of(0x0d | ((count & 15) << 4), (count >> 4) & 255, count >> 12, byte);
}

/** Literals in Huffman streams, with a tree or (`treeless`) without; sizes in 10 bits, 14 when there are four streams. */
export function packedLiterals(
  count: number,
  content: Uint8Array,
  { treeless = false, streams = 1 }: { treeless?: boolean; streams?: 1 | 4 } = {},
): Uint8Array {
  const width = streams === 1 ? 10 : 14;
  const header = packBits([treeless ? 3 : 2, 2], [streams === 1 ? 0 : 2, 2], [count, width], [content.length, width]);
  return join(header, content);
}

/** A tree of symbols 0, 1, 2, ... by their weights of 4 bits each; the last weight follows from the others. */
export function tree(...weights: readonly number[]): Uint8Array {
  const bytes = [127 + weights.length];
  for (let i = 0; i < weights.length; i += 2) bytes.push((weights[i] << 4) | (weights[i + 1] ?? 0));
  return Uint8Array.from(bytes);
}

/** Modes of literal lengths, offsets and match lengths. */
export const PREDEFINED = 0;
export const ONE_SYMBOL = 1;
export const DISTRIBUTION = 2;
export const REPEAT = 3;

export function sequences(
  count: number,
  modes: readonly [literals: number, offsets: number, matches: number],
  ...rest: readonly Uint8Array[]
): Uint8Array {
  const head = count < 128 ? [count] : count < 0x7f00 ? [128 + (count >> 8), count & 255] : null;
  const long = [255, (count - 0x7f00) & 255, (count - 0x7f00) >> 8];
  const [literals, offsets, matches] = modes;
  return join(Uint8Array.of(...(head ?? long), (literals << 6) | (offsets << 4) | (matches << 2)), ...rest);
}

export const NO_SEQUENCES = Uint8Array.of(0);

/** Sequences whose numbers all have the same symbols: only the bits that belong to each number are in the stream. */
export function plainSequences(
  count: number,
  symbols: readonly [literals: number, offsets: number, matches: number],
  bits: string,
): Uint8Array {
  return sequences(count, [ONE_SYMBOL, ONE_SYMBOL, ONE_SYMBOL], Uint8Array.from(symbols), bitStream(bits));
}
