// @ts-check

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatTable, median } from './lib/measure.mjs';

/*
 * Unit benches over the built files in dist: a test runner's module transform makes every call across modules
 * several times slower and would measure itself.
 */

const HERE = dirname(fileURLToPath(import.meta.url));
const CAPTURE = join(HERE, 'data', 'unit.pcap');
const ROUNDS = 21;

/** Some 24 MB of mixed connections, made once. @returns {Uint8Array} */
function loadCapture() {
  if (!existsSync(CAPTURE)) {
    mkdirSync(dirname(CAPTURE), { recursive: true });
    spawnSync(process.execPath, [join(HERE, 'generate.mjs'), '--connections', '7000', '--out', CAPTURE]);
  }
  return new Uint8Array(readFileSync(CAPTURE));
}

/** @param {string} path @returns {Promise<any>} */
const load = (path) => import(new URL(`../dist/${path}`, import.meta.url).href);

/** Look-ups in one run of the bench of the machine. */
const STEPS = 1_000_000;

/** The transitions alone: every event in every state, by turns. @param {any} machine @param {any} events @param {any} states */
function machineBench({ ruleForSent, ruleForReceived }, { SENT, RECEIVED }, { STATES }) {
  let seen = 0;
  return () => {
    for (let i = 0; i < STEPS; i++) {
      const state = STATES[i % STATES.length];
      seen += ruleForSent(state, SENT[i % SENT.length]).id.length;
      seen += ruleForReceived(state, RECEIVED[i % RECEIVED.length]).id.length;
    }
    return seen === 0 ? 1 : STEPS;
  };
}

/**
 * Each bench is run in turn, `ROUNDS` times; a run returns how many packets it worked on.
 *
 * @param {[string, () => number][]} benches
 */
function measure(benches) {
  const nanos = benches.map(() => /** @type {number[]} */ ([]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, [, run]] of benches.entries()) {
      const before = process.hrtime.bigint();
      const packets = run();
      nanos[index].push(Number(process.hrtime.bigint() - before) / packets);
    }
  }
  const rows = benches.map(([name], index) => [
    name,
    median(nanos[index]).toFixed(1),
    Math.min(...nanos[index]).toFixed(1),
  ]);
  process.stdout.write(`${formatTable(['step', 'median ns/packet', 'fastest'], rows)}\n`);
}

async function main() {
  const { createSourceContext } = await load('source/packet.js');
  const { PcapParser } = await load('source/pcap.js');
  const { BATCH_ROWS, ROW_WORDS, SegmentBatch } = await load('wire/batch.js');
  const { Decoder } = await load('wire/decode.js');
  const bytes = loadCapture();

  /** @param {any} sink @param {Uint8Array} from */
  const readAll = (sink, from = bytes) => {
    const parser = new PcapParser(createSourceContext(), sink);
    parser.push(from);
    parser.end();
    return parser.packetCount;
  };
  const batch = new SegmentBatch({ epochSeconds: 0 });
  const decoder = new Decoder(batch);
  /** @type {(data: Uint8Array, view: DataView, start: number, captured: number, wire: number, link: number, frame: number, time: number, index: number) => void} */
  const decodeOne = (data, view, start, captured, wire, link, frame, time, index) => {
    if (batch.count === BATCH_ROWS) batch.count = 0;
    decoder.decode(data, view, start, captured, wire, link, frame, time, index);
  };
  const { Core } = await load('core/core.js');
  const { RunDecoder } = await load('wire/run.js');
  const { Tracker } = await load('flow/tracker.js');
  const { Analysis } = await load('engine.js');
  /** @param {(batch: any) => void} take hands on full batches, as the analysis does */
  const readBatches = (take) => {
    batch.clear();
    const packets = readAll({
      /** @type {typeof decodeOne} */
      onPacket(...packet) {
        decoder.decode(...packet);
        if (!batch.isFull) return;
        take(batch);
        batch.clear();
      },
    });
    take(batch);
    return packets;
  };
  const findTuples = () => {
    const core = new Core();
    return readBatches((full) => {
      core.words.set(full.words.subarray(0, full.count * ROW_WORDS), core.rowsAt >> 2);
      for (let row = 0; row < full.count; row++) if (core.exports.find(row) === -1) core.exports.add(0, 0);
    });
  };
  const runCore = new Core();
  const block = runCore.openBlock(bytes.length);
  block.set(bytes);
  const decodeRuns = () => {
    const rows = SegmentBatch.of(runCore, { epochSeconds: 0 });
    const runs = new RunDecoder(runCore, rows.timeBase);
    let clock = Number.NEGATIVE_INFINITY;
    const sink = {
      onPacket() {},
      /** @type {(data: Uint8Array, from: number, end: number, run: any) => number} */
      onRun(data, from, end, run) {
        const next = runs.decode(data, from, end, run, rows, clock);
        clock = run.timeNanos;
        if (rows.isFull) rows.clear();
        return next;
      },
    };
    return readAll(sink, block);
  };
  /** @param {boolean} alwaysInFull */
  const track = (alwaysInFull) => {
    const options = { segments: false, timeWaitNanos: 60e9, onConnection() {}, onPlain() {}, alwaysInFull };
    const tracker = new Tracker(options);
    const packets = readBatches((full) => tracker.push(full));
    for (const _ of tracker.finish(0));
    return packets;
  };
  const analyze = () => {
    const analysis = new Analysis({}, { onConnection() {} });
    const packets = readAll(analysis);
    analysis.finish();
    return packets;
  };
  const machine = machineBench(await load('tcp/compile.js'), await load('tcp/events.js'), await load('tcp/states.js'));
  measure([
    ['step: a look-up for the sender and one for the receiver', machine],
    ['pcap parser', () => readAll({ onPacket() {} })],
    ['pcap parser, decoder of the core', decodeRuns],
    ['pcap parser, decoder', () => readAll({ onPacket: decodeOne })],
    ['pcap parser, decoder, flow table', findTuples],
    ['pcap parser, decoder, tracker', () => track(false)],
    ['pcap parser, decoder, tracker, all in the machine (classify and step)', () => track(true)],
    ['everything, every connection judged', analyze],
  ]);
}

main().catch((error) => {
  process.stderr.write(`unit: ${error.message} (is dist built? "npm run build")\n`);
  process.exitCode = 2;
});
