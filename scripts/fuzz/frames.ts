/** Frames for the decoder: any of the encapsulations that are known, and headers one inside the other at random. */
import { ENCAPSULATIONS } from '../../test/support/encapsulations.ts';
import {
  cat,
  ethernet,
  gre,
  hex,
  ipv4,
  ipv6,
  type Octets,
  outer4,
  outer6,
  snap,
  tcp,
  u16,
  u32,
  udp,
  zeros,
} from '../../test/support/frames.ts';
import { EDGES, mutate } from './mutate.ts';
import type { Random } from './random.ts';

export interface FuzzFrame {
  readonly linkType: number;
  readonly bytes: Uint8Array;
  /** Length on the wire that the capture claims. */
  readonly wireBytes: number;
}

const LINK_TYPES = [...new Set(ENCAPSULATIONS.map(({ linkType }) => linkType))];

/** A packet of layer 3 and its EtherType. */
interface Network {
  readonly type: number;
  readonly octets: Octets;
}

const is6 = ({ type }: Network): boolean => type === 0x86dd;
const fourOf = (octets: Octets): Network => ({ type: 0x0800, octets });
const sixOf = (octets: Octets): Network => ({ type: 0x86dd, octets });
const frameOf = ({ type, octets }: Network): Octets => ethernet(type, octets);
const overUdp = (port: number, payload: Octets): Network => fourOf(outer4(17, udp(port + 1, port, payload)));

/** Tunnels: each puts a packet into another. */
const TUNNELS: readonly ((inner: Network) => Network)[] = [
  (inner) => fourOf(outer4(is6(inner) ? 41 : 4, inner.octets)),
  (inner) => sixOf(outer6(is6(inner) ? 41 : 4, inner.octets)),
  (inner) => fourOf(outer4(47, gre(inner.type, inner.octets))),
  (inner) => fourOf(outer4(47, cat(hex('b000'), u16(inner.type), zeros(4), u32(7), u32(8), inner.octets))),
  (inner) => fourOf(outer4(47, cat(hex('1000 88be 00000001 10000000 00000000'), frameOf(inner)))),
  (inner) => fourOf(outer4(97, cat(hex('3000'), frameOf(inner)))),
  (inner) => overUdp(4789, cat(hex('08000000 00012300'), frameOf(inner))),
  (inner) => overUdp(6081, cat(hex('0000 6558 00012300'), frameOf(inner))),
  (inner) => overUdp(2152, cat(hex('30ff'), u16(inner.octets.length), u32(1), inner.octets)),
  (inner) => overUdp(1701, cat(hex('0002 0001 0002 ff03'), u16(is6(inner) ? 0x57 : 0x21), inner.octets)),
  (inner) => overUdp(3544, inner.octets),
  (inner) => overUdp(4341, cat(zeros(8), inner.octets)),
  (inner) => overUdp(37008, cat(hex('0100 0001 01'), frameOf(inner))),
  (inner) => sixOf(ipv6(cat(hex(is6(inner) ? '2900' : '0400'), hex('0104 00000000'), inner.octets), { next: 60 })),
];

/** Tags between a link layer and its payload. */
const TAGS: readonly ((inner: Network) => Network)[] = [
  ({ type, octets }) => ({ type: 0x8100, octets: cat(u16(5), u16(type), octets) }),
  ({ type, octets }) => ({ type: 0x88a8, octets: cat(u16(6), u16(type), octets) }),
  ({ octets }) => ({ type: 0x8847, octets: cat(u32((17 << 12) | 0x100 | 64), octets) }),
  (inner) => ({
    type: 0x8864,
    octets: cat(hex('1100 0001'), u16(inner.octets.length + 2), u16(is6(inner) ? 0x57 : 0x21), inner.octets),
  }),
];

function segmentOf(random: Random): Octets {
  const options = [...random.bytes(random.size(40))];
  const known = random.pick([
    hex('0101080a 00000064 00000065'),
    hex('020405b4 0402 080a 00000001 00000000 01 030307'),
    options,
  ]);
  return tcp({
    sourcePort: random.pick([40000, 80, 4789, 0]),
    flags: random.below(0x200),
    seq: random.uint32(),
    ack: random.uint32(),
    options: known,
    payload: [...random.bytes(random.size(64))],
    ...(random.oneIn(4) ? { dataOffset: random.below(16) } : {}),
  });
}

function networkOf(random: Random): Network {
  const segment = segmentOf(random);
  if (random.oneIn(3)) {
    const fields = random.oneIn(4) ? { payloadBytes: random.pick(EDGES) & 0xffff } : {};
    const chain = random.oneIn(3) ? extensionsBefore(random, segment) : { next: 6, octets: segment };
    return sixOf(ipv6(chain.octets, { next: chain.next, ...fields }));
  }
  const fragment = random.oneIn(3)
    ? { fragment: random.pick([0x2000, 0x2001, 1, 3, 0x1fff, 0x3fff]), id: random.below(3) }
    : {};
  const total = random.oneIn(5) ? { totalBytes: random.pick(EDGES) & 0xffff } : {};
  return fourOf(ipv4(segment, { ...fragment, ...total }));
}

function extensionsBefore(random: Random, segment: Octets): { next: number; octets: Octets } {
  let next = 6;
  let octets = segment;
  for (let left = random.between(1, 5); left > 0; left--) {
    const kind = random.pick([0, 43, 44, 51, 60, 135, 139, 140]);
    const body = kind === 44 ? hex('0000 00000001') : cat([random.pick([0, 0, 0, 1, 4, 255])], [...random.bytes(6)]);
    octets = cat([next], body.length === 7 ? body : cat([0], body), octets);
    next = kind;
  }
  return { next, octets };
}

/** A frame with tags and tunnels one inside the other. */
function nestedFrame(random: Random): Octets {
  let network = networkOf(random);
  for (let depth = random.size(random.oneIn(10) ? 60 : 6); depth > 0; depth--) {
    network = random.pick(random.oneIn(2) ? TUNNELS : TAGS)(network);
    if (network.octets.length > 8000) break;
  }
  return random.oneIn(5) ? ethernet(8 + network.octets.length, snap(network.type, network.octets)) : frameOf(network);
}

/** A frame, often damaged, of a link type that often fits. */
export function generateFrame(random: Random): FuzzFrame {
  const known = random.pick(ENCAPSULATIONS);
  const whole = random.oneIn(2)
    ? { linkType: known.linkType, octets: known.frame }
    : { linkType: 1, octets: nestedFrame(random) };
  const bytes = mutate(Uint8Array.from(whole.octets), random, 4);
  const linkType = random.oneIn(12) ? random.pick(LINK_TYPES) : whole.linkType;
  const wireBytes = random.oneIn(4) ? random.pick(EDGES) : Math.max(whole.octets.length, bytes.length);
  return { linkType, bytes, wireBytes };
}
