import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { browserReason, bundlePageScript, CHROMIUM, runReport } from '../support/page.ts';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const GENERATOR = new URL('../../bench/generate.mjs', import.meta.url).pathname;
const VARIED = [
  'w4-lost-after-tap',
  'half-close',
  'rst-challenged',
  'refused-v6',
  'close-wait-leak',
  'data-after-close',
  'syn-lost-after-tap',
].map((name) => `fixtures/${name}.pcap`);
const reason = browserReason();

interface View {
  readonly page: Page;
  /** Addresses that the page asked for, its own not among them. */
  readonly requests: readonly string[];
  readonly errors: readonly string[];
}

describe.skipIf(reason !== '')(`the report page in a browser${reason && ` (skipped: ${reason})`}`, () => {
  let folder = '';
  let browser: Browser;
  const views: View[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lastack-browser-'));
    const script = await bundlePageScript();
    const many = join(folder, 'many.pcap');
    const arguments_ = ['--profile', 'small', '--connections', '2500', '--seed', '5', '--out', many];
    expect(spawnSync(process.execPath, [GENERATOR, ...arguments_]).status).toBe(0);
    for (const [name, captures] of Object.entries({ varied: VARIED, many: [many] })) {
      const { status, out } = await runReport([...captures, '-o', '-'], script);
      expect(status).toBe(0);
      writeFileSync(join(folder, `${name}.html`), out);
    }
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  });
  afterEach(async () => {
    for (const { page, requests, errors } of views.splice(0)) {
      await page.context().close();
      expect(requests).toEqual([]);
      expect(errors).toEqual([]);
    }
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  });

  async function open(name: 'varied' | 'many', scheme: 'light' | 'dark' = 'light'): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, colorScheme: scheme });
    const page = await context.newPage();
    const url = pathToFileURL(join(folder, `${name}.html`)).href;
    const view = { page, requests: [] as string[], errors: [] as string[] };
    page.on('request', (request) => {
      if (request.url() !== url) view.requests.push(request.url());
    });
    page.on('pageerror', (error) => view.errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') view.errors.push(message.text());
    });
    views.push(view);
    await page.goto(url);
    await page.waitForSelector('html[data-ready]');
    return page;
  }

  const cells = (page: Page, column: number): Promise<string[]> =>
    page.$$eval('tr.c', (rows, at) => rows.map((row) => row.children[at].textContent ?? ''), column);

  test('shows only the rows in sight, and all of them by scrolling', async () => {
    const page = await open('many');
    const total = Number((await page.textContent('#found'))?.replace(/\D/g, ''));
    expect(total).toBeGreaterThan(2400);
    expect(await page.locator('tr.c').count()).toBeLessThan(80);
    expect((await cells(page, 0))[0]).toBe('1');
    await page.locator('#scroller').evaluate((element) => element.scrollTo(0, element.scrollHeight));
    await page.waitForFunction(
      (last) => document.querySelector('tr.c:nth-last-child(2)')?.getAttribute('aria-rowindex') === String(last + 1),
      total,
    );
    const ids = (await cells(page, 0)).map(Number);
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
  });

  test('searches, filters and clears', async () => {
    const page = await open('many');
    const all = await page.textContent('#found');
    await page.selectOption('#outcome', 'refused');
    expect(new Set(await cells(page, 4))).toEqual(new Set(['refused']));
    expect(await page.textContent('#found')).toMatch(/^\d+ of 2,\d{3} connections$/);
    const client = (await cells(page, 2))[3];
    await page.fill('#search', client);
    expect(new Set(await cells(page, 2))).toEqual(new Set([client]));
    await page.fill('#search', 'no-such-thing');
    expect(await page.textContent('#found')).toMatch(/^0 of/);
    await page.click('button[type=reset]');
    await page.waitForFunction((text) => document.getElementById('found')?.textContent === text, all);
    await page.selectOption('#closer', 'server');
    await page.selectOption('#finding', 'time-wait-owner');
    expect(new Set(await cells(page, 6))).toEqual(new Set(['server']));
  });

  test('finds connections by number, and says which are not there', async () => {
    const page = await open('many');
    await page.fill('#search', '#12 #120');
    expect(await cells(page, 0)).toEqual(['12', '120']);
    await page.$eval('details[open] button[data-connection]', (button) => {
      (button as HTMLElement).dataset.connection = '999999';
    });
    await page.click('button[data-connection="999999"]');
    expect(await page.textContent('#found')).toMatch(/^#999999 is not in the table; .* --connection 999999$/);
  });

  test('sorts by any column, either way', async () => {
    const page = await open('many');
    const head = page.locator('th[data-key=segments]');
    await head.locator('button').click();
    expect(await head.getAttribute('aria-sort')).toBe('descending');
    const numbers = async () => (await cells(page, 9)).map((text) => Number(text.replaceAll(',', '')));
    const down = await numbers();
    expect(down).toEqual([...down].sort((a, b) => b - a));
    await head.locator('button').click();
    expect(await head.getAttribute('aria-sort')).toBe('ascending');
    const up = await numbers();
    expect(up).toEqual([...up].sort((a, b) => a - b));
    expect(up[0]).toBeLessThan(down[0]);
    await page.click('th[data-key=findings] button');
    expect((await page.$$eval('tr.c .codes span', (spans) => spans.map((span) => span.className)))[0]).toBe('error');
  });

  test('draws a connection that is clicked, and tells what a row says when it is pointed at', async () => {
    const page = await open('varied');
    await page.fill('#search', 'teardown-w4-lost');
    await page.click('tr.openable td:nth-child(3)');
    await page.waitForSelector('dialog[open] svg.ladder');
    expect(await page.locator('dialog .gone text').count()).toBe(1);
    expect(await page.locator('dialog .lost').count()).toBe(1);
    for (let row = 0; row < 8; row++) await page.hover(`dialog .row[data-row="${row}"]`, { timeout: 5000 });
    await page.hover('dialog .row[data-row="8"]');
    expect(await page.textContent('#details')).toMatch(/rule [a-z0-9-]+, RFC 9293 §/);
    await page.click('#close');
    expect(await page.locator('dialog[open]').count()).toBe(0);
  });

  test('can be used by keyboard alone', async () => {
    const page = await open('varied');
    const label = await page.getAttribute('tr.openable button', 'aria-label');
    expect(label).toMatch(/^Draw connection \d+$/);
    await page.focus('tr.openable button');
    const first = await page.evaluate(() => (document.activeElement as HTMLElement).dataset.open);
    await page.keyboard.press('ArrowDown');
    const second = await page.evaluate(() => (document.activeElement as HTMLElement).dataset.open);
    expect(Number(second)).toBe(Number(first) + 1);
    await page.keyboard.press('Enter');
    await page.waitForSelector('dialog[open] svg.ladder');
    for (
      let presses = 0;
      presses < 6 && !(await page.evaluate(() => document.activeElement?.matches('.row')));
      presses++
    ) {
      await page.keyboard.press('Tab');
    }
    expect(await page.evaluate(() => document.activeElement?.getAttribute('data-row'))).toBe('0');
    expect(await page.textContent('#details')).toContain('#');
    await page.keyboard.press('Escape');
    expect(await page.locator('dialog[open]').count()).toBe(0);
    expect(await page.evaluate(() => (document.activeElement as HTMLElement).dataset.open)).toBe(second);
  });

  test('leads from findings and outcomes to connections', async () => {
    const page = await open('many');
    await page.click('button[data-outcome=reset]');
    expect(new Set(await cells(page, 4))).toEqual(new Set(['reset']));
    await page.click('button[data-finding]');
    expect(await page.inputValue('#finding')).not.toBe('');
    expect(await page.inputValue('#outcome')).toBe('');
    await page.click('details[open] button[data-connection]');
    await page.waitForSelector('dialog[open] svg.ladder');
  });

  test.each(['light', 'dark'] as const)('has no serious fault of accessibility in %s', async (scheme) => {
    const page = await open('varied', scheme);
    await page.evaluate(readFileSync(AXE, 'utf8'));
    const faults = () =>
      page.evaluate(async () => {
        const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } };
        type Violation = { id: string; impact: string; nodes: { html: string }[] };
        const { violations } = await axe.run();
        return violations
          .filter(({ impact }) => impact === 'serious' || impact === 'critical')
          .map(({ id, nodes }) => `${id}: ${nodes.length} times, as in ${nodes[0].html.slice(0, 200)}`);
      });
    await page.$$eval('details', (all) => {
      for (const each of all) each.open = true;
    });
    expect(await faults()).toEqual([]);
    await page.click('tr.openable button');
    await page.waitForSelector('dialog[open] svg.ladder');
    expect(await faults()).toEqual([]);
  });

  test('prints on white, without controls, with the rows of the table', async () => {
    const page = await open('many', 'dark');
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    expect(await page.locator('.filters').isVisible()).toBe(false);
    expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe('rgb(255, 255, 255)');
    await page.evaluate(() => {
      addEventListener('beforeprint', () => {
        document.title = `${document.querySelectorAll('tr.c').length} rows`;
      });
    });
    const pdf = await page.pdf({ format: 'A4' });
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    expect(await page.title()).toBe('200 rows');
    await page.emulateMedia({ media: 'screen' });
    await page.evaluate(() => dispatchEvent(new Event('afterprint')));
    expect(await page.locator('tr.c').count()).toBeLessThan(80);
  });

  test('fits into a narrow window without scrolling sideways', async () => {
    const page = await open('varied');
    await page.setViewportSize({ width: 420, height: 800 });
    const [content, window_] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    expect(content).toBeLessThanOrEqual(window_);
  });
});
