import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSourceContext } from '../../src/source/packet.ts';
import type { CaptureReport } from '../../src/source/reader.ts';
import { readCaptures, readChunks, readInSteps } from '../../src/source/session.ts';
import { join, PcapngBlocks, pcapFile, pcapHeader, ramp, utf8 } from '../support/capture-bytes.ts';
import { PacketLog } from '../support/packet-log.ts';

const SECONDS = 1_700_000_000;
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lastack-source-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, bytes: Uint8Array): string {
  const file = path.join(folder, name);
  writeFileSync(file, bytes);
  return file;
}

const MANY = Array.from({ length: 40_000 }, (_, i) => i);

/** A pcap file with a packet at each of the given milliseconds; the first byte of its data is `mark`. */
function capture(name: string, mark: number, millis: readonly number[]): string {
  const packets = millis.map((at, i) => ({
    seconds: SECONDS + Math.floor(at / 1000),
    fraction: (at % 1000) * 1000,
    data: Uint8Array.of(mark, i),
  }));
  return write(name, pcapFile(packets));
}

async function read(
  paths: readonly string[],
  blockBytes?: number,
): Promise<{ log: PacketLog; reports: CaptureReport[] }> {
  const log = new PacketLog(createSourceContext());
  const options = { timeBase: log.context.timeBase, ...(blockBytes === undefined ? {} : { blockBytes }) };
  return { log, reports: await readCaptures(paths, log, options) };
}

