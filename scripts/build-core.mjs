/**
 * Compiles assembly/ to WebAssembly and writes it as text into src/core/binary.ts, which is committed: whoever builds or
 * tests needs nothing of this, and test/core/binary.test.ts tells when it is out of date.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { main } from 'assemblyscript/asc';
import binaryen from 'binaryen';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const TARGET = join(root, 'src/core/binary.ts');
const LINE_CHARACTERS = 112;
const OPTIONS = [
  ...['-O3', '--converge', '--noAssert', '--runtime', 'stub'],
  ...['--importMemory', '--sharedMemory', '--initialMemory', '16', '--maximumMemory', '65536'],
  ...['--enable', 'threads,bulk-memory'],
];

/** The text of `src/core/binary.ts` as it should be. */
export async function compileCore() {
  let binary = null;
  const { error, stderr } = await main(['assembly/index.ts', '--outFile', 'core.wasm', ...OPTIONS], {
    readFile: (name) => {
      try {
        return readFileSync(join(root, name), 'utf8');
      } catch {
        return null;
      }
    },
    writeFile: (_name, contents) => {
      binary = contents;
    },
    listFiles: () => [],
  });
  if (error !== null || binary === null) throw new Error(stderr.toString() || String(error));
  const text = Buffer.from(inline(binary)).toString('base64');
  const lines = text.match(new RegExp(`.{1,${LINE_CHARACTERS}}`, 'g'));
  return `// Written by \`npm run core\` from assembly/.\nexport const CORE_BINARY =\n${lines.map((line) => `  '${line}'`).join(' +\n')};\n`;
}

/** V8 inlines nothing in WebAssembly, and a call costs more than most of the functions here do. */
function inline(binary) {
  const module = binaryen.readBinary(binary);
  // What every Node.js that is supported knows; with more, Binaryen writes the types in a newer way.
  const { BulkMemory, BulkMemoryOpt, MutableGlobals, NontrappingFPToInt, SignExt, ...others } = binaryen.Features;
  module.setFeatures(others.Atomics | BulkMemory | BulkMemoryOpt | MutableGlobals | NontrappingFPToInt | SignExt);
  binaryen.setOptimizeLevel(3);
  binaryen.setShrinkLevel(0);
  binaryen.setOneCallerInlineMaxSize(4000);
  binaryen.setFlexibleInlineMaxSize(400);
  binaryen.setAlwaysInlineMaxSize(200);
  binaryen.setAllowInliningFunctionsWithLoops(true);
  module.optimize();
  module.optimize();
  return module.emitBinary();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(TARGET, await compileCore());
  console.log(`${TARGET}: written`);
}
