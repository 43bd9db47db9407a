/** What the core decodes by itself is what the decoder of src/wire makes of the same packets, whatever their octets. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Core } from '../../src/core/core.ts';
import { ENTRY_HASH, KEY, ROW_BYTES, SPARE_ROW } from '../../src/core/layout.ts';
import { createSourceContext, type PacketSink } from '../../src/source/packet.ts';
import { PcapParser } from '../../src/source/pcap.ts';
import { PcapngParser } from '../../src/source/pcapng.ts';
import { ROW_WORDS, SegmentBatch, Word } from '../../src/wire/batch.ts';
import { Decoder } from '../../src/wire/decode.ts';
import { type PacketRun, RunDecoder } from '../../src/wire/run.ts';
import { join as concat, FieldWriter, utf8 } from '../support/capture-bytes.ts';
import { listFixtures } from '../support/fixtures.ts';

interface Packet {
  readonly seconds: number;
  readonly fraction: number;
  readonly wireBytes: number;
  readonly data: Uint8Array;
}

const GENERATOR = new URL('../../bench/generate.mjs', import.meta.url).pathname;
const MAX_PROPERTY_PACKETS = 60;
let folder = '';
const generated = new Map<string, Packet[]>();

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lastack-run-'));
  for (const profile of ['small', 'lossy']) {
    const path = join(folder, `${profile}.pcap`);
    spawnSync(process.execPath, [GENERATOR, '--out', path, '--profile', profile, '--connections', '300']);
    generated.set(profile, packetsOf(new Uint8Array(readFileSync(path))));
  }
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Packets of a classic pcap file with microseconds, in the byte order of this machine. */
function packetsOf(file: Uint8Array): Packet[] {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const packets: Packet[] = [];
  for (let at = 24; at < file.length; ) {
    const field = (n: number): number => view.getUint32(at + 4 * n, true);
    const data = file.slice(at + 16, at + 16 + field(2));
    packets.push({ seconds: field(0), fraction: field(1), wireBytes: field(3), data });
    at += 16 + data.length;
  }
  return packets;
}

function write(packets: readonly Packet[], littleEndian: boolean, magic = 0xa1b2c3d4): Uint8Array {
  const bytes = new Uint8Array(24 + packets.reduce((sum, { data }) => sum + 16 + data.length, 0));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, magic, littleEndian);
  view.setUint16(4, 2, littleEndian);
  view.setUint16(6, 4, littleEndian);
  view.setUint32(16, 262_144, littleEndian);
  view.setUint32(20, 1, littleEndian);
  let at = 24;
  for (const { seconds, fraction, wireBytes, data } of packets) {
    [seconds, fraction, data.length, wireBytes].forEach((field, n) => {
      view.setUint32(at + 4 * n, field, littleEndian);
    });
    bytes.set(data, at + 16);
    at += 16 + data.length;
  }
  return bytes;
}

/** What a pcapng file says of its two interfaces, by way of one octet each: resolution of the clock, offset. */
interface Clocks {
  readonly resolutions: readonly [number, number];
  readonly offsets: readonly [number, number];
}

/** Each packet in a block of its own; those listed in `odd` on interface 1, or with a comment, or not as long as it says. */
function writePcapng(packets: readonly Packet[], littleEndian: boolean, clocks: Clocks, odd: readonly number[]) {
  const pad = (bytes: Uint8Array): Uint8Array =>
    Uint8Array.from({ length: (bytes.length + 3) & ~3 }, (_, i) => bytes[i] ?? 0);
  const fields = (...values: readonly number[]): Uint8Array => new FieldWriter(littleEndian).u32(...values).done();
  const block = (type: number, ...parts: readonly Uint8Array[]): Uint8Array => {
    const total = 12 + parts.reduce((sum, part) => sum + part.length, 0);
    return concat(fields(type, total), ...parts, fields(total));
  };
  const short = (a: number, b: number): Uint8Array => new FieldWriter(littleEndian).u16(a, b).done();
  const blocks = [block(0x0a0d0d0a, fields(0x1a2b3c4d), short(1, 0), fields(0xffffffff, 0xffffffff))];
  for (const [n, resolution] of clocks.resolutions.entries()) {
    const offset = littleEndian ? fields(clocks.offsets[n], 0) : fields(0, clocks.offsets[n]);
    const options = concat(short(9, 1), Uint8Array.of(resolution, 0, 0, 0), short(14, 8), offset, short(0, 0));
    blocks.push(block(1, short(1, 0), fields(262_144), options));
  }
  for (const [index, { seconds, fraction, wireBytes, data }] of packets.entries()) {
    const what = odd.includes(index) ? 1 + (index % 4) : 0;
    const id = what === 1 ? 1 : 0;
    const resolution = clocks.resolutions[id];
    const perSecond = (resolution & 0x80) !== 0 ? 2n ** BigInt(resolution & 0x7f) : 10n ** BigInt(resolution);
    const ticks = ((BigInt(seconds) * 1_000_000n + BigInt(fraction)) * perSecond) / 1_000_000n;
    const head = fields(id, Number(ticks >> 32n) >>> 0, Number(ticks & 0xffff_ffffn), data.length, wireBytes);
    const comment = what === 2 ? concat(short(1, 4), utf8('odd.'), short(0, 0)) : new Uint8Array(0);
    blocks.push(block(6, head, pad(data), comment));
    if (what === 3) blocks.push(block(0xbad, fields(1, 2)));
  }
  return concat(...blocks);
}

