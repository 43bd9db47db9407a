import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { PAGES } from '../scripts/docs/pages.ts';

const MARKDOWN = [
  'README.md',
  'CHANGELOG.md',
  'src/README.md',
  'bench/README.md',
  'fixtures/README.md',
  ...readdirSync('docs')
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

describe('what is written from the program is up to date (npm run docs)', () => {
  test.each(PAGES.filter(({ path }) => path !== 'README.md'))('$path', async ({ path, render }) => {
    const current = readFileSync(path, 'utf8');
    expect(await render(current)).toBe(current);
  });
});

/** The name that a heading can be linked to by. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Number} _-]/gu, '')
    .replaceAll(' ', '-');
}

/** Links and pictures of a page that lead into the repository and nowhere. */
function brokenLinks(page: string): string[] {
  const text = readFileSync(page, 'utf8').replace(/^```[\s\S]*?^```$/gm, '');
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]);
  return targets.filter((target) => {
    if (/^[a-z]+:/.test(target)) return false;
    const [file, anchor] = target.split('#');
    const path = file === '' ? page : join(dirname(page), file);
    if (!existsSync(path)) return true;
    if (anchor === undefined) return false;
    const headings = readFileSync(path, 'utf8').matchAll(/^#+ (.+)$/gm);
    return ![...headings].some(([, heading]) => anchorOf(heading) === anchor);
  });
}

test.each(MARKDOWN)('every link of %s leads somewhere', (page) => {
  expect(brokenLinks(page)).toEqual([]);
});
