import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { OutputError } from '../../src/cli/exit.ts';
import { openOutput } from '../../src/cli/output.ts';
import { createTestIo } from '../support/cli-io.ts';

const folder = mkdtempSync(join(tmpdir(), 'lastack-output-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('standard output that is a file', () => {
  it('is written to without the stream', async () => {
    const path = join(folder, 'out.txt');
    const descriptor = openSync(path, 'w');
    const io = { ...createTestIo(), stdoutFile: descriptor };
    const output = openOutput(io, '-');
    output.write('text, ');
    output.write(new TextEncoder().encode('octets'));
    await output.drained();
    await output.finish();
    output.discard();
    // It is not ours to close.
    closeSync(descriptor);
    expect(readFileSync(path, 'utf8')).toBe('text, octets');
    expect([io.out(), output.stream]).toEqual(['', null]);
  });

  it('is named when it cannot be written to', () => {
    const descriptor = openSync(join(folder, 'out.txt'), 'r');
    const output = openOutput({ ...createTestIo(), stdoutFile: descriptor }, undefined);
    expect(() => output.write('text')).toThrow(OutputError);
    expect(() => output.write('text')).toThrow(/^standard output: /);
    closeSync(descriptor);
  });
});
