import { Writable } from 'node:stream';
import type { CliIo } from '../../src/cli/io.ts';

/** Streams and environment of a pretended process, with what was written to them. */
export interface TestIo extends CliIo {
  readonly out: () => string;
  readonly err: () => string;
}

export interface TestIoOptions {
  env?: Record<string, string>;
  /** Pretends that stdout and stderr are terminals of this width. */
  terminalWidth?: number;
  stdinIsTerminal?: boolean;
  /** What Ctrl-C would give. */
  interrupt?: AbortSignal;
  /** Stdout fails with EPIPE after this many characters. */
  closesAfterChars?: number;
}

function collector(terminalWidth: number | undefined, closesAfterChars = Number.POSITIVE_INFINITY) {
  let text = '';
  const stream = new Writable({
    decodeStrings: false,
    write(chunk, _encoding, done) {
      text += String(chunk);
      const closed = text.length > closesAfterChars;
      done(closed ? Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }) : null);
    },
  });
  return {
    stream: Object.assign(stream, terminalWidth === undefined ? {} : { isTTY: true, columns: terminalWidth }),
    text: () => text,
  };
}

export function createTestIo(options: TestIoOptions = {}): TestIo {
  const stdout = collector(options.terminalWidth, options.closesAfterChars);
  const stderr = collector(options.terminalWidth);
  return {
    stdout: stdout.stream,
    stdoutFile: null,
    stderr: stderr.stream,
    stdinIsTerminal: options.stdinIsTerminal ?? false,
    stderrIsTerminal: options.terminalWidth !== undefined,
    favourMainThread: () => {},
    untilInterrupted: () => options.interrupt ?? new AbortController().signal,
    env: options.env ?? {},
    out: stdout.text,
    err: stderr.text,
  };
}
