import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { LIBRARY } from '../../src/cli/library.ts';
import { runCli } from '../../src/cli/run.ts';
import type { ResultDocument } from '../../src/report/result.ts';
import { createTestIo } from '../support/cli-io.ts';

const FIXTURES = fileURLToPath(new URL('../../fixtures/', import.meta.url));
const WIDTH = 80;

async function lastack(...args: string[]): Promise<string> {
  const io = createTestIo({ terminalWidth: WIDTH, env: { NO_COLOR: '1' } });
  const status = await runCli(args, io, LIBRARY);
  expect([args, status, io.err()]).toEqual([args, 0, '']);
  return io.out();
}

/** Holds a text for a person to what every such text has to keep. */
function expectReadable(text: string): void {
  const lines = text.split('\n');
  expect(lines.filter((line) => [...line].length > WIDTH && !line.includes('lastack '))).toEqual([]);
  expect(lines.filter((line) => /undefined|NaN|\[object|\bnull\b/.test(line))).toEqual([]);
  expect(lines.filter((line) => line.endsWith(' '))).toEqual([]);
}

describe('every fixture', () => {
  for (const name of readdirSync(FIXTURES).filter((file) => /\.pcap(ng)?$/.test(file))) {
    test(`${name} is told, and each of its connections explained`, async () => {
      const path = FIXTURES + name;
      expectReadable(await lastack(path));
      const document = JSON.parse(await lastack(path, '--format', 'json', '--segments')) as ResultDocument;
      for (const { id, segments = [] } of document.connections) {
        const text = await lastack('explain', path, '--connection', String(id), '--all');
        expectReadable(text);
        const drawn = new Set([...text.matchAll(/^ *#(\d+) /gm)].map((match) => Number(match[1])));
        expect(segments.filter((segment) => !drawn.has(segment.frame)).map((segment) => segment.frame)).toEqual([]);
        for (const segment of segments) {
          for (const label of segment.labels) if (label !== 'data' && label !== 'ack') expect(text).toContain(label);
        }
      }
    });
  }
});

test('the machine is printed from its rules', async () => {
  const rules = await LIBRARY.rules();
  const text = await lastack('rules');
  expectReadable(text);
  expect(rules.filter((rule) => !text.includes(rule.id))).toEqual([]);
});

test('the catalogue is printed, and each code explained', async () => {
  expectReadable(await lastack('findings'));
  for (const { code } of await LIBRARY.catalog()) expectReadable(await lastack('findings', code));
});
