import { describe, expect, it } from 'vitest';
import { decompress } from '../../src/source/decompress.ts';
import { FieldWriter, join, ramp, utf8 } from '../support/capture-bytes.ts';
import {
  type Block,
  bitStream,
  bitsOf,
  compressed,
  DISTRIBUTION,
  frame,
  NO_SEQUENCES,
  ONE_SYMBOL,
  PREDEFINED,
  packBits,
  packedLiterals,
  plainSequences,
  REPEAT,
  rawLiterals,
  repeated,
  repeatedLiterals,
  sequences,
  skippable,
  stored,
  tree,
} from '../support/zstd-bytes.ts';
import { type Outcome, unpack } from '../support/zstd-unpack.ts';

const text = ({ bytes, error }: Outcome): string => error || Buffer.from(bytes).toString('latin1');

describe('blocks of zstd', () => {
  it('are stored, repeated or compressed', () => {
    const blocks = [stored(utf8('abc')), repeated(0x2e, 5), compressed(rawLiterals(utf8('xyz')), NO_SEQUENCES)];
    expect(text(unpack(frame(blocks)))).toBe('abc.....xyz');
  });

  it('may be empty', () => {
    expect(text(unpack(frame([stored(ramp(0)), repeated(65, 0), stored(utf8('a')), stored(ramp(0))])))).toBe('a');
  });

  it.each<[string, Uint8Array]>([
    ['5 bits', Uint8Array.of(3 << 3)],
    ['12 bits', Uint8Array.of((3 << 4) | 4, 0)],
    ['20 bits', Uint8Array.of((3 << 4) | 12, 0, 0)],
  ])('have literals whose number takes %s', (_, header) => {
    expect(text(unpack(frame([compressed(header, utf8('abc'), NO_SEQUENCES)])))).toBe('abc');
    const one = header.with(0, header[0] | 1);
    expect(text(unpack(frame([compressed(one, utf8('x'), NO_SEQUENCES)])))).toBe('xxx');
  });

  it('have literals of a Huffman code, in one stream or four, the tree of which may be used again', () => {
    // Symbols 0, 1, 2 have the codes 1, 00, 01.
    const one = compressed(packedLiterals(5, join(tree(2, 1), bitStream('1 00 01 1 1'))), NO_SEQUENCES);
    expect([...unpack(frame([one])).bytes]).toEqual([0, 1, 2, 0, 0]);
    const streams = ['1 00 01', '01 1 1', '00 00 00', '1'].map((bits) => bitStream(bits));
    const sizes = Uint8Array.of(streams[0].length, 0, streams[1].length, 0, streams[2].length, 0);
    const four = packedLiterals(10, join(sizes, ...streams), { treeless: true, streams: 4 });
    expect([...unpack(frame([one, compressed(four, NO_SEQUENCES)])).bytes]).toEqual(
      [0, 1, 2, 0, 0].concat([0, 1, 2, 2, 0, 0, 1, 1, 1, 0]),
    );
  });

  it('have sequences that reach back, into themselves and blocks before', () => {
    // Offset code 2 has two bits: 4..7 is distance 1..4.
    const far = compressed(rawLiterals(utf8('d')), plainSequences(1, [1, 2, 0], '11'));
    expect(text(unpack(frame([stored(utf8('abc')), far])))).toBe('abcdabc');
    const near = compressed(rawLiterals(utf8('xyz')), plainSequences(1, [1, 2, 9], '00'));
    expect(text(unpack(frame([near])))).toBe(`${'x'.repeat(13)}yz`);
  });

  it.each<[what: string, literals: number, bits: string, count: number, offsetSymbol: number, expected: string]>([
    ['the third, the third that was the second, the second', 1, '1 1 0', 3, 1, '1fghij2hij2h3j2hij'],
    ['the latest', 1, '', 3, 0, '111111222222333333'],
    ['the third, the latest less one, where there are no literals', 0, '0 1', 2, 1, 'efghiklefg'],
    ['the second, twice, where there are no literals', 0, '', 2, 0, 'ijkliiiiii'],
    ['the latest less one, which is 0', 0, '1', 1, 1, 'a match of distance 0'],
  ])('have sequences with distances used before: %s', (_, literals, bits, count, offsetSymbol, expected) => {
    // Before any other the latest distances are 1, 4, 8. Offset code 1 has one bit: 2 or 3; code 0 is 1. Matches have 5 bytes.
    const block = compressed(
      rawLiterals(utf8('123'.slice(0, count * literals))),
      plainSequences(count, [literals, offsetSymbol, 2], bits),
    );
    expect(text(unpack(frame([stored(utf8('abcdefghijkl')), block]))).replace(/^abcdefghijkl/, '')).toBe(expected);
  });

  it('have predefined tables, tables of their own, and those of the block before', () => {
    const predefined = sequences(1, [PREDEFINED, PREDEFINED, PREDEFINED], bitStream('000000 00000 000000'));
    const ofOne = packBits([0, 4], [63, 6]);
    const own = sequences(
      2,
      [DISTRIBUTION, DISTRIBUTION, DISTRIBUTION],
      ofOne,
      ofOne,
      ofOne,
      bitStream('0'.repeat(15)),
    );
    const again = sequences(1, [REPEAT, REPEAT, REPEAT], bitStream('1'.repeat(15)));
    // Every symbol is 0: without literals the second of the latest distances, 4, then 1, then 4 again.
    const blocks = [predefined, own, again].map((part) => compressed(rawLiterals(ramp(0)), part));
    expect(text(unpack(frame([stored(utf8('abcdef')), ...blocks])))).toBe('abcdef'.concat('cde', 'eee', 'eee', 'eee'));
  });

  it('have long literals and matches in one sequence', () => {
    // Codes 33, 51 and 2: 16384 literals and 14 bits more, 32771 bytes matched and 15 bits more, two bits of the distance.
    const lengths = [
      [16_384 + 0x1555, 32_771 + 0x2aab],
      [16_384 + 0x0aab, 32_771 + 0x1555],
    ];
    const bits = lengths.map(([own, match]) => `11 ${bitsOf(match - 32_771, 15)} ${bitsOf(own - 16_384, 14)}`).join('');
    const content = ramp(lengths[0][0] + lengths[1][0] + 3, 5);
    const { bytes, error } = unpack(frame([compressed(rawLiterals(content), plainSequences(2, [33, 2, 51], bits))]));
    expect(error).toBe('');
    const parts: Uint8Array[] = [];
    let taken = 0;
    for (const [own, match] of lengths) {
      parts.push(content.subarray(taken, taken + own));
      taken += own;
      parts.push(Uint8Array.from({ length: match }, (_, i) => content[taken - 4 + (i & 3)]));
    }
    expect(Buffer.compare(bytes, join(...parts, content.subarray(taken)))).toBe(0);
  });

  it('have as many sequences as three bytes can tell', () => {
    const count = 0x7f00 + 3;
    const block = compressed(rawLiterals(utf8('a')), plainSequences(1, [1, 0, 0], ''));
    const many = compressed(rawLiterals(ramp(0)), plainSequences(count, [0, 2, 0], '00'.repeat(count)));
    const { bytes, error } = unpack(frame([block, many]));
    expect(error).toBe('');
    expect(Buffer.from(bytes).equals(Buffer.alloc(4 + 3 * count, 'a'))).toBe(true);
  });
});

