import { expect, test } from 'vitest';
import { synthesizePcapng } from '../src/synth/capture.ts';
import { listScenarios, loadScenario } from './support/scenario-runner.ts';

test.each(listScenarios())('%s', (name) => {
  expect(synthesizePcapng(loadScenario(name)).length).toBeGreaterThan(0);
});
