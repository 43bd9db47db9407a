import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { analyzePcap } from '../test/support/simulator/analyze.ts';
import { captureRuns } from '../test/support/simulator/capture.ts';
import type { Untruth } from '../test/support/simulator/oracle.ts';
import { printRun, shrink, verifyRuns } from '../test/support/simulator/verify.ts';
import { simulate } from '../test/support/simulator.ts';

const USAGE = `usage: npm run simulate -- [--connections N] [--seed S] [--batch N] [--calm] [--examples N] [--out DIR]

Simulates N connections over bad networks, analyses what the tap saw and holds every verdict against the truth. Each run
has the seed S + its number. For every kind of untruth the first runs are shrunk, printed and written as a pcap to DIR
(default bench/data/untruths).
`;

interface Found {
  seed: number;
  untruth: Untruth;
}

/** The same complaint about different numbers is one complaint. */
const keyOf = (untruth: Untruth): string =>
  `${untruth.kind}: ${untruth.message
    .replace(/: .*$/, '')
    .replace(/frame \d+/, 'a frame')
    .replace(/\d+(\.\d+)?/g, 'N')}`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      connections: { type: 'string', default: '10000' },
      seed: { type: 'string', default: '1' },
      batch: { type: 'string', default: '100' },
      calm: { type: 'boolean', default: false },
      examples: { type: 'string', default: '1' },
      out: { type: 'string', default: 'bench/data/untruths' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const found = new Map<string, Found[]>();
  const [total, first, batch] = [Number(values.connections), Number(values.seed), Number(values.batch)];
  const sums = { packets: 0, proven: 0, finals: 0, finalsRight: 0, untruths: 0 };
  for (let done = 0; done < total; done += batch) {
    const runs = Array.from({ length: Math.min(batch, total - done) }, (_, i) =>
      simulate(first + done + i, values.calm),
    );
    const { untruths, oracle, capture } = await verifyRuns(runs, analyzePcap);
    sums.packets += capture.frames.length;
    sums.proven += oracle.provenChecked;
    sums.finals += oracle.finalChecked;
    sums.finalsRight += oracle.finalRight;
    sums.untruths += untruths.length;
    for (const untruth of untruths) {
      const key = keyOf(untruth);
      found.set(key, [...(found.get(key) ?? []), { seed: runs[untruth.run].seed, untruth }]);
    }
  }
  const share = ((100 * sums.finalsRight) / sums.finals).toFixed(2);
  process.stdout.write(
    `seeds ${first} to ${first + total - 1}: ${sums.packets} packets, ${sums.proven} proven states checked, final states ${share} % right, ${sums.untruths} untruths\n`,
  );
  await showExamples(found, Number(values.examples), values.calm, values.out);
  process.exitCode = sums.untruths > 0 ? 1 : 0;
}

async function showExamples(found: Map<string, Found[]>, examples: number, calm: boolean, out: string): Promise<void> {
  if (found.size > 0) mkdirSync(out, { recursive: true });
  const ordered = [...found].sort((a, b) => b[1].length - a[1].length);
  for (const [key, cases] of ordered) {
    const seeds = cases.slice(0, 8).map((one) => one.seed);
    process.stdout.write(`\n=== ${cases.length} x ${key}\n    seeds ${seeds.join(' ')}\n`);
    for (const { seed, untruth } of cases.slice(0, examples)) {
      const small = await shrink(simulate(seed, calm), untruth.kind, analyzePcap);
      const { untruths, capture } = await verifyRuns([small], analyzePcap);
      const path = join(out, `${untruth.kind}-${seed}.pcap`);
      writeFileSync(path, captureRuns([small]).bytes);
      process.stdout.write(`--- seed ${seed}, ${capture.frames.length} packets, ${path}\n`);
      for (const one of untruths) process.stdout.write(`    ${one.kind}: ${one.message}\n`);
      process.stdout.write(`${printRun(small)}\n`);
    }
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`simulate: ${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 2;
});
