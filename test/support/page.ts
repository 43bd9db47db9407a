import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { LIBRARY } from '../../src/cli/library.ts';
import { runCli } from '../../src/cli/run.ts';
import { createTestIo } from './cli-io.ts';

/** Debian's browser; the tests that need one are left out without it. */
export const CHROMIUM = '/usr/bin/chromium';

/** Why no browser can be used; empty when one can. */
export function browserReason(): string {
  if (existsSync(CHROMIUM)) return '';
  const reason = `no ${CHROMIUM}`;
  console.warn(`SKIPPED: the tests of the report page in a browser: ${reason}`);
  return reason;
}

/** The program of the page, put together from its sources as they are now. */
export async function bundlePageScript(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'lastack-page-'));
  try {
    await promisify(execFile)(process.execPath, ['scripts/bundle-page.mjs', folder]);
    return readFileSync(join(folder, 'client.js'), 'utf8');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Runs `lastack report`, with a page program as given. */
export async function runReport(
  args: readonly string[],
  pageScript = '',
): Promise<{ status: number; out: string; err: string }> {
  const io = createTestIo();
  const status = await runCli(['report', '--no-config', ...args], io, {
    ...LIBRARY,
    pageScript: async () => pageScript,
  });
  return { status, out: io.out(), err: io.err() };
}
