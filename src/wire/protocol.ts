/**
 * What comes next inside a packet, as one number a `switch` can take: an ethertype as it is, an IP protocol number
 * above `IP_PROTOCOL`, and layers that no registry numbers above `OTHER`.
 */
const IP_PROTOCOL = 0x10000;
const OTHER = 0x20000;

export const Protocol = {
  /** The packet is finished: a row was appended or a skip was counted. */
  DONE: -1,

  IPV4: 0x0800,
  ARP: 0x0806,
  TRANSPARENT_ETHERNET: 0x6558,
  REVERSE_ARP: 0x8035,
  VLAN: 0x8100,
  IPV6: 0x86dd,
  VLAN_SERVICE: 0x88a8,
  VLAN_9100: 0x9100,
  VLAN_9200: 0x9200,

  /** Add an IP protocol number. */
  IP_PROTOCOL,
  HOP_BY_HOP: IP_PROTOCOL + 0,
  ICMP: IP_PROTOCOL + 1,
  IGMP: IP_PROTOCOL + 2,
  TCP: IP_PROTOCOL + 6,
  UDP: IP_PROTOCOL + 17,
  IPV6_ROUTING: IP_PROTOCOL + 43,
  IPV6_FRAGMENT: IP_PROTOCOL + 44,
  ESP: IP_PROTOCOL + 50,
  AUTHENTICATION: IP_PROTOCOL + 51,
  ICMPV6: IP_PROTOCOL + 58,
  IPV6_NO_NEXT: IP_PROTOCOL + 59,
  IPV6_DESTINATION: IP_PROTOCOL + 60,
  SCTP: IP_PROTOCOL + 132,
  MOBILITY: IP_PROTOCOL + 135,
  HIP: IP_PROTOCOL + 139,
  SHIM6: IP_PROTOCOL + 140,

  ETHERNET: OTHER + 1,
  /** IPv4 or IPv6, told apart by the version nibble. */
  RAW_IP: OTHER + 2,
} as const;
