import { expect, test } from 'vitest';
import { CATALOG } from '../src/findings/registry.ts';
import { analyze, analyzeBytes } from '../src/index.ts';
import { synthesizePcapng } from '../src/synth/capture.ts';
import { RULES } from '../src/tcp/rules.ts';
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

/** What moves a state without a segment of the connection. */
const MOVED_BY_NO_SEGMENT = new Set(['time-wait-over', 'refused-by-icmp']);

test('every rule that moves a state is reached by a scenario', () => {
  const reached = new Set<string>();
  for (const name of listScenarios()) {
    const { connections } = analyzeBytes(synthesizePcapng(loadScenario(name)), { segments: true });
    for (const { segments } of connections) {
      for (const { rules } of segments ?? []) for (const id of rules) reached.add(id);
    }
  }
  const moving = RULES.filter(({ id, to }) => to !== 'same' && !MOVED_BY_NO_SEGMENT.has(id));
  expect(moving.map(({ id }) => id).filter((id) => !reached.has(id))).toEqual([]);
});
