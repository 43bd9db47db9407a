import { statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { STANDARD_INPUT } from '../../source/blocks.ts';
import { expandDirectories } from '../../source/directories.ts';
import type { RawArguments } from '../options.ts';
import { readWhole } from '../values.ts';
import type { Form } from './form.ts';

/** Below this a thread would take longer to start, and to get its code compiled, than it saves; lines of text are more work. */
const LEAST_BYTES = { overview: 2 ** 30, lines: 2 ** 27 } as const;
/** One thread reads and decodes; it cannot keep more than these busy. */
const USEFUL_THREADS = 8;
const MAX_THREADS = 64;

/** How many threads to use: what `--threads` says, else as many as there are cores, for large files. */
export function chooseThreads(raw: RawArguments, paths: readonly string[], form: Form): number {
  const asked = readWhole(raw.options, 'threads', 1, MAX_THREADS);
  if (asked !== undefined) return asked;
  return totalBytes(paths) < (form === 'overview' ? LEAST_BYTES.overview : LEAST_BYTES.lines)
    ? 1
    : Math.min(availableParallelism(), USEFUL_THREADS);
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
