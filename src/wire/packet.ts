import { RowOrigin, type SegmentBatch } from './batch.ts';
import type { ChecksumCounts } from './checksum.ts';
import { type FragmentLimits, Reassembler } from './fragments.ts';
import { Protocol } from './protocol.ts';
import type { SkipReason } from './skip.ts';
import { Tally } from './tally.ts';
import { extendPath, type TunnelKind } from './tunnel.ts';

/**
 * The packet under the knife: where it lies and how far it has been peeled.
 *
 * One object per decoder, re-aimed for each packet. A layer is a function that reads at `offset`, moves `offset`
 * behind its header, narrows `end` and `wireEnd` to its own payload, and returns the `Protocol` of what follows.
 * Invariant: `offset <= end <= wireEnd`, and no layer reads at or beyond `end`.
 */
export class Packet {
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(new ArrayBuffer(0));
  /** Where the next header starts. */
  offset = 0;
  /** Behind the last captured octet of the current layer. */
  end = 0;
  /** Behind the last octet of the current layer as it was on the wire; may lie far behind `end`. */
  wireEnd = 0;
  /** Where the innermost IP header starts. */
  networkOffset = 0;
  /** Version of the innermost IP header: 4 or 6. */
  ipVersion = 0;
  /** Where the address of the final destination stands: in the IP header or, source-routed, in a routing header. */
  destinationOffset = 0;
  /** VLAN / VNI identity gathered so far. */
  scope = 0;
  /** `RowOrigin` bits gathered so far. */
  origin = 0;
  /** Tunnels passed so far (see tunnel.ts); 0 is none. */
  tunnelPath = 0;
  /** LINKTYPE_ number of the interface. */
  linkType = 0;
  interfaceIndex = 0;
  /** Where the next subframe of an 802.11 aggregate starts; 0 when there is none. */
  aggregateOffset = 0;
  /** What held when the aggregate was found, for its other subframes. */
  aggregateView: DataView = this.view;
  aggregateBytes: Uint8Array = this.bytes;
  aggregateEnd = 0;
  aggregateWireEnd = 0;
  aggregateScope = 0;
  aggregateOrigin = 0;
  aggregateTunnelPath = 0;

  batch: SegmentBatch;
  readonly decapsulate: boolean;
  readonly verifiesChecksums: boolean;
  /** Null when checksums are not to be verified. */
  checksums: ChecksumCounts | null = null;
  readonly reassembler: Reassembler;
  /** What is counted of the present interface. */
  tally = new Tally();

  constructor(batch: SegmentBatch, decapsulate: boolean, verifyChecksums: boolean, limits: FragmentLimits) {
    this.batch = batch;
    this.decapsulate = decapsulate;
    this.verifiesChecksums = verifyChecksums;
    this.reassembler = new Reassembler(limits);
    this.switchTo(this.tally);
  }

  /** Counts elsewhere from now on. */
  switchTo(tally: Tally): void {
    this.tally = tally;
    this.checksums = this.verifiesChecksums ? tally.checksums : null;
    this.reassembler.counts = tally.fragments;
  }

  /** Counts the packet as one that gives no row. @hot */
  skip(reason: SkipReason): typeof Protocol.DONE {
    this.tally.skips.add(reason);
    return Protocol.DONE;
  }

  /** The current layer ends at `wireEnd`, unless the frame ended before: octets beyond it were never on the wire. @hot */
  narrowWire(wireEnd: number): void {
    if (wireEnd < this.wireEnd) this.wireEnd = wireEnd;
  }

  /** Whether so many octets of the current layer were captured from `offset` on. @hot */
  has(headerBytes: number): boolean {
    return this.end - this.offset >= headerBytes;
  }

  /** Adds an identity that tells equal tuples apart. @hot */
  addScope(identity: number): void {
    this.scope = (this.scope << 12) ^ identity;
  }

  /** Notes a tunnel; the length of what it carries is its own. */
  enterTunnel(tunnel: TunnelKind): void {
    this.tunnelPath = extendPath(this.tunnelPath, tunnel);
    this.origin = (this.origin & ~RowOrigin.LENGTH_FROM_CAPTURE) | RowOrigin.TUNNELLED;
  }
}
