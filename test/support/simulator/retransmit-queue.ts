import { MILLISECOND, SECOND } from './clock.ts';
import { add, after, before } from './segment.ts';

/** One segment sent and not yet covered by an ACK. */
export interface Outstanding {
  seq: number;
  payloadBytes: number;
  flags: number;
  firstSentNanos: number;
  copies: number;
  sacked: boolean;
}

const endOf = (sent: Outstanding): number => add(sent.seq, sent.payloadBytes + (sent.flags & 0x03 ? 1 : 0));

/** Segments in flight and the retransmission time-out (RFC 6298 with Linux's bounds: 200 ms to 120 s). */
export class RetransmitQueue {
  readonly inFlight: Outstanding[] = [];
  backoff = 0;
  private smoothedNanos = 0;
  private variationNanos = 0;

  get timeoutNanos(): number {
    const base =
      this.smoothedNanos === 0 ? SECOND : this.smoothedNanos + Math.max(200 * MILLISECOND, 4 * this.variationNanos);
    return Math.min(120 * SECOND, base * 2 ** this.backoff);
  }

  /** Removes what `ack` covers; returns how many octets and flags that was. */
  acknowledge(ack: number, nowNanos: number): number {
    let covered = 0;
    while (this.inFlight.length > 0 && !after(endOf(this.inFlight[0]), ack)) {
      const sent = this.inFlight.shift() as Outstanding;
      covered += (endOf(sent) - sent.seq) | 0;
      if (sent.copies === 1) this.measure(nowNanos - sent.firstSentNanos);
    }
    if (covered > 0) this.backoff = 0;
    return covered;
  }

  markSacked(ranges: readonly [number, number][]): void {
    for (const sent of this.inFlight) {
      if (ranges.some(([l, r]) => !before(sent.seq, l) && !after(endOf(sent), r))) sent.sacked = true;
    }
  }

  get firstHole(): Outstanding | undefined {
    return this.inFlight.find((sent) => !sent.sacked);
  }

  get sackedCount(): number {
    return this.inFlight.reduce((count, sent) => count + (sent.sacked ? 1 : 0), 0);
  }

  private measure(roundTripNanos: number): void {
    if (this.smoothedNanos === 0) {
      this.smoothedNanos = roundTripNanos;
      this.variationNanos = roundTripNanos / 2;
      return;
    }
    const error = Math.abs(this.smoothedNanos - roundTripNanos);
    this.variationNanos += (error - this.variationNanos) / 4;
    this.smoothedNanos += (roundTripNanos - this.smoothedNanos) / 8;
  }
}
