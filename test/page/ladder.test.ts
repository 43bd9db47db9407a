import { readdirSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { analyzeFile } from '../../src/index.ts';
import { renderConnection } from '../../src/report/explain-formats.ts';
import { RULES } from '../../src/tcp/rules.ts';
import { browserReason, CHROMIUM } from '../support/page.ts';

const FIXTURES = readdirSync('fixtures').filter((name) => /\.pcap(ng)?$/.test(name));
const TEXT = { width: 80, colour: false, unicode: true };
const reason = browserReason();

/** What is wrong with the texts of the picture on the page: cut off, wider than their band, or upon one another. */
function findFaults(): string[] {
  const svg = document.querySelector('svg') as SVGSVGElement;
  const frame = svg.getBoundingClientRect();
  const isShown = (text: Element): boolean => text.closest('.tips') === null;
  const texts = [...svg.querySelectorAll('text')].filter(isShown);
  const boxes = texts.map((text) => ({ name: text.textContent ?? '', box: text.getBoundingClientRect(), text }));
  const faults = boxes
    .filter(
      ({ box }) => box.left < frame.left || box.right > frame.right || box.top < frame.top || box.bottom > frame.bottom,
    )
    .map(({ name }) => `${name} is cut off`);
  for (const { name, box, text } of boxes) {
    const band = text.parentElement?.querySelector(':scope > rect');
    if (
      band === null ||
      band === undefined ||
      text.closest('.row') !== null ||
      /^translate/.test(text.parentElement?.getAttribute('transform') ?? '')
    )
      continue;
    const room = band.getBoundingClientRect();
    if (box.left < room.left || box.right > room.right) faults.push(`${name} is wider than its band`);
  }
  // Turned text has a box higher than its letters.
  const slack = 7;
  for (const [index, a] of boxes.entries()) {
    for (const b of boxes.slice(index + 1)) {
      const apart =
        a.box.right <= b.box.left ||
        b.box.right <= a.box.left ||
        a.box.bottom - slack <= b.box.top ||
        b.box.bottom - slack <= a.box.top;
      if (!apart) faults.push(`${a.name} stands on ${b.name}`);
    }
  }
  return faults;
}

describe.skipIf(reason !== '')(`ladder pictures in a browser${reason && ` (skipped: ${reason})`}`, () => {
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
    page = await browser.newPage({ viewport: { width: 1000, height: 800 } });
  });
  afterAll(() => browser.close());

  test.each(FIXTURES)('of %s: no text is cut off, too wide or upon another', async (name) => {
    const { connections } = await analyzeFile(`fixtures/${name}`, { segments: true });
    for (const connection of connections) {
      await page.setContent(renderConnection(connection, 'svg', { rules: RULES }, TEXT));
      expect(await page.evaluate(findFaults)).toEqual([]);
    }
  });

  test('are well-formed on their own, and show the details of a row that has the focus', async () => {
    const [connection] = (await analyzeFile('fixtures/w4-lost-after-tap.pcap', { segments: true })).connections;
    const svg = renderConnection(connection, 'svg', { rules: RULES }, TEXT);
    const root = await page.evaluate(
      (text) => new DOMParser().parseFromString(text, 'image/svg+xml').documentElement.nodeName,
      svg,
    );
    expect(root).toBe('svg');
    await page.setContent(svg);
    const shown = () =>
      page.$$eval('.tips > g', (tips) =>
        tips.filter((tip) => getComputedStyle(tip).visibility === 'visible').map(({ id }) => id),
      );
    expect(await shown()).toEqual([]);
    await page.focus('#c1-r8');
    expect(await shown()).toEqual(['c1-t8']);
  });
});
