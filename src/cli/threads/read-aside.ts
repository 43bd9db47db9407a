/**
 * An analysis by two threads: the other one reads and decodes, this one does the rest as if it were alone. What comes out
 * is the same to the byte.
 */
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { assert, SinkFullError } from '../../base/error.ts';
import type { Analysis } from '../../engine.ts';
import type { AnalysisRequest, Reading } from '../engine.ts';
import { unpackError, unpackProblem } from '../problems.ts';
import { takeReader } from './reader-thread.ts';
import type { ReaderEnd, ReaderStart, Refusal } from './reading.ts';
import { openFilled, Ring, SlotHead, type SlotMessage } from './ring.ts';

/** Batches that are gone through between two pauses. */
const BATCHES_A_STEP = 16;

/** Has the captures of a request read by another thread, and an analysis take in what it decodes; pauses now and then. */
export async function* readAside(
  { paths, decoding = {} }: Pick<AnalysisRequest, 'paths' | 'decoding'>,
  analysis: Analysis,
): Reading {
  const { core, timeBase } = analysis;
  const ring = new Ring(1, timeBase, core);
  const { port1: port, port2: theirs } = new MessageChannel();
  const start: ReaderStart = { paths, decoding, memory: ring.memory, port: theirs };
  const worker = takeReader();
  worker.postMessage(start, [theirs]);
  const failures: Error[] = [];
  worker.on('error', (error) => failures.push(error instanceof Error ? error : new Error(String(error))));
  let isFull = false;

  const takeNext = (number: number): void => {
    const slot = ring.slotOf(number);
    const message = slot.head[SlotHead.HAS_MESSAGE] === 0 ? null : receiveMessageOnPort(port)?.message;
    ring.updateTimeBase();
    try {
      if (!isFull) analysis.takeDecoded(openFilled(slot, message as SlotMessage | null, analysis.annotations));
    } catch (error) {
      if (!(error instanceof SinkFullError)) throw error;
      isFull = true;
      const refusal: Refusal = { message: error.message, hint: error.hint };
      port.postMessage(refusal);
      if (!ring.refuse()) throw error;
    }
    ring.finishBatch(0);
  };

  try {
    for (let next = 0; ; ) {
      const seen = ring.newsForThreads;
      const { endNanos } = ring;
      const until = Math.min(ring.filled, next + BATCHES_A_STEP);
      if (next === until && endNanos !== null) {
        const message = receiveMessageOnPort(port)?.message as ReaderEnd | undefined;
        assert(message !== undefined, 'the reader tells what it read before it ends');
        if ('error' in message) throw unpackError(message);
        const { captures, problems, clock } = message;
        return { captures, problems: problems.map(unpackProblem), clock, endNanos };
      }
      if (next === until) ring.blockForReader(seen);
      while (next < until) takeNext(next++);
      yield ring.progress;
      if (failures.length > 0) throw failures[0];
    }
  } finally {
    ring.abort();
    port.close();
    void worker.terminate();
  }
}
