// @ts-check
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { formatTable, isInstalled, measureSideBySide } from './lib/measure.mjs';
import { compareWithTruth, readTruth, truthPath } from './lib/verify.mjs';

const USAGE = `usage: npm run bench -- [--profiles small,standing:live=2000000,...] [--tshark small,...] [--repeats N] [--no-verify] [--json FILE] [--markdown FILE]

Builds nothing: run "npm run build" first. Generates the captures it lacks into bench/data, measures lastack side by side
with tcpdump, capinfos and tcptrace (of the profiles that --tshark names with tshark, too, which takes up to ten minutes
more each), and holds the analysis against what the generator knows. Of more than 500,000 connections only what does not
keep or write each is measured.
`;

const HERE = dirname(fileURLToPath(import.meta.url));
const DATA = join(HERE, 'data');
const LASTACK = [process.execPath, join(HERE, '..', 'dist', 'cli', 'main.js')];

/** @typedef {import('./lib/measure.mjs').Command} Command */
/** @typedef {import('./lib/measure.mjs').Timing} Timing */

/** @param {string} text */
const say = (text) => void process.stderr.write(`${text}\n`);

/**
 * @param {string} spec a profile of generate.mjs, with options if any: `standing:live=2000000`
 * @returns {string} path of the capture, generated now if it was not there
 */
function ensureCapture(spec) {
  const [profile, ...settings] = spec.split(':');
  const path = join(DATA, `${[profile, ...settings].join('-').replaceAll('=', '-')}.pcap`);
  if (existsSync(path) && existsSync(truthPath(path))) return path;
  say(`generating ${path}`);
  const options = settings.map((setting) => `--${setting}`);
  const argv = [join(HERE, 'generate.mjs'), '--profile', profile, ...options, '--out', path];
  const made = spawnSync(process.execPath, argv, { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`generate.mjs failed: ${made.stderr}`);
  return path;
}

const NDJSON = ['--format', 'ndjson'];

/** Above so many connections what keeps or writes each of them takes minutes, and tens of gigabytes of memory or disk: it is left out. */
const MANY_CONNECTIONS = 500_000;

/** @param {string} capture */
const hasMany = (capture) => readTruth(capture).connections > MANY_CONNECTIONS;

/** @param {string} capture @param {boolean} withTshark @returns {Command[]} */
function commandsFor(capture, withTshark) {
  const one = [...LASTACK, '--threads', '1'];
  const two = [...LASTACK, '--threads', '2'];
  const commands = [
    { name: 'lastack text', argv: [...one, capture] },
    { name: 'lastack text, 2 threads', argv: [...two, capture] },
  ];
  if (!hasMany(capture)) {
    commands.push(
      { name: 'lastack ndjson', argv: [...one, ...NDJSON, capture], writesFile: true },
      { name: 'lastack ndjson, 2 threads', argv: [...two, ...NDJSON, capture], writesFile: true },
    );
  }
  return [...commands, ...othersFor(capture, withTshark)];
}

/** The other programs, those that are installed. @param {string} capture @param {boolean} withTshark @returns {Command[]} */
function othersFor(capture, withTshark) {
  const privileges = process.getuid?.() === 0 ? ['-Z', 'root'] : [];
  const commands = [
    { name: 'tcpdump -w', argv: ['tcpdump', '-r', capture, '-w', '/dev/null', ...privileges] },
    { name: 'capinfos', argv: ['capinfos', capture] },
  ];
  if (!hasMany(capture)) commands.push({ name: 'tcptrace -n', argv: ['tcptrace', '-n', capture] });
  if (!hasMany(capture) && withTshark) {
    const tshark = ['tshark', '-r', capture];
    commands.push(
      { name: 'tshark conv', argv: [...tshark, '-q', '-z', 'conv,tcp'] },
      { name: 'tshark completeness', argv: [...tshark, '-T', 'fields', '-e', 'tcp.stream', '-e', 'tcp.completeness'] },
    );
  }
  return commands.filter((command) => {
    if (isInstalled(command.argv[0])) return true;
    say(`${command.argv[0]} is not installed: left out`);
    return false;
  });
}

/** @param {string} capture @param {Timing[]} timings */
function tableOf(capture, timings) {
  const { packets } = readTruth(capture);
  const tcpdump = timings.find((timing) => timing.name === 'tcpdump -w');
  const rows = timings.map((timing) => [
    timing.name,
    timing.medianSeconds.toFixed(3),
    timing.fastestSeconds.toFixed(3),
    timing.medianCpuSeconds.toFixed(2),
    (packets / timing.medianSeconds / 1e6).toFixed(2),
    tcpdump ? (timing.medianSeconds / tcpdump.medianSeconds).toFixed(2) : '-',
    timing.peakMegabytes === null ? '-' : timing.peakMegabytes.toFixed(0),
    String(timing.runs),
  ]);
  return formatTable(['program', 'median s', 'fastest s', 'CPU s', 'Mpackets/s', 'x tcpdump', 'peak MB', 'runs'], rows);
}

/** @param {string[]} argv */
function firstLineOf(argv) {
  const { stdout, stderr } = spawnSync(argv[0], argv.slice(1), { encoding: 'utf8' });
  return `${stdout ?? ''}${stderr ?? ''}`.split('\n')[0].trim();
}

function describeMachine() {
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGigabytes: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    loadAtStart: loadavg()[0].toFixed(1),
    node: process.version,
    tcpdump: firstLineOf(['tcpdump', '--version']),
    capinfos: firstLineOf(['capinfos', '--version']),
    tcptrace: firstLineOf(['sh', '-c', 'tcptrace -v 2>&1 | grep Version']),
    tshark: firstLineOf(['sh', '-c', 'tshark --version 2>/dev/null']),
  };
}

