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
  const { BATCH_ROWS, SegmentBatch } = await load('wire/batch.js');
  const { Decoder } = await load('wire/decode.js');
  const bytes = loadCapture();

  /** @param {any} sink */
  const readAll = (sink) => {
    const parser = new PcapParser(createSourceContext(), sink);
    parser.push(bytes);
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
  measure([
    ['pcap parser', () => readAll({ onPacket() {} })],
    ['pcap parser, decoder', () => readAll({ onPacket: decodeOne })],
  ]);
}

main().catch((error) => {
  process.stderr.write(`unit: ${error.message} (is dist built? "npm run build")\n`);
  process.exitCode = 2;
});
