/** The command line as yargs sees it: help, completion, and the arguments that the fast path does not understand. */
import yargs, { type Argv, type Options } from 'yargs';
import { COMMANDS, type CommandSpec, DEFAULT_COMMAND } from './command.ts';
import { EXIT, UsageError } from './exit.ts';
import { type CliIo, textOptionsFor } from './io.ts';
import type { Library } from './library.ts';
import type { OptionSpec, RawArguments } from './options.ts';

/** yargs wants a name for its own completion command, which loses against our default command; ours is `completion`. */
const COMPLETION_HOOK = '--completion-script';

const MAX_HELP_WIDTH = 100;

const ABOUT = 'What really happened to every TCP connection in a capture: who opened it, who closed it, and how.';

const EXIT_STATUSES = [
  'Exit status: 0 done, 1 a --fail-on condition is met, a check that drifted',
  'or points that differ, 2 wrong usage, 3 the input cannot be read, 4 the',
  'capture is damaged (what was read is reported), 5 no permission or no such',
  'interface.',
].join('\n');

/** Parses with yargs and runs the command; resolves to the exit status. */
export async function runWithYargs(args: readonly string[], io: CliIo, library: Library): Promise<number> {
  let status: number = EXIT.done;
  let failure: Error | null = null;
  const parser = await createParser(args, io, library.version, async (command, raw) => {
    status = await command.run(raw, io, library);
  });
  parser.fail((message, error) => {
    const isOurs = error instanceof Error && error.name !== 'YError';
    failure = isOurs ? error : new UsageError(rephrase(message ?? error?.message ?? '', args));
    throw failure;
  });
  let printed = '';
  await parser.parseAsync([...args], {}, (_error: unknown, _argv: unknown, output: string) => {
    printed = output;
  });
  if (failure !== null) throw failure;
  if (printed !== '') io.stdout.write(`${printed}\n`);
  return status;
}

/** The text of `lastack --help`. */
export async function showHelp(io: CliIo, library: Library): Promise<string> {
  const parser = await createParser([], io, library.version, async () => {});
  return `${await parser.getHelp()}\n`;
}

type Run = (command: CommandSpec, raw: RawArguments) => Promise<void>;

async function createParser(args: readonly string[], io: CliIo, version: string, run: Run): Promise<Argv> {
  const width = Math.min(MAX_HELP_WIDTH, textOptionsFor(io, io.stdout, { colour: 'never', ascii: false }).width);
  const parser = yargs([])
    .scriptName('lastack')
    .usage(`lastack CAPTURE...\n\n${ABOUT}`)
    .version(version)
    .help()
    .alias('help', 'h')
    .completion(COMPLETION_HOOK, false)
    .demandCommand(0)
    .strict()
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'duplicate-arguments-array': true,
      'parse-numbers': false,
      'parse-positional-numbers': false,
    })
    .wrap(width)
    .exitProcess(false)
    .showHelpOnFail(false)
    .epilogue(EXIT_STATUSES);
  parser.command(
    'completion',
    'Print a script that completes commands and options in bash and zsh',
    (builder) => builder.example('lastack completion >> ~/.bashrc', 'Completion from the next shell on'),
    () => {
      const { showCompletionScript } = parser as unknown as {
        showCompletionScript(path: string, command: string): void;
      };
      showCompletionScript.call(parser, 'lastack', 'completion');
    },
  );
  for (const load of Object.values(COMMANDS)) {
    const command = await load();
    const line = `${command.name} ${command.words}`.trim();
    parser.command(
      command.name === DEFAULT_COMMAND ? [line, '$0'] : line,
      command.summary,
      (builder) => describeCommand(builder, command, args[0] === command.name),
      (argv) => run(command, toRaw(command, argv)),
    );
  }
  return parser;
}

function describeCommand(builder: Argv, command: CommandSpec, named: boolean): Argv {
  const words = command.words === '' ? '' : `\n\n${command.words}  ${command.wordsMean}`;
  if (named) builder.usage(`lastack ${command.name} ${command.words}\n\n${command.summary}.${words}`);
  for (const [name, spec] of Object.entries(command.options)) builder.option(name, toYargs(spec));
  for (const [line, purpose] of command.examples) builder.example(line, purpose);
  return builder;
}

/** Texts have no type: yargs would print it behind every one of them, and numbers are not parsed anyway. */
function toYargs(spec: OptionSpec): Options {
  const { type, describe, group } = spec;
  return {
    ...(type === 'string' ? { requiresArg: true } : { type }),
    describe,
    group,
    ...(spec.alias === undefined ? {} : { alias: spec.alias }),
    ...(spec.choices === undefined ? {} : { choices: spec.choices }),
    ...(spec.default === undefined ? {} : { default: spec.default }),
  };
}

function toRaw(command: CommandSpec, argv: Record<string, unknown>): RawArguments {
  const word = /[<[]([^\]>.|]+)/.exec(command.words)?.[1];
  const given = word === undefined ? undefined : argv[word];
  const words = given === undefined ? [] : Array.isArray(given) ? given.map(String) : [String(given)];
  const options: Record<string, string | boolean | string[] | undefined> = {};
  for (const [name, spec] of Object.entries(command.options)) {
    const value = argv[name] as string | boolean | string[] | undefined;
    options[name] = spec.type === 'boolean' && Array.isArray(value) ? value.at(-1) === ('true' as string) : value;
  }
  return { words, options };
}

/** Complaints of yargs in the words of the rest of the program. */
function rephrase(message: string, args: readonly string[]): string {
  if (message.startsWith('Not enough non-option arguments')) return 'no capture given';
  const valueless = /^Not enough arguments following: (.+)$/.exec(message);
  if (valueless !== null) return `--${valueless[1]} needs a value`;
  const unknown = /^Unknown arguments?: ([^,]+)/.exec(message);
  if (unknown === null) return message.replace(/\s*\n\s*/g, ' ');
  const typed = args.find((arg) => arg.replace(/^-+/, '').split('=')[0] === unknown[1]) ?? unknown[1];
  return `there is no option ${typed.split('=')[0]}`;
}
