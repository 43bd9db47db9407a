#!/usr/bin/env node
// Puts the modules of the command line together, so that starting it opens a dozen files and not two hundred: what every
// start needs is one file, what an analysis needs besides is another, which halves the time that loading it takes. What
// else is imported on demand stays a file of its own; packages are left where npm installs them. The library is not bundled.
// What an analysis needs is a script with a small file about it, because Node.js 20 has a code cache for scripts only
// (src/cli/code-cache.ts); its first run makes that cache. Both, and what every start needs, are CommonJS: that spares Node.js
// its loader of ECMAScript modules, 6 to 7 ms. The others are modules still.
//
//   node scripts/bundle-cli.mjs [folder]        default: dist/cli
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';
import { parseSync, Visitor } from 'rolldown/utils';

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
 * A module as CommonJS. What it exports has to be as it is from the beginning.
 *
 * @param {string} code
 */
function toCommonJs(code) {
  const { program } = parseSync('module.js', code);
  /** @type {{ start: number, end: number, by: string }[]} */
  const replaced = [];
  /** @type {string[]} */
  const exported = [];
  for (const statement of program.body) {
    const { start, end } = statement;
    if (statement.type === 'ImportDeclaration') {
      const pairs = statement.specifiers.map((specifier) => {
        if (specifier.type !== 'ImportSpecifier') throw new Error('what is CommonJS is to import by name');
        return `${nameOf(specifier.imported)}: ${specifier.local.name}`;
      });
      const required = `require(${JSON.stringify(statement.source.value)});`;
      replaced.push({ start, end, by: pairs.length === 0 ? required : `const { ${pairs.join(', ')} } = ${required}` });
    } else if (statement.type === 'ExportNamedDeclaration') {
      if (statement.declaration !== null) throw new Error('what is CommonJS is to export a list of names');
      const from = statement.source === null ? '' : `require(${JSON.stringify(statement.source.value)}).`;
      for (const { local, exported: as } of statement.specifiers) {
        exported.push(`exports.${nameOf(as)} = ${from}${nameOf(local)};`);
      }
      replaced.push({ start, end, by: '' });
    } else if (statement.type.startsWith('Export')) throw new Error(`what is CommonJS has no ${statement.type}`);
  }
  new Visitor({
    MemberExpression({ object, property, start, end }) {
      if (object.type !== 'MetaProperty') return;
      if (nameOf(property) !== 'url') throw new Error(`what is CommonJS has no import.meta.${nameOf(property)}`);
      replaced.push({ start, end, by: OWN_URL });
    },
  }).visit(program);
  const body = replace(code, replaced);
  const [, hashbang = ''] = /^(#!.*\n)/.exec(body) ?? [];
  return `${hashbang}"use strict";\n${body.slice(hashbang.length)}\n${exported.join('\n')}\n`;
}

/** The URL of a file that is CommonJS. */
const OWN_URL = 'require("node:url").pathToFileURL(__filename).href';

/** @param {any} name an identifier, or a text in its place */
function nameOf(name) {
  return name.type === 'Literal' ? name.value : name.name;
}

/**
 * @param {string} code
 * @param {{ start: number, end: number, by: string }[]} replaced
 */
function replace(code, replaced) {
  let result = code;
  for (const { start, end, by } of replaced.sort((one, other) => other.start - one.start)) {
    result = result.slice(0, start) + by + result.slice(end);
  }
  return result;
}

/**
 * The script that a file of CommonJS is made of, and the file about it, which hands it what such a file has. Its last line, of
 * which nothing is done, tells Node.js what modules can import by name.
 *
 * @param {string} code
 * @param {readonly string[]} names what it exports
 * @param {string} script where the script will be, seen from the file
 */
function splitFile(code, names, script) {
  /** @type {{ start: number, end: number, by: string }[]} */
  const replaced = [];
  const { program } = parseSync('file.js', code, { sourceType: 'script' });
  new Visitor({
    ImportExpression({ start }) {
      replaced.push({ start, end: start + 'import'.length, by: 'importBeside' });
    },
  }).visit(program);
  return {
    script: `(function (exports, require, __filename, importBeside) {\n${replace(code, replaced)}})`,
    file: `"use strict";
const { runCached } = require("./code-cache.js");
const script = runCached(new URL(${JSON.stringify(script)}, ${OWN_URL}));
script(exports, require, __filename, (name) => import(name));
0 && (${names.map((name) => `exports.${name} = `).join('')}0);
`,
  };
}

const startUp = loadedWith('cli/main.ts');
// It waits for what it imports on demand, which therefore cannot wait for it.
startUp.delete(MAIN);
const ANALYSIS = join(ROOT, 'src/cli/analysis.ts');
const analysis = loadedWith('cli/analysis.ts');

/** Files that are CommonJS, by name: what an analysis by one thread or two loads. */
const COMMON_JS = ['main', 'start-up', 'code-cache', 'analysis', 'read-aside', 'ring', 'rolldown-runtime'];

/** @type {import('rolldown').Plugin} */
const quickToStart = {
  name: 'quick-to-start',
  generateBundle(_, bundle) {
    const chunks = Object.values(bundle).filter((file) => file.type === 'chunk');
    const script = chunks.find(({ moduleIds }) => moduleIds.includes(ANALYSIS));
    if (script === undefined) throw new Error('there is no analysis');
    const common = chunks.filter(({ name }) => COMMON_JS.includes(name));
    for (const chunk of common) {
      chunk.code = toCommonJs(chunk.code);
      for (const { fileName } of common) {
        const file = JSON.stringify(`./${fileName}`);
        chunk.code = chunk.code.replaceAll(`import(${file})`, `Promise.resolve(require(${file}))`);
      }
    }
    const fileName = script.fileName.replace(/\.js$/, '.script.js');
    const parts = splitFile(script.code, script.exports, `./${basename(fileName)}`);
    this.emitFile({ type: 'asset', fileName, source: parts.script });
    script.code = parts.file;
    this.emitFile({ type: 'asset', fileName: 'package.json', source: '{ "type": "commonjs" }\n' });
  },
};

/** @param {{ name: string }} chunk */
const extensionOf = ({ name }) => (COMMON_JS.includes(name) ? 'js' : 'mjs');

await build({
  ...COMMON,
  plugins: [quickToLoad, quickToStart],
  output: {
    dir: folder,
    format: 'esm',
    entryFileNames: (chunk) => `[name].${extensionOf(chunk)}`,
    chunkFileNames: (chunk) => `[name]-[hash].${extensionOf(chunk)}`,
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
  output: { dir: folder, format: 'cjs', comments: false, codeSplitting: false },
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
