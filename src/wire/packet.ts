import type { RowOrigin, SegmentBatch } from './batch.ts';
import { Protocol } from './protocol.ts';
import { SkipCounter, type SkipReason } from './skip.ts';

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
  /** VLAN / VNI identity gathered so far. */
  scope = 0;
  /** `RowOrigin` bits gathered so far. */
  origin = 0;
  linkType = 0;

  readonly batch: SegmentBatch;
  readonly skips = new SkipCounter();

  constructor(batch: SegmentBatch) {
    this.batch = batch;
  }

  /** Counts the packet as one that gives no row. @hot */
  skip(reason: SkipReason): typeof Protocol.DONE {
    this.skips.add(reason);
    return Protocol.DONE;
  }

  /** Adds an identity that tells equal tuples apart (0 adds nothing). @hot */
  addScope(identity: number): void {
    this.scope = (this.scope << 12) ^ identity;
  }

  markOrigin(bit: (typeof RowOrigin)[keyof typeof RowOrigin]): void {
    this.origin |= bit;
  }
}
