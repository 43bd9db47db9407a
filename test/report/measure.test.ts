import { expect, test } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatEndpoint,
  formatFrames,
  formatQuantity,
  formatShare,
  secondsBetween,
} from '../../src/report/measure.ts';
import { createStyle, drawBar, quoteForShell, shorten, wrap, wrapBehind } from '../../src/report/terminal.ts';

test('counts and quantities', () => {
  expect([0, 999, 1000, 1234567].map(formatCount)).toEqual(['0', '999', '1,000', '1,234,567']);
  expect([formatQuantity(1, 'packet'), formatQuantity(2000, 'packet')]).toEqual(['1 packet', '2,000 packets']);
  expect([0, 0.001, 0.005, 0.5, 1].map(formatShare)).toEqual(['0 %', '<1 %', '1 %', '50 %', '100 %']);
});

test('bytes', () => {
  expect([0, 999, 1000, 12_345, 999_499, 999_500, 7e9].map(formatBytes)).toEqual([
    '0 B',
    '999 B',
    '1.0 kB',
    '12 kB',
    '999 kB',
    '1.0 MB',
    '7.0 GB',
  ]);
});

test('durations from microseconds to days', () => {
  const seconds = [
    0, 4e-7, 35e-6, 0.00099999, 0.0012, 0.0123, 0.9994, 0.9999, 3.2, 9.999, 59.94, 59.96, 149, 3600, 11_100, 187_200,
  ];
  expect(seconds.map((each) => formatDuration(each))).toEqual([
    '0 s',
    '1 µs',
    '35 µs',
    '1.0 ms',
    '1.2 ms',
    '12 ms',
    '999 ms',
    '1.00 s',
    '3.20 s',
    '10.0 s',
    '59.9 s',
    '1 min',
    '2 min 29 s',
    '1 h',
    '3 h 5 min',
    '2 d 4 h',
  ]);
  expect(formatDuration(-1.5)).toBe('-1.50 s');
});

test('differences of times keep their nanoseconds', () => {
  expect(secondsBetween('2026-11-20T23:59:59.999999999Z', '2026-11-21T00:00:00.000000001Z')).toBe(2e-9);
  expect(secondsBetween('2026-11-20T14:03:11.123456789Z', '2026-11-20T14:03:11.123456789Z')).toBe(0);
});

test('endpoints and frames', () => {
  expect(formatEndpoint({ address: '2001:db8::1', port: 80 })).toBe('[2001:db8::1]:80');
  expect(formatFrames([])).toBe('');
  expect(formatFrames([3])).toBe('#3');
  expect(formatFrames([3, 4, 9])).toBe('#3, #4 and #9');
  expect(formatFrames([1, 2, 3, 4, 5, 6])).toBe('#1, #2, #3 and 3 more');
});

test('wrapping', () => {
  expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
  expect(wrap('averylongword a', 4)).toEqual(['averylongword', 'a']);
  expect(wrap('', 10)).toEqual([]);
  expect(wrapBehind('- ', 'aaaa bbbb cccc dddd eeee ffff', 22)).toEqual(['- aaaa bbbb cccc dddd', '  eeee ffff']);
});

test('shortening leaves both ends', () => {
  expect(shorten('abcdefghij', 5, '…')).toBe('ab…ij');
  expect(shorten('abc', 5, '…')).toBe('abc');
});

test('bars show whatever is not nothing', () => {
  const { glyphs } = createStyle({ width: 80, colour: false, unicode: true });
  expect([0, 1e-6, 0.5, 1].map((share) => drawBar(glyphs, share, 4))).toEqual(['', '▏', '██', '████']);
  const ascii = createStyle({ width: 80, colour: false, unicode: false });
  expect([0, 1e-6, 0.5, 1].map((share) => drawBar(ascii.glyphs, share, 4))).toEqual(['', '#', '##', '####']);
});

test('words for a shell', () => {
  expect(['a.pcap', "it's", 'a b', '$x'].map(quoteForShell)).toEqual(['a.pcap', `'it'\\''s'`, "'a b'", "'$x'"]);
});
