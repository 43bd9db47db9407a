/** Where IP protocol numbers start. */
const IP_PROTOCOL = 0x10000;
const OTHER = 0x20000;

/**
 * What comes next inside a packet, as one number a `switch` can take: an ethertype as it is (below 0x600 the length of
 * an 802.3 frame, so LLC follows), an IP protocol number above `IP_PROTOCOL`, and layers that neither registry numbers
 * above `OTHER`.
 */
export const Protocol = {
  /** The packet is finished: a row was appended or a skip was counted. */
  DONE: -1,

  /** Ethertypes start here; what is smaller is a length. */
  FIRST_ETHERTYPE: 0x0600,
  IPV4: 0x0800,
  ARP: 0x0806,
  TRILL: 0x22f3,
  ERSPAN_III: 0x22eb,
  TRANSPARENT_ETHERNET: 0x6558,
  RAW_FRAME_RELAY: 0x6559,
  REVERSE_ARP: 0x8035,
  VLAN: 0x8100,
  ARUBA_FIRST: 0x8200,
  ARUBA_LAST: 0x82ff,
  IPV6: 0x86dd,
  PPP: 0x880b,
  WCCP: 0x883e,
  MPLS: 0x8847,
  MPLS_MULTICAST: 0x8848,
  PPPOE_DISCOVERY: 0x8863,
  PPPOE: 0x8864,
  JUMBO_LLC: 0x8870,
  VLAN_SERVICE: 0x88a8,
  ERSPAN: 0x88be,
  MACSEC: 0x88e5,
  PROVIDER_BACKBONE: 0x88e7,
  FABRIC_PATH: 0x8903,
  CISCO_METADATA: 0x8909,
  VN_TAG: 0x8926,
  HSR: 0x892f,
  E_TAG: 0x893f,
  NSH: 0x894f,
  VLAN_9100: 0x9100,
  VLAN_9200: 0x9200,
  EDSA: 0xdada,
  REDUNDANCY_TAG: 0xf1c1,

  /** Add an IP protocol number. */
  IP_PROTOCOL,
  HOP_BY_HOP: IP_PROTOCOL + 0,
  ICMP: IP_PROTOCOL + 1,
  IGMP: IP_PROTOCOL + 2,
  IPV4_IN_IP: IP_PROTOCOL + 4,
  TCP: IP_PROTOCOL + 6,
  UDP: IP_PROTOCOL + 17,
  IPV6_IN_IP: IP_PROTOCOL + 41,
  IPV6_ROUTING: IP_PROTOCOL + 43,
  IPV6_FRAGMENT: IP_PROTOCOL + 44,
  GRE: IP_PROTOCOL + 47,
  ESP: IP_PROTOCOL + 50,
  AUTHENTICATION: IP_PROTOCOL + 51,
  ICMPV6: IP_PROTOCOL + 58,
  IPV6_NO_NEXT: IP_PROTOCOL + 59,
  IPV6_DESTINATION: IP_PROTOCOL + 60,
  ETHER_IP: IP_PROTOCOL + 97,
  SCTP: IP_PROTOCOL + 132,
  MOBILITY: IP_PROTOCOL + 135,
  MPLS_IN_IP: IP_PROTOCOL + 137,
  HIP: IP_PROTOCOL + 139,
  SHIM6: IP_PROTOCOL + 140,
  ETHERNET_IN_IP: IP_PROTOCOL + 143,

  ETHERNET: OTHER + 1,
  LLC: OTHER + 2,
  /** IPv4 or IPv6, told apart by the version nibble. */
  RAW_IP: OTHER + 3,
  FRAME_RELAY: OTHER + 4,
  CISCO_HDLC: OTHER + 5,
  /** PPP or Cisco HDLC, told apart by the address octet. */
  HDLC: OTHER + 6,
  IEEE802_11: OTHER + 7,
  IEEE802_11_RADIOTAP: OTHER + 8,
} as const;
