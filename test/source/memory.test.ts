import { describe, expect, it } from 'vitest';
import { readChunks } from '../../src/source/session.ts';
import { FieldWriter, join, PcapngBlocks, pcapFile, pcapHeader, ramp } from '../support/capture-bytes.ts';
import { PacketLog } from '../support/packet-log.ts';

const HUGE = 0xffff_fffc;
const blocks = new PcapngBlocks();
const head = join(blocks.section(), blocks.interface());
const fields = (...values: number[]): Uint8Array => new FieldWriter(true).u32(...values).done();

/** Claims of 4 GB in files of a few hundred bytes. */
const CLAIMS: readonly (readonly [what: string, file: Uint8Array])[] = [
  ['captured length of a pcap packet', pcapFile([{ seconds: 1, fraction: 0, data: ramp(60), claimedBytes: HUGE }])],
  ['snap length and captured length', join(pcapHeader({ snapLength: HUGE }), fields(1, 0, HUGE, HUGE), ramp(90))],
  [
    'captured length of a link type with large packets',
    join(pcapHeader({ linkType: 249 }), fields(1, 0, 0x07ff_ffff, HUGE), ramp(90)),
  ],
  ['length of a packet block', join(head, fields(6, HUGE, 0, 0, 0, 60, 60), ramp(60))],
  ['captured length of a packet block', join(head, fields(6, 92, 0, 0, 0, HUGE, HUGE), ramp(60), fields(92))],
  ['length of a simple packet', join(head, fields(3, 76, HUGE), ramp(60), fields(76))],
  ['length of a block that is skipped', join(head, fields(0x777, HUGE), ramp(60))],
  ['length of a name block', join(head, fields(4, HUGE), ramp(60))],
  ['length of a section', join(fields(0x0a0d0d0a, HUGE, 0x1a2b3c4d), ramp(60))],
  ['size of a zstd window', join(fields(0xfd2fb528), Uint8Array.of(0x00, 0xff), ramp(60))],
  ['size of a zstd window that is allowed', join(fields(0xfd2fb528), Uint8Array.of(0x00, 17 << 3), ramp(60))],
  ['size of zstd content', join(fields(0xfd2fb528), Uint8Array.of(0xe0), fields(HUGE, 0xf), ramp(60))],
  ['size of an lz4 block', join(fields(0x184d2204), Uint8Array.of(0x64, 0x70, 0x73), fields(0x7fff_ffff), ramp(60))],
];

describe('a length that is claimed', () => {
  it.each(CLAIMS)('takes no memory: %s', async (_, file) => {
    await readChunks([head], new PacketLog());
    const before = process.memoryUsage().arrayBuffers;
    const report = await readChunks([file.slice(0, 40), file.slice(40)], new PacketLog());
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 << 20);
    expect(report.problem).not.toBe(null);
    expect(report.problem?.hint).not.toBe('');
  });

  it('is not believed of a packet that never comes, however many bytes do', async () => {
    const log = new PacketLog();
    const wide = join(pcapHeader({ linkType: 249 }), fields(1, 0, 0x07ff_ffff, HUGE));
    function* chunks(): Generator<Uint8Array> {
      yield wide;
      for (let i = 0; i < 64; i++) yield new Uint8Array(1 << 14);
    }
    const before = process.memoryUsage().arrayBuffers;
    const report = await readChunks(chunks(), log);
    expect(report.problem?.code).toBe('truncated-packet');
    // A carry buffer that doubles with the megabyte that came, not with the 128 claimed.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 << 20);
  });
});

describe('pcap files put together with cat', () => {
  it('are told where the second begins', async () => {
    const one = pcapFile([{ seconds: 1, fraction: 0, data: ramp(60) }], { littleEndian: false, magic: 0xa1b23c4d });
    const report = await readChunks([join(one, one)], new PacketLog());
    expect(report).toMatchObject({ status: 'damaged', packetCount: 1 });
    expect(report.problem).toMatchObject({ code: 'bad-block', byteOffset: one.length, packetNumber: 2 });
    expect(report.problem?.hint).toContain('mergecap');
  });
});
