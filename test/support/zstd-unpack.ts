import { expect } from 'vitest';
import { ZstdDecoder } from '../../src/source/zstd.ts';
import { join } from './capture-bytes.ts';

export interface Outcome {
  readonly bytes: Uint8Array;
  readonly error: string;
}

/** What a decoder makes of pieces, each of which is overwritten after its push. */
function unpackIn(packed: Uint8Array, pieceBytes: number): Outcome {
  const decoder = new ZstdDecoder();
  const parts: Uint8Array[] = [];
  const output: Uint8Array[] = [];
  let error = '';
  try {
    for (let at = 0; at < packed.length; at += pieceBytes) {
      const piece = packed.slice(at, at + pieceBytes);
      output.length = 0;
      try {
        decoder.push(piece, output);
      } finally {
        parts.push(...output.map((bytes) => bytes.slice()));
        piece.fill(0xee);
      }
    }
    decoder.end(output);
  } catch (caught) {
    error = (caught as Error).message;
  }
  return { bytes: join(...parts), error };
}

/** What comes of packed data in one piece; other pieces must give the same. */
export function unpack(packed: Uint8Array, sizes: readonly number[] = [1, 7, 64, 1000]): Outcome {
  const whole = unpackIn(packed, Math.max(1, packed.length));
  for (const size of sizes) {
    const other = unpackIn(packed, size);
    expect(other.error, `in pieces of ${size}`).toBe(whole.error);
    expect(Buffer.compare(other.bytes, whole.bytes), `in pieces of ${size}`).toBe(0);
  }
  return whole;
}
