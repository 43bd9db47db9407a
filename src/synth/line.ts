import { ScenarioError } from './error.ts';

/** One word of a scenario line and where it stands. */
export interface Token {
  text: string;
  /** Column number, from 1. */
  column: number;
}

/** One line of a fenced block, with its place in the file. */
export interface SourceLine {
  path: string;
  /** Line number in the file, from 1. */
  line: number;
  text: string;
}

/** Cuts a trailing comment: `#` at the start of the line or after white space. */
export function withoutComment(text: string): string {
  const at = text.search(/(^|\s)#/);
  return at < 0 ? text : text.slice(0, at);
}

/** Splits text at white space; `<...>` stays one token. `column` is that of the first character of `text`. */
export function tokenize(text: string, column = 1): Token[] {
  const tokens: Token[] = [];
  for (const match of text.matchAll(/<[^>]*>|[^\s<]+/g)) tokens.push({ text: match[0], column: column + match.index });
  return tokens;
}

/** Walks over the tokens of one line and knows where it is when something is wrong. */
export class Cursor {
  readonly source: SourceLine;
  private readonly tokens: Token[];
  private index = 0;

  constructor(source: SourceLine, tokens: Token[]) {
    this.source = source;
    this.tokens = tokens;
  }

  get done(): boolean {
    return this.index >= this.tokens.length;
  }

  /** The next word without taking it; empty at the end of the line. */
  peek(): string {
    return this.tokens[this.index]?.text ?? '';
  }

  /** Takes the next word; `what` names it in the error when there is none. */
  take(what: string): string {
    if (this.done) throw this.fail(`expected ${what}`);
    return this.tokens[this.index++].text;
  }

  /** Takes a whole number within `0..max`. */
  takeNumber(what: string, max: number): number {
    const text = this.take(what);
    const value = /^(0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : Number.NaN;
    if (!(value <= max)) throw this.failLast(`${what} must be a whole number from 0 to ${max}, not '${text}'`);
    return value;
  }

  /** Error at the next word, or behind the last one. */
  fail(message: string): ScenarioError {
    const token = this.tokens[this.index];
    return this.errorAt(message, token ? token.column : this.source.text.trimEnd().length + 1);
  }

  /** Error at the word taken last. */
  failLast(message: string): ScenarioError {
    return this.errorAt(message, this.tokens[Math.max(0, this.index - 1)]?.column ?? 1);
  }

  private errorAt(message: string, column: number): ScenarioError {
    return new ScenarioError(message, { path: this.source.path, line: this.source.line, column });
  }
}
