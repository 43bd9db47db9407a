import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JoinedFacts } from '../../src/findings/joined-facts.ts';
import { knownVerdict, writeVerdict } from '../../src/known-kinds.ts';
import type { ConnectionResult } from '../../src/report/result.ts';
import { RowOrigin, TcpFlag, TcpOption } from '../../src/wire/batch.ts';
import {
  fixtureRecordings,
  type NamedRecording,
  scenarioRecordings,
  simulatedRecordings,
} from '../support/recordings.ts';
import { makeRow, type Recording, type Row, type RowEnd, readRows, type Tracked, track } from '../support/rows.ts';
import { captureRuns } from '../support/simulator/capture.ts';
import { simulate } from '../support/simulator.ts';

/** What all connections of one kind are said to have in common. */
const briefOf = ({ findings, ...verdict }: ConnectionResult): string => {
  const { outcome, closedFirst, resetBy } = verdict;
  const codes = findings.map(({ code, at, severity }) => `${code} ${at} ${severity}`);
  return [outcome, closedFirst, resetBy, ...codes].join(', ');
};

/** By kind, what was said of the first connection that was of it, in whatever recording. */
const briefs = new Map<number, string>();

/** Connections that differ from the others of their kind, or from what is known of it. */
function outsiders({ kinds, connections }: Tracked): string[] {
  const byId = new Map(connections.map((connection) => [connection.id, connection]));
  return [...kinds].flatMap(([kind, ids]) =>
    ids.flatMap((id) => {
      const connection = byId.get(id) as ConnectionResult;
      const brief = briefOf(connection);
      const usual = briefs.get(kind) ?? brief;
      briefs.set(kind, usual);
      const verdict = writeVerdict(connection);
      const known = knownVerdict(kind);
      const expected = known === null ? verdict : writeVerdict(known);
      if (brief === usual && verdict === expected) return [];
      return [`connection ${id} of kind ${kind} is ${brief}, not ${usual} or ${expected}`];
    }),
  );
}

const CLIENT = { words: [0x0a000001, 0, 0, 0], port: 40_000 };
const SERVER = { words: [0x0a800001, 0, 0, 0], port: 80 };

/** Kinds of connections on tuples that were used before are not below it. */
const REUSED_KIND = 2 ** 51;

/** The rows of the first tuple of a recording, as if its first segment came from `client`, at a time. */
function onePort(rows: readonly Row[], client: RowEnd, nanos: number): Row[] {
  const [{ source, destination, timeNanos }] = rows;
  const server = client === CLIENT ? SERVER : CLIENT;
  const keyOf = ({ words, port }: RowEnd): string => `${words} ${port}`;
  const [first, second] = [keyOf(source), keyOf(destination)];
  return rows.flatMap((row) => {
    const [from, to] = [keyOf(row.source), keyOf(row.destination)];
    const isForth = from === first && to === second;
    if (!isForth && !(from === second && to === first)) return [];
    const ends = isForth ? { source: client, destination: server } : { source: server, destination: client };
    return [{ ...row, ...ends, ipVersion: 4, scope: 0, timeNanos: row.timeNanos - timeNanos + nanos }];
  });
}

/** Of what joined detectors ask: what is taken for granted of a connection that opened by the book. */
const OPENED = { isAnswered: true, isCompleted: true, isHalfOpen: false, hasPlainSegments: true, isFiltered: false };
const FACTS = [
  'firstFrame',
  'lastFrame',
  'firstNanos',
  'finFrame',
  'closeWaitNanos',
  'isAnswered',
  'isCompleted',
] as const;
const MORE_FACTS = ['isHalfOpen', 'isProbe', 'hasPlainSegments', 'isFiltered'] as const;

/** Connections that joined detectors would take for something else than they are. */
function mistaken({ facts, factsInFull, connections }: Tracked): string[] {
  const reset = new Set(connections.filter(({ outcome }) => outcome === 'reset').map(({ id }) => id));
  return [...facts].flatMap(([id, told]) => {
    const truth = factsInFull.get(id) as JoinedFacts;
    const names = told === null ? (Object.keys(OPENED) as (keyof typeof OPENED)[]) : [...FACTS, ...MORE_FACTS];
    const wrong = names.filter(
      // Of a kind that was reset, none lingered in CLOSE_WAIT.
      (name) =>
        !(name === 'closeWaitNanos' && reset.has(id)) &&
        (told === null ? OPENED[name as keyof typeof OPENED] : told[name]) !== truth[name],
    );
    return wrong.map((name) => `connection ${id}: ${name} is ${truth[name]}`);
  });
}

