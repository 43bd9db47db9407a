import { expect, test } from 'vitest';
import { CATALOG } from '../src/findings/registry.ts';
import { analyze } from '../src/index.ts';
import { formatMismatches, listScenarios, loadScenario, runScenario } from './support/scenario-runner.ts';

const codes = new Set<string>(CATALOG.map((entry) => entry.code));

test.each(listScenarios())('%s', async (name) => {
  const scenario = loadScenario(name);
  const mismatches = await runScenario(
    scenario,
    (bytes, options) => analyze([bytes], { ...options, segments: true }),
    codes,
  );
  expect(mismatches, formatMismatches(scenario, mismatches)).toEqual([]);
});
