import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseThreads } from '../../src/cli/threads/choose.ts';

const MIB = 2 ** 20;
const MANY = Math.min(availableParallelism(), 8);
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

const chosen = (paths: readonly string[], format: 'text' | 'lines', threads?: string): number =>
  chooseThreads({ positional: [], options: threads === undefined ? {} : { threads } } as never, paths, format);

describe('the number of threads', () => {
  it('is one for what one does as fast', () => {
    expect(chosen([fileOf(1023 * MIB)], 'text')).toBe(1);
    expect(chosen([fileOf(255 * MIB)], 'lines')).toBe(1);
    expect(chosen(['-'], 'lines')).toBe(1);
  });

  it('is that of the cores for large captures, sooner if every connection is written', () => {
    expect(chosen([fileOf(1024 * MIB)], 'text')).toBe(MANY);
    expect(chosen([fileOf(256 * MIB)], 'lines')).toBe(MANY);
    expect(chosen([fileOf(200 * MIB), fileOf(100 * MIB)], 'lines')).toBe(MANY);
  });

  it('is what was asked for', () => {
    expect(chosen([fileOf(1024 * MIB)], 'lines', '3')).toBe(3);
    expect(chosen([fileOf(1 * MIB)], 'text', '2')).toBe(2);
  });
});