/** Checks that both lanes agree; returns what the fast one gave. */
function compareLanes(recording: Recording, name: string): Tracked {
  const fast = track(recording);
  const full = track(recording, { alwaysInFull: true });
  expect(full.kinds.size).toBe(0);
  expect(fast.connections, name).toEqual(full.connections);
  expect(outsiders(fast), name).toEqual([]);
  expect(mistaken(fast), name).toEqual([]);
  for (const [id, text] of fast.told) {
    expect(text, name).toBe(JSON.stringify(full.connections.find((connection) => connection.id === id)));
  }
  const { connections, kinds, facts } = track(recording, { passesOver: true });
  const passedOver = new Set([...kinds.values()].flat());
  expect(connections, name).toEqual(full.connections.filter(({ id }) => !passedOver.has(id)));
  expect(outsiders({ ...full, kinds }), name).toEqual([]);
  expect(mistaken({ ...full, facts }), name).toEqual([]);
  return fast;
}

/** How long the capture goes on after its last row: what was left open is told by that. */
const SILENCES_NANOS = [0, 2e9, 4e9, 61e9, 130e9, 700e9];

const isFrom = ({ source, destination }: Row, from: RowEnd, to: RowEnd): boolean =>
  isDeepStrictEqual([source, destination], [from, to]);

/** The reset with which an end would end the connection of a row behind it. */
function resetBehind(rows: readonly Row[], at: number, isBySender: boolean): Row {
  const [from, to] = isBySender ? [rows[at].source, rows[at].destination] : [rows[at].destination, rows[at].source];
  const past = rows.slice(0, at + 1);
  const last = past.findLast((row) => isFrom(row, from, to)) ?? rows[at];
  const heard = past.findLast((row) => isFrom(row, to, from));
  const taken = ({ seq, payloadBytes, flags }: Row): number =>
    (seq + payloadBytes + ((flags & (TcpFlag.SYN | TcpFlag.FIN)) === 0 ? 0 : 1)) >>> 0;
  const reset = { flags: TcpFlag.RST | TcpFlag.ACK, payloadBytes: 0, sack: [], timeNanos: rows[at].timeNanos + 1e6 };
  return { ...last, seq: taken(last), ack: heard === undefined ? last.ack : taken(heard), ...reset };
}

/** The connection of a row once more, on the same ports, some time after, with other numbers. */
function onceMore(rows: readonly Row[], { source, destination }: Row, by: number): Row[] {
  const all = rows.filter((row) => isFrom(row, source, destination) || isFrom(row, destination, source));
  const nanos = all[all.length - 1].timeNanos - all[0].timeNanos + PAUSES_NANOS[by % PAUSES_NANOS.length];
  const [mine, theirs] = [(by % 7) * 100_003 - 200_000, (by % 5) * 70_001 + 1];
  return all.map((row) => {
    const [seq, ack] = isFrom(row, source, destination) ? [mine, theirs] : [theirs, mine];
    return {
      ...row,
      timeNanos: row.timeNanos + nanos,
      tsVal: (row.tsVal + Math.round(nanos / 1e6)) >>> 0,
      tsEcr: (row.tsEcr + Math.round(nanos / 1e6)) >>> 0,
      seq: (row.seq + seq) >>> 0,
      ack: (row.flags & TcpFlag.ACK) === 0 ? 0 : (row.ack + ack) >>> 0,
      sack: row.sack.map((edge) => (edge + ack) >>> 0),
    };
  });
}

/** What is left if of every connection the SYNs, and some rows behind them, were not captured. */
function withoutBeginning(rows: readonly Row[], missing: number): Row[] {
  const left = new Map<string, number>();
  return rows.filter(({ source, destination, flags }) => {
    if ((flags & TcpFlag.SYN) !== 0) return false;
    const key = [JSON.stringify(source), JSON.stringify(destination)].sort().join();
    const count = left.get(key) ?? missing;
    left.set(key, count - 1);
    return count <= 0;
  });
}

/** Times after which ports are used again: as soon as can be, within TIME_WAIT, about when it ends, and later. */
const PAUSES_NANOS = [1e6, 1e9, 30e9, 58e9, 59.9e9, 60e9, 60.1e9, 62e9, 300e9];

