import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decompress } from '../../src/source/decompress.ts';
import type { CaptureReport } from '../../src/source/reader.ts';
import { readChunks } from '../../src/source/session.ts';
import { FieldWriter, join, pcapFile, ramp, utf8 } from '../support/capture-bytes.ts';
import { PacketLog } from '../support/packet-log.ts';

const COUNT = 3000;
const plain = pcapFile(
  Array.from({ length: COUNT }, (_, i) => ({ seconds: 1_700_000_000 + i, fraction: i, data: ramp(100, i) })),
);

async function read(packed: Uint8Array, size = 4096): Promise<{ log: PacketLog; report: CaptureReport }> {
  const log = new PacketLog();
  const buffer = new Uint8Array(size);
  // One buffer for all chunks, as the file reader has it.
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < packed.length; at += size) {
      const piece = packed.subarray(at, at + size);
      buffer.set(piece);
      yield buffer.subarray(0, piece.length);
      buffer.fill(0xee);
    }
  }
  return { log, report: await readChunks(chunks(), log) };
}

/** A zstd frame of stored blocks, then one that repeats a byte. */
function zstdFrame(content: Uint8Array<ArrayBufferLike>, checksum = false, window = 0x58): Uint8Array {
  const parts: Uint8Array[] = [Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, checksum ? 4 : 0, window)];
  for (let at = 0; at < content.length; at += 0xffff) {
    const block = content.subarray(at, at + 0xffff);
    const header = (block.length << 3) | (at + 0xffff >= content.length ? 1 : 0);
    parts.push(Uint8Array.of(header & 255, (header >> 8) & 255, header >> 16), block);
  }
  if (checksum) parts.push(ramp(4));
  return join(...parts);
}

/** An lz4 frame of 64 KiB blocks, stored or packed as literals. */
function lz4Frame(content: Uint8Array, style: { stored?: boolean; linked?: boolean; size?: boolean } = {}): Uint8Array {
  const flags = 0x40 | (style.linked ? 0 : 0x20) | (style.size ? 0x08 : 0);
  const writer = new FieldWriter(true).u32(0x184d2204).raw(Uint8Array.of(flags, 0x40));
  if (style.size) writer.u64(BigInt(content.length));
  writer.raw(Uint8Array.of(0));
  for (let at = 0; at < content.length; at += 60_000) {
    const block = content.subarray(at, at + 60_000);
    if (style.stored) writer.u32(block.length + 0x8000_0000).raw(block);
    else {
      const packed = literals(block);
      writer.u32(packed.length).raw(packed);
    }
  }
  return writer.u32(0).done();
}

function literals(content: Uint8Array): Uint8Array {
  if (content.length < 15) return join(Uint8Array.of(content.length << 4), content);
  const rest = content.length - 15;
  const more = new Uint8Array(Math.floor(rest / 255) + 1).fill(255);
  more[more.length - 1] = rest % 255;
  return join(Uint8Array.of(0xf0), more, content);
}

