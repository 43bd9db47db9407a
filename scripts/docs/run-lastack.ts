import { Writable } from 'node:stream';
import type { CliIo } from '../../src/cli/io.ts';
import { LIBRARY } from '../../src/cli/library.ts';
import { runCli } from '../../src/cli/run.ts';

/** What a command printed and how it ended. */
export interface CommandResult {
  readonly out: string;
  readonly err: string;
  readonly status: number;
}

/** Runs lastack in this process, as on a terminal of 80 columns or `width`, coloured only on demand. */
export async function runLastack(
  args: readonly string[],
  { width = 80, colour = false }: { width?: number; colour?: boolean } = {},
): Promise<CommandResult> {
  const [stdout, stderr] = [collect(), collect()];
  const io: CliIo = {
    stdout: stdout.stream,
    stdoutFile: null,
    stderr: stderr.stream,
    stdinIsTerminal: false,
    stderrIsTerminal: false,
    favourMainThread: () => {},
    untilInterrupted: () => new AbortController().signal,
    env: { COLUMNS: String(width), ...(colour ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' }) },
  };
  const status = await runCli(args, io, LIBRARY);
  return { out: stdout.text(), err: stderr.text(), status };
}

function collect(): { stream: Writable; text: () => string } {
  let text = '';
  const stream = new Writable({
    decodeStrings: false,
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  return { stream, text: () => text };
}
