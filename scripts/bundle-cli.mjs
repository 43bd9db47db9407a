#!/usr/bin/env node
// Puts the modules of the command line together, so that starting it opens a dozen files and not two hundred. What is
// imported on demand stays a file of its own; packages are left where npm installs them. The library is not bundled.
//
//   node scripts/bundle-cli.mjs [folder]        default: dist/cli
import { chmodSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = process.argv[2] ?? join(ROOT, 'dist/cli');

await build({
  cwd: ROOT,
  input: { main: 'src/cli/main.ts', worker: 'src/cli/threads/worker.ts' },
  platform: 'node',
  external: (id) => !id.startsWith('.') && !id.startsWith('/'),
  output: { dir: folder, format: 'esm', cleanDir: true },
  logLevel: 'warn',
});
chmodSync(join(folder, 'main.js'), 0o755);
