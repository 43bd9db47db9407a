/** Damages bytes the way disks, editors and attackers do. */
import type { Random } from './random.ts';

/** Values at which lengths and counts go wrong. */
export const EDGES: readonly number[] = [
  0,
  1,
  2,
  3,
  4,
  7,
  8,
  11,
  12,
  13,
  15,
  16,
  20,
  24,
  28,
  31,
  32,
  40,
  60,
  63,
  64,
  127,
  128,
  255,
  256,
  1500,
  4095,
  4096,
  65_534,
  65_535,
  65_536,
  262_143,
  262_144,
  262_145,
  0xff_ffff,
  1 << 24,
  0x7fff_fffe,
  0x7fff_ffff,
  0x8000_0000,
  0xffff_fff0,
  0xffff_fffc,
  0xffff_fffe,
  0xffff_ffff,
];

type Mutator = (bytes: Uint8Array, random: Random) => Uint8Array;

const flipBit: Mutator = (bytes, random) => {
  bytes[random.below(bytes.length)] ^= 1 << random.below(8);
  return bytes;
};

const setByte: Mutator = (bytes, random) => {
  bytes[random.below(bytes.length)] = random.pick([0, 1, 0x7f, 0x80, 0xfe, 0xff, random.below(256)]);
  return bytes;
};

/** Writes a number at which things go wrong, or nudges the one that is there. */
const setField: Mutator = (bytes, random) => {
  const width = random.pick([1, 2, 4]);
  if (bytes.length < width) return bytes;
  const aligned = random.oneIn(2) ? 4 : 1;
  const at = Math.min(bytes.length - width, Math.floor(random.below(bytes.length) / aligned) * aligned);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const little = random.oneIn(2);
  const nudge = random.oneIn(2) ? random.between(-4, 4) : null;
  if (width === 1) view.setUint8(at, nudge === null ? random.pick(EDGES) : view.getUint8(at) + nudge);
  else if (width === 2)
    view.setUint16(at, nudge === null ? random.pick(EDGES) : view.getUint16(at, little) + nudge, little);
  else view.setUint32(at, nudge === null ? random.pick(EDGES) : view.getUint32(at, little) + nudge, little);
  return bytes;
};

const truncate: Mutator = (bytes, random) => bytes.slice(0, random.below(bytes.length + 1));

const cutOut: Mutator = (bytes, random) => {
  const from = random.below(bytes.length);
  const count = random.size(bytes.length - from);
  return splice(bytes, from, from + count, new Uint8Array(0));
};

const putIn: Mutator = (bytes, random) => {
  const at = random.below(bytes.length + 1);
  return splice(bytes, at, at, random.bytes(random.size(64)));
};

const repeat: Mutator = (bytes, random) => {
  const from = random.below(bytes.length);
  const piece = bytes.slice(from, from + random.size(Math.min(512, bytes.length - from)));
  const at = random.below(bytes.length + 1);
  return splice(bytes, at, at, piece);
};

const fill: Mutator = (bytes, random) => {
  const from = random.below(bytes.length);
  bytes.fill(random.pick([0, 0xff, 0x20, random.below(256)]), from, from + random.size(bytes.length - from));
  return bytes;
};

const MUTATORS: readonly Mutator[] = [
  flipBit,
  setByte,
  setField,
  setField,
  setField,
  truncate,
  cutOut,
  putIn,
  repeat,
  fill,
];

function splice(bytes: Uint8Array, from: number, to: number, piece: Uint8Array): Uint8Array {
  const whole = new Uint8Array(bytes.length - (to - from) + piece.length);
  whole.set(bytes.subarray(0, from));
  whole.set(piece, from);
  whole.set(bytes.subarray(to), from + piece.length);
  return whole;
}

/** A damaged copy, with up to `most` wounds; sometimes with none. */
export function mutate(bytes: Uint8Array, random: Random, most = 6): Uint8Array {
  let mutated: Uint8Array = bytes.slice();
  for (let left = random.below(most + 1); left > 0 && mutated.length > 0; left--) {
    mutated = random.pick(MUTATORS)(mutated, random);
  }
  return mutated;
}
