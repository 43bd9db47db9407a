/** Captures for the parsers: sound ones to begin with, then with lengths, counts and block types that lie. */
import {
  type BlockOption,
  join,
  PcapngBlocks,
  type PcapOptions,
  pcapHeader,
  pcapPacket,
  utf8,
} from '../../test/support/capture-bytes.ts';
import { generateFrame } from './frames.ts';
import { EDGES, mutate } from './mutate.ts';
import type { Random } from './random.ts';

const MAGICS = [0xa1b2c3d4, 0xa1b23c4d, 0xa1b2cd34];
const VERSIONS = [
  [2, 4],
  [2, 3],
  [2, 2],
  [2, 0],
  [543, 0],
] as const;
const BLOCK_TYPES = [
  0, 1, 2, 3, 4, 5, 6, 9, 10, 0x204, 0x216, 0x221, 0xbad, 0x40000bad, 0x0a0d0d0a, 0x80000001, 0xffffffff,
];

/** A pcap file of any variant. */
export function generatePcap(random: Random): Uint8Array {
  const options: PcapOptions = {
    littleEndian: random.oneIn(2),
    magic: random.pick(MAGICS),
    version: random.oneIn(3) ? random.pick(VERSIONS) : VERSIONS[0],
    snapLength: random.pick(EDGES),
    linkType: random.oneIn(4) ? random.uint32() : random.pick([1, 101, 113, 127, 0x2400_0001, 189]),
  };
  const parts = [pcapHeader(options)];
  for (let left = random.size(24); left > 0; left--) {
    const { bytes, wireBytes } = generateFrame(random);
    const claimed = random.oneIn(10) ? { claimedBytes: random.pick(EDGES) } : {};
    const time = { seconds: random.oneIn(8) ? random.uint32() : 1_700_000_000 + left, fraction: random.pick(EDGES) };
    parts.push(pcapPacket({ ...time, data: bytes, wireBytes, ...claimed }, options));
  }
  return mutate(join(...parts), random);
}

function someOptions(random: Random): BlockOption[] {
  return Array.from({ length: random.size(5) }, () => {
    const code = random.pick([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 2988, 0x8001, 0xffff]);
    const value = random.pick([
      utf8('eth0'),
      Uint8Array.of(9),
      Uint8Array.of(0x94),
      random.bytes(8),
      random.bytes(random.size(70)),
    ]);
    return [code, value] as const;
  });
}

function interfaceOptions(random: Random): BlockOption[] {
  const options = someOptions(random);
  if (random.oneIn(2))
    options.push([9, Uint8Array.of(random.pick([0, 3, 6, 9, 12, 20, 63, 127, 0x80, 0x94, 0xbf, 0xff]))]);
  if (random.oneIn(3)) options.push([14, random.bytes(8)]);
  return options;
}

function generateBlock(blocks: PcapngBlocks, random: Random): Uint8Array {
  const id = random.oneIn(8) ? random.pick(EDGES) : random.below(3);
  const time = (BigInt(random.oneIn(4) ? random.uint32() : 395_000) << 32n) | BigInt(random.uint32());
  const frame = generateFrame(random);
  switch (random.below(11)) {
    case 0:
      return blocks.section(someOptions(random), random.oneIn(6) ? [random.below(3), random.below(3)] : [1, 0]);
    case 1:
      return blocks.interface(frame.linkType, random.pick(EDGES), interfaceOptions(random));
    case 2:
      return blocks.simple(frame.bytes, frame.wireBytes);
    case 3:
      return blocks.obsolete(id & 0xffff, time, frame.bytes, frame.wireBytes);
    case 4:
      return blocks.statistics(id, someOptions(random));
    case 5:
      return blocks.names([
        [1, join(random.bytes(4), utf8('a.example\0'))],
        [2, join(random.bytes(16), utf8('b.example\0'))],
        ...someOptions(random),
      ]);
    case 6:
      return blocks.block(random.pick(BLOCK_TYPES), random.bytes(random.size(60)));
    default:
      return blocks.enhanced(id, time, frame.bytes, frame.wireBytes, random.oneIn(2) ? someOptions(random) : []);
  }
}

/** A block with one of its two lengths, or both, not what they should be. */
function lie(blocks: PcapngBlocks, block: Uint8Array, random: Random): Uint8Array {
  const view = new DataView(block.buffer, block.byteOffset, block.length);
  const length = random.oneIn(2) ? block.length + random.between(-5, 5) : random.pick(EDGES);
  if (random.oneIn(2)) view.setUint32(4, length >>> 0, blocks.littleEndian);
  if (random.oneIn(2)) view.setUint32(block.length - 4, length >>> 0, blocks.littleEndian);
  return random.oneIn(2) ? block : block.slice(0, block.length - random.below(4));
}

/** A pcapng file with sections of either byte order. */
export function generatePcapng(random: Random): Uint8Array {
  let blocks = new PcapngBlocks(random.oneIn(2));
  const parts = [blocks.section(someOptions(random)), blocks.interface(1, 0, interfaceOptions(random))];
  for (let left = random.size(24); left > 0; left--) {
    if (random.oneIn(12)) {
      blocks = new PcapngBlocks(random.oneIn(2));
      parts.push(blocks.section(), blocks.interface(101, 96, interfaceOptions(random)));
    }
    const block = generateBlock(blocks, random);
    parts.push(random.oneIn(12) ? lie(blocks, block, random) : block);
  }
  return mutate(join(...parts), random);
}

/** A capture of either kind. */
export function generateCapture(random: Random): Uint8Array {
  return random.oneIn(2) ? generatePcap(random) : generatePcapng(random);
}
