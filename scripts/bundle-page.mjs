#!/usr/bin/env node
// Puts the program of the report page together as one file, small, for the page to carry in itself.
//
//   node scripts/bundle-page.mjs [folder]        default: dist/page
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = process.argv[2] ?? join(ROOT, 'dist/page');

await build({
  cwd: ROOT,
  input: { client: 'src/page/client.ts' },
  platform: 'browser',
  output: { dir: folder, format: 'esm', minify: true, cleanDir: true },
  logLevel: 'warn',
});
