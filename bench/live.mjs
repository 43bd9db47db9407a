// @ts-check
// What a live capture can take, on a veth pair in a namespace made for it: root, iproute2, tcpreplay and tcpdump are needed.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const USAGE = `usage: node bench/live.mjs rates [--rates 50000,100000,...] [--seconds 10]
       node bench/live.mjs soak [--rate 20000] [--seconds 600] [--via cap]   both: [--buffer MB]

rates  which part of so many packets a second arrives, for lastack live and for tcpdump -w /dev/null
soak   memory and processor time minute by minute, with connections that come and go
`;
const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const PROGRAM = join(ROOT, 'dist/cli/main.js');
const CAPTURE = join(ROOT, 'bench/data/live.pcap');
const SPACE = `live-bench-${process.pid}`;
const METRICS_PORT = 9471;
const TICKS_PER_SECOND = 100;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rates: { type: 'string', default: '50000,100000,150000,200000,300000' },
    rate: { type: 'string', default: '20000' },
    seconds: { type: 'string' },
    via: { type: 'string', default: 'cap' },
    buffer: { type: 'string', default: '512' },
    inside: { type: 'boolean', default: false },
  },
});
const [mode] = positionals;
if (mode !== 'rates' && mode !== 'soak') {
  process.stderr.write(USAGE);
  process.exit(2);
}

/** Makes the namespace, runs this file in it, and takes it away again. */
function outside() {
  if (!existsSync(CAPTURE)) {
    mkdirSync(dirname(CAPTURE), { recursive: true });
    run(
      process.execPath,
      'bench/generate.mjs',
      '--profile',
      'standing',
      '--connections',
      '40000',
      '--live',
      '2000',
      '--out',
      CAPTURE,
    );
  }
  const ip = (/** @type {string[]} */ ...args) => run('ip', ...args);
  ip('netns', 'add', SPACE);
  try {
    ip('-n', SPACE, 'link', 'add', 'out0', 'type', 'veth', 'peer', 'name', 'in0');
    ip('-n', SPACE, 'link', 'set', 'lo', 'up');
    for (const name of ['out0', 'in0']) {
      run('ip', 'netns', 'exec', SPACE, 'sysctl', '-qw', `net.ipv6.conf.${name}.disable_ipv6=1`);
      ip('-n', SPACE, 'link', 'set', name, 'up');
    }
    const args = [...process.argv.slice(1), '--inside'];
    execFileSync('ip', ['netns', 'exec', SPACE, process.execPath, ...args], { cwd: ROOT, stdio: 'inherit' });
  } finally {
    ip('netns', 'del', SPACE);
  }
}

/** @param {string} command @param {string[]} args */
function run(command, ...args) {
  return execFileSync(command, args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

const received = () => Number(readFileSync('/sys/class/net/in0/statistics/rx_packets', 'utf8'));

/** Plays the capture again and again, with other addresses each time; resolves when it is over. */
function replay(/** @type {number} */ rate, /** @type {number} */ packets) {
  const args = [
    '-q',
    '-K',
    '--unique-ip',
    '--loop',
    '100000',
    '--limit',
    String(packets),
    '-p',
    String(rate),
    '-i',
    'out0',
    CAPTURE,
  ];
  return ended(spawn('tcpreplay', args, { stdio: 'ignore' }));
}

/** @param {import('node:child_process').ChildProcess} child @returns {Promise<void>} */
function ended(child) {
  return new Promise((resolve) => child.once('exit', () => resolve()));
}

const sleep = (/** @type {number} */ millis) => new Promise((resolve) => setTimeout(resolve, millis));

/** @param {string} via @param {string[]} more */
async function startLive(via, ...more) {
  const args = [
    PROGRAM,
    'live',
    '-i',
    'in0',
    '--via',
    via,
    '--no-screen',
    '-f',
    'ndjson',
    '--buffer',
    values.buffer,
    '--metrics',
    String(METRICS_PORT),
    ...more,
  ];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  let events = 0;
  child.stdout.on('data', (/** @type {Buffer} */ chunk) => {
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) events++;
  });
  await new Promise((resolve) => {
    child.stderr.on('data', (chunk) => {
      said += chunk;
      if (said.includes('capturing')) resolve(undefined);
    });
  });
  return { child, said: () => said, events: () => events };
}

/** @returns {Promise<Record<string, number>>} */
async function readMetrics() {
  const text = await (await fetch(`http://127.0.0.1:${METRICS_PORT}/metrics`)).text();
  return Object.fromEntries(
    [...text.matchAll(/^(lastack_\S+) (\d+)$/gm)].map(([, name, value]) => [name, Number(value)]),
  );
}

