import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConnectionResult } from '../../src/report/result.ts';
import {
  fixtureRecordings,
  type NamedRecording,
  scenarioRecordings,
  simulatedRecordings,
} from '../support/recordings.ts';
import { type Recording, readRows, type Tracked, track } from '../support/rows.ts';
import { captureRuns } from '../support/simulator/capture.ts';
import { simulate } from '../support/simulator.ts';

/** What all connections of one kind are said to have in common. */
const briefOf = ({ outcome, closedFirst, findings }: ConnectionResult): string =>
  [outcome, closedFirst, ...findings.map(({ code, severity }) => `${code} ${severity}`)].join(', ');

/** Kinds whose connections do not agree, with what is said of each connection. */
function discordantKinds({ kinds, connections }: Tracked): [number, string[]][] {
  const byId = new Map(connections.map((connection) => [connection.id, connection]));
  return [...kinds].flatMap(([kind, ids]): [number, string[]][] => {
    const briefs = new Set(ids.map((id) => briefOf(byId.get(id) as ConnectionResult)));
    return briefs.size === 1 ? [] : [[kind, [...briefs]]];
  });
}

/** Checks that both lanes agree; returns what the fast one gave. */
function compareLanes(recording: Recording, name: string): Tracked {
  const fast = track(recording);
  const full = track(recording, { alwaysInFull: true });
  expect(full.kinds.size).toBe(0);
  expect(fast.connections, name).toEqual(full.connections);
  expect(discordantKinds(fast), name).toEqual([]);
  return fast;
}

const GENERATOR = new URL('../../bench/generate.mjs', import.meta.url).pathname;

describe('connections that wait as packed rows give the same result as those that the machine follows', () => {
  let fixtures: NamedRecording[] = [];
  let scenarios: NamedRecording[] = [];
  let simulated: NamedRecording[] = [];
  let folder = '';
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lastack-lanes-'));
    [fixtures, scenarios] = await Promise.all([fixtureRecordings(), scenarioRecordings()]);
    simulated = [...(await simulatedRecordings(1, 400)), ...(await simulatedRecordings(5000, 100, true))];
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('in every fixture', () => {
    for (const { name, recording } of fixtures) compareLanes(recording, name);
    expect(fixtures.length).toBeGreaterThan(50);
  });

  it('in every scenario', () => {
    for (const { name, recording } of scenarios) compareLanes(recording, name);
  });

  it('in simulated connections, alone and together', async () => {
    for (const { name, recording } of simulated) compareLanes(recording, name);
    const runs = Array.from({ length: 200 }, (_, index) => simulate(9000 + index));
    const together = captureRuns(
      runs,
      runs.map((_, index) => index * 40_000_000),
    );
    compareLanes(await readRows([together.bytes]), '200 together');
  });

  it('if each direction has a VLAN of its own', () => {
    for (const { name, recording } of [...fixtures, ...simulated]) {
      const rows = recording.rows.map((row) => ({ ...row, scope: row.source.port < row.destination.port ? 7 : 0 }));
      compareLanes({ ...recording, rows }, name);
    }
  });

  it.each([[], ['--profile', 'lossy'], ['--profile', 'long-lived']])('in generated captures %s %s', async (...args) => {
    const path = join(folder, `${args.at(-1) ?? 'small'}.pcap`);
    const { status } = spawnSync(process.execPath, [GENERATOR, '--connections', '2000', '--out', path, ...args]);
    expect(status).toBe(0);
    const { connections, kinds } = compareLanes(await readRows([readFileSync(path)]), path);
    expect(connections.length).toBeGreaterThan(1900);
    if (args.length === 0) expect([...kinds.values()].flat().length).toBeGreaterThan(1000);
  });
});
