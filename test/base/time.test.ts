import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatTime } from '../../src/base/time.ts';

describe('a time as text', () => {
  it.each([
    [1_700_000_000, 1, '2023-11-14T22:13:20.000000001Z'],
    [1_700_000_000, -1, '2023-11-14T22:13:19.999999999Z'],
    [0, 104 * 86_400e9 + 123, '1970-04-15T00:00:00.000000123Z'],
  ])('is exact to the nanosecond near its base: %d + %d', (epochSeconds, nanos, text) => {
    expect(formatTime({ epochSeconds }, nanos)).toBe(text);
  });

  it('is the second that Date knows, and nine decimals', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4_000_000_000 }),
        fc.integer({ min: -1e14, max: Number.MAX_SAFE_INTEGER }),
        (epoch, nanos) => {
          const second = epoch + Math.floor(nanos / 1e9);
          const decimals = String(nanos - Math.floor(nanos / 1e9) * 1e9).padStart(9, '0');
          const expected = `${new Date(second * 1000).toISOString().slice(0, 19)}.${decimals}Z`;
          expect(formatTime({ epochSeconds: epoch }, nanos)).toBe(expected);
        },
      ),
    );
  });

  it('is exact to the microsecond decades away from it', () => {
    for (const micros of [0, 1, 123_457, 999_999]) {
      for (const seconds of [9_100_000, 1_398_318_605, -1_222_333_444]) {
        const text = formatTime({ epochSeconds: 2_000_000_000 }, (seconds + micros / 1e6) * 1e9);
        expect(text.slice(20)).toBe(`${String(micros).padStart(6, '0')}000Z`);
      }
    }
  });

  it('stays within the years that can be written', () => {
    expect(formatTime({ epochSeconds: 0 }, 1e30)).toMatch(/^9999-12-31T23:59:59\.\d{9}Z$/);
    expect(formatTime({ epochSeconds: 0 }, -1e30)).toMatch(/^0000-01-01T00:00:00\.\d{9}Z$/);
  });
});
