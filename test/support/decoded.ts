import { SegmentBatch } from '../../src/wire/batch.ts';
import { Decoder, type DecoderOptions } from '../../src/wire/decode.ts';
import type { Octets } from './frames.ts';

export interface Decoded {
  readonly batch: SegmentBatch;
  readonly decoder: Decoder;
}

/**
 * Decodes frames that lie in buffers of exactly their captured length, so that a read outside of it throws.
 *
 * `wireBytes` is the length before the snap length; frames are numbered from 1, one second apart.
 */
export function decodeAll(
  frames: readonly { octets: Octets; linkType?: number; wireBytes?: number }[],
  options: DecoderOptions = {},
): Decoded {
  const batch = new SegmentBatch({ epochSeconds: 0 });
  const decoder = new Decoder(batch, options);
  frames.forEach(({ octets, linkType, wireBytes }, index) => {
    const bytes = Uint8Array.from(octets);
    const view = new DataView(bytes.buffer);
    decoder.decode(bytes, view, 0, bytes.length, wireBytes ?? bytes.length, linkType ?? 1, index + 1, index * 1e9, 0);
  });
  return { batch, decoder };
}

export const decodeOne = (octets: Octets, linkType = 1, options: DecoderOptions = {}): Decoded =>
  decodeAll([{ octets, linkType }], options);
