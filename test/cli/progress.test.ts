import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { runCli } from '../../src/cli/run.ts';
import { createTestIo, type TestIoOptions } from '../support/cli-io.ts';
import { createFakeLibrary } from '../support/fake-library.ts';
import { cleanClose } from '../support/sample-connections.ts';
import { sampleDocument } from '../support/sample-documents.ts';

async function analyzeSlowly(words: string[], options: TestIoOptions, steps: number): Promise<string> {
  const library = createFakeLibrary(sampleDocument([cleanClose()]));
  const quick = await library.engine();
  library.engine = async () => async (request, observer) => {
    for (let step = 1; step <= steps; step++) {
      await sleep(100);
      request.onProgress?.(step * 1_000_000, steps * 1_000_000);
    }
    return quick(request, observer);
  };
  const io = createTestIo(options);
  expect(await runCli(['slow.pcap', ...words], io, library)).toBe(0);
  return io.err();
}

test('a bar on a terminal after a second, and only there', async () => {
  const [shown, quick, unwanted, piped] = await Promise.all([
    analyzeSlowly([], { terminalWidth: 80 }, 25),
    analyzeSlowly([], { terminalWidth: 80 }, 3),
    analyzeSlowly(['--no-progress'], { terminalWidth: 80 }, 14),
    analyzeSlowly([], {}, 14),
  ]);
  expect(shown).toMatch(/reading .*\d+ % {2}\d+ MB of 25 MB/);
  expect([quick, unwanted, piped]).toEqual(['', '', '']);
});