const ONES = [ONE_SYMBOL, ONE_SYMBOL, ONE_SYMBOL] as const;
const literals = (...parts: Uint8Array[]): Block => compressed(packedLiterals(4, join(...parts)), NO_SEQUENCES);
const weights = (...parts: Uint8Array[]): Block => {
  const content = join(...parts);
  return literals(Uint8Array.of(content.length), content);
};
const ofOneSymbol = packBits([0, 4], [63, 6]);
const afterOne = (...parts: Uint8Array[]): Block => compressed(rawLiterals(utf8('a')), ...parts);

describe('damaged or hostile zstd', () => {
  it.each<[string, string, Block[]]>([
    ['a reserved type', 'a block is of the reserved type', [{ type: 'reserved', content: ramp(3) }]],
    ['more stored than a block may', 'larger than the 131072', [stored(new Uint8Array(131_073))]],
    ['more repeated than a block may', 'larger than the 131072', [repeated(0, 131_073)]],
    ['nothing in it', 'a compressed block is empty', [compressed(ramp(0))]],
    ['literals beyond it', 'the literals run over their block', [compressed(rawLiterals(utf8('abc'), 4))]],
    ['half a header of literals', 'the literals run over their block', [compressed(Uint8Array.of(0x0c))]],
    ['no sequences section', 'the sequences run over their block', [compressed(rawLiterals(utf8('abc')))]],
    ['half a number of sequences', 'the sequences run over their block', [afterOne(Uint8Array.of(0x80))]],
    ['something behind no sequences', 'something follows', [afterOne(Uint8Array.of(0, 0))]],
    ['a reserved mode', 'a reserved mode', [afterOne(Uint8Array.of(1, 1, 0x80))]],
    ['a tree of nothing', 'a Huffman tree is not complete', [literals(tree(0, 0), bitStream(''))]],
    ['a tree with a hole', 'a Huffman tree is not complete', [literals(tree(2, 1, 1, 1), bitStream(''))]],
    ['a tree without a longest code', 'a Huffman tree is not complete', [literals(tree(3, 3, 3), bitStream(''))]],
    ['a code of 12 bits', 'a Huffman code of 12 bits is too long', [literals(tree(12), bitStream(''))]],
    ['a tree of 12 bits', 'a Huffman tree is not complete', [literals(tree(11, 11), bitStream(''))]],
    ['a tree beyond it', 'a Huffman tree runs over its block', [literals(Uint8Array.of(255))]],
    ['no weights', 'a table runs over its block', [weights()]],
    ['weights without an end', 'a bit stream has no end mark', [weights(ofOneSymbol)]],
    ['weights too short', 'the weights of a Huffman tree are cut off', [weights(ofOneSymbol, bitStream('0'))]],
    ['weights for ever', 'a Huffman tree has too many weights', [weights(ofOneSymbol, bitStream('0'.repeat(10)))]],
    [
      'no tree to use again',
      'repeats a Huffman tree',
      [compressed(packedLiterals(1, bitStream('1'), { treeless: true }), NO_SEQUENCES)],
    ],
    ['a stream without an end mark', 'a bit stream has no end mark', [literals(tree(1), bitStream('0000', '0'))]],
    ['a stream too short', 'a Huffman stream does not end', [literals(tree(1), bitStream('000'))]],
    ['a stream too long', 'a Huffman stream does not end', [literals(tree(1), bitStream('00000'))]],
    [
      'a literal for four streams',
      'too short for four streams',
      [compressed(packedLiterals(1, join(tree(1), ramp(9, 1)), { streams: 4 }), NO_SEQUENCES)],
    ],
    [
      'streams beyond it',
      'Huffman streams run over their block',
      [compressed(packedLiterals(9, join(tree(1), ramp(6, 1), ramp(9, 1)), { streams: 4 }), NO_SEQUENCES)],
    ],
    [
      'a table too large',
      'a table of 1024 states is larger than the 512',
      [afterOne(sequences(1, [DISTRIBUTION, 1, 1], Uint8Array.of(5)))],
    ],
    [
      'a table of too many symbols',
      'do not add up',
      [
        afterOne(
          sequences(1, [DISTRIBUTION, 1, 1], packBits([0, 4], [1, 5], ...Array(12).fill([3, 2]), [0, 2]), ramp(9, 1)),
        ),
      ],
    ],
    ['a table beyond it', 'a table runs over its block', [afterOne(sequences(1, [1, DISTRIBUTION, 1], ramp(2)))]],
    ['no such literal length', 'a block has no such literal lengths', [afterOne(plainSequences(1, [36, 0, 0], ''))]],
    ['no such offset', 'a block has no such offsets', [afterOne(plainSequences(1, [1, 32, 0], ''))]],
    ['no such match length', 'a block has no such match lengths', [afterOne(plainSequences(1, [1, 0, 53], ''))]],
    ['no table to use again', 'repeats a table of match lengths', [afterOne(sequences(1, [0, 0, 3], ramp(9, 1)))]],
    ['more literals taken than there are', 'fewer literals', [afterOne(plainSequences(2, [1, 0, 0], ''))]],
    ['a match too far back', 'reaches back too far', [afterOne(plainSequences(1, [1, 3, 0], '011'))]],
    ['a match beyond any window', 'reaches back too far', [afterOne(plainSequences(1, [1, 31, 0], '0'.repeat(31)))]],
    ['bits too few', 'the sequences of a block are cut off', [afterOne(plainSequences(1, [1, 2, 0], '0'))]],
    ['bits left over', 'end before their bits do', [afterOne(plainSequences(1, [1, 2, 0], '000'))]],
    ['no end mark', 'no end mark', [afterOne(sequences(1, ONES, Uint8Array.of(1, 2, 0), Uint8Array.of(0)))]],
    [
      'more literals than a block may have',
      'unpacks to more',
      [compressed(repeatedLiterals(0, 131_073), NO_SEQUENCES)],
    ],
    [
      'more bytes in its last literals',
      'unpacks to more',
      [compressed(repeatedLiterals(0, 131_070), plainSequences(1, [1, 0, 0], ''))],
    ],
  ])('a block with %s is refused', (_, error, blocks) => {
    const { bytes, error: told } = unpack(frame([stored(utf8('before')), ...blocks]));
    expect(told).toContain(error);
    expect(Buffer.from(bytes).toString()).toBe('before');
  });

  it('does no more work for a block than its output may be long', () => {
    // 32771 bytes and 15 bits more for each of 98,046 sequences: three gigabytes.
    const count = 0x7f00 + 0xffff;
    const block = (sequenceCount: number): Block =>
      compressed(rawLiterals(ramp(0)), plainSequences(sequenceCount, [0, 0, 51], '0'.repeat(15 * sequenceCount)));
    const some = unpack(frame([stored(utf8('abcd')), block(3)]), [1000]);
    expect([some.error, some.bytes.length]).toEqual(['', 4 + 3 * 32_771]);
    const refused = frame([
      stored(utf8('abcd')),
      compressed(
        rawLiterals(ramp(0)),
        sequences(count, ONES, Uint8Array.of(0, 0, 51)),
        bitStream('0'.repeat(15 * 8000)),
      ),
    ]);
    const all = unpack(refused, [1000]);
    expect([all.error, all.bytes.length]).toEqual(['a block unpacks to more than its frame allows', 4]);
  });

  it('takes a match from as far back as the window, and no farther', () => {
    // A window of 1 KiB; offset code 10 has ten bits: 1024..2047 is distance 1021..2044.
    const past = Array.from({ length: 3 }, (_, i) => stored(ramp(1024, 7 * i)));
    const match = (distance: number): Block =>
      compressed(rawLiterals(ramp(0)), plainSequences(1, [0, 10, 0], bitsOf(distance + 3 - 1024, 10)));
    const reached = unpack(frame([...past, match(1024)], Uint8Array.of(0, 0)));
    expect([...reached.bytes.slice(3072)]).toEqual([...ramp(3, 14)]);
    expect(unpack(frame([...past, match(1025)], Uint8Array.of(0, 0))).error).toBe('a match reaches back too far');
    expect(unpack(frame([...past, match(1025)], Uint8Array.of(0, 1))).error).toBe('');
  });

  it('forgets tables, distances and content from frame to frame', () => {
    const first = frame([compressed(rawLiterals(utf8('abcdefgh')), plainSequences(1, [8, 2, 0], '01'))]);
    expect(text(unpack(first))).toBe('abcdefghghg');
    const withTree = frame([literals(tree(1), bitStream('0101'))]);
    expect([...unpack(withTree).bytes]).toEqual([0, 1, 0, 1]);
    const next: [string, Block][] = [
      ['reaches back too far', afterOne(plainSequences(1, [1, 3, 0], '000'))],
      ['repeats a table of literal lengths', afterOne(sequences(1, [REPEAT, 0, 0], ramp(9, 1)))],
      ['repeats a table of offsets', afterOne(sequences(1, [0, REPEAT, 0], ramp(9, 1)))],
      ['repeats a table of match lengths', afterOne(sequences(1, [0, 0, REPEAT], ramp(9, 1)))],
      ['repeats a Huffman tree', compressed(packedLiterals(1, bitStream('1'), { treeless: true }), NO_SEQUENCES)],
    ];
    for (const [error, block] of next) expect(unpack(join(first, withTree, frame([block]))).error).toContain(error);
    const again = frame([compressed(rawLiterals(utf8('abcdefgh')), plainSequences(1, [8, 0, 0], ''))]);
    expect(text(unpack(join(first, again)))).toBe('abcdefghghg'.concat('abcdefgh', 'hhh'));
  });
});

