import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { LIBRARY } from '../../src/cli/library.ts';
import { runCli } from '../../src/cli/run.ts';
import { comparePoints, type Direction, isSame } from '../../src/diff/compare.ts';
import { readPoint } from '../../src/diff/point.ts';
import { synthesizePcap } from '../../src/synth/capture.ts';
import { parseScenario } from '../../src/synth/scenario.ts';
import { createTestIo } from '../support/cli-io.ts';

const FOLDER = 'fixtures/both-ends';
const scratch = mkdtempSync(join(tmpdir(), 'lastack-diff-'));
afterAll(() => rmSync(scratch, { recursive: true }));

interface Truth {
  links: { action: string; sender: 'client' | 'server' }[];
  ends: { end: 'client' | 'server'; states: { state: string }[] }[];
  delayMillis: { A: number; B: number };
}

const names = readdirSync(FOLDER).flatMap((file) => /^(.*)\.truth\.json$/.exec(file)?.[1] ?? []);
const truthOf = (name: string): Truth => JSON.parse(readFileSync(join(FOLDER, `${name}.truth.json`), 'utf8'));
const pathOf = (name: string, end: string): string => join(FOLDER, `${name}.${end}.pcap`);

async function compare(a: string, b: string, sameClock = true) {
  return comparePoints(await readPoint(a, {}), await readPoint(b, {}), sameClock);
}

const compareEnds = (name: string) => compare(pathOf(name, 'client'), pathOf(name, 'server'));

async function lastack(...args: string[]) {
  const io = createTestIo();
  const status = await runCli(args, io, LIBRARY);
  return { status, out: io.out(), err: io.err() };
}

/** What the kernel that gave up did without a word. */
const GAVE_UP = ['final-ack-lost', 'final-ack-never-seen', 'fin-never-acknowledged', 'syn-ack-never-arrives'];
/** Nothing of the connection came to the server. */
const NEVER_ARRIVED = ['rejected-by-firewall-rst'];
const met = names.filter((name) => !NEVER_ARRIVED.includes(name));

describe('two captures of the lab, at the client and at the server', () => {
  test('are there', () => {
    expect(names.length).toBeGreaterThan(12);
  });

  test.each(met)('%s: what was lost, doubled, held and forged is what the links did', async (name) => {
    const { connections, onlyA, onlyB } = await compareEnds(name);
    expect([connections.length, onlyA, onlyB]).toEqual([1, [], []]);
    const { links } = truthOf(name);
    const [{ directions, nearClient }] = connections;
    expect(nearClient).toBe('A');
    const count = (sender: string, action: string): number =>
      links.filter((each) => each.sender === sender && each.action === action).length;
    for (const { to, lost, doubled, appeared, overtaken } of directions) {
      const sender = to === 'server' ? 'client' : 'server';
      expect({ to, lost: lost.length }).toEqual({ to, lost: count(sender, 'drop') });
      expect(doubled.length).toBe(count(sender, 'duplicate'));
      expect(appeared.length).toBe(count(sender, 'inject'));
      // A segment that was held is overtaken only when another one came after it.
      expect(overtaken.length).toBe(name === 'data-reordered' ? count(sender, 'hold') : 0);
    }
  });

  test.each(met)('%s: each end is in the state that its kernel was in', async (name) => {
    const [connection] = (await compareEnds(name)).connections;
    for (const { end, states } of truthOf(name).ends) {
      const path = states.map((each) => each.state);
      const last = path.at(-1);
      const { state } = connection[end];
      if (GAVE_UP.includes(name) && last === 'CLOSED' && state !== 'CLOSED') expect(state).toBe(path.at(-2));
      else expect({ end, state }).toEqual({ end, state: last });
    }
  });

  test.each(met)('%s: turned round, it is the mirror image', async (name) => {
    const there = await compareEnds(name);
    const back = await compare(pathOf(name, 'server'), pathOf(name, 'client'));
    const [x, y] = [there.connections[0], back.connections[0]];
    const turn = (direction: Direction) =>
      JSON.parse(JSON.stringify(direction), (key, value) => (key === 'point' ? (value === 'A' ? 'B' : 'A') : value));
    expect(y.directions.map(turn)).toEqual(x.directions);
    expect([y.nearClient, y.client.state, y.server.state, y.outcome]).toEqual([
      'B',
      x.client.state,
      x.server.state,
      x.outcome,
    ]);
  });

  test('the way takes as long as the links say', async () => {
    const { clocks } = await compareEnds('client-closes-first');
    const { A, B } = truthOf('client-closes-first').delayMillis;
    const wayMillis = A + B;
    for (const delays of [clocks?.toServer, clocks?.toClient]) {
      expect((delays?.minSeconds ?? 0) * 1000).toBeGreaterThanOrEqual(wayMillis);
      expect((delays?.medianSeconds ?? 0) * 1000).toBeLessThan(wayMillis + 5);
    }
  });

  test('a lost final ACK leaves the server in LAST_ACK, whatever the client side believes', async () => {
    const [{ a, b, client, server, outcome }] = (await compareEnds('final-ack-lost')).connections;
    expect([a.outcome, b.outcome, outcome]).toEqual(['graceful', 'final-ack-missing', 'final-ack-missing']);
    expect(server).toMatchObject({ state: 'LAST_ACK', basis: 'proven', seenBy: 'B' });
    expect(client).toMatchObject({ state: 'TIME_WAIT', seenBy: 'A', otherwise: 'FIN_WAIT_2' });
  });

  test('translated addresses, clamped MSS and fewer hops are changes, and no difference', async () => {
    const [{ changes, directions }] = (await compareEnds('translated')).connections;
    expect(changes[0]).toMatch(/^the client is 192\.0\.2\.10 port 40001 at A and 198\.51\.100\.1 port 500\d\d at B$/);
    expect(changes).toContain('MSS of the client: 1460 at A, 1200 at B (A#1)');
    expect(changes.join()).toMatch(/TTL of the client: 64 at A, 63 at B/);
    expect(directions[1].lost).toMatchObject([{ point: 'B', labels: ['data'] }]);
    expect(isSame(await compareEnds('client-closes-first'))).toBe(true);
  });

  test('what never came to the other point is told as such', async () => {
    const { onlyA, connections } = await compareEnds('rejected-by-firewall-rst');
    expect([onlyA.length, connections.length]).toEqual([1, 0]);
  });
});

