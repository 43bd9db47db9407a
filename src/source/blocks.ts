import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { CaptureError, type CaptureErrorCode } from '../base/error.ts';
import { statusOf } from './status.ts';

/** Pieces of a file in order; a piece may be overwritten when the next one is asked for. */
export type Blocks = AsyncGenerator<Uint8Array, void, undefined>;

/** Read by so many bytes at once: synchronous reads beat a stream, and what was read stays in the second-level cache. */
export const BLOCK_BYTES = 512 << 10;

/** Of a cache: to a place within one the operating system copies half as fast. */
const LINE_BYTES = 64;

/** The path that stands for standard input. */
export const STANDARD_INPUT = '-';

/** Bytes that can be read, with what is needed to tell how far reading is. */
export interface Input {
  /** Size in bytes; 0 when it is not known, as of a pipe. */
  readonly totalBytes: number;
  readonly blocks: Blocks;
  /**
   * The next of them without waiting, behind the last `kept` bytes of the one before, which it overwrites; null at the end, if there
   * are none. Only of a file.
   */
  readonly readOn?: (kept: number) => Uint8Array | null;
}

/** Gives memory to read to. */
export type OpenBlock = (bytes: number) => Uint8Array;

/**
 * Opens a file, or standard input for `-`; `openBlock` gives the memory that its octets are read to.
 *
 * @throws CaptureError `unreadable` or `is-directory`.
 */
export function openInput(path: string, blockBytes: number = BLOCK_BYTES, openBlock: OpenBlock = newBlock): Input {
  if (path === STANDARD_INPUT) return { totalBytes: 0, blocks: iterateBytes(process.stdin, path) };
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (error) {
    throw describeFailure(error, path);
  }
  const status = fstatSync(descriptor);
  if (status.isDirectory()) {
    closeSync(descriptor);
    throw createError('is-directory', 'there is no capture in this directory', path, 'Name the capture files.');
  }
  const totalBytes = status.isFile() ? status.size : 0;
  // One byte more than the file has, so that the first read also sees its end.
  const bufferBytes = totalBytes > 0 ? Math.min(blockBytes, totalBytes + 1) : Math.min(blockBytes, 1 << 20);
  const buffer = openBlock(bufferBytes);
  let isOver = false;
  let end = 0;
  const readOn = (kept: number): Uint8Array | null => {
    // It is closed by then.
    if (isOver) return null;
    const line = Math.ceil(kept / LINE_BYTES) * LINE_BYTES;
    const from = line < buffer.length ? line : kept;
    if (kept > 0) buffer.copyWithin(from - kept, end - kept, end);
    const count = readBlock(descriptor, buffer, from, path);
    isOver = count === 0;
    end = from + count;
    return kept + count === 0 ? null : buffer.subarray(from - kept, end);
  };
  return { totalBytes, blocks: readBlocks(readOn, descriptor), ...(status.isFile() ? { readOn } : {}) };
}

/** True when a path can only be read once from front to back: standard input, a pipe, a device. */
export function isOneWay(path: string): boolean {
  if (path === STANDARD_INPUT) return true;
  const status = statusOf(path);
  return status !== undefined && !status.isFile() && !status.isDirectory();
}

function newBlock(bytes: number): Uint8Array {
  return new Uint8Array(bytes);
}

/** Fills a buffer from an index on; returns how many bytes came. */
function readBlock(descriptor: number, buffer: Uint8Array, from: number, path: string): number {
  try {
    return readSync(descriptor, buffer, from, buffer.length - from, null);
  } catch (error) {
    throw describeFailure(error, path);
  }
}

async function* readBlocks(readOn: (kept: number) => Uint8Array | null, descriptor: number): Blocks {
  try {
    for (let block = readOn(0); block !== null; block = readOn(0)) yield block;
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Blocks of a stream or of any iterable of bytes.
 *
 * @throws CaptureError `unreadable` when the stream fails.
 */
export async function* iterateBytes(
  chunks: AsyncIterable<Uint8Array | string> | Iterable<Uint8Array>,
  path: string,
): Blocks {
  const iterator = iterate(chunks);
  try {
    for (;;) {
      let step: IteratorResult<Uint8Array | string, unknown>;
      try {
        step = await iterator.next();
      } catch (error) {
        throw describeFailure(error, path);
      }
      if (step.done) return;
      const chunk = step.value;
      if (typeof chunk === 'string') {
        throw createError('unreadable', 'the stream gives text', path, 'Do not set an encoding on a stream of bytes.');
      }
      // A plain view, whatever subclass the stream uses: parsers then see one kind of object.
      if (chunk.length > 0) yield new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
    }
  } finally {
    await iterator.return?.();
  }
}

function iterate<T>(values: AsyncIterable<T> | Iterable<T>): AsyncIterator<T> | Iterator<T> {
  return Symbol.asyncIterator in values ? values[Symbol.asyncIterator]() : values[Symbol.iterator]();
}

const REASONS: Readonly<Record<string, readonly [message: string, hint: string]>> = {
  ENOENT: ['there is no such file', 'Check the name.'],
  EACCES: ['permission to read it is denied', 'Change its permissions, or run as the user who owns it.'],
  EPERM: ['permission to read it is denied', 'Change its permissions, or run as the user who owns it.'],
  EISDIR: ['this is a directory', 'Name the capture files in it.'],
  ENOTDIR: ['a part of the path is no directory', 'Check the path.'],
  EMFILE: ['too many files are open', 'Raise the limit with ulimit -n.'],
};

/** What is wrong with a file that cannot be opened or read, as a CaptureError; anything else stays as it is. */
export function describeFailure(error: unknown, path: string): unknown {
  if (error instanceof CaptureError || !(error instanceof Error)) return error;
  const code = 'code' in error ? String(error.code) : '';
  const [message, hint] = REASONS[code] ?? [`it cannot be read: ${error.message}`, 'Check the file and the disk.'];
  return createError(code === 'EISDIR' ? 'is-directory' : 'unreadable', message, path, hint);
}

function createError(code: CaptureErrorCode, message: string, path: string, hint: string): CaptureError {
  return new CaptureError(code, message, { path, byteOffset: 0, packetNumber: 0, hint });
}
