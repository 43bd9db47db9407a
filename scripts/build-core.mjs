/**
 * Compiles assembly/ to WebAssembly and writes it as text into the files of TARGETS, which are committed: whoever builds
 * or tests needs nothing of this, and test/core/binary.test.ts tells when they are out of date.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { main } from 'assemblyscript/asc';
import binaryen from 'binaryen';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const LINE_CHARACTERS = 119;
const OPTIONS = ['-O3', '--converge', '--noAssert', '--runtime', 'stub'];

/** What every Node.js that is supported knows; with more, Binaryen writes the types in a newer way. */
const { BulkMemory, BulkMemoryOpt, MutableGlobals, NontrappingFPToInt, SignExt, ...Features } = binaryen.Features;
const COMMON = BulkMemory | BulkMemoryOpt | MutableGlobals | NontrappingFPToInt | SignExt;

/** Files that are written, and what goes into them. */
export const TARGETS = {
  'src/core/binary.ts': {
    name: 'CORE_BINARY',
    source: 'assembly/index.ts',
    options: [
      ...['--importMemory', '--sharedMemory', '--initialMemory', '16', '--maximumMemory', '65536'],
      ...['--enable', 'threads,bulk-memory,simd'],
    ],
    features: Features.Atomics | Features.SIMD128,
  },
  'src/report/text-binary.ts': {
    name: 'TEXT_BINARY',
    source: 'assembly/text/index.ts',
    options: ['--enable', 'simd'],
    features: Features.SIMD128,
  },
};

/** The text of one of these files as it should be. */
export async function compileTo(target) {
  const { name, source, options, features } = TARGETS[target];
  let binary = null;
  const { error, stderr } = await main([source, '--outFile', 'out.wasm', ...OPTIONS, ...options], {
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
  const text = Buffer.from(inline(binary, features)).toString('base64');
  const lines = text.match(new RegExp(`.{1,${LINE_CHARACTERS}}`, 'g'));
  return `// Written by \`npm run core\` from assembly/.\nexport const ${name}: string = \`\\\n${lines.join('\\\n')}\`;\n`;
}

/** V8 inlines nothing in WebAssembly, and a call costs more than most of the functions here do. */
function inline(binary, features) {
  const module = binaryen.readBinary(binary);
  module.setFeatures(COMMON | features);
  binaryen.setOptimizeLevel(3);
  binaryen.setShrinkLevel(0);
  binaryen.setOneCallerInlineMaxSize(4000);
  // Up to here what is called from a few places is put into each of them: then all of a packet is decoded by one function.
  binaryen.setFlexibleInlineMaxSize(1500);
  binaryen.setAlwaysInlineMaxSize(40);
  binaryen.setAllowInliningFunctionsWithLoops(true);
  module.optimize();
  module.optimize();
  return module.emitBinary();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const target of Object.keys(TARGETS)) {
    writeFileSync(join(root, target), await compileTo(target));
    console.log(`${target}: written`);
  }
}
