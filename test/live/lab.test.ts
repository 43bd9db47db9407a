import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Analysis } from '../../src/engine.ts';
import type { LiveEvent } from '../../src/live/events.ts';
import type { ConnectionResult } from '../../src/report/result.ts';
import { readCaptures } from '../../src/source/session.ts';
import { listFixtures } from '../support/fixtures.ts';
import { tell, toldOf } from '../support/live.ts';
import { builtProgram, whyNoNetwork } from '../support/network.ts';

const LAB = join(import.meta.dirname, '../../fixtures/lab');
const reason = whyNoNetwork();
if (reason) console.warn(`NOT RUN: the scenarios of the lab are not watched live, ${reason}.`);

/** What the file comes to, if its capture had gone on, without a further packet, up to a time that RFC 3339 gives. */
async function analyzeUntil(path: string, end: string): Promise<ConnectionResult[]> {
  const connections: ConnectionResult[] = [];
  const analysis = new Analysis({ segments: true }, { onConnection: (final) => connections.push(final.build()) });
  await readCaptures([path], analysis, { timeBase: analysis.timeBase });
  analysis.tick(Math.floor(Date.parse(end) - analysis.timeBase.epochSeconds * 1000) * 1e6);
  analysis.finish();
  return connections;
}

const labelsOf = ({ segments }: ConnectionResult) =>
  (segments ?? []).map(({ from, flags, length, labels, clientState, serverState }) =>
    [from, flags, length, labels.join(' '), clientState, serverState].join(' '),
  );

describe.skipIf(reason !== '')(
  `every scenario of the lab, watched live and recorded by tcpdump at the same time${reason && ` (skipped: ${reason})`}`,
  () => {
    let directory = '';
    const names = listFixtures().map(({ name }) => name);

    /** Records scenarios anew; those that fail, as on a busy machine, are found by their test, which records them once more. */
    const record = (jobs: number, some: readonly string[]): void => {
      const live = `${process.execPath} ${builtProgram()} live -i {interface} --snap-length {snap}`;
      const beside = `${live} -f ndjson --segments {filter} > {out}/{name}.ndjson`;
      const args = ['--jobs', String(jobs), '--out', directory, '--beside', beside, ...some];
      spawnSync(join(LAB, 'record'), args, { stdio: 'ignore' });
    };
    const tried = new Set<string>();

    beforeAll(() => {
      directory = mkdtempSync(join(tmpdir(), 'lastack-live-'));
      record(8, names);
    }, 300_000);
    afterAll(() => rmSync(directory, { recursive: true }));

    it.each(names)(
      '%s comes to the same states, labels, outcome and findings',
      { retry: 1, timeout: 180_000 },
      async (name) => {
        if (tried.has(name)) record(1, [name]);
        tried.add(name);
        const capture = [`${name}.pcap`, `${name}.pcapng`].map((file) => join(directory, file)).find(existsSync) ?? '';
        const text = readFileSync(join(directory, `${name}.ndjson`), 'utf8');
        const events = text
          .trim()
          .split('\n')
          .map((line): LiveEvent => JSON.parse(line));
        const connections = await analyzeUntil(capture, events.at(-1)?.time ?? '');
        const told = tell(events);
        expect(told.size).toBe(connections.length);
        for (const connection of connections) {
          const { takenBack: _, outcomes, ...rest } = told.get(connection.id) ?? { outcomes: [] };
          expect({ ...rest, outcome: outcomes.at(-1) }).toEqual(toldOf(connection));
          const closed = events.findLast((event) => event.event === 'closed' && event.connection === connection.id);
          expect(closed?.event === 'closed' && labelsOf(closed.result)).toEqual(labelsOf(connection));
        }
      },
    );
  },
);
