/**
 * Unpacks gzip, zstd and lz4 as a stream: what is held at a time is bounded by the size of the packed pieces that go
 * in, so a file that unpacks to a thousand times its size costs time but no memory.
 */
import { createGunzip } from 'node:zlib';
import { Decompress } from 'fzstd';
import { CaptureError } from '../base/error.ts';
import type { Blocks } from './blocks.ts';
import type { Compression } from './detect.ts';
import { Lz4Decoder } from './lz4.ts';
import { ZstdGuard } from './zstd-guard.ts';

/** At the most that gzip can pack (1032 : 1), one piece unpacks to 33 MB. */
const GZIP_PIECE_BYTES = 32 << 10;
const GZIP_OUTPUT_BYTES = 1 << 20;
/** A piece of 16 KiB holds so few frames that fzstd, which recurses for each, keeps within the stack. */
const ZSTD_PIECE_BYTES = 16 << 10;
const LZ4_PIECE_BYTES = 256 << 10;

/** A decoder that is pushed packed bytes and hands out what they unpack to. */
export interface Unpacker {
  /** Unpacks the next bytes; throws on damage. The pieces are valid until the next call. */
  push(packed: Uint8Array, output: Uint8Array[]): void;
  /** Tells that there are no more bytes; throws when more were due. */
  end(output: Uint8Array[]): void;
}

/**
 * Unpacked blocks of packed ones.
 *
 * @throws CaptureError `decompression-failed` after everything that could be unpacked was handed out.
 */
export function decompress(blocks: Blocks, compression: Compression, path: string): Blocks {
  switch (compression) {
    case 'gzip':
      return gunzip(blocks, path);
    case 'zstd':
      return unpack(blocks, new ZstdUnpacker(), ZSTD_PIECE_BYTES, compression, path);
    case 'lz4':
      return unpack(blocks, new Lz4Decoder(), LZ4_PIECE_BYTES, compression, path);
  }
}

async function* unpack(
  blocks: Blocks,
  unpacker: Unpacker,
  pieceBytes: number,
  compression: Compression,
  path: string,
): Blocks {
  let unpackedBytes = 0;
  const output: Uint8Array[] = [];
  let failure: unknown = null;
  const attempt = (step: () => void): void => {
    try {
      step();
    } catch (error) {
      failure = error ?? new Error('unknown reason');
    }
  };
  for await (const piece of cut(blocks, pieceBytes)) {
    output.length = 0;
    attempt(() => unpacker.push(piece, output));
    for (const bytes of output) {
      unpackedBytes += bytes.length;
      yield bytes;
    }
    if (failure !== null) throw describeFailure(failure, compression, unpackedBytes, path);
  }
  output.length = 0;
  attempt(() => unpacker.end(output));
  yield* output;
  if (failure !== null) throw describeFailure(failure, compression, unpackedBytes, path);
}

async function* cut(blocks: Blocks, pieceBytes: number): Blocks {
  for await (const block of blocks) {
    for (let start = 0; start < block.length; start += pieceBytes) yield block.subarray(start, start + pieceBytes);
  }
}

class ZstdUnpacker implements Unpacker {
  private output: Uint8Array[] = [];
  private readonly guard = new ZstdGuard();
  private readonly decoder = new Decompress((bytes) => {
    if (bytes.length > 0) this.output.push(bytes);
  });

  push(packed: Uint8Array, output: Uint8Array[]): void {
    this.guard.push(packed);
    this.output = output;
    // fzstd keeps what it cannot use yet, and the memory of a block is used again.
    this.decoder.push(packed.slice());
  }

  end(output: Uint8Array[]): void {
    this.output = output;
    if (!this.guard.atFrameEnd) throw new Error('the packed data stops too early');
  }
}

/** Unpacks through zlib's thread: one piece is inflated while the one before is read. */
async function* gunzip(blocks: Blocks, path: string): Blocks {
  const stream = createGunzip({ chunkSize: GZIP_OUTPUT_BYTES });
  let output: Uint8Array[] = [];
  let failure: Error | null = null;
  let unpackedBytes = 0;
  let settle = (): void => {};
  const wait = (): Promise<void> =>
    new Promise((resolve) => {
      settle = resolve;
    });
  stream.on('data', (chunk: Uint8Array) => {
    output.push(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length));
    unpackedBytes += chunk.length;
  });
  stream.on('error', (error: Error) => {
    failure = error;
    settle();
  });
  stream.on('end', () => settle());
  stream.on('close', () => settle());
  const take = (): Uint8Array[] => {
    const taken = output;
    output = [];
    return taken;
  };
  try {
    for await (const piece of cut(blocks, GZIP_PIECE_BYTES)) {
      const before = take();
      const written = wait();
      stream.write(piece.slice(), () => settle());
      yield* before;
      await written;
      if (failure !== null) break;
    }
    if (failure === null) {
      const ended = wait();
      stream.end();
      await ended;
    }
    yield* take();
    if (failure !== null) throw describeFailure(failure, 'gzip', unpackedBytes, path);
  } finally {
    stream.destroy();
  }
}

function describeFailure(error: unknown, compression: Compression, unpackedBytes: number, path: string): CaptureError {
  const reason = error instanceof Error ? error.message : String(error);
  return new CaptureError('decompression-failed', `the ${compression} data is damaged: ${reason}`, {
    path,
    byteOffset: unpackedBytes,
    packetNumber: 0,
    hint: 'Copy the file again from where it was captured; what could be unpacked was read.',
  });
}
