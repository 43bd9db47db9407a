/**
 * Puts the packets of several interfaces of one capture in the order of their times.
 *
 * A capture tool that listens on two interfaces writes what it has of one, then what it has of the other, so the
 * packets of the file run forward within each interface but not together. Packets of one interface keep the order of
 * the file, whatever their times; frame numbers stay those of the file. What waits is bounded, so that a clock that
 * is wrong by more than the look-ahead costs order but no memory.
 */
import { NANOS_PER_SECOND } from '../base/time.ts';
import type { InterfaceInfo, PacketSink, ResolvedName } from './packet.ts';
import { PacketQueue, QueueHeap } from './packet-queue.ts';

const LOOK_AHEAD_NANOS = NANOS_PER_SECOND;
const LOOK_AHEAD_PACKETS = 4096;
const LOOK_AHEAD_BYTES = 16 << 20;

/** A sink that passes packets on in time order across interfaces. */
export class InterfaceMerger implements PacketSink {
  readonly onPacketOptions: PacketSink['onPacketOptions'];
  private readonly output: PacketSink;
  private readonly queues: PacketQueue[] = [];
  private readonly heap = new QueueHeap();
  private waitingCount = 0;
  private waitingBytes = 0;
  private latestTimeNanos = Number.NEGATIVE_INFINITY;

  constructor(output: PacketSink) {
    this.output = output;
    this.onPacketOptions = output.onPacketOptions?.bind(output);
  }

  onPacket(
    bytes: Uint8Array,
    _view: DataView,
    start: number,
    capturedBytes: number,
    wireBytes: number,
    linkType: number,
    frame: number,
    timeNanos: number,
    interfaceIndex: number,
  ): void {
    let queue = this.queues[interfaceIndex];
    if (queue === undefined) {
      queue = new PacketQueue(interfaceIndex);
      this.queues[interfaceIndex] = queue;
    }
    queue.push(bytes, start, capturedBytes, wireBytes, linkType, frame, timeNanos, interfaceIndex);
    if (queue.count === 1) this.heap.add(queue);
    this.waitingCount++;
    this.waitingBytes += capturedBytes;
    if (timeNanos > this.latestTimeNanos) this.latestTimeNanos = timeNanos;
    while (this.isFull()) this.release();
  }

  onInterface(info: InterfaceInfo): void {
    this.output.onInterface?.(info);
  }

  onName(name: ResolvedName): void {
    this.output.onName?.(name);
  }

  onSection(): void {
    this.flush();
    this.queues.length = 0;
    this.output.onSection?.();
  }

  /** Hands on everything that waits. */
  flush(): void {
    while (this.waitingCount > 0) this.release();
    this.latestTimeNanos = Number.NEGATIVE_INFINITY;
  }

  private isFull(): boolean {
    const top = this.heap.top;
    return (
      top !== undefined &&
      (this.waitingCount > LOOK_AHEAD_PACKETS ||
        this.waitingBytes > LOOK_AHEAD_BYTES ||
        this.latestTimeNanos - top.headTimeNanos > LOOK_AHEAD_NANOS)
    );
  }

  private release(): void {
    const top = this.heap.top;
    if (top === undefined) return;
    this.waitingCount--;
    this.waitingBytes -= top.headBytes;
    top.forward(this.output, 0);
    this.heap.settleTop();
  }
}
