import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { synthesizePcapng } from '../src/synth/capture.ts';
import { readScenario } from './support/scenario-runner.ts';

const FOLDER = join(import.meta.dirname, 'scenarios');
const names = readdirSync(FOLDER).filter((name) => name.endsWith('.md'));

test.each(names)('%s', (name) => {
  const scenario = readScenario(join(FOLDER, name));
  expect(synthesizePcapng(scenario).length).toBeGreaterThan(0);
});
