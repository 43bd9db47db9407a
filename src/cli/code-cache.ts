/**
 * V8's code cache for the parts of the built command line that take longest to read. It stands beside the part, is made
 * by the build, and by the first run where it is not there (another version of V8, a package that npm has installed), as
 * Python does with its modules. Node.js 22 could do so by itself, Node.js 20 cannot for modules.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';

/** The cache of a part for this V8. What it was made of and with which flags, V8 checks itself. */
function cacheOf(path: string): string {
  return `${path}.v8-${process.versions.v8}-${process.arch}.cache`;
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

/** Flags that were set meanwhile are part of a cache, and no later start would have them. */
function flagsOfV8(): number {
  return process.getBuiltinModule('node:v8').cachedDataVersionTag();
}

/** Whole or not at all: others may be starting at the same moment. A folder that cannot be written to stays as it is. */
function writeCache(path: string, script: Script): void {
  const partial = `${path}.${process.pid}`;
  try {
    writeFileSync(partial, '', { flag: 'wx' });
  } catch {
    return;
  }
  try {
    writeFileSync(partial, script.createCachedData(), { flush: true });
    renameSync(partial, path);
  } catch {
    rmSync(partial, { force: true });
  }
}

/**
 * What a script comes to whose text is an expression. It is ASCII alone, and cannot import anything itself.
 *
 * @throws {Error} the script cannot be read, or throws itself.
 */
export function runCached(url: URL): unknown {
  const path = fileURLToPath(url);
  const cache = cacheOf(path);
  const cachedData = readIfThere(cache);
  const script = new Script(readFileSync(path, 'latin1'), {
    filename: url.href,
    ...(cachedData === undefined ? {} : { cachedData }),
  });
  if (cachedData === undefined && process.getBuiltinModule('node:worker_threads').isMainThread) {
    const flags = flagsOfV8();
    process.once('exit', () => {
      if (flags === flagsOfV8()) writeCache(cache, script);
    });
  }
  return script.runInThisContext();
}