describe('which copy of a segment was lost', () => {
  test('of two copies the one that is not at the other point, by time stamp and identification', async () => {
    const [{ directions }] = (await compareEnds('w4-lost-after-tap')).connections;
    expect(directions[0].lost).toEqual([{ point: 'A', frame: 11, labels: ['ack-of-fin-2'] }]);
  });

  test('of alike segments of one burst the one whose numbers are missing', async () => {
    const head = ['```settings', 'C [2001:db8::1]:40000', 'S [2001:db8::2]:80', '```', '```packets'];
    const burst = [
      '+.000 C > S S',
      '+.050 S > C S.',
      '+.001 C > S .',
      '+0 C > S . 1:101(100)',
      '+0 C > S . 101:201(100)',
    ];
    const write = (name: string, lines: string[]): string => {
      const path = join(scratch, name);
      writeFileSync(path, synthesizePcap(parseScenario(['# Burst', ...head, ...lines, '```', ''].join('\n'))));
      return path;
    };
    const a = write('burst-a.pcap', burst);
    const b = write('burst-b.pcap', burst.toSpliced(3, 1));
    const [{ directions }] = (await compare(a, b)).connections;
    expect(directions[0].lost).toMatchObject([{ point: 'A', frame: 4 }]);
  });
});

describe('clocks that differ, and rewritten numbers', () => {
  const scene = (start: number, isn: number, lateMillis: number) =>
    parseScenario(`# Shifted

\`\`\`settings
start ${start}
S isn ${isn}
options plain
\`\`\`

\`\`\`packets
+.${String(lateMillis).padStart(3, '0')} C > S S
+.${String(100 - 2 * lateMillis).padStart(3, '0')} S > C S.
+.${String(2 * lateMillis + 10).padStart(3, '0')} C > S .
+.001 C > S P. (50)
\`\`\`
`);
  const write = (name: string, text: ReturnType<typeof scene>): string => {
    const path = join(scratch, name);
    writeFileSync(path, synthesizePcap(text));
    return path;
  };

  test('the offset is estimated from both ways, with what it may be off', async () => {
    const a = write('a.pcap', scene(1_700_000_000, 5000, 0));
    const b = write('b.pcap', scene(1_700_000_007, 9000, 20));
    const { clocks, connections } = await compare(a, b, false);
    expect(connections[0].changes).toContain('the sequence numbers of the server are rewritten (4000 more at B)');
    expect(clocks).toMatchObject({ roundTripSeconds: 0.04, uncertaintySeconds: 0.02, offsetSeconds: 7 });
    expect(clocks?.toServer.minSeconds).toBeCloseTo(0.02, 6);
    expect(clocks?.toClient.minSeconds).toBeCloseTo(0.02, 6);
  });
});

describe('lastack diff', () => {
  const paths = [pathOf('final-ack-lost', 'client'), pathOf('final-ack-lost', 'server')];

  test('exits with 1 when something was lost, with 0 when all is alike', async () => {
    const { status, out } = await lastack('diff', ...paths);
    expect(status).toBe(1);
    expect(out).toContain('5 lost between the points: A#11 ack-of-fin-2');
    expect(out).toContain('outcome  final-ack-missing (A says graceful, B says final-ack-missing)');
    const same = await lastack(
      'diff',
      pathOf('client-closes-first', 'client'),
      pathOf('client-closes-first', 'server'),
    );
    expect(same.status).toBe(0);
    expect(same.out).toContain('1 connection alike at both points.\n');
  });

  test('has the same as JSON', async () => {
    const json = JSON.parse((await lastack('diff', ...paths, '-f', 'json')).out);
    expect(json).toMatchObject({
      alike: false,
      connections: [{ outcome: 'final-ack-missing', toServer: { passed: 5 }, server: { state: 'LAST_ACK' } }],
    });
  });

  test('wants two files that can be read', async () => {
    expect((await lastack('diff', paths[0])).err).toContain('give two captures, one of each point');
    expect((await lastack('diff', paths[0], '-')).status).toBe(2);
    expect((await lastack('diff', paths[0], 'package.json')).status).toBe(3);
  });
});
