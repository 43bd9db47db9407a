/**
 * Follows a capture that is still being written, over truncation and rotation: a file, or a directory into which a ring
 * of files is written. Each time a file begins anew it is a capture of its own; together they are one session.
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CaptureErrorCode } from '../base/error.ts';
import { BLOCK_BYTES, type Blocks, describeFailure } from './blocks.ts';
import { isDirectory, listCaptures } from './directories.ts';
import { createSourceContext, type InterfaceInfo, type PacketSink, type ResolvedName } from './packet.ts';
import { CaptureReader, type CaptureReport } from './reader.ts';
import type { ReadOptions, ReadProgress } from './session.ts';
import { peekFirstTime } from './session.ts';

export interface FollowOptions extends Pick<ReadOptions, 'timeBase'> {
  /** Ends the following; what was read so far is then reported as complete. */
  readonly signal: AbortSignal;
  /** How often to look for news, milliseconds (default 200). */
  readonly pollMillis?: number;
  /** Called when a file is over: rotated, truncated, or damaged. */
  readonly onReport?: (report: CaptureReport) => void;
}

const POLL_MILLIS = 200;
/** A file that begins with other octets than before is another one. */
const HEAD_BYTES = 64;
const NOTHING = new Uint8Array(0);
/** A file that is being written may end anywhere. */
const UNFINISHED: ReadonlySet<CaptureErrorCode> = new Set([
  'truncated-packet',
  'truncated-block',
  'truncated-header',
  'empty-file',
]);

/** What a file was when it was last read. */
interface Known {
  readonly device: number;
  readonly inode: number;
  position: number;
  /** Its first octets, as far as there were any. */
  head: Uint8Array;
}

