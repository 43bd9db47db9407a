/**
 * Looks for input that the parsers cannot take.
 *
 *     npm run fuzz -- [--seed S] [--seconds N] [--parser X] [--case K]
 *
 * Every case follows from the seed, the parser's name and its number, so a failure comes again with `--case`. A case that
 * takes more than ten seconds of processor time is held to hang. Failing inputs are written to `fuzz-failures/`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { type Failure, runCase } from './fuzz/run.ts';
import { TARGETS } from './fuzz/targets.ts';

interface Job {
  readonly target: string;
  readonly seed: number;
  readonly seconds: number;
  readonly only: number | null;
}

interface Figures {
  readonly cases: number;
  readonly seconds: number;
  readonly failures: readonly Failure[];
  /** Processor time of the slowest case, milliseconds. */
  readonly slowestMillis: number;
  readonly slowestCase: number;
}

const HANG_MILLIS = 10_000;
const MAX_FAILURES = 10;

/** In the worker: runs cases until the time is over, and tells the number of each before it begins. */
async function work({ target: name, seed, seconds, only }: Job): Promise<Figures> {
  const target = TARGETS.find((each) => each.name === name);
  if (target === undefined) throw new Error(`no parser ${name}`);
  const failures: Failure[] = [];
  const start = performance.now();
  let slowestMillis = 0;
  let slowestCase = 0;
  let index = only ?? 0;
  const told = { at: start };
  for (; performance.now() - start < seconds * 1000 && failures.length < MAX_FAILURES; index++) {
    if (performance.now() - told.at > 1000 || index === (only ?? 0)) {
      told.at = performance.now();
      parentPort?.postMessage({ alive: index });
    }
    const before = process.cpuUsage();
    const failure = await runCase(target, seed, index);
    const { user, system } = process.cpuUsage(before);
    if ((user + system) / 1000 > slowestMillis) {
      slowestMillis = (user + system) / 1000;
      slowestCase = index;
    }
    if (failure !== null) failures.push(failure);
    if (only !== null) break;
  }
  const cases = only === null ? index : 1;
  return { cases, seconds: (performance.now() - start) / 1000, failures, slowestMillis, slowestCase };
}

/** In the main thread: watches a worker; null when it hangs or dies. */
function run(job: Job): Promise<Figures | string> {
  return new Promise((resolve) => {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: job });
    let alive = 0;
    const usedMillis = (): number => process.cpuUsage().user / 1000;
    let heardMillis = usedMillis();
    const end = (outcome: Figures | string): void => {
      clearInterval(watch);
      void worker.terminate();
      resolve(outcome);
    };
    const watch = setInterval(() => {
      if (usedMillis() - heardMillis > HANG_MILLIS) end(`hangs in a case after ${alive}`);
    }, 500);
    worker.on('message', (message: { alive: number } | { figures: Figures }) => {
      heardMillis = usedMillis();
      if ('alive' in message) alive = message.alive;
      else end(message.figures);
    });
    worker.on('error', (error) => end(`dies in a case after ${alive}: ${error.stack ?? error.message}`));
  });
}

function report(job: Job, figures: Figures | string): boolean {
  if (typeof figures === 'string') {
    console.log(`${job.target}: ${figures} (seed ${job.seed})`);
    return false;
  }
  const { cases, seconds, failures, slowestMillis, slowestCase } = figures;
  const slowest = `slowest ${slowestMillis.toFixed(0)} ms (case ${slowestCase})`;
  console.log(
    `${job.target}: ${cases} cases in ${seconds.toFixed(0)} s, ${failures.length} failures, ${slowest}, seed ${job.seed}`,
  );
  for (const { index, message, stack, input } of failures) {
    mkdirSync('fuzz-failures', { recursive: true });
    const path = `fuzz-failures/${job.target}-${job.seed}-${index}`;
    writeFileSync(path, input);
    console.log(
      `  case ${index}: ${message}\n    ${path}, ${input.length} bytes\n${stack.split('\n').slice(1, 6).join('\n')}`,
    );
  }
  return failures.length === 0;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      seconds: { type: 'string', default: '10' },
      parser: { type: 'string', multiple: true },
      case: { type: 'string' },
    },
  });
  const names = values.parser ?? TARGETS.map(({ name }) => name);
  let isClean = true;
  for (const target of names) {
    const only = values.case === undefined ? null : Number(values.case);
    const job: Job = { target, seed: Number(values.seed), seconds: Number(values.seconds), only };
    if (!report(job, await run(job))) isClean = false;
  }
  if (!isClean) process.exitCode = 1;
}

if (isMainThread) await main();
else parentPort?.postMessage({ figures: await work(workerData as Job) });
