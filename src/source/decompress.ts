/**
 * Unpacks gzip, zstd and lz4 as a stream: what is held at a time is bounded by the size of the packed pieces that go
 * in, so a file that unpacks to a thousand times its size costs time but no memory.
 */
import { createGunzip } from 'node:zlib';
import { CaptureError } from '../base/error.ts';
import type { Blocks } from './blocks.ts';
import type { Compression } from './detect.ts';
import { Lz4Decoder } from './lz4.ts';
import { ZstdDecoder } from './zstd.ts';

/** At the most that gzip can pack (1032 : 1), one piece unpacks to 33 MB. */
const GZIP_PIECE_BYTES = 32 << 10;
const GZIP_OUTPUT_BYTES = 1 << 20;
/** At the most that zstd can pack, 128 KiB to 4 bytes, one piece unpacks to 34 MB. */
const ZSTD_PIECE_BYTES = 1 << 10;
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
 * Between the damage and where it shows, rubbish may be unpacked: `onDamage` is called before any block that is known to
 * come so late.
 *
 * @throws CaptureError `decompression-failed` after everything that could be unpacked was handed out.
 */
export function decompress(
  blocks: Blocks,
  compression: Compression,
  path: string,
  onDamage: (error: CaptureError) => void = () => {},
): Blocks {
  switch (compression) {
    case 'gzip':
      return gunzip(blocks, path, onDamage);
    case 'zstd':
      return unpack(blocks, new ZstdDecoder(), ZSTD_PIECE_BYTES, compression, path);
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

/** Packed bytes kept to unpack them once more: what zlib had of a piece when it found damage is lost otherwise. */
const GZIP_KEPT_BYTES = 1 << 20;

/** A gzip stream that is written a piece at a time. */
class Gunzip {
  failure: Error | null = null;
  private readonly stream = createGunzip({ chunkSize: GZIP_OUTPUT_BYTES });
  private output: Uint8Array[] = [];
  private settle = (): void => {};

  constructor() {
    const { stream } = this;
    stream.on('data', (chunk: Uint8Array) => {
      this.output.push(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length));
    });
    stream.on('error', (error: Error) => {
      this.failure = error;
      this.settle();
    });
    stream.on('end', () => this.settle());
    stream.on('close', () => this.settle());
  }

  /** Resolves when the piece is unpacked, or damaged. */
  write(piece: Uint8Array): Promise<void> {
    return this.wait(() => this.stream.write(piece, () => this.settle()));
  }

  end(): Promise<void> {
    return this.wait(() => this.stream.end());
  }

  /** What was unpacked since the last call. */
  take(): Uint8Array[] {
    const taken = this.output;
    this.output = [];
    return taken;
  }

  close(): void {
    this.stream.destroy();
  }

  private wait(begin: () => void): Promise<void> {
    return new Promise((resolve) => {
      this.settle = resolve;
      begin();
    });
  }
}

/** Unpacks through zlib's thread: one piece is inflated while the one before is read. */
async function* gunzip(blocks: Blocks, path: string, onDamage: (error: CaptureError) => void): Blocks {
  const stream = new Gunzip();
  let unpackedBytes = 0;
  let kept: Uint8Array[] | null = [];
  let keptBytes = 0;
  const count = (pieces: Uint8Array[]): Uint8Array[] => {
    for (const piece of pieces) unpackedBytes += piece.length;
    return pieces;
  };
  try {
    for await (const block of cut(blocks, GZIP_PIECE_BYTES)) {
      const piece = block.slice();
      keptBytes += piece.length;
      if (keptBytes > GZIP_KEPT_BYTES) kept = null;
      kept?.push(piece);
      const before = stream.take();
      const written = stream.write(piece);
      yield* count(before);
      await written;
      if (stream.failure !== null) break;
    }
    if (stream.failure === null) await stream.end();
    yield* count(stream.take());
    if (stream.failure === null) return;
    const last = kept === null ? [] : count(await unpackLast(kept, unpackedBytes));
    const failure = describeFailure(stream.failure, 'gzip', unpackedBytes, path);
    onDamage(failure);
    yield* last;
    throw failure;
  } finally {
    stream.close();
  }
}

/** What can be unpacked of the last piece before its damage, byte by byte; `knownBytes` were unpacked already. */
async function unpackLast(pieces: readonly Uint8Array[], knownBytes: number): Promise<Uint8Array[]> {
  const stream = new Gunzip();
  const output: Uint8Array[] = [];
  let passed = 0;
  const take = (): void => {
    for (const piece of stream.take()) {
      const fresh = piece.subarray(Math.max(0, knownBytes - passed));
      if (fresh.length > 0) output.push(fresh.slice());
      passed += piece.length;
    }
  };
  try {
    for (const piece of pieces.slice(0, -1)) {
      await stream.write(piece);
      take();
    }
    const last = pieces.at(-1) ?? new Uint8Array(0);
    for (let at = 0; at < last.length && stream.failure === null; at++) {
      await stream.write(last.subarray(at, at + 1));
      take();
    }
  } finally {
    stream.close();
  }
  return output;
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