describe('one capture', () => {
  it('is read in blocks of any size alike and reported', async () => {
    const file = capture('one.pcap', 1, [0, 1, 2500]);
    for (const blockBytes of [1, 7, 64, 4096, undefined]) {
      const { log, reports } = await read([file], blockBytes);
      expect(log.packets.map(({ data }) => data)).toEqual([
        [1, 0],
        [1, 1],
        [1, 2],
      ]);
      expect(reports).toMatchObject([
        { path: file, status: 'complete', format: 'pcap', compression: null, linkTypes: [1], clock: 'capture' },
      ]);
      expect(reports[0]).toMatchObject({ packetCount: 3, firstTimeNanos: 0, lastTimeNanos: 2.5e9, problem: null });
    }
  });

  it('is read over the ends of its blocks as if there were none', async () => {
    // Some longer than half of what is read at a time, so that little else has room behind what is left of them.
    const lengths = [60, 1500, 262_144, 9000, 262_000, 3, 64, 200_000, 1448];
    const packets = Array.from({ length: 40 }, (_, i) => {
      const data = new Uint8Array(lengths[(i * i) % lengths.length]).fill(i);
      return { seconds: SECONDS + i, fraction: i, data };
    });
    const blocks = new PcapngBlocks();
    const section = join(
      blocks.section(),
      blocks.interface(),
      ...packets.map(({ seconds, data }) => blocks.enhanced(0, BigInt(seconds) * 1_000_000n, data)),
    );
    for (const [name, whole] of [
      ['blocks.pcap', pcapFile(packets)],
      ['blocks.pcapng', section],
    ] as const) {
      expect(whole.length).toBeGreaterThan(2 << 20);
      const bad = whole.slice();
      bad.set([255, 255, 255, 255], whole.length - 1_000_000);
      for (const bytes of [whole, whole.subarray(0, whole.length - 1), whole.subarray(0, (1 << 20) + 5), bad]) {
        const file = write(name, bytes);
        const [expected, actual] = [await read([file], 1 << 24), await read([file])];
        expect(actual.reports).toEqual(expected.reports);
        expect(actual.log.packets.length).toBe(expected.log.packets.length);
        for (const [i, packet] of actual.log.packets.entries()) {
          const { data, ...rest } = expected.log.packets[i];
          expect({ ...rest, isSame: Buffer.from(data).equals(Buffer.from(packet.data)) }).toEqual({
            ...{ frame: packet.frame, time: packet.time, wireBytes: packet.wireBytes },
            ...{ linkType: packet.linkType, interfaceIndex: packet.interfaceIndex, isSame: true },
          });
        }
      }
    }
  });

  it('keeps what was read before the damage and says where that ends', async () => {
    const whole = pcapFile([
      { seconds: SECONDS, fraction: 0, data: ramp(50) },
      { seconds: SECONDS, fraction: 0, data: ramp(50) },
    ]);
    const { reports } = await read([write('cut.pcap', whole.subarray(0, whole.length - 1))]);
    expect(reports[0]).toMatchObject({ status: 'damaged', packetCount: 1 });
    expect(reports[0].problem).toMatchObject({ code: 'truncated-packet', packetNumber: 2, byteOffset: 90 });
  });

  it('is unreadable when it is missing, a directory, empty, text, or cut in its header', async () => {
    const missing = path.join(folder, 'missing.pcap');
    const empty = write('empty.pcap', new Uint8Array(0));
    const text = write('text.pcap', utf8('not a capture at all, only text'));
    const cut = write('header.pcap', pcapHeader().subarray(0, 20));
    const bare = path.join(folder, 'bare');
    mkdirSync(bare);
    const codes: string[] = [];
    for (const file of [missing, bare, empty, text, cut]) {
      const { reports } = await read([file]);
      expect(reports[0]).toMatchObject({ status: 'unreadable', packetCount: 0, format: null });
      expect(reports[0].problem?.path).toBe(file);
      codes.push(reports[0].problem?.code ?? '');
    }
    expect(codes).toEqual(['unreadable', 'is-directory', 'empty-file', 'not-a-capture', 'truncated-header']);
  });

  it('merges its interfaces by time, under the frame numbers of the file', async () => {
    const blocks = new PcapngBlocks();
    const at = (millis: number): bigint => BigInt(SECONDS) * 1_000_000n + BigInt(millis * 1000);
    const file = join(
      blocks.section(),
      blocks.interface(),
      blocks.interface(),
      blocks.enhanced(0, at(1), ramp(4)),
      blocks.enhanced(0, at(5), ramp(4)),
      blocks.enhanced(1, at(2), ramp(4)),
      blocks.enhanced(1, at(6), ramp(4)),
    );
    const { log } = await read([write('two.pcapng', file)], 64);
    expect(log.packets.map(({ frame }) => frame)).toEqual([1, 3, 2, 4]);
    expect(log.interfaces.map(({ index }) => index)).toEqual([0, 1]);
  });

  it('lets the order of the file stand when there is one interface', async () => {
    const { log } = await read([capture('backwards.pcap', 1, [5, 3, 4])]);
    expect(log.packets.map(({ data }) => data[1])).toEqual([0, 1, 2]);
  });

  it('pauses after every block, and stops when it is told to', async () => {
    const file = capture('steps.pcap', 1, [0, 1, 2, 3]);
    const log = new PacketLog();
    const steps = readInSteps([file], log, { blockBytes: 42 });
    expect((await steps.next()).value).toEqual({ bytesRead: 42, totalBytes: 96 });
    expect(log.packets.length).toBe(1);
    await steps.return([]);
    expect(log.packets.length).toBe(1);
  });

  it('is read by several blocks between two pauses when nobody names their size', async () => {
    const file = capture('long.pcap', 1, MANY);
    const log = new PacketLog();
    const steps = readInSteps([file], log);
    expect((await steps.next()).value).toEqual({ bytesRead: 720_024, totalBytes: 720_024 });
    expect(log.packets.map(({ frame }) => frame)).toEqual(MANY.map((i) => i + 1));
    expect((await steps.next()).value).toMatchObject([{ status: 'complete', packetCount: 40_000 }]);
  });

  it('tells where it ends too early, whichever block of a step that is in', async () => {
    const whole = pcapFile(MANY.map((i) => ({ seconds: SECONDS + i, fraction: 0, data: Uint8Array.of(1, i) })));
    const { reports } = await read([write('cut.pcap', whole.subarray(0, -1))]);
    expect(reports[0]).toMatchObject({ status: 'damaged', packetCount: 39_999 });
    expect(reports[0].problem).toMatchObject({ code: 'truncated-packet', packetNumber: 40_000 });
  });
});

