import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LIBRARY } from '../src/cli/library.ts';
import { runCli } from '../src/cli/run.ts';
import { inspectCaptures } from '../src/inspect.ts';
import { deduceConsequences } from '../src/report/consequences.ts';
import type { CaptureInfo, InfoDocument } from '../src/report/info.ts';
import { renderInfo } from '../src/report/info.ts';
import { PLAIN_TEXT } from '../src/report/terminal.ts';
import { newFragmentCounts } from '../src/wire/fragments.ts';
import { join, PcapngBlocks, pcapFile, pcapHeader, ramp, utf8 } from './support/capture-bytes.ts';
import { createTestIo } from './support/cli-io.ts';
import { ENCAPSULATIONS } from './support/encapsulations.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lastack-info-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, bytes: Uint8Array): string {
  const file = path.join(folder, name);
  writeFileSync(file, bytes);
  return file;
}

const FRAME = Uint8Array.from(ENCAPSULATIONS[0].frame);
const codes = ({ consequences }: InfoDocument): string[] => consequences.map(({ code }) => code);
const inspect = async (...paths: string[]): Promise<InfoDocument> => (await inspectCaptures(paths)).document;

describe('what a capture is', () => {
  it('is told of every container, section and interface', async () => {
    const big = new PcapngBlocks(false);
    const little = new PcapngBlocks(true);
    const file = write(
      'sections.pcapng',
      join(
        big.section([
          [1, utf8('as seen')],
          [2, utf8('a box')],
          [3, utf8('Linux')],
          [4, utf8('dumpcap')],
        ]),
        big.interface(1, 96, [
          [2, utf8('eth0')],
          [3, utf8('the first')],
          [9, Uint8Array.of(9)],
          [11, utf8('\0tcp port 80')],
          [12, utf8('Linux 6')],
          [13, Uint8Array.of(4)],
        ]),
        big.enhanced(0, 2_000_000_001n, FRAME, 2000),
        big.enhanced(0, 1_000_000_000n, FRAME),
        big.statistics(0, [
          [4, big.counter(100)],
          [5, big.counter(7)],
        ]),
        little.section(),
        little.interface(101),
        little.names([[1, join(Uint8Array.of(192, 0, 2, 1), utf8('client.example\0'))]]),
      ),
    );
    const document = await inspect(file);
    const [capture] = document.captures;
    expect(capture).toMatchObject({ format: 'pcapng', sectionCount: 2, packetCount: 2, nameCount: 1, problem: null });
    expect(capture.names).toEqual([{ address: '192.0.2.1', name: 'client.example' }]);
    expect(capture.sections).toMatchObject([
      { byteOrder: 'big-endian', application: 'dumpcap', system: 'Linux', hardware: 'a box', comment: 'as seen' },
      { byteOrder: 'little-endian', application: null },
    ]);
    expect(capture.interfaces).toMatchObject([
      {
        index: 0,
        linkType: 'ETHERNET',
        name: 'eth0',
        description: 'the first',
        filter: 'tcp port 80',
        system: 'Linux 6',
        fcsBytes: 4,
        snapLength: 96,
        ticksPerSecond: 1e9,
        packetCount: 2,
        cutPacketCount: 1,
        oversizedPacketCount: 1,
        wireBytes: 2000 + FRAME.length,
        capturedBytes: 2 * FRAME.length,
        tcpSegmentCount: 2,
        clockStepCount: 1,
        receivedCount: 100,
        droppedCount: 7,
        firstTime: '1970-01-01T00:00:01.000000000Z',
      },
      { index: 1, linkType: 'RAW', packetCount: 0, firstTime: null },
    ]);
    const text = renderInfo(document, { ...PLAIN_TEXT, width: 120 });
    expect(text).toContain('pcapng 1.0, big-endian and little-endian, 2 sections');
    expect(text).toMatch(/written by +dumpcap on Linux \(a box\)/);
    expect(text).toMatch(/interface 0 +eth0, ETHERNET, the first, 2 packets, 1 cut, snap length 96, clock in 1 ns/);
    expect(codes(document)).toEqual(expect.arrayContaining(['dropped', 'clock-steps', 'offload', 'cut-payload']));
  });

  it('is told of the pcap variants', async () => {
    const modified = write('modified.pcap', pcapHeader({ magic: 0xa1b2cd34, littleEndian: false, version: [2, 3] }));
    const [capture] = (await inspect(modified)).captures;
    expect(capture.sections[0]).toMatchObject({
      byteOrder: 'big-endian',
      version: '2.3',
      variant: 'modified by Kuznetzov',
    });
    const fcs = write('fcs.pcap', pcapHeader({ linkType: 0x2400_0001 | 0 }));
    expect((await inspect(fcs)).captures[0].interfaces[0]).toMatchObject({ linkType: 'ETHERNET', fcsBytes: 4 });
  });
});

