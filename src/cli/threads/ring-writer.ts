import type { TimeBase } from '../../base/time.ts';
import type { BatchTaker } from '../../decoding.ts';
import type { ResolvedName } from '../../source/packet.ts';
import type { SegmentBatch } from '../../wire/batch.ts';
import { type Ring, type Slot, SlotHead, type SlotMessage } from './ring.ts';

/** What the reading thread does about the slots it fills. */
export interface RingHost {
  /** Returns once there is room for one more batch. */
  waitForRoom(): void;
  /** The rows of a slot are there; nobody sees them yet. */
  onFilled?(slot: Slot): void;
  /** Sends what belongs to the slot and is too rare for memory of its own. */
  send(message: SlotMessage): void;
  /** The threads can see the slot. */
  onPublished?(slot: Slot, message: SlotMessage | null): void;
}

/** Has packets decoded to the slots of a ring, one after the other. */
export class RingWriter implements BatchTaker {
  readonly #ring: Ring;
  readonly #host: RingHost;
  #names: ResolvedName[] = [];
  #batches = 0;

  constructor(ring: Ring, host: RingHost) {
    this.#ring = ring;
    this.#host = host;
  }

  exchange(decoded: SegmentBatch | null, timeBase: TimeBase): SegmentBatch {
    if (decoded !== null) this.#publish(decoded, timeBase);
    this.#host.waitForRoom();
    const { batch, head, tunnels } = this.#ring.slotOf(this.#batches);
    batch.clear();
    // Written before it is read: see `touchPages` of assembly/memory.ts.
    head[SlotHead.ROWS] = 0;
    if (head[SlotHead.HAS_TUNNELS] !== 0) tunnels.fill(0);
    head.fill(0);
    return batch;
  }

  noteTunnel(row: number, path: number): void {
    const { head, tunnels } = this.#ring.slotOf(this.#batches);
    head[SlotHead.HAS_TUNNELS] = 1;
    tunnels[row] = path;
  }

  noteName(name: ResolvedName): void {
    this.#names.push({ ...name, address: name.address.slice() });
  }

  /** Batches that were handed on. */
  get batches(): number {
    return this.#batches;
  }

  #publish(batch: SegmentBatch, timeBase: TimeBase): void {
    const slot = this.#ring.slotOf(this.#batches++);
    this.#ring.timeBase.epochSeconds = timeBase.epochSeconds;
    slot.head[SlotHead.ROWS] = batch.count;
    this.#host.onFilled?.(slot);
    const message = this.#messageOf(batch);
    if (message !== null) {
      slot.head[SlotHead.HAS_MESSAGE] = 1;
      this.#host.send(message);
    }
    this.#ring.publish();
    this.#host.onPublished?.(slot, message);
  }

  #messageOf({ icmpErrors }: SegmentBatch): SlotMessage | null {
    const names = this.#names;
    if (icmpErrors.length === 0 && names.length === 0) return null;
    this.#names = [];
    return { icmpErrors: [...icmpErrors], names };
  }
}
