import { readdirSync, readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import pcapParser from 'pcap-parser';
import { describe, expect, it } from 'vitest';
import { readPcapParser } from '../../src/source/pcap-parser-adapter.ts';
import type { CaptureReport } from '../../src/source/reader.ts';
import { readChunks } from '../../src/source/session.ts';
import { join, pcapFile, ramp, utf8 } from '../support/capture-bytes.ts';
import { PacketLog } from '../support/packet-log.ts';

interface Reading {
  log: PacketLog;
  report: CaptureReport;
}

async function readByPackage(file: Uint8Array): Promise<Reading> {
  const log = new PacketLog();
  const parser = pcapParser.parse(Readable.from([Buffer.from(file)], { objectMode: false }));
  return { log, report: await readPcapParser(parser, log, { timeBase: log.context.timeBase }) };
}

async function readByUs(file: Uint8Array): Promise<Reading> {
  const log = new PacketLog();
  return { log, report: await readChunks([file], log, { timeBase: log.context.timeBase }) };
}

describe('the package pcap-parser', () => {
  const fixtures = new URL('../../fixtures/', import.meta.url);
  const names = readdirSync(fixtures, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.pcap'));
  const read = (name: string): Buffer => readFileSync(new URL(name, fixtures));
  /** It knows neither nanoseconds nor the modified format, and takes the lengths of old versions as they stand. */
  const isKnown = (file: Buffer): boolean =>
    [0xa1b2c3d4, 0xd4c3b2a1].includes(file.readUInt32BE(0)) && (file[6] === 4 || file[7] === 4);
  const known = names.filter((name) => isKnown(read(name)));

  it('is asked about every classic fixture that it knows', () => {
    expect(known.length).toBeGreaterThan(100);
    const unknown = names.filter((name) => !known.includes(name)).map((name) => name.replace(/^formats\//, ''));
    expect(unknown.sort()).toEqual([
      'modified-big-endian.pcap',
      'modified-little-endian.pcap',
      'nanos-big-endian.pcap',
      'nanos-little-endian.pcap',
      'nanoseconds.pcap',
      'version-2-2.pcap',
    ]);
  });

  it.each(known)('agrees with us on fixture %s', async (name) => {
    const file = read(name);
    const [theirs, ours] = [await readByPackage(file), await readByUs(file)];
    expect(ours.log.packets).toEqual(theirs.log.packets);
    // The package does not tell byte order and version.
    const untold = { path: '', sections: [], sectionCount: 0 };
    expect({ ...ours.report, ...untold }).toEqual({ ...theirs.report, ...untold });
  });

  it('agrees with us on any file of the format it knows', async () => {
    const packet = fc.record({
      seconds: fc.integer({ min: 0, max: 0xffff_ffff }),
      fraction: fc.integer({ min: 0, max: 999_999 }),
      data: fc.uint8Array({ maxLength: 100 }),
      wireBytes: fc.integer({ min: 0, max: 0xffff_ffff }),
    });
    const property = fc.asyncProperty(
      fc.array(packet, { maxLength: 10 }),
      fc.boolean(),
      async (packets, littleEndian) => {
        const file = pcapFile(packets, { littleEndian });
        const [theirs, ours] = [await readByPackage(file), await readByUs(file)];
        expect(ours.log.packets).toEqual(theirs.log.packets);
        expect(ours.report.firstTimeNanos).toBe(theirs.report.firstTimeNanos);
      },
    );
    await fc.assert(property, { numRuns: 50 });
  });

  it('is reported when it gives up', async () => {
    const { report } = await readByPackage(utf8('this is not a capture but a line of text'));
    expect(report).toMatchObject({ status: 'unreadable', format: null, problem: { code: 'not-a-capture' } });
  });

  it('drops a cut-off last packet, which we report', async () => {
    const file = join(pcapFile([{ seconds: 1, fraction: 2, data: ramp(9) }]), ramp(20));
    file.fill(0, file.length - 12);
    const cut = file.subarray(0, 24 + 25 + 10);
    expect((await readByPackage(cut)).report).toMatchObject({ status: 'complete', packetCount: 1 });
    expect((await readByUs(cut)).report).toMatchObject({ status: 'damaged', packetCount: 1 });
  });
});
