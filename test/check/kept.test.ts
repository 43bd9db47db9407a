import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { LIBRARY } from '../../src/cli/library.ts';
import { runCli } from '../../src/cli/run.ts';
import { analyzeFile } from '../../src/index.ts';
import '../../src/vitest.ts';
import { createTestIo } from '../support/cli-io.ts';

const KEPT = 'test/check/expectations';
const EXAMPLE = 'examples/regression/captures';

const kept = readdirSync(KEPT).map((file) => {
  const name = file.replace('.expect.yaml', '');
  return { name, capture: `fixtures/${name}.pcap`, expectation: join(KEPT, file) };
});
const examples = readdirSync(EXAMPLE).flatMap((file) => {
  const name = /^(.*)\.expect\.yaml$/.exec(file)?.[1];
  return name === undefined
    ? []
    : [{ name: `example ${name}`, capture: join(EXAMPLE, `${name}.pcap`), expectation: join(EXAMPLE, file) }];
});

describe('expectations that were looked at once still hold', () => {
  test.each([...kept, ...examples])('$name', async ({ capture, expectation }) => {
    const io = createTestIo();
    const status = await runCli(['check', capture, '--expect', expectation], io, LIBRARY);
    expect(status, io.out() + io.err()).toBe(0);
    expect(await analyzeFile(capture, { segments: true })).toMatchExpectation(expectation);
  });
});
