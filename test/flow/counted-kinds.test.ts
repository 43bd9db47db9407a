import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ALIKE_BYTES,
  ALIKE_FIRST_NANOS,
  ALIKE_SERVICE,
  ALIKE_TAG,
  FIRST_TOLD,
  MAX_CLOSED_IN_BUCKET,
} from '../../src/core/layout.ts';
import { Analysis, type FinalConnection, type FlawlessConnection } from '../../src/engine.ts';
import { bucketOf } from '../../src/flow/bucket.ts';
import { Tracker } from '../../src/flow/tracker.ts';
import { readInSteps } from '../../src/source/session.ts';
import { SegmentBatch, TcpFlag } from '../../src/wire/batch.ts';
import { makeRow, putRow, type Row, type RowEnd, SYN_OPTIONS } from '../support/rows.ts';

const { SYN, ACK, FIN } = TcpFlag;
const SERVER: RowEnd = { words: [0x0a800001, 0, 0, 0], port: 443 };
const SECOND = 1e9;
const CLOSE_NANOS = 10_000_000;
const GENERATOR = new URL('../../bench/generate.mjs', import.meta.url).pathname;

/** Clients whose tuples with the server are in one bucket. */
function clientsOfOneBucket(count: number, ipVersion = 4): RowEnd[] {
  const clients: RowEnd[] = [];
  const server = Int32Array.from(SERVER.words);
  for (let n = 0; clients.length < count; n++) {
    const client = { words: [0x0a000000 + (n >> 14), 0, 0, 0], port: 20_000 + (n & 0x3fff) };
    const ports = (client.port << 16) | SERVER.port;
    if (bucketOf(ipVersion, Int32Array.from(client.words), 0, server, 0, ports) === 7) clients.push(client);
  }
  return clients;
}

/** A connection by the book that begins at a time; `isClosed` is whether it is closed too. */
function* converse(client: RowEnd, beginNanos: number, isClosed: boolean): Generator<Partial<Row>, void, undefined> {
  let timeNanos = beginNanos;
  const sends = (source: RowEnd, fields: Partial<Row>): Partial<Row> => {
    timeNanos += CLOSE_NANOS;
    return { timeNanos, source, destination: source === SERVER ? client : SERVER, ...fields };
  };
  yield sends(client, { flags: SYN, seq: 100, options: SYN_OPTIONS, mss: 1460 });
  yield sends(SERVER, { flags: SYN | ACK, seq: 900, ack: 101, options: SYN_OPTIONS, mss: 1460 });
  yield sends(client, { flags: ACK, seq: 101, ack: 901 });
  if (!isClosed) return;
  yield sends(client, { flags: ACK | FIN, seq: 101, ack: 901 });
  yield sends(SERVER, { flags: ACK | FIN, seq: 901, ack: 102 });
  yield sends(client, { flags: ACK, seq: 102, ack: 902 });
}

