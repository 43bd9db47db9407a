import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { analyzeFile } from '../../src/index.ts';
import { builtProgram, Space, TRAFFIC, until, whyNoNetwork } from '../support/network.ts';

const reason = whyNoNetwork(['tmux', 'tcpdump']);
if (reason) console.warn(`NOT RUN: the live screen is not tested in a terminal, ${reason}.`);

const node = process.execPath;

/** A terminal of its own in which lastack runs behind a shell that stays. */
class Terminal {
  readonly #name: string;

  constructor(space: Space, folder: string, args: string, variables: string) {
    this.#name = space.name;
    // A Ctrl-C from before the screen takes the keys is a signal to the shell, too, which has to go on.
    const command = `trap : INT; cd ${folder} && ${variables} ip netns exec ${space.name} ${node} ${builtProgram()} live ${args}; echo "status $?"; stty -a | grep -o -e '-*icanon' -e '-*echo '; exec cat`;
    this.#tmux('new-session', '-d', '-x', '120', '-y', '36', 'sh', '-c', command);
  }

  keys(...keys: string[]): void {
    this.#tmux('send-keys', '-t', this.#name, ...keys);
  }

  resize(columns: number, rows: number): void {
    this.#tmux('resize-window', '-t', this.#name, '-x', String(columns), '-y', String(rows));
  }

  get text(): string {
    return this.#tmux('capture-pane', '-p', '-t', this.#name);
  }

  /** Whether the cursor is shown, and the alternate screen is on. */
  get modes(): string {
    return this.#tmux('display-message', '-p', '-t', this.#name, '#{cursor_flag}#{alternate_on}').trim();
  }

  /** Waits until the screen shows something. */
  async shows(text: string | RegExp): Promise<void> {
    const holds = () => (typeof text === 'string' ? this.text.includes(text) : text.test(this.text));
    await until(holds).catch(() => expect(this.text).toMatch(text));
  }

  close(): void {
    this.#tmux('kill-server');
  }

  #tmux(...args: string[]): string {
    const named = args[0] === 'new-session' ? [args[0], '-s', this.#name, ...args.slice(1)] : args;
    return spawnSync('tmux', ['-L', this.#name, '-f', '/dev/null', ...named], { encoding: 'utf8' }).stdout;
  }
}

describe.skipIf(reason !== '')(
  `the live screen in a terminal${reason && ` (skipped: ${reason})`}`,
  { timeout: 120_000 },
  () => {
    let space: Space;
    let terminal: Terminal;
    let folder: string;

    const open = async (args = '-i lo', variables = ''): Promise<void> => {
      terminal = new Terminal(space, folder, args, variables);
      await terminal.shows('0 connections, 0 tracked');
    };
    /** The terminal is as it was, and the shell has gone on with this status. */
    const expectRestored = async (status: number): Promise<void> => {
      await terminal.shows(`status ${status}`);
      await terminal.shows(/^icanon\s+echo/m);
      expect(terminal.modes).toBe('10');
      expect(terminal.text).not.toContain('-icanon');
    };

    beforeEach(() => {
      space = new Space();
      folder = mkdtempSync(join(tmpdir(), 'lastack-screen-'));
    });
    afterEach(() => {
      terminal.close();
      space.remove();
      rmSync(folder, { recursive: true });
    });

    it('shows connections as they come, sorts and filters them, and draws one; q leaves a summary', async () => {
      await open();
      expect(terminal.modes).toBe('01');
      space.run(node, TRAFFIC, '4');
      await terminal.shows('5 connections, newest first');
      await terminal.shows(/✗ connection-refused +#5 /);
      await terminal.shows(/TIME_WAIT +\d/);
      terminal.keys('s');
      await terminal.shows('latest first');
      terminal.keys('/');
      terminal.keys(':1 closed');
      terminal.keys('Enter');
      await terminal.shows(/^1 connections, latest first, with ":1 closed"/m);
      terminal.keys('Escape');
      await terminal.shows('5 connections, latest first');
      terminal.keys('s', 's', 's', 's', 's', 'r');
      await terminal.shows('reversed, newest first');
      terminal.keys('Enter');
      await terminal.shows('connect() was called here');
      terminal.keys('w');
      await terminal.shows(/lastack-1-\d+\.pcapng: \d+ packets written/);
      terminal.keys('Escape');
      terminal.resize(84, 24);
      await terminal.shows('Enter ladder');
      expect(terminal.text.split('\n').every((line) => line.length <= 84)).toBe(true);
      terminal.keys('?');
      await terminal.shows('this list');
      terminal.keys('x');
      terminal.keys('q');
      await expectRestored(0);
      await terminal.shows('graceful  4');
      const [file] = readdirSync(folder);
      const { connections } = await analyzeFile(join(folder, file));
      expect(connections.map(({ outcome }) => outcome)).toEqual(['graceful']);
    });

    it('draws the ladder of a connection while it grows', async () => {
      await open();
      const slow = `const { createServer, connect } = require('node:net');
      createServer((s) => s.on('data', () => {})).listen(7000, () => {
        const c = connect(7000); let n = 0;
        setInterval(() => { if (n++ < 12) c.write('x'.repeat(100 + n)); else process.exit(); }, 250); });`;
      const traffic = space.start(node, '-e', slow);
      await terminal.shows('1 connections, newest first');
      terminal.keys('Enter');
      await terminal.shows('SYN_SENT');
      terminal.keys('End');
      await terminal.shows('len 103');
      await terminal.shows('len 108');
      await traffic.ended;
    });

    it('leaves the terminal clean after Ctrl-C', async () => {
      await open();
      terminal.keys('C-c');
      await expectRestored(0);
      await terminal.shows('No packets.');
    });

    const pidOf = (): number =>
      Number(spawnSync('sh', ['-c', `ip netns pids ${space.name} | head -n 1`], { encoding: 'utf8' }).stdout);

    it('leaves the terminal clean after kill -TERM', async () => {
      await open();
      process.kill(pidOf(), 'SIGTERM');
      await expectRestored(0);
    });

    it('leaves the terminal clean when it crashes, and says that it did', async () => {
      const trap = join(folder, 'trap.mjs');
      const crash =
        "if (!process.argv[2].startsWith('--')) setTimeout(() => { throw new Error('made by a test'); }, 4000);";
      writeFileSync(trap, crash);
      await open('-i lo', `NODE_OPTIONS='--import ${trap}'`);
      await expectRestored(70);
      await terminal.shows('this is a bug in lastack: made by a test');
    });
  },
);
