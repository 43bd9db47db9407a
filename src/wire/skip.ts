/** Why a packet gave no row; the value is an index into the counters, the key in kebab case is the reason's name. */
export const Skip = {
  ARP: 0,
  UDP: 1,
  ICMP: 2,
  ICMPV6: 3,
  IGMP: 4,
  SCTP: 5,
  ESP: 6,
  /** A link-layer payload that is neither IP nor anything listed here. */
  NOT_IP: 7,
  /** An IP protocol that is neither TCP nor anything listed here. */
  OTHER_IP_PROTOCOL: 8,
  /** The snap length cut a header at or below the link layer. */
  TRUNCATED_LINK: 9,
  TRUNCATED_IP: 10,
  /** Fewer octets of the TCP header were captured than reach to its flags. */
  TRUNCATED_TCP: 11,
  /** The snap length cut the header of a tunnel. */
  TRUNCATED_TUNNEL: 12,
  BAD_IP_HEADER: 13,
  /** Data offset below 5 or beyond the end of the segment by the IP length. */
  BAD_TCP_HEADER: 14,
  /** A link-layer or tunnel header that contradicts itself. */
  BAD_LINK_HEADER: 15,
  /** A fragment, of IP or below, that did not complete a datagram. */
  FRAGMENT: 16,
  /** Protected by 802.11, MACsec or PPP encryption. */
  ENCRYPTED: 17,
  /** TCP/IP headers compressed by Van Jacobson's scheme (RFC 1144), which needs the state of both ends. */
  COMPRESSED_HEADER: 18,
  /** 802.11 control and management frames. */
  NOT_DATA_FRAME: 19,
  /** More layers than any sane packet has. */
  TOO_DEEP: 20,
} as const;

/** One of the reasons. */
export type SkipReason = (typeof Skip)[keyof typeof Skip];

const NAMES = Object.keys(Skip).map((key) => key.toLowerCase().replaceAll('_', '-'));

/** Counts packets that gave no row, by reason. */
export class SkipCounter {
  readonly #counts = new Float64Array(NAMES.length);
  readonly #linkTypes = new Map<string, number>();

  /** @hot */
  add(reason: SkipReason): void {
    this.#counts[reason]++;
  }

  /** The packet gave a row after all. */
  takeBack(reason: SkipReason): void {
    this.#counts[reason]--;
  }

  addLinkType(name: string): void {
    this.#linkTypes.set(name, (this.#linkTypes.get(name) ?? 0) + 1);
  }

  /** Reason to count, without the zeros; a link type is `unsupported-linktype:LINKTYPE_X`. */
  toRecord(): Record<string, number> {
    const record: Record<string, number> = {};
    NAMES.forEach((name, reason) => {
      if (this.#counts[reason] > 0) record[name] = this.#counts[reason];
    });
    for (const [name, count] of this.#linkTypes) record[`unsupported-linktype:${name}`] = count;
    return record;
  }
}