describe('connections of kinds that the core counts', () => {
  it.each([4, 6])('are forgotten at once: what comes next on the tuple begins another one (IPv%d)', (ipVersion) => {
    const clients = clientsOfOneBucket(MAX_CLOSED_IN_BUCKET + 1, ipVersion);
    const opened: number[] = [];
    const closed: number[] = [];
    const tracker: Tracker = new Tracker({
      segments: false,
      timeWaitNanos: SECOND,
      onConnection: ({ id }) => void closed.push(id),
      onPlain: (kind) => void tracker.counted.learn(kind, FIRST_TOLD),
      onAlike: () => undefined,
    });
    const batch = new SegmentBatch({ epochSeconds: 0 });
    const put = (client: RowEnd, beginNanos: number): void => {
      opened.push(opened.length + 1);
      for (const fields of converse(client, beginNanos, true)) putRow(batch, makeRow({ ...fields, ipVersion } as Row));
    };
    for (const client of clients.slice(0, -1)) {
      put(client, 0);
      tracker.push(batch);
      batch.clear();
    }
    // In one batch: the close of the one too many lets the first go, whose client begins another one.
    put(clients[clients.length - 1], 3600 * SECOND);
    put(clients[0], 3601 * SECOND);
    tracker.push(batch);
    expect(tracker.nextId).toBe(opened.length + 1);
    expect(tracker.openCount).toBe(MAX_CLOSED_IN_BUCKET);
    for (const _ of tracker.finish(7200 * SECOND));
    const counted = [...tracker.counted.counts()].reduce((sum, [, count]) => sum + count, 0);
    expect(counted + closed.length).toBe(opened.length - 1);
  });

  it('are counted once each, whether they are given up meanwhile or left at the end', () => {
    const clients = clientsOfOneBucket(MAX_CLOSED_IN_BUCKET + 900);
    const alike: [service: number, tag: number][] = [];
    const order: ('alike' | 'built')[] = [];
    const built: number[] = [];
    const learned = new Set<number>();
    const timeBase = { epochSeconds: 0 };
    const tracker: Tracker = new Tracker({
      segments: false,
      timeWaitNanos: SECOND,
      onConnection: ({ id }) => {
        built.push(id);
        order.push('built');
      },
      onPlain: (kind, _id, build) => {
        build();
        if (learned.has(kind)) return;
        learned.add(kind);
        tracker.counted.learn(kind, FIRST_TOLD + learned.size);
      },
      onAlike: ({ words }, from, count) => {
        order.push('alike');
        for (let at = from >> 2; at < (from + count * ALIKE_BYTES) >> 2; at += ALIKE_BYTES >> 2) {
          alike.push([words[at + (ALIKE_SERVICE >> 2)], words[at + (ALIKE_TAG >> 2)]]);
        }
      },
    });
    const batch = new SegmentBatch(timeBase);
    let frame = 0;
    const peak = { open: 0 };
    for (const [index, client] of clients.entries()) {
      for (const fields of converse(client, index * 0.02 * SECOND, index % 9 !== 4)) {
        putRow(batch, makeRow({ frame: ++frame, ...fields } as Row));
        if (!batch.isFull) continue;
        tracker.push(batch);
        batch.clear();
        peak.open = Math.max(peak.open, tracker.openCount);
      }
    }
    tracker.push(batch);
    for (const _ of tracker.finish(3600 * SECOND));
    // Most were given up long before the end, and the first of the two kinds were built.
    expect(peak.open).toBeLessThan(clients.length - 200);
    expect(built).toHaveLength(2);
    expect(learned.size).toBe(2);
    expect(alike.length + built.length).toBe(clients.length);
    expect(alike.every(([service]) => service === 0)).toBe(true);
    const open = clients.filter((_, index) => index % 9 === 4).length;
    expect(alike.filter(([, tag]) => tag === FIRST_TOLD + 2)).toHaveLength(open - 1);
    expect([...tracker.counted.counts()].map(([, count]) => count).sort((a, b) => a - b)).toEqual([
      open - 1,
      clients.length - open - 1,
    ]);
    expect(order.indexOf('alike')).toBeLessThan(order.lastIndexOf('built'));
  });

  /** When the connections of tuples that are on two VLANs at a time began, and how many of them were counted. */
  function followVlans(isCounted: boolean): { begins: number[]; counted: number } {
    const begins: number[] = [];
    let counted = 0;
    const tracker: Tracker = new Tracker({
      segments: false,
      timeWaitNanos: SECOND,
      onConnection: ({ firstNanos }) => begins.push(firstNanos),
      onPlain: (kind, _id, build) => {
        build();
        tracker.counted.learn(kind, FIRST_TOLD);
      },
      ...(isCounted
        ? {
            onAlike: ({ doubles }, from, count) => {
              counted += count;
              for (let n = 0; n < count; n++) begins.push(doubles[(from + n * ALIKE_BYTES + ALIKE_FIRST_NANOS) >> 3]);
            },
          }
        : {}),
    });
    const batch = new SegmentBatch({ epochSeconds: 0 });
    const take = (rows: Iterable<Partial<Row>>, scope: number): void => {
      const far = scope * 0x1000_0000;
      for (const { seq = 0, ack = 0, ...fields } of rows) {
        const numbers = { seq: seq + far, ack: ack === 0 ? 0 : ack + far };
        putRow(batch, makeRow({ frame: 1, ...fields, ...numbers, scope } as Row));
      }
      tracker.push(batch);
      batch.clear();
    };
    const clients = clientsOfOneBucket(MAX_CLOSED_IN_BUCKET + 1200);
    for (const [index, client] of clients.entries()) {
      // Entries of tuples with two VLANs are used again for tuples with others.
      take(converse(client, index * 0.1 * SECOND, true), 1);
      if (index > 20) take(converse(client, index * 0.1 * SECOND + 1, true), 2 + (index % 3));
    }
    for (const _ of tracker.finish(7200 * SECOND));
    return { begins: begins.sort((x, y) => x - y), counted };
  }

  it('are told apart by VLAN also in entries that are used again', () => {
    const { begins } = followVlans(true);
    expect(new Set(begins).size).toBe(begins.length);
    expect(begins).toEqual(followVlans(false).begins);
  });

  it('leave nothing of their middle to those that get their entry', () => {
    const counts = new Map<number, number>();
    let counted = 0;
    const tracker: Tracker = new Tracker({
      segments: false,
      timeWaitNanos: SECOND,
      onConnection: ({ firstNanos, segmentCount }) => counts.set(firstNanos, segmentCount),
      onPlain: (kind, _id, build) => {
        build();
        tracker.counted.learn(kind, FIRST_TOLD);
      },
      onAlike: (_core, _at, count) => {
        counted += count;
      },
    });
    const batch = new SegmentBatch({ epochSeconds: 0 });
    const odd: number[] = [];
    for (const [index, client] of clientsOfOneBucket(MAX_CLOSED_IN_BUCKET + 300).entries()) {
      const begin = index * 10 * SECOND;
      const [syn, answer, third, ...close] = [...converse(client, begin, true)];
      const data = Array.from({ length: index < 100 ? 400 : 10 }, (_, n) => n);
      const isOdd = index >= MAX_CLOSED_IN_BUCKET + 20;
      const rows = [
        ...[syn, answer, third],
        ...data.flatMap((n) => [
          { ...third, seq: 101 + n * 10, payloadBytes: 10 },
          { ...answer, timeNanos: third.timeNanos, flags: ACK, seq: 901, ack: 111 + n * 10, options: 0 },
        ]),
        ...close.map((each) =>
          each.source === SERVER
            ? { ...each, ack: (each.ack ?? 0) + data.length * 10 }
            : { ...each, seq: (each.seq ?? 0) + data.length * 10 },
        ),
        // Nobody sends such flags.
        ...(isOdd ? [{ ...close[2], flags: TcpFlag.URG }] : []),
      ];
      if (isOdd) odd.push(begin + CLOSE_NANOS);
      for (const fields of rows) {
        putRow(batch, makeRow({ frame: 1, ...fields } as Row));
        if (!batch.isFull) continue;
        tracker.push(batch);
        batch.clear();
      }
      tracker.push(batch);
      batch.clear();
    }
    for (const _ of tracker.finish(1e6 * SECOND));
    expect(counted).toBeGreaterThan(100);
    expect(odd.map((nanos) => counts.get(nanos))).toEqual(odd.map(() => 27));
  });

  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'lastack-counted-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const generate = (profile: string): string => {
    const path = join(folder, `${profile}.pcap`);
    const generated = ['--profile', profile, '--connections', '3000', '--out', path];
    expect(spawnSync(process.execPath, [GENERATOR, ...generated]).status).toBe(0);
    return path;
  };

  it('change neither sums nor findings of a capture that began after its connections', async () => {
    const path = generate('midstream');
    const oneByOne = await sumsOf(path, false);
    const counted = await sumsOf(path, true);
    expect(counted.sums).toEqual(oneByOne.sums);
    expect(counted.builds).toBeLessThan(oneByOne.builds / 5);
  });

  it.each(['small', 'lossy', 'midstream'])('are told as JSON as if each was built, profile %s', async (profile) => {
    const path = generate(profile);
    const told = await linesOf(path, true);
    const built = new Set((await linesOf(path, false)).lines);
    expect(told.lines.length).toBe(built.size);
    expect(told.lines.filter((line) => !built.has(line))).toEqual([]);
    expect(told.tellings > 1000).toBe(profile !== 'midstream');
  });

  it.each(['small', 'lossy'])(
    'change neither sums nor findings of a generated capture, profile %s',
    async (profile) => {
      const path = generate(profile);
      const oneByOne = await sumsOf(path, false);
      const counted = await sumsOf(path, true);
      expect(counted.sums).toEqual(oneByOne.sums);
      expect(counted.builds).toBeLessThan(oneByOne.builds / 5);
      const codes = counted.sums.joined.map(([code]) => code);
      expect(codes).toEqual(expect.arrayContaining(['close-wait-lingering', 'syn-unanswered']));
      // The host with the most comes first.
      const owned = counted.sums.joined.flatMap(([code, at, message]) =>
        code === 'time-wait-owner' && at === 'server' ? [Number(/for (\d+) connections/.exec(message)?.[1])] : [],
      );
      expect(owned.length).toBeGreaterThan(1);
      expect(owned).toEqual(owned.toSorted((a, b) => b - a));
    },
  );
});

