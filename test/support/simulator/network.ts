import type { End } from '../../../src/flow/vocabulary.ts';
import { type Clock, MILLISECOND } from './clock.ts';
import type { Random } from './random.ts';
import { peerOf, type SimSegment } from './segment.ts';

/** Habits of one leg in one direction. */
export interface LegPlan {
  delayNanos: number;
  jitterNanos: number;
  loss: number;
  duplication: number;
  /** Chance that a segment is held back by up to `reorderNanos` and overtaken. */
  reordering: number;
  reorderNanos: number;
  /** From here on nothing gets through; Infinity: never. */
  deadFromNanos: number;
}

/** Legs by the end next to them (client: A, server: B) and by who sends. */
export type NetworkPlan = Record<End, Record<'fromClient' | 'fromServer', LegPlan>>;

/** What the tap saw. */
export interface TapRecord {
  timeNanos: number;
  segment: SimSegment;
  /** When the copies of it reached the other end; empty: lost past the tap. */
  deliveredNanos: number[];
}

/** A copy that was lost on its way. */
export interface Loss {
  segment: SimSegment;
  where: 'before-tap' | 'past-tap';
  timeNanos: number;
}

/** Two legs and a tap between them: client -- A -- tap -- B -- server. */
export class Network {
  readonly tap: TapRecord[] = [];
  readonly losses: Loss[] = [];
  /** How many copies the network made on its own, and how many it held back. */
  duplicates = 0;
  heldBack = 0;

  private readonly clock: Clock;
  private readonly random: Random;
  private readonly plan: NetworkPlan;
  /** Per leg and direction: when the last segment in order leaves it. */
  private readonly lastOut = new Map<LegPlan, number>();
  deliver: (segment: SimSegment, to: End) => void = () => {};

  constructor(clock: Clock, random: Random, plan: NetworkPlan) {
    this.clock = clock;
    this.random = random;
    this.plan = plan;
  }

  send(segment: SimSegment): void {
    const near = this.legOf(segment.from, segment.from);
    this.pass(near, segment, 'before-tap', () => {
      const record: TapRecord = { timeNanos: this.clock.nowNanos, segment, deliveredNanos: [] };
      this.tap.push(record);
      const to = peerOf(segment.from);
      this.pass(this.legOf(to, segment.from), segment, 'past-tap', () => {
        record.deliveredNanos.push(this.clock.nowNanos);
        this.deliver(segment, to);
      });
    });
  }

  private legOf(near: End, from: End): LegPlan {
    return this.plan[near][from === 'client' ? 'fromClient' : 'fromServer'];
  }

  private pass(leg: LegPlan, segment: SimSegment, where: Loss['where'], arrive: () => void): void {
    const { random, clock } = this;
    const dead = clock.nowNanos >= leg.deadFromNanos;
    if (dead || random.chance(leg.loss)) {
      this.losses.push({ segment, where, timeNanos: clock.nowNanos });
      return;
    }
    if (random.chance(leg.duplication)) {
      this.duplicates++;
      clock.after(leg.delayNanos + random.unit() * 30 * MILLISECOND, arrive);
    }
    let due = clock.nowNanos + leg.delayNanos + random.unit() * leg.jitterNanos;
    if (random.chance(leg.reordering)) {
      this.heldBack++;
      due += random.unit() * leg.reorderNanos;
    } else {
      due = Math.max(due, (this.lastOut.get(leg) ?? 0) + 1_000);
      this.lastOut.set(leg, due);
    }
    clock.after(due - clock.nowNanos, arrive);
  }
}
