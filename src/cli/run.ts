import { CaptureError, SinkFullError } from '../base/error.ts';
import { CAP_HELPER } from '../source/cap-request.ts';
import { LiveError } from '../source/live-error.ts';
import { COMMANDS, DEFAULT_COMMAND, isCommandName, RESERVED_WORDS } from './command.ts';
import { describeProblem } from './damage.ts';
import { EXIT, OutputClosed, OutputError, UsageError } from './exit.ts';
import { readFastArguments } from './fast-arguments.ts';
import type { CliIo } from './io.ts';
import type { Library } from './library.ts';
import { startReaderFor } from './threads/reader-thread.ts';

/** What the completion script of yargs calls us with; the program's own name follows, then the words typed so far. */
const COMPLETION_REQUEST = '--get-yargs-completions';

/** Runs one command line; resolves to the exit status and never rejects. */
export async function runCli(args: readonly string[], io: CliIo, library: Library): Promise<number> {
  try {
    return await dispatch(args, io, library);
  } catch (error) {
    return reportFailure(error, args, io);
  }
}

async function dispatch(args: readonly string[], io: CliIo, library: Library): Promise<number> {
  if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
    io.stdout.write(`${library.version}\n`);
    return EXIT.done;
  }
  const [first] = args;
  if (first === COMPLETION_REQUEST) {
    const { completeWords } = await import('./completion.ts');
    const candidates = await completeWords(args.slice(2), library);
    io.stdout.write(candidates.map((each) => `${each}\n`).join(''));
    return EXIT.done;
  }
  if (first === CAP_HELPER) {
    const { runCapHelper } = await import('../source/cap-helper.ts');
    return runCapHelper(args.slice(1));
  }
  const named = first !== undefined && isCommandName(first);
  if (first !== undefined && !RESERVED_WORDS.includes(first)) {
    const name = named ? first : DEFAULT_COMMAND;
    if (name === 'analyze') startReaderFor(args);
    const command = await COMMANDS[name]();
    const raw = readFastArguments(named ? args.slice(1) : args, command);
    if (raw !== null) return command.run(raw, io, library);
  }
  const { runWithYargs, showHelp } = await import('./program.ts');
  if (first !== undefined) return runWithYargs(args, io, library);
  io.stderr.write(await showHelp(io, library));
  return EXIT.usage;
}

function reportFailure(error: unknown, args: readonly string[], io: CliIo): number {
  if (error instanceof OutputClosed) return EXIT.done;
  const say = (line: string): void => {
    io.stderr.write(`lastack: ${line}\n`);
  };
  if (error instanceof CaptureError) {
    say(describeProblem(error.path, error));
    return error.code === 'no-interface' ? EXIT.noPermission : EXIT.unreadable;
  }
  if (error instanceof LiveError) {
    say(`${error.message}. ${error.hint}`);
    return EXIT.noPermission;
  }
  if (error instanceof SinkFullError) {
    say(`${error.message}. ${error.hint}`);
    return EXIT.unreadable;
  }
  if (error instanceof UsageError) {
    const [first] = args;
    say(error.message);
    io.stderr.write(`See: lastack ${first !== undefined && isCommandName(first) ? `${first} ` : ''}--help\n`);
    return EXIT.usage;
  }
  if (error instanceof OutputError) {
    say(error.message);
    return EXIT.usage;
  }
  const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
  say(`this is a bug in lastack: ${message}`);
  if (io.env.LASTACK_DEBUG && stack !== undefined) io.stderr.write(`${stack}\n`);
  else io.stderr.write('Please report it, with the capture if you can; LASTACK_DEBUG=1 adds where it happened.\n');
  return EXIT.bug;
}