/** All connections as JSON, from their rows where that is possible or all of them built. */
async function linesOf(path: string, isTold: boolean) {
  const lines: string[] = [];
  let tellings = 0;
  const take = (json: Uint8Array): void => void lines.push(new TextDecoder().decode(json));
  const tellingHandler = {
    onPlain: () => true,
    onFlawless(flawless: FlawlessConnection) {
      tellings++;
      take(flawless.json());
    },
  };
  const onConnection = (final: FinalConnection): void => take(final.json());
  const analysis = new Analysis({}, { onConnection, ...(isTold ? tellingHandler : {}) });
  const steps = readInSteps([path], analysis, { timeBase: analysis.timeBase });
  while (!(await steps.next()).done);
  analysis.finish();
  return { lines, tellings };
}

/** What an analysis comes to, with few or with all connections handed over. */
async function sumsOf(path: string, isCounted: boolean) {
  let builds = 0;
  const limits = { timeWaitConnections: 20, closeWaitConnections: 2, overloadAttempts: 2, scanTargets: 2 };
  const options = { ...limits, closeWaitSeconds: 4 };
  const analysis: Analysis = new Analysis(options, {
    onConnection: (final) => {
      builds++;
      const { outcome, closedFirst } = final.connection.verdict;
      analysis.join(final);
      analysis.count(outcome, closedFirst, final.findings);
    },
    ...(isCounted
      ? {
          onPlain: () => false,
          onMorePlain: ({ outcome, closedFirst, findings }, count) =>
            analysis.count(outcome, closedFirst, findings, count),
        }
      : {}),
  });
  const steps = readInSteps([path], analysis, { timeBase: analysis.timeBase });
  while (!(await steps.next()).done);
  analysis.finish();
  const joined = analysis.finishJoined().map(({ code, at, message, frames }) => {
    // Of connections of which there is nothing to tell, frames are those of the ones that were looked at one by one.
    return [code, at, message, code === 'time-wait-owner' ? '' : frames.join()];
  });
  return { builds, sums: { summary: analysis.summary, joined } };
}
