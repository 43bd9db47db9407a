/**
 * An analysis by two threads: the other one reads and decodes, this one does the rest as if it were alone. What comes out
 * is the same to the byte.
 *
 * The other one takes a while to start. Until it has come further than this one, this one reads and decodes for itself:
 * both make the same batches of the same packets, so those that it has taken in already are passed over in the ring.
 */
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { assert, SinkFullError } from '../../base/error.ts';
import { bytesToLend } from '../../core/borrowed.ts';
import type { Analysis } from '../../engine.ts';
import { BLOCK_BYTES, isOneWay } from '../../source/blocks.ts';
import { type ReadProgress, readInSteps } from '../../source/session.ts';
import type { AnalysisRequest, Reading } from '../engine.ts';
import { unpackError, unpackProblem } from '../problems.ts';
import { takeReader } from './reader-thread.ts';
import type { ReaderEnd, ReaderStart, Refusal } from './reading.ts';
import { openFilled, Ring, SlotHead, type SlotMessage } from './ring.ts';

/** Batches that are gone through between two pauses. */
const BATCHES_A_STEP = 16;
/** Room for the blocks of a few captures; those of more of them are copied from. */
const BLOCKS_BYTES = 4 * BLOCK_BYTES;
/** Batches after which this thread waits for the other one in any case; for so few there is always room. */
const MOST_BATCHES_ALONE = 512;

/** Reads as if there were no other thread, to the end or until that one has come further, which also tells of what was read. */
async function* readAlone(
  paths: readonly string[],
  analysis: Analysis,
  comesFurther: () => boolean,
): AsyncGenerator<ReadProgress, void, undefined> {
  // Some things cannot be read twice.
  if (paths.some(isOneWay)) return;
  for await (const progress of readInSteps(paths, analysis, { timeBase: analysis.timeBase })) {
    yield progress;
    if (comesFurther() || analysis.batchesDecoded >= MOST_BATCHES_ALONE) return;
  }
}

/** Has the captures of a request read by another thread, and an analysis take in what it decodes; pauses now and then. */
export async function* readAside(
  { paths, decoding = {} }: Pick<AnalysisRequest, 'paths' | 'decoding'>,
  analysis: Analysis,
): Reading {
  const { core, timeBase } = analysis;
  const ring = new Ring(1, timeBase, core);
  const { port1: port, port2: theirs } = new MessageChannel();
  const start: ReaderStart = {
    paths,
    decoding,
    memory: ring.memory,
    lent: core.lend(bytesToLend(BLOCKS_BYTES)),
    port: theirs,
  };
  const worker = takeReader();
  worker.postMessage(start, [theirs]);
  const failures: Error[] = [];
  worker.on('error', (error) => failures.push(error instanceof Error ? error : new Error(String(error))));
  let isFull = false;
  let next = 0;

  const takeNext = (): void => {
    const number = next++;
    const slot = ring.slotOf(number);
    const message = slot.head[SlotHead.HAS_MESSAGE] === 0 ? null : receiveMessageOnPort(port)?.message;
    ring.updateTimeBase();
    const isKnown = number < analysis.batchesDecoded;
    try {
      if (!isFull && !isKnown)
        analysis.takeDecoded(openFilled(slot, message as SlotMessage | null, analysis.annotations));
    } catch (error) {
      if (!(error instanceof SinkFullError)) throw error;
      isFull = true;
      const refusal: Refusal = { message: error.message, hint: error.hint };
      port.postMessage(refusal);
      if (!ring.refuse()) throw error;
    }
    ring.finishBatch(0);
  };

  const comesFurther = (): boolean => {
    while (next < Math.min(ring.filled, analysis.batchesDecoded)) takeNext();
    return next < ring.filled;
  };

  try {
    yield* readAlone(paths, analysis, comesFurther);
    for (;;) {
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
      while (next < until) takeNext();
      yield ring.progress;
      if (failures.length > 0) throw failures[0];
    }
  } finally {
    ring.abort();
    port.close();
    void worker.terminate();
  }
}
