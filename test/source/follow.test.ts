import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LIBRARY } from '../../src/cli/library.ts';
import { runCli } from '../../src/cli/run.ts';
import { followInSteps } from '../../src/source/follow.ts';
import type { CaptureReport } from '../../src/source/reader.ts';
import { join, PcapngBlocks, pcapFile, pcapHeader, pcapPacket, ramp, utf8 } from '../support/capture-bytes.ts';
import { createTestIo } from '../support/cli-io.ts';
import { ethernet, ipv4, tcp } from '../support/frames.ts';
import { PacketLog } from '../support/packet-log.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lastack-follow-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const packet = (seconds: number, mark: number) => ({ seconds, fraction: 0, data: Uint8Array.of(mark, 0) });
const record = (seconds: number, mark: number): Uint8Array => pcapPacket(packet(seconds, mark));

/** Follows a path; each act waits until the reading has nothing more to read. */
async function follow(target: string, acts: readonly (() => void)[]) {
  const log = new PacketLog();
  const controller = new AbortController();
  const told: CaptureReport[] = [];
  const steps = followInSteps(target, log, {
    signal: controller.signal,
    timeBase: log.context.timeBase,
    pollMillis: 1,
    onReport: (report) => told.push(report),
  });
  const waiting = [...acts];
  let quiet = 0;
  let count = -1;
  for (;;) {
    const step = await steps.next();
    if (step.done) return { log, told, reports: step.value, marks: log.packets.map(({ data }) => data[0]) };
    quiet = log.packets.length === count ? quiet + 1 : 0;
    count = log.packets.length;
    if (quiet < 4) continue;
    quiet = 0;
    const act = waiting.shift();
    if (act === undefined) controller.abort();
    else act();
  }
}

