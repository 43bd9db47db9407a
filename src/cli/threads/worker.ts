/** One of several threads of an analysis: goes through all batches, keeps to its buckets, and sends what comes of it. */
import { type MessagePort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { keepObjectsYoung } from '../heap.ts';
import { packError, type SentError } from '../problems.ts';
import type { Chunk } from './records.ts';
import { Ring, type RingMemory, SlotHead, type SlotMessage } from './ring.ts';
import { Share, type ShareRequest } from './share.ts';

/** What a thread is started with. */
export interface WorkerStart {
  readonly request: ShareRequest;
  readonly memory: RingMemory;
  /** Number of this thread from 0, the reading one not counted, and how many there are of them. */
  readonly thread: number;
  readonly threads: number;
  /** As `Share` has it. */
  readonly isMine: Uint8Array;
  readonly port: MessagePort;
}

/** What a thread sends: results, or what went wrong. */
export type WorkerMessage = { readonly chunk: Chunk } | SentError;

/** Batches after which results are sent, so that others need not wait for them. */
const BATCHES_A_CHUNK = 32;

keepObjectsYoung();
const { request, memory, thread, threads, isMine, port } = workerData as WorkerStart;
const ring = new Ring(threads, { epochSeconds: 0 }, null, memory);
const share = new Share(request, isMine, ring.timeBase);
let hasNews = false;

function send(isLast: boolean): void {
  for (;;) {
    const seen = ring.newsForThreads;
    if (ring.isAborted) return;
    if (!ring.isFarAhead(thread)) break;
    ring.waitForReader(seen);
  }
  const chunk = share.takeChunk(isLast);
  const message: WorkerMessage = { chunk };
  const memories = [chunk.records.buffer, chunk.opened.buffer] as ArrayBuffer[];
  if (chunk.text !== null) memories.push(chunk.text.buffer as ArrayBuffer);
  port.postMessage(message, memories);
  ring.noteSent(thread);
  hasNews = false;
}

/** Returns the end of the capture, or null when nobody wants to know any more. */
function goThroughBatches(): number | null {
  for (let next = 0; ; ) {
    const seen = ring.newsForThreads;
    const { endNanos } = ring;
    if (ring.isAborted) return null;
    if (next < ring.filled) {
      const slot = ring.slotOf(next++);
      const message = slot.head[SlotHead.HAS_MESSAGE] === 0 ? null : receiveMessageOnPort(port)?.message;
      ring.updateTimeBase();
      share.push(slot, message as SlotMessage | null);
      ring.finishBatch(thread);
      hasNews = true;
      if (share.isFull || next % BATCHES_A_CHUNK === 0) send(false);
    } else if (endNanos !== null) return endNanos;
    else if (hasNews) send(false);
    else ring.waitForReader(seen);
  }
}

try {
  const endNanos = goThroughBatches();
  if (endNanos !== null) {
    for (const _ of share.finish(endNanos)) if (share.isFull) send(false);
    send(true);
  }
} catch (error) {
  const message: WorkerMessage = packError(error);
  port.postMessage(message);
  ring.noteSent(thread);
}
port.close();
