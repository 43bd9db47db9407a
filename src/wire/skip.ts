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
  /** The snap length cut the link-layer header. */
  TRUNCATED_LINK: 9,
  TRUNCATED_IP: 10,
  /** Fewer octets of the TCP header were captured than reach to its flags. */
  TRUNCATED_TCP: 11,
  BAD_IP_HEADER: 12,
  /** Data offset below 5 or beyond the end of the segment by the IP length. */
  BAD_TCP_HEADER: 13,
  /** An IP fragment that did not complete a datagram. */
  FRAGMENT: 14,
  /** More layers than any sane packet has. */
  TOO_DEEP: 15,
} as const;

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
