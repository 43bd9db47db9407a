import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BlockOption, join, PcapngBlocks, ramp, utf8 } from '../support/capture-bytes.ts';
import { parse } from '../support/packet-log.ts';

const MICROS = 1_700_000_000_000_000n;
const resolution = (byte: number): BlockOption => [9, Uint8Array.of(byte)];

function sample(littleEndian: boolean): Uint8Array {
  const write = new PcapngBlocks(littleEndian);
  return join(
    write.section([[4, utf8('a tool')]]),
    write.interface(1, 0, [
      [2, utf8('eth0')],
      [3, utf8('first\0')],
    ]),
    write.interface(113, 96, [resolution(9)]),
    write.enhanced(0, MICROS, ramp(61), 1500, [[1, utf8('a comment')]]),
    write.enhanced(1, MICROS * 1000n + 7n, ramp(96), 200),
    write.block(0x7777, ramp(50)),
    write.obsolete(0, MICROS + 9n, ramp(33)),
    write.simple(ramp(64)),
    write.statistics(1, [
      [4, write.counter(1000)],
      [5, write.counter(3)],
      [7, write.counter(4)],
    ]),
  );
}

describe('pcapng', () => {
  for (const littleEndian of [true, false]) {
    it(`reads every kind of block, ${littleEndian ? 'little' : 'big'}-endian, at every split alike`, () => {
      const file = sample(littleEndian);
      const whole = parse(file);
      expect(whole.error).toBeNull();
      const time = '2023-11-14T22:13:20.';
      expect(whole.log.packets).toEqual([
        { frame: 1, time: `${time}000000000Z`, wireBytes: 1500, linkType: 1, interfaceIndex: 0, data: [...ramp(61)] },
        { frame: 2, time: `${time}000000007Z`, wireBytes: 200, linkType: 113, interfaceIndex: 1, data: [...ramp(96)] },
        { frame: 3, time: `${time}000009000Z`, wireBytes: 33, linkType: 1, interfaceIndex: 0, data: [...ramp(33)] },
        { frame: 4, time: `${time}000009000Z`, wireBytes: 64, linkType: 1, interfaceIndex: 0, data: [...ramp(64)] },
      ]);
      expect(whole.parser?.interfaces).toMatchObject([
        { name: 'eth0', description: 'first', snapLength: 0, ticksPerSecond: 1e6, droppedCount: null },
        { name: null, snapLength: 96, ticksPerSecond: 1e9, receivedCount: 1000, droppedCount: 7 },
      ]);
      for (const size of [1, 7, 12, 64, 4096]) expect(parse(file, size).log.packets).toEqual(whole.log.packets);
    });
  }

  it.each([true, false])('adds up the drops that packets tell of, little-endian %s', (littleEndian) => {
    const write = new PcapngBlocks(littleEndian);
    const drops = (count: number): BlockOption[] => [
      [1, utf8('a comment')],
      [2, ramp(4)],
      [4, write.counter(count)],
    ];
    const begin = join(write.section(), write.interface(), write.interface(), write.interface());
    const packet = (id: number, options: BlockOption[] = []): Uint8Array =>
      write.enhanced(id, MICROS, ramp(5), 5, options);
    const counts = (...blocks: Uint8Array[]): (number | null)[] => {
      const { parser, error } = parse(join(begin, ...blocks), 7);
      expect(error).toBeNull();
      return parser?.interfaces.map(({ droppedCount }) => droppedCount) ?? [];
    };
    expect(counts(packet(0), packet(1, [[1, utf8('no counter here')]]), packet(2, [[4, ramp(4)]]))).toEqual([
      null,
      null,
      null,
    ]);
    expect(counts(packet(0, drops(3)), packet(1, drops(0)), packet(0), packet(0, drops(2)))).toEqual([5, 0, null]);
    const obsolete = (id: number, count: number): Uint8Array => write.obsolete(id, MICROS, ramp(4), 4, count);
    expect(counts(obsolete(0, 7), obsolete(1, 0xffff), obsolete(0, 0xffff), obsolete(0, 1))).toEqual([8, null, null]);
    const statistics = (id: number, count: number): Uint8Array => write.statistics(id, [[5, write.counter(count)]]);
    expect(counts(packet(0, drops(3)), statistics(0, 9), packet(1, drops(9)), statistics(1, 4))).toEqual([9, 9, null]);
  });

  it('keeps apart the byte orders and the interfaces of several sections', () => {
    const { log, error } = parse(join(sample(true), sample(false), sample(true)), 100);
    expect(error).toBeNull();
    expect(log.packets.map(({ frame }) => frame)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(log.packets.map(({ interfaceIndex }) => interfaceIndex)).toEqual([0, 1, 0, 0, 2, 3, 2, 2, 4, 5, 4, 4]);
    expect(log.interfaces.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('cuts a simple packet at the snap length', () => {
    const write = new PcapngBlocks();
    const { log } = parse(join(write.section(), write.interface(1, 20), write.simple(ramp(20), 314)));
    expect(log.packets[0]).toMatchObject({ wireBytes: 314, data: [...ramp(20)] });
  });

  it('has no time for a file of simple packets only', () => {
    const write = new PcapngBlocks();
    const { parser } = parse(join(write.section(), write.interface(), write.simple(ramp(20))));
    expect(parser).toMatchObject({ packetCount: 1, firstTimeNanos: Number.POSITIVE_INFINITY });
  });

  it('keeps the names of a name resolution block', () => {
    const write = new PcapngBlocks();
    const records: BlockOption[] = [
      [1, join(Uint8Array.of(192, 0, 2, 1), utf8('gateway\0'))],
      [2, join(ramp(16), utf8('six\0other\0'))],
      [9, utf8('unknown')],
    ];
    const { parser } = parse(join(write.section(), write.names(records), write.interface()));
    expect(parser?.names).toEqual([
      { address: Uint8Array.of(192, 0, 2, 1), name: 'gateway' },
      { address: ramp(16), name: 'six' },
    ]);
  });

  it('numbers frames as Wireshark does: custom blocks count, others do not', () => {
    const write = new PcapngBlocks();
    const { log, parser } = parse(
      join(
        write.section(),
        write.interface(),
        write.block(0xbad, ramp(8)),
        write.simple(ramp(4)),
        write.block(10, ramp(8)),
        write.block(9, ramp(8)),
        write.simple(ramp(4)),
      ),
    );
    expect(log.packets.map(({ frame }) => frame)).toEqual([2, 4]);
    expect(parser?.packetCount).toBe(2);
  });

  it('skips a huge unknown block without holding it', () => {
    const write = new PcapngBlocks();
    const huge = write.block(0x7777, new Uint8Array(3 << 20));
    const file = join(write.section(), huge, write.interface(), write.enhanced(0, MICROS, ramp(4)));
    expect(parse(file, 4096).log.packets.length).toBe(1);
    expect(parse(file).log.packets.length).toBe(1);
  });

  it('reads a block whose length leaves out its padding, or that has none', () => {
    const write = new PcapngBlocks();
    const begin = join(write.section(), write.interface());
    const body = write.fields().u32(0, 0, 0, 5, 5).raw(ramp(5)).done();
    const unpadded = write.fields().u32(6, 37).raw(body).u32(37).done();
    const short = write.fields().u32(6, 37).raw(body).raw(ramp(3)).u32(37).done();
    const last = write.enhanced(0, MICROS, ramp(4));
    for (const file of [join(begin, unpadded, last), join(begin, short, last), join(begin, last, unpadded)]) {
      for (const size of [1, 7, 4096]) {
        const { log, error } = parse(file, size);
        expect(error).toBeNull();
        expect(log.packets.length).toBe(2);
      }
    }
  });

  it('reads any valid file, cut anywhere, as it was written', () => {
    const packet = fc.record({
      id: fc.integer({ min: 0, max: 1 }),
      micros: fc.integer({ min: 0, max: 5_000_000 }),
      data: fc.uint8Array({ maxLength: 200 }),
      before: fc.constantFrom('nothing', 'unknown', 'statistics', 'secrets'),
    });
    const property = fc.property(
      fc.array(packet, { maxLength: 15 }),
      fc.boolean(),
      fc.integer({ min: 1, max: 300 }),
      (packets, littleEndian, size) => {
        const write = new PcapngBlocks(littleEndian);
        const parts = [write.section(), write.interface(1), write.interface(101)];
        for (const { id, micros, data, before } of packets) {
          if (before === 'unknown') parts.push(write.block(0x4242, data));
          if (before === 'statistics') parts.push(write.statistics(id, []));
          if (before === 'secrets') parts.push(write.block(10, data));
          parts.push(write.enhanced(id, MICROS + BigInt(micros), data));
        }
        const { log, error } = parse(join(...parts), size);
        expect(error).toBeNull();
        expect(log.packets.map(({ data }) => data)).toEqual(packets.map(({ data }) => [...data]));
        expect(log.packets.map(({ linkType }) => linkType)).toEqual(packets.map(({ id }) => (id === 0 ? 1 : 101)));
      },
    );
    fc.assert(property, { numRuns: 200 });
  });
});

describe('damaged pcapng', () => {
  const write = new PcapngBlocks();
  const begin = join(write.section(), write.interface());
  const good = write.enhanced(0, MICROS, ramp(10));
  const field = (index: number, value: number): Uint8Array => {
    const bytes = good.slice();
    new DataView(bytes.buffer).setUint32(index, value, true);
    return bytes;
  };

  it('says at every cut where the block is that was cut', () => {
    const file = join(begin, good, good);
    const starts = [0, 28, 48, 48 + good.length, file.length];
    for (let length = 4; length < file.length; length++) {
      const { error } = parse(file.subarray(0, length), 16);
      if (starts.includes(length)) expect(error).toBeNull();
      else if (length < 28) expect(error).toMatchObject({ code: 'truncated-header', byteOffset: 0, packetNumber: 0 });
      else {
        const byteOffset = starts.findLast((start) => start <= length);
        expect(error).toMatchObject({ code: 'truncated-block', byteOffset });
      }
    }
  });

  it.each([
    ['a block length of zero', field(4, 0), 'bad-length'],
    ['a block length of 4 GB', field(4, 0xffff_fff0), 'bad-length'],
    ['a packet longer than its block', field(20, 999), 'bad-length'],
    ['a packet of 4 GB', field(20, 0xffff_ffff), 'bad-length'],
    ['two lengths that differ', field(good.length - 4, 8), 'bad-block'],
    ['an interface that was not described', field(8, 1), 'no-interface'],
  ])('stops at %s and keeps what came before', (_name, bad, code) => {
    for (const size of [1, 64, 4096]) {
      const { error, log } = parse(join(begin, good, bad, good), size);
      expect(error).toMatchObject({ code, packetNumber: 2, byteOffset: begin.length + good.length });
      expect(log.packets.length).toBe(1);
    }
  });

  it('refuses packets before any interface', () => {
    const { error } = parse(join(write.section(), write.simple(ramp(8))));
    expect(error?.code).toBe('no-interface');
  });

  it('refuses a wrong byte-order magic and an unknown version', () => {
    const section = write.section();
    section[8] = 0;
    expect(parse(join(section, begin)).error).toMatchObject({ code: 'not-a-capture', byteOffset: 8 });
    expect(parse(write.section([], [2, 0])).error).toMatchObject({ code: 'unsupported-version', byteOffset: 12 });
    expect(parse(join(begin, good, section)).error).toMatchObject({ code: 'bad-block', packetNumber: 2 });
  });

  it('reads options that are cut or run over as far as they go', () => {
    const options = write.fields().u16(2, 4).raw(utf8('eth0')).u16(3, 60_000).done();
    const body = write.fields().u16(1, 0).u32(0).raw(options).done();
    const { parser, error } = parse(join(write.section(), write.block(1, body), good));
    expect(error).toBeNull();
    expect(parser?.interfaces).toMatchObject([{ name: 'eth0', description: null }]);
  });

  it('never throws anything but a CaptureError, whatever is changed', () => {
    const file = join(sample(true), sample(false));
    const change = fc.tuple(fc.nat(file.length - 1), fc.integer({ min: 0, max: 255 }));
    const property = fc.property(
      fc.array(change, { maxLength: 6 }),
      fc.integer({ min: 1, max: 300 }),
      (changes, size) => {
        const damaged = file.slice();
        for (const [at, value] of changes) damaged[at] = value;
        parse(damaged, size);
      },
    );
    fc.assert(property, { numRuns: 300 });
  });
});
