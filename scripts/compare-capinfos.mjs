#!/usr/bin/env node
// Holds packet counts and times of captures against Wireshark's capinfos.
//
//   node scripts/compare-capinfos.mjs CAPTURE_OR_FOLDER...        after npm run build
//
// Prints a line for each capture that is told differently, then the figures. What is missing is said, and no fault.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const CAPINFOS = ['-T', '-m', '-r', '-Q', '-c', '-a', '-e', '-S'];

/** @param {string} path @returns {string[]} */
function walk(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => walk(join(path, name)));
}

/** Count and times as capinfos tells them; null when it cannot read the file. @param {string} file */
function askCapinfos(file) {
  const { status, stdout } = spawnSync('capinfos', [...CAPINFOS, file], { encoding: 'utf8' });
  if (status !== 0) return null;
  const [, count, first, last] =
    stdout
      .trim()
      .split(/\r?\n/)
      .at(-1)
      ?.match(/"?(\d+)"?,"?([^",]*)"?,"?([^",]*)"?$/) ?? [];
  if (count === undefined) return null;
  // capinfos tells no times of a capture in which a packet has none (simple packet blocks); tshark tells those there are.
  return { count: Number(count), ...(first === 'n/a' ? askTshark(file) : { first, last }) };
}

/** Earliest and latest time of the packets that have one. @param {string} file */
function askTshark(file) {
  const { stdout } = spawnSync('tshark', ['-n', '-r', file, '-T', 'fields', '-e', 'frame.time_epoch'], {
    encoding: 'utf8',
  });
  const times = stdout
    .split('\n')
    .filter((line) => line !== '')
    .sort((a, b) => Number(a) - Number(b));
  return { first: times[0] ?? 'n/a', last: times.at(-1) ?? 'n/a' };
}

/** The same of lastack; null when it cannot read the file. @param {string} file */
function askLastack(file) {
  const { status, stdout } = spawnSync(process.execPath, [CLI, 'info', '--format', 'json', file], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) return null;
  const [{ packetCount, firstTime, lastTime }] = JSON.parse(stdout).captures;
  return { count: packetCount, first: toSeconds(firstTime), last: toSeconds(lastTime) };
}

/** Seconds since 1970 with nine decimals, as capinfos -S has them. @param {string | null} time */
function toSeconds(time) {
  if (time === null) return 'n/a';
  const [, whole, nanos] = /^(.*)\.(\d{9})Z$/.exec(time) ?? [];
  return `${Date.parse(`${whole}Z`) / 1000}.${nanos}`;
}

/** capinfos prints as many decimals as the file has. @param {string} theirs @param {string} ours */
function sameTime(theirs, ours) {
  if (theirs === 'n/a' || ours === 'n/a') return theirs === ours;
  const decimals = theirs.split('.')[1]?.length ?? 0;
  const cut = decimals === 0 ? ours.split('.')[0] : ours.slice(0, ours.length - 9 + decimals);
  return cut === theirs;
}

const paths = process.argv.slice(2);
const missing = paths.filter((path) => !existsSync(path));
if (paths.length === 0) {
  console.log('name captures or folders of them');
  process.exitCode = 2;
} else if (missing.length > 0 || spawnSync('capinfos', ['--version']).status !== 0) {
  console.log(
    `*** nothing compared: ${missing.length > 0 ? `there is no ${missing[0]}` : 'capinfos is not installed'}`,
  );
} else {
  let equal = 0;
  let unread = 0;
  const files = paths.flatMap(walk);
  for (const file of files) {
    const [theirs, ours] = [askCapinfos(file), askLastack(file)];
    if (theirs === null && ours === null) unread++;
    else if (theirs === null || ours === null)
      console.log(`${file}: read by ${theirs === null ? 'lastack' : 'capinfos'} alone`);
    else if (theirs.count === ours.count && sameTime(theirs.first, ours.first) && sameTime(theirs.last, ours.last))
      equal++;
    else console.log(`${file}: capinfos ${Object.values(theirs).join(' ')}, lastack ${Object.values(ours).join(' ')}`);
  }
  console.log(
    `captures ${files.length}: told alike ${equal}, read by neither ${unread}, otherwise ${files.length - equal - unread}`,
  );
}
