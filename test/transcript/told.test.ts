import { describe, expect, test } from 'vitest';
import { analyzeFile } from '../../src/index.ts';
import { tellConnection } from '../../src/transcript/transcript.ts';

describe('a connection as a scenario', () => {
  test.each(['half-close', 'simultaneous-close', 'final-ack-lost-v6', 'rejected-by-router'])('%s', async (name) => {
    const path = `fixtures/${name}.pcap`;
    const { connections } = await analyzeFile(path, { segments: true });
    const text = await tellConnection(connections[0], [path]);
    await expect(text).toMatchFileSnapshot(`snapshots/${name}.md`);
  });
});
