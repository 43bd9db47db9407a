/** What the other thread of an analysis by two does: it reads and decodes, and nothing else. */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { assert, SinkFullError } from '../../base/error.ts';
import { BorrowedCore, type LentMemory } from '../../core/borrowed.ts';
import { Decoding, type DecodingOptions } from '../../decoding.ts';
import type { CaptureFacts } from '../../findings/joined.ts';
import type { CaptureResult } from '../../report/result.ts';
import { readInSteps } from '../../source/session.ts';
import { packError, packProblem, problemsOf, type SentError, type SentProblem } from '../problems.ts';
import { Ring, type RingMemory, type SlotMessage } from './ring.ts';
import { type RingHost, RingWriter } from './ring-writer.ts';

/** What the thread is started with. */
export interface ReaderStart {
  readonly paths: readonly string[];
  readonly decoding: DecodingOptions;
  readonly memory: RingMemory;
  /** Memory of the core in which the slots of the ring are, to read to and to decode in. */
  readonly lent: LentMemory;
  readonly port: MessagePort;
}

/** What it sends in the end: what there is to tell of the captures, or what went wrong. */
export type ReaderEnd =
  | { readonly captures: CaptureResult[]; readonly problems: readonly SentProblem[]; readonly clock: CaptureFacts }
  | SentError;

/** What it is sent when there is no room for more. */
export interface Refusal {
  readonly message: string;
  readonly hint: string;
}

/** Waits for room in a ring, or says that there will be none. */
class Host implements RingHost {
  readonly #ring: Ring;
  readonly #port: MessagePort;
  #isRefused = false;

  constructor(ring: Ring, port: MessagePort) {
    this.#ring = ring;
    this.#port = port;
  }

  waitForRoom(): void {
    const ring = this.#ring;
    while (!ring.hasRoomFor(1)) {
      const seen = ring.newsForReader;
      if (ring.isAborted) throw new Error('nobody wants to know any more');
      if (!ring.hasRoomFor(1)) ring.blockForThreads(seen);
    }
    if (!ring.isRefused || this.#isRefused) return;
    // Once is enough: what is decoded from here on is not looked at.
    this.#isRefused = true;
    const refusal: Refusal | undefined = receiveMessageOnPort(this.#port)?.message;
    assert(refusal !== undefined, 'who refuses says why');
    throw new SinkFullError(refusal.message, refusal.hint);
  }

  send(message: SlotMessage): void {
    this.#port.postMessage(message);
  }
}

/** Reads to the end, or until nobody wants to know any more. */
export async function readForOther({ paths, decoding: options, memory, lent, port }: ReaderStart): Promise<void> {
  const core = new BorrowedCore(lent);
  const ring = new Ring(1, { epochSeconds: 0 }, core, memory);
  const end = (message: ReaderEnd, lastNanos: number): void => {
    port.postMessage(message);
    ring.end(lastNanos);
  };
  try {
    const decoding = new Decoding(options, new RingWriter(ring, new Host(ring, port)), core);
    const steps = readInSteps(paths, decoding, { timeBase: decoding.timeBase });
    for (;;) {
      const step = await steps.next();
      if (step.done) {
        decoding.end();
        const { backwardFrames, backwardSteps, furthestBackNanos } = decoding.clock;
        const clock = { backwardFrames, backwardSteps, furthestBackNanos };
        const problems = problemsOf(step.value).map(packProblem);
        end({ captures: decoding.describe(step.value), problems, clock }, decoding.lastNanos);
        break;
      }
      ring.noteProgress(step.value);
    }
  } catch (error) {
    end(packError(error), Number.NaN);
  }
  port.close();
}
