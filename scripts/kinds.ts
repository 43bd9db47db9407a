/** Asks the machine what connections come to that are of one kind, as the core tells kinds (assembly/kinds.ts). */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TimeBase } from '../src/base/time.ts';
import { Core } from '../src/core/core.ts';
import { Decoding } from '../src/decoding.ts';
import { DEFAULT_TIME_WAIT_SECONDS } from '../src/engine.ts';
import { DEFAULT_POLICY, plainLimits } from '../src/findings/policy.ts';
import { findAll } from '../src/findings/registry.ts';
import { Tracker } from '../src/flow/tracker.ts';
import { writeVerdict, writeVerdicts } from '../src/known-kinds.ts';
import { wrap } from '../src/report/terminal.ts';
import { readInSteps } from '../src/source/session.ts';
import { SegmentBatch } from '../src/wire/batch.ts';

const LINE_CHARACTERS = 119;
/** Connections by profile of bench/generate.mjs. */
const GENERATED = { small: 40_000, reused: 40_000, 'long-lived': 5_000, midstream: 5_000 };
const SEED = 20;

/**
 * Adds the kinds of a capture to `verdicts`, each with what its first connection came to.
 *
 * @throws {Error} a connection came to something else than another one of its kind.
 */
export async function learnKinds(path: string, verdicts: Map<number, string>): Promise<void> {
  const core = new Core();
  let kind = -1;
  const tracker = new Tracker(
    {
      segments: false,
      timeWaitNanos: DEFAULT_TIME_WAIT_SECONDS * 1e9,
      limits: plainLimits(DEFAULT_POLICY),
      onPlain(known, _id, build) {
        kind = known;
        build();
        kind = -1;
      },
      onConnection(connection) {
        if (kind === -1) return;
        const { outcome, closedFirst } = connection.verdict;
        const verdict = writeVerdict({ outcome, closedFirst, findings: findAll(connection, DEFAULT_POLICY) });
        const usual = verdicts.get(kind) ?? verdict;
        if (verdict !== usual) throw new Error(`${path}: connection ${connection.id} is ${verdict}, not ${usual}`);
        verdicts.set(kind, usual);
      },
    },
    core,
  );
  let batch: SegmentBatch | null = null;
  const exchange = (decoded: SegmentBatch | null, timeBase: TimeBase): SegmentBatch => {
    batch ??= SegmentBatch.of(core, timeBase);
    if (decoded !== null) tracker.push(batch);
    batch.clear();
    return batch;
  };
  const decoding = new Decoding({}, { exchange, noteTunnel() {}, noteName() {} }, core);
  for await (const _ of readInSteps([path], decoding, { timeBase: decoding.timeBase }));
  decoding.end();
  for (const _ of tracker.finish(decoding.lastNanos));
}

/** The kinds of the captures in fixtures/, and of captures like those of the benchmark, but of other random numbers. */
export async function learnCommonKinds(root: string): Promise<Map<number, string>> {
  const verdicts = new Map<number, string>();
  const fixtures = join(root, 'fixtures');
  for (const name of readdirSync(fixtures, { recursive: true, encoding: 'utf8' }).sort()) {
    if (/\.pcap(ng)?$/.test(name)) await learnKinds(join(fixtures, name), verdicts);
  }
  const folder = mkdtempSync(join(tmpdir(), 'lastack-kinds-'));
  try {
    for (const [profile, connections] of Object.entries(GENERATED)) {
      const path = join(folder, `${profile}.pcap`);
      const options = ['--profile', profile, '--connections', `${connections}`, '--seed', `${SEED}`, '--out', path];
      const script = join(root, 'bench/generate.mjs');
      execFileSync(process.execPath, [script, ...options], { stdio: ['ignore', 'ignore', 'inherit'] });
      await learnKinds(path, verdicts);
      rmSync(path);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return verdicts;
}

/** The text of src/kinds-by-verdict.ts. */
export function renderKinds(verdicts: ReadonlyMap<number, string>): string {
  const text = wrap(writeVerdicts(verdicts), LINE_CHARACTERS).join('\n');
  return `// Written by \`npm run kinds\`, read by src/known-kinds.ts.\nexport const KINDS_BY_VERDICT: string = \`\n${text}\n\`;\n`;
}