function readRow(batch: SegmentBatch, row: number) {
  return {
    ...{ frame: batch.frame(row), nanos: batch.timeNanos(row) },
    ...{ version: batch.ipVersion(row), ports: [batch.sourcePort(row), batch.destinationPort(row)] },
    ...{ source: [...batch.sourceAddress(row)], destination: [...batch.destinationAddress(row)] },
    ...{ scope: batch.scope(row), ttl: batch.ttl(row), ipId: batch.ipId(row), flags: batch.flags(row) },
    ...{ seq: batch.seq(row), ack: batch.ack(row), window: batch.window(row), checksum: batch.checksum(row) },
    ...{ payload: batch.payloadBytes(row), options: batch.options(row), mss: batch.mss(row) },
    ...{ scale: batch.windowScale(row), tsVal: batch.tsVal(row), tsEcr: batch.tsEcr(row) },
    ...{ sack: batch.sackEdges(row), origin: batch.origin(row) },
  };
}

/** Reads rows; with runs or packet by packet, to the batch of the core or to another. */
class Reading implements PacketSink {
  readonly rows: object[] = [];
  ranByItself = 0;
  #wrongHashes = 0;
  readonly #timeBase = { epochSeconds: 0 };
  readonly #core = new Core();
  readonly #batch: SegmentBatch;
  readonly #decoder: Decoder;
  readonly #runs = new RunDecoder(this.#core, this.#timeBase);
  readonly #clock: number[] = [];
  readonly #parser: PcapParser | PcapngParser;
  readonly onRun: PacketSink['onRun'];

  constructor(hasRuns: boolean, isBatchOfCore: boolean, isPcapng = false) {
    this.#batch = isBatchOfCore ? SegmentBatch.of(this.#core, this.#timeBase) : new SegmentBatch(this.#timeBase);
    this.#decoder = new Decoder(this.#batch);
    if (hasRuns) this.onRun = (bytes, from, end, run) => this.#run(bytes, from, end, run);
    const Parser = isPcapng ? PcapngParser : PcapParser;
    this.#parser = new Parser(createSourceContext(this.#timeBase), this);
  }

