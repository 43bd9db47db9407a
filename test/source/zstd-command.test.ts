import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Random } from '../../scripts/fuzz/random.ts';
import { join, ramp, utf8 } from '../support/capture-bytes.ts';
import { skippable } from '../support/zstd-bytes.ts';
import { unpack } from '../support/zstd-unpack.ts';

const isThere = spawnSync('zstd', ['--version']).status === 0;
if (!isThere)
  console.log('The command zstd is not installed: what it packs is not compared (scripts/setup.sh installs it).');

/** Random bytes, words, runs of a byte and repeats from near and far, about as many of each. */
function sample(byteCount: number, seed: number): Buffer {
  const random = new Random(seed, 'zstd sample', 0);
  const bytes = Buffer.alloc(byteCount);
  const words = ['seq', ' ack ', '10.0.0.', 'win 65535\n', 'ESTABLISHED'];
  for (let at = 0; at < byteCount; ) {
    const count = Math.min(byteCount - at, random.between(1, random.oneIn(20) ? 5000 : 60));
    const kind = random.below(4);
    if (kind === 0) bytes.set(random.bytes(count), at);
    else if (kind === 1) bytes.fill(random.pick(words), at, at + count);
    else if (kind === 2) bytes.fill(random.below(256), at, at + count);
    else bytes.copy(bytes, at, Math.max(0, at - random.between(1, random.oneIn(4) ? at + 1 : 300)), at);
    at += count;
  }
  return bytes;
}

describe.skipIf(!isThere)(`what the command zstd packs${isThere ? '' : ' (skipped: it is not installed)'}`, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'lastack-zstd-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Packs a file, whose size zstd knows, or standard input. */
  function pack(plain: Uint8Array, options: readonly string[], fromStandardInput = false): Uint8Array {
    const input = path.join(folder, 'plain');
    if (!fromStandardInput) writeFileSync(input, plain);
    const files = fromStandardInput ? [] : [input];
    const { status, stdout, stderr } = spawnSync('zstd', ['-q', '-c', ...options, ...files], {
      input: plain,
      maxBuffer: 1 << 28,
    });
    expect(`${status} ${stderr}`).toBe('0 ');
    return new Uint8Array(stdout);
  }

  function expectSame(packed: Uint8Array, plain: Uint8Array, sizes: readonly number[] = [7, 1000]): void {
    const { bytes, error } = unpack(packed, sizes);
    expect(error).toBe('');
    expect(Buffer.compare(bytes, plain)).toBe(0);
  }

  const mixed = sample(300_000, 1);
  it.each(Array.from({ length: 19 }, (_, i) => i + 1))('level %d', (level) => {
    expectSame(pack(mixed, [`-${level}`]), mixed);
  });

  it.each([
    [['--ultra', '-22']],
    [['--fast=9']],
    [['--long=27']],
    [['--no-check']],
    [['--no-content-size']],
    [['-B1KB', '-T2']],
    [['--zstd=wlog=10']],
    [['--zstd=wlog=17,strat=9,mml=3']],
    [['--no-compress-literals']],
    [['--compress-literals', '--fast=1']],
  ])('%s', (options) => {
    expectSame(pack(mixed, options), mixed);
    expectSame(pack(mixed, options, true), mixed);
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['one byte', Buffer.from('a')],
    ['a few bytes', Buffer.from('abcabcabcabcabc')],
    ['a million times one byte', Buffer.alloc(1_000_000, 65)],
    ['random bytes', Buffer.from(new Random(3, 'zstd sample', 1).bytes(200_000))],
    ['a text of few letters', Buffer.from(Array.from({ length: 50_000 }, (_, i) => 97 + ((i * i * 7) % 11)))],
  ])('%s', (_, plain) => {
    for (const level of [1, 3, 19]) {
      expectSame(pack(plain, [`-${level}`]), plain, [1, 1000]);
      expectSame(pack(plain, [`-${level}`], true), plain, [1, 1000]);
    }
  });

  it.each([
    ['a small window', ['-1', '--zstd=wlog=16']],
    ['a large window', ['-3', '--long=24']],
  ])('more than fits in memory once, with %s', (_, options) => {
    const third = sample(9_000_000, 5);
    const plain = Buffer.concat([third, third, third]);
    expectSame(pack(plain, options, true), plain, [1000, 1 << 20]);
  });

  it('matches from 36 MB back, whose offsets take more than 24 bits', () => {
    const packed = pack(Buffer.concat([mixed, Buffer.alloc(36_000_000), mixed]), ['--long=27']);
    expect(packed.length).toBeLessThan(1.5 * pack(mixed, ['--long=27']).length);
    expectSame(packed, Buffer.concat([mixed, Buffer.alloc(36_000_000), mixed]), [1000]);
  });

  it('many small frames, and some to be skipped', () => {
    const parts = Array.from({ length: 20 }, (_, i) => sample(100 + 37 * i, i));
    const frames = parts.flatMap((part, i) => [pack(part, [`-${1 + (i % 9)}`]), skippable(ramp(i))]);
    const packed = join(...Array(50).fill(join(...frames)));
    expectSame(packed, join(...Array(50).fill(join(...parts))));
  });

  it('with a dictionary is refused', () => {
    const dictionary = path.join(folder, 'dictionary');
    const samples = Array.from({ length: 200 }, (_, i) => {
      const file = path.join(folder, `sample-${i}`);
      writeFileSync(file, `connection ${i} of 10.0.0.${i} was closed by a reset after ${i * 31} octets`.repeat(3));
      return file;
    });
    const train = spawnSync('zstd', ['-q', '--train', ...samples, '-o', dictionary, '--dictID=77', '--maxdict=2000']);
    expect(train.status, String(train.stderr)).toBe(0);
    const { bytes, error } = unpack(pack(readFileSync(samples[0]), ['-D', dictionary]));
    expect(error).toBe('the frame needs a dictionary, number 77');
    expect(bytes.length).toBe(0);
  });

  it('and is damaged gives the whole blocks before the damage', () => {
    const packed = pack(mixed, ['-3']);
    const { bytes, error } = unpack(join(packed.subarray(0, packed.length - 9), utf8('damaged!!')));
    expect(error).not.toBe('');
    expect(bytes.length % (128 << 10)).toBe(0);
    expect(bytes.length).toBeGreaterThan(0);
    expect(Buffer.compare(bytes, mixed.subarray(0, bytes.length))).toBe(0);
  });
});
