/**
 * Expectation files: what lastack made of a capture when somebody looked at it and agreed.
 *
 *     lastack: 1                      version of this format
 *     connections:
 *       - port: 443                   the server's; `ephemeral` when a system chose it
 *         times: 3                    so many connections went like this; 1 when left out
 *         outcome: graceful           what is left out is not compared
 *         client: SYN_SENT ESTABLISHED FIN_WAIT_1 FIN_WAIT_2 TIME_WAIT
 *         findings:
 *           - time-wait-owner at client
 *     findings: []                    those about hosts, listeners and the capture
 */
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { CATALOG } from '../findings/registry.ts';
import { OUTCOMES } from '../flow/vocabulary.ts';
import type { ConnectionResult, ResultDocument } from '../report/result.ts';
import { STATES } from '../tcp/states.ts';
import { FIELDS, type Field, nameFindings, type Summary, servicePort, summarize } from './summary.ts';

/** What is expected of one connection, or of several that went alike. */
export interface ExpectedConnection {
  readonly port: number | 'ephemeral';
  readonly times: number;
  readonly summary: Partial<Summary>;
  /** Line in the file, from 1; 0 when it comes from no file. */
  readonly line: number;
}

/** What is expected of a capture. */
export interface Expectation {
  readonly connections: readonly ExpectedConnection[];
  /** Findings about the whole capture; null is not compared. */
  readonly findings: readonly string[] | null;
}

const FORMAT_VERSION = 1;

/** An expectation file that cannot be understood; the message names file, line and key. */
export class ExpectationError extends Error {
  constructor(path: string, line: number, what: string) {
    super(`${path}:${line}: ${what}`);
    this.name = 'ExpectationError';
  }
}

/** What a capture would have to be expected to be, for this result. */
export class ExpectationBuilder {
  readonly #found = new Map<string, { port: number | 'ephemeral'; times: number; summary: Summary }>();

  add(connection: ConnectionResult): void {
    const port = servicePort(connection);
    const summary = summarize(connection);
    const key = JSON.stringify([port, summary]);
    const known = this.#found.get(key);
    if (known === undefined) this.#found.set(key, { port, times: 1, summary });
    else known.times++;
  }

  build(findings: ResultDocument['findings']): Expectation {
    const connections = [...this.#found.values()].map((each) => ({ ...each, line: 0 }));
    return { connections, findings: nameFindings(findings) };
  }
}

/** The text of an expectation file; the same result always gives the same text. */
export function printExpectation(expectation: Expectation, captureName: string): string {
  const lines = [
    `# What lastack makes of ${captureName}. To compare: lastack check; to accept what has changed: lastack check --update`,
    `lastack: ${FORMAT_VERSION}`,
    ...(expectation.connections.length === 0 ? ['connections: []'] : ['connections:']),
  ];
  for (const { port, times, summary } of expectation.connections) {
    lines.push(`  - port: ${port}`);
    if (times > 1) lines.push(`    times: ${times}`);
    for (const field of FIELDS) {
      const value = summary[field];
      if (value === undefined) continue;
      if (field === 'findings') lines.push(...printList('    findings', summary.findings ?? []));
      else lines.push(`    ${field}: ${Array.isArray(value) ? printPath(value) : value}`);
    }
  }
  lines.push(...printList('findings', expectation.findings ?? []));
  return `${lines.join('\n')}\n`;
}

function printPath(states: readonly string[]): string {
  return states.length === 0 ? 'nothing' : states.join(' ');
}

function printList(key: string, items: readonly string[]): string[] {
  if (items.length === 0) return [`${key}: []`];
  const indent = ' '.repeat(key.length - key.trimStart().length);
  return [`${key}:`, ...items.map((item) => `${indent}  - ${item}`)];
}

/**
 * Reads the text of an expectation file.
 *
 * @throws ExpectationError
 */
export function parseExpectation(text: string, path: string): Expectation {
  return new Reader(text, path).read();
}

class Reader {
  readonly #path: string;
  readonly #lines = new LineCounter();
  readonly #root: Node | null;

  constructor(text: string, path: string) {
    this.#path = path;
    const document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
    const [error] = document.errors;
    if (error !== undefined) {
      const line = this.#lines.linePos(error.pos[0]).line;
      throw new ExpectationError(path, line, `is not YAML: ${error.message.split('\n')[0]}`);
    }
    this.#root = document.contents;
  }

