import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSourceContext } from '../../src/source/packet.ts';
import { TimestampReader, ticksPerSecond } from '../../src/source/pcapng-time.ts';

/** The same by exact integers: whole seconds, and nanoseconds with parts cut off. */
function split(ticks: bigint, resolution: number): [seconds: bigint, nanos: bigint] {
  const exponent = BigInt(resolution & 0x7f);
  const unit = resolution & 0x80 ? 2n ** exponent : 10n ** exponent;
  return [ticks / unit, ((ticks % unit) * 1_000_000_000n) / unit];
}

function read(ticks: bigint, resolution: number, offsetSeconds = 0): [seconds: number, nanos: number] {
  const context = createSourceContext();
  const reader = new TimestampReader(context, ticksPerSecond(resolution), offsetSeconds);
  const nanos = reader.read(Number(ticks >> 32n), Number(ticks & 0xffff_ffffn));
  return [context.timeBase.epochSeconds, nanos];
}

const anyTicks = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

describe('time stamps of pcapng', () => {
  it.each([0, 1, 3, 6, 7, 9])('are exact for 10^-%i s', (resolution) => {
    const property = fc.property(anyTicks, (ticks) => {
      const [seconds, nanos] = split(ticks, resolution);
      expect(read(ticks, resolution)).toEqual([Number(seconds), Number(nanos)]);
    });
    fc.assert(property, { numRuns: 500 });
  });

  it.each([12, 13, 15, 18, 0x80, 0x8a, 0x94, 0x9e, 0xa0, 0xa5, 0xac, 0xb0, 0xbf])(
    'are within a nanosecond for the resolution byte %i',
    (resolution) => {
      const property = fc.property(anyTicks, (ticks) => {
        const [seconds, nanos] = split(ticks, resolution);
        const [readSeconds, readNanos] = read(ticks, resolution);
        const difference = (readSeconds - Number(seconds)) * 1e9 + readNanos - Number(nanos);
        expect(Math.abs(difference)).toBeLessThanOrEqual(1);
      });
      fc.assert(property, { numRuns: 500 });
    },
  );

  it('are moved by the offset of their interface, before 1970 too', () => {
    expect(read(5_000_001n, 6, 1_000_000_000)).toEqual([1_000_000_005, 1000]);
    expect(read(5_000_001n, 6, -100)).toEqual([-95, 1000]);
  });

  it('never become NaN, whatever the resolution', () => {
    for (let resolution = 0; resolution < 256; resolution++) {
      for (const value of read(2n ** 64n - 1n, resolution)) expect(value).not.toBeNaN();
    }
  });
});
