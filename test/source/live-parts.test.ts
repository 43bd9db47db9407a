import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readRotation } from '../../src/cli/live/options.ts';
import { explainFailure } from '../../src/source/live-error.ts';
import type { PacketSink } from '../../src/source/packet.ts';
import { PacketRing } from '../../src/source/packet-ring.ts';
import { PcapngFile, type Rotation } from '../../src/source/pcapng-file.ts';
import { readCaptures } from '../../src/source/session.ts';

interface Seen {
  readonly timeNanos: number;
  readonly bytes: number[];
  readonly wireBytes: number;
  readonly linkType: number;
}

/** Keeps the packets that it is given. */
class Collector implements PacketSink {
  readonly seen: Seen[] = [];
  readonly frames: number[] = [];

  onPacket(...packet: Parameters<PacketSink['onPacket']>): void {
    const [bytes, , start, captured, wireBytes, linkType, frame, timeNanos] = packet;
    this.seen.push({ timeNanos, bytes: [...bytes.subarray(start, start + captured)], wireBytes, linkType });
    this.frames.push(frame);
  }
}

const packetOf = (frame: number): Uint8Array => new Uint8Array(40 + (frame % 7)).fill(frame & 0xff);

describe('a file that is written while packets come', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lastack-file-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  function write(name: string, rotation: Rotation): Seen[] {
    const file = new PcapngFile(join(folder, name), { epochSeconds: 1_790_000_000 }, rotation, (_, error) => {
      throw error;
    });
    const wanted: Seen[] = [];
    for (let frame = 1; frame <= 100; frame++) {
      const bytes = packetOf(frame);
      const linkType = frame % 10 === 0 ? 113 : 1;
      const timeNanos = frame * 1_000_000_001;
      file.add(bytes, 0, bytes.length, bytes.length + 1000, linkType, timeNanos);
      wanted.push({ timeNanos, bytes: [...bytes], wireBytes: bytes.length + 1000, linkType });
      if (frame % 16 === 0) file.commit();
    }
    file.close();
    expect(file.writtenCount).toBe(100);
    return wanted;
  }

  async function read(...names: string[]): Promise<Seen[]> {
    const collector = new Collector();
    const timeBase = { epochSeconds: 0 };
    const reports = await readCaptures(
      names.map((name) => join(folder, name)),
      collector,
      { timeBase },
    );
    expect(reports.map(({ status }) => status)).toEqual(names.map(() => 'complete'));
    const base = (1_790_000_000 - timeBase.epochSeconds) * 1e9;
    return collector.seen.map((each) => ({ ...each, timeNanos: each.timeNanos - base }));
  }

  it('holds packets, lengths, link types and nanoseconds', async () => {
    const wanted = write('whole.pcapng', {});
    expect(await read('whole.pcapng')).toEqual(wanted);
  }, 20_000);

  it.each<[string, Rotation]>([
    ['size', { bytes: 2000 }],
    ['time', { seconds: 30 }],
  ])('is followed by others, by %s', async (name, rotation) => {
    const wanted = write(`${name}.pcapng`, rotation);
    const names = readdirSync(folder)
      .filter((each) => each.startsWith(`${name}-`))
      .sort();
    expect(names.length).toBeGreaterThan(2);
    expect(names[0]).toBe(`${name}-00001.pcapng`);
    expect(await read(...names)).toEqual(wanted);
  });
});

describe('the ring of the last packets', () => {
  it.each([
    [1000, 1000],
    [1 << 20, 16],
    [3333, 40],
  ])('keeps the latest of them, whole (%d bytes, %d packets)', (bytes, packets) => {
    const ring = new PacketRing(bytes, packets);
    for (let frame = 1; frame <= 500; frame++) {
      const packet = packetOf(frame);
      ring.onPacket(packet, new DataView(packet.buffer), 0, packet.length, packet.length, 1, frame, frame);
      const collector = new Collector();
      const all = Array.from({ length: frame }, (_, index) => index + 1);
      const count = ring.replay(all, collector);
      expect(collector.frames).toEqual(all.slice(frame - count));
      expect(collector.seen.map((each) => each.bytes)).toEqual(collector.frames.map((each) => [...packetOf(each)]));
      expect(count).toBeGreaterThan(Math.min(frame, packets, Math.floor(bytes / 46) - 2) - 1);
    }
  });
});

describe('what is said when nothing can be captured', () => {
  const attempt = { via: 'cap', interfaceName: 'eth0', filter: 'prot 1', known: ['lo', 'eth0'] } as const;

  it.each([
    [
      "cap: eth0: You don't have permission to perform this capture on that device",
      /no right to capture on eth0/,
      /setcap/,
    ],
    ['cap: No such device exists', /there is no interface eth0/, /There are: lo, eth0/],
    ['cap: syntax error', /"prot 1" is not a capture filter/, /man pcap-filter/],
    ['cap: eth0: That device is not up', /eth0 is down/, /sudo ip link set eth0 up/],
    ['cap: libpcap.so.0.8: cannot open shared object file', /package cap/, /apt-get install libpcap-dev/],
    ['cap: something new', /capturing on eth0 failed: something new/, /lastack interfaces/],
  ])('%s', (said, message, hint) => {
    const error = explainFailure(attempt, said);
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(hint);
  });
});

it('a rotation is a size or a time', () => {
  expect(readRotation('100MB')).toEqual({ bytes: 100e6 });
  expect(readRotation('1.5 gb')).toEqual({ bytes: 1.5e9 });
  expect(readRotation('10min')).toEqual({ seconds: 600 });
  for (const text of ['', '0s', '10', 'MB', '-1MB']) expect(() => readRotation(text)).toThrow(/neither a size/);
});
