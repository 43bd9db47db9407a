import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { analyzeFile } from '../../src/index.ts';
import type { LiveEvent } from '../../src/live/events.ts';
import { builtProgram, Space, TRAFFIC, until, whyNoNetwork } from '../support/network.ts';

const reason = whyNoNetwork(['tcpdump', 'dumpcap']);
if (reason) console.warn(`NOT RUN: live captures are not tested, ${reason}.`);

const node = process.execPath;
const eventsOf = (text: string): LiveEvent[] =>
  text
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line));

describe.skipIf(reason !== '')(`a live capture${reason && ` (skipped: ${reason})`}`, { timeout: 120_000 }, () => {
  let space: Space;
  const folder = mkdtempSync(join(tmpdir(), 'lastack-live-'));
  beforeEach(() => {
    space = new Space();
  });
  afterEach(() => space.remove());
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(['cap', 'tcpdump', 'dumpcap'])(
    'by %s tells connections as they come, and counts what it lost',
    async (via) => {
      const live = await space.live('-i', 'lo', '--via', via, '-f', 'ndjson');
      space.run(node, TRAFFIC, '3');
      await until(() => live.out().split('"event":"closed"').length > 4);
      live.child.kill('SIGINT');
      expect(await live.ended).toBe(0);
      const events = eventsOf(live.out());
      const closed = events.filter((event) => event.event === 'closed');
      expect(closed.map(({ result }) => result.outcome)).toEqual(['graceful', 'graceful', 'graceful', 'refused']);
      expect(events.filter(({ event }) => event === 'opened')).toHaveLength(4);
      expect(events.some((event) => event.event === 'finding' && event.finding.code === 'connection-refused')).toBe(
        true,
      );
      expect(live.err()).toMatch(
        via === 'cap' ? /all \d+ packets that the interface counted/ : /0 packets of \d+ dropped by the kernel/,
      );
      expect(live.err()).toContain('refused   1');
    },
  );

  it('ends after so many packets, after some time, and on every signal; SIGUSR1 only asks', async () => {
    const counted = await space.live('-i', 'lo', '--count', '5', '--no-screen');
    space.run(node, TRAFFIC, '2');
    expect(await counted.ended).toBe(0);
    expect(counted.out()).toContain('5 packets, 5 TCP segments');
    const timed = await space.live('-i', 'lo', '--duration', '1');
    expect(await timed.ended).toBe(0);
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
      const live = await space.live('-i', 'lo');
      live.child.kill('SIGUSR1');
      await until(() => live.err().includes('outcomes: none'));
      live.child.kill(signal);
      expect(await live.ended).toBe(0);
      expect(live.out()).toContain('No packets.');
    }
  });

  it('ends with 1 as soon as --fail-on is met', async () => {
    const live = await space.live('-i', 'lo', '--fail-on', 'connection-refused');
    space.run(node, TRAFFIC, '1');
    expect(await live.ended).toBe(1);
    expect(live.err()).toContain('--fail-on: connection-refused (1)');
  });

  it('serves metrics', async () => {
    const live = await space.live('-i', 'lo', '--metrics', '9471', 'not port 9471');
    space.run(node, TRAFFIC, '2');
    await until(() => live.out().includes('refused'));
    const fetcher = 'const r = await fetch("http://127.0.0.1:9471/metrics"); process.stdout.write(await r.text())';
    const text = space.run(node, '--input-type=module', '-e', fetcher);
    expect(text).toContain('lastack_connections_opened_total 3');
    expect(text).toContain('lastack_connection_ends{end="server",state="TIME_WAIT"} 2');
    expect(text).not.toContain('lastack_packets_dropped_total ');
    expect(text).toContain('lastack_findings_total{code="connection-refused"} 1');
    live.child.kill('SIGINT');
    await live.ended;
  });

  it('waits for an interface that goes down, and goes on when it is back', async () => {
    const live = await space.live('-i', 'in0', '-f', 'ndjson');
    space.set('in0', 'down');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    space.set('in0', 'up');
    space.run('ip', 'addr', 'add', '10.9.9.1/24', 'dev', 'in0');
    await until(() => !live.err().includes('waiting') || live.err().includes('is back'));
    // A SYN to a neighbour that is given, so that it leaves by this interface.
    space.run('ip', 'neigh', 'replace', '10.9.9.2', 'lladdr', '02:00:00:00:00:09', 'dev', 'in0');
    const asker = `require('node:net').connect(80, '10.9.9.2').on('error', () => {}); setTimeout(() => process.exit(), 500)`;
    space.run(node, '-e', asker);
    await until(() => live.out().includes('"event":"opened"'));
    live.child.kill('SIGINT');
    expect(await live.ended).toBe(0);
  });

  describe('that writes', () => {
    it('has a file of which nothing is lost but the last batch when it is killed', async () => {
      const path = join(folder, 'killed.pcapng');
      const live = await space.live('-i', 'lo', '--write', path, '-f', 'ndjson');
      space.run(node, TRAFFIC, '5');
      await until(() => live.out().split('"event":"closed"').length > 6);
      const [pid] = spawnSync('pgrep', ['-f', `live -i lo --write ${path}`], { encoding: 'utf8' })
        .stdout.trim()
        .split('\n');
      process.kill(Number(pid), 'SIGKILL');
      await live.ended;
      const { captures, connections } = await analyzeFile(path);
      expect(captures[0].problem).toBeNull();
      expect(connections.map(({ outcome }) => outcome)).toEqual([...Array(5).fill('graceful'), 'refused']);
    });

    it('begins new files, which together hold every packet', async () => {
      const path = join(folder, 'rotated.pcapng');
      const live = await space.live('-i', 'lo', '--write', path, '--rotate', '2kB', '-f', 'ndjson');
      space.run(node, TRAFFIC, '5');
      await until(() => live.out().split('"event":"closed"').length > 6);
      live.child.kill('SIGINT');
      await live.ended;
      const files = readdirSync(folder)
        .filter((name) => name.startsWith('rotated-'))
        .map((name) => join(folder, name));
      expect(files.length).toBeGreaterThan(1);
      for (const file of files) expect(statSync(file).size).toBeLessThan(4000);
      const { connections } = await analyzeFile(files);
      expect(connections).toHaveLength(6);
    });

    it('goes on watching when the disk is full, and the file stays whole', async () => {
      const disk = join(folder, 'disk');
      mkdirSync(disk);
      spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', disk]);
      try {
        const path = join(disk, 'full.pcapng');
        const live = await space.live('-i', 'lo', '--write', path, '-f', 'ndjson');
        space.run(node, TRAFFIC, '30', '5');
        await until(() => live.out().split('"event":"closed"').length > 31);
        live.child.kill('SIGINT');
        expect(await live.ended).toBe(4);
        expect(live.err()).toMatch(/no space left on the device; it ends after packet \d+/);
        const { captures } = await analyzeFile(path);
        expect(captures[0].problem).toBeNull();
        const written = Number(/ends after packet (\d+)/.exec(live.err())?.[1]);
        expect(captures[0].packetCount).toBe(written);
      } finally {
        spawnSync('umount', [disk]);
      }
    });
  });

  describe('that cannot be', () => {
    const program = builtProgram();
    const attempt = (...args: string[]) => {
      const run = spawnSync('ip', ['netns', 'exec', space.name, ...args], { encoding: 'utf8', timeout: 30_000 });
      return { status: run.status, said: run.stderr };
    };

    it.each([
      [['-i', 'eht0'], /there is no interface eht0\. There are: .*lo/],
      [['-i', 'lo', 'prot 443'], /"prot 443" is not a capture filter .*tcpdump/],
      [['-i', 'lo', '--via', 'tcpdump', 'prot 443'], /"prot 443" is not a capture filter/],
      [['-i', 'lo', '--via', 'dumpcap', 'prot 443'], /"prot 443" is not a capture filter/],
    ])('says in a sentence why: %j', (args, message) => {
      const { status, said } = attempt(node, program, 'live', ...args);
      expect(said).toMatch(message);
      expect(said.trim().split('\n')).toHaveLength(1);
      expect(status).toBe(5);
    });

    it('says which right is missing, and how to get it', () => {
      const nobody = [
        'setpriv',
        '--reuid=65534',
        '--regid=65534',
        '--clear-groups',
        '--inh-caps=-all',
        '--bounding-set=-all',
      ];
      const { status, said } = attempt(...nobody, node, program, 'live', '-i', 'lo');
      expect(said).toMatch(/no right to capture on lo\. Run lastack with sudo, or once: sudo setcap cap_net_raw/);
      expect(status).toBe(5);
    });

    it('says which program is missing', () => {
      const { status, said } = attempt('env', 'PATH=/nowhere', node, program, 'live', '-i', 'lo', '--via', 'tcpdump');
      expect(said).toMatch(/tcpdump is not installed\. Run: sudo apt-get install tcpdump/);
      expect(status).toBe(5);
    });
  });
});

it('lists the interfaces', () => {
  const run = spawnSync(node, [builtProgram(), 'interfaces', '--format', 'json'], { encoding: 'utf8' });
  const { interfaces } = JSON.parse(run.stdout);
  expect(interfaces.map(({ name }: { name: string }) => name)).toContain('any');
  expect(existsSync('/proc/net/route') && readFileSync('/proc/net/route', 'utf8').includes('\t00000000\t')).toBe(
    interfaces.some(({ hasDefaultRoute }: { hasDefaultRoute: boolean }) => hasDefaultRoute),
  );
});
