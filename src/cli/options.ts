/** Options of the commands, once: yargs makes help and completion of them, the fast path of `main` reads the same. */

export interface OptionSpec {
  readonly type: 'string' | 'boolean';
  readonly describe: string;
  readonly group: string;
  readonly alias?: string;
  readonly choices?: readonly string[];
  readonly default?: string;
  /** May be given more than once, and as a list with commas. */
  readonly list?: boolean;
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** What was typed for a command, unchecked: words, and options by their long names. */
export interface RawArguments {
  readonly words: readonly string[];
  readonly options: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
}

const SELECT = 'Which connections:';
const OUTPUT = 'Output:';
const ANALYSIS = 'Analysis:';

export const SELECT_OPTIONS = {
  host: { type: 'string', describe: 'With this address at either end', group: SELECT },
  port: { type: 'string', describe: 'With this port at either end', group: SELECT },
  connection: {
    type: 'string',
    alias: 'c',
    describe: 'With this number, as lastack prints it',
    group: SELECT,
  },
} as const satisfies OptionSpecs;

export const FILTER_OPTIONS = {
  ...SELECT_OPTIONS,
  outcome: {
    type: 'string',
    list: true,
    describe: 'That ended like this: graceful, reset, refused, ...',
    group: SELECT,
  },
  'closed-first': {
    type: 'string',
    describe: 'That this end closed first',
    choices: ['client', 'server', 'both', 'none'],
    group: SELECT,
  },
  finding: {
    type: 'string',
    list: true,
    describe: 'With this finding (see: lastack findings)',
    group: SELECT,
  },
  'min-severity': {
    type: 'string',
    describe: 'With a finding at least this serious',
    choices: ['info', 'note', 'warning', 'error'],
    group: SELECT,
  },
} as const satisfies OptionSpecs;

export const TERMINAL_OPTIONS = {
  color: { type: 'string', describe: 'Colours', choices: ['auto', 'always', 'never'], default: 'auto', group: OUTPUT },
  ascii: { type: 'boolean', describe: 'Draw with ASCII characters only', group: OUTPUT },
} as const satisfies OptionSpecs;

export const PROGRESS_OPTION = {
  'no-progress': { type: 'boolean', describe: 'Show no progress bar', group: OUTPUT },
} as const satisfies OptionSpecs;

export const OUTPUT_FILE_OPTION = {
  output: {
    type: 'string',
    alias: 'o',
    describe: 'Write to a file, not to standard output',
    group: OUTPUT,
  },
} as const satisfies OptionSpecs;

export const FORMAT_OPTION = {
  format: {
    type: 'string',
    alias: 'f',
    describe: 'Format of the result',
    choices: ['text', 'json', 'ndjson', 'csv'],
    default: 'text',
    group: OUTPUT,
  },
  segments: {
    type: 'boolean',
    describe: 'Add every segment (to json, ndjson and csv)',
    group: OUTPUT,
  },
} as const satisfies OptionSpecs;

export const ANALYSIS_OPTIONS = {
  'time-wait': {
    type: 'string',
    describe: 'Seconds that TIME_WAIT lasts: Linux 60 (the default), RFC 240',
    group: ANALYSIS,
  },
  'no-decapsulate': {
    type: 'boolean',
    describe: 'Analyse the outer packets; do not look into tunnels',
    group: ANALYSIS,
  },
  checksums: {
    type: 'boolean',
    describe: 'Verify IPv4 and TCP checksums (off because of checksum offload)',
    group: ANALYSIS,
  },
} as const satisfies OptionSpecs;

export const LIMIT_OPTION = {
  'max-connections': {
    type: 'string',
    describe: 'Connections followed at a time; above it closed ones go first, then idle ones (default: no limit)',
    group: ANALYSIS,
  },
} as const satisfies OptionSpecs;

export const THREADS_OPTION = {
  threads: {
    type: 'string',
    describe:
      'Threads that share the work, of a report in text two at most (default: as many as make large captures faster)',
    group: ANALYSIS,
  },
} as const satisfies OptionSpecs;

export const FOLLOW_OPTION = {
  follow: {
    type: 'boolean',
    describe: 'Go on reading a file, or ring of files, that is still being written',
    group: ANALYSIS,
  },
} as const satisfies OptionSpecs;

export const FAIL_OPTION = {
  'fail-on': {
    type: 'string',
    list: true,
    describe: 'Exit with 1 on this finding code, outcome, or severity and worse',
    group: ANALYSIS,
  },
} as const satisfies OptionSpecs;