describe('a file that is still being written', () => {
  it('is read as it grows, cut anywhere', async () => {
    const file = path.join(folder, 'grows.pcap');
    const whole = pcapFile([packet(1, 1), packet(2, 2), packet(3, 3)]);
    writeFileSync(file, whole.subarray(0, 7));
    const cuts = [20, 30, 45, 70, whole.length - 1];
    const acts = cuts.map((cut, i) => () => appendFileSync(file, whole.subarray(i === 0 ? 7 : cuts[i - 1], cut)));
    const { marks, reports } = await follow(file, acts);
    expect(marks).toEqual([1, 2]);
    // Stopped within a packet because it was still being written: that is no damage.
    expect(reports).toMatchObject([{ status: 'complete', packetCount: 2, problem: null }]);
  });

  it('goes on when it is truncated and written anew', async () => {
    const file = path.join(folder, 'truncated.pcap');
    writeFileSync(file, pcapFile([packet(1, 1), packet(2, 2)]));
    const { marks, log, reports, told } = await follow(file, [
      () => writeFileSync(file, pcapFile([packet(3, 3)])),
      () => appendFileSync(file, record(4, 4)),
      // As long as before: known by its other beginning.
      () => writeFileSync(file, pcapFile([packet(5, 5), packet(6, 6)])),
    ]);
    expect(marks).toEqual([1, 2, 3, 4, 5, 6]);
    expect(log.packets.map(({ frame }) => frame)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(log.packets.map(({ interfaceIndex }) => interfaceIndex)).toEqual([0, 0, 1, 1, 2, 2]);
    expect(reports.map(({ packetCount }) => packetCount)).toEqual([2, 2, 2]);
    expect(told).toEqual(reports);
  });

  it('goes on when it is rotated, with what was written last into the old one', async () => {
    const file = path.join(folder, 'rotated.pcap');
    writeFileSync(file, pcapFile([packet(1, 1)]));
    const { marks } = await follow(file, [
      () => {
        renameSync(file, `${file}.1`);
        appendFileSync(`${file}.1`, record(2, 2));
      },
      () => writeFileSync(file, pcapFile([packet(3, 3)])),
    ]);
    expect(marks).toEqual([1, 2, 3]);
  });

  it('goes on behind damage with the next file', async () => {
    const file = path.join(folder, 'damaged.pcap');
    writeFileSync(file, join(pcapFile([packet(1, 1)]), ramp(64, 200)));
    const { marks, reports } = await follow(file, [
      () => appendFileSync(file, record(2, 2)),
      () => {
        rmSync(file);
        writeFileSync(file, pcapFile([packet(3, 3)]));
      },
    ]);
    expect(marks).toEqual([1, 3]);
    expect(reports).toMatchObject([
      { status: 'damaged', problem: { code: 'bad-length', packetNumber: 2 } },
      { packetCount: 1 },
    ]);
  });

  it('hands on at once what would wait for other interfaces', async () => {
    const file = path.join(folder, 'interfaces.pcapng');
    const blocks = new PcapngBlocks();
    writeFileSync(
      file,
      join(blocks.section(), blocks.interface(), blocks.interface(), blocks.enhanced(0, 1n, ramp(4))),
    );
    let seen = 0;
    const { log } = await follow(file, [
      () => {
        seen = 1;
        appendFileSync(file, blocks.enhanced(1, 2n, ramp(4)));
      },
    ]);
    expect(seen).toBe(1);
    expect(log.packets.length).toBe(2);
  });

  it('is refused when it is missing or no capture', async () => {
    const missing = await follow(path.join(folder, 'missing.pcap'), []);
    expect(missing.reports).toMatchObject([{ status: 'unreadable', problem: { code: 'unreadable' } }]);
    const text = path.join(folder, 'text.pcap');
    writeFileSync(text, utf8('this is a text and nothing that one could follow'));
    expect((await follow(text, [])).reports).toMatchObject([{ problem: { code: 'not-a-capture' } }]);
  });
});

describe('a directory into which a ring is written', () => {
  it('is read in the order of first packets, then as files come, are taken over and go', async () => {
    const ring = path.join(folder, 'ring');
    mkdirSync(ring);
    const at = (name: string): string => path.join(ring, name);
    writeFileSync(at('a.pcap'), pcapFile([packet(3, 3)]));
    writeFileSync(at('b.pcap'), pcapFile([packet(1, 1), packet(2, 2)]));
    const { marks } = await follow(ring, [
      () => appendFileSync(at('a.pcap'), record(4, 4)),
      () => writeFileSync(at('c.pcap'), pcapHeader()),
      () => appendFileSync(at('c.pcap'), record(5, 5)),
      () => rmSync(at('a.pcap')),
      () => writeFileSync(at('b.pcap'), pcapFile([packet(6, 6)])),
      () => appendFileSync(at('b.pcap'), record(7, 7)),
    ]);
    expect(marks).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });
});

describe('lastack --follow', () => {
  const segment = (seconds: number, client: boolean, flags: number, seq: number, ack: number, port = 40000) => {
    const [sourcePort, destinationPort] = client ? [port, 80] : [80, port];
    const [source, destination] = client
      ? [
          [10, 0, 0, 1],
          [10, 0, 0, 2],
        ]
      : [
          [10, 0, 0, 2],
          [10, 0, 0, 1],
        ];
    const data = ethernet(0x0800, ipv4(tcp({ sourcePort, destinationPort, flags, seq, ack }), { source, destination }));
    return pcapPacket({ seconds, fraction: 0, data: Uint8Array.from(data) });
  };
  const CLOSED = [
    segment(100, true, 0x02, 1, 0),
    segment(100, false, 0x12, 5, 2),
    segment(100, true, 0x10, 2, 6),
    segment(101, true, 0x11, 2, 6),
    segment(101, false, 0x11, 6, 3),
    segment(101, true, 0x10, 3, 7),
  ];
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
  };

  it('prints connections when they are final, and the rest when it is interrupted', async () => {
    const file = path.join(folder, 'live.pcap');
    writeFileSync(file, join(pcapHeader(), ...CLOSED));
    const controller = new AbortController();
    const io = createTestIo({ interrupt: controller.signal });
    const run = runCli([file, '--follow', '-f', 'ndjson'], io, LIBRARY);
    // The clock of the packets moves past TIME_WAIT: the first connection is final, the second is not.
    appendFileSync(file, segment(300, true, 0x02, 7, 0, 40001));
    await until(() => io.out().includes('\n'));
    expect(JSON.parse(io.out())).toMatchObject({ id: 1, outcome: 'graceful', closedFirst: 'client' });
    controller.abort();
    expect(await run).toBe(0);
    expect(
      io
        .out()
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).id),
    ).toEqual([1, 2]);
    expect(io.err()).toBe('');
  });

  it('tells damage at once, and by its status', async () => {
    const file = path.join(folder, 'hurt.pcap');
    writeFileSync(file, join(pcapFile([packet(1, 1)]), ramp(64, 200)));
    const controller = new AbortController();
    const io = createTestIo({ interrupt: controller.signal });
    const run = runCli([file, '--follow'], io, LIBRARY);
    await until(() => io.err() !== '');
    controller.abort();
    expect(await run).toBe(4);
    expect(io.err().split('\n').length).toBe(2);
  });

  it('takes one file or directory', async () => {
    for (const words of [['-'], ['a.pcap', 'b.pcap']]) {
      const io = createTestIo();
      expect(await runCli([...words, '--follow'], io, LIBRARY)).toBe(2);
      expect(io.err()).toContain('--follow takes one file or one directory');
    }
  });
});