/** Memory of its own in MB (the ring that the kernel shares is not), and processor seconds of a process, and of those it started. */
function measure(/** @type {number} */ pid) {
  const pids = [pid, ...childrenOf(pid)];
  let megabytes = 0;
  let seconds = 0;
  for (const each of pids) {
    const fields = readFileSync(`/proc/${each}/stat`, 'utf8').split(') ')[1].split(' ');
    seconds += (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
    megabytes += Number(/RssAnon:\s*(\d+)/.exec(readFileSync(`/proc/${each}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  }
  return { megabytes, seconds };
}

/** @param {number} pid @returns {number[]} */
function childrenOf(pid) {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
}

/** Waits until nothing more arrives. */
async function settle() {
  for (let before = -1, now = 0; before !== now; ) {
    before = now;
    await sleep(1500);
    now = (await readMetrics()).lastack_packets_total;
  }
}

async function rates() {
  const seconds = Number(values.seconds ?? 10);
  console.log(
    `| packets/s asked | sent | lastack live (cap) | lastack live (tcpdump) | tcpdump -w /dev/null |\n|---|---|---|---|---|`,
  );
  for (const rate of values.rates.split(',').map(Number)) {
    const cells = [];
    let sentRate = 0;
    for (const via of ['cap', 'tcpdump']) {
      const live = await startLive(via);
      const before = received();
      const began = performance.now();
      await replay(rate, rate * seconds);
      const sent = received() - before;
      sentRate = Math.round(sent / ((performance.now() - began) / 1000));
      await settle();
      const { lastack_packets_total: got, lastack_packets_dropped_total: dropped } = await readMetrics();
      const { seconds: cpu } = measure(live.child.pid ?? 0);
      live.child.kill('SIGINT');
      await ended(live.child);
      cells.push(
        `${share(got, sent)}${dropped === undefined ? '' : `, ${dropped} dropped`}, ${((cpu / sent) * 1e6).toFixed(1)} µs`,
      );
    }
    const before = received();
    const tcpdump = spawn('tcpdump', ['-i', 'in0', '-n', '-s', '512', '-B', '32768', '-w', '/dev/null'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    tcpdump.stderr.on('data', (chunk) => {
      said += chunk;
    });
    await sleep(1000);
    await replay(rate, rate * seconds);
    await sleep(1000);
    tcpdump.kill('SIGINT');
    await ended(tcpdump);
    cells.push(share(Number(/(\d+) packets captured/.exec(said)?.[1]), received() - before));
    console.log(`| ${rate} | ${sentRate}/s | ${cells.join(' | ')} |`);
  }
}

const share = (/** @type {number} */ got, /** @type {number} */ sent) =>
  `${((got / sent) * 100).toFixed(2)} % (${got} of ${sent})`;

async function soak() {
  const seconds = Number(values.seconds ?? 600);
  const rate = Number(values.rate);
  const live = await startLive(values.via);
  const before = received();
  const playing = replay(rate, rate * seconds);
  console.log('minute  memory MB  CPU s  packets  tracked  events');
  const row = async (/** @type {number} */ minute) => {
    const { megabytes, seconds: cpu } = measure(live.child.pid ?? 0);
    const metrics = await readMetrics();
    const { lastack_packets_total: packets, lastack_connections_tracked: tracked } = metrics;
    console.log([minute, megabytes.toFixed(0), cpu.toFixed(1), packets, tracked, live.events()].join('  '));
  };
  let minute = 0;
  const timer = setInterval(() => row(++minute), 60_000);
  await playing;
  await settle();
  clearInterval(timer);
  await row(seconds / 60);
  const sent = received() - before;
  const metrics = await readMetrics();
  live.child.kill('SIGINT');
  await ended(live.child);
  console.log(`sent ${sent}, captured ${metrics.lastack_packets_total}, lost ${sent - metrics.lastack_packets_total}`);
  console.log(
    `opened ${metrics.lastack_connections_opened_total}`,
    JSON.stringify(Object.fromEntries(Object.entries(metrics).filter(([name]) => /closed|evicted/.test(name)))),
  );
  console.log(live.said());
}

if (values.inside) await (mode === 'soak' ? soak() : rates());
else outside();
