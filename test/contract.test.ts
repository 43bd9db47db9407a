import { describe, expect, it } from 'vitest';
import { analyze, analyzeFile } from '../src/index.ts';
import type { ConnectionResult, ResultDocument } from '../src/report/result.ts';
import { synthesizePcapng } from '../src/synth/capture.ts';
import { connectionShape, documentShape } from './support/document-shape.ts';
import { listFixtures } from './support/fixtures.ts';
import { listScenarios, loadScenario } from './support/scenario-runner.ts';

/** What must agree within a document, whatever it is about. */
function contradictions({ connections, summary }: ResultDocument): string[] {
  const faults: string[] = [];
  const expectThat = (holds: boolean, what: string): void => {
    if (!holds) faults.push(what);
  };
  expectThat(summary.connectionCount === connections.length, 'summary.connectionCount');
  const sum = (counts: Record<string, number>): number => Object.values(counts).reduce((a, b) => a + b, 0);
  expectThat(sum(summary.outcomes) === connections.length, 'summary.outcomes');
  expectThat(sum(summary.closedFirst) === connections.length, 'summary.closedFirst');
  for (const [index, connection] of connections.entries()) {
    for (const what of wrongWithin(connection)) faults.push(`connection ${connection.id}: ${what}`);
    expectThat(connection.id === index + 1, `connection ${connection.id} is number ${index + 1}`);
    const before = connections[index - 1]?.firstFrame ?? 0;
    expectThat(before <= connection.firstFrame, `connection ${connection.id} begins before the one before it`);
  }
  return faults;
}

function wrongWithin(connection: ConnectionResult): string[] {
  const { certainty, undeterminedBecause, closedFirst, teardown, endpoints, segments, findings } = connection;
  const faults: string[] = [];
  const expectThat = (holds: boolean, what: string): void => {
    if (!holds) faults.push(what);
  };
  expectThat((certainty === 'undetermined') === (undeterminedBecause !== null), 'certainty without its reason');
  if (closedFirst === 'client' || closedFirst === 'server') {
    expectThat(teardown === null || teardown.fin1.from === closedFirst, 'fin1 is not of the end that closed first');
  }
  for (const finding of findings) {
    const { frames, code } = finding;
    expectThat(frames.length > 0, `${code} without a frame`);
    expectThat(
      frames.every((frame, i) => i === 0 || frames[i - 1] < frame),
      `${code}: frames ${frames}`,
    );
  }
  for (const end of ['client', 'server'] as const) {
    const { state, stateHistory, payloadBytes, uniquePayloadBytes } = endpoints[end];
    const standing = stateHistory.filter((entry) => entry.withdrawn === undefined).at(-1);
    expectThat((standing?.state ?? 'UNKNOWN') === state, `${end} is not in its last state`);
    expectThat(uniquePayloadBytes <= payloadBytes, `${end}: more unique payload than payload`);
  }
  if (segments === undefined) return faults;
  // Of a connection to itself both ends are one.
  const ends = String(Object.values(connection.client)) === String(Object.values(connection.server)) ? 1 : 2;
  const counted = endpoints.client.segments + (ends === 1 ? 0 : endpoints.server.segments);
  expectThat(counted === segments.length, 'count of segments');
  expectThat(
    segments.every((segment) => segment.labels.length > 0),
    'a segment without label',
  );
  const frames = segments.map((segment) => segment.frame);
  expectThat(Math.min(...frames) === connection.firstFrame, 'firstFrame');
  expectThat(Math.max(...frames) === connection.lastFrame, 'lastFrame');
  return faults;
}

describe('the result document', () => {
  it('has the promised fields in every fixture, and no others', async () => {
    for (const { name, capture } of listFixtures()) {
      for (const segments of [false, true]) {
        const document = await analyzeFile(capture, { segments });
        expect(documentShape(segments)(JSON.parse(JSON.stringify(document)), name)).toEqual([]);
        expect(contradictions(document), name).toEqual([]);
      }
    }
  });

  it('has the promised fields in every scenario, and no others', async () => {
    for (const name of listScenarios()) {
      const document = await analyze([synthesizePcapng(loadScenario(name))], { segments: true });
      expect(documentShape(true)(JSON.parse(JSON.stringify(document)), name)).toEqual([]);
      expect(contradictions(document), name).toEqual([]);
    }
  });

  it('says the same of a capture with segments and without', async () => {
    for (const { name, capture } of listFixtures()) {
      const [bare, whole] = [await analyzeFile(capture), await analyzeFile(capture, { segments: true })];
      const connections = whole.connections.map(({ segments: _segments, ...connection }) => connection);
      expect({ ...whole, connections }, name).toEqual(bare);
    }
  });
});

describe('the check', () => {
  const [{ capture }] = listFixtures();
  const faultsAfter = async (change: (connection: Record<string, unknown>) => void): Promise<string[]> => {
    const { connections } = await analyzeFile(capture, { segments: true });
    const connection = connections[0] as unknown as Record<string, unknown>;
    change(connection);
    return connectionShape(true)(connection, 'connection');
  };

  it('sees a field renamed, added, removed or of another type', async () => {
    expect(await faultsAfter(() => {})).toEqual([]);
    const renamed = await faultsAfter((connection) => {
      connection.closed_first = connection.closedFirst;
      delete connection.closedFirst;
    });
    expect(renamed).toEqual(['connection.closed_first: not in the contract', 'connection.closedFirst: missing']);
    const asText = await faultsAfter((connection) => {
      connection.firstFrame = '1';
    });
    expect(asText).toEqual(['connection.firstFrame: "1" is not a frame number']);
    const nested = await faultsAfter((connection) => {
      const { client } = connection.endpoints as { client: Record<string, unknown> };
      client.state = 'FIN-WAIT-1';
    });
    expect(nested).toHaveLength(1);
  });
});
