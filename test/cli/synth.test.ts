import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { LIBRARY } from '../../src/cli/library.ts';
import { runCli } from '../../src/cli/run.ts';
import { analyzeBytes, analyzeFile } from '../../src/index.ts';
import { createTestIo, type TestIoOptions } from '../support/cli-io.ts';

const scratch = mkdtempSync(join(tmpdir(), 'lastack-synth-cli-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const SCENARIO = 'test/scenarios/final-ack-lost-past-tap.md';

async function lastack(args: string[], options: TestIoOptions = {}) {
  const io = createTestIo(options);
  const status = await runCli(args, io, LIBRARY);
  return { status, out: io.out(), err: io.err() };
}

describe('lastack synth', () => {
  test.each(['pcapng', 'pcap'])('writes a %s by the name of the output', async (format) => {
    const path = join(scratch, `out.${format}`);
    expect(await lastack(['synth', SCENARIO, '-o', path])).toEqual({ status: 0, out: '', err: '' });
    const { captures, connections } = await analyzeFile(path);
    expect(captures[0].format).toBe(format);
    expect(connections[0].findings.map((finding) => finding.code)).toContain('teardown-w4-lost');
  });

  test('the option decides when the name does not', async () => {
    const path = join(scratch, 'named');
    await lastack(['synth', SCENARIO, '-o', path, '-f', 'pcap']);
    expect(analyzeBytes(readFileSync(path)).captures[0].format).toBe('pcap');
  });

  test('the capture goes to standard output, but not to a terminal', async () => {
    const { status, out } = await lastack(['synth', SCENARIO, '-o', '-']);
    expect(status).toBe(0);
    expect(out.length).toBeGreaterThan(500);
    const refused = await lastack(['synth', SCENARIO], { terminalWidth: 80 });
    expect(refused).toMatchObject({ status: 2, out: '' });
    expect(refused.err).toMatch(/--output FILE\.pcapng/);
  });

  test('a mistake is named with file, line and column, and nothing is written', async () => {
    const path = join(scratch, 'wrong.md');
    writeFileSync(path, '# Wrong\n\n```packets\n+0 C > S S\n+0 S > X S.\n```\n');
    const output = join(scratch, 'never.pcapng');
    const { status, err } = await lastack(['synth', path, '-o', output]);
    expect(status).toBe(3);
    expect(err).toBe(`lastack: ${path}:5:8: no end is called 'X' (ends: C S)\n`);
    expect(() => readFileSync(output)).toThrow();
  });

  test('a label or state that does not exist is a mistake', async () => {
    const path = join(scratch, 'label.md');
    writeFileSync(path, '# Wrong\n\n```packets\n+0 C > S S | sin\n```\n');
    expect((await lastack(['synth', path])).err).toContain(`${path}:4:14: 'sin' is no label`);
  });

  test('a file that is not there cannot be read', async () => {
    const { status, err } = await lastack(['synth', 'no-such.md']);
    expect([status, err]).toEqual([3, expect.stringMatching(/^lastack: no-such\.md: there is no such file\./)]);
  });
});

describe('lastack explain --format scenario', () => {
  test('gives what synth makes the same connection of', async () => {
    const told = await lastack(['explain', 'fixtures/final-ack-lost.pcap', '-f', 'scenario']);
    expect(told).toMatchObject({ status: 0, err: '' });
    const path = join(scratch, 'told.md');
    const capture = join(scratch, 'told.pcapng');
    writeFileSync(path, told.out);
    expect((await lastack(['synth', path, '-o', capture])).status).toBe(0);
    const [original] = (await analyzeFile('fixtures/final-ack-lost.pcap', { segments: true })).connections;
    const [again] = (await analyzeFile(capture, { segments: true })).connections;
    expect(again).toEqual(original);
  });

  test('needs a file, as it reads it twice', async () => {
    const { status, err } = await lastack(['explain', '-', '-f', 'scenario']);
    expect([status, err]).toEqual([2, expect.stringContaining('give a file, not standard input')]);
  });

  test('tells the length of TIME_WAIT when it is not the usual one', async () => {
    const { out } = await lastack(['explain', 'fixtures/refused.pcap', '-f', 'scenario', '--time-wait', '240']);
    expect(out).toContain('\nanalysis time-wait-seconds 240\n');
  });
});
