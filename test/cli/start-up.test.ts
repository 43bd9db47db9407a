import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BuiltCli } from '../support/built-cli.ts';

/** Times are measured by `npm run bench`; here it is counted what has to be read and compiled at each start. */
let cli: BuiltCli;
beforeAll(() => {
  cli = new BuiltCli();
});
afterAll(() => cli.remove());

const packagesOf = (urls: readonly string[]): string[] => [
  ...new Set(urls.flatMap((url) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1] ?? [])),
];

/** Prints which parts of Node.js the process has loaded when it ends. */
const PRINT_LOADED = `
if (require('node:worker_threads').isMainThread) {
  process.on('exit', () => process.stderr.write(JSON.stringify(process.moduleLoadList)));
}
`;

describe('what is loaded', () => {
  test('for --version: hardly anything', () => {
    const urls = cli.modulesLoadedBy(['--version']);
    expect(packagesOf(urls)).toEqual([]);
    expect(urls.length).toBeGreaterThan(0);
    expect(urls.length).toBeLessThan(6);
  });

  test('for the analysis of a file: no package that it does not need', () => {
    const urls = cli.modulesLoadedBy(['fixtures/four-connections.pcap']);
    expect(urls.some((url) => url.includes('/cli/analysis-'))).toBe(true);
    expect(packagesOf(urls)).toEqual([]);
    expect(urls.length).toBeLessThan(7);
  });

  test.each([['--version'], ['fixtures/four-connections.pcap'], ['fixtures/four-connections.pcap', '--threads', '2']])(
    'without the loader of modules: %s %s %s',
    (...args) => {
      const preload = join(cli.folder, 'loaded.cjs');
      writeFileSync(preload, PRINT_LOADED);
      const { stderr } = cli.run(args, { NODE_OPTIONS: `--require=${preload}` });
      const loaded: string[] = JSON.parse(stderr);
      expect(loaded).toContain('NativeModule internal/modules/cjs/loader');
      expect(loaded).not.toContain('NativeModule internal/modules/esm/load');
    },
  );

  test('for help: what explains the options', () => {
    expect(packagesOf(cli.modulesLoadedBy(['--help']))).toContain('yargs');
  });
});

/** Prints how nice the threads of the process are when it ends, the main one first; some may end meanwhile. */
const PRINT_PRIORITIES = `
const { readdirSync } = require('node:fs');
const { getPriority } = require('node:os');
const { isMainThread } = require('node:worker_threads');
process.on('exit', () => {
  if (!isMainThread) return;
  const others = readdirSync('/proc/self/task').map(Number).filter((thread) => thread !== process.pid);
  const priorityOf = (thread) => {
    try {
      return [getPriority(thread)];
    } catch (error) {
      if (error.info?.code === 'ESRCH') return [];
      throw error;
    }
  };
  process.stderr.write(JSON.stringify([process.pid, ...others].flatMap(priorityOf)));
});
`;

describe.runIf(process.platform === 'linux')('the threads of V8', () => {
  const priorities = (...args: string[]): number[] => {
    const preload = join(cli.folder, 'priorities.cjs');
    writeFileSync(preload, PRINT_PRIORITIES);
    const { stderr } = cli.run(['fixtures/four-connections.pcap', ...args], { NODE_OPTIONS: `--require=${preload}` });
    return JSON.parse(stderr);
  };

  test.each(['1', '2'])('stand back when one thread does the work, or reads for another: %s', (threads) => {
    const [main, ...others] = priorities('--threads', threads);
    expect(main).toBe(getPriority());
    expect(others.length).toBeGreaterThan(0);
    expect(new Set(others)).toEqual(new Set([Math.min(19, main + 5)]));
  });

  test('do not when several share it', () => {
    const [main, ...others] = priorities('--threads', '3', '-f', 'csv');
    expect(new Set(others)).toEqual(new Set([main]));
  });
});

test('lines of JSON are the same in a file that the shell has opened', () => {
  const capture = 'fixtures/four-connections.pcap';
  const args = ['analyze', '--format', 'ndjson', ...Array.from({ length: 200 }, () => capture)];
  const path = join(cli.folder, 'lines.ndjson');
  const file = openSync(path, 'w');
  spawnSync(process.execPath, [cli.main, ...args], { stdio: ['ignore', file, 'ignore'] });
  closeSync(file);
  expect(readFileSync(path, 'utf8')).toBe(cli.run(args).stdout);
});

test('a report goes behind what is already in a file that the shell has opened', () => {
  const args = ['analyze', 'fixtures/four-connections.pcap'];
  const path = join(cli.folder, 'report.txt');
  writeFileSync(path, 'before\n');
  const file = openSync(path, 'a');
  spawnSync(process.execPath, [cli.main, ...args], { stdio: ['ignore', file, 'ignore'] });
  closeSync(file);
  expect(readFileSync(path, 'utf8')).toBe(`before\n${cli.run(args).stdout}`);
});