/** Start-up: a capture of one connection against an empty Node program. @param {number} repeats */
function measureStartup(repeats) {
  const capture = ensureCapture('small:connections=1');
  const timings = measureSideBySide(
    [
      { name: 'node -e 0', argv: [process.execPath, '-e', '0'] },
      { name: 'lastack --version', argv: [...LASTACK, '--version'] },
      { name: `lastack, ${readTruth(capture).packets} packets`, argv: [...LASTACK, capture] },
    ],
    2 * repeats,
    () => {},
  );
  const rows = timings.map((timing) => [
    timing.name,
    (timing.medianSeconds * 1000).toFixed(0),
    timing.peakMegabytes?.toFixed(0) ?? '-',
  ]);
  return { timings, table: formatTable(['program', 'median ms', 'peak MB'], rows) };
}

/** @param {string} profile @param {{ repeats: number, tshark: boolean, verify: boolean }} options */
async function benchProfile(profile, options) {
  const capture = ensureCapture(profile);
  const timings = measureSideBySide(commandsFor(capture, options.tshark), options.repeats, say, capture);
  const differences = options.verify && !hasMany(capture) ? await compareWithTruth(LASTACK, capture) : null;
  const { packets, connections } = readTruth(capture);
  const megabytes = statSync(capture).size / 1e6;
  const title = `${profile}: ${packets} packets, ${connections} connections, ${megabytes.toFixed(0)} MB`;
  const verdict =
    differences === null ? 'not checked' : differences.length === 0 ? 'all counts right' : differences.join('; ');
  return { profile, title, timings, table: tableOf(capture, timings), verdict };
}

async function main() {
  const { values } = parseArgs({
    options: {
      profiles: { type: 'string', default: 'small' },
      repeats: { type: 'string', default: '5' },
      tshark: { type: 'string', default: '' },
      'no-verify': { type: 'boolean', default: false },
      json: { type: 'string' },
      markdown: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(USAGE);
  if (!existsSync(LASTACK[1])) throw new Error('dist/cli/main.js is missing: run "npm run build" first');
  mkdirSync(DATA, { recursive: true });
  const repeats = Number(values.repeats);
  const machine = describeMachine();
  const startup = measureStartup(repeats);
  const results = [];
  for (const profile of values.profiles.split(',')) {
    const tshark = values.tshark.split(',').includes(profile);
    results.push(await benchProfile(profile, { repeats, tshark, verify: !values['no-verify'] }));
  }
  const machineLines = Object.entries(machine).map(([name, value]) => `- ${name}: ${value}`);
  const sections = results.map(
    ({ title, table, verdict }) => `## ${title}\n\n${table}\n\nAgainst the truth: ${verdict}.\n`,
  );
  const report = [
    '# Benchmark results',
    '',
    'Written by `npm run bench`. Wall-clock medians, start-up included, all programs in turn in the same run, the capture read by `cat` before each.',
    '',
    ...machineLines,
    '',
    '## Start-up',
    '',
    startup.table,
    '',
    ...sections,
  ].join('\n');
  process.stdout.write(report);
  if (values.markdown) writeFileSync(values.markdown, report);
  if (values.json)
    writeFileSync(values.json, `${JSON.stringify({ machine, startup: startup.timings, results }, null, 2)}\n`);
  if (results.some((result) => !['all counts right', 'not checked'].includes(result.verdict))) process.exitCode = 1;
}

main().catch((error) => {
  process.stderr.write(`bench: ${error.message}\n`);
  process.exitCode = 2;
});
