import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { BuiltCli } from '../support/built-cli.ts';

let cli: BuiltCli;
beforeAll(() => {
  cli = new BuiltCli();
});
afterAll(() => cli.remove());

const cachesIn = (folder: string): string[] => readdirSync(folder).filter((name) => name.endsWith('.cache'));

test('the build makes the cache of what an analysis needs', () => {
  const [cache, ...others] = cachesIn(join(cli.folder, 'cli'));
  expect(others).toEqual([]);
  expect(cache).toMatch(/^analysis-.+\.script\.js\.v8-/);
  expect(cache).toContain(process.versions.v8);
});

test('the script is ASCII, which is how it is read', () => {
  const folder = join(cli.folder, 'cli');
  const [script, ...others] = readdirSync(folder).filter((name) => name.endsWith('.script.js'));
  expect(others).toEqual([]);
  expect(readFileSync(join(folder, script), 'latin1')).toMatch(/^[\0-\x7f]+$/);
});

describe('a script', () => {
  let folder = '';
  let script = '';
  beforeEach(() => {
    folder = mkdtempSync(join(cli.folder, 'script-'));
    script = join(folder, 'answer.js');
    writeFileSync(script, '(() => "first")');
  });

  /** Runs the script in a process of its own, with what is there of a cache. */
  function run(before = '', around = (code: string) => code): string {
    const main = join(folder, 'main.mjs');
    const module = JSON.stringify(pathToFileURL(join(cli.folder, 'cli/code-cache.js')).href);
    const url = JSON.stringify(pathToFileURL(script).href);
    const code = around(
      `const { runCached } = await import(${module}); process.stdout.write(runCached(new URL(${url}))());`,
    );
    writeFileSync(main, `${before}\n${code}`);
    const { stdout, stderr } = spawnSync(process.execPath, [main], { encoding: 'utf8' });
    expect(stderr).toBe('');
    return stdout;
  }

  /** V8 tells a text from another by its length alone. */
  const comesFromCache = (): boolean => {
    writeFileSync(script, '(() => "other")');
    return run() === 'first';
  };

  const cachePath = (): string => join(folder, cachesIn(folder)[0] ?? 'no cache');

  test('comes from the cache that its first run made', () => {
    expect(run()).toBe('first');
    expect(cachesIn(folder)).toHaveLength(1);
    expect(comesFromCache()).toBe(true);
  });

  test('is read anew when it has changed', () => {
    run();
    writeFileSync(script, '(() => "a longer one")');
    expect(run()).toBe('a longer one');
  });

  test('is read anew when the cache is cut off', () => {
    run();
    truncateSync(cachePath(), 100);
    expect(comesFromCache()).toBe(false);
    truncateSync(cachePath(), 0);
    expect(run()).toBe('other');
  });

  test('is read anew where no cache can be written, and nothing is left behind', () => {
    run();
    const cache = cachePath();
    rmSync(cache);
    mkdirSync(cache);
    const names = readdirSync(folder);
    expect(run()).toBe('first');
    expect(readdirSync(folder)).toEqual(names);
  });

  test('leaves no cache that holds only with the flags which were set meanwhile', () => {
    const before = `import { setFlagsFromString } from 'node:v8';
      process.prependListener('exit', () => setFlagsFromString('--no-allocation-site-pretenuring'));`;
    expect(run(before)).toBe('first');
    expect(cachesIn(folder)).toEqual([]);
  });

  test('leaves no cache when a thread has run it', () => {
    const around = (code: string): string => `import { isMainThread, Worker } from 'node:worker_threads';
      if (isMainThread) new Worker(new URL(import.meta.url));
      else { ${code} }`;
    expect(run('', around)).toBe('first');
    expect(cachesIn(folder)).toEqual([]);
  });
});
