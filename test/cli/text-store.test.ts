import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TextStore } from '../../src/cli/text-store.ts';

const outside = process.env.TMPDIR;
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lastack-store-'));
  process.env.TMPDIR = folder;
});
afterAll(() => {
  if (outside === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = outside;
  rmSync(folder, { recursive: true });
});

describe('texts by number', () => {
  test('come back in order, wherever they were kept', () => {
    const texts = fc.uniqueArray(
      fc.tuple(fc.integer({ min: 1, max: 5000 }), fc.string({ minLength: 1, maxLength: 400 })),
      {
        selector: ([number]) => number,
        maxLength: 60,
      },
    );
    fc.assert(
      fc.property(texts, fc.constantFrom(1, 1000, 1 << 20), (all, memoryBytes) => {
        const store = new TextStore(memoryBytes);
        for (const [number, text] of all) store.add(number, Buffer.from(text));
        const sorted = [...all].sort(([a], [b]) => a - b).map(([, text]) => text);
        expect(Array.from(store.inOrder(), (bytes) => Buffer.from(bytes).toString())).toEqual(sorted);
        store.close();
      }),
    );
  });

  test('leave no file behind, not even while they are kept', () => {
    const store = new TextStore(10);
    for (let number = 1; number < 100; number++) store.add(number, Buffer.alloc(50, 'x'));
    expect(readdirSync(folder)).toEqual([]);
    expect([...store.inOrder()]).toHaveLength(99);
    store.close();
  });
});