describe('several captures', () => {
  const order = (log: PacketLog): string => log.packets.map(({ data }) => `${data[0]}.${data[1]}`).join(' ');

  it('are read one after the other by time when they do not overlap', async () => {
    const first = capture('a.pcap', 1, [0, 10, 20]);
    const second = capture('b.pcap', 2, [30, 40]);
    for (const paths of [
      [first, second],
      [second, first],
    ]) {
      const { log, reports } = await read(paths);
      expect(order(log)).toBe('1.0 1.1 1.2 2.0 2.1');
      expect(log.packets.map(({ frame }) => frame)).toEqual([1, 2, 3, 4, 5]);
      expect(reports.map((report) => report.path)).toEqual(paths);
      expect(log.context.timeBase.epochSeconds).toBe(SECONDS);
    }
  });

  it('are merged packet by packet where they overlap, at every block size', async () => {
    const paths = [
      capture('c.pcap', 1, [0, 10, 20, 30]),
      capture('d.pcap', 2, [5, 10, 25, 1700]),
      capture('e.pcap', 3, [12, 1200]),
    ];
    for (const blockBytes of [16, 42, 100, undefined]) {
      const { log } = await read(paths, blockBytes);
      expect(order(log)).toBe('1.0 2.0 1.1 2.1 3.0 1.2 2.2 1.3 3.1 2.3');
      expect(log.packets.map(({ frame }) => frame)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    }
  });

  it('keep the packets of one that is damaged, and report one that is missing or has none', async () => {
    const whole = capture('f.pcap', 1, [0, 10]);
    const damaged = write(
      'g.pcap',
      join(pcapFile([{ seconds: SECONDS, fraction: 5000, data: Uint8Array.of(2, 0) }]), ramp(5)),
    );
    const none = write('h.pcap', pcapHeader());
    const { log, reports } = await read([whole, damaged, path.join(folder, 'gone.pcap'), none]);
    expect(order(log)).toBe('1.0 2.0 1.1');
    expect(reports.map((report) => report.status)).toEqual(['complete', 'damaged', 'unreadable', 'complete']);
    expect(reports.map((report) => report.packetCount)).toEqual([2, 1, 0, 0]);
  });

  it('may be pipes, which are read once', async () => {
    const file = capture('i.pcap', 1, [0, 20]);
    const other = capture('j.pcap', 2, [10, 30]);
    const pipe = path.join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    spawn('sh', ['-c', 'cat "$0" > "$1"', other, pipe]);
    const { log, reports } = await read([file, pipe]);
    expect(order(log)).toBe('1.0 2.0 1.1 2.1');
    expect(reports.map((report) => report.status)).toEqual(['complete', 'complete']);
  });
});

describe('a directory', () => {
  it('stands for the captures in it, in the order of their first packets', async () => {
    const ring = path.join(folder, 'ring');
    mkdirSync(path.join(ring, 'older'), { recursive: true });
    capture('ring/a.pcap', 1, [40, 50]);
    write('ring/b', gzipSync(pcapFile([{ seconds: SECONDS, fraction: 20_000, data: Uint8Array.of(2, 0) }])));
    capture('ring/c.pcap', 3, [0, 10]);
    write('ring/notes.txt', utf8('what was captured and why'));
    write('ring/.d.pcap', pcapFile([{ seconds: SECONDS, fraction: 0, data: ramp(4) }]));
    capture('ring/older/e.pcap', 5, [5]);
    const { log, reports } = await read([ring]);
    expect(log.packets.map(({ data }) => `${data[0]}.${data[1]}`)).toEqual(['3.0', '3.1', '2.0', '1.0', '1.1']);
    expect(reports.map((report) => path.basename(report.path))).toEqual(['a.pcap', 'b', 'c.pcap']);
  });
});

describe('captures that overlap', () => {
  const packet = (micros: number, mark: number, extra: object = {}) => ({
    seconds: SECONDS,
    fraction: micros,
    data: join(Uint8Array.of(mark), ramp(99)),
    ...extra,
  });
  const marks = (log: PacketLog): number[] => log.packets.map(({ data }) => data[0]);

  it('give a packet that both have once, whatever their clocks and snap lengths', async () => {
    const micros = write('first.pcap', pcapFile([packet(1, 1), packet(7, 2), packet(9, 3), packet(9, 4)]));
    const later = [packet(7_900, 2), packet(9_001, 3), packet(9_002, 4), packet(9_900, 5), packet(12_000, 6)];
    const cut = later.map((each) => ({ ...each, data: each.data.subarray(0, 80), wireBytes: 100 }));
    const nanos = write('second.pcap', pcapFile(cut, { magic: 0xa1b23c4d }));
    for (const files of [
      [micros, nanos],
      [nanos, micros],
    ]) {
      const { log, reports } = await read(files, 150);
      expect(marks(log)).toEqual([1, 2, 3, 4, 5, 6]);
      expect(reports.map(({ duplicateCount }) => duplicateCount).reduce((a, b) => a + b)).toBe(3);
    }
    const same = write('third.pcap', pcapFile([packet(7, 2), packet(9, 4), packet(9, 3), packet(10, 6)]));
    const { log, reports } = await read([micros, same], 150);
    expect(marks(log)).toEqual([1, 2, 3, 4, 6]);
    expect(log.packets.map(({ frame }) => frame)).toEqual([1, 2, 3, 4, 5]);
    expect(reports.map(({ duplicateCount }) => duplicateCount).reduce((a, b) => a + b)).toBe(3);
    expect(reports.map(({ packetCount }) => packetCount)).toEqual([4, 4]);
  });

  it('keep what one of them has twice, and what only looks alike', async () => {
    const twice = write('twice.pcap', pcapFile([packet(1, 1), packet(5, 2), packet(5, 2), packet(8, 3)]));
    const once = write('once.pcap', pcapFile([packet(2, 9), packet(5, 2), packet(8, 3, { wireBytes: 2000 })]));
    const { log } = await read([twice, once]);
    expect(marks(log)).toEqual([1, 9, 2, 2, 3, 3]);
  });

  it('take no more time and memory when every packet has the same time', async () => {
    const all = Array.from({ length: 5000 }, (_, i) =>
      packet(1, 1, { data: join(Uint8Array.of(i & 0xff, i >> 8), ramp(60)) }),
    );
    const files = [write('all-1.pcap', pcapFile(all)), write('all-2.pcap', pcapFile(all.toReversed()))];
    const { log } = await read(files);
    expect(log.packets.length).toBeGreaterThanOrEqual(5000);
  });
});

describe('a stream', () => {
  it('is read in the chunks it comes in', async () => {
    const file = pcapFile([{ seconds: SECONDS, fraction: 7, data: ramp(30) }]);
    async function* chunks(size: number): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < file.length; at += size) yield Buffer.from(file.subarray(at, at + size));
    }
    for (const size of [1, 7, 64, 4096]) {
      const log = new PacketLog();
      const report = await readChunks(chunks(size), log, { name: 'pipe' });
      expect(report).toMatchObject({ path: 'pipe', status: 'complete', packetCount: 1 });
      expect(log.packets[0].data).toEqual([...ramp(30)]);
    }
    expect(await readChunks([file], new PacketLog())).toMatchObject({ path: '-', packetCount: 1 });
  });

  it('that fails is reported with what came before', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield pcapFile([{ seconds: SECONDS, fraction: 0, data: ramp(30) }]);
      throw new Error('the line is dead');
    }
    const report = await readChunks(broken(), new PacketLog());
    expect(report).toMatchObject({ status: 'damaged', packetCount: 1 });
    expect(report.problem).toMatchObject({ code: 'unreadable', packetNumber: 2 });
    expect(report.problem?.message).toContain('the line is dead');
  });
});
