#!/usr/bin/env node
// Checks what would be published: the compiled library with its declarations, the schema of its configuration, three
// documents, and nothing else.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';

const documents = ['README.md', 'CHANGELOG.md', 'LICENSE', 'package.json', 'config.schema.json', 'events.schema.json'];
/** Says that files of the command line are CommonJS, unless their names say otherwise. */
const MANIFEST_OF_CLI = 'dist/cli/package.json';
const required = [
  ...documents,
  'dist/index.js',
  'dist/index.d.ts',
  'dist/cli/main.js',
  MANIFEST_OF_CLI,
  'dist/page/client.js',
  'dist/vitest.js',
  'dist/vitest.d.ts',
];

const output = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { encoding: 'utf8' });
const parsed = JSON.parse(output);
const [pack] = Array.isArray(parsed) ? parsed : Object.values(parsed);
const files = pack.files.map((file) => file.path);

/** Files of the package that a compiled file imports. */
function importsOf(file) {
  const pattern = /(?:\bfrom\s*|\bimport(?:Beside)?\s*\(?\s*|\brequire\s*\(\s*)(['"])(\.[^'"\n]+)\1/g;
  return [...readFileSync(file, 'utf8').matchAll(pattern)].map(([, , name]) => posix.join(posix.dirname(file), name));
}

const problems = [
  ...required.filter((file) => !files.includes(file)).map((file) => `${file} is missing`),
  ...files
    .filter((file) => !required.includes(file) && !/^dist\/.+\.(?:m?js|d\.ts)$/.test(file))
    .map((file) => `${file} should not be published`),
  ...files
    .filter((file) => file.startsWith('dist/') && !file.startsWith('dist/cli/'))
    .filter((file) => !existsSync(file.replace(/^dist/, 'src').replace(/(?:\.d\.ts|\.js)$/, '.ts')))
    .map((file) => `${file} has no source any more: remove dist and build again`),
  ...files
    .filter((file) => /\.m?js$/.test(file))
    .flatMap((file) => importsOf(file).map((imported) => [file, imported]))
    .filter(([, imported]) => !files.includes(imported))
    .map(([file, imported]) => `${file} imports ${imported}, which is not published`),
];
for (const problem of problems) console.error(`package: ${problem}`);
if (problems.length > 0) process.exit(1);
console.log(`package: ${files.length} files, ${Math.round(pack.size / 1024)} KiB packed, as it should be`);
