// @ts-check
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * One program on one input.
 *
 * @typedef {object} Command
 * @property {string} name
 * @property {string[]} argv
 * @property {boolean} [writesFile] whether it is to write to a file, a new one each time, which --output names
 */

/**
 * @typedef {object} Timing
 * @property {string} name
 * @property {string} command
 * @property {number} runs
 * @property {number} medianSeconds wall clock, start-up included
 * @property {number} fastestSeconds
 * @property {number} medianCpuSeconds user and system
 * @property {number | null} peakMegabytes largest resident set (10^6 bytes); null without /usr/bin/time
 */

const TIME = '/usr/bin/time';
/** Node.js reads the certificates that NODE_EXTRA_CA_CERTS names at every start, for some 50 ms; nothing here needs them. */
const { NODE_EXTRA_CA_CERTS: _, ...ENVIRONMENT } = process.env;

/** @param {string} program */
export function isInstalled(program) {
  return spawnSync('sh', ['-c', 'command -v "$1"', 'sh', program]).status === 0;
}

/** @param {number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Runs all commands in turn, `repeats` rounds, so that a drift of the machine meets all of them alike.
 *
 * @param {Command[]} commands
 * @param {number} repeats
 * @param {(text: string) => void} progress
 * @param {string} [input] a file that is read once before each run, so that all find it in the page cache
 * @returns {Timing[]}
 */
export function measureSideBySide(commands, repeats, progress, input) {
  const samples = commands.map(() => /** @type {{ wall: number, cpu: number, peak: number | null }[]} */ ([]));
  for (let round = 0; round < repeats; round++) {
    for (const [index, command] of commands.entries()) {
      progress(`round ${round + 1} of ${repeats}: ${command.name}`);
      if (input !== undefined) spawnSync('cat', [input], { stdio: 'ignore' });
      samples[index].push(runOnce(command));
    }
  }
  return commands.map((command, index) => summarise(command, samples[index]));
}

/** @param {Command} command @param {{ wall: number, cpu: number, peak: number | null }[]} samples @returns {Timing} */
function summarise(command, samples) {
  const peaks = samples.flatMap((sample) => (sample.peak === null ? [] : [sample.peak]));
  return {
    name: command.name,
    command: command.argv.join(' '),
    runs: samples.length,
    medianSeconds: median(samples.map((sample) => sample.wall)),
    fastestSeconds: Math.min(...samples.map((sample) => sample.wall)),
    medianCpuSeconds: median(samples.map((sample) => sample.cpu)),
    peakMegabytes: peaks.length > 0 ? Math.max(...peaks) : null,
  };
}

/** @param {Command} command */
function runOnce(command) {
  const withTime = existsSync(TIME);
  const folder = mkdtempSync(join(tmpdir(), 'lastack-bench-'));
  const report = join(folder, 'time');
  const plain = command.writesFile === true ? [...command.argv, '--output', join(folder, 'output')] : command.argv;
  const argv = withTime ? [TIME, '-f', '%U %S %M', '-o', report, ...plain] : plain;
  const before = process.hrtime.bigint();
  const result = spawnSync(argv[0], argv.slice(1), {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: ENVIRONMENT,
  });
  const wall = Number(process.hrtime.bigint() - before) / 1e9;
  if (result.status !== 0) {
    throw new Error(`${command.argv.join(' ')} ended with ${result.status ?? result.error}: ${result.stderr}`);
  }
  const [user, system, kilobytes] = withTime ? readFileSync(report, 'utf8').trim().split(' ').map(Number) : [0, 0, 0];
  rmSync(folder, { recursive: true });
  return { wall, cpu: user + system, peak: withTime ? (kilobytes * 1024) / 1e6 : null };
}

/**
 * @param {string[]} header
 * @param {string[][]} rows
 * @returns {string} a Markdown table with aligned columns; the first is text, the others are numbers
 */
export function formatTable(header, rows) {
  const widths = header.map((title, i) => Math.max(title.length, 3, ...rows.map((row) => row[i].length)));
  /** @param {string[]} row */
  const line = (row) =>
    `| ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(' | ')} |`;
  const rule = `|${widths.map((width, i) => (i === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [line(header), rule, ...rows.map(line)].join('\n');
}
