import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Analysis, type AnalyzeOptions } from '../../src/engine.ts';
import { buildConnection } from '../../src/report/build.ts';
import { ConnectionJson } from '../../src/report/connection-json.ts';
import { readChunks } from '../../src/source/session.ts';
import { synthesizePcapng } from '../../src/synth/capture.ts';
import { listFixtures } from '../support/fixtures.ts';
import { listScenarios, loadScenario } from '../support/scenario-runner.ts';
import { captureRuns } from '../support/simulator/capture.ts';
import { simulate } from '../support/simulator.ts';

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Texts of all connections of a capture, which are those that JSON.stringify makes. */
async function compare(capture: Uint8Array, options: AnalyzeOptions = {}): Promise<string[]> {
  const texts: string[] = [];
  const analysis = new Analysis(options, {
    onConnection(final) {
      const text = decoder.decode(final.json());
      expect(text).toBe(JSON.stringify(final.build()));
      texts.push(text);
    },
  });
  await readChunks([capture], analysis, { timeBase: analysis.timeBase });
  analysis.finish();
  return texts;
}

describe('the JSON text of a connection is what JSON.stringify makes of it', () => {
  test.each(listFixtures().map(({ name, capture }) => [name, capture]))('in %s', async (_, capture) => {
    for (const options of [{}, { segments: true }]) {
      const texts = await compare(readFileSync(capture), options);
      expect(texts.length).toBeGreaterThan(0);
    }
  });

  test.each(listScenarios())('in the scenario %s', async (name) => {
    await compare(synthesizePcapng(loadScenario(name)));
  });

  test('with the wildest things that hosts and networks do', async () => {
    const runs = Array.from({ length: 60 }, (_, seed) => simulate(seed));
    for (const run of runs) await compare(captureRuns([run]).bytes);
  });
});

describe('what is rare', () => {
  /** The connection of the first scenario, with what the capture says besides. */
  async function withNotes(notes: { name?: string; tunnel?: string }, findings: { message: string; cause: string }[]) {
    let both: [string, string] | null = null;
    const analysis = new Analysis(
      {},
      {
        onConnection({ connection, addresses }) {
          const said = {
            hasNames: notes.name !== undefined,
            nameOf: () => notes.name,
            tunnelOf: () => notes.tunnel,
          };
          const found = findings.map((each) => ({
            ...each,
            code: 'made-up',
            severity: 'note' as const,
            category: 'test',
            at: 'path' as const,
            frames: [1, 70_000, 4_000_000_000],
            hint: `Hint to ${each.cause}`,
          }));
          const json = new ConnectionJson(analysis.timeBase, said);
          for (let again = 0; again < 2; again++) {
            both = [
              decoder.decode(json.write(connection, addresses, found)),
              JSON.stringify(buildConnection(connection, addresses, found, analysis.timeBase, said)),
            ];
            expect(both[0]).toBe(both[1]);
          }
        },
      },
    );
    const capture = synthesizePcapng(loadScenario(listScenarios()[0]));
    await readChunks([capture], analysis, { timeBase: analysis.timeBase });
    analysis.finish();
    expect(both).not.toBeNull();
  }

  test('a name and a tunnel, whatever is in them', async () => {
    await withNotes({ name: 'www.example', tunnel: 'gre > vxlan' }, []);
    await withNotes({ name: 'büro "\\ \u0001 \ud83d\ude00 \ud83d', tunnel: '→' }, []);
  });

  test('findings whose words nobody has foreseen', async () => {
    await withNotes({}, [{ message: 'ü\n"', cause: 'Because.' }]);
    await withNotes({}, [{ message: 'x'.repeat(300_000), cause: 'é'.repeat(100_000) }]);
  });

  test('more different texts than are kept', async () => {
    const many = Array.from({ length: 2000 }, (_, i) => ({ message: `${i}`, cause: `${i} ${'word '.repeat(40)}` }));
    await withNotes({}, many);
  });
});