  onPacket(...packet: Parameters<PacketSink['onPacket']>): void {
    this.#clock[packet[8]] = packet[7];
    this.#decoder.decode(...packet);
    if (this.#batch.isFull) this.#empty();
  }

  #run(bytes: Uint8Array, from: number, end: number, run: PacketRun): number {
    const before = this.#batch.count;
    const next = this.#runs.decode(bytes, from, end, run, this.#batch, this.#clock[run.interfaceIndex]);
    const rows = this.#batch.count - before;
    if (rows > 0) this.#clock[run.interfaceIndex] = run.timeNanos;
    this.#decoder.countRows(run.interfaceIndex, rows);
    this.ranByItself += rows;
    if (!this.#batch.isFull) return next;
    this.#empty();
    return this.#run(bytes, next, end, run);
  }

  #empty(): void {
    for (let row = 0; row < this.#batch.count; row++) {
      this.rows.push(readRow(this.#batch, row));
      if (!this.#hasRightHash(row)) this.#wrongHashes++;
    }
    this.#batch.clear();
  }

  /** Whether a row has the hash by which its tuple is looked for, or none. */
  #hasRightHash(row: number): boolean {
    const words = this.#batch.words.subarray(row * ROW_WORDS, (row + 1) * ROW_WORDS);
    this.#core.words.set(words, (this.#core.rowsAt + SPARE_ROW * ROW_BYTES) >> 2);
    this.#core.exports.find(SPARE_ROW);
    return words[Word.HASH] === 0 || words[Word.HASH] === this.#core.words[(KEY + ENTRY_HASH) >> 2];
  }

  /** Everything there is to know: rows, counts, what the parser says, how it ended. */
  read(file: Uint8Array, chunkBytes: number, isInCore = false) {
    const block = isInCore ? this.#core.openBlock(chunkBytes) : null;
    let error = '';
    try {
      for (let at = 0; at < file.length; at += chunkBytes) {
        const chunk = file.subarray(at, at + chunkBytes);
        block?.set(chunk);
        this.#parser.push(block?.subarray(0, chunk.length) ?? chunk);
      }
      this.#parser.end();
    } catch (thrown) {
      error = String(thrown);
    }
    this.#empty();
    const { packetCount, firstTimeNanos, lastTimeNanos } = this.#parser;
    const counts = this.#decoder.counts();
    return {
      error,
      packetCount,
      firstTimeNanos,
      lastTimeNanos,
      counts,
      rows: this.rows,
      wrongHashes: this.#wrongHashes,
    };
  }
}

const plainly = (file: Uint8Array, isPcapng = false) => new Reading(false, false, isPcapng).read(file, file.length);

describe('runs of packets', () => {
  it.each([
    ['at once', 1 << 26, true, true],
    ['in pieces', 7_001, true, true],
    ['in memory of its own', 7_001, false, true],
    ['to a batch of somebody else', 50_000, false, false],
  ])('are read as packets are one by one: %s', (_, chunkBytes, isInCore, isBatchOfCore) => {
    for (const packets of generated.values()) {
      const file = write(packets, true);
      const reading = new Reading(true, isBatchOfCore);
      const expected = plainly(file);
      expect(reading.read(file, Math.min(chunkBytes, file.length), isInCore)).toEqual(expected);
      expect(reading.ranByItself).toBeGreaterThan(expected.rows.length * 0.9);
    }
  });

  it.each([true, false])('are read from pcapng too, little-endian: %s', (littleEndian) => {
    for (const packets of generated.values()) {
      const file = writePcapng(packets, littleEndian, { resolutions: [6, 9], offsets: [0, 0] }, []);
      const reading = new Reading(true, true, true);
      const expected = plainly(file, true);
      expect(expected.rows.length).toBeGreaterThan(1000);
      expect(reading.read(file, 50_000)).toEqual(expected);
      expect(reading.ranByItself).toBeGreaterThan(expected.rows.length * 0.9);
    }
  });

  it('are read in every fixture', () => {
    let ranByItself = 0;
    for (const { capture } of listFixtures().filter(({ capture }) => capture.endsWith('.pcap'))) {
      const file = new Uint8Array(readFileSync(capture));
      const reading = new Reading(true, true);
      expect(reading.read(file, 4096)).toEqual(plainly(file));
      ranByItself += reading.ranByItself;
    }
    expect(ranByItself).toBeGreaterThan(500);
  });

  it('are left where they are out of the ordinary, and told apart from what is', () => {
    const anyPatch = fc.record({
      packet: fc.nat(),
      at: fc.oneof({ weight: 4, arbitrary: fc.nat({ max: 90 }) }, fc.constant(12), fc.constant(20), fc.constant(46)),
      octet: fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(0, 1, 2, 5, 8, 0x45, 0x81, 0x86, 0xdd, 0xff)),
    });
    const anyCut = fc.record({ packet: fc.nat(), bytes: fc.nat({ max: 90 }), wire: fc.nat({ max: 1600 }) });
    const anyMove = fc.record({ packet: fc.nat(), seconds: fc.integer({ min: -3, max: 3 }) });
    fc.assert(
      fc.property(
        fc.record({
          profile: fc.constantFrom('small', 'lossy'),
          start: fc.nat(),
          patches: fc.array(anyPatch, { maxLength: 40 }),
          cuts: fc.array(anyCut, { maxLength: 8 }),
          moves: fc.array(anyMove, { maxLength: 3 }),
          tagged: fc.array(fc.tuple(fc.nat(), fc.nat({ max: 0xffff })), { maxLength: 20 }),
          littleEndian: fc.boolean(),
          magic: fc.constantFrom(0xa1b2c3d4, 0xa1b23c4d),
          chunkBytes: fc.integer({ min: 1, max: 20_000 }),
          isInCore: fc.boolean(),
          isPcapng: fc.boolean(),
          clocks: fc.record({
            resolutions: fc.tuple(fc.constantFrom(6, 9, 3, 0, 0x8a, 10, 0xa0), fc.constantFrom(6, 9, 12)),
            offsets: fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 3 })),
          }),
          odd: fc.array(fc.nat({ max: MAX_PROPERTY_PACKETS - 1 }), { maxLength: 6 }),
        }),
        ({
          isPcapng,
          clocks,
          odd,
          profile,
          start,
          patches,
          cuts,
          moves,
          tagged,
          littleEndian,
          magic,
          chunkBytes,
          isInCore,
        }) => {
          const all = generated.get(profile) ?? [];
          const from = start % (all.length - MAX_PROPERTY_PACKETS);
          const packets = all
            .slice(from, from + MAX_PROPERTY_PACKETS)
            .map((each) => ({ ...each, data: each.data.slice() }));
          const pick = (n: number) => packets[n % packets.length];
          for (const [n, tag] of tagged) {
            const { data } = pick(n);
            const inserted = [0x81, 0, tag >>> 8, tag & 0xff];
            pick(n).data = Uint8Array.from([...data.subarray(0, 12), ...inserted, ...data.subarray(12)]);
            pick(n).wireBytes += 4;
          }
          for (const { packet, at, octet } of patches) pick(packet).data[at] = octet;
          for (const { packet, bytes, wire } of cuts) {
            pick(packet).data = pick(packet).data.slice(0, bytes);
            pick(packet).wireBytes = wire;
          }
          for (const { packet, seconds } of moves) pick(packet).seconds += seconds;
          const file = isPcapng ? writePcapng(packets, littleEndian, clocks, odd) : write(packets, littleEndian, magic);
          const reading = new Reading(true, true, isPcapng);
          expect(reading.read(file, chunkBytes, isInCore)).toEqual(plainly(file, isPcapng));
        },
      ),
      { numRuns: 1500 },
    );
  }, 120_000);
});
