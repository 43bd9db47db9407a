import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { analyzeFile } from '../../src/index.ts';
import { renderConnection } from '../../src/report/explain-formats.ts';
import type { ExplainFormat } from '../../src/report/explain-vocabulary.ts';
import { layOutLadder } from '../../src/report/ladder.ts';
import { placeLadder } from '../../src/report/ladder-places.ts';
import type { ConnectionResult } from '../../src/report/result.ts';
import { RULES } from '../../src/tcp/rules.ts';

const TEXT = { width: 80, colour: false, unicode: true };
const FIXTURES = readdirSync('fixtures').filter((name) => /\.pcap(ng)?$/.test(name));

const read = async (name: string): Promise<ConnectionResult[]> =>
  (await analyzeFile(`fixtures/${name}`, { segments: true })).connections;

const render = (connection: ConnectionResult, format: ExplainFormat): string =>
  renderConnection(connection, format, { rules: RULES }, TEXT);

const lay = (connection: ConnectionResult) => layOutLadder(connection, { rules: RULES });

/** Names of elements that are opened and not closed, or closed and not open. */
function unbalanced(markup: string): string[] {
  const open: string[] = [];
  const wrong: string[] = [];
  for (const [, close, name, rest] of markup.matchAll(/<(\/?)([a-z]+)([^>]*)>/gi)) {
    if (close === '/') {
      if (open.pop() !== name) wrong.push(name);
    } else if (!rest.endsWith('/')) open.push(name);
  }
  return [...wrong, ...open];
}

