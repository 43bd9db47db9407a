import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { analyze, analyzeFile } from '../src/index.ts';
import { listFixtures, stablePart } from './support/fixtures.ts';

const CHUNK_BYTES = [1, 7, 64, 4096];

describe('golden', () => {
  for (const fixture of listFixtures()) {
    describe(fixture.name, () => {
      it('gives the reviewed result', async () => {
        const document = await analyzeFile(fixture.capture, { segments: true });
        const isUpdating = process.env.LASTACK_UPDATE === '1';
        if (!isUpdating) expect(existsSync(fixture.expected), 'run `npm run fixtures:expect` and review').toBe(true);
        await expect(`${JSON.stringify(stablePart(document), null, 2)}\n`).toMatchFileSnapshot(fixture.expected);
      });

      it('gives the identical result for bytes in any chunks', async () => {
        const bytes = readFileSync(fixture.capture);
        const whole = await analyze(cut(bytes, bytes.length), { segments: true });
        for (const chunkBytes of CHUNK_BYTES) {
          expect(await analyze(cut(bytes, chunkBytes), { segments: true })).toEqual(whole);
        }
      });
    });
  }
});

async function* cut(bytes: Uint8Array, chunkBytes: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += chunkBytes) yield bytes.subarray(start, start + chunkBytes);
}
