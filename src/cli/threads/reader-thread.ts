import type { Worker } from 'node:worker_threads';
import { statusOf } from '../../source/status.ts';

/** Below this a thread takes longer to start, and to get its code compiled, than it saves, or takes more memory than that is worth. */
export const LEAST_BYTES = 2 ** 29;

/** It takes as long to start as the command does, so it is started while that is loaded. */
let early: Worker | null = null;

function open(): Worker {
  const { Worker: Thread } = process.getBuiltinModule('node:worker_threads');
  return new Thread(new URL('./reader.js', import.meta.url));
}

/** What a command line says of threads; undefined if it does not. */
function threadsIn(args: readonly string[]): string | undefined {
  const at = args.findIndex((arg) => /^--threads(=|$)/.test(arg));
  return at === -1 ? undefined : (args[at].split('=')[1] ?? args[at + 1]);
}

function isLarge(path: string): boolean {
  return (statusOf(path)?.size ?? 0) >= LEAST_BYTES;
}

/** Whether a thread that reads is likely to be asked for, as far as can be told before the arguments are read. */
export function isReaderLikely(args: readonly string[]): boolean {
  const threads = threadsIn(args);
  if (threads !== undefined) return threads === '2';
  return args.some(isLarge) && process.getBuiltinModule('node:os').availableParallelism() > 1;
}

/** Starts the thread that reads, if it is likely to be asked for: nothing waits for it. */
export function startReaderFor(args: readonly string[]): void {
  if (!isReaderLikely(args)) return;
  early = open();
  early.unref();
  // The one that is opened in its place will say so again, to whoever asks for it.
  early.once('error', () => {
    early = null;
  });
}

/** A thread that reads, for one analysis; it waits for a `ReaderStart`. */
export function takeReader(): Worker {
  const thread = early ?? open();
  early = null;
  thread.ref();
  return thread;
}
