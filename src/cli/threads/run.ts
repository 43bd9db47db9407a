/**
 * An analysis by several threads. This one reads and decodes, follows the connections of a few buckets itself if it has time
 * for that, and puts the results of all together; the others follow those of the remaining buckets. What comes out is the
 * same to the byte.
 */
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { TimeBase } from '../../base/time.ts';
import { Analysis, breathe } from '../../engine.ts';
import { bucketOf } from '../../flow/bucket.ts';
import { endsOf } from '../../report/build.ts';
import { readInSteps } from '../../source/session.ts';
import { ROW_WORDS, type SegmentBatch, Word } from '../../wire/batch.ts';
import {
  type AnalysisEnd,
  type AnalysisRequest,
  type ConnectionObserver,
  describeEnd,
  endReading,
  type ThreadedSide,
} from '../engine.ts';
import { unpackError } from '../problems.ts';
import { type MergedTaker, Merger } from './merge.ts';
import type { RecordReader } from './records.ts';
import { Ring, type Slot, type SlotMessage } from './ring.ts';
import { type RingHost, RingWriter } from './ring-writer.ts';
import { dealBuckets, Share, type ShareRequest } from './share.ts';
import type { WorkerMessage, WorkerStart } from './worker.ts';

/** Smaller than those of one thread: between two blocks this thread sees to the results of the others. */
const BLOCK_BYTES = 1 << 20;
/** Batches that the packets of a block may fill, if they are no smaller than usual. */
const BATCHES_A_BLOCK = 16;
/** Chunks of the reading thread itself that may wait for those of others. */
const MAX_OWN_CHUNKS = 12;
/** The lane of the merger with what this thread has followed, if it has. */
const OWN = 0;
/** Batches after which the results of the reading thread are put among the others. */
const BATCHES_A_CHUNK = 32;

/** Time that reading and decoding take, as part of what following, judging and rendering takes. */
const READING_PART = 0.15;

/** Part of the buckets that the reading thread follows itself. */
function readerShare(threads: number): number {
  return Math.max(0, (1 - READING_PART * (threads - 1)) / threads);
}

/** As `runAnalysis`, by `threads` threads. */
export async function runInThreads(
  request: AnalysisRequest,
  observer: ConnectionObserver,
  threaded: ThreadedSide,
  threads: number,
): Promise<AnalysisEnd> {
  const team = new Team(request, observer, threaded, threads);
  const { analysis } = team;
  const { paths, filter, onProgress } = request;
  const steps = readInSteps(paths, analysis, { timeBase: analysis.timeBase, blockBytes: BLOCK_BYTES });
  try {
    for (;;) {
      const step = await steps.next();
      if (step.done) {
        const reading = endReading(analysis, step.value);
        await team.finish(reading.endNanos);
        return describeEnd(analysis, reading, team.totalConnections, filter);
      }
      onProgress?.(step.value.bytesRead, step.value.totalBytes);
      await team.keepUp();
    }
  } finally {
    team.stop();
    await steps.return([]);
  }
}

/** The threads, seen from the reading one. */
class Team implements RingHost, MergedTaker {
  readonly analysis: Analysis;
  readonly #observer: ConnectionObserver;
  readonly #threaded: ThreadedSide;
  readonly #ring: Ring;
  readonly #writer: RingWriter;
  /** What this thread follows itself. */
  readonly #share: Share | null;
  readonly #merger: Merger;
  readonly #workers: { readonly worker: Worker; readonly port: MessagePort }[];
  readonly #pace = { since: Date.now() };
  #failure: Error | null = null;
  #hasTaken = false;

  constructor(request: AnalysisRequest, observer: ConnectionObserver, threaded: ThreadedSide, threads: number) {
    const { segments, timeWaitSeconds, policy, decoding, filter } = request;
    const timeBase: TimeBase = { epochSeconds: 0 };
    const { form } = threaded;
    const [isMine, ...others] = dealBuckets(threads, readerShare(threads));
    const shareRequest: ShareRequest = { segments, timeWaitSeconds, policy: policy ?? {}, filter, form };
    this.#observer = observer;
    this.#threaded = threaded;
    this.#ring = new Ring(threads - 1, timeBase);
    this.#writer = new RingWriter(this.#ring, this);
    this.#share = isMine.includes(1) ? new Share(shareRequest, isMine, timeBase) : null;
    this.#merger = new Merger(this.#firstOther + threads - 1, this);
    this.#workers = others.map((theirs, thread) => this.#start(shareRequest, theirs, thread, threads - 1));
    const handler = { onConnection: () => {} };
    this.analysis = new Analysis(
      { ...policy, ...decoding, segments, timeWaitSeconds },
      handler,
      undefined,
      this.#writer,
    );
  }

