import {
  cat,
  ethernet,
  gre,
  hex,
  ipv4,
  ipv6,
  MAC,
  type Octets,
  outer4,
  outer6,
  outerUdp,
  PACKET4,
  PACKET6,
  snap,
  u16,
  u16le,
  u32,
  u32le,
  zeros,
} from './frames.ts';

/** One way a segment reaches a capture. */
export interface Encapsulation {
  readonly name: string;
  readonly linkType: number;
  readonly frame: Octets;
  readonly ipVersion: 4 | 6;
  readonly scope: number;
  /** Tunnel path as the decoder tells it; empty when there is no tunnel. */
  readonly tunnel: string;
  /** False where tshark 4.0 is known not to follow. */
  readonly knownToTshark: boolean;
}

const ETHERNET = 1;

interface Extra {
  ipVersion?: 4 | 6;
  scope?: number;
  tunnel?: string;
  knownToTshark?: boolean;
}

const entry = (name: string, linkType: number, frame: Octets, extra: Extra = {}): Encapsulation => ({
  name,
  linkType,
  frame,
  ipVersion: extra.ipVersion ?? 4,
  scope: extra.scope ?? 0,
  tunnel: extra.tunnel ?? '',
  knownToTshark: extra.knownToTshark ?? true,
});

const dot11 = (control: string, rest: Octets): Octets =>
  cat(hex(control), u16(0), hex('020000000002 020000000001 020000000003'), u16(0), rest);

/** What an encapsulation is built around. */
interface Parts {
  readonly packet4: Octets;
  readonly packet6: Octets;
  readonly frame4: Octets;
  readonly dot11Data: Octets;
  readonly segment: Octets;
  readonly segment6: Octets;
  readonly source4: Octets;
  readonly destination4: Octets;
  readonly source6: Octets;
  readonly destination6: Octets;
  extension6(next: number, first: Octets): Octets;
}

function partsOf(packet4: Octets, packet6: Octets): Parts {
  const segment6 = packet6.slice(40);
  const [source6, destination6] = [packet6.slice(8, 24), packet6.slice(24, 40)];
  return {
    packet4,
    packet6,
    frame4: ethernet(0x0800, packet4),
    dot11Data: dot11('0801', snap(0x0800, packet4)),
    segment: packet4.slice(20),
    segment6,
    source4: packet4.slice(12, 16),
    destination4: packet4.slice(16, 20),
    source6,
    destination6,
    extension6: (next, first) =>
      ethernet(0x86dd, ipv6(cat(first, segment6), { next, source: source6, destination: destination6 })),
  };
}

