import type { PacketSink } from './packet.ts';

const FIELDS = 7;
const Field = { START: 0, CAPTURED: 1, WIRE: 2, LINK_TYPE: 3, FRAME: 4, TIME: 5, INTERFACE: 6 } as const;

/** Packets that wait, copied, first in first out; its memory is used again. */
export class PacketQueue {
  count = 0;
  /** Order among queues whose heads have the same time. */
  readonly order: number;

  private records = new Float64Array(FIELDS * 16);
  private firstRecord = 0;
  private bytes = new Uint8Array(2048);
  private view = new DataView(this.bytes.buffer);
  private firstByte = 0;
  private nextByte = 0;

  constructor(order: number) {
    this.order = order;
  }

  /** Time of the packet that is next; only when `count` is not 0. */
  get headTimeNanos(): number {
    return this.records[this.firstRecord * FIELDS + Field.TIME];
  }

  /** Captured bytes of the packet that is next; only when `count` is not 0. */
  get headBytes(): number {
    return this.records[this.firstRecord * FIELDS + Field.CAPTURED];
  }

  push(
    bytes: Uint8Array,
    start: number,
    capturedBytes: number,
    wireBytes: number,
    linkType: number,
    frame: number,
    timeNanos: number,
    interfaceIndex: number,
  ): void {
    this.makeRoom(capturedBytes);
    const at = (this.firstRecord + this.count) * FIELDS;
    const { records } = this;
    records[at + Field.START] = this.nextByte;
    records[at + Field.CAPTURED] = capturedBytes;
    records[at + Field.WIRE] = wireBytes;
    records[at + Field.LINK_TYPE] = linkType;
    records[at + Field.FRAME] = frame;
    records[at + Field.TIME] = timeNanos;
    records[at + Field.INTERFACE] = interfaceIndex;
    this.bytes.set(bytes.subarray(start, start + capturedBytes), this.nextByte);
    this.nextByte += capturedBytes;
    this.count++;
  }

  /** Hands the next packet on, under another frame number unless `frame` is 0. */
  forward(sink: PacketSink, frame: number): void {
    const { records, bytes, view } = this;
    const at = this.firstRecord * FIELDS;
    const start = records[at + Field.START];
    const capturedBytes = records[at + Field.CAPTURED];
    this.count--;
    if (this.count === 0) {
      this.firstRecord = 0;
      this.firstByte = 0;
      this.nextByte = 0;
    } else {
      this.firstRecord++;
      this.firstByte = start + capturedBytes;
    }
    sink.onPacket(
      bytes,
      view,
      start,
      capturedBytes,
      records[at + Field.WIRE],
      records[at + Field.LINK_TYPE],
      frame === 0 ? records[at + Field.FRAME] : frame,
      records[at + Field.TIME],
      records[at + Field.INTERFACE],
    );
  }

  private makeRoom(capturedBytes: number): void {
    const room = this.records.length / FIELDS;
    if (this.firstRecord + this.count === room) {
      const live = this.records.subarray(this.firstRecord * FIELDS);
      const target = this.count * 2 > room ? new Float64Array(this.records.length * 2) : this.records;
      target.set(live);
      this.records = target;
      this.firstRecord = 0;
    }
    if (this.nextByte + capturedBytes <= this.bytes.length) return;
    const heldBytes = this.nextByte - this.firstByte;
    const wantedBytes = heldBytes + capturedBytes;
    const target =
      wantedBytes * 2 > this.bytes.length ? new Uint8Array(Math.max(wantedBytes, this.bytes.length) * 2) : this.bytes;
    target.set(this.bytes.subarray(this.firstByte, this.nextByte));
    for (let i = 0, at = this.firstRecord * FIELDS; i < this.count; i++, at += FIELDS) {
      this.records[at + Field.START] -= this.firstByte;
    }
    if (target !== this.bytes) {
      this.bytes = target;
      this.view = new DataView(target.buffer);
    }
    this.nextByte = heldBytes;
    this.firstByte = 0;
  }
}

/** Queues that are not empty, the one with the earliest head on top. */
export class QueueHeap {
  private readonly queues: PacketQueue[] = [];

  get size(): number {
    return this.queues.length;
  }

  /** The queue with the earliest head; undefined when there is none. */
  get top(): PacketQueue | undefined {
    return this.queues[0];
  }

  /** Adds a queue that has just got its first packet. */
  add(queue: PacketQueue): void {
    const { queues } = this;
    let at = queues.length;
    queues.push(queue);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (isBefore(queues[parent], queue)) break;
      queues[at] = queues[parent];
      at = parent;
    }
    queues[at] = queue;
  }

  /** Puts the heap in order again after the head of the top queue was taken. */
  settleTop(): void {
    const { queues } = this;
    let queue = queues[0];
    if (queue.count === 0) {
      const last = queues.pop();
      if (last === undefined || queues.length === 0) return;
      queue = last;
    }
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= queues.length) break;
      if (child + 1 < queues.length && isBefore(queues[child + 1], queues[child])) child++;
      if (isBefore(queue, queues[child])) break;
      queues[at] = queues[child];
      at = child;
    }
    queues[at] = queue;
  }
}

function isBefore(left: PacketQueue, right: PacketQueue): boolean {
  const difference = left.headTimeNanos - right.headTimeNanos;
  return difference < 0 || (difference === 0 && left.order < right.order);
}
