import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BuiltCli } from './support/built-cli.ts';
import { listFixtures } from './support/fixtures.ts';

const GENERATOR = fileURLToPath(new URL('../bench/generate.mjs', import.meta.url));

/** Command lines whose output must not depend on the number of threads. */
const FORMS = [
  [],
  ['-f', 'json'],
  ['-f', 'ndjson'],
  ['-f', 'csv'],
  ['-f', 'ndjson', '--segments'],
  ['-f', 'csv', '--segments'],
  ['--outcome', 'reset,refused', '--fail-on', 'warning'],
  ['-f', 'ndjson', '--min-severity', 'warning'],
  ['-f', 'json', '--closed-first', 'server', '--finding', 'time-wait-owner'],
  ['-f', 'csv', '--port', '8080'],
  ['--host', '198.51.100.20'],
];

let cli: BuiltCli;
let folder = '';
beforeAll(() => {
  cli = new BuiltCli();
  folder = mkdtempSync(path.join(tmpdir(), 'lastack-threads-'));
});
afterAll(() => {
  cli.remove();
  rmSync(folder, { recursive: true });
});

function generate(profile: string, connections: number): string {
  const out = path.join(folder, `${profile}.pcap`);
  const options = ['--profile', profile, '--connections', `${connections}`, '--out', out];
  expect(spawnSync(process.execPath, [GENERATOR, ...options], { encoding: 'utf8' }).stderr).toBe('');
  return out;
}

function expectSame(args: readonly string[], { input, threads = 3 }: { input?: Buffer; threads?: number } = {}): void {
  const [one, ...others] = ['1', '2', '3']
    .slice(0, threads)
    .map((count) => cli.run([...args, '--threads', count], {}, input));
  expect(one.stdout.length).toBeGreaterThan(0);
  for (const other of others) {
    expect(other.stdout === one.stdout, `${args.join(' ')} differs with more threads`).toBe(true);
    expect(other).toMatchObject({ status: one.status, stderr: one.stderr });
  }
}

describe('threads change nothing', () => {
  test.each(FORMS.map((form) => [form.join(' ') || 'text', form]))('of all fixtures as one capture, %s', (_, form) => {
    expectSame([...listFixtures().map(({ capture }) => capture), ...form]);
  });

  test.each([
    ['small', 2500],
    ['lossy', 600],
    ['long-lived', 100],
    ['flood', 5000],
  ])('of a generated capture, profile %s', (profile, connections) => {
    const capture = generate(profile, connections);
    expectSame([capture]);
    expectSame([capture, '-f', 'ndjson'], { threads: 2 });
  });

  test('of a capture that is long enough for both of two to begin with it, one behind the other', () => {
    const capture = generate('small', 20_000);
    expectSame([capture], { threads: 2 });
    expectSame([capture, '-f', 'ndjson'], { threads: 2 });
  });

  test('of a capture that can be read only once', () => {
    const capture = generate('small', 2500);
    const [one, two] = ['1', '2'].map((threads) => {
      const pipe = path.join(folder, `pipe-${threads}`);
      const shell = `mkfifo ${pipe} && { cat ${capture} > ${pipe} & ${process.execPath} ${cli.main} ${pipe} --threads ${threads}; }`;
      return spawnSync('bash', ['-c', `${shell} | sed s/pipe-./pipe/g`], { encoding: 'utf8' });
    });
    expect(one.stdout).toContain('2,500 connections');
    expect(two).toMatchObject({ status: 0, stdout: one.stdout, stderr: '' });
  });

  test('of a capture from standard input', () => {
    expectSame(['-', '-f', 'csv'], { input: readFileSync('fixtures/four-connections.pcap') });
  });

  test('of what is reported of a damaged capture and of one that is missing', () => {
    const damaged = path.join(folder, 'damaged.pcap');
    copyFileSync('fixtures/four-connections.pcap', damaged);
    truncateSync(damaged, 1500);
    expectSame([damaged, '-f', 'json']);
    const [one, two] = ['1', '2'].map((threads) => cli.run([path.join(folder, 'none.pcap'), '--threads', threads]));
    expect(one.status).toBe(3);
    expect(two).toMatchObject({ status: 3, stderr: one.stderr, stdout: one.stdout });
  });

  test('of how a reader of the output that goes away is taken', () => {
    const shell = `${process.execPath} ${cli.main} fixtures/*.pcap -f ndjson --threads 2 | head -c 10`;
    const { status, stderr } = spawnSync('bash', ['-c', `set -o pipefail; ${shell}`], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  });
});
