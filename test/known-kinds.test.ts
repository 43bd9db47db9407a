import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { learnCommonKinds, renderKinds } from '../scripts/kinds.ts';
import { Analysis, type AnalyzeOptions } from '../src/engine.ts';
import type { Finding } from '../src/findings/finding.ts';
import { KINDS_BY_VERDICT } from '../src/kinds-by-verdict.ts';
import { knownVerdict, readVerdicts, writeVerdict, writeVerdicts } from '../src/known-kinds.ts';
import type { SummaryResult } from '../src/report/result.ts';
import { readInSteps } from '../src/source/session.ts';

const REFUSED = 'refused nobody connection-refused error server';
const ROOT = fileURLToPath(new URL('..', import.meta.url));
let folder = '';
let capture = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lastack-known-kinds-'));
  capture = join(folder, 'small.pcap');
  const { status } = spawnSync(process.execPath, [
    join(ROOT, 'bench/generate.mjs'),
    ...['--connections', '2000', '--seed', '30', '--out', capture],
  ]);
  expect(status).toBe(0);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** What comes of the capture in sum; `built` are the connections that went through the machine. */
async function sumUp(options: AnalyzeOptions, passesOver: boolean) {
  let built = 0;
  const onConnection = (final: Parameters<Analysis['join']>[0]): void => {
    built++;
    analysis.join(final);
    analysis.count(final.connection.verdict.outcome, final.connection.verdict.closedFirst, final.findings);
  };
  const analysis = new Analysis(
    options,
    passesOver
      ? {
          onConnection,
          onPlain: () => false,
          onMorePlain: ({ outcome, closedFirst, findings }, count) =>
            analysis.count(outcome, closedFirst, findings, count),
        }
      : { onConnection },
  );
  for await (const _ of readInSteps([capture], analysis, { timeBase: analysis.timeBase }));
  analysis.finish();
  const joined = analysis.finishJoined().map((finding: Finding) => ({ ...finding, frames: [] }));
  return { summary: analysis.summary as SummaryResult, joined, built };
}

describe('what is known of kinds', () => {
  it('is what the machine says (npm run kinds)', async () => {
    expect(renderKinds(await learnCommonKinds(ROOT))).toBe(readFileSync(join(ROOT, 'src/kinds-by-verdict.ts'), 'utf8'));
  }, 120_000);

  it('is read as it is written', () => {
    const verdicts = readVerdicts(KINDS_BY_VERDICT);
    expect(verdicts.size).toBeGreaterThan(400);
    expect(readVerdicts(writeVerdicts(verdicts))).toEqual(verdicts);
    for (const [kind, verdict] of verdicts) {
      const known = knownVerdict(kind);
      expect(known === null ? null : writeVerdict(known)).toBe(verdict);
    }
  });

  it('has the category of a finding, and neither frames nor words', () => {
    const [kind] = [...readVerdicts(KINDS_BY_VERDICT)].find(([, verdict]) => verdict === REFUSED) ?? [-1];
    const bare = { frames: [], message: '', cause: '', hint: '' };
    expect(knownVerdict(kind)).toEqual({
      outcome: 'refused',
      closedFirst: null,
      findings: [{ code: 'connection-refused', severity: 'error', category: 'handshake', at: 'server', ...bare }],
    });
  });

  it('is nothing of a kind that was never seen', () => expect(knownVerdict(12_345)).toBeNull());
});

describe('an analysis that passes connections over', () => {
  it.each<[string, AnalyzeOptions, boolean]>([
    ['by default', {}, true],
    ['if TIME_WAIT is as by default', { timeWaitSeconds: 60, closeWaitSeconds: 60, severities: {} }, true],
    ['if TIME_WAIT is shorter', { timeWaitSeconds: 5 }, false],
    ['if a threshold is another one', { closeWaitSeconds: 5 }, false],
    ['if a finding is switched off', { severities: { 'time-wait-owner': 'off' } }, false],
    ['if a finding is less serious', { severities: { 'connection-refused': 'warning' } }, false],
  ])('comes to the same as one that builds them all, %s', async (_, options, isRecalled) => {
    const [fast, full] = [await sumUp(options, true), await sumUp(options, false)];
    expect(full.built).toBe(full.summary.connectionCount);
    expect(fast.summary).toEqual(full.summary);
    expect(fast.joined).toEqual(full.joined);
    // The first of its kind is built of each kind that is not known.
    if (isRecalled) expect(fast.built).toBeLessThan(10);
    else expect(fast.built).toBeGreaterThan(30);
  });
});
