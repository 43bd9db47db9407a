/**
 * The tunnels a packet came through, as a path: outermost first, five bits a tunnel, so that one small integer tells
 * the whole way and counting it costs a map look-up.
 */
export const Tunnel = {
  IPV4_IN_IPV4: 1,
  IPV6_IN_IPV4: 2,
  IPV4_IN_IPV6: 3,
  IPV6_IN_IPV6: 4,
  GRE: 5,
  GRE_ETHERNET: 6,
  ERSPAN: 7,
  PPTP: 8,
  VXLAN: 9,
  VXLAN_GPE: 10,
  GENEVE: 11,
  GTP_U: 12,
  L2TP: 13,
  TEREDO: 14,
  ETHER_IP: 15,
  MPLS_IN_IP: 16,
  MPLS_IN_UDP: 17,
  GRE_IN_UDP: 18,
  LISP: 19,
  AYIYA: 20,
  CAPWAP: 21,
  TZSP: 22,
  ETHERNET_IN_IP: 23,
} as const;

/** One of the kinds of tunnel. */
export type TunnelKind = (typeof Tunnel)[keyof typeof Tunnel];

const NAMES = Object.keys(Tunnel).map((key) => key.toLowerCase().replaceAll('_', '-'));
const BITS = 5;
const MASK = 0x1f;
/** Six tunnels fit in a small integer; what lies deeper is followed but not told. */
const LONGEST_PATH = 1 << (BITS * 5);

/** Path with one more tunnel at its inner end. */
export function extendPath(path: number, tunnel: TunnelKind): number {
  return path < LONGEST_PATH ? (path << BITS) | tunnel : path;
}

/** `vxlan`, `gre > ipv4-in-ipv6`: outermost first. */
export function formatPath(path: number): string {
  const names: string[] = [];
  for (let rest = path; rest !== 0; rest >>>= BITS) names.unshift(NAMES[(rest & MASK) - 1]);
  return names.join(' > ');
}
