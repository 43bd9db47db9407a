import { closeSync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { statusOf } from '../source/status.ts';
import { OutputClosed, OutputError } from './exit.ts';
import type { CliIo } from './io.ts';

/** Where results go: standard output or a file. */
export interface Output {
  /** The stream, when it is one that could be a terminal. */
  readonly stream: CliIo['stdout'] | null;
  /** Writes, or keeps a copy to write: octets may be written over at once. Throws {@link OutputClosed} when nobody reads any more. */
  write(data: string | Uint8Array): void;
  /** Resolves when what was kept is written, so that more may come. */
  drained(): Promise<void>;
  /** Makes what was written final. */
  finish(): Promise<void>;
  /** Throws away what was not finished; harmless after {@link Output.finish}. */
  discard(): void;
}

/** Opens the output that `--output` names; `-` and nothing are standard output. */
export function openOutput(io: CliIo, path: string | undefined): Output {
  if (path !== undefined && path !== '-') return new FileOutput(path);
  const { stdoutFile } = io;
  return stdoutFile === null ? new StreamOutput(io.stdout) : new DescriptorOutput('standard output', stdoutFile);
}

/** Memory for copies that waits to be used again, and how large the smallest is: room for what usually comes at a time. */
const MAX_SPARES = 64;
const LEAST_COPY_BYTES = 5 << 16;

class StreamOutput implements Output {
  /** Memory of copies that were written: left to the garbage collector they would pile up to tens of megabytes. */
  readonly #spares: Buffer[] = [];
  readonly stream: CliIo['stdout'];
  #error: Error | null = null;
  #isFull = false;
  #wake: (() => void) | null = null;

  constructor(stream: CliIo['stdout']) {
    this.stream = stream;
    stream.on('error', (error: NodeJS.ErrnoException) => {
      this.#error = error.code === 'EPIPE' ? new OutputClosed() : new OutputError(`standard output: ${error.message}`);
      this.#wake?.();
    });
    stream.on('drain', () => {
      this.#isFull = false;
      this.#wake?.();
    });
  }

  write(data: string | Uint8Array): void {
    if (this.#error !== null) throw this.#error;
    if (typeof data === 'string') this.#isFull = !this.stream.write(data);
    else this.#writeCopy(data);
  }

  #writeCopy(data: Uint8Array): void {
    let memory = this.#spares.pop();
    if (memory === undefined || memory.length < data.length) {
      memory = Buffer.allocUnsafeSlow(Math.max(data.length, LEAST_COPY_BYTES));
    }
    const used = memory;
    used.set(data);
    this.#isFull = !this.stream.write(used.subarray(0, data.length), () => {
      if (this.#spares.length < MAX_SPARES) this.#spares.push(used);
    });
  }

  async drained(): Promise<void> {
    if (this.#isFull && this.#error === null) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#error !== null) throw this.#error;
  }

  /** Waits until everything has left, so that a closed pipe is noticed here and not after the end. */
  async finish(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      this.stream.write('', () => resolve());
    });
    if (this.#error !== null) throw this.#error;
  }

  discard(): void {}
}

/** Writes to what is open, at once. */
class DescriptorOutput implements Output {
  readonly stream = null;
  protected readonly name: string;
  protected readonly descriptor: number;

  constructor(name: string, descriptor: number) {
    this.name = name;
    this.descriptor = descriptor;
  }

  write(data: string | Uint8Array): void {
    attempt(this.name, () => {
      const bytes = typeof data === 'string' ? Buffer.from(data) : data;
      let offset = 0;
      while (offset < bytes.length) offset += writeSync(this.descriptor, bytes, offset);
    });
  }

  async drained(): Promise<void> {}

  async finish(): Promise<void> {}

  discard(): void {}
}

/** Writes beside the file and renames at the end: under its own name the file is always whole. */
class FileOutput extends DescriptorOutput {
  readonly #writtenPath: string;
  #isClosed = false;

  constructor(path: string) {
    const writtenPath = isReplaceable(path) ? `${path}.partial` : path;
    super(
      path,
      attempt(path, () => openSync(writtenPath, 'w')),
    );
    this.#writtenPath = writtenPath;
  }

  override async finish(): Promise<void> {
    this.#close();
    if (this.#writtenPath !== this.name) attempt(this.name, () => renameSync(this.#writtenPath, this.name));
  }

  override discard(): void {
    if (this.#isClosed) return;
    this.#close();
    if (this.#writtenPath !== this.name) unlinkSync(this.#writtenPath);
  }

  #close(): void {
    closeSync(this.descriptor);
    this.#isClosed = true;
  }
}

/** A device or a named pipe is written to as it is. */
function isReplaceable(path: string): boolean {
  const status = statusOf(path);
  return status === undefined || status.isFile();
}

function attempt<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new OutputError(`${path}: ${describeSystemError(error)}`);
  }
}

const SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'no such directory',
  EACCES: 'no permission to write there',
  EPERM: 'no permission to write there',
  EISDIR: 'is a directory',
  ENOSPC: 'no space left on the device',
  EROFS: 'the file system is read-only',
};

function describeSystemError(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return SYSTEM_ERRORS[code ?? ''] ?? message;
}
