import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  CONNECTION_COLUMNS,
  renderCsvHeader,
  renderCsvRow,
  renderSegmentCsvRows,
  SEGMENT_COLUMNS,
} from '../../src/report/csv.ts';
import { JSON_CLOSING, renderJsonOpening } from '../../src/report/json.ts';
import { renderRules } from '../../src/report/rules.ts';
import { PLAIN_TEXT } from '../../src/report/terminal.ts';
import * as samples from '../support/sample-connections.ts';
import { sampleDocument, troubledService } from '../support/sample-documents.ts';
import { SAMPLE_RULES } from '../support/sample-rules.ts';

test('json is the document, in the order of the specification', () => {
  for (const document of [troubledService(), sampleDocument([])]) {
    const connections = document.connections.map((each) => JSON.stringify(each)).join(',');
    const parsed = JSON.parse(renderJsonOpening(document) + connections + JSON_CLOSING);
    expect(parsed).toEqual(document);
    expect(Object.keys(parsed)).toEqual(['schemaVersion', 'tool', 'captures', 'summary', 'findings', 'connections']);
  }
});

/** Reads RFC 4180 the slow and obvious way. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let quoted = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (quoted) {
      if (character !== '"') cell += character;
      else if (text[index + 1] === '"') cell += text[++index];
      else quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === ',') {
      row.push(cell);
      cell = '';
    } else if (character === '\r' && text[index + 1] === '\n') {
      rows.push([...row, cell]);
      row = [];
      cell = '';
      index++;
    } else cell += character;
  }
  return rows;
}

describe('csv', () => {
  test('has a column for each path of the document it names', () => {
    const connection = samples.finalAckLost();
    const [names, cells] = parseCsv(renderCsvHeader() + renderCsvRow(connection));
    expect(cells).toHaveLength(names.length);
    expect(new Set(names).size).toBe(names.length);
    const ends = new Set(['client', 'server']);
    for (const [index, name] of names.entries()) {
      const path = name.split('.');
      const inEndpoint = ends.has(path[0]) && path[1] !== 'address' && path[1] !== 'port';
      let value: unknown = inEndpoint ? connection.endpoints : connection;
      for (const part of path) value = (value as Record<string, unknown> | null | undefined)?.[part];
      if (name === 'findings' || name === 'worstSeverity') continue;
      expect([name, cells[index]]).toEqual([name, value === null || value === undefined ? '' : String(value)]);
    }
    expect(cells[names.indexOf('findings')]).toBe('teardown-w4-lost last-ack-give-up');
    expect(cells[names.indexOf('worstSeverity')]).toBe('warning');
  });

  test('leaves cells empty for what there is not', () => {
    const [names, cells] = parseCsv(renderCsvHeader() + renderCsvRow(samples.refused()));
    expect(cells[names.indexOf('teardown.fin1.frame')]).toBe('');
    expect(cells[names.indexOf('closedFirst')]).toBe('');
    expect(names).toEqual(CONNECTION_COLUMNS.map((column) => column.name));
  });

  test('has a row a segment, with quotes where they are needed', () => {
    const rows = parseCsv(renderCsvHeader(true) + renderSegmentCsvRows(samples.refused()));
    expect(rows).toEqual([
      [
        'connection',
        'frame',
        'time',
        'from',
        'flags',
        'seq',
        'ack',
        'length',
        'labels',
        'phase',
        'clientState',
        'serverState',
        'rules',
      ],
      [
        '1',
        '1',
        '2026-11-20T14:03:11.123456000Z',
        'client',
        'SYN',
        '2900008288',
        '0',
        '0',
        'syn',
        'handshake',
        'SYN_SENT',
        'LISTEN',
        'connect',
      ],
      [
        '1',
        '2',
        '2026-11-20T14:03:11.124056000Z',
        'server',
        'RST,ACK',
        '4294967000',
        '2900008289',
        '0',
        'rst-refuse',
        'reset',
        'CLOSED',
        'CLOSED',
        'refuse receive-refusal',
      ],
    ]);
  });
});

test('the documented columns are those there are', () => {
  const page = readFileSync(new URL('../../docs/output.md', import.meta.url), 'utf8');
  const list = (columns: readonly { name: string }[]) => columns.map((column) => `\`${column.name}\``).join(' ');
  expect(page).toContain(`One row a connection: ${list(CONNECTION_COLUMNS)}\n`);
  expect(page).toContain(`One row a segment, with \`--segments\`: ${list(SEGMENT_COLUMNS)}\n`);
});

describe('rules', () => {
  for (const format of ['text', 'mermaid', 'dot'] as const) {
    test(`as ${format}`, async () => {
      await expect(renderRules(SAMPLE_RULES, format, PLAIN_TEXT)).toMatchFileSnapshot(`snapshots/rules-${format}.txt`);
    });
  }

  test('as json', () => {
    expect(JSON.parse(renderRules(SAMPLE_RULES, 'json', PLAIN_TEXT))).toEqual(SAMPLE_RULES);
  });
});
