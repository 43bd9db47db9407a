import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { analyzeFile } from '../../../src/index.ts';
import { layOutLadder } from '../../../src/report/ladder.ts';
import type { Ladder } from '../../../src/report/ladder-model.ts';
import { renderLadderSvg } from '../../../src/report/ladder-svg.ts';
import type { PageData, PageLadder, PageTable } from '../../../src/report/page/data.ts';
import { PageGatherer } from '../../../src/report/page/gather.ts';
import { packLadders, unpackLadders } from '../../../src/report/page/pack.ts';
import { MarkupDocument } from '../../../src/report/page/svg-document.ts';
import { summarizeConnection } from '../../../src/report/summary.ts';
import { RULES } from '../../../src/tcp/rules.ts';
import { runReport } from '../../support/page.ts';
import { cleanClose, refused, resetByServer } from '../../support/sample-connections.ts';

const FIXTURES = readdirSync('fixtures').filter((name) => /\.pcap(ng)?$/.test(name));
const RULES_BY_ID = new Map(RULES.map((rule) => [rule.id, rule]));

const carried = (page: string, id: string): string => {
  const text = new RegExp(`<script type="[^"]+" id="${id}">([^<]*)</script>`).exec(page)?.[1];
  if (text === undefined) throw new Error(`the page carries no ${id}`);
  return text;
};
const unpack = <T>(base64: string): T => JSON.parse(inflateRawSync(Buffer.from(base64, 'base64')).toString()) as T;

describe('packed ladders', () => {
  test.each(FIXTURES)('of %s are the same when unpacked', async (name) => {
    const { connections } = await analyzeFile(`fixtures/${name}`, { segments: true });
    for (const unfolded of [false, true]) {
      const pages = connections.map((connection): PageLadder => {
        const findings = connection.findings.map(({ code, severity, message, frames }) => ({
          code,
          severity,
          message,
          frames,
        }));
        return {
          ladder: layOutLadder(connection, { rules: RULES, unfolded }),
          summary: summarizeConnection(connection),
          findings,
        };
      });
      const parcel = JSON.parse(JSON.stringify(packLadders(pages)));
      const unpacked = unpackLadders(parcel, RULES_BY_ID);
      expect(unpacked.map(withoutTimes)).toEqual(pages.map(withoutTimes));
      const draw = (ladder: Ladder): string => renderLadderSvg(ladder, { id: 'c', caption: 'c', standalone: true });
      expect(unpacked.map(({ ladder }) => draw(ladder))).toEqual(pages.map(({ ladder }) => draw(ladder)));
    }
  });
});

/** Times survive to the microsecond, which the pictures show; the moment of the start does not. */
const withoutTimes = (page: PageLadder) => ({
  ...page,
  ladder: {
    ...page.ladder,
    startTime: '',
    rows: page.ladder.rows.map((row) => ({
      ...row,
      seconds: 0,
      ...('durationSeconds' in row ? { durationSeconds: 0 } : {}),
    })),
  },
});

describe('the table', () => {
  test('keeps those with the most to say, and says what is left out', () => {
    const gatherer = new PageGatherer(3);
    for (let id = 1; id <= 4; id++) gatherer.add(cleanClose({ id }));
    gatherer.add(refused({ id: 5 }));
    gatherer.add(cleanClose({ id: 6 }));
    gatherer.add(resetByServer({ id: 7 }));
    const { rows, wanted } = gatherer.finish();
    expect(rows.map((row) => row.id)).toEqual([1, 5, 7]);
    expect(gatherer.total).toBe(7);
    expect([...wanted].sort()).toEqual([1, 5, 7]);
  });

  test('leaves out ladders that would need too much memory, and says so', () => {
    const long = (id: number, segments: number) => {
      const connection = refused({ id });
      return {
        ...connection,
        endpoints: { ...connection.endpoints, client: { ...connection.endpoints.client, segments } },
      };
    };
    const gatherer = new PageGatherer(100);
    gatherer.add(long(1, 20_001));
    for (let id = 2; id <= 40; id++) gatherer.add(long(id, 19_000));
    const { wanted, tooLong } = gatherer.finish();
    expect([wanted.has(1), wanted.has(2), wanted.size, tooLong]).toEqual([false, true, 26, 14]);
  });

  test('has every connection of a small capture, each with its ladder', async () => {
    const { status, out } = await runReport(['fixtures/four-connections.pcap', '-o', '-']);
    expect(status).toBe(0);
    const data = JSON.parse(carried(out, 'data')) as PageData;
    const table = unpack<PageTable>(carried(out, 'table'));
    const { connections } = await analyzeFile('fixtures/four-connections.pcap');
    expect(table.id).toEqual(connections.map(({ id }) => id));
    expect(table.parcel).toEqual([0, 0, 0, 0]);
    expect(data).toMatchObject({ total: 4, parcels: 1, paths: ['fixtures/four-connections.pcap'] });
    const words = (row: number) => [
      data.vocabulary.outcomes[table.outcome[row]],
      data.vocabulary.closers[table.closer[row]],
      data.vocabulary.states[table.clientState[row]],
      table.findingSets[table.findingSet[row]].map((index) => data.vocabulary.findings[index].code),
    ];
    expect(connections.map((_, row) => words(row))).toEqual(
      connections.map(({ outcome, closedFirst, endpoints, findings }) => [
        outcome,
        closedFirst ?? 'nobody',
        endpoints.client.state,
        [...new Set(findings.map(({ code }) => code))],
      ]),
    );
  });

  test('is bounded by --max-connections', async () => {
    const { out } = await runReport(['fixtures/four-connections.pcap', '-o', '-', '--max-connections', '1']);
    const table = unpack<PageTable>(carried(out, 'table'));
    expect(table.id).toEqual([3]);
    expect(out).toContain('The table has 1 of 4 connections');
    expect(out).toContain('Left out: 3 with less to say');
  });
});

