import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatAddress } from '../../src/base/address.ts';
import { formatTime, toSeconds } from '../../src/base/time.ts';
import { TextWriter } from '../../src/report/text-writer.ts';

const decoder = new TextDecoder('utf-8', { fatal: true });
const writer = new TextWriter();
const before = writer.constant('before ');

function written(write: () => void): string {
  write();
  return decoder.decode(writer.take());
}

describe('what is appended behind a piece', () => {
  test('pieces of every length', () => {
    for (let length = 0; length < 70; length++) {
      const text = '0123456789'.repeat(7).slice(0, length);
      const piece = writer.constant(text);
      expect(
        written(() => {
          writer.piece(piece);
          writer.piece(before);
        }),
      ).toBe(`${text}before `);
    }
  });

  test('whole numbers', () => {
    const powers = Array.from({ length: 16 }, (_, i) => 10 ** i);
    for (const value of [0, ...powers.flatMap((power) => [power - 1, power, power + 1]), 2 ** 32 - 1, 2 ** 32]) {
      expect(written(() => writer.whole(before, value))).toBe(`before ${value}`);
    }
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        expect(written(() => writer.whole(before, value))).toBe(`before ${value}`);
      }),
    );
  });

  test('seconds, as JSON has them', () => {
    const nanos = fc.oneof(
      fc.constantFrom(0, 1, 999, 1000, 1001, 1e9, 1e9 + 1, 60e9, 1e15 - 1, 1e15, 9e15, -1, -1e9, 1500.5, 0.4),
      fc.nat(2_000_000_000),
      fc.maxSafeNat(),
      fc.double({ min: 0, max: 1e16, noNaN: true }),
    );
    fc.assert(
      fc.property(nanos, (value) => {
        expect(written(() => writer.seconds(before, value))).toBe(`before ${JSON.stringify(toSeconds(value))}`);
      }),
      { numRuns: 3000 },
    );
  });

  test('times', () => {
    const nanos = fc.oneof(
      fc.constantFrom(0, 1, -1, 999_999_999, 1e9, -1e9, Number.MAX_SAFE_INTEGER, 1e17, -1e17, 0.5),
      fc.integer({ min: -4_000_000_000, max: 4_000_000_000 }),
      fc.maxSafeInteger(),
    );
    const epoch = fc.oneof(fc.constantFrom(0, 1_790_000_000, -1, 253_402_300_799, -62_167_219_200), fc.nat());
    fc.assert(
      fc.property(epoch, nanos, (epochSeconds, timeNanos) => {
        const text = written(() => writer.time(before, { epochSeconds }, timeNanos));
        expect(text).toBe(`before "${formatTime({ epochSeconds }, timeNanos)}"`);
      }),
      { numRuns: 3000 },
    );
  });

  test('moments', () => {
    const nanos = fc.oneof(fc.constantFrom(0, -1, 1e17, 0.5), fc.maxSafeInteger());
    const frame = fc.oneof(fc.constantFrom(0, 1, 9, 10, 2 ** 32 - 1, 2 ** 32), fc.nat());
    fc.assert(
      fc.property(fc.nat(), nanos, frame, (epochSeconds, timeNanos, number) => {
        const text = written(() => writer.moment(before, number, { epochSeconds }, timeNanos));
        expect(text).toBe(`before ${number},"time":"${formatTime({ epochSeconds }, timeNanos)}"`);
      }),
    );
  });

  test('addresses', () => {
    const word = fc.oneof(fc.integer(), fc.constantFrom(0, 1, 0xffff, 0x10000, 0x20010db8, 0x00ab000f));
    const words = fc.array(word, { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(fc.constantFrom(4, 6), words, (ipVersion, list) => {
        const address = Int32Array.from(list);
        expect(written(() => writer.address(before, ipVersion, address))).toBe(
          `before ${formatAddress(ipVersion, address)}`,
        );
      }),
    );
  });

  test('any text as a JSON string', () => {
    const unit = fc.constantFrom(
      'a',
      ' ',
      '~',
      '"',
      '\\',
      '\n',
      '\u0001',
      '\u007f',
      'é',
      '→',
      '\ud83d',
      '\ude00',
      '\u2028',
    );
    fc.assert(
      fc.property(fc.string({ unit }), (text) => {
        expect(written(() => writer.quoted(before, text))).toBe(`before ${JSON.stringify(text)}`);
      }),
    );
  });
});

test('text of any length finds room', () => {
  const long = 'word '.repeat(200_000);
  const text = written(() => {
    writer.plain(before, long);
    writer.quoted(before, long);
    writer.unicode('ü'.repeat(200_000));
  });
  expect(text).toBe(`before ${long}before "${long}"${'ü'.repeat(200_000)}`);
  expect(written(() => writer.piece(before))).toBe('before ');
});

test('memory grows while orders are carried out', () => {
  const other = new TextWriter();
  const long = other.constant('x'.repeat(5000));
  const text = [];
  for (let i = 0; i < 3000; i++) {
    other.whole(long, i);
    text.push(`${'x'.repeat(5000)}${i}`);
  }
  expect(decoder.decode(other.take())).toBe(text.join(''));
  other.plain(long, 'end');
  other.whole(other.constant(' '), 12);
  expect(decoder.decode(other.take())).toBe(`${'x'.repeat(5000)}end 12`);
});

test('dates of all years', () => {
  for (let day = -719_528; day < 2_932_897; day += 97) {
    const epochSeconds = day * 86_400 + (Math.abs(day) % 86_400);
    const text = written(() => writer.time(before, { epochSeconds }, 5));
    expect(text).toBe(`before "${formatTime({ epochSeconds }, 5)}"`);
  }
});

test('what does not fit is not kept', () => {
  const other = new TextWriter();
  const long = 'x'.repeat(100_000);
  const pieces = Array.from({ length: 10 }, () => other.keep(long));
  expect(pieces.slice(0, 4)).not.toContain(null);
  expect(pieces.at(-1)).toBeNull();
});

test('there is room for constants whatever was kept', () => {
  const full = new TextWriter();
  while (full.keep('x'.repeat(1000)) !== null);
  const constants = ['a', 'b', 'c'].map((letter) => letter.repeat(3000));
  for (const text of constants) full.piece(full.constant(text));
  expect(new TextDecoder().decode(full.take())).toBe(constants.join(''));
});
