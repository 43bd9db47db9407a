import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { CATALOG } from '../../src/findings/registry.ts';
import { analyze, analyzeFile, type ConnectionResult } from '../../src/index.ts';
import { synthesizePcapng } from '../../src/synth/capture.ts';
import { buildTcpFrame } from '../../src/synth/frame.ts';
import { planFrames } from '../../src/synth/resolve.ts';
import { parseScenario, type Scenario } from '../../src/synth/scenario.ts';
import { LABELS } from '../../src/tcp/labels.ts';
import { STATES } from '../../src/tcp/states.ts';
import { tellConnection } from '../../src/transcript/transcript.ts';
import { listFixtures } from '../support/fixtures.ts';
import { listScenarios, loadScenario, runScenario } from '../support/scenario-runner.ts';

const scratch = mkdtempSync(join(tmpdir(), 'lastack-transcript-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const codes = new Set<string>(CATALOG.map((entry) => entry.code));
const vocabulary = { labels: LABELS, states: STATES };

/** A scenario of each connection of a capture, by its number. */
async function tellAll(path: string): Promise<Map<number, string>> {
  const { connections } = await analyzeFile(path, { segments: true });
  const told = new Map<number, string>();
  for (const connection of connections) told.set(connection.id, await tellConnection(connection, [path]));
  return told;
}

function writeCapture(text: string): string {
  const path = join(scratch, 'again.pcapng');
  writeFileSync(path, synthesizePcapng(parseScenario(text)));
  return path;
}

/** Below heading and prose, which name the capture. */
const scriptOf = (text: string): string => text.slice(text.indexOf('```settings'));

/** Without what lastack makes of the frames. */
const framesOf = (text: string): string =>
  scriptOf(text)
    .replace(/ +\|.*$/gm, '')
    .replace(/```expect[\s\S]*/, '');

/** What was captured of the segments, and when. */
function captured(scenario: Scenario): (object | null)[] {
  return planFrames(scenario).map((planned) => {
    if (planned.kind !== 'tcp') return null;
    const bytes = buildTcpFrame(planned.frame);
    const isCut = planned.snapBytes > 0 && planned.snapBytes < bytes.length;
    const seen = isCut ? bytes.subarray(0, planned.snapBytes) : bytes;
    // The checksum covers what was cut off, which nobody knows.
    const ipBytes = planned.frame.source.includes(':') ? 40 : 20;
    const checksumAt = 14 + 4 * planned.frame.vlans.length + ipBytes + 16;
    if (isCut) seen.fill(0, checksumAt, checksumAt + 2);
    const { interfaceIndex, timeNanos } = planned;
    const hex = Buffer.from(seen).toString('hex');
    return { hex, wireBytes: bytes.length, interfaceIndex, at: scenario.settings.startSeconds * 1e9 + timeNanos };
  });
}

const tupleOf = ({ client, server }: ConnectionResult): string =>
  [client, server]
    .map((end) => `${end.address} ${end.port}`)
    .sort()
    .join(' ');

/** Connections that share their ports with another one, by which they were judged too. */
function reused(connections: readonly ConnectionResult[]): Set<number> {
  const tuples = connections.map(tupleOf);
  const shared = connections.filter((_, index) => tuples.filter((tuple) => tuple === tuples[index]).length > 1);
  return new Set(shared.map((connection) => connection.id));
}

describe('a scenario, its capture, and back', () => {
  test.each(listScenarios())('%s', async (name) => {
    const scenario = loadScenario(name);
    const path = join(scratch, 'first.pcapng');
    writeFileSync(path, synthesizePcapng(scenario));
    const original = captured(scenario);
    const { connections } = await analyzeFile(path, { segments: true });
    for (const connection of connections) {
      const text = await tellConnection(connection, [path]);
      const again = parseScenario(text, vocabulary);
      const frames = captured(again).filter((frame) => frame !== null);
      const wanted = connection.segments?.map((segment) => segment.frame).sort((a, b) => a - b) ?? [];
      expect(frames).toEqual(wanted.map((number) => original[number - 1]));
      const [retold] = [...(await tellAll(writeCapture(text))).values()];
      const part = reused(connections).has(connection.id) ? framesOf : scriptOf;
      expect(part(retold)).toBe(part(text));
    }
  });
});

describe('a connection of a fixture, its scenario, and back', () => {
  test.each(listFixtures().map(({ name, capture }) => [name, capture] as const))('%s', async (_name, capture) => {
    const { connections } = await analyzeFile(capture, { segments: true });
    for (const connection of connections) {
      const text = await tellConnection(connection, [capture]);
      const scenario = parseScenario(text, vocabulary);
      const isReused = reused(connections).has(connection.id);
      const analyzed = await runScenario(
        { ...scenario, path: capture },
        (bytes, options) => analyze([bytes], { ...options, segments: true }),
        codes,
      );
      if (!isReused) expect(analyzed, text).toEqual([]);
      const path = writeCapture(text);
      const first = readFileSync(path);
      const [retold] = [...(await tellAll(path)).values()];
      const part = isReused ? framesOf : scriptOf;
      expect(part(retold)).toBe(part(text));
      expect(Buffer.compare(readFileSync(writeCapture(retold)), first)).toBe(0);
    }
  });
});
