import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { Comparer } from '../../src/check/compare.ts';
import {
  ExpectationBuilder,
  ExpectationError,
  parseExpectation,
  printExpectation,
} from '../../src/check/expectation.ts';
import { expectationPathOf } from '../../src/check/files.ts';
import { isAsExpected } from '../../src/check/render.ts';
import { LIBRARY } from '../../src/cli/library.ts';
import { runCli } from '../../src/cli/run.ts';
import { analyzeFile, type ResultDocument } from '../../src/index.ts';
import { createTestIo } from '../support/cli-io.ts';
import { listFixtures } from '../support/fixtures.ts';

let folder = '';
const folders: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lastack-check-'));
  folders.push(folder);
});
afterAll(() => {
  for (const each of folders) rmSync(each, { recursive: true });
});

async function lastack(...args: string[]) {
  const io = createTestIo();
  const status = await runCli(args, io, LIBRARY);
  return { status, out: io.out(), err: io.err() };
}

/** A copy of a fixture in the folder of this test. */
function copy(fixture: string, as = fixture): string {
  const path = join(folder, `${as}.pcap`);
  copyFileSync(`fixtures/${fixture}.pcap`, path);
  return path;
}

function build({ connections, findings }: ResultDocument) {
  const builder = new ExpectationBuilder();
  for (const connection of connections) builder.add(connection);
  return builder.build(findings);
}

function compare({ connections, findings }: ResultDocument, text: string) {
  const comparer = new Comparer();
  for (const connection of connections) comparer.add(connection);
  return comparer.compare(parseExpectation(text, 'x.yaml'), findings);
}

describe('an expectation', () => {
  test.each(listFixtures().map(({ name, capture }) => [name, capture]))('of %s holds for it', async (_, capture) => {
    const document = await analyzeFile(capture);
    const text = printExpectation(build(document), 'x');
    expect(isAsExpected(compare(document, text))).toBe(true);
    expect(text).not.toMatch(/192\.0\.2|2001:db8|\d{2}:\d{2}|4000\d/);
  });

  test('does not hold for a capture that ended otherwise', async () => {
    const text = printExpectation(build(await analyzeFile('fixtures/client-closes-first.pcap')), 'x');
    for (const name of [
      'server-closes-first',
      'w4-lost-after-tap',
      'final-ack-never-seen',
      'linger-zero',
      'still-open',
    ]) {
      expect(isAsExpected(compare(await analyzeFile(`fixtures/${name}.pcap`), text))).toBe(false);
    }
  });

  test('knows connections again when addresses, client ports and their order change', async () => {
    const document = await analyzeFile('fixtures/four-connections.pcap');
    const text = printExpectation(build(document), 'x');
    const connections = document.connections.toReversed().map((connection, index) => ({
      ...connection,
      client: { address: '10.9.8.7', port: 50000 + index },
      server: { ...connection.server, address: '10.1.1.1' },
    }));
    expect(isAsExpected(compare({ ...document, connections }, text))).toBe(true);
    const moved = connections.map((connection) => ({ ...connection, server: { address: '10.1.1.1', port: 81 } }));
    expect(compare({ ...document, connections: moved }, text).drifts.map((drift) => drift.kind)).toEqual([
      ...Array(4).fill('unexpected'),
      ...Array(4).fill('missing'),
    ]);
  });

  test('tells a service on a port that the system chose apart by nothing', async () => {
    const document = await analyzeFile('fixtures/client-closes-first.pcap');
    const at = (port: number) => ({
      ...document,
      connections: document.connections.map((each) => ({ ...each, server: { ...each.server, port } })),
    });
    const text = printExpectation(build(at(33333)), 'x');
    expect(text).toContain('port: ephemeral');
    expect(isAsExpected(compare(at(44444), text))).toBe(true);
  });

  test('counts connections that went alike', async () => {
    const document = await analyzeFile('fixtures/client-closes-first.pcap');
    const thrice = { ...document, connections: Array(3).fill(document.connections[0]) };
    const text = printExpectation(build(thrice), 'x');
    expect(text).toContain('times: 3');
    expect(compare(document, text).drifts).toMatchObject([{ kind: 'missing', count: 2 }]);
    expect(isAsExpected(compare(thrice, text))).toBe(true);
  });

  test('compares only what it names', async () => {
    const document = await analyzeFile('fixtures/final-ack-lost.pcap');
    const few = 'lastack: 1\nconnections:\n  - port: 8080\n    outcome: graceful\n';
    expect(isAsExpected(compare(document, few))).toBe(true);
    const { drifts } = compare(document, few.replace('graceful', 'reset'));
    expect(drifts[0].differences).toMatchObject([
      { field: 'outcome', expected: 'reset', actual: 'graceful', frame: 8 },
    ]);
  });

  test.each([
    ['lastack: 1\nconnections: [', /^e\.yaml:2: is not YAML: /],
    ['lastack: 2\nconnections: []', /^e\.yaml:1: lastack: must be 1/],
    ['lastack: 1', /^e\.yaml:1: connections: is missing$/],
    ['- 1', /^e\.yaml:1: must hold keys and values$/],
    ['lastack: 1\nconnections: 3', /^e\.yaml:2: connections: must be a list$/],
    ['lastack: 1\nconnections:\n  - outcome: open', /^e\.yaml:3: connections\[0\]\.port: is missing$/],
    [
      'lastack: 1\nconnections:\n  - port: 80\n    outcom: open',
      /^e\.yaml:4: connections\[0\]\.outcom: there is no such key/,
    ],
    ['lastack: 1\nconnections:\n  - port: web', /^e\.yaml:3: connections\[0\]\.port: must be a whole number$/],
    [
      'lastack: 1\nconnections:\n  - port: 80\n    client: CLOSD',
      /^e\.yaml:4: connections\[0\]\.client: there is no state "CLOSD"/,
    ],
    [
      'lastack: 1\nconnections:\n  - port: 80\n    findings:\n      - nothing at client',
      /:5: connections\[0\]\.findings\[0\]: there is no finding/,
    ],
  ])('that is wrong is refused with line and key: %j', (text, message) => {
    expect(() => parseExpectation(text, 'e.yaml')).toThrow(ExpectationError);
    expect(() => parseExpectation(text, 'e.yaml')).toThrow(message);
  });

  test('stands beside its capture', () => {
    const names = ['a/web.pcap', 'web.pcapng', 'web.pcap.gz', 'web', 'web.cap.zst'].map(expectationPathOf);
    expect(names).toEqual(['a/web.expect.yaml', ...Array(4).fill('web.expect.yaml')]);
  });
});