describe('what that means for the verdicts', () => {
  it.each([
    ['fixtures/flags-only.pcap', 'flags-only'],
    ['fixtures/snaplen-68.pcap', 'snap-length'],
    ['fixtures/one-way.pcap', 'one-way'],
    ['fixtures/midstream.pcap', 'midstream'],
    ['fixtures/data-not-captured.pcap', 'gaps'],
    ['fixtures/two-interfaces.pcapng', 'duplicates'],
    ['fixtures/refused.pcap', 'short'],
    ['fixtures/refused.pcap', 'no-drop-counters'],
  ])('of %s: %s', async (file, code) => {
    expect(codes(await inspect(file))).toContain(code);
  });

  it('is nothing bad of a long and complete capture', async () => {
    expect(codes(await inspect('fixtures/close-wait-leak.pcap'))).toEqual(['no-drop-counters']);
  });

  it('of damage, of what is not supported and of an empty capture', async () => {
    const packets = [1, 2].map((seconds) => ({ seconds, fraction: 0, data: FRAME }));
    expect(codes(await inspect(write('cut.pcap', pcapFile(packets).subarray(0, -1))))).toContain('damaged');
    const usb = write('usb.pcap', pcapFile(packets, { linkType: 189 }));
    expect(codes(await inspect(usb))).toEqual(['no-tcp', 'unsupported-link-type', 'no-drop-counters']);
    expect((await inspect(usb)).consequences[1].observation).toBe('Not read: LINKTYPE_USB_LINUX (2 packets).');
    expect(codes(await inspect(write('none.pcap', pcapHeader())))).toContain('no-tcp');
  });

  it('follows from facts that no fixture has', () => {
    const none = newFragmentCounts();
    const sums = { good: 0, bad: 0, offloaded: 0, unverifiable: 0, badIpHeaders: 0, badFrames: [] };
    const deduce = (capture: Partial<CaptureInfo>, ticksPerSecond = 1e6): string[] =>
      deduceConsequences({
        captures: [
          {
            format: 'pcap',
            problem: null,
            skipped: {},
            interfaces: [
              { ticksPerSecond, droppedCount: 0, oversizedPacketCount: 0, cutPacketCount: 0, clockStepCount: 0 },
            ],
            firstTime: null,
            lastTime: null,
            ...capture,
          } as unknown as CaptureInfo,
        ],
        connectionCount: 1,
        findings: {},
      }).map(({ code }) => code);
    expect(deduce({})).toEqual([]);
    expect(deduce({}, 1000)).toEqual(['coarse-clock']);
    expect(deduce({ skipped: { esp: 3 } })).toEqual(['encrypted']);
    expect(deduce({ malformedOptionCount: 1 })).toEqual(['malformed-options']);
    expect(deduce({ fragments: { ...none, timedOut: 2, overlaps: 1 } })).toEqual(['fragments']);
    expect(deduce({ checksums: { ...sums, bad: 1, offloaded: 2 } })).toEqual(['bad-checksums', 'checksum-offload']);
  });
});

describe('lastack info', () => {
  async function info(...args: string[]) {
    const io = createTestIo();
    const status = await runCli(['info', ...args], io, LIBRARY);
    return { status, out: io.out(), err: io.err() };
  }

  it('prints JSON for programs', async () => {
    const { status, out, err } = await info('fixtures/refused.pcap', '-f', 'json');
    expect({ status, err }).toEqual({ status: 0, err: '' });
    const document = JSON.parse(out) as InfoDocument;
    expect(document).toMatchObject({ schemaVersion: 1, connectionCount: 1 });
    expect(document.captures[0]).toMatchObject({ path: 'fixtures/refused.pcap', compression: null, nameCount: 0 });
  });

  it('says what is damaged, and ends as an analysis does', async () => {
    const cut = write('short.pcap', join(pcapFile([{ seconds: 1, fraction: 0, data: FRAME }]), ramp(3)));
    const damaged = await info(cut);
    expect(damaged.status).toBe(4);
    expect(damaged.out).toMatch(/✗ damaged +the file ends inside packet 2/);
    expect(damaged.err).toMatch(/^lastack: .*short\.pcap: the file ends inside packet 2/);
    const none = await info('package.json');
    expect(none).toMatchObject({ status: 3, out: '' });
    const partly = await info('fixtures/refused.pcap', path.join(folder, 'missing.pcap'));
    expect(partly.status).toBe(3);
    expect(partly.out).toMatch(/missing\.pcap\n {2}✗ unreadable +there is no such file\n/);
    expect((await info()).status).toBe(2);
  });
});
