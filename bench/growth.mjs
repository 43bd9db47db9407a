// @ts-check
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { formatTable, measureSideBySide } from './lib/measure.mjs';
import { readTruth } from './lib/verify.mjs';

const USAGE = `usage: node bench/growth.mjs [--lives 10000,100000,1000000,2000000] [--connections N] [--short N] [--repeats N] [--folder DIR]

Measures what grows: processor time a packet with the number of connections that are alive at a time, and peak memory
with the length of the capture while that number stays. Captures are generated one after the other and removed again;
the largest has N dialogues (default: as many as the most alive), 1.24 GB a million. The
captures for memory have --short dialogues and ten times as many.
`;

const HERE = dirname(fileURLToPath(import.meta.url));
const LASTACK = [process.execPath, join(HERE, '..', 'dist', 'cli', 'main.js')];
/** Concurrency of the captures whose length differs. */
const STEADY_LIVE = 10_000;

/** @param {string} folder @param {number} live @param {number} connections */
function generate(folder, live, connections) {
  const path = join(folder, `standing-${live}-${connections}.pcap`);
  const settings = ['--profile', 'standing', '--live', `${live}`, '--connections', `${connections}`, '--out', path];
  const made = spawnSync(process.execPath, [join(HERE, 'generate.mjs'), ...settings], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`generate.mjs failed: ${made.stderr}`);
  return path;
}

/** @param {string} path @param {string[]} options @param {number} repeats */
function run(path, options, repeats) {
  spawnSync('cat', [path], { stdio: 'ignore' });
  const argv = [...LASTACK, path, '--threads', '1', ...options];
  const [timing] = measureSideBySide([{ name: 'lastack', argv }], repeats, () => {});
  return { timing, packets: readTruth(path).packets };
}

/** @param {string} folder @param {number[]} lives @param {number} connections @param {number} repeats */
function measureLives(folder, lives, connections, repeats) {
  let first = 0;
  return lives.map((live) => {
    const path = generate(folder, live, connections);
    const { timing, packets } = run(path, [], repeats);
    rmSync(path);
    const nanos = (timing.medianCpuSeconds / packets) * 1e9;
    first ||= nanos;
    const growth = `${((nanos / first - 1) * 100).toFixed(0)} %`;
    return [String(live), String(packets), nanos.toFixed(0), growth, timing.peakMegabytes?.toFixed(0) ?? '-'];
  });
}

/** @param {string} folder @param {number} short @param {number} repeats */
function measureLengths(folder, short, repeats) {
  let first = 0;
  return [short, 10 * short].map((connections) => {
    const path = generate(folder, STEADY_LIVE, connections);
    const { timing, packets } = run(path, ['--format', 'ndjson', '--time-wait', '1'], repeats);
    rmSync(path);
    const peak = timing.peakMegabytes ?? 0;
    first ||= peak;
    return [String(packets), peak.toFixed(0), `${((peak / first - 1) * 100).toFixed(0)} %`];
  });
}

function main() {
  const { values } = parseArgs({
    options: {
      lives: { type: 'string', default: '10000,100000,1000000,2000000' },
      connections: { type: 'string' },
      short: { type: 'string', default: '100000' },
      repeats: { type: 'string', default: '5' },
      folder: { type: 'string', default: tmpdir() },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(USAGE);
  if (!existsSync(LASTACK[1])) throw new Error('dist/cli/main.js is missing: run "npm run build" first');
  const lives = values.lives.split(',').map(Number);
  const connections = Number(values.connections ?? Math.max(...lives));
  const folder = mkdtempSync(join(values.folder, 'lastack-growth-'));
  const load = loadavg()[0].toFixed(1);
  try {
    const repeats = Number(values.repeats);
    const perLive = measureLives(folder, lives, connections, repeats);
    const perLength = measureLengths(folder, Number(values.short), repeats);
    const machine = `${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores, node ${process.version}, load at start ${load}`;
    process.stdout.write(
      [
        `Machine: ${machine}. Processor time, all threads of the process, start-up included.`,
        formatTable(['alive at a time', 'packets', 'ns/packet', 'growth', 'peak MB'], perLive),
        `NDJSON, ${STEADY_LIVE} alive at a time:`,
        formatTable(['packets', 'peak MB', 'growth'], perLength),
        '',
      ].join('\n\n'),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

try {
  main();
} catch (error) {
  process.stderr.write(`growth: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 2;
}
