import type { SegmentBatch } from './batch.ts';
import { decodeEthernet, decodeVlan } from './ethernet.ts';
import { decodeIpv4 } from './ipv4.ts';
import { decodeAuthentication, decodeHopByHop, decodeIpv6, decodeIpv6Extension } from './ipv6.ts';
import { LinkType } from './linktype.ts';
import { linkTypeName } from './linktype-names.ts';
import { decodeLoopback } from './loopback.ts';
import { Packet } from './packet.ts';
import { Protocol } from './protocol.ts';
import { Skip } from './skip.ts';
import { decodeSll, decodeSll2 } from './sll.ts';
import { decodeTcp } from './tcp.ts';

export interface DecoderOptions {
  /** Follow tunnels to the innermost TCP (default true); otherwise stop at the outer IP header. */
  readonly decapsulate?: boolean;
  /** Verify IP and TCP checksums where the whole segment was captured (default false). */
  readonly verifyChecksums?: boolean;
}

/** Headers one inside the other after which a packet is given up. */
const MAXIMUM_LAYERS = 48;
/** A longer packet is no packet: its claimed length on the wire is not believed. */
const MAXIMUM_WIRE_BYTES = 1 << 24;

/**
 * Turns frames into rows of a batch; what gives no row is counted by reason.
 *
 * Never throws and never reads outside the captured octets, whatever they are.
 */
export class Decoder {
  readonly #packet: Packet;
  #segmentCount = 0;

  constructor(batch: SegmentBatch, _options: DecoderOptions = {}) {
    this.#packet = new Packet(batch);
  }

  /**
   * Appends at most one row to the batch; the caller empties the batch when `count` reaches `BATCH_ROWS`.
   *
   * `bytes` and `view` show the same memory. `start` and `capturedBytes` must lie within it; `wireBytes` is the length
   * before the snap length cut it; `linkType` is a LINKTYPE_ number. @hot
   */
  decode(
    bytes: Uint8Array,
    view: DataView,
    start: number,
    capturedBytes: number,
    wireBytes: number,
    linkType: number,
    frame: number,
    timeNanos: number,
    interfaceIndex: number,
  ): void {
    const packet = this.#packet;
    const batch = packet.batch;
    const row = batch.count;
    // Columns that need no header are written first: a row counts only once `count` moves past it.
    batch.frame[row] = frame;
    batch.timeNanos[row] = timeNanos;
    batch.interfaceIndex[row] = interfaceIndex;
    if (packet.view !== view) {
      packet.bytes = bytes;
      packet.view = view;
    }
    packet.offset = start;
    packet.end = start + capturedBytes;
    packet.wireEnd = wireBytes > capturedBytes && wireBytes <= MAXIMUM_WIRE_BYTES ? start + wireBytes : packet.end;
    packet.scope = 0;
    packet.origin = 0;
    this.#peel(packet, linkType === LinkType.ETHERNET ? decodeEthernet(packet) : decodeLink(packet, linkType));
    if (batch.count !== row) this.#segmentCount++;
  }

  /** Packets that gave no row, by reason (kebab case; see `Skip`). */
  skippedCounts(): Record<string, number> {
    return this.#packet.skips.toRecord();
  }

  /** Rows appended so far. */
  get tcpSegmentCount(): number {
    return this.#segmentCount;
  }

  /** Steps from header to header until the packet is done. @hot */
  #peel(packet: Packet, first: number): void {
    let protocol = first;
    if (protocol === Protocol.IPV4) protocol = decodeIpv4(packet);
    for (let layers = 0; layers < MAXIMUM_LAYERS; layers++) {
      if (protocol === Protocol.TCP) protocol = decodeTcp(packet);
      if (protocol === Protocol.DONE) return;
      protocol = decodeLayer(packet, protocol);
    }
    if (protocol !== Protocol.DONE) packet.skip(Skip.TOO_DEEP);
  }
}

/** Reads the link-layer header of anything but Ethernet. */
function decodeLink(packet: Packet, linkType: number): number {
  switch (linkType) {
    case LinkType.ETHERNET:
      return decodeEthernet(packet);
    case LinkType.LINUX_SLL:
      return decodeSll(packet);
    case LinkType.LINUX_SLL2:
      return decodeSll2(packet);
    case LinkType.NULL:
    case LinkType.LOOP:
      return decodeLoopback(packet);
    case LinkType.RAW:
    case LinkType.RAW_BSD:
    case LinkType.RAW_OPENBSD:
    case LinkType.IPV4:
      return Protocol.IPV4;
    case LinkType.IPV6:
      return Protocol.IPV6;
    default:
      packet.skips.addLinkType(`LINKTYPE_${linkTypeName(linkType)}`);
      return Protocol.DONE;
  }
}

function decodeLayer(packet: Packet, protocol: number): number {
  switch (protocol) {
    case Protocol.IPV4:
      return decodeIpv4(packet);
    case Protocol.IPV6:
      return decodeIpv6(packet);
    case Protocol.VLAN:
    case Protocol.VLAN_SERVICE:
    case Protocol.VLAN_9100:
    case Protocol.VLAN_9200:
      return decodeVlan(packet);
    case Protocol.HOP_BY_HOP:
      return decodeHopByHop(packet);
    case Protocol.IPV6_ROUTING:
    case Protocol.IPV6_DESTINATION:
    case Protocol.MOBILITY:
    case Protocol.HIP:
    case Protocol.SHIM6:
      return decodeIpv6Extension(packet);
    case Protocol.AUTHENTICATION:
      return decodeAuthentication(packet);
    default:
      return skipLayer(packet, protocol);
  }
}

/** Names what stands where TCP could have been. */
function skipLayer(packet: Packet, protocol: number): number {
  switch (protocol) {
    case Protocol.ARP:
    case Protocol.REVERSE_ARP:
      return packet.skip(Skip.ARP);
    case Protocol.UDP:
      return packet.skip(Skip.UDP);
    case Protocol.ICMP:
      return packet.skip(Skip.ICMP);
    case Protocol.ICMPV6:
      return packet.skip(Skip.ICMPV6);
    case Protocol.IGMP:
      return packet.skip(Skip.IGMP);
    case Protocol.SCTP:
      return packet.skip(Skip.SCTP);
    case Protocol.ESP:
      return packet.skip(Skip.ESP);
    case Protocol.IPV6_FRAGMENT:
      return packet.skip(Skip.FRAGMENT);
    default:
      return packet.skip(protocol < Protocol.IP_PROTOCOL ? Skip.NOT_IP : Skip.OTHER_IP_PROTOCOL);
  }
}