const u32 = (...values: number[]): Uint8Array => new FieldWriter(true).u32(...values).done();

describe('frames of zstd', () => {
  const abc = [stored(utf8('abc'))];

  it.each<[string, Uint8Array]>([
    ['a content size of 1 byte', Uint8Array.of(0x20, 3)],
    ['a content size of 4 bytes', join(Uint8Array.of(0xa0), u32(3))],
    ['a content size of 8 bytes', join(Uint8Array.of(0xc0, 0), u32(3, 0))],
    ['a dictionary number of 0', Uint8Array.of(0x03, 0x50, 0, 0, 0, 0)],
    ['the unused bit', Uint8Array.of(0x10, 0x50)],
  ])('may have %s', (_, header) => {
    expect(text(unpack(frame(abc, header)))).toBe('abc');
  });

  it('may have a content size of 2 bytes, which begins at 256', () => {
    const frames = (size: number): Uint8Array => frame([stored(ramp(300))], Uint8Array.of(0x40, 0, size - 256, 0));
    expect(unpack(frames(300))).toEqual({ bytes: ramp(300), error: '' });
    expect(unpack(frames(299))).toEqual({
      bytes: ramp(300),
      error: 'a frame unpacks to 300 bytes, not to the 299 it tells',
    });
  });

  it('may be followed by a checksum, by others and by what is to be skipped', () => {
    const summed = join(frame(abc, Uint8Array.of(0x04, 0x50)), ramp(4));
    const file = join(skippable(ramp(0)), summed, skippable(ramp(100)), frame(abc), summed, skippable(ramp(9)));
    expect(text(unpack(file))).toBe('abcabcabc');
    for (const end of [3, 7, 8 + 5, file.length - 1]) {
      expect(unpack(file.subarray(0, end)).error).toBe('the packed data stops too early');
    }
  });

  it('hand out the blocks before an end that comes too early', () => {
    const file = frame([stored(utf8('abc')), repeated(46, 3), stored(utf8('xyz'))]);
    expect(unpack(file.subarray(0, file.length - 1))).toEqual({
      bytes: utf8('abc...'),
      error: 'the packed data stops too early',
    });
  });

  it.each<[string, string, Uint8Array]>([
    ['the reserved bit', 'a reserved bit', Uint8Array.of(0x08, 0x50)],
    ['a dictionary of 1 byte', 'the frame needs a dictionary, number 7', Uint8Array.of(0x01, 0x50, 7)],
    ['a dictionary of 2 bytes', 'needs a dictionary, number 256', Uint8Array.of(0x02, 0x50, 0, 1)],
    ['a dictionary of 4 bytes', 'needs a dictionary, number 65536', Uint8Array.of(0x23, 0, 0, 1, 0, 3)],
    ['a window above 128 MiB', 'its window of 150994944 bytes', Uint8Array.of(0, (17 << 3) | 1)],
    ['one segment above 128 MiB', 'its window of 134217729 bytes', join(Uint8Array.of(0xa0), u32((128 << 20) + 1))],
    ['a block larger than its window', 'larger than the 2 its', Uint8Array.of(0x20, 2)],
  ])('are refused with %s', (_, error, header) => {
    const { bytes, error: told } = unpack(join(frame(abc), frame(abc, header)));
    expect(told).toContain(error);
    expect(Buffer.from(bytes).toString()).toBe('abc');
  });

  it('are refused with another magic number', () => {
    expect(unpack(join(frame(abc), utf8('abcd'))).error).toBe('a frame does not begin with the zstd magic number');
  });
});

describe('the memory for zstd', () => {
  it('follows what comes out, not the window that is claimed', () => {
    const before = process.memoryUsage().arrayBuffers;
    const claimed = unpack(frame([stored(ramp(1000)), repeated(0, 100_000)], Uint8Array.of(0, 17 << 3)), []);
    expect(claimed.bytes.length).toBe(101_000);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 << 20);
  });

  it('is bounded, whatever comes out', async () => {
    // 8 KiB that unpack to 256 MiB.
    const bomb = frame(Array(2048).fill(repeated(0, 131_072)));
    const before = process.memoryUsage().arrayBuffers;
    let unpackedBytes = 0;
    let most = 0;
    async function* file(): AsyncGenerator<Uint8Array, void, undefined> {
      yield bomb;
    }
    for await (const bytes of decompress(file(), 'zstd', 'bomb.zst')) {
      unpackedBytes += bytes.length;
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
    expect(unpackedBytes).toBe(2048 * 131_072);
    expect(most).toBeLessThan(120 << 20);
  });
});
