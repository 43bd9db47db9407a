import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const ROOT = new URL('../../', import.meta.url);
const { TARGETS, compileTo } = (await import(new URL('scripts/build-core.mjs', ROOT).pathname)) as {
  TARGETS: Record<string, unknown>;
  compileTo: (target: string) => Promise<string>;
};

describe('what is compiled to WebAssembly', () => {
  it.each(Object.keys(TARGETS))(
    '%s is what assembly/ compiles to (npm run core)',
    async (target) => {
      expect(await compileTo(target)).toBe(readFileSync(new URL(target, ROOT), 'utf8'));
    },
    120_000,
  );
});
