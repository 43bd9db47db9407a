/** Commands that want certain connections get them, however many others are like them. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type AnalysisEnd,
  type ConnectionFilter,
  hasWantedFinding,
  isSelected,
  runAnalysis,
  type WholeConnection,
} from '../src/cli/engine.ts';
import { Analysis, type FinalConnection } from '../src/engine.ts';
import type { ConnectionEnds } from '../src/report/build.ts';
import type { Interest } from '../src/report/overview.ts';
import { readCaptures } from '../src/source/session.ts';
import { BuiltCli } from './support/built-cli.ts';

const GENERATOR = fileURLToPath(new URL('../bench/generate.mjs', import.meta.url));
const CONNECTIONS = 2000;

let cli: BuiltCli;
let folder = '';
let capture = '';
beforeAll(() => {
  cli = new BuiltCli();
  folder = mkdtempSync(path.join(tmpdir(), 'lastack-alike-'));
  capture = path.join(folder, 'small.pcap');
  const options = ['--profile', 'small', '--connections', `${CONNECTIONS}`, '--out', capture];
  expect(spawnSync(process.execPath, [GENERATOR, ...options], { encoding: 'utf8' }).stderr).toBe('');
});
afterAll(() => {
  cli.remove();
  rmSync(folder, { recursive: true });
});

const REQUEST = { segments: false, timeWaitSeconds: 60 } as const;

interface Seen extends Pick<AnalysisEnd, 'summary' | 'findings' | 'totalConnections'> {
  readonly ids: readonly number[];
}

const inOrder = (ids: readonly number[]): number[] => ids.toSorted((a, b) => a - b);

/** What passes a filter if every connection is built. */
async function seeAll(filter: ConnectionFilter): Promise<Seen> {
  const ids: number[] = [];
  let totalConnections = 0;
  const onConnection = (final: FinalConnection): void => {
    totalConnections++;
    const { id, connection, findings, addresses } = final;
    const { outcome, closedFirst } = connection.verdict;
    if (!isSelected({ id, outcome, closedFirst }, () => addresses, filter)) return;
    analysis.join(final);
    if (!hasWantedFinding(findings, filter)) return;
    analysis.count(outcome, closedFirst, findings);
    ids.push(id);
  };
  const analysis = new Analysis({}, { onConnection });
  await readCaptures([capture], analysis, { timeBase: analysis.timeBase });
  analysis.finish();
  const findings = analysis.finishJoined().filter((finding) => hasWantedFinding([finding], filter));
  analysis.countFindings(findings);
  return { ids: inOrder(ids), summary: analysis.summary, findings, totalConnections };
}

/** What an observer is told that takes numbers, and only a few connections whole, or just looks at these. */
async function seeNumbers(
  filter: ConnectionFilter,
  look: (id: number, ends: ConnectionEnds) => Interest = () => true,
): Promise<Omit<Seen, 'ids'> & { readonly count: number }> {
  let count = 0;
  const { summary, findings, totalConnections } = await runAnalysis(
    { ...REQUEST, filter, paths: [capture] },
    {
      observe: ({ id }, endsOf) => ++count <= 10 && look(id, endsOf()),
      observeMore: (_, more) => {
        count += more;
      },
      take: () => {},
    },
  );
  return { count, summary, findings, totalConnections };
}

/** All that pass, in the order in which an observer is asked about them. */
async function askedAbout(filter: ConnectionFilter): Promise<number[]> {
  const ids: number[] = [];
  const observe = ({ id }: { id: number }): boolean => {
    ids.push(id);
    return false;
  };
  await runAnalysis({ ...REQUEST, filter, paths: [capture] }, { observe, take: () => {} });
  return ids;
}

async function endsOfBuilt(id: number): Promise<ConnectionEnds | null> {
  let ends: ConnectionEnds | null = null;
  const filter = { connection: id };
  const take = ({ build }: WholeConnection): void => {
    const { client, server } = build();
    ends = { client, server };
  };
  await runAnalysis({ ...REQUEST, filter, paths: [capture] }, { observe: () => true, take });
  return ends;
}

