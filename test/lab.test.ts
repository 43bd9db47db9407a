import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Scenarios recorded again here: a plain one, a refusal and a loss with repeats. */
const NAMES = ['client-closes-first', 'refused', 'w4-lost-after-tap'];
const LAB = join(import.meta.dirname, '../fixtures/lab');

/** Why the lab cannot run here; empty when it can. */
function obstacle(): string {
  if (process.platform !== 'linux') return 'it needs Linux';
  if (process.getuid?.() !== 0) return 'it needs root';
  for (const tool of ['python3', 'ip', 'tcpdump', 'nft']) {
    if (spawnSync(tool, ['--help']).error) return `${tool} is not installed`;
  }
  const probe = `lastack-${process.pid}-probe`;
  const added = spawnSync('ip', ['netns', 'add', probe], { encoding: 'utf8' });
  if (added.status !== 0) return `no network namespaces: ${added.stderr.trim()}`;
  const made = spawnSync('ip', ['-n', probe, 'tuntap', 'add', 'probe0', 'mode', 'tap'], { encoding: 'utf8' });
  spawnSync('ip', ['netns', 'del', probe]);
  return made.status === 0 ? '' : `no TAP devices: ${made.stderr.trim()}`;
}

const reason = obstacle();
if (reason)
  console.warn(`NOT RUN: the fixture lab is skipped, ${reason}. The committed fixtures are used as they are.`);

describe.skipIf(reason !== '')(`fixture lab${reason && ` (skipped: ${reason})`}`, () => {
  it('records the same segments and kernel states as the committed fixtures', { retry: 1, timeout: 120_000 }, () => {
    const directory = mkdtempSync(join(tmpdir(), 'lastack-lab-'));
    try {
      const recorded = spawnSync(join(LAB, 'record'), ['--out', directory, ...NAMES], { encoding: 'utf8' });
      expect(recorded.status, recorded.stdout + recorded.stderr).toBe(0);
      const compared = spawnSync(join(LAB, 'compare'), [directory], { encoding: 'utf8' });
      expect(compared.stdout).toBe(NAMES.map((name) => `${name}.pcap: same\n`).join(''));
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
