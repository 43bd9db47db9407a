/** Holds a result against an expectation, and tells what has drifted, where it shows and what to look at. */
import type { Finding } from '../findings/finding.ts';
import type { ConnectionResult } from '../report/result.ts';
import type { Expectation, ExpectedConnection } from './expectation.ts';
import {
  FIELDS,
  type Field,
  nameFinding,
  nameFindings,
  pathEntries,
  type Summary,
  servicePort,
  summarize,
} from './summary.ts';

/** One key that is not as expected. */
export interface Difference {
  readonly field: Field;
  readonly expected: string;
  readonly actual: string;
  /** Frame at which it shows; null when nothing is there to be shown. */
  readonly frame: number | null;
  /** What lastack says of findings that are new. */
  readonly messages: readonly string[];
}

/** Connections that are not as expected. */
export interface Drift {
  readonly kind: 'changed' | 'unexpected' | 'missing';
  readonly port: number | 'ephemeral';
  /** How many connections drifted alike. */
  readonly count: number;
  /** Line of what was expected; 0 when nothing was. */
  readonly line: number;
  /** Words for what was expected, or for what is there. */
  readonly summary: Partial<Summary>;
  readonly differences: readonly Difference[];
  /** The first of them; null when it is missing. */
  readonly connection: ConnectionResult | null;
}

/** What became of a comparison. */
export interface Comparison {
  readonly connectionCount: number;
  readonly drifts: readonly Drift[];
  /** Findings about the whole capture. */
  readonly missingFindings: readonly string[];
  readonly newFindings: readonly Finding[];
}

interface Actual {
  readonly port: number | 'ephemeral';
  readonly summary: Summary;
  /** The first one that went like this. */
  readonly example: ConnectionResult;
  count: number;
}

/** Takes connections one by one, keeps one example of each kind, and compares at the end. */
export class Comparer {
  readonly #actual = new Map<string, Actual>();
  #connectionCount = 0;

  add(connection: ConnectionResult): void {
    this.#connectionCount++;
    const port = servicePort(connection);
    const summary = summarize(connection);
    const key = JSON.stringify([port, summary]);
    const known = this.#actual.get(key);
    if (known === undefined) this.#actual.set(key, { port, summary, example: connection, count: 1 });
    else known.count++;
  }

  /** Connections are known again by their service and how they went; their order and addresses do not matter. */
  compare(expectation: Expectation, findings: readonly Finding[]): Comparison {
    const left = expectation.connections.map((expected) => ({ expected, times: expected.times }));
    const over: { actual: Actual; count: number }[] = [];
    for (const actual of this.#actual.values()) {
      let { count } = actual;
      for (const each of left) {
        if (each.expected.port !== actual.port || differingFields(each.expected, actual).length > 0) continue;
        const taken = Math.min(count, each.times);
        each.times -= taken;
        count -= taken;
      }
      if (count > 0) over.push({ actual, count });
    }
    const drifts = pairUp(over, left).sort((a, b) => orderOf(a) - orderOf(b));
    const expected = expectation.findings;
    const names = nameFindings(findings);
    return {
      connectionCount: this.#connectionCount,
      drifts,
      missingFindings: expected?.filter((name) => !names.includes(name)) ?? [],
      newFindings: expected === null ? [] : findings.filter((finding) => !expected.includes(nameFinding(finding))),
    };
  }
}

const orderOf = (drift: Drift): number => drift.connection?.id ?? Number.MAX_SAFE_INTEGER;

/** What is there and was not expected is taken for what was expected, of the same service, and looks most like it. */
function pairUp(
  over: readonly { actual: Actual; count: number }[],
  left: readonly { expected: ExpectedConnection; times: number }[],
): Drift[] {
  const drifts: Drift[] = [];
  for (const { actual, ...rest } of over) {
    let { count } = rest;
    while (count > 0) {
      const near = left
        .filter(({ expected, times }) => times > 0 && expected.port === actual.port)
        .sort((a, b) => differingFields(a.expected, actual).length - differingFields(b.expected, actual).length)[0];
      const taken = near === undefined ? count : Math.min(count, near.times);
      if (near !== undefined) near.times -= taken;
      drifts.push(describeDrift(actual, taken, near?.expected));
      count -= taken;
    }
  }
  for (const { expected, times } of left) {
    if (times === 0) continue;
    const { port, line, summary } = expected;
    drifts.push({ kind: 'missing', port, count: times, line, summary, differences: [], connection: null });
  }
  return drifts;
}

function describeDrift(actual: Actual, count: number, expected: ExpectedConnection | undefined): Drift {
  const { port, summary, example: connection } = actual;
  if (expected === undefined) {
    return { kind: 'unexpected', port, count, line: 0, summary, differences: [], connection };
  }
  const differences = differingFields(expected, actual).map((field) => describeDifference(field, expected, actual));
  return { kind: 'changed', port, count, line: expected.line, summary: expected.summary, differences, connection };
}

function differingFields({ summary }: ExpectedConnection, actual: Actual): Field[] {
  return FIELDS.filter((field) => summary[field] !== undefined && tell(summary[field]) !== tell(actual.summary[field]));
}

function tell(value: string | readonly string[] | undefined): string {
  return typeof value === 'string' ? value : (value ?? []).join(' ') || 'nothing';
}

function describeDifference(field: Field, { summary }: ExpectedConnection, { example, ...actual }: Actual): Difference {
  if (field === 'findings') return describeFindings(summary.findings ?? [], actual.summary.findings, example);
  return {
    field,
    expected: tell(summary[field]),
    actual: tell(actual.summary[field]),
    frame: frameOf(field, summary, example),
    messages: [],
  };
}

function describeFindings(expected: readonly string[], actual: readonly string[], example: ConnectionResult) {
  const fresh = example.findings.filter((finding) => !expected.includes(nameFinding(finding)));
  return {
    field: 'findings',
    expected: expected.filter((name) => !actual.includes(name)).join(', '),
    actual: actual.filter((name) => !expected.includes(name)).join(', '),
    frame: fresh[0]?.frames[0] ?? null,
    messages: fresh.map((finding) => finding.message),
  } as const;
}

/** Where to look: the entry of the path that differs first, the close, the reset, or the end. */
function frameOf(field: Field, expected: Partial<Summary>, connection: ConnectionResult): number {
  if (field === 'client' || field === 'server') {
    const entries = pathEntries(connection.endpoints[field]);
    const at = entries.findIndex((entry, index) => entry.state !== expected[field]?.[index]);
    return (entries[at] ?? entries.at(-1))?.frame ?? connection.firstFrame;
  }
  const { teardown, resets, lastFrame } = connection;
  if (field === 'reset-by') return resets[0]?.frame ?? lastFrame;
  if (field === 'certainty') return lastFrame;
  return teardown?.fin1.frame ?? resets[0]?.frame ?? lastFrame;
}
