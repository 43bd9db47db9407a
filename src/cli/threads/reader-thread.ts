import type { Worker } from 'node:worker_threads';

/** It takes as long to start as the command does, so it is started while that is loaded. */
let early: Worker | null = null;

function open(): Worker {
  const { Worker: Thread } = process.getBuiltinModule('node:worker_threads');
  return new Thread(new URL('./reader.js', import.meta.url));
}

/** Starts the thread that reads, if it is likely to be asked for: nothing waits for it. */
export function startReaderFor(args: readonly string[]): void {
  if (!args.some((arg, at) => arg === '--threads=2' || (arg === '--threads' && args[at + 1] === '2'))) return;
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
