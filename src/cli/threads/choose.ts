import { availableParallelism } from 'node:os';
import { STANDARD_INPUT } from '../../source/blocks.ts';
import { expandDirectories } from '../../source/directories.ts';
import { statusOf } from '../../source/status.ts';
import type { RawArguments } from '../options.ts';
import { readWhole } from '../values.ts';
import { LEAST_BYTES } from './reader-thread.ts';

/** With fewer cores one thread reads for another, unless it is a table that is wanted: of that every connection goes through the machine. */
const CORES_TO_DEAL = { json: 8, csv: 2 };
/** One thread reads and decodes; it cannot keep more than these busy. */
const USEFUL_THREADS = 8;
const MAX_THREADS = 64;

export type ThreadedFormat = 'text' | keyof typeof CORES_TO_DEAL;

/**
 * How many threads to use: what `--threads` says, else for large files as many as there are cores, or two. Text needs so little of
 * most connections that to read and decode is all that is worth another thread.
 */
export function chooseThreads(
  raw: RawArguments,
  paths: readonly string[],
  format: ThreadedFormat,
  cores = availableParallelism(),
): number {
  const asked = readWhole(raw.options, 'threads', 1, MAX_THREADS);
  const isText = format === 'text';
  const most = isText ? (paths.includes(STANDARD_INPUT) ? 1 : 2) : MAX_THREADS;
  if (asked !== undefined) return Math.min(asked, most);
  if (cores === 1 || totalBytes(paths) < LEAST_BYTES) return 1;
  if (isText) return most;
  return cores >= CORES_TO_DEAL[format] ? Math.min(cores, USEFUL_THREADS) : 2;
}

/**
 * Whether one of two threads reads and decodes while the other does the rest: else each follows the connections of some
 * buckets. Standard input is there for the main thread only, and of a table every connection goes through the machine.
 */
export function isReadAside(threads: number, paths: readonly string[], form: string): boolean {
  return threads === 2 && !form.startsWith('csv') && !paths.includes(STANDARD_INPUT);
}

/** Size of the regular files among the paths. */
function totalBytes(paths: readonly string[]): number {
  let bytes = 0;
  for (const path of expandDirectories(paths)) {
    const status = path === STANDARD_INPUT ? undefined : statusOf(path);
    if (status?.isFile() === true) bytes += status.size;
  }
  return bytes;
}
