import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { commandsOf, retell } from '../scripts/docs/tour.ts';
import { COMMANDS } from '../src/cli/command.ts';
import { parseConfig } from '../src/cli/config.ts';
import { LIBRARY } from '../src/cli/library.ts';

const README = readFileSync('README.md', 'utf8');
const manifest = JSON.parse(readFileSync('package.json', 'utf8'));

describe('the README', () => {
  test('shows what its commands and examples print (npm run docs)', async () => {
    expect(await retell(README)).toBe(README);
  });

  test('has the commands that a newcomer and CI look for', () => {
    expect(README).toMatch(/^\$ npx lastack fixtures\/[\w-]+\.pcap$/m);
    expect(README).toMatch(/^scripts\/setup\.sh$/m);
    expect(README).toMatch(/^npm test$/m);
    expect(commandsOf(README).length).toBeGreaterThan(8);
  });

  test('names no option that does not exist', async () => {
    const options = new Set(['help', 'version']);
    for (const load of Object.values(COMMANDS))
      for (const name of Object.keys((await load()).options)) options.add(name);
    const named = [...README.matchAll(/(?<![\w-])--([a-z][a-z-]*)/g)].map((match) => match[1]);
    expect([...new Set(named)].filter((name) => !options.has(name))).toEqual([]);
  });

  test('names every option of the command that does the main job', async () => {
    const { options } = await COMMANDS.analyze();
    expect(Object.keys(options).filter((name) => !README.includes(`--${name}`))).toEqual([]);
  });

  test('names every finding code in its text as the catalogue does', async () => {
    const codes = new Set((await LIBRARY.catalog()).map((entry) => entry.code));
    const comparison = README.slice(README.indexOf('## How it compares'), README.indexOf('## Limits'));
    const named = [...comparison.matchAll(/`([a-z0-9]+(?:-[a-z0-9]+)+)`/g)].map((match) => match[1]);
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((name) => !codes.has(name))).toEqual([]);
  });

  test('shows a configuration that is one', async () => {
    const codes = (await LIBRARY.catalog()).map((entry) => entry.code);
    const blocks = [...README.matchAll(/^```json\n([\s\S]*?)^```$/gm)].map((match) => match[1]);
    expect(blocks.length).toBe(1);
    for (const block of blocks) expect(parseConfig(block, 'README.md', codes).policy.severities).toBeDefined();
  });

  test('tells what every dependency is for, and of no other', () => {
    const table = README.slice(README.indexOf('## Dependencies'), README.indexOf('## More'));
    const named = [...table.matchAll(/^\| ([@\w/-]+)(?: \(optional\))? \|/gm)].map((match) => match[1]);
    const used = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies });
    expect(named.filter((name) => name !== 'package').sort()).toEqual(used.sort());
  });
});
