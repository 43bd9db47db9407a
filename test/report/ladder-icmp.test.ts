import { join } from 'node:path';
import { expect, it } from 'vitest';
import { analyzeFile, RULES } from '../../src/index.ts';
import { layOutLadder } from '../../src/report/ladder.ts';

const fixture = (name: string): string => join(import.meta.dirname, '../../fixtures', `${name}.pcap`);

async function rowsOf(name: string) {
  const { connections } = await analyzeFile(fixture(name), { segments: true });
  return layOutLadder(connections[0], { rules: RULES }).rows;
}

it.each([
  ['rejected-by-icmp', 'arrives'],
  ['rejected-by-router', 'lost'],
])('%s: the ICMP error is drawn, and closes the client', async (name, fate) => {
  const rows = await rowsOf(name);
  expect(rows).toMatchObject([
    { kind: 'segment', frame: 1, flags: ['SYN'], fate },
    { kind: 'segment', frame: 2, from: 'server', flags: ['ICMP'], seq: null, notes: [{ rule: 'refused-by-icmp' }] },
  ]);
  expect(rows[1]).toMatchObject({ changes: [{ end: 'client', state: 'CLOSED' }] });
});

it('refused by a reset: no ICMP error is drawn', async () => {
  const rows = await rowsOf('refused');
  expect(rows.map((row) => row.kind === 'segment' && row.flags.join())).toEqual(['SYN', 'RST,ACK']);
});
