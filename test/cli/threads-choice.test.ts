import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { chooseThreads, isReadAside } from '../../src/cli/threads/choose.ts';
import { isReaderLikely } from '../../src/cli/threads/reader-thread.ts';

const MIB = 2 ** 20;
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lastack-threads-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A file of that size, which takes no room. */
function fileOf(bytes: number): string {
  const path = join(folder, `${bytes}.pcap`);
  writeFileSync(path, '');
  truncateSync(path, bytes);
  return path;
}

const chosen = (paths: readonly string[], format: 'text' | 'json' | 'csv', cores: number, threads?: string): number => {
  const options = threads === undefined ? {} : { threads };
  return chooseThreads({ positional: [], options } as never, paths, format, cores);
};

test.each([
  [2, 'text', true],
  [2, 'ndjson', true],
  [2, 'csv-segments', false],
  [1, 'text', false],
  [3, 'text', false],
])('of %d threads one reads for the other, %s: %s', (threads, form, isAside) => {
  expect(isReadAside(threads, ['a.pcap'], form)).toBe(isAside);
  expect(isReadAside(threads, ['a.pcap', '-'], form)).toBe(false);
});

test('a thread that reads is likely for a large capture, unless the number of threads is told', () => {
  const isLikely = (bytes: number, ...args: string[]): boolean =>
    isReaderLikely(['-f', 'text', fileOf(bytes), ...args]);
  expect(isLikely(512 * MIB)).toBe(availableParallelism() > 1);
  expect(isLikely(511 * MIB)).toBe(false);
  expect(isLikely(1 * MIB, '--threads', '2')).toBe(true);
  expect(isLikely(1 * MIB, '--threads=2')).toBe(true);
  expect(isLikely(512 * MIB, '--threads=1')).toBe(false);
  expect(isLikely(512 * MIB, '--threads', '8')).toBe(false);
  expect(isReaderLikely(['--threads'])).toBe(false);
});

describe('the number of threads', () => {
  it('is one for what one does as fast', () => {
    expect(chosen([fileOf(511 * MIB)], 'text', 4)).toBe(1);
    expect(chosen([fileOf(512 * MIB)], 'text', 1)).toBe(1);
    expect(chosen([fileOf(511 * MIB)], 'csv', 4)).toBe(1);
    expect(chosen([fileOf(512 * MIB)], 'csv', 1)).toBe(1);
    expect(chosen(['-'], 'csv', 4)).toBe(1);
  });

  it('is that of the cores for large captures, of fewer cores for a table', () => {
    expect(chosen([fileOf(512 * MIB)], 'json', 8)).toBe(8);
    expect(chosen([fileOf(512 * MIB)], 'csv', 2)).toBe(2);
    expect(chosen([fileOf(500 * MIB), fileOf(30 * MIB)], 'csv', 64)).toBe(8);
  });

  it('is two where one reads for the other', () => {
    expect(chosen([fileOf(512 * MIB)], 'text', 2)).toBe(2);
    expect(chosen([fileOf(512 * MIB)], 'json', 7)).toBe(2);
  });

  it('is what was asked for', () => {
    expect(chosen([fileOf(512 * MIB)], 'csv', 8, '3')).toBe(3);
    expect(chosen([fileOf(1 * MIB)], 'text', 1, '2')).toBe(2);
  });

  it('is two at most for text, and one if that comes by standard input', () => {
    expect(chosen([fileOf(512 * MIB)], 'text', 64)).toBe(2);
    expect(chosen([fileOf(1 * MIB)], 'text', 8, '8')).toBe(2);
    expect(chosen([fileOf(512 * MIB), '-'], 'text', 8)).toBe(1);
    expect(chosen(['-'], 'text', 8, '2')).toBe(1);
  });
});