const linksOf = ({ packet4, packet6, frame4, dot11Data }: Parts): Encapsulation[] => [
  entry('ethernet', ETHERNET, frame4),
  entry('ethernet, ipv6', ETHERNET, ethernet(0x86dd, packet6), { ipVersion: 6 }),
  entry('ethernet, padded', ETHERNET, cat(frame4, zeros(9))),
  entry('802.3 with llc and snap', ETHERNET, ethernet(8 + packet4.length, snap(0x0800, packet4))),
  entry('802.3 with the ip sap', ETHERNET, ethernet(3 + packet4.length, cat(hex('060603'), packet4))),
  entry('vlan', ETHERNET, ethernet(0x8100, cat(u16(0x2005), u16(0x0800), packet4)), { scope: 5 }),
  entry('priority tag', ETHERNET, ethernet(0x8100, cat(u16(0xe000), u16(0x0800), packet4))),
  entry('qinq', ETHERNET, ethernet(0x88a8, cat(u16(7), u16(0x8100), u16(9), u16(0x0800), packet4)), {
    scope: (7 << 12) | 9,
  }),
  entry(
    'inter-switch link',
    ETHERNET,
    cat(
      hex('01000c0000 00 020000000001'),
      u16(16 + frame4.length),
      hex('aaaa03 00000c'),
      u16(12 << 1),
      zeros(4),
      frame4,
      zeros(8),
    ),
    {
      scope: 12,
    },
  ),
  entry('mpls', ETHERNET, ethernet(0x8847, cat(u32((16 << 12) | 64), u32((17 << 12) | 0x100 | 64), packet4))),
  entry('mpls pseudowire', ETHERNET, ethernet(0x8847, cat(u32((17 << 12) | 0x100 | 64), u32(0), frame4)), {
    knownToTshark: false,
  }),
  entry('pppoe', ETHERNET, ethernet(0x8864, cat(hex('1100 0001'), u16(packet4.length + 2), hex('0021'), packet4))),
  entry('vn-tag', ETHERNET, ethernet(0x8926, cat(zeros(4), u16(0x0800), packet4))),
  entry('e-tag', ETHERNET, ethernet(0x893f, cat(zeros(6), u16(0x0800), packet4))),
  entry('cisco metadata', ETHERNET, ethernet(0x8909, cat(hex('0101 0001 0005'), u16(0x0800), packet4))),
  entry('hsr', ETHERNET, ethernet(0x892f, cat(zeros(4), u16(0x0800), packet4))),
  entry('redundancy tag', ETHERNET, ethernet(0xf1c1, cat(zeros(4), u16(0x0800), packet4))),
  entry(
    'macsec, authenticated only',
    ETHERNET,
    ethernet(0x88e5, cat(hex('2000 00000001'), zeros(8), u16(0x0800), packet4, zeros(16))),
  ),
  entry('provider backbone', ETHERNET, ethernet(0x88e7, cat(u32(0x000102), frame4)), { scope: 0x102 }),
  entry('trill', ETHERNET, ethernet(0x22f3, cat(hex('0001 0002 0003'), frame4))),
  entry('fabricpath', ETHERNET, ethernet(0x8903, cat(hex('0040'), frame4, zeros(8)))),
  entry('nsh', ETHERNET, ethernet(0x894f, cat(hex('0fc6 0101 000001ff'), zeros(16), packet4))),
  entry('linux sll', 113, cat(hex('0000 0001 0006 020000000001 0000 0800'), packet4)),
  entry('linux sll2', 276, cat(hex('0800 0000 00000002 0001 00 06 020000000001 0000'), packet4)),
  entry('null, little-endian', 0, cat(u32le(2), packet4)),
  entry('null, big-endian', 0, cat(u32(2), packet4)),
  entry('null, ipv6 of darwin', 0, cat(u32le(30), packet6), { ipVersion: 6 }),
  entry('loop', 108, cat(u32(2), packet4)),
  entry('raw', 101, packet4),
  entry('raw, ipv6', 101, packet6, { ipVersion: 6 }),
  entry('raw, bsd number', 12, packet4),
  entry('ipv4', 228, packet4),
  entry('ipv6', 229, packet6, { ipVersion: 6 }),
  entry('802.11', 105, dot11Data),
  entry('802.11, four addresses', 105, dot11('0803', cat(hex('020000000004'), snap(0x0800, packet4)))),
  entry('802.11, qos', 105, dot11('8801', cat(u16(0), snap(0x0800, packet4)))),
  entry('802.11, a-msdu', 105, dot11('8801', cat(hex('8000'), MAC, u16(8 + packet4.length), snap(0x0800, packet4)))),
  entry('802.11, qos and ht control', 105, dot11('8881', cat(u16(0), u32(0), snap(0x0800, packet4)))),
  entry('radiotap', 127, cat(hex('0000'), u16le(8), u32le(0), dot11Data)),
  entry(
    'radiotap, padded',
    127,
    cat(
      hex('0000'),
      u16le(18),
      u32le(3),
      zeros(8),
      hex('20 00'),
      dot11('8801', cat(u16(0), u16(0), snap(0x0800, packet4))),
    ),
  ),
  entry('prism', 119, cat(u32(0x44), u32(144), zeros(136), dot11Data)),
  entry('avs', 163, cat(u32(0x80211001), u32(64), zeros(56), dot11Data)),
  entry('ppi', 192, cat(hex('0000'), u16le(8), u32le(105), dot11Data)),
  entry('ppp', 9, cat(hex('ff03 0021'), packet4)),
  entry('ppp, compressed protocol', 9, cat(hex('21'), packet4)),
  entry('ppp hdlc', 50, cat(hex('ff03 0021'), packet4)),
  entry('ppp with direction', 204, cat(hex('01 ff03 0021'), packet4)),
  entry('ppp multilink, whole packet', 50, cat(hex('ff03 003d c0000001 0021'), packet4), { knownToTshark: false }),
  entry('cisco hdlc', 104, cat(hex('0f00 0800'), packet4)),
  entry('cisco hdlc with direction', 205, cat(hex('01 0f00 0800'), packet4), { knownToTshark: false }),
  entry('frame relay, nlpid', 107, cat(hex('1841 03 cc'), packet4)),
  entry('frame relay, snap', 107, cat(hex('1841 03 00 80 000000 0800'), packet4)),
  entry('frame relay, cisco', 107, cat(hex('1841 0800'), packet4)),
  entry('fddi', 10, cat(hex('50'), MAC, snap(0x0800, packet4))),
  entry('token ring', 6, cat(hex('1040'), MAC, snap(0x0800, packet4))),
  entry(
    'token ring, source routed',
    6,
    cat(hex('1040 020000000002 820000000001 0630 0011 0020'), snap(0x0800, packet4)),
  ),
  entry('atm', 100, snap(0x0800, packet4)),
  entry('atm, bridged', 100, cat(hex('aaaa03 0080c2 0007 0000'), frame4)),
  entry('sunatm', 123, cat(hex('0200 0020'), snap(0x0800, packet4))),
  entry('arcnet of linux', 129, cat(hex('0102 0000 d4 00 0001'), packet4)),
  entry('arcnet of bsd', 7, cat(hex('0102 f0'), packet4)),
  entry(
    'nflog',
    239,
    cat(hex('0200 0000'), u16le(8), u16le(1), zeros(4), u16le(4 + packet4.length), u16le(9), packet4),
  ),
  entry(
    'nflog of a big-endian host',
    239,
    cat(hex('0200 0000'), u16(8), u16(1), zeros(4), u16(4 + packet4.length), u16(9), packet4),
    { knownToTshark: false },
  ),
  entry('pktap', 258, cat(u32le(108), u32le(1), u32le(1), zeros(96), frame4)),
  entry('ip over infiniband', 242, cat(zeros(40), u16(0x0800), u16(0), packet4)),
  entry('ip over fibre channel', 122, cat(zeros(16), snap(0x0800, packet4))),
  entry('ip over ieee 1394', 138, cat(zeros(16), u16(0x0800), packet4)),
  entry('slip', 8, cat(hex('0045'), zeros(14), packet4), { knownToTshark: false }),
  entry('openbsd enc', 109, cat(u32le(2), zeros(8), packet4)),
  entry('openbsd pflog', 117, cat(hex('3d 02 00 00'), zeros(60), packet4)),
  entry('ipnet', 226, cat(hex('0102 0000'), u32(packet4.length), zeros(16), packet4)),
  entry('mpls link', 219, cat(u32((17 << 12) | 0x100 | 64), packet4), { knownToTshark: false }),
  entry(
    'erf',
    197,
    cat(zeros(8), hex('02 04'), u16(18 + frame4.length), zeros(2), u16(frame4.length), zeros(2), frame4),
  ),
  entry('juniper ethernet', 178, cat(hex('4d4743 00'), frame4)),
  entry('juniper ethernet, extended', 178, cat(hex('4d4743 80 0004 01020304'), frame4)),
  entry('marvell dsa', 284, cat(MAC, zeros(4), u16(0x0800), packet4), { knownToTshark: false }),
  entry('marvell edsa', 285, cat(MAC, hex('dada 0000'), zeros(4), u16(0x0800), packet4), { knownToTshark: false }),
  entry('broadcom tag', 281, cat(MAC, zeros(4), u16(0x0800), packet4), { knownToTshark: false }),
  entry('broadcom tag in front', 282, cat(zeros(4), frame4), { knownToTshark: false }),
  entry('symantec firewall', 99, cat(zeros(6), u16(0x0800), zeros(36), packet4)),
  entry('netanalyzer', 240, cat(zeros(4), frame4, zeros(4)), { knownToTshark: false }),
  entry('null, ppp header', 0, cat(hex('ff03 0021'), packet4)),
  entry('null, ethertype', 0, cat(u32(0x0800), packet4)),
  entry('classical ip over atm', 106, packet4),
  entry('classical ip over atm with snap', 106, snap(0x0800, packet4), { knownToTshark: false }),
  entry('docsis', 143, cat(hex('00 00'), u16(frame4.length + 4), hex('0000'), frame4, zeros(4)), {
    knownToTshark: false,
  }),
  entry('docsis, extended', 143, cat(hex('01 02'), u16(2 + frame4.length + 4), hex('0001 0000'), frame4, zeros(4)), {
    knownToTshark: false,
  }),
  entry('tzsp link', 128, cat(hex('0100 0001 01'), frame4)),
];

