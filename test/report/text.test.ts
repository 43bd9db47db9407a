import { describe, expect, test } from 'vitest';
import { OVERVIEW_LIMITS, Overview } from '../../src/report/overview.ts';
import type { ResultDocument } from '../../src/report/result.ts';
import type { TextOptions } from '../../src/report/terminal.ts';
import { renderTextReport } from '../../src/report/text.ts';
import * as samples from '../support/sample-connections.ts';
import { sampleDocument, troubledService } from '../support/sample-documents.ts';

function render(document: ResultDocument, options: Partial<TextOptions> = {}, filtered = false): string {
  const overview = new Overview({ ...OVERVIEW_LIMITS, isFiltered: filtered });
  for (const connection of document.connections) {
    if (overview.observe(connection, () => connection) === true) overview.keep(connection);
  }
  for (const finding of document.findings) overview.addCaptureFinding(finding);
  const { captures, summary } = document;
  const paths = captures.map((capture) => capture.path);
  const filterWords = filtered ? ['--port', '80'] : [];
  return renderTextReport(
    { captures, summary, totalConnections: document.connections.length, overview, paths, filterWords },
    { width: 80, colour: false, unicode: true, ...options },
  );
}

describe('the report of many connections', () => {
  for (const width of [60, 80, 120]) {
    test(`in ${width} columns`, async () => {
      await expect(render(troubledService(), { width })).toMatchFileSnapshot(`snapshots/troubled-service-${width}.txt`);
    });
  }

  test('in ASCII', async () => {
    await expect(render(troubledService(), { unicode: false })).toMatchFileSnapshot(
      'snapshots/troubled-service-ascii.txt',
    );
  });

  test('lists the untroubled too when the user asked for some', () => {
    const document = sampleDocument(Array.from({ length: 5 }, (_, index) => samples.cleanClose({ id: index + 1 })));
    expect(render(document)).not.toContain('Connections');
    expect(render(document, {}, true)).toContain('Connections ─');
  });
});

describe('the report of one connection tells its story', () => {
  for (const [name, create] of Object.entries(samples.SAMPLES)) {
    test(name, async () => {
      await expect(render(sampleDocument([create()]))).toMatchFileSnapshot(`snapshots/story-${name}.txt`);
    });
  }
});

describe('what is special about a capture is said', () => {
  test('nothing in it', () => {
    expect(render(sampleDocument([]))).toMatchInlineSnapshot(`
      "web.pcap  pcap, ETHERNET
        0 packets, 0 TCP segments

      No packets.
      "
    `);
  });

  test('no TCP in it', () => {
    const text = render(sampleDocument([], { packetCount: 12, skipped: { udp: 10, arp: 2 } }));
    expect(text).toContain('not analysed: 10 udp, 2 arp');
    expect(text).toContain('No TCP connection in this capture.');
  });

  test('nothing passes the filter', () => {
    expect(render(sampleDocument([]), {}, true)).toContain('No connection matches.');
  });

  test('damage, with its place', () => {
    const problem = { code: 'bad-length', byteOffset: 4711, packetNumber: 16, message: 'a packet claims 4 GB' };
    expect(render(sampleDocument([samples.cleanClose()], { problem }))).toContain(
      '  ✗ damaged: a packet claims 4 GB (packet 16, byte 4711); what comes before is\n             reported',
    );
  });

  test('a file name cannot steer the terminal', () => {
    const text = render(sampleDocument([samples.cleanClose()], { path: 'a\u001b[31m\nb.pcap' }));
    expect(text).not.toContain('\u001b');
    expect(text).toContain('a?[31m?b.pcap');
  });
});

test('with colours the text is the same', () => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for.
  const sequences = /\u001b\[\d+m/g;
  const coloured = render(troubledService(), { colour: true });
  expect(coloured).toMatch(sequences);
  expect(coloured.replace(sequences, '')).toBe(render(troubledService()));
});

test('an overview of 200,000 connections keeps only a few of them', () => {
  const overview = new Overview({ ...OVERVIEW_LIMITS, isFiltered: true });
  const kinds = [samples.cleanClose(), samples.refused(), samples.resetByServer()];
  let kept = 0;
  for (let id = 1; id <= 200_000; id++) {
    const connection = { ...kinds[id % 3], id };
    if (overview.observe(connection, () => connection) !== true) continue;
    overview.keep(connection);
    kept++;
  }
  expect(kept).toBeLessThan(50);
  expect(overview.count()).toBe(200_000);
  expect(overview.listed()).toHaveLength(10);
  expect(new Set(overview.listed().map((connection) => connection.outcome)).size).toBe(3);
  expect(overview.groups().map(({ code, count, examples }) => [code, count, examples.length])).toEqual([
    ['connection-refused', 66_667, 3],
    ['abortive-close', 66_667, 3],
  ]);
});
