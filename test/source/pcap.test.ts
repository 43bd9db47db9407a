import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  join,
  type PcapOptions,
  type PcapPacket,
  pcapFile,
  pcapHeader,
  pcapPacket,
  ramp,
} from '../support/capture-bytes.ts';
import { parse } from '../support/packet-log.ts';

const SECONDS = 1_700_000_000;
const three: PcapPacket[] = [
  { seconds: SECONDS, fraction: 5, data: ramp(60) },
  { seconds: SECONDS, fraction: 999_999, data: ramp(0), wireBytes: 70 },
  { seconds: SECONDS + 2, fraction: 0, data: ramp(200, 7), wireBytes: 1500 },
];

describe('classic pcap', () => {
  const magics = { microseconds: 0xa1b2c3d4, nanoseconds: 0xa1b23c4d, modified: 0xa1b2cd34 };
  for (const [name, magic] of Object.entries(magics)) {
    for (const littleEndian of [true, false]) {
      it(`reads ${name}, ${littleEndian ? 'little' : 'big'}-endian, at every split alike`, () => {
        const file = pcapFile(three, { magic, littleEndian });
        const whole = parse(file);
        expect(whole.error).toBeNull();
        expect(whole.log.packets.map(({ frame, wireBytes, data }) => [frame, wireBytes, data.length])).toEqual([
          [1, 60, 60],
          [2, 70, 0],
          [3, 1500, 200],
        ]);
        expect(whole.log.packets[2].data).toEqual([...ramp(200, 7)]);
        for (const size of [1, 7, 16, 23, 24, 25, 64, 4096]) {
          expect(parse(file, size).log.packets).toEqual(whole.log.packets);
        }
      });
    }
  }

  it('reads microseconds and nanoseconds as such', () => {
    const times = (magic: number): string[] => parse(pcapFile(three, { magic })).log.packets.map(({ time }) => time);
    expect(times(0xa1b2c3d4)[1]).toBe('2023-11-14T22:13:20.999999000Z');
    expect(times(0xa1b23c4d)[1]).toBe('2023-11-14T22:13:20.000999999Z');
  });

  it('sets the epoch to the second of the first packet', () => {
    expect(parse(pcapFile(three)).log.context.timeBase.epochSeconds).toBe(SECONDS);
  });

  it('takes the link type from the low 16 bits, whatever the FCS bits say', () => {
    const { log, parser } = parse(pcapFile(three, { linkType: 0x2400_0001, snapLength: 99 }));
    expect(log.packets.map(({ linkType }) => linkType)).toEqual([1, 1, 1]);
    expect(parser?.interfaces).toMatchObject([{ index: 0, linkType: 1, snapLength: 99, ticksPerSecond: 1e6 }]);
  });

  it('swaps the lengths of files before version 2.3, and those of 2.3 when the captured one is larger', () => {
    const swapped = { seconds: SECONDS, fraction: 0, data: ramp(40), claimedBytes: 90, wireBytes: 40 };
    const straight = { seconds: SECONDS, fraction: 0, data: ramp(40), wireBytes: 90 };
    const read = (packet: PcapPacket, version: [number, number]): number[] => {
      const { packets } = parse(pcapFile([packet], { version })).log;
      return packets.flatMap(({ wireBytes, data }) => [wireBytes, data.length]);
    };
    expect(read(swapped, [2, 2])).toEqual([90, 40]);
    expect(read(swapped, [2, 3])).toEqual([90, 40]);
    expect(read(straight, [2, 3])).toEqual([90, 40]);
    expect(read(straight, [2, 4])).toEqual([90, 40]);
  });

  it('knows a file without packets', () => {
    const { error, parser } = parse(pcapHeader());
    expect(error).toBeNull();
    expect(parser).toMatchObject({ format: 'pcap', packetCount: 0, headerRead: true });
  });

  it('reads any valid file, cut anywhere, as it was written', () => {
    const packet = fc.record({
      seconds: fc.integer({ min: SECONDS, max: SECONDS + 1_000_000 }),
      fraction: fc.integer({ min: 0, max: 999_999 }),
      data: fc.uint8Array({ maxLength: 300 }),
      wireBytes: fc.integer({ min: 300, max: 0xffff_ffff }),
    });
    const options: fc.Arbitrary<PcapOptions> = fc.record({
      littleEndian: fc.boolean(),
      magic: fc.constantFrom(...Object.values(magics)),
      linkType: fc.constantFrom(0, 1, 101, 113, 276),
    });
    fc.assert(
      fc.property(
        fc.array(packet, { maxLength: 20 }),
        options,
        fc.integer({ min: 1, max: 400 }),
        (packets, style, size) => {
          const { log, error } = parse(pcapFile(packets, style), size);
          expect(error).toBeNull();
          expect(log.packets.map(({ data }) => data)).toEqual(packets.map(({ data }) => [...data]));
          expect(log.packets.map(({ wireBytes }) => wireBytes)).toEqual(packets.map(({ wireBytes }) => wireBytes));
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('damaged pcap', () => {
  const file = pcapFile(three);
  const starts = [24, 24 + 76, 24 + 76 + 16, file.length];

  it('says at every cut which packet is missing and keeps those before it', () => {
    for (let length = 1; length < file.length; length++) {
      const { error, log } = parse(file.subarray(0, length), 64);
      const whole = starts.filter((start) => start <= length).length - 1;
      expect(log.packets.length).toBe(Math.max(0, whole));
      if (starts.includes(length)) expect(error).toBeNull();
      else if (length < 4) expect(error?.code).toMatch(/not-a-capture/);
      else if (length < 24) expect(error).toMatchObject({ code: 'truncated-header', packetNumber: 0, byteOffset: 0 });
      else {
        const expected = { code: 'truncated-packet', packetNumber: whole + 1, byteOffset: starts[whole] };
        expect(error).toMatchObject(expected);
      }
    }
  });

  it('refuses an absurd length where it stands, and takes no memory for it', () => {
    for (const claimedBytes of [0xffff_ffff, 262_145, 0x8000_0000]) {
      const bad = pcapPacket({ seconds: SECONDS, fraction: 0, data: ramp(4), claimedBytes });
      for (const size of [1, 64, 4096]) {
        const { error, log } = parse(join(file, bad, ramp(100)), size);
        expect(error).toMatchObject({ code: 'bad-length', packetNumber: 4, byteOffset: file.length });
        expect(error?.message).toContain(String(claimedBytes));
        expect(log.packets.length).toBe(3);
      }
    }
  });

  it('takes larger packets of link types that have them', () => {
    const large = { seconds: SECONDS, fraction: 0, data: ramp(300_000) };
    expect(parse(pcapFile([large], { linkType: 249 })).error).toBeNull();
    expect(parse(pcapFile([large], { linkType: 1 })).error?.code).toBe('bad-length');
  });

  it('refuses a version it does not know', () => {
    const { error } = parse(pcapFile(three, { version: [1, 4] }));
    expect(error).toMatchObject({ code: 'unsupported-version', byteOffset: 4, packetNumber: 0 });
  });

  it('ignores what is pushed after an error', () => {
    const bad = pcapFile([{ seconds: 1, fraction: 1, data: ramp(4), claimedBytes: 0xffff_ffff }]);
    const { parser, log } = parse(bad);
    parser?.push(file);
    parser?.end();
    expect(log.packets).toEqual([]);
  });

  it('never throws anything but a CaptureError, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 1, max: 50 }), (tail, size) => {
        parse(join(pcapHeader(), tail), size);
      }),
      { numRuns: 300 },
    );
  });
});
