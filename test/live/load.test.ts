import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtProgram, Space, until, whyNoNetwork } from '../support/network.ts';

const reason = whyNoNetwork(['tcpdump', 'tcpreplay']);
if (reason) console.warn(`NOT RUN: live captures are not tested under load, ${reason}.`);

interface Load {
  readonly sent: number;
  readonly captured: number;
  readonly dropped: number | null;
  readonly left: number;
  readonly tcpdump: { readonly captured: number; readonly dropped: number };
  readonly err: string;
}

/** What the machine makes of the rate is its own business: nothing here may depend on how busy it is. */
describe.skipIf(reason !== '')(
  `a live capture under load${reason && ` (skipped: ${reason})`}`,
  { timeout: 280_000 },
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'lastack-load-'));
    /** Four long transfers, and many short dialogues. */
    const long = join(folder, 'long.pcap');
    const short = join(folder, 'short.pcap');
    beforeAll(() => {
      const generate = (...args: string[]): void => {
        const run = spawnSync(process.execPath, ['bench/generate.mjs', ...args], { encoding: 'utf8' });
        expect(run.status, run.stderr).toBe(0);
      };
      generate('--profile', 'bulk', '--connections', '4', '--live', '4', '--out', long);
      generate('--profile', 'standing', '--connections', '20000', '--live', '1000', '--out', short);
    });
    afterAll(() => rmSync(folder, { recursive: true }));

    /** Sends packets over the pair of devices, with lastack and tcpdump at its end. */
    async function load(
      via: string,
      capture: string,
      speed: readonly string[],
      packets: number,
      ...more: string[]
    ): Promise<Load> {
      const space = new Space();
      try {
        const words = [process.execPath, builtProgram(), 'live', '-i', 'in0', '--via', via, ...more, '-f', 'ndjson'];
        const live = space.start('sh', '-c', `exec ${words.join(' ')} > /dev/null`);
        await until(() => live.err().includes('capturing on'));
        const tcpdump = space.start('tcpdump', '-i', 'in0', '-n', '-s', '128', '-B', '32768', '-w', '/dev/null');
        await until(() => tcpdump.err().includes('listening on'));
        const before = space.received('in0');
        space.run(
          'tcpreplay',
          '-q',
          '-K',
          '--unique-ip',
          '--loop',
          '1000',
          '--limit',
          String(packets),
          ...speed,
          '-i',
          'out0',
          capture,
        );
        const sent = space.received('in0') - before;
        // What is still on its way arrives before both are asked to end.
        await new Promise((resolve) => setTimeout(resolve, 3000));
        tcpdump.child.kill('SIGINT');
        await tcpdump.ended;
        live.child.kill('SIGINT');
        expect(await live.ended).toBe(0);
        const said = live.err();
        const number = (text: string, pattern: RegExp): number => Number(pattern.exec(text)?.[1].replaceAll(',', ''));
        return {
          sent,
          captured: number(said, /^ {2}([\d,]+) packets, /m),
          dropped: via === 'tcpdump' ? number(said, /([\d,]+) packets? of [\d,]+ dropped by the kernel/) : null,
          left: /and ([\d,]+) not fetched/.test(said) ? number(said, /and ([\d,]+) not fetched/) : 0,
          tcpdump: {
            captured: number(tcpdump.err(), /(\d+) packets captured/),
            dropped: number(tcpdump.err(), /(\d+) packets dropped by kernel/),
          },
          err: said,
        };
      } finally {
        space.remove();
      }
    }

    const report = (name: string, { sent, captured, tcpdump }: Load): void =>
      console.log(
        `${name}: ${sent} sent, ${captured} captured (${sent - captured} lost); tcpdump -w /dev/null beside it: ${tcpdump.captured} (${tcpdump.dropped} dropped)`,
      );

    it('of 100,000 packets a second for 30 s accounts for every packet', async () => {
      const result = await load(
        'tcpdump',
        long,
        ['-p', '100000'],
        3_000_000,
        '--buffer',
        '256',
        '--snap-length',
        '128',
      );
      report('100,000 packets/s for 30 s', result);
      expect(result.sent).toBe(3_000_000);
      expect(result.captured + (result.dropped ?? 0) + result.left).toBe(result.sent);
      expect(result.tcpdump.captured + result.tcpdump.dropped).toBe(result.sent);
      if (result.captured === result.sent) expect(result.err).not.toMatch(/acked-unseen/);
    });

    it.each(['cap', 'tcpdump'])('of more than it can take says what was lost: %s', async (via) => {
      const result = await load(via, short, ['-t'], 1_000_000, '--buffer', '1', '--max-connections', '20000');
      report(`as fast as it goes, by ${via} with a buffer of 1 MB`, result);
      expect(result.captured).toBeLessThanOrEqual(result.sent);
      if (via === 'tcpdump') expect(result.captured + (result.dropped ?? 0) + result.left).toBe(result.sent);
      else if (result.captured < result.sent) {
        const told = /([\d,]+) fewer than the ([\d,]+) that the interface counted/.exec(result.err);
        expect(Number(told?.[1].replaceAll(',', ''))).toBe(result.sent - result.captured);
      }
    });
  },
);
