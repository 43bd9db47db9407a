/** What the file system does not tell of a path is no bug of lastack's. */
import { chmodSync, copyFileSync, mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BuiltCli } from '../support/built-cli.ts';

const CAPTURE = 'fixtures/four-connections.pcap';
const TOO_LONG = 'a'.repeat(300);

let cli: BuiltCli;
beforeAll(() => {
  cli = new BuiltCli();
});
afterAll(() => cli.remove());

describe('a path of which the file system tells nothing', () => {
  test.each(['analyze', 'info', 'explain'])('is told as such if it is a capture: %s', (command) => {
    const loop = path.join(cli.folder, `loop-${command}`);
    symlinkSync(loop, loop);
    for (const capture of [TOO_LONG, loop]) {
      const { status, stderr } = cli.run([command, capture]);
      expect(status).toBe(3);
      expect(stderr).toContain(`${capture}: it cannot be read: `);
    }
  });

  test('is told as such if it is the output', () => {
    const { status, stderr } = cli.run([CAPTURE, '-f', 'json', '-o', path.join(cli.folder, TOO_LONG)]);
    expect(status).toBe(2);
    expect(stderr).toContain(`${TOO_LONG}: `);
  });

  test('does not matter if it is no path at all', () => {
    const codes = Array.from({ length: 20 }, () => 'connection-refused').join(',');
    expect(cli.run([CAPTURE, '--finding', codes])).toMatchObject({ status: 0, stderr: '' });
  });

  // Root may read everything.
  test.runIf(process.getuid?.() !== 0)('is told as such if the directory may not be read', () => {
    const closed = path.join(cli.folder, 'closed');
    mkdirSync(closed);
    copyFileSync(CAPTURE, path.join(closed, 'a.pcap'));
    chmodSync(closed, 0);
    const { status, stderr } = cli.run([path.join(closed, 'a.pcap')]);
    expect(status).toBe(3);
    expect(stderr).toContain('permission to read it is denied');
    chmodSync(closed, 0o700);
  });
});
