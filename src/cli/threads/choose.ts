import { statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { STANDARD_INPUT } from '../../source/blocks.ts';
import { expandDirectories } from '../../source/directories.ts';
import type { RawArguments } from '../options.ts';
import { readWhole } from '../values.ts';

/** Below this a thread takes longer to start, and to get its code compiled, than it saves, or takes more memory than that is worth. */
const LEAST_BYTES = 2 ** 30;
/**
 * With fewer cores one thread is as fast, in less memory: two cores have enough to do with what V8 does aside for one thread,
 * and a second one has to get its code ready first. Of a table every connection goes through the machine.
 */
const LEAST_CORES = { text: 4, json: 4, csv: 2 };
/** One thread reads and decodes; it cannot keep more than these busy. */
const USEFUL_THREADS = 8;
const MAX_THREADS = 64;

/** How many threads to use: what `--threads` says, else as many as there are cores, for large files and if it helps. */
export function chooseThreads(
  raw: RawArguments,
  paths: readonly string[],
  format: keyof typeof LEAST_CORES,
  cores = availableParallelism(),
): number {
  const asked = readWhole(raw.options, 'threads', 1, MAX_THREADS);
  if (asked !== undefined) return asked;
  const isWorthIt = cores >= LEAST_CORES[format] && totalBytes(paths) >= LEAST_BYTES;
  return isWorthIt ? Math.min(cores, USEFUL_THREADS) : 1;
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
