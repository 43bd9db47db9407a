import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InterfaceMerger } from '../../src/source/interface-merger.ts';
import type { PacketSink } from '../../src/source/packet.ts';
import { PacketQueue, QueueHeap } from '../../src/source/packet-queue.ts';
import { ramp } from '../support/capture-bytes.ts';
import { PacketLog } from '../support/packet-log.ts';

function send(sink: PacketSink, data: Uint8Array, frame: number, timeNanos: number, interfaceIndex: number): void {
  sink.onPacket(data, new DataView(data.buffer), 0, data.length, data.length, 1, frame, timeNanos, interfaceIndex);
}

describe('a packet queue', () => {
  it('gives back in order what it was given, whatever the rhythm', () => {
    const rhythm = fc.array(fc.record({ take: fc.nat(3), bytes: fc.nat(5000) }), { maxLength: 200 });
    fc.assert(
      fc.property(rhythm, (steps) => {
        const queue = new PacketQueue(0);
        const log = new PacketLog();
        const sent: number[][] = [];
        for (const [i, { take, bytes }] of steps.entries()) {
          const data = ramp(bytes, i);
          queue.push(data, 0, bytes, bytes, 1, i + 1, i, 0);
          sent.push([...data]);
          for (let k = 0; k < take && queue.count > 0; k++) queue.forward(log, 0);
        }
        while (queue.count > 0) queue.forward(log, 0);
        expect(log.packets.map(({ data }) => data)).toEqual(sent);
        expect(log.packets.map(({ frame }) => frame)).toEqual(sent.map((_, i) => i + 1));
      }),
      { numRuns: 30 },
    );
  });
});

describe('a heap of queues', () => {
  it('always has the earliest head on top, the lower order first among equals', () => {
    const property = fc.property(fc.array(fc.array(fc.nat(20), { maxLength: 10 }), { maxLength: 12 }), (lists) => {
      const heap = new QueueHeap();
      for (const [order, times] of lists.entries()) {
        const queue = new PacketQueue(order);
        for (const time of [...times].sort((a, b) => a - b)) queue.push(ramp(0), 0, 0, 0, 1, 1, time, order);
        if (queue.count > 0) heap.add(queue);
      }
      const seen: [time: number, order: number][] = [];
      const sink: PacketSink = {
        onPacket: (_b, _v, _s, _c, _w, _l, _f, time, order) => seen.push([time, order]),
      };
      while (heap.top) {
        heap.top.forward(sink, 0);
        heap.settleTop();
      }
      expect(seen).toEqual([...seen].sort((a, b) => a[0] - b[0] || a[1] - b[1]));
      expect(seen.length).toBe(lists.flat().length);
    });
    fc.assert(property);
  });
});

describe('merging of interfaces', () => {
  const merge = (packets: readonly [frame: number, timeNanos: number, interfaceIndex: number][]): number[] => {
    const log = new PacketLog();
    const merger = new InterfaceMerger(log);
    for (const [frame, time, index] of packets) send(merger, ramp(4), frame, time, index);
    merger.flush();
    return log.packets.map(({ frame }) => frame);
  };

  it('puts two batches together by time and leaves each in file order', () => {
    const batches: [number, number, number][] = [
      [1, 10, 0],
      [2, 30, 0],
      [3, 20, 0],
      [4, 15, 1],
      [5, 40, 1],
    ];
    expect(merge(batches)).toEqual([1, 4, 2, 3, 5]);
  });

  it('waits one second and no longer', () => {
    const second = 1e9;
    expect(
      merge([
        [1, 2 * second, 0],
        [2, 1 * second, 1],
      ]),
    ).toEqual([2, 1]);
    expect(
      merge([
        [1, 0, 0],
        [2, 2 * second, 0],
        [3, 1, 1],
      ]),
    ).toEqual([1, 3, 2]);
    expect(
      merge([
        [1, 0, 0],
        [2, 1.5 * second, 0],
        [3, -1, 1],
      ]),
    ).toEqual([1, 3, 2]);
  });

  it('holds at most 4096 packets', () => {
    const log = new PacketLog();
    const merger = new InterfaceMerger(log);
    for (let i = 0; i < 10_000; i++) send(merger, ramp(1), i + 1, i, i % 2);
    expect(log.packets.length).toBe(10_000 - 4096);
  });
});