  get totalConnections(): number {
    return this.#merger.total;
  }

  waitForRoom(): void {
    while (!this.#ring.hasRoomFor(1)) {
      const seen = this.#ring.newsForReader;
      this.#collect();
      if (!this.#ring.hasRoomFor(1)) this.#ring.blockForThreads(seen);
    }
  }

  onFilled({ buckets, batch }: Slot): void {
    noteBuckets(buckets, batch);
  }

  send(message: SlotMessage): void {
    for (const { port } of this.#workers) port.postMessage(message);
  }

  onPublished(slot: Slot, message: SlotMessage | null): void {
    const share = this.#share;
    if (share === null) return;
    share.push(slot, message);
    if (share.isFull || this.#writer.batches % BATCHES_A_CHUNK === 0) this.#merger.add(OWN, share.takeChunk());
  }

  /** Puts together what has come, and waits until another block can be read. */
  async keepUp(): Promise<void> {
    for (;;) {
      const seen = this.#ring.newsForReader;
      await this.#advance();
      if (this.#ring.hasRoomFor(BATCHES_A_BLOCK)) return;
      this.#ring.blockForThreads(seen);
    }
  }

  /** The capture is over: waits for everything that comes of it. */
  async finish(endNanos: number): Promise<void> {
    this.#ring.end(endNanos);
    if (this.#share !== null) await this.#finishOwn(this.#share, endNanos);
    do await this.#advance();
    while (!this.#merger.isDone && this.#pause());
  }

  async #finishOwn(share: Share, endNanos: number): Promise<void> {
    for (const _ of share.finish(endNanos)) {
      if (!share.isFull) continue;
      this.#merger.add(OWN, share.takeChunk());
      do await this.#advance();
      while (this.#merger.waiting(OWN) > MAX_OWN_CHUNKS && this.#pause());
    }
    this.#merger.add(OWN, share.takeChunk(true));
  }

  /** Ends the threads, whatever they do. */
  stop(): void {
    this.#ring.abort();
    for (const { worker, port } of this.#workers) {
      port.close();
      void worker.terminate();
    }
  }

  take(record: RecordReader, id: number, text: Uint8Array): void {
    const { analysis } = this;
    const { outcome, closedFirst, findings, facts, addresses, clientIndex, firstNanos, lastNanos } = record;
    analysis.joinParts({ connection: facts, findings, clientIndex, firstNanos, lastNanos, addresses });
    if (text.length === 0) return;
    analysis.count(outcome, closedFirst, findings);
    if (this.#observer.observe({ id, outcome, closedFirst, findings }, () => endsOf(record)) !== true) return;
    this.#hasTaken = true;
    this.#threaded.takeText(id, text);
  }

  onUsed(lane: number): void {
    const thread = lane - this.#firstOther;
    if (thread >= 0) this.#ring.noteTaken(thread);
  }

  /** The first lane of the merger that is not that of this thread. */
  get #firstOther(): number {
    return this.#share === null ? 0 : OWN + 1;
  }

  #start(request: ShareRequest, isMine: Uint8Array, thread: number, threads: number) {
    const { port1: port, port2: theirs } = new MessageChannel();
    const start: WorkerStart = { request, memory: this.#ring.memory, thread, threads, isMine, port: theirs };
    const worker = new Worker(new URL('./worker.mjs', import.meta.url), { workerData: start, transferList: [theirs] });
    worker.on('error', (error) => {
      this.#failure = error instanceof Error ? error : new Error(String(error));
    });
    return { worker, port };
  }

  #collect(): void {
    if (this.#failure !== null) throw this.#failure;
    for (const [index, { port }] of this.#workers.entries()) {
      for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
        const message = next.message as WorkerMessage;
        if ('error' in message) throw unpackError(message);
        this.#merger.add(index + this.#firstOther, message.chunk);
      }
    }
    this.#merger.advance();
  }

  async #advance(): Promise<void> {
    this.#collect();
    if (this.#hasTaken) await this.#observer.ready?.();
    this.#hasTaken = false;
    await breathe(this.#pace);
  }

  /** Sleeps until a thread has news, or a short time; always true. */
  #pause(): boolean {
    const seen = this.#ring.newsForReader;
    this.#collect();
    if (!this.#merger.isDone) this.#ring.blockForThreads(seen);
    return true;
  }
}

/** Notes the bucket of each row, by which the threads see whose it is. */
function noteBuckets(buckets: Uint8Array, { words, count }: SegmentBatch): void {
  for (let row = 0; row < count; row++) {
    const at = row * ROW_WORDS;
    const [source, destination] = [at + Word.SOURCE, at + Word.DESTINATION];
    buckets[row] = bucketOf(words[at + Word.IP_VERSION], words, source, words, destination, words[at + Word.PORTS]);
  }
}