describe('the page', () => {
  test.each(FIXTURES)('of %s is small, whole, and names nothing outside', async (name) => {
    const { status, out } = await runReport([`fixtures/${name}`, '-o', '-'], 'x'.repeat(40_000));
    expect(status).toBe(0);
    expect(out.length).toBeLessThan(400_000);
    const text = out.replace(/<script[\s\S]*?<\/script>/g, '').replace(/<style>[\s\S]*?<\/style>/g, '');
    expect(text).not.toMatch(/ (?:src|href)="(?!#)|@import|url\((?!#)|undefined|NaN|\[object/);
    const open: string[] = [];
    for (const [, close, tag, rest] of text.matchAll(/<(\/?)([a-z][a-z0-9]*)([^>]*)>/gi)) {
      if (['meta', 'input', 'br'].includes(tag) || rest.endsWith('/')) continue;
      if (close !== '') expect(open.pop()).toBe(tag);
      else open.push(tag);
    }
    expect(open).toEqual([]);
  });

  test('lets only its own program run', async () => {
    const { out } = await runReport(['fixtures/refused-v6.pcap', '-o', '-'], 'document.title = 1');
    expect(out).toMatch(/Content-Security-Policy" content="default-src 'none'; script-src 'sha256-[\w+/=]{44}';/);
  });

  test('explains each finding with cause, hint, evidence and source', async () => {
    const { out } = await runReport(['fixtures/close-wait-leak.pcap', '-o', '-']);
    const finding =
      /<details class="finding" id="finding-close-wait-lingering"[\s\S]*?<\/details>/.exec(out)?.[0] ?? '';
    for (const part of ['What it means', 'Likely cause', 'What to do', 'Evidence', 'Source: ', 'data-connection="1"']) {
      expect(finding).toContain(part);
    }
  });

  test('says where it shall go when nobody did', async () => {
    const { status, err } = await runReport(['fixtures/refused-v6.pcap']);
    expect(status).toBe(2);
    expect(err).toContain('lastack report CAPTURE -o report.html');
  });

  test('is written of a capture that ends too early, and of one without packets', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lastack-page-'));
    const path = join(folder, 'cut.pcap');
    const bytes = readFileSync('fixtures/four-connections.pcap');
    try {
      writeFileSync(path, bytes.subarray(0, bytes.length - 30));
      const cut = await runReport([path, '-o', '-']);
      expect(cut.status).toBe(4);
      expect(cut.out).toContain('Damage');
      writeFileSync(path, bytes.subarray(0, 24));
      const empty = await runReport([path, '-o', '-']);
      expect(empty.status).toBe(0);
      expect(empty.out).toContain('What happened to 0 connections');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('is written of what can be read only once, and names it as the user did', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lastack-page-'));
    const pipe = join(folder, 'pipe');
    try {
      expect(spawnSync('mkfifo', [pipe]).status).toBe(0);
      const writer = spawn('sh', ['-c', 'cat fixtures/half-close.pcap > "$0"', pipe]);
      const closed = new Promise((resolve) => writer.once('close', resolve));
      const { status, out } = await runReport([pipe, '-o', '-']);
      await closed;
      expect(status).toBe(0);
      expect(out).toContain('What happened to 1 connection<');
      expect((JSON.parse(carried(out, 'data')) as PageData).paths).toEqual([pipe]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('is not written when nothing could be read', async () => {
    const { status, err, out } = await runReport(['fixtures/README.md', '-o', '-']);
    expect({ status, out }).toEqual({ status: 3, out: '' });
    expect(err).toContain('fixtures/README.md');
  });
});

test('the document that charts are drawn on writes what it was told', () => {
  const document = new MarkupDocument();
  const svg = document.createSvg('svg');
  svg.setAttribute('viewBox', '0 0 "1" 1');
  svg.style.setProperty('color', 'red');
  const last = svg.appendChild(document.createSvg('g'));
  const first = svg.insertBefore(document.createSvg('text'), last);
  first.textContent = 'a < b';
  svg.appendChild(document.createElement('style')).textContent = 'gone';
  expect(svg.toMarkup()).toBe('<svg viewBox="0 0 &#34;1&#34; 1" style="color:red"><text>a &#60; b</text><g></g></svg>');
  expect(svg.querySelector('g')).toBe(last);
  svg.insertBefore(last, first);
  expect(svg.children.map(({ tagName }) => tagName)).toEqual(['g', 'text', 'style']);
});
