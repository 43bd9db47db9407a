import { describe, expect, it, test } from 'vitest';
import { CATALOG } from '../src/findings/registry.ts';
import { listScenarios, loadScenario } from './support/scenario-runner.ts';

const codes = CATALOG.map((entry) => entry.code as string);
const names = listScenarios();

/** Finding codes that a scenario says must, or must not, be found. */
function said(name: string, ...keys: string[]): string[] {
  const { expectations } = loadScenario(name);
  return expectations
    .flatMap(({ entries }) => entries)
    .filter(({ key }) => keys.includes(key))
    .flatMap(({ words }) => words.map((word) => word.split('@')[0]));
}

describe.each(codes)('%s', (code) => {
  it('has a scenario that brings it out', () => {
    expect(said(`findings/${code}.md`, 'findings', 'only')).toContain(code);
  });

  it('has a scenario that nearly does, and must not', () => {
    const nearMisses = names.filter((name) => name.startsWith(`findings/${code}-near-miss`));
    expect(nearMisses.some((name) => said(name, 'not').includes(code))).toBe(true);
  });
});

test('scenarios name no finding that does not exist', () => {
  const unknown = names.flatMap((name) =>
    said(name, 'findings', 'only', 'not')
      .filter((code) => !codes.includes(code))
      .map((code) => `${name}: ${code}`),
  );
  expect(unknown).toEqual([]);
});
