import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const SCRIPT = new URL('../../scripts/build-core.mjs', import.meta.url).pathname;

describe('the binary of the core', () => {
  it('is what assembly/ compiles to (npm run core)', async () => {
    const committed = readFileSync(new URL('../../src/core/binary.ts', import.meta.url), 'utf8');
    const { compileCore } = (await import(SCRIPT)) as { compileCore: () => Promise<string> };
    expect(await compileCore()).toBe(committed);
  }, 120_000);
});
