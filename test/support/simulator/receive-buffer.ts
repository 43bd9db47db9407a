import { add, after, before } from './segment.ts';

type Range = [number, number];

/** What one end has received: contiguous up to `rcvNxt`, islands beyond it, and what the application has not read. */
export class ReceiveBuffer {
  rcvNxt: number;
  readonly capacityBytes: number;
  unreadBytes = 0;
  /** Sequence number of the peer's FIN, once its segment has come. */
  finSeq: number | null = null;
  /** Islands beyond `rcvNxt`, the latest first (RFC 2018 §4). */
  islands: Range[] = [];
  /** To be reported once as D-SACK (RFC 2883). */
  duplicate: Range | null = null;

  constructor(rcvNxt: number, capacityBytes: number) {
    this.rcvNxt = rcvNxt;
    this.capacityBytes = capacityBytes;
  }

  get freeBytes(): number {
    return Math.max(0, this.capacityBytes - this.unreadBytes);
  }

  /** Every octet before the FIN, and the FIN, has come. */
  get finReached(): boolean {
    return this.finSeq !== null && this.rcvNxt === this.finSeq;
  }

  /** Takes the octets [seq, seq + count) in; returns how many became readable. */
  accept(seq: number, count: number): number {
    const end = add(seq, count);
    if (!after(end, this.rcvNxt)) {
      if (count > 0) this.duplicate = [seq, end];
      return 0;
    }
    if (before(seq, this.rcvNxt)) this.duplicate = [seq, this.rcvNxt];
    const start = before(seq, this.rcvNxt) ? this.rcvNxt : seq;
    if (start !== this.rcvNxt) {
      this.addIsland([start, end]);
      return 0;
    }
    const was = this.rcvNxt;
    this.rcvNxt = end;
    this.absorbIslands();
    const fresh = (this.rcvNxt - was) | 0;
    this.unreadBytes += fresh;
    return fresh;
  }

  private addIsland(fresh: Range): void {
    const covered = this.islands.find(([l, r]) => !before(fresh[0], l) && !after(fresh[1], r));
    if (covered) this.duplicate = fresh;
    const merged: Range = [...fresh];
    const apart: Range[] = [];
    for (const island of this.islands) {
      if (after(island[0], merged[1]) || before(island[1], merged[0])) apart.push(island);
      else {
        if (before(island[0], merged[0])) merged[0] = island[0];
        if (after(island[1], merged[1])) merged[1] = island[1];
      }
    }
    this.islands = [merged, ...apart];
  }

  private absorbIslands(): void {
    for (let changed = true; changed; ) {
      changed = false;
      for (const [l, r] of this.islands) {
        if (after(l, this.rcvNxt)) continue;
        if (after(r, this.rcvNxt)) this.rcvNxt = r;
        this.islands = this.islands.filter(([left]) => left !== l);
        changed = true;
        break;
      }
    }
  }

  /** The SACK option to send now; a D-SACK is given out once. */
  takeSack(limit: number): Range[] {
    const ranges: Range[] = this.duplicate === null ? [...this.islands] : [this.duplicate, ...this.islands];
    this.duplicate = null;
    return ranges.slice(0, limit);
  }
}