/** Reads the beginning of a file anew; null when it is not there. */
function look(path: string): { device: number; inode: number; size: number; head: Uint8Array } | null {
  const head = new Uint8Array(HEAD_BYTES);
  try {
    const descriptor = openSync(path, 'r');
    try {
      const count = readSync(descriptor, head, 0, HEAD_BYTES, 0);
      const { dev, ino, size } = statSync(path);
      return { device: dev, inode: ino, size, head: head.subarray(0, count) };
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return null;
  }
}

function beginsAlike(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Numbers the packets of all files through. */
class Renumbering implements PacketSink {
  readonly #sink: PacketSink;
  #before = 0;
  #latest = 0;

  constructor(sink: PacketSink) {
    this.#sink = sink;
  }

  onPacket(...packet: Parameters<PacketSink['onPacket']>): void {
    packet[6] += this.#before;
    this.#latest = Math.max(this.#latest, packet[6]);
    this.#sink.onPacket(...packet);
  }

  onInterface(info: InterfaceInfo): void {
    this.#sink.onInterface?.(info);
  }

  onName(name: ResolvedName): void {
    this.#sink.onName?.(name);
  }

  /** The next file begins at 1. */
  beginFile(): void {
    this.#before = this.#latest;
  }
}

class Follower {
  readonly #path: string;
  readonly #options: FollowOptions;
  readonly #isFolder: boolean;
  readonly #known = new Map<string, Known>();

  constructor(path: string, options: FollowOptions) {
    this.#path = path;
    this.#options = options;
    this.#isFolder = isDirectory(path);
  }

  async *run(sink: PacketSink): AsyncGenerator<ReadProgress, CaptureReport[], undefined> {
    const { signal, timeBase, onReport } = this.#options;
    const reports: CaptureReport[] = [];
    const context = createSourceContext(timeBase);
    const output = new Renumbering(sink);
    let bytesDone = 0;
    while (!signal.aborted) {
      const path = await this.#next(reports.length === 0);
      if (path === null) {
        yield { bytesRead: bytesDone, totalBytes: 0 };
        await this.#pause();
        continue;
      }
      output.beginFile();
      const reader = CaptureReader.ofBlocks(this.#blocks(path), path, context, output);
      try {
        while (await reader.step()) {
          reader.flush();
          yield { bytesRead: bytesDone + reader.bytesRead, totalBytes: 0 };
        }
      } finally {
        await reader.close();
      }
      bytesDone += reader.bytesRead;
      const report = withoutEnd(reader.report());
      reports.push(report);
      onReport?.(report);
      if (report.status === 'unreadable' && reports.length === 1 && !this.#isFolder) break;
    }
    return reports;
  }

  /** The file to read next; null when there is no news. */
  async #next(isFirst: boolean): Promise<string | null> {
    const fresh = this.#list().filter((path) => this.#isFresh(path));
    if (fresh.length > 1) {
      const times = new Map<string, number>();
      for (const path of fresh) times.set(path, await firstTimeOf(path));
      fresh.sort((a, b) => (times.get(a) ?? 0) - (times.get(b) ?? 0));
    }
    return fresh[0] ?? (isFirst && !this.#isFolder ? this.#path : null);
  }

  #list(): string[] {
    return this.#isFolder ? listCaptures(this.#path) : [this.#path];
  }

  /** Whether a file was never read, or has begun anew since. */
  #isFresh(path: string): boolean {
    const now = look(path);
    if (now === null) return false;
    const known = this.#known.get(path);
    if (known === undefined) return true;
    if (now.inode !== known.inode || now.device !== known.device || now.size < known.position) return true;
    if (!beginsAlike(now.head, known.head)) return true;
    if (now.head.length > known.head.length) known.head = now.head;
    return false;
  }

  #hasNews(path: string): boolean {
    return (
      this.#isFresh(path) || (this.#isFolder && this.#list().some((other) => other !== path && this.#isFresh(other)))
    );
  }

  /** The bytes of a file as they come, until there is a newer one; nothing now and then while there are none. */
  async *#blocks(path: string): Blocks {
    let descriptor: number;
    try {
      descriptor = openSync(path, 'r');
    } catch (error) {
      throw describeFailure(error, path);
    }
    try {
      const now = look(path);
      const known: Known = { device: now?.device ?? 0, inode: now?.inode ?? 0, position: 0, head: NOTHING };
      this.#known.set(path, known);
      const buffer = new Uint8Array(Math.min(BLOCK_BYTES, 1 << 20));
      let isOver = false;
      for (;;) {
        const count = readSync(descriptor, buffer, 0, buffer.length, known.position);
        if (count > 0) {
          if (known.position === 0) known.head = buffer.slice(0, Math.min(HEAD_BYTES, count));
          known.position += count;
          yield buffer.subarray(0, count);
          continue;
        }
        if (isOver || this.#options.signal.aborted) return;
        // What was written before the file was replaced is read once more.
        isOver = this.#hasNews(path);
        if (isOver) continue;
        yield NOTHING;
        await this.#pause();
      }
    } finally {
      closeSync(descriptor);
    }
  }

  async #pause(): Promise<void> {
    const { signal, pollMillis = POLL_MILLIS } = this.#options;
    await sleep(pollMillis, undefined, { signal }).catch(() => undefined);
  }
}

async function firstTimeOf(path: string): Promise<number> {
  const { firstTimeNanos, context } = await peekFirstTime(path);
  return firstTimeNanos === null ? Number.POSITIVE_INFINITY : context.timeBase.epochSeconds * 1e9 + firstTimeNanos;
}

/** A file that stops within something is not damaged: it was not finished when it was left. */
function withoutEnd(report: CaptureReport): CaptureReport {
  const { problem } = report;
  return problem !== null && UNFINISHED.has(problem.code) ? { ...report, status: 'complete', problem: null } : report;
}

/**
 * Follows a file, or the captures in a directory, and pauses after every block and while there is nothing new.
 *
 * Problems of a file never throw; they are in its report, of which there is one each time a file begins anew.
 */
export function followInSteps(
  path: string,
  sink: PacketSink,
  options: FollowOptions,
): AsyncGenerator<ReadProgress, CaptureReport[], undefined> {
  return new Follower(path, options).run(sink);
}