describe('packed captures', () => {
  const packed: [string, string, Uint8Array][] = [
    ['gzip', 'gzip', gzipSync(plain)],
    ['gzip of two members', 'gzip', join(gzipSync(plain.subarray(0, 5000)), gzipSync(plain.subarray(5000)))],
    ['zstd', 'zstd', zstdFrame(plain)],
    [
      'zstd of two frames, with checksums and a skippable frame',
      'zstd',
      join(
        zstdFrame(plain.subarray(0, 5000), true),
        new FieldWriter(true).u32(0x184d2a53, 100).raw(ramp(100)).done(),
        zstdFrame(plain.subarray(5000), true),
      ),
    ],
    ['lz4', 'lz4', lz4Frame(plain)],
    ['lz4, stored', 'lz4', lz4Frame(plain, { stored: true, size: true })],
    [
      'lz4, linked, of two frames',
      'lz4',
      join(lz4Frame(plain.subarray(0, 5000), { linked: true }), lz4Frame(plain.subarray(5000), { linked: true })),
    ],
  ];
  it.each(packed)('reads %s at every split', async (_name, compression, bytes) => {
    for (const size of [1000, 4096, 1 << 20]) {
      const { report, log } = await read(bytes, size);
      expect(report).toMatchObject({ status: 'complete', compression, format: 'pcap', packetCount: COUNT });
      expect(log.packets[COUNT - 1].data).toEqual([...ramp(100, COUNT - 1)]);
    }
  });

  it('reads a gzip file byte by byte', async () => {
    const { report } = await read(gzipSync(plain.subarray(0, 24 + 116 * 5)), 1);
    expect(report).toMatchObject({ status: 'complete', packetCount: 5 });
  });

  it('says what a packed text is', async () => {
    const { report } = await read(gzipSync(utf8('only text, packed, and nothing that one could call a capture')));
    expect(report).toMatchObject({ status: 'unreadable', compression: 'gzip', packetCount: 0 });
    expect(report.problem?.code).toBe('not-a-capture');
  });

  it('refuses what is packed twice', async () => {
    expect((await read(gzipSync(gzipSync(plain)))).report.problem?.code).toBe('unsupported-format');
  });

  it('keeps what a cut-off gzip file gave', async () => {
    const whole = gzipSync(plain);
    const { report } = await read(whole.subarray(0, whole.length >> 1));
    expect(report).toMatchObject({ status: 'damaged', problem: { code: 'decompression-failed' } });
    expect(report.packetCount).toBeGreaterThan(100);
  });

  it('keeps what a small damaged gzip file gave up to the damage, whatever the pieces', async () => {
    const packed = gzipSync(
      pcapFile(Array.from({ length: 40 }, (_, i) => ({ seconds: i, fraction: 0, data: ramp(60) }))),
    );
    const wrongSum = packed.with(packed.length - 6, packed[packed.length - 6] ^ 1);
    for (const size of [1, 7, 64, 1 << 20]) {
      const { log, report } = await read(wrongSum, size);
      expect(log.packets.length).toBe(40);
      expect(report).toMatchObject({ status: 'damaged', problem: { code: 'decompression-failed', packetNumber: 41 } });
    }
  });

  it('makes the same of a damaged block of zstd, whatever the pieces', async () => {
    // Found by the fuzzer: the block claims more literals than it has.
    const damaged = Buffer.from(
      '28b52ffd64fa042501006414d4c3b2a1020004000400 01a5f9006be9e90a004a00000201010a08004500009500000000 6ce4'.replaceAll(
        ' ',
        '',
      ),
      'hex',
    );
    const unpacked = async (size: number): Promise<string> => {
      async function* pieces(): AsyncGenerator<Uint8Array, void, undefined> {
        for (let at = 0; at < damaged.length; at += size) yield Uint8Array.from(damaged.subarray(at, at + size));
      }
      let text = '';
      try {
        for await (const bytes of decompress(pieces(), 'zstd', 'damaged.zst'))
          text += Buffer.from(bytes).toString('hex');
      } catch (error) {
        text += ` ${String(error)}`;
      }
      return text;
    };
    const whole = await unpacked(damaged.length);
    expect(whole).toBe(' CaptureError: the zstd data is damaged: the literals run over their block');
    for (const size of [1, 7, 20]) expect(await unpacked(size)).toBe(whole);
  });

  it('keeps the frames of zstd before one that is not', async () => {
    const file = join(zstdFrame(plain), utf8('no zstd'));
    for (const size of [1 << 10, 1 << 20]) {
      const { log, report } = await read(file, size);
      expect(log.packets.length).toBe(COUNT);
      expect(report).toMatchObject({ problem: { code: 'decompression-failed', packetNumber: COUNT + 1 } });
      expect(report.problem?.message).toContain('magic number');
    }
  });

  it('keeps what a damaged gzip file gave', async () => {
    const whole = join(gzipSync(plain), gzipSync(plain.subarray(24)));
    whole.fill(0x55, whole.length - 4000, whole.length - 3000);
    const { report } = await read(whole, 1 << 16);
    expect(report).toMatchObject({ status: 'damaged', problem: { code: 'decompression-failed' } });
    expect(report.packetCount).toBeGreaterThanOrEqual(COUNT);
    expect(report.problem?.packetNumber).toBe(report.packetCount + 1);
  });

  it.each([
    ['zstd', zstdFrame(plain)],
    ['lz4', lz4Frame(plain)],
  ])('keeps what a cut-off %s file gave', async (_name, whole) => {
    const { report } = await read(whole.subarray(0, 200_000));
    expect(report).toMatchObject({ status: 'damaged', problem: { code: 'decompression-failed' } });
    expect(report.packetCount).toBeGreaterThan(500);
  });

  it('refuses a zstd window too large to hold, in any frame', async () => {
    const first = await read(zstdFrame(plain, false, 0xf8));
    expect(first.report.problem?.message).toMatch(/window/);
    const second = await read(join(zstdFrame(plain), zstdFrame(plain, false, 0xf8)));
    expect(second.report).toMatchObject({ status: 'damaged', problem: { code: 'decompression-failed' } });
  });

  it('refuses an lz4 block that is larger than its frame allows, or reaches back before it', async () => {
    const header = Uint8Array.of(0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0);
    const tooLarge = join(header, new FieldWriter(true).u32(70_000).done(), ramp(100));
    const tooFar = join(header, new FieldWriter(true).u32(5).done(), Uint8Array.of(0x14, 65, 9, 0, 0));
    for (const bytes of [tooLarge, tooFar]) {
      expect((await read(bytes)).report.problem?.code).toBe('decompression-failed');
    }
  });

  it('unpacks lz4 matches, short distances and long ones', async () => {
    // Header and one packet of 40 zero bytes: literals "0", then a match that overlaps itself.
    const begin = pcapFile([{ seconds: 1, fraction: 1, data: Uint8Array.of(0) }]).slice();
    new DataView(begin.buffer).setUint32(24 + 8, 40, true);
    const block = join(
      Uint8Array.of(0xff, begin.length - 15),
      begin,
      Uint8Array.of(1, 0, 15), // distance 1, length 15 + 4 + 15 = 34
      Uint8Array.of(0x50),
      ramp(5),
    );
    const header = Uint8Array.of(0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0);
    const { log, report } = await read(join(header, new FieldWriter(true).u32(block.length).raw(block).u32(0).done()));
    expect(report).toMatchObject({ status: 'complete', packetCount: 1 });
    expect(log.packets[0].data).toEqual([...new Uint8Array(35), ...ramp(5)]);
  });

  it('reads a gzip bomb in bounded memory', async () => {
    // A packet header of zeros is a valid empty packet; 64 MB of them pack to 64 KB.
    const bomb = gzipSync(join(pcapFile([]), new Uint8Array(64 << 20)), { level: 9 });
    let count = 0;
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    const report = await readChunks([bomb], {
      onPacket(): void {
        if ((++count & 0xffff) === 0) most = Math.max(most, process.memoryUsage().arrayBuffers - before);
      },
    });
    expect(report.packetCount).toBe((64 << 20) / 16);
    expect(most).toBeLessThan(120 << 20);
  });
});
