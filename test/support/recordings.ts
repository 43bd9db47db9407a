import { readFileSync } from 'node:fs';
import { synthesizePcapng } from '../../src/synth/capture.ts';
import { listFixtures } from './fixtures.ts';
import { type Recording, readRows } from './rows.ts';
import { listScenarios, loadScenario } from './scenario-runner.ts';
import { captureRuns } from './simulator/capture.ts';
import { simulate } from './simulator.ts';

export interface NamedRecording {
  readonly name: string;
  readonly recording: Recording;
}

/** Every committed capture. */
export function fixtureRecordings(): Promise<NamedRecording[]> {
  return Promise.all(
    listFixtures().map(async ({ name, capture }) => ({ name, recording: await readRows([readFileSync(capture)]) })),
  );
}

/** Every scenario. */
export function scenarioRecordings(): Promise<NamedRecording[]> {
  return Promise.all(
    listScenarios().map(async (name) => ({ name, recording: await readRows([synthesizePcapng(loadScenario(name))]) })),
  );
}

/** Simulated tuples, each in a recording of its own. */
export function simulatedRecordings(firstSeed: number, count: number, calm = false): Promise<NamedRecording[]> {
  const seeds = Array.from({ length: count }, (_, index) => firstSeed + index);
  return Promise.all(
    seeds.map(async (seed) => ({
      name: `seed ${seed}${calm ? ', calm' : ''}`,
      recording: await readRows([captureRuns([simulate(seed, calm)]).bytes]),
    })),
  );
}
