/** What the commands need of the rest of lastack, loaded piece by piece and only when asked for. */
import type { CatalogEntry } from '../findings/catalog.ts';
import type { inspectCaptures } from '../inspect.ts';
import type { Rule } from '../tcp/rule.ts';
import { VERSION } from '../version.ts';
import type { Engine } from './engine.ts';

export interface Library {
  readonly version: string;
  engine(): Promise<Engine>;
  /** What looks at captures themselves. */
  inspector(): Promise<typeof inspectCaptures>;
  /** The machine's rules. */
  rules(): Promise<readonly Rule[]>;
  /** What there is to know of each finding code. */
  catalog(): Promise<readonly CatalogEntry[]>;
  /** The program that a report page carries in itself; it is there once lastack has been built. */
  pageScript(): Promise<string>;
}

export async function loadFindingCodes(library: Library): Promise<string[]> {
  return (await library.catalog()).map((entry) => entry.code);
}

/** The real one. */
export const LIBRARY: Library = {
  version: VERSION,
  engine: async () => (await import('./analysis.ts')).runAnalysis,
  inspector: async () => (await import('../inspect.ts')).inspectCaptures,
  rules: async () => (await import('../tcp/rules.ts')).RULES,
  catalog: async () => (await import('./analysis.ts')).CATALOG,
  pageScript: async () => {
    const { readFile } = await import('node:fs/promises');
    return readFile(new URL('../page/client.js', import.meta.url), 'utf8');
  },
};