  read(): Expectation {
    const root = this.#keys(this.#root, '', ['lastack', 'connections', 'findings']);
    const version = root.get('lastack');
    if (version === undefined || this.#number(version, 'lastack') !== FORMAT_VERSION) {
      throw this.#fail(version ?? this.#root, 'lastack', `must be ${FORMAT_VERSION}, the version of this format`);
    }
    const connections = root.get('connections');
    if (connections === undefined) throw this.#fail(this.#root, 'connections', 'is missing');
    const findings = root.get('findings');
    return {
      connections: this.#items(connections, 'connections').map((node, index) => this.#connection(node, index)),
      findings: findings === undefined ? null : this.#findings(findings, 'findings'),
    };
  }

  #connection(node: Node, index: number): ExpectedConnection {
    const where = `connections[${index}]`;
    const keys = this.#keys(node, where, ['port', 'times', ...FIELDS]);
    const summary: Record<string, string | string[]> = {};
    for (const field of FIELDS) {
      const value = keys.get(field);
      if (value !== undefined) summary[field] = this.#field(field, value, `${where}.${field}`);
    }
    const port = keys.get('port');
    if (port === undefined) throw this.#fail(node, `${where}.port`, 'is missing');
    const times = keys.get('times');
    return {
      port: isScalar(port) && port.value === 'ephemeral' ? 'ephemeral' : this.#number(port, `${where}.port`),
      times: times === undefined ? 1 : this.#number(times, `${where}.times`),
      summary: summary as Partial<Summary>,
      line: this.#lineOf(node),
    };
  }

  #field(field: Field, node: Node, where: string): string | string[] {
    if (field === 'findings') return this.#findings(node, where);
    const text = this.#text(node, where);
    if (field === 'client' || field === 'server') {
      const path = text === 'nothing' ? [] : text.split(/\s+/);
      for (const state of path) this.#check(node, where, state, STATES, 'state');
      return path;
    }
    if (field === 'outcome') this.#check(node, where, text, OUTCOMES, 'outcome');
    return text;
  }

  #findings(node: Node, where: string): string[] {
    const known = CATALOG.map((entry) => entry.code);
    return this.#items(node, where)
      .map((item, index) => {
        const text = this.#text(item, `${where}[${index}]`);
        this.#check(item, `${where}[${index}]`, text.replace(/ at (?:client|server)$/, ''), known, 'finding');
        return text;
      })
      .sort();
  }

  #check(node: Node, where: string, word: string, known: readonly string[], what: string): void {
    if (known.includes(word)) return;
    throw this.#fail(node, where, `there is no ${what} "${word}"${known.length < 15 ? ` (${known.join(', ')})` : ''}`);
  }

  #keys(node: Node | null, where: string, known: readonly string[]): Map<string, Node> {
    if (!isMap(node)) throw this.#fail(node, where, 'must hold keys and values');
    const keys = new Map<string, Node>();
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? String(key.value) : '';
      const place = where === '' ? name : `${where}.${name}`;
      if (!known.includes(name)) throw this.#fail(key as Node, place, `there is no such key (${known.join(', ')})`);
      keys.set(name, (value ?? key) as Node);
    }
    return keys;
  }

  #items(node: Node, where: string): Node[] {
    if (!isSeq(node)) throw this.#fail(node, where, 'must be a list');
    return node.items as Node[];
  }

  #number(node: Node, where: string): number {
    if (isScalar(node) && Number.isInteger(node.value) && Number(node.value) >= 0) return Number(node.value);
    throw this.#fail(node, where, 'must be a whole number');
  }

  #text(node: Node, where: string): string {
    if (isScalar(node) && typeof node.value === 'string') return node.value;
    throw this.#fail(node, where, 'must be words');
  }

  #lineOf(node: Node | null): number {
    return this.#lines.linePos(node?.range?.[0] ?? 0).line;
  }

  #fail(node: Node | null, where: string, what: string): ExpectationError {
    return new ExpectationError(this.#path, this.#lineOf(node), where === '' ? what : `${where}: ${what}`);
  }
}
