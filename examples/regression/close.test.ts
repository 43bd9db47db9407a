import { readdirSync } from 'node:fs';
import { analyzeFile } from 'lastack';
import 'lastack/vitest';
import { describe, expect, test } from 'vitest';

const analyze = (name: string) => analyzeFile(`captures/${name}.pcap`, { segments: true });

describe('our protocol hangs up as we want it', () => {
  test('a plain close is begun by the client, which keeps TIME_WAIT', async () => {
    const { connections } = await analyze('plain-close');
    expect(connections).toHaveLength(1);
    expect(connections[0]).toCloseGracefully();
    expect(connections[0]).toPassThrough('client', ['FIN_WAIT_1', 'FIN_WAIT_2', 'TIME_WAIT']);
  });

  test('after shutdown() the server may still answer', async () => {
    const result = await analyze('half-close');
    expect(result).toHaveFinding('half-close');
    expect(result).toPassThrough('server', ['CLOSE_WAIT', 'LAST_ACK', 'CLOSED']);
    expect(result).not.toHaveFinding('data-after-close-reset');
  });
});

describe('nothing has drifted', () => {
  const names = readdirSync('captures').filter((name) => name.endsWith('.pcap'));
  test.each(names.map((name) => name.replace('.pcap', '')))('%s', async (name) => {
    const result = await analyze(name);
    expect(result).toMatchExpectation(`captures/${name}.expect.yaml`);
    expect(result).toHaveNoFindings({ minSeverity: 'warning' });
  });
});
