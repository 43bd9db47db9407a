import { fstatSync, statSync } from 'node:fs';
import type { TextOptions } from '../report/terminal.ts';
import type { RawArguments } from './options.ts';
import { favourMainThread } from './priority.ts';
import { readChoice, readSwitch } from './values.ts';

/** Where the program runs: its streams and environment, so that tests can run it without a process. */
export interface CliIo {
  readonly stdout: NodeJS.WritableStream & { isTTY?: boolean; columns?: number };
  readonly stderr: NodeJS.WritableStream & { isTTY?: boolean; columns?: number };
  /** Descriptor of standard output if that is a file, or /dev/null: what is written there needs no stream. Else null. */
  readonly stdoutFile: number | null;
  readonly stdinIsTerminal: boolean;
  readonly stderrIsTerminal: boolean;
  /** A signal that the user wants an end (Ctrl-C); until it is asked for, Ctrl-C ends the process as usual. */
  untilInterrupted(): AbortSignal;
  /** One thread is going to do all the work. */
  favourMainThread(): void;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What there is of this process. */
export interface ProcessIo extends CliIo {
  /** Whether all is written that was put out. */
  isWritten(): boolean;
}

const NULL_DEVICE = '/dev/null';
const STDOUT = 1;
const STDERR = 2;

/** The streams and environment of this process. A stream is opened when it is asked for: that takes 2 ms. */
export function processIo(): ProcessIo {
  let stdout: NodeJS.WriteStream | undefined;
  let stderr: NodeJS.WriteStream | undefined;
  return {
    get stdout() {
      stdout ??= process.stdout;
      return stdout;
    },
    get stdoutFile() {
      return targetOf(STDOUT) === 'file' ? STDOUT : null;
    },
    get stderr() {
      stderr ??= process.stderr;
      return stderr;
    },
    get stdinIsTerminal() {
      return process.stdin.isTTY === true;
    },
    get stderrIsTerminal() {
      return targetOf(STDERR) === 'device' && this.stderr.isTTY === true;
    },
    isWritten: () => (stdout?.writableLength ?? 0) === 0 && (stderr?.writableLength ?? 0) === 0,
    untilInterrupted,
    favourMainThread,
    env: process.env,
  };
}

/** What a descriptor goes to; /dev/null is as good as a file. Node.js has opened that where nothing was open. */
function targetOf(descriptor: number): 'file' | 'device' | 'stream' {
  const status = fstatSync(descriptor);
  if (status.isFile()) return 'file';
  if (!status.isCharacterDevice()) return 'stream';
  return status.rdev === statSync(NULL_DEVICE, { throwIfNoEntry: false })?.rdev ? 'file' : 'device';
}

/** The second signal ends the process as if the first had never been caught. */
function untilInterrupted(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => controller.abort());
  return controller.signal;
}

export const COLOUR_CHOICES = ['auto', 'always', 'never'] as const;
export type ColourChoice = (typeof COLOUR_CHOICES)[number];

const DEFAULT_WIDTH = 80;

/** What the options of a command say about its text; they are checked before any work is done. */
export function readTextChoice(raw: RawArguments): TextChoice {
  const { options } = raw;
  return { colour: readChoice(options, 'color', COLOUR_CHOICES) ?? 'auto', ascii: readSwitch(options, 'ascii') };
}

export interface TextChoice {
  readonly colour: ColourChoice;
  readonly ascii: boolean;
}

/** Width, colours and characters for text that goes to a stream, or to a file when there is no stream. */
export function textOptionsFor(
  io: CliIo,
  stream: { isTTY?: boolean; columns?: number } | null,
  choice: TextChoice,
): TextOptions {
  const { env } = io;
  const columns = Number(env.COLUMNS);
  const terminalWidth = stream?.isTTY === true ? stream.columns : undefined;
  return {
    width: Number.isInteger(columns) && columns > 0 ? columns : terminalWidth || DEFAULT_WIDTH,
    colour: wantsColour(env, stream?.isTTY === true, choice.colour),
    unicode: !choice.ascii && understandsUnicode(env),
  };
}

/** The option decides, then `FORCE_COLOR`, then `NO_COLOR`, then whether a terminal that can do it is there. */
function wantsColour(env: CliIo['env'], isTerminal: boolean, choice: ColourChoice): boolean {
  if (choice !== 'auto') return choice === 'always';
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false;
  return isTerminal && env.TERM !== 'dumb';
}

/** A locale that names another character set says no; no locale at all (a container) says nothing. */
function understandsUnicode(env: CliIo['env']): boolean {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG;
  return locale === undefined || locale === '' || /utf-?8/i.test(locale);
}