/** What an observer is told that wants some of the connections whole, those it says. */
async function seeSome(filter: ConnectionFilter, isWanted: (id: number) => boolean): Promise<Seen> {
  const ids: number[] = [];
  const { summary, findings, totalConnections } = await runAnalysis(
    { ...REQUEST, filter, paths: [capture] },
    {
      observe: ({ id }) => isWanted(id),
      take: ({ id, build }) => {
        expect(build().id).toBe(id);
        ids.push(id);
      },
    },
  );
  return { ids: inOrder(ids), summary, findings, totalConnections };
}

const FILTERS: readonly ConnectionFilter[] = [
  {},
  { outcomes: ['reset'] },
  { outcomes: ['unanswered', 'refused'] },
  { closedFirst: 'server' },
  { findings: ['connection-refused'] },
  { findings: ['syn-unanswered'] },
  { minSeverity: 'error' },
  { outcomes: ['reset'], findings: ['data-after-close-reset'] },
  { host: '198.19.0.6' },
  { port: 443 },
  { port: 443, outcomes: ['graceful', 'half-closed'], minSeverity: 'note' },
  { connection: 1900 },
];

describe.each(FILTERS.map((filter) => [JSON.stringify(filter), filter] as const))(
  'of those that pass %s',
  (_, filter) => {
    test('an observer that takes numbers is told of all, and the same as if each were built', async () => {
      const { ids, ...all } = await seeAll(filter);
      expect(all.totalConnections).toBe(CONNECTIONS);
      expect(ids.length).toBeGreaterThan(0);
      expect(await seeNumbers(filter)).toEqual({ ...all, count: ids.length });
    });

    test('one that takes numbers and looks at a few is told where these were', async () => {
      const { ids, ...all } = await seeAll(filter);
      const looked = new Map<number, ConnectionEnds>();
      const look = (id: number, ends: ConnectionEnds): Interest => {
        looked.set(id, ends);
        return 'again';
      };
      expect(await seeNumbers(filter, look)).toEqual({ ...all, count: ids.length });
      expect([...looked.keys()]).toEqual((await askedAbout(filter)).slice(0, 10));
      for (const [id, { client, server }] of looked) expect(await endsOfBuilt(id)).toEqual({ client, server });
    });

    test('one that takes none is asked about each', async () => {
      const all = await seeAll(filter);
      const isWanted = (id: number): boolean => id % 7 !== 1;
      expect(await seeSome(filter, isWanted)).toEqual({ ...all, ids: all.ids.filter(isWanted) });
    });
  },
);

test('a filter leaves out of joined findings what does not pass it', async () => {
  const codesOf = async (filter: ConnectionFilter): Promise<string[]> =>
    (await seeNumbers(filter)).findings.map(({ code }) => code);
  expect(await codesOf({})).toContain('syn-unanswered');
  // It takes some that were answered, too.
  expect(await codesOf({ outcomes: ['unanswered'] })).toEqual([]);
  expect(await codesOf({ findings: ['syn-unanswered'] })).toContain('syn-unanswered');
});

test('extract cuts those out that are asked for', () => {
  const out = path.join(folder, 'cut.pcapng');
  const ids = [1500, 1600, 1999];
  expect(cli.run(['extract', capture, '-o', out, '--connection', ids.join(',')])).toMatchObject({ status: 0 });
  const endsOf = (file: string): { id: number; ends: string }[] => {
    const lines = cli.run([file, '-f', 'ndjson']).stdout.trim().split('\n');
    return lines.map((line) => {
      const { id, client, server } = JSON.parse(line);
      return { id, ends: JSON.stringify({ client, server }) };
    });
  };
  const wanted = endsOf(capture).filter(({ id }) => ids.includes(id));
  expect(
    endsOf(out)
      .map(({ ends }) => ends)
      .toSorted(),
  ).toEqual(wanted.map(({ ends }) => ends).toSorted());
});

test('explain tells how many there are to choose from, and the first ones', () => {
  const { stderr, status } = cli.run(['explain', capture]);
  expect(status).toBe(2);
  expect(stderr).toContain(`${CONNECTIONS} connections match`);
  const listed = Array.from(stderr.matchAll(/^ +(\d+) {2}\S+ > /gm), ([, id]) => Number(id));
  expect(listed).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
});
