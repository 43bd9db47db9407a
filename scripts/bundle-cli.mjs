#!/usr/bin/env node
// Puts the modules of the command line together, so that starting it opens a dozen files and not two hundred: what every
// start needs is one file, what an analysis needs besides is another, which halves the time that loading it takes. What
// else is imported on demand stays a file of its own; packages are left where npm installs them. The library is not bundled.
// What an analysis needs is a script with a small module about it, because Node.js 20 has a code cache for scripts only
// (src/cli/code-cache.ts); its first run makes that cache.
//
//   node scripts/bundle-cli.mjs [folder]        default: dist/cli
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';
import { Visitor } from 'rolldown/utils';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const MAIN = join(ROOT, 'src/cli/main.ts');
const folder = process.argv[2] ?? join(ROOT, 'dist/cli');

/** @type {import('rolldown').BuildOptions} */
const COMMON = {
  cwd: ROOT,
  input: {
    main: MAIN,
    worker: join(ROOT, 'src/cli/threads/worker.ts'),
    'code-cache': join(ROOT, 'src/cli/code-cache.ts'),
  },
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

/** @type {import('rolldown').Plugin} */
const quickToLoad = {
  name: 'quick-to-load',
  generateBundle(_, bundle) {
    for (const file of Object.values(bundle))
      if (file.type === 'chunk') file.code = withBuiltinsAtHand(toAscii(file.code));
  },
};

/**
 * What Node.js brings along is asked for by its name: to import it takes a millisecond or two more.
 *
 * @param {string} code
 */
function withBuiltinsAtHand(code) {
  return code.replace(
    /^import \{ ([^}]+) \} from "(node:[\w/]+)";$/gm,
    (_, names, builtin) => `const { ${names.replaceAll(' as ', ': ')} } = process.getBuiltinModule("${builtin}");`,
  );
}

/**
 * The script that a module is made of, and the module about it: it hands what is imported to the script, whose value is
 * what is exported.
 *
 * @param {string} code
 * @param {{ body: any[] }} program its syntax
 * @param {string} script where the script will be, seen from the module
 */
function splitModule(code, program, script) {
  const imports = program.body.filter(({ type }) => type === 'ImportDeclaration');
  const exports = program.body.filter(({ type }) => type.startsWith('Export'));
  const parameters = imports.map((_, number) => `imported${number}`);
  const names = imports.map(({ specifiers }, number) => {
    const pairs = specifiers.map((/** @type {any} */ { type, imported, local }) => {
      if (type !== 'ImportSpecifier') throw new Error('what an analysis needs is to be imported by its name');
      return `${imported.name}: ${local.name}`;
    });
    return `const { ${pairs.join(', ')} } = ${parameters[number]};`;
  });
  const exported = exports.flatMap(({ type, specifiers, source }) => {
    if (type !== 'ExportNamedDeclaration' || source !== null || specifiers.length === 0) {
      throw new Error('what an analysis needs is to export a list of names');
    }
    return /** @type {any[]} */ (specifiers);
  });
  /** @type {{ start: number, end: number, by: string }[]} */
  const replaced = [...imports, ...exports].map(({ start, end }) => ({ start, end, by: '' }));
  new Visitor({
    ImportExpression({ start }) {
      replaced.push({ start, end: start + 'import'.length, by: 'importBeside' });
    },
  }).visit(/** @type {any} */ (program));
  let rest = code;
  for (const { start, end, by } of replaced.sort((one, other) => other.start - one.start)) {
    rest = rest.slice(0, start) + by + rest.slice(end);
  }
  const values = exported.map(({ local, exported: { name } }) => `${name}: ${local.name}`);
  const own = exported.map(({ exported: { name } }, number) => ({ name, local: `own${number}` }));
  return {
    script: `(function (${['importBeside', ...parameters].join(', ')}) {
"use strict";
${names.join('\n')}
${rest}
return { ${values.join(', ')} };
})`,
    module: `import { runCached } from "./code-cache.js";
${imports.map(({ source }, number) => `import * as ${parameters[number]} from ${JSON.stringify(source.value)};`).join('\n')}
const { ${own.map(({ name, local }) => `${name}: ${local}`).join(', ')} } = runCached(new URL(${JSON.stringify(script)}, import.meta.url))(${['(name) => import(name)', ...parameters].join(', ')});
export { ${own.map(({ name, local }) => `${local} as ${name}`).join(', ')} };
`,
  };
}

const startUp = loadedWith('cli/main.ts');
// It waits for what it imports on demand, which therefore cannot wait for it.
startUp.delete(MAIN);
const ANALYSIS = join(ROOT, 'src/cli/analysis.ts');
const analysis = loadedWith('cli/analysis.ts');

await build({
  ...COMMON,
  plugins: [
    quickToLoad,
    {
      name: 'analysis-as-script',
      generateBundle(_, bundle) {
        for (const file of Object.values(bundle)) {
          if (file.type !== 'chunk' || !file.moduleIds.includes(ANALYSIS)) continue;
          const fileName = file.fileName.replace(/\.js$/, '.script.js');
          const { script, module } = splitModule(file.code, this.parse(file.code), `./${basename(fileName)}`);
          this.emitFile({ type: 'asset', fileName, source: script });
          file.code = module;
        }
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
// The thread that reads needs a part of that, and is to be there soon: it gets a copy.
await build({
  ...COMMON,
  input: { reader: join(ROOT, 'src/cli/threads/reader.ts') },
  plugins: [quickToLoad],
  output: { dir: folder, format: 'esm', comments: false, codeSplitting: false },
});

const main = join(folder, 'main.js');
chmodSync(main, 0o755);

// What rare connections need is part of the cache, too: for a small capture it takes 3 ms longer to read, for a large one it
// saves 25 ms. So its first run is over a capture with some of everything.
const varied = mkdtempSync(join(tmpdir(), 'lastack-build-'));
try {
  const capture = join(varied, 'varied.pcap');
  run(join(ROOT, 'bench/generate.mjs'), '--connections', '1000', '--out', capture);
  run(main, 'analyze', capture);
} finally {
  rmSync(varied, { recursive: true });
}

/**
 * @param {string} script
 * @param {string[]} args
 */
function run(script, ...args) {
  const env = { ...process.env, NODE_OPTIONS: '' };
  execFileSync(process.execPath, [script, ...args], { env, stdio: ['ignore', 'ignore', 'inherit'] });
}