/** Makes one thing about the rows odd. */
const CHANGES: Record<string, (rows: Row[], at: number, by: number) => void> = {
  drop: (rows, at) => rows.splice(at, 1),
  'drop the rest': (rows, at) => rows.splice(at + 1),
  'drop what came before': (rows, at) => rows.splice(0, at),
  repeat: (rows, at, by) => {
    const later = { ...rows[at], timeNanos: rows[at].timeNanos + (by % 300) * 1e6 };
    const place = rows.findIndex((row) => row.timeNanos > later.timeNanos);
    rows.splice(place === -1 ? rows.length : place, 0, later);
  },
  'send again': (rows, at, by) => {
    const nanos = (200 + (by % 3000)) * 1e6;
    const tsVal = (rows[at].tsVal + Math.round(nanos / 1e6)) >>> 0;
    const ipId = rows[at].ipId === 0 ? 0 : (rows[at].ipId + 1 + (by % 9)) & 0xffff;
    const later = { ...rows[at], timeNanos: rows[at].timeNanos + nanos, tsVal, ipId, checksum: by & 0xffff };
    const place = rows.findIndex((row) => row.timeNanos > later.timeNanos);
    rows.splice(place === -1 ? rows.length : place, 0, later);
  },
  'change places': (rows, at) => {
    const next = Math.min(at + 1, rows.length - 1);
    const [a, b] = [rows[at], rows[next]];
    rows[at] = { ...b, timeNanos: a.timeNanos };
    rows[next] = { ...a, timeNanos: b.timeNanos };
  },
  'set the clock back': (rows, at, by) => {
    rows[at] = { ...rows[at], timeNanos: rows[at].timeNanos - (by % 20) * 1e6 };
  },
  'go silent': (rows, at, by) => {
    for (let i = at; i < rows.length; i++) rows[i] = { ...rows[i], timeNanos: rows[i].timeNanos + (by % 400) * 1e9 };
  },
  'flip a flag': (rows, at, by) => {
    rows[at] = { ...rows[at], flags: rows[at].flags ^ (1 << (by % 9)) };
  },
  'move the number': (rows, at, by) => {
    rows[at] = { ...rows[at], seq: (rows[at].seq + (by % 5) - 2) >>> 0 };
  },
  'acknowledge otherwise': (rows, at, by) => {
    rows[at] = { ...rows[at], ack: (rows[at].ack + (by % 5) - 2) >>> 0 };
  },
  'close the window': (rows, at) => {
    rows[at] = { ...rows[at], window: 0 };
  },
  'lose its other fragments': (rows, at, by) => {
    const [row] = rows.splice(at, 1);
    rows.splice(Math.min(rows.length, at + (by % 8)), 0, { ...row, origin: RowOrigin.INCOMPLETE });
  },
  'change the length': (rows, at, by) => {
    rows[at] = { ...rows[at], payloadBytes: by % 3 };
  },
  'report ranges': (rows, at, by) => {
    const { ack } = rows[at];
    const start = (by % 2 === 0 ? ack + 1448 : ack - 100) >>> 0;
    const options = rows[at].options | TcpOption.SACK;
    rows[at] = { ...rows[at], options, sack: [start, (start + 100) >>> 0] };
  },
  'use the ports again': (rows, at, by) => {
    if (rows.length > 2000) return;
    rows.push(...onceMore(rows, rows[at], by));
    rows.sort((a, b) => a.timeNanos - b.timeNanos);
  },
  'lose a direction': (rows, at) => {
    const { source, destination } = rows[at];
    rows.splice(0, rows.length, ...rows.filter((row) => !isFrom(row, source, destination)));
  },
  reset: (rows, at, by) => {
    const bare = { flags: TcpFlag.RST, window: 0 };
    const reset = { ...resetBehind(rows, at, by % 2 === 0), ...(by % 3 === 0 ? bare : {}) };
    rows.splice(at + 1, by % 5 === 0 ? 0 : rows.length, reset);
  },
};

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

  it('if the segments of some connections are kept', async () => {
    const runs = Array.from({ length: 60 }, (_, index) => simulate(700 + index));
    const starts = runs.map((_, index) => index * 40_000_000);
    const together = await readRows([captureRuns(runs, starts).bytes]);
    for (const { name, recording } of [...fixtures, { name: '60 together', recording: together }]) {
      const all = track(recording, { segments: true }).connections;
      const some = track(recording, { segments: (id) => id % 3 === 1 }).connections;
      const expected = all.map(({ segments, ...rest }) => (rest.id % 3 === 1 ? { ...rest, segments } : rest));
      expect(some, name).toEqual(expected);
    }
  });

  it('if memory is touched ahead, as it is when there are many tuples', async () => {
    const runs = Array.from({ length: 200 }, (_, index) => simulate(4000 + index));
    const starts = runs.map((_, index) => index * 40_000_000);
    const together = await readRows([captureRuns(runs, starts).bytes]);
    for (const { name, recording } of [...fixtures, { name: '200 together', recording: together }]) {
      expect(track(recording, { touchesAhead: true }), name).toEqual(track(recording));
    }
  });

  it('if each direction has a VLAN of its own', () => {
    for (const { name, recording } of [...fixtures, ...simulated]) {
      const rows = recording.rows.map((row) => ({ ...row, scope: row.source.port < row.destination.port ? 7 : 0 }));
      compareLanes({ ...recording, rows }, name);
    }
  });

  it('if rows are dropped, repeated, moved or changed', () => {
    const all = [...fixtures, ...scenarios, ...simulated];
    const anyChange = fc.record({ at: fc.nat(), what: fc.constantFrom(...Object.keys(CHANGES)), by: fc.nat() });
    fc.assert(
      fc.property(fc.nat(), fc.array(anyChange, { maxLength: 5 }), (index, changes) => {
        const { name, recording } = all[index % all.length];
        const rows = [...recording.rows];
        for (const { at, what, by } of changes) if (rows.length > 0) CHANGES[what](rows, at % rows.length, by);
        const endNanos = recording.endNanos + SILENCES_NANOS[index % SILENCES_NANOS.length];
        const changed = rows.map((row, i) => ({ ...row, frame: i + 1 }));
        compareLanes({ ...recording, rows: changed, endNanos, icmpErrors: [] }, name);
      }),
      { numRuns: 5000, seed: 20_261_121 },
    );
  });

  it('if the capture began after the connections were opened', () => {
    const all = [...fixtures, ...scenarios, ...simulated];
    const anyChange = fc.record({ at: fc.nat(), what: fc.constantFrom(...Object.keys(CHANGES)), by: fc.nat() });
    let known = 0;
    fc.assert(
      fc.property(fc.nat(), fc.nat({ max: 4 }), fc.array(anyChange, { maxLength: 2 }), (index, missing, changes) => {
        const { name, recording } = all[index % all.length];
        const rows = withoutBeginning(recording.rows, missing);
        for (const { at, what, by } of changes) if (rows.length > 0) CHANGES[what](rows, at % rows.length, by);
        const endNanos = recording.endNanos + SILENCES_NANOS[index % SILENCES_NANOS.length];
        const changed = rows.map((row, i) => ({ ...row, frame: i + 1 }));
        const { kinds } = compareLanes({ ...recording, rows: changed, endNanos, icmpErrors: [] }, name);
        known += kinds.size;
      }),
      { numRuns: 3000, seed: 20_261_122 },
    );
    expect(known).toBeGreaterThan(400);
  });

  it('if ports are used again', () => {
    const [usual, odd]: Row[][][] = [[], []];
    for (const { recording } of [...fixtures, ...scenarios, ...simulated]) {
      if (recording.rows.length === 0 || recording.rows.length > 100) continue;
      const rows = onePort(recording.rows, CLIENT, 0);
      const isUsual = track({ ...recording, rows, icmpErrors: [] }, { passesOver: true }).kinds.size > 0;
      (isUsual ? usual : odd).push(rows);
    }
    const anyChange = fc.record({ at: fc.nat(), what: fc.constantFrom(...Object.keys(CHANGES)), by: fc.nat() });
    const anyPart = fc.record({
      rows: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...usual) }, fc.constantFrom(...odd)),
      pause: fc.constantFrom(...PAUSES_NANOS),
      isOpposite: fc.boolean(),
    });
    const parts = fc.array(anyPart, { minLength: 2, maxLength: 5 });
    let known = 0;
    fc.assert(
      fc.property(parts, fc.array(anyChange, { maxLength: 2 }), fc.nat(), (chosen, changes, silence) => {
        const rows: Row[] = [];
        for (const { rows: part, pause, isOpposite } of chosen) {
          rows.push(...onePort(part, isOpposite ? SERVER : CLIENT, (rows.at(-1)?.timeNanos ?? 0) + pause));
        }
        for (const { at, what, by } of changes) CHANGES[what](rows, at % rows.length, by);
        const changed = rows.map((row, i) => ({ ...row, frame: i + 1 }));
        const last = Math.max(...changed.map(({ timeNanos }) => timeNanos));
        const endNanos = last + SILENCES_NANOS[silence % SILENCES_NANOS.length];
        const recording = { rows: changed, endNanos, icmpErrors: [], timeBase: { epochSeconds: 0 } };
        const { kinds } = compareLanes(recording, 'together');
        for (const [kind, ids] of kinds) if (kind >= REUSED_KIND) known += ids.length;
      }),
      { numRuns: 800, seed: 20_261_123 },
    );
    expect(known).toBeGreaterThan(200);
  });

  const { SYN, ACK, FIN } = TcpFlag;
  const sent = (...steps: [Row['source'], Partial<Row>][]): Recording => ({
    rows: steps.map(([source, fields], index) =>
      makeRow({
        frame: index + 1,
        timeNanos: index * 10_000_000,
        source,
        destination: source === CLIENT ? SERVER : CLIENT,
        ...fields,
      }),
    ),
    icmpErrors: [],
    endNanos: 60e9,
    timeBase: { epochSeconds: 0 },
  });
  const opening: [Row['source'], Partial<Row>][] = [
    [CLIENT, { flags: SYN, seq: 100 }],
    [SERVER, { flags: SYN | ACK, seq: 900, ack: 101 }],
    [CLIENT, { flags: ACK, seq: 101, ack: 901 }],
  ];

  it('if a FIN was none and octets behind it had come already', () => {
    const recording = sent(
      ...opening,
      [CLIENT, { flags: ACK | FIN, seq: 101, ack: 901 }],
      [CLIENT, { flags: ACK, seq: 201, ack: 901, payloadBytes: 50 }],
      [SERVER, { flags: ACK, seq: 901, ack: 101 }],
      [CLIENT, { flags: ACK, seq: 101, ack: 901, payloadBytes: 100, timeNanos: 1_000_000_000 }],
      [SERVER, { flags: ACK, seq: 901, ack: 251, timeNanos: 1_010_000_000 }],
      [SERVER, { flags: ACK, seq: 901, ack: 251, payloadBytes: 9, timeNanos: 1_020_000_000 }],
      [CLIENT, { flags: ACK, seq: 251, ack: 910, timeNanos: 1_030_000_000 }],
    );
    const [{ findings, endpoints }] = compareLanes(recording, 'FIN taken back').connections;
    expect(findings.map(({ code }) => code)).not.toContain('acked-unseen');
    expect(endpoints.client.uniquePayloadBytes).toBe(150);
  });

  it('if a SYN-ACK with other numbers comes from an open client', () => {
    const recording = sent(
      ...opening,
      [CLIENT, { flags: ACK, seq: 101, ack: 901, payloadBytes: 50 }],
      [CLIENT, { flags: ACK, seq: 201, ack: 901, payloadBytes: 50 }],
      [CLIENT, { flags: SYN | ACK, seq: 151, ack: 901, payloadBytes: 50 }],
      [SERVER, { flags: ACK, seq: 901, ack: 251, payloadBytes: 9 }],
      [CLIENT, { flags: ACK, seq: 251, ack: 910, payloadBytes: 10, timeNanos: 61_000_000 }],
    );
    const [{ endpoints, findings, outcome }] = compareLanes(recording, 'SYN-ACK in the middle').connections;
    expect(endpoints.client.uniquePayloadBytes).toBe(110);
    expect(findings.map(({ code }) => code)).not.toContain('capture-reordering');
    expect(outcome).toBe('open');
  });

  it.each(['small', 'lossy', 'long-lived'])('in a generated capture, profile %s', async (profile) => {
    const path = join(folder, `${profile}.pcap`);
    const { status } = spawnSync(process.execPath, [
      GENERATOR,
      '--profile',
      profile,
      '--connections',
      '2000',
      '--out',
      path,
    ]);
    expect(status).toBe(0);
    const { connections, kinds } = compareLanes(await readRows([readFileSync(path)]), path);
    expect(connections.length).toBeGreaterThan(1900);
    if (profile === 'small') expect([...kinds.values()].flat().length).toBeGreaterThan(1000);
  });
});
