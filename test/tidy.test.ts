import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Files below a folder of the repository, as paths from its root. */
function list(folder: string, extension: RegExp): string[] {
  const at = path.join(root, folder);
  if (!existsSync(at)) return [];
  return readdirSync(at, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && extension.test(entry.name))
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
    .sort();
}

const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

/** What each folder of src may import besides itself; `cli` may import everything. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  base: [],
  core: ['base'],
  wire: ['base', 'core'],
  source: ['base', 'wire'],
  tcp: ['base', 'wire'],
  synth: ['base', 'wire'],
  flow: ['base', 'core', 'wire', 'tcp'],
  findings: ['base', 'wire', 'tcp', 'flow'],
  report: ['base', 'wire', 'source', 'tcp', 'flow', 'findings'],
  live: ['base', 'wire', 'source', 'tcp', 'flow', 'findings', 'report', 'front door'],
  check: ['base', 'tcp', 'flow', 'findings', 'report'],
  diff: ['base', 'wire', 'source', 'tcp', 'flow', 'findings', 'report', 'front door'],
  transcript: ['base', 'wire', 'source', 'tcp', 'synth', 'flow', 'findings', 'report'],
  page: ['report'],
};
const PURE = ['base', 'core', 'wire', 'tcp', 'synth', 'flow', 'findings'];

const layerOf = (file: string): string => (file.split(path.sep).length > 2 ? file.split(path.sep)[1] : 'front door');

/** Specifiers of `import`, `export ... from`, `import()` and `typeof import()`. */
function importsOf(file: string): string[] {
  const pattern = /(?:\bfrom\s*|\bimport\s*\(?\s*)(['"])([^'"\n]+)\1/g;
  return [...read(file).matchAll(pattern)].map((match) => match[2]);
}

const sources = list('src', /\.ts$/);

describe('imports', () => {
  it('go only to the left', () => {
    const wrong: string[] = [];
    for (const file of sources) {
      const layer = layerOf(file);
      for (const specifier of importsOf(file).filter((name) => name.startsWith('.'))) {
        const target = layerOf(path.join(path.dirname(file), specifier));
        if (target === layer || layer === 'cli') continue;
        const allowed = layer === 'front door' ? target !== 'cli' : LAYERS[layer]?.includes(target);
        if (!allowed) wrong.push(`${file} imports ${specifier}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('of the pure folders name nothing from outside the repository', () => {
    const wrong = sources
      .filter((file) => PURE.includes(layerOf(file)))
      .flatMap((file) => importsOf(file).map((specifier) => `${file} imports ${specifier}`))
      .filter((line) => !/ imports \.\.?\//.test(line));
    expect(wrong).toEqual([]);
  });

  it('know every folder of src', () => {
    const folders = new Set(sources.map(layerOf));
    expect([...folders].filter((name) => !(name in LAYERS) && name !== 'cli' && name !== 'front door')).toEqual([]);
  });
});

describe('the linter', () => {
  const wrong: readonly (readonly [file: string, text: string, message: RegExp])[] = [
    ['src/tcp/x.ts', "import { a } from '../source/pcap.ts';\na();\n", /src\/tcp imports only base, wire/],
    ['src/base/x.ts', "import { a } from '../wire/batch.ts';\na();\n", /nothing but its own files/],
    ['src/wire/x.ts', "import { a } from '../tcp/rule.ts';\na();\n", /src\/wire imports only base/],
    ['src/source/x.ts', "export * from '../tcp/rule.ts';\n", /src\/source imports only/],
    ['src/synth/x.ts', "import type { A } from '../flow/key.ts';\nexport type B = A;\n", /src\/synth imports only/],
    ['src/findings/x.ts', "export const a = import('../report/result.ts');\n", /src\/findings imports only/],
    ['src/report/x.ts', "import { a } from '../index.ts';\na();\n", /src\/report imports only/],
    ['src/live/x.ts', "import { a } from '../cli/main.ts';\na();\n", /src\/live imports everything but/],
    ['src/page/x.ts', "import { a } from '../flow/flow.ts';\na();\n", /src\/page imports only report/],
    ['src/index.ts', "import { a } from './cli/main.ts';\na();\n", /without the command line/],
    ['src/flow/x.ts', "import { a } from 'node:fs';\na();\n", /browser worker/],
    ['src/findings/y.ts', "import { a } from 'fs';\na();\n", /Node\.js builtin/],
    ['src/wire/y.ts', 'export const a = Buffer.alloc(1);\n', /Buffer/],
  ];
  let folder = '';
  let diagnostics: { message: string; location: { path: string | { file: string } } }[] = [];

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'lastack-tidy-'));
    cpSync(path.join(root, 'biome.json'), path.join(folder, 'biome.json'));
    for (const [file, text] of wrong) {
      mkdirSync(path.join(folder, path.dirname(file)), { recursive: true });
      writeFileSync(path.join(folder, file), text);
    }
    const biome = path.join(root, 'node_modules/.bin/biome');
    const run = spawnSync(biome, ['lint', '--vcs-enabled=false', '--reporter=json', '.'], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(run.status).toBe(1);
    diagnostics = JSON.parse(run.stdout).diagnostics;
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(wrong)('refuses a wrong line in %s', (file, _text, message) => {
    const found = diagnostics
      .filter(({ location }) => (typeof location.path === 'string' ? location.path : location.path.file) === file)
      .map((diagnostic) => JSON.stringify(diagnostic));
    expect(found.join('\n')).toMatch(message);
  });
});

describe('files', () => {
  const LONGEST = 500;
  const isCompiled = (file: string): boolean => read(file).startsWith('// Written by `npm run core`');

  it(`have at most ${LONGEST} lines, unless they are compiled`, () => {
    const long = [...sources, ...list('test', /\.ts$/)]
      .filter((file) => !isCompiled(file))
      .map((file) => [file, read(file).split('\n').length - 1] as const)
      .filter(([, lines]) => lines > LONGEST);
    expect(long).toEqual([]);
  });

  it('leave nothing unfinished and skip no test', () => {
    const marks = /\b(?:TODO|FIXME|XXX)\b|\b(?:it|test|describe)\.(?:only|skip|todo)\b/;
    const self = path.relative(root, fileURLToPath(import.meta.url));
    const found = [...sources, ...list('test', /\.ts$/)].filter((file) => file !== self && marks.test(read(file)));
    expect(found).toEqual([]);
  });
});

describe('fixtures', () => {
  const names = readdirSync(path.join(root, 'fixtures')).filter((name) => /\.pcap(?:ng)?$/.test(name));

  it('come each with what is expected of it, and nothing lies about without its capture', () => {
    const stems = new Set(names.map((name) => name.replace(/\.pcap(?:ng)?$/, '')));
    const others = readdirSync(path.join(root, 'fixtures')).filter((name) => name.endsWith('.json'));
    const orphans = others.filter((name) => !stems.has(name.replace(/(?:\.[a-z]+)?\.json$/, '')));
    expect(orphans).toEqual([]);
    const described = new Set(others.map((name) => name.replace(/(?:\.[a-z]+)?\.json$/, '')));
    expect([...stems].filter((stem) => !described.has(stem))).toEqual([]);
  });
});

describe('the package', () => {
  const manifest = JSON.parse(read('package.json'));

  it('holds what a user needs and nothing else', () => {
    expect(manifest.files).toEqual([
      'dist',
      '!dist/**/*.cache',
      'config.schema.json',
      'events.schema.json',
      'README.md',
      'CHANGELOG.md',
      'LICENSE',
    ]);
    expect(manifest.bin).toEqual({ lastack: 'dist/cli/main.js' });
    expect(manifest.type).toBe('module');
  });

  it('can be installed without libpcap', () => {
    expect(manifest.optionalDependencies).toHaveProperty('cap');
    expect(manifest.dependencies).not.toHaveProperty('cap');
  });

  it('lets the one dependency that must be compiled do so', () => {
    expect(Object.keys(manifest.allowScripts)).toEqual([expect.stringMatching(/^cap(?:@|$)/)]);
  });
});
