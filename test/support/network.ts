import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** Why no traffic can be made here; empty when it can. `tools` are programs needed besides ip. */
export function whyNoNetwork(tools: readonly string[] = ['python3', 'tcpdump', 'nft']): string {
  if (process.platform !== 'linux') return 'it needs Linux';
  if (process.getuid?.() !== 0) return 'it needs root';
  for (const tool of ['ip', ...tools]) if (spawnSync(tool, ['--help']).error) return `${tool} is not installed`;
  const probe = `lastack-${process.pid}-probe`;
  const added = spawnSync('ip', ['netns', 'add', probe], { encoding: 'utf8' });
  if (added.status !== 0) return `no network namespaces: ${added.stderr.trim()}`;
  spawnSync('ip', ['netns', 'del', probe]);
  return spawnSync(process.execPath, ['-e', 'require("cap")'], { cwd: ROOT }).status === 0 ? '' : 'cap is not compiled';
}

let program = '';

/** The compiled program; compiled now if it is older than its sources. */
export function builtProgram(): string {
  if (program !== '') return program;
  program = join(ROOT, 'dist/cli/main.js');
  const newest = Math.max(
    ...readdirSync(join(ROOT, 'src'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs),
  );
  const built = statSync(program, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (built < newest) execFileSync('npm', ['run', 'build'], { cwd: ROOT, stdio: 'pipe' });
  return program;
}

/** A process in a namespace, with what it has said so far. */
export interface Running {
  readonly child: ChildProcess;
  out(): string;
  err(): string;
  /** Resolves to the exit status, or -1 after a signal. */
  readonly ended: Promise<number>;
}

let spaces = 0;

/** A namespace of its own with loopback and a pair of devices, `out0` to `in0`; to be removed by whoever made it. */
export class Space {
  readonly name = `live-test-${process.pid}-${spaces++}`;
  readonly #running = new Set<ChildProcess>();

  constructor() {
    this.#ip('netns', 'add', this.name);
    this.#ip('-n', this.name, 'link', 'set', 'lo', 'up');
    this.#ip('-n', this.name, 'link', 'add', 'out0', 'type', 'veth', 'peer', 'name', 'in0');
    for (const device of ['out0', 'in0']) {
      this.run('sysctl', '-qw', `net.ipv6.conf.${device}.disable_ipv6=1`);
      this.#ip('-n', this.name, 'link', 'set', device, 'up');
    }
  }

  /** Sets a device up or down. */
  set(device: string, state: 'up' | 'down'): void {
    this.#ip('-n', this.name, 'link', 'set', device, state);
  }

  /** Runs a command to its end in the namespace. */
  run(...command: string[]): string {
    return execFileSync('ip', ['netns', 'exec', this.name, ...command], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /** Starts a command in the namespace. */
  start(...command: string[]): Running {
    const child = spawn('ip', ['netns', 'exec', this.name, ...command], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#running.add(child);
    const text = { out: '', err: '' };
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text.out += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      text.err += chunk;
    });
    const ended = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)));
    return { child, out: () => text.out, err: () => text.err, ended };
  }

  /** Starts `lastack live` and waits until it captures. */
  async live(...args: string[]): Promise<Running> {
    const running = this.start(process.execPath, builtProgram(), 'live', ...args);
    await until(() => running.err().includes('capturing on') || running.child.exitCode !== null);
    return running;
  }

  /** Packets that a device has received. */
  received(device: string): number {
    return Number(this.run('cat', `/sys/class/net/${device}/statistics/rx_packets`));
  }

  remove(): void {
    for (const child of this.#running) if (child.exitCode === null) child.kill('SIGKILL');
    this.#ip('netns', 'del', this.name);
  }

  #ip(...args: string[]): void {
    execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  }
}

/** Connections over loopback; see traffic.mjs. */
export const TRAFFIC = join(import.meta.dirname, 'traffic.mjs');

/** Waits until a condition holds; fails after a minute. */
export async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    if (tries > 600) throw new Error('waited for a minute in vain');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
