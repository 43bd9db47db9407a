import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What a run of the built command line wrote. */
export interface BuiltRun {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line as it is published, built into a folder of its own. */
export class BuiltCli {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'lastack-cli-'));
  readonly main = path.join(this.folder, 'cli/main.js');

  constructor() {
    symlinkSync(path.join(ROOT, 'node_modules'), path.join(this.folder, 'node_modules'));
    writeFileSync(path.join(this.folder, 'package.json'), '{ "type": "module" }');
    const bundle = path.join(ROOT, 'scripts/bundle-cli.mjs');
    const { status, stderr } = spawnSync(process.execPath, [bundle, path.dirname(this.main)], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`the command line cannot be built: ${stderr}`);
  }

  run(args: readonly string[], env: Readonly<Record<string, string>> = {}, input?: Buffer): BuiltRun {
    const { status, stdout, stderr } = spawnSync(process.execPath, [this.main, ...args], {
      cwd: ROOT,
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1', ...env },
      maxBuffer: 1 << 30,
      ...(input === undefined ? {} : { input }),
    });
    return { status, stdout, stderr };
  }

  /** URLs of the modules that a command line loads, those of Node itself left out. */
  modulesLoadedBy(args: readonly string[]): string[] {
    const folder = path.join(this.folder, 'coverage');
    rmSync(folder, { recursive: true, force: true });
    this.run(args, { NODE_V8_COVERAGE: folder });
    const urls = readdirSync(folder).flatMap((file) => {
      const { result } = JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as { result: { url: string }[] };
      return result.map(({ url }) => url);
    });
    return urls.filter((url) => url.startsWith('file:'));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
