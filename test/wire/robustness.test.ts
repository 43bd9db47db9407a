import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SegmentBatch } from '../../src/wire/batch.ts';
import { Decoder } from '../../src/wire/decode.ts';
import { decodeAll } from '../support/decoded.ts';
import { ENCAPSULATIONS } from '../support/encapsulations.ts';

const LINK_TYPES = [...new Set(ENCAPSULATIONS.map(({ linkType }) => linkType))];
const total = (counts: Record<string, number>): number => Object.values(counts).reduce((sum, count) => sum + count, 0);

/** A valid frame with some octets overwritten, some cut off and some put in. */
const mutatedFrame = fc
  .record({
    encapsulation: fc.constantFrom(...ENCAPSULATIONS),
    overwrite: fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 8 }),
    cut: fc.nat(40),
    insertAt: fc.nat(),
    inserted: fc.array(fc.nat(255), { maxLength: 8 }),
    wireBytes: fc.nat(),
  })
  .map(({ encapsulation, overwrite, cut, insertAt, inserted, wireBytes }) => {
    const octets = [...encapsulation.frame];
    for (const [at, octet] of overwrite) octets[at % octets.length] = octet;
    octets.splice(insertAt % octets.length, 0, ...inserted);
    return { octets: octets.slice(0, Math.max(0, octets.length - cut)), linkType: encapsulation.linkType, wireBytes };
  });

describe('whatever the octets', () => {
  it('random frames neither throw nor reach outside', () => {
    const frame = fc.record({
      octets: fc.array(fc.nat(255), { maxLength: 200 }),
      linkType: fc.constantFrom(...LINK_TYPES),
      wireBytes: fc.nat(),
    });
    fc.assert(
      fc.property(frame, (sample) => {
        const { batch, decoder } = decodeAll([sample]);
        expect(batch.count + total(decoder.skippedCounts())).toBeGreaterThanOrEqual(1);
      }),
      { numRuns: 3000 },
    );
  });

  it('mutated frames neither throw nor reach outside, one after the other in one decoder', () => {
    fc.assert(
      fc.property(fc.array(mutatedFrame, { maxLength: 20 }), fc.boolean(), (frames, verifyChecksums) => {
        decodeAll(frames, { verifyChecksums, maxFragmentedDatagrams: 4 });
      }),
      { numRuns: 1500 },
    );
  });

  it('what lies around a frame makes no difference', () => {
    fc.assert(
      fc.property(mutatedFrame, fc.array(fc.nat(255), { maxLength: 32 }), (frame, around) => {
        const alone = decodeAll([frame]).batch;
        const batch = new SegmentBatch({ epochSeconds: 0 });
        const bytes = Uint8Array.from([...around, ...frame.octets, ...around]);
        const view = new DataView(bytes.buffer);
        const { octets, wireBytes, linkType } = frame;
        new Decoder(batch).decode(bytes, view, around.length, octets.length, wireBytes, linkType, 1, 0, 0);
        expect(batch.count).toBe(alone.count);
        for (const column of ['seq', 'ack', 'flags', 'payloadBytes', 'options', 'scope', 'origin'] as const) {
          for (let row = 0; row < batch.count; row++) expect(batch[column](row)).toBe(alone[column](row));
        }
      }),
      { numRuns: 1500 },
    );
  });

  it('a header that contains itself is given up', () => {
    const nested = new Array<number>(4000).fill(0).flatMap(() => [0, 5, 0x81, 0]);
    const { decoder } = decodeAll([{ octets: [...new Array<number>(12).fill(2), 0x81, 0, ...nested] }]);
    expect(decoder.skippedCounts()).toEqual({ 'too-deep': 1 });
  });
});
