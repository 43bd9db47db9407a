#!/usr/bin/env node
// Puts the modules of the command line together, so that starting it opens a dozen files and not two hundred: what every
// start needs is one file, what an analysis needs besides is another, which halves the time that loading it takes. What
// else is imported on demand stays a file of its own; packages are left where npm installs them. The library is not bundled.
//
//   node scripts/bundle-cli.mjs [folder]        default: dist/cli
import { chmodSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const MAIN = join(ROOT, 'src/cli/main.ts');
const folder = process.argv[2] ?? join(ROOT, 'dist/cli');

/** @type {import('rolldown').BuildOptions} */
const COMMON = {
  cwd: ROOT,
  input: { main: MAIN, worker: join(ROOT, 'src/cli/threads/worker.ts') },
  platform: 'node',
  external: (id) => !id.startsWith('.') && !id.startsWith('/'),
  logLevel: 'warn',
};

/** @type {Map<string, readonly string[]>} */
const imports = new Map();

await build({
  ...COMMON,
  write: false,
  plugins: [
    {
      name: 'collect-imports',
      buildEnd() {
        for (const id of this.getModuleIds()) imports.set(id, this.getModuleInfo(id)?.importedIds ?? []);
      },
    },
  ],
});

/**
 * Modules that are loaded with the given ones, themselves included.
 *
 * @param {string[]} paths
 */
function loadedWith(...paths) {
  /** @type {Set<string>} */
  const loaded = new Set();
  const waiting = paths.map((path) => join(ROOT, 'src', path));
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (loaded.has(id) || !imports.has(id)) continue;
    loaded.add(id);
    waiting.push(...(imports.get(id) ?? []));
  }
  return loaded;
}

/**
 * With one character beyond them V8 holds a file of half a megabyte in twice the memory, and reads it 3 ms slower.
 *
 * @param {string} code
 */
function toAscii(code) {
  return code.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

const startUp = loadedWith('cli/main.ts');
// It waits for what it imports on demand, which therefore cannot wait for it.
startUp.delete(MAIN);
const analysis = loadedWith('cli/analysis.ts');

await build({
  ...COMMON,
  plugins: [
    {
      name: 'only-ascii',
      generateBundle(_, bundle) {
        for (const file of Object.values(bundle)) if (file.type === 'chunk') file.code = toAscii(file.code);
      },
    },
  ],
  output: {
    dir: folder,
    format: 'esm',
    cleanDir: true,
    comments: false,
    codeSplitting: {
      groups: [
        { name: 'start-up', test: (id) => startUp.has(id), priority: 2 },
        { name: 'analysis', test: (id) => analysis.has(id), priority: 1 },
      ],
    },
  },
});
chmodSync(join(folder, 'main.js'), 0o755);
