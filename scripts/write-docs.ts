/** Writes what README and docs take from the program: `npm run docs` compiles and runs it in the root of the repository. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { PAGES } from './docs/pages.ts';

for (const { path, render } of PAGES) {
  const current = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const wanted = await render(current);
  if (wanted === current) continue;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, wanted);
  console.log(`${path}: written`);
}