const networksOf = ({
  packet4,
  packet6,
  frame4,
  segment,
  segment6,
  source4,
  destination4,
  source6,
  destination6,
  extension6,
}: Parts): Encapsulation[] => [
  entry(
    'ipv4 options',
    ETHERNET,
    ethernet(0x0800, ipv4(segment, { options: hex('01010101 94040000'), source: source4, destination: destination4 })),
  ),
  entry('ipv6 hop-by-hop', ETHERNET, extension6(0, hex('0600 0502 0000 0100')), { ipVersion: 6 }),
  entry('ipv6 destination options', ETHERNET, extension6(60, hex('0600 0104 00000000')), { ipVersion: 6 }),
  entry('ipv6 authentication', ETHERNET, extension6(51, cat(hex('0604 0000 00000001 00000001'), zeros(12))), {
    ipVersion: 6,
  }),
  entry('ipv6 atomic fragment', ETHERNET, extension6(44, hex('0600 0000 00000009')), { ipVersion: 6 }),
  entry(
    'ipv6 source route, not yet at its end',
    ETHERNET,
    ethernet(
      0x86dd,
      ipv6(cat(hex('0602 0001 00000000'), destination6, segment6), {
        next: 43,
        source: source6,
        destination: hex('fd00 0000 0000 0000 0000 0000 0000 0009'),
      }),
    ),
    { ipVersion: 6, knownToTshark: false },
  ),
  entry('ip in ip', ETHERNET, ethernet(0x0800, outer4(4, packet4)), { tunnel: 'ipv4-in-ipv4' }),
  entry('6in4', ETHERNET, ethernet(0x0800, outer4(41, packet6)), { ipVersion: 6, tunnel: 'ipv6-in-ipv4' }),
  entry('4in6', ETHERNET, ethernet(0x86dd, outer6(4, packet4)), { tunnel: 'ipv4-in-ipv6' }),
  entry('6in6', ETHERNET, ethernet(0x86dd, outer6(41, packet6)), { ipVersion: 6, tunnel: 'ipv6-in-ipv6' }),
  entry(
    'ipv4 authentication',
    ETHERNET,
    ethernet(0x0800, outer4(51, cat(hex('0404 0000 00000001 00000001'), zeros(12), packet4))),
    {
      tunnel: 'ipv4-in-ipv4',
    },
  ),
  entry('etherip', ETHERNET, ethernet(0x0800, outer4(97, cat(hex('3000'), frame4))), { tunnel: 'ether-ip' }),
  entry('mpls in ip', ETHERNET, ethernet(0x0800, outer4(137, cat(u32((17 << 12) | 0x100 | 64), packet4))), {
    tunnel: 'mpls-in-ip',
  }),
];

