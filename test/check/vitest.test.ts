import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ExpectationBuilder, printExpectation } from '../../src/check/expectation.ts';
import { analyzeFile } from '../../src/index.ts';
import '../../src/vitest.ts';

const folder = mkdtempSync(join(tmpdir(), 'lastack-matchers-'));
afterAll(() => rmSync(folder, { recursive: true }));

const load = (name: string) => analyzeFile(`fixtures/${name}.pcap`, { segments: true });

/** What a matcher says when it fails. */
function complaintOf(check: () => void): string {
  try {
    check();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('the matcher passed');
}

const LADDER = /SYN_SENT.*[►✗][\s\S]*The server is left in/;

describe('toCloseGracefully', () => {
  test('passes for both ways of closing in order', async () => {
    expect(await load('client-closes-first')).toCloseGracefully();
    expect((await load('simultaneous-close')).connections[0]).toCloseGracefully();
    expect(await load('linger-zero')).not.toCloseGracefully();
  });

  test('fails with the ladder for a reset, and for an end that was left behind', async () => {
    const reset = await load('linger-zero');
    const message = complaintOf(() => expect(reset).toCloseGracefully());
    expect(message).toContain('connection 1 (192.0.2.10:40001 → 198.51.100.20:8080): expected it to close gracefully');
    expect(message).toContain('but its outcome is reset');
    expect(message).toMatch(LADDER);
    const left = await load('final-ack-lost');
    expect(complaintOf(() => expect(left).toCloseGracefully())).toContain('but the server was left in LAST_ACK');
    const good = await load('half-close');
    expect(complaintOf(() => expect(good).not.toCloseGracefully())).toContain('expected it not to close gracefully');
  });
});

describe('toHaveOutcome', () => {
  test('speaks of every connection, negated of none', async () => {
    const four = await load('four-connections');
    expect(four.connections[2]).toHaveOutcome('reset');
    expect(four).not.toHaveOutcome('refused');
    const message = complaintOf(() => expect(four).toHaveOutcome('graceful'));
    expect(message).toContain('connection 3 (');
    expect(message).toContain('expected the outcome graceful, got reset');
    expect(complaintOf(() => expect(four).not.toHaveOutcome('reset'))).toContain('connection 3 (');
  });

  test('fails when there is nothing to judge, and on what is no result', async () => {
    const document = await load('refused');
    const nothing = { ...document, connections: [] };
    expect(complaintOf(() => expect(nothing).toHaveOutcome('refused'))).toContain('there is no connection');
    expect(() => expect(42).toHaveOutcome('refused')).toThrow(/expected a connection or a result of lastack/);
  });

  test('without segments says how to see them', async () => {
    const document = await analyzeFile('fixtures/refused.pcap');
    expect(complaintOf(() => expect(document).toHaveOutcome('reset'))).toContain('{ segments: true }');
  });
});

describe('toHaveFinding', () => {
  test('finds it anywhere, or at an end', async () => {
    const document = await load('close-wait-leak');
    expect(document).toHaveFinding('close-wait-lingering');
    expect(document).toHaveFinding('close-wait-lingering', { at: 'server' });
    expect(document).not.toHaveFinding('close-wait-lingering', { at: 'client' });
  });

  test('fails with what there is instead, and the ladder', async () => {
    const document = await load('close-wait-leak');
    const message = complaintOf(() => expect(document).toHaveFinding('abortive-close'));
    expect(message).toContain('expected the finding abortive-close, got close-wait-lingering');
    expect(message).toMatch(LADDER);
    const unwanted = complaintOf(() => expect(document).not.toHaveFinding('close-wait-lingering'));
    expect(unwanted).toContain('expected no finding close-wait-lingering, but connection 1');
  });
});

describe('toHaveNoFindings', () => {
  test('heeds the severity', async () => {
    const document = await load('client-closes-first');
    expect(document).toHaveNoFindings({ minSeverity: 'note' });
    expect(document).not.toHaveNoFindings();
  });

  test('fails with what was found, and the ladder', async () => {
    const document = await load('data-after-close');
    const message = complaintOf(() => expect(document).toHaveNoFindings({ minSeverity: 'error' }));
    expect(message).toContain('data-after-close-reset (error): The server sent data');
    expect(message).toMatch(LADDER);
    const clean = await load('client-closes-first');
    expect(complaintOf(() => expect(clean).not.toHaveNoFindings({ minSeverity: 'error' }))).toContain('got none');
  });
});

describe('toPassThrough', () => {
  test('wants the order, and lets others lie between', async () => {
    const document = await load('client-closes-first');
    expect(document).toPassThrough('client', ['ESTABLISHED', 'FIN_WAIT_2', 'TIME_WAIT']);
    expect(document).not.toPassThrough('client', ['FIN_WAIT_2', 'FIN_WAIT_1']);
    expect(document).not.toPassThrough('server', ['CLOSING']);
  });

  test('fails with the path, and the ladder', async () => {
    const document = await load('client-closes-first');
    const message = complaintOf(() => expect(document).toPassThrough('server', ['CLOSING']));
    expect(message).toContain('pass through CLOSING, got LISTEN → SYN_RECEIVED → ESTABLISHED → CLOSE_WAIT → LAST_ACK');
    expect(message).toMatch(LADDER);
  });
});

describe('toMatchExpectation', () => {
  test('holds for what it was written for, and fails with the drift and the ladder for another', async () => {
    const document = await load('client-closes-first');
    const builder = new ExpectationBuilder();
    for (const connection of document.connections) builder.add(connection);
    const file = join(folder, 'web.expect.yaml');
    writeFileSync(file, printExpectation(builder.build(document.findings), 'web.pcap'));
    expect(document).toMatchExpectation(file);
    expect(document.connections[0]).toMatchExpectation(file);
    const other = await load('linger-zero');
    expect(other).not.toMatchExpectation(file);
    const message = complaintOf(() => expect(other).toMatchExpectation(file));
    expect(message).toMatch(/outcome\n +expected graceful\n +got +reset \(frame \d+\)/);
    expect(message).toMatch(LADDER);
    expect(complaintOf(() => expect(document).not.toMatchExpectation(file))).toContain('expected it to differ from');
  });

  test('fails either way when the file is not there', async () => {
    const document = await load('refused');
    const says = 'there is no such file; write it with: lastack check CAPTURE --expect none.yaml --update';
    expect(complaintOf(() => expect(document).toMatchExpectation('none.yaml'))).toContain(says);
    expect(complaintOf(() => expect(document).not.toMatchExpectation('none.yaml'))).toContain(says);
  });
});
