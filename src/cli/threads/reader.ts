/** The thread that reads: src/cli/threads/reading.ts is what it does, once it is told what. */
import { parentPort } from 'node:worker_threads';
import { type ReaderStart, readForOther } from './reading.ts';

parentPort?.once('message', (start: ReaderStart) => void readForOther(start));
