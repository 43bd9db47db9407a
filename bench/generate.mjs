// @ts-check
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { CaptureWriter } from './lib/capture-writer.mjs';
import { Random } from './lib/random.mjs';
import { runConversations } from './lib/schedule.mjs';
import { bulkTransfer, floodedSyn, longLived, MIX } from './lib/scripts.mjs';
import { runStanding } from './lib/standing.mjs';
import { TruthCounter } from './lib/truth.mjs';

const USAGE = `usage: node bench/generate.mjs [--profile NAME] [--connections N] [--live N] [--seed N] [--out FILE] [--max-bytes N]

Writes a capture of made-up TCP connections and, beside it, FILE.truth.json with what is in it.

profiles (default connections, live at a time):
  small      many short connections of every outcome (200000, 1000)
  lossy      as small, with a loss in every third exchange and close (100000, 1000)
  reused     as lossy, every second connection on ports that were used before (100000, 1000)
  bulk       one-way transfers of 24 MB (40, 4)
  flood      SYNs answered but never acknowledged (5000000, 50)
  long-lived minutes of silence, few packets (50000, all)
  midstream  as long-lived, in a capture that began later: no SYN in it (50000, all)
  standing   short dialogues with exactly N alive at a time (2000000, 10000)

--max-bytes  refuse to write more (default 4294967296)
`;

const EPOCH_SECONDS = 1_790_000_000;
const SECOND = 1_000_000;

const COMMON = {
  clients: 4000,
  servers: 40,
  ipv6Share: 0.1,
  reuseShare: 0.01,
  rampMicros: 2 * SECOND,
  gapMicros: 400_000,
  habits: { trouble: 0.03, exchanges: 1.89 },
  mix: MIX,
};

/** @param {import('./lib/scripts.mjs').Script | any} script */
const only = (script) => [{ script, weight: 1, reusable: false }];

const LOSSY = { ...COMMON, connections: 100_000, live: 1000, habits: { trouble: 0.33, exchanges: 1.89 } };

const LONG_LIVED = {
  ...COMMON,
  connections: 50_000,
  live: Infinity,
  reuseShare: 0,
  rampMicros: 60 * SECOND,
  mix: only(longLived),
};

/** @type {Record<string, { connections: number, live: number } & Record<string, any>>} */
const PROFILES = {
  small: { ...COMMON, connections: 200_000, live: 1000 },
  lossy: LOSSY,
  reused: { ...LOSSY, reuseShare: 0.5 },
  bulk: {
    ...COMMON,
    connections: 40,
    live: 4,
    reuseShare: 0,
    habits: { trouble: 0.0005, exchanges: 0 },
    mix: only(bulkTransfer(24e6)),
  },
  flood: {
    ...COMMON,
    connections: 5_000_000,
    live: 50,
    clients: 60_000,
    servers: 4,
    reuseShare: 0,
    gapMicros: 2000,
    mix: only(floodedSyn),
  },
  'long-lived': LONG_LIVED,
  midstream: { ...LONG_LIVED, leavesOutSyns: true },
  standing: { connections: 2_000_000, live: 10_000, rounds: 2 },
};

/** @param {string} name @param {string | undefined} text @param {number} fallback */
function positiveInteger(name, text, fallback) {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new Error(`--${name} wants a positive whole number, not '${text}'`);
}

function main() {
  const { values } = parseArgs({
    options: {
      profile: { type: 'string', default: 'small' },
      connections: { type: 'string' },
      live: { type: 'string' },
      seed: { type: 'string' },
      out: { type: 'string' },
      'max-bytes': { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(USAGE);
  const profile = PROFILES[values.profile];
  if (profile === undefined)
    throw new Error(`no profile '${values.profile}'; there are ${Object.keys(PROFILES).join(', ')}`);
  const connections = positiveInteger('connections', values.connections, profile.connections);
  const live = positiveInteger('live', values.live, profile.live);
  const seed = positiveInteger('seed', values.seed, 1);
  const out = values.out ?? `bench/data/${values.profile}.pcap`;
  const maxBytes = positiveInteger('max-bytes', values['max-bytes'], 4 * 1024 ** 3);

  mkdirSync(dirname(out), { recursive: true });
  const writer = new CaptureWriter(out, maxBytes, EPOCH_SECONDS);
  writer.leavesOutSyns = profile.leavesOutSyns === true;
  const truth = new TruthCounter();
  const plan = { ...profile, connections, live };
  if (values.profile === 'standing') runStanding(writer, /** @type {any} */ (plan), truth);
  else runConversations(writer, new Random(seed), /** @type {any} */ (plan), truth);
  writer.close();

  const facts = {
    profile: values.profile,
    seed,
    live: Math.min(live, connections),
    packets: writer.packetCount,
    bytes: writer.sizeBytes,
  };
  const seconds = Math.round(writer.lastMicros / SECOND);
  const sidecar = {
    ...facts,
    seconds,
    connections: truth.connections,
    outcomes: truth.outcomes,
    closedFirst: truth.closedFirst,
  };
  writeFileSync(`${out.replace(/\.pcap$/, '')}.truth.json`, `${JSON.stringify(sidecar, null, 2)}\n`);
  process.stdout.write(`${out}: ${JSON.stringify(sidecar)}\n`);
}

try {
  main();
} catch (error) {
  process.stderr.write(`generate: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 2;
}
