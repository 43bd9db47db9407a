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

describe('what is loaded', () => {
  test('for --version: hardly anything', () => {
    const urls = cli.modulesLoadedBy(['--version']);
    expect(packagesOf(urls)).toEqual(['picocolors']);
    expect(urls.length).toBeGreaterThan(0);
    expect(urls.length).toBeLessThan(6);
  });

  test('for the analysis of a file: no package that it does not need', () => {
    const urls = cli.modulesLoadedBy(['fixtures/close-four-segment.pcap']);
    expect(urls.some((url) => url.includes('/cli/engine-'))).toBe(true);
    expect(packagesOf(urls)).toEqual(['picocolors']);
    expect(urls.length).toBeLessThan(14);
  });

  test('for help: what explains the options', () => {
    expect(packagesOf(cli.modulesLoadedBy(['--help']))).toContain('yargs');
  });
});