describe('lastack check', () => {
  test('writes, holds, and tells when nothing has changed', async () => {
    const path = copy('four-connections');
    const expected = path.replace('.pcap', '.expect.yaml');
    expect(await lastack('check', path, '--update')).toEqual({ status: 0, out: `${expected}: written\n`, err: '' });
    expect((await lastack('check', path, '--update')).out).toBe(`${expected}: unchanged\n`);
    expect(await lastack('check', path)).toEqual({
      status: 0,
      out: `ok  ${path}: 4 connections as expected\n`,
      err: '',
    });
    expect(readFileSync(expected, 'utf8')).toContain('    closed-first: server\n');
  });

  test('says what to do when there is no expectation', async () => {
    const path = copy('refused');
    const { status, err } = await lastack('check', path);
    expect(status).toBe(2);
    expect(err).toContain(
      `there is no such file; look at the capture, then keep what is there as expected: lastack check ${path} --update`,
    );
  });

  test('exits with 1 and shows connection, expected, got, frame and the next command', async () => {
    const path = copy('client-closes-first', 'web');
    await lastack('check', path, '--update');
    copyFileSync('fixtures/final-ack-lost.pcap', path);
    const { status, out } = await lastack('check', path);
    expect(status).toBe(1);
    expect(out).toContain('#1 192.0.2.10:40001 → 198.51.100.20:8080');
    expect(out).toContain('web.expect.yaml:4');
    expect(out).toMatch(
      /expected LISTEN SYN_RECEIVED ESTABLISHED CLOSE_WAIT LAST_ACK CLOSED\n +got +.*LAST_ACK \(frame 10\)/,
    );
    expect(out).toMatch(/new +fin-retransmission at server, teardown-w4-lost \(frame 11\)/);
    expect(out).toContain(`lastack explain ${path} --connection 1\n`);
    expect(out).toContain('To accept what is there now:');
  });

  test('names the file of --expect in what it says to run', async () => {
    const path = copy('refused');
    const file = join(folder, 'other.yaml');
    const update = `lastack check ${path} --expect ${file} --update`;
    expect((await lastack('check', path, '--expect', file)).err).toContain(update);
    await lastack('check', 'fixtures/half-close.pcap', '--expect', file, '--update');
    expect((await lastack('check', path, '--expect', file)).out.replace(/\s+/g, ' ')).toContain(update);
  });

  test('takes several captures, each with its own expectation', async () => {
    const paths = [copy('refused'), copy('half-close')];
    await lastack('check', ...paths, '--update');
    copyFileSync('fixtures/linger-zero.pcap', paths[1]);
    const { status, out } = await lastack('check', ...paths, '--format', 'junit');
    expect(status).toBe(1);
    expect(out).toContain('<testsuite name="lastack check" tests="2" failures="1"');
    expect(out).toContain(`name="${paths[0]}"/>`);
    expect(out).toMatch(/<failure message="[^"]*half-close\.expect\.yaml says">#1 192\.0\.2\.10:40001 -&gt; /);
    const github = await lastack('check', ...paths, '--format', 'github');
    expect(github.out).toMatch(
      /^::error file=[^,\n]*half-close\.expect\.yaml,line=4,title=lastack check [^,\n]*::#1 .*%0ASee: lastack explain .*\n$/,
    );
    const json = JSON.parse((await lastack('check', ...paths, '--format', 'json')).out);
    expect(json).toMatchObject({
      asExpected: false,
      captures: [{ asExpected: true }, { drifts: [{ kind: 'changed', connection: 1, line: 4 }] }],
    });
  });

  test('refuses an expectation that is wrong, and one file for several captures', async () => {
    const path = copy('refused');
    writeFileSync(path.replace('.pcap', '.expect.yaml'), 'lastack: 1\nconnections:\n  - prt: 80\n');
    const { status, err } = await lastack('check', path);
    expect([status, err]).toEqual([
      2,
      expect.stringMatching(/refused\.expect\.yaml:3: connections\[0\]\.prt: there is no such key/),
    ]);
    expect((await lastack('check', path, path, '--expect', 'x')).err).toContain('--expect goes with one capture');
  });

  test('a capture that cannot be read is no success', async () => {
    const path = join(folder, 'gone.pcap');
    writeFileSync(path.replace('.pcap', '.expect.yaml'), 'lastack: 1\nconnections: []\n');
    expect((await lastack('check', path)).status).toBe(3);
  });
});