describe('the picture', () => {
  test.each([
    'w4-lost-after-tap',
    'w2-lost-before-tap',
    'simultaneous-close',
    'half-close',
    'rst-challenged',
    'one-way',
    'fin-wait-2-timeout',
    'final-ack-lost-v6',
  ])('of %s stays as it is', async (name) => {
    const [connection] = await read(`${name}.pcap`);
    await expect(render(connection, 'svg')).toMatchFileSnapshot(`snapshots/ladder-${name}.svg`);
  });

  test.each(FIXTURES)(
    'of %s: rows keep apart, bands fill the lanes, ids are unique, the markup is whole',
    async (name) => {
      for (const connection of await read(name)) {
        const { rows, bands, top, bottom } = placeLadder(lay(connection));
        for (const [index, row] of rows.entries()) {
          const next = rows[index + 1];
          if (next !== undefined) expect(next.top - row.top).toBeGreaterThanOrEqual(16);
          if (row.kind === 'arrow') expect(row.y2).toBeLessThan(bottom);
        }
        for (const end of ['client', 'server']) {
          const lane = bands.filter((band) => band.end === end && band.look !== 'withdrawn');
          const begins = lane[0].look === 'before' ? top : lane[0].top;
          const covered = lane.reduce((sum, band) => sum + band.height, 0);
          expect(covered).toBeCloseTo(bottom - begins, 3);
          for (const [index, band] of lane.slice(1).entries()) {
            expect(band.top).toBeCloseTo(lane[index].top + lane[index].height, 3);
          }
        }
        const svg = render(connection, 'svg');
        const ids = [...svg.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]);
        expect(new Set(ids).size).toBe(ids.length);
        expect(unbalanced(svg)).toEqual([]);
        expect(svg).not.toMatch(/NaN|undefined|Infinity/);
        expect(svg.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|url\((?!#)/);
      }
    },
  );

  test('draws what was lost as an arrow that does not arrive, on the right side of the capture point', async () => {
    const arrow = async (name: string, frame: number | null) => {
      const [connection] = await read(`${name}.pcap`);
      const { rows, hasTap } = placeLadder(lay(connection));
      expect(hasTap).toBe(true);
      const found = rows.find(
        (each) =>
          each.kind === 'arrow' &&
          (frame === null ? each.row.kind === 'unseen' : each.row.kind === 'segment' && each.row.frame === frame),
      );
      if (found?.kind !== 'arrow') throw new Error(`${name} has no such arrow`);
      return { from: found.row.from, way: Math.abs(found.x2 - found.x1) / 440 };
    };
    expect(await arrow('w1-lost-after-tap', 8)).toEqual({ from: 'client', way: expect.closeTo(0.74) });
    expect(await arrow('w4-lost-after-tap', 11)).toEqual({ from: 'client', way: expect.closeTo(0.74) });
    expect(await arrow('w2-lost-before-tap', null)).toEqual({ from: 'server', way: expect.closeTo(0.27) });
    expect(await arrow('w4-lost-before-tap', null)).toEqual({ from: 'client', way: expect.closeTo(0.27) });
    expect(await arrow('syn-lost-after-tap', 1)).toEqual({ from: 'client', way: expect.closeTo(0.74) });
  });

  test('does not call lost what was answered by a reset', async () => {
    const [connection] = await read('connect-abandoned.pcap');
    const synAck = lay(connection).rows.find((row) => row.kind === 'segment' && row.frame === 2);
    expect(synAck).toMatchObject({ fate: 'not-taken' });
  });

  test('makes room for long frame numbers, and spends fewer decimals on long times', async () => {
    const [connection] = await read('half-close.pcap');
    const ladder = lay(connection);
    const rows = ladder.rows.map((row) =>
      row.kind === 'segment' ? { ...row, frame: row.frame + 1e7, seconds: row.seconds + 5000 } : row,
    );
    expect(placeLadder(ladder)).toMatchObject({ extraWidth: 0, timeDecimals: 6 });
    expect(placeLadder({ ...ladder, rows })).toMatchObject({ extraWidth: expect.closeTo(23, -1), timeDecimals: 4 });
  });

  test('shows half-close and TIME_WAIT as spans', async () => {
    const [connection] = await read('half-close.pcap');
    expect(placeLadder(lay(connection)).spans).toMatchObject([
      { end: 'client', text: 'TIME_WAIT', isOpen: true },
      { end: 'server', text: 'half-closed 1.26 s', isOpen: false },
    ]);
  });

  test('says on hover and focus the frame, the rule and its source', async () => {
    const [connection] = await read('half-close.pcap');
    const svg = render(connection, 'svg');
    expect(svg).toMatch(/class="row" [^>]*tabindex="0"[^>]* aria-label="#9 [^"]*rule [a-z-]+, RFC 9293 §/);
    expect(svg).toMatch(/:focus~\.tips #c1-t\d+/);
  });
});

describe('other formats of the same ladder', () => {
  test('Mermaid crosses what is lost, and names every frame', async () => {
    const [connection] = await read('w4-lost-after-tap.pcap');
    const text = render(connection, 'mermaid');
    expect(text).toMatch(/^sequenceDiagram\n/);
    expect(text).toContain('C-xS: ACK seq 102 ack 302, ack-of-fin-2, frame 11');
    expect(text).toContain('Note over S: CLOSED (taken back at frame 12)');
    expect(text).not.toMatch(/[;#]/);
  });

  test('Markdown has the story, the diagram, every row and the findings', async () => {
    const [connection] = await read('w4-lost-after-tap.pcap');
    const text = render(connection, 'markdown');
    expect(text).toContain('## #1 192.0.2.10:40001 → 198.51.100.20:8080: graceful, client closed first');
    expect(text).toContain('```mermaid\nsequenceDiagram');
    expect(text).toContain(
      '| 11 | 2.753478 | client | ACK seq 102 ack 302 **lost** | ack-of-fin-2 | TIME\\_WAIT | CLOSED ✗ |',
    );
    expect(text).toContain('### teardown-w4-lost (note)');
    const rows = text.split('\n').filter((line) => line.startsWith('| '));
    expect(new Set(rows.map((line) => line.replaceAll('\\|', '').split('|').length))).toEqual(new Set([9]));
  });

  test('HTML stands alone', async () => {
    for (const name of ['w4-lost-after-tap', 'refused-v6']) {
      const [connection] = await read(`${name}.pcap`);
      const page = render(connection, 'html');
      expect(unbalanced(page.replace(/<!doctype html>|<meta [^>]*>/g, ''))).toEqual([]);
      expect(page).not.toMatch(/<script|<link|src=/);
    }
  });

  test('JSON is the connection and the ladder', async () => {
    const [connection] = await read('w4-lost-after-tap.pcap');
    expect(JSON.parse(render(connection, 'json'))).toEqual({
      schemaVersion: 1,
      connection: JSON.parse(JSON.stringify(connection)),
      ladder: JSON.parse(JSON.stringify(lay(connection))),
    });
  });
});
