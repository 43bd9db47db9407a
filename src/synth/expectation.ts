/**
 * What a scenario expects at the end:
 *
 *     ```expect            the first connection; `expect 2` the second; `expect capture` the whole document
 *     outcome: graceful
 *     client: SYN_SENT ESTABLISHED FIN_WAIT_1 FIN_WAIT_2 TIME_WAIT
 *     findings: simultaneous-close half-close@server
 *     not: fin-retransmission
 *     teardown.fin1.frame: 8
 *     ```
 *
 * `client` and `server` are the paths of states that were not withdrawn; a key with a dot or a capital letter is a
 * path into the JSON of the connection (or document). `findings` must be there, `not` must not, `only` are all there
 * are. `-` is null.
 */
import { Cursor, type SourceLine, tokenize } from './line.ts';
import { type ExpectedState, parseExpectedState } from './packet-script.ts';

/** One `key: value` line. */
export interface ExpectationEntry {
  key: string;
  source: SourceLine;
  words: string[];
  /** For the keys that hold state paths. */
  states: ExpectedState[];
}

export interface Expectation {
  /** From 1; 0 is the whole document. */
  connection: number;
  source: SourceLine;
  entries: ExpectationEntry[];
}

const PATH_KEYS = ['client', 'server', 'client-withdrawn', 'server-withdrawn'];
const CONNECTION_KEYS = [
  'outcome',
  'certainty',
  'because',
  'closed-first',
  'close-style',
  'reset-by',
  'zeek-state',
  'zeek-history',
  'completeness',
  'handshake',
  'teardown',
  ...PATH_KEYS,
];
const CAPTURE_KEYS = ['connections'];
const COMMON_KEYS = ['findings', 'not', 'only'];

/** Reads one `expect` block. */
export function parseExpectation(
  block: { info: string[]; opening: SourceLine; lines: SourceLine[] },
  vocabulary: { states?: readonly string[] },
): Expectation {
  const target = block.info[1] ?? '1';
  const cursor = new Cursor(block.opening, tokenize(block.opening.text));
  if (target !== 'capture' && !/^[1-9]\d*$/.test(target)) {
    cursor.take('expect');
    throw cursor.fail("expected the number of a connection or 'capture'");
  }
  const connection = target === 'capture' ? 0 : Number(target);
  const known = [...(connection === 0 ? CAPTURE_KEYS : CONNECTION_KEYS), ...COMMON_KEYS];
  const entries = block.lines.map((line) => parseEntry(line, known, vocabulary.states));
  return { connection, source: block.opening, entries };
}

function parseEntry(source: SourceLine, known: string[], states: readonly string[] | undefined): ExpectationEntry {
  const colon = source.text.indexOf(':');
  const head = new Cursor(source, tokenize(colon < 0 ? source.text : source.text.slice(0, colon)));
  const key = head.take('a key');
  if (colon < 0 || !head.done) throw head.fail("expected 'key: value'");
  if (!known.includes(key) && !/[.A-Z]/.test(key)) throw head.failLast(`unknown key '${key}' (${known.join(', ')})`);
  const tokens = tokenize(source.text.slice(colon + 1), colon + 2);
  const words = tokens.map((token) => token.text);
  const expected: ExpectedState[] = [];
  if (PATH_KEYS.includes(key) && words[0] !== '-') {
    const cursor = new Cursor(source, tokens);
    while (!cursor.done) {
      const state = parseExpectedState(cursor, states);
      if (state) expected.push(state);
    }
  }
  return { key, source, words, states: expected };
}
