import { execFileSync, spawnSync } from 'node:child_process';
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
