import { statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { STANDARD_INPUT } from '../../source/blocks.ts';
import { expandDirectories } from '../../source/directories.ts';
import type { RawArguments } from '../options.ts';
import { readWhole } from '../values.ts';

/** Below this a thread takes longer to start, and to get its code compiled, than it saves; less if every connection is written. */
const LEAST_BYTES = 2 ** 30;
const LEAST_BYTES_FOR_LINES = 2 ** 28;
/** One thread reads and decodes; it cannot keep more than these busy. */
const USEFUL_THREADS = 8;
const MAX_THREADS = 64;

/** How many threads to use: what `--threads` says, else as many as there are cores, for large files. */
export function chooseThreads(raw: RawArguments, paths: readonly string[], format: 'text' | 'lines'): number {
  const asked = readWhole(raw.options, 'threads', 1, MAX_THREADS);
  if (asked !== undefined) return asked;
  const leastBytes = format === 'text' ? LEAST_BYTES : LEAST_BYTES_FOR_LINES;
  return totalBytes(paths) < leastBytes ? 1 : Math.min(availableParallelism(), USEFUL_THREADS);
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