const tunnelsOf = ({ packet4, packet6, frame4 }: Parts): Encapsulation[] => [
  entry('gre', ETHERNET, ethernet(0x0800, outer4(47, gre(0x0800, packet4))), { tunnel: 'gre' }),
  entry(
    'gre, checksum, key and sequence',
    ETHERNET,
    ethernet(0x0800, outer4(47, cat(hex('b000 0800 00000000 00000001 00000002'), packet4))),
    { tunnel: 'gre' },
  ),
  entry('gre, bridged with key', ETHERNET, ethernet(0x0800, outer4(47, cat(hex('2000 6558 00012300'), frame4))), {
    tunnel: 'gre-ethernet',
    scope: 0x123,
  }),
  entry(
    'gre of version 1',
    ETHERNET,
    ethernet(
      0x0800,
      outer4(47, cat(hex('3081 880b'), u16(packet4.length + 4), hex('0001 00000001 00000002 ff03 0021'), packet4)),
    ),
    { tunnel: 'pptp' },
  ),
  entry('wccp', ETHERNET, ethernet(0x0800, outer4(47, cat(hex('0000 883e 00000000'), packet4))), { tunnel: 'gre' }),
  entry('erspan I', ETHERNET, ethernet(0x0800, outer4(47, gre(0x88be, frame4))), { tunnel: 'erspan' }),
  entry('erspan II', ETHERNET, ethernet(0x0800, outer4(47, cat(hex('1000 88be 00000001 10000000 00000000'), frame4))), {
    tunnel: 'erspan',
  }),
  entry(
    'erspan III',
    ETHERNET,
    ethernet(0x0800, outer4(47, cat(hex('1000 22eb 00000001 20000000 00000000 00000000'), frame4))),
    { tunnel: 'erspan' },
  ),
  entry(
    'erspan III with platform header',
    ETHERNET,
    ethernet(0x0800, outer4(47, cat(hex('1000 22eb 00000001 20000000 00000000 00000001'), zeros(8), frame4))),
    { tunnel: 'erspan' },
  ),
  entry('gre in udp', ETHERNET, outerUdp(4754, gre(0x0800, packet4)), { tunnel: 'gre-in-udp' }),
  entry('mpls in udp', ETHERNET, outerUdp(6635, cat(u32((17 << 12) | 0x100 | 64), packet4)), { tunnel: 'mpls-in-udp' }),
  entry('vxlan', ETHERNET, outerUdp(4789, cat(hex('08000000 00012300'), frame4)), { tunnel: 'vxlan', scope: 0x123 }),
  entry('vxlan on the port of linux', ETHERNET, outerUdp(8472, cat(hex('08000000 00012300'), frame4)), {
    tunnel: 'vxlan',
    scope: 0x123,
    knownToTshark: false,
  }),
  entry('vxlan-gpe', ETHERNET, outerUdp(4790, cat(hex('0c000001 00012300'), packet4)), {
    tunnel: 'vxlan-gpe',
    scope: 0x123,
  }),
  entry('geneve with options', ETHERNET, outerUdp(6081, cat(hex('0200 6558 00012300 0102 0301 00000000'), frame4)), {
    tunnel: 'geneve',
    scope: 0x123,
  }),
  entry('gtp-u', ETHERNET, outerUdp(2152, cat(hex('30ff'), u16(packet4.length), u32(1), packet4)), { tunnel: 'gtp-u' }),
  entry(
    'gtp-u with extensions',
    ETHERNET,
    outerUdp(2152, cat(hex('34ff'), u16(packet4.length + 8), u32(1), hex('0000 00 85 01 00 01 00'), packet4)),
    { tunnel: 'gtp-u' },
  ),
  entry('l2tp', ETHERNET, outerUdp(1701, cat(hex('0002 0001 0002 ff03 0021'), packet4)), { tunnel: 'l2tp' }),
  entry(
    'l2tp with all fields',
    ETHERNET,
    outerUdp(
      1701,
      cat(hex('4a02'), u16(14 + 4 + packet4.length + 2), hex('0001 0002 0003 0004 0002 0000 ff03 0021'), packet4),
    ),
    { tunnel: 'l2tp' },
  ),
  entry('teredo', ETHERNET, outerUdp(3544, packet6), { ipVersion: 6, tunnel: 'teredo' }),
  entry(
    'teredo with indications',
    ETHERNET,
    outerUdp(3544, cat(hex('0001 0000'), zeros(9), hex('0000'), zeros(6), packet6)),
    { ipVersion: 6, tunnel: 'teredo' },
  ),
  entry('ayiya', ETHERNET, outerUdp(5072, cat(hex('42 52 11 29'), u32(0), zeros(16), zeros(20), packet6)), {
    ipVersion: 6,
    tunnel: 'ayiya > ipv6-in-ipv4',
  }),
  entry('lisp', ETHERNET, outerUdp(4341, cat(zeros(8), packet4)), { tunnel: 'lisp' }),
  entry('capwap, 802.3', ETHERNET, outerUdp(5247, cat(hex('00 10 02 00 00000000'), frame4)), {
    tunnel: 'capwap',
    knownToTshark: false,
  }),
  entry(
    'capwap, 802.11',
    ETHERNET,
    outerUdp(5247, cat(hex('00 10 03 00 00000000'), dot11('0108', snap(0x0800, packet4)))),
    { tunnel: 'capwap' },
  ),
  entry('tzsp', ETHERNET, outerUdp(37008, cat(hex('0100 0001 01'), frame4)), { tunnel: 'tzsp' }),
  entry(
    'vxlan in gre',
    ETHERNET,
    ethernet(0x0800, outer4(47, gre(0x0800, outerUdp(4789, cat(hex('08000000 00012300'), frame4)).slice(14)))),
    { tunnel: 'gre > vxlan', scope: 0x123 },
  ),
];

/** Every link type, tag, extension header and tunnel that is followed, around one and the same packet without options. */
export function encapsulate(packet4: Octets, packet6: Octets): Encapsulation[] {
  const parts = partsOf(packet4, packet6);
  return [...linksOf(parts), ...networksOf(parts), ...tunnelsOf(parts)];
}

/** All of them with one and the same segment inside. */
export const ENCAPSULATIONS: readonly Encapsulation[] = encapsulate(PACKET4, PACKET6);
