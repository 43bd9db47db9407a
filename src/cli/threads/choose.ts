import { statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { STANDARD_INPUT } from '../../source/blocks.ts';
import { expandDirectories } from '../../source/directories.ts';
import type { RawArguments } from '../options.ts';
import { readWhole } from '../values.ts';

/** Below this a thread takes longer to start, and to get its code compiled, than it saves. */
const LEAST_BYTES = 2 ** 30;
/** One thread reads and decodes; it cannot keep more than these busy. */
const USEFUL_THREADS = 8;
const MAX_THREADS = 64;

/** How many threads to use: what `--threads` says, else as many as there are cores, for large files. */
export function chooseThreads(raw: RawArguments, paths: readonly string[]): number {
  const asked = readWhole(raw.options, 'threads', 1, MAX_THREADS);
  if (asked !== undefined) return asked;
  return totalBytes(paths) < LEAST_BYTES ? 1 : Math.min(availableParallelism(), USEFUL_THREADS);
}

/** Size of the regular files among the paths. */
function totalBytes(paths: readonly string[]): number {
  let bytes = 0;
  for (const path of expandDirectories(paths)) {
    const status = path === STANDARD_INPUT ? undefined : statSync(path, { throwIfNoEntry: false });
    if (status?.isFile() === true) bytes += status.size;
  }
  return bytes;
}
