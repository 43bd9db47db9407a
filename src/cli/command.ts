import type { CliIo } from './io.ts';
import type { Library } from './library.ts';
import type { OptionSpecs, RawArguments } from './options.ts';

/** One command: what the help says of it, what it takes, and what it does. */
export interface CommandSpec {
  readonly name: string;
  /** Its words, in yargs notation: `<capture..>`. */
  readonly words: string;
  /** What the words mean, for the help. */
  readonly wordsMean: string;
  readonly summary: string;
  readonly options: OptionSpecs;
  /** Command lines and what they are good for. */
  readonly examples: readonly (readonly [command: string, purpose: string])[];
  /** Does it and resolves to the exit status; heavy modules are imported only in here. */
  run(raw: RawArguments, io: CliIo, library: Library): Promise<number>;
}

/** Every command; a new one needs its line here and its file. */
export const COMMANDS = {
  analyze: async () => (await import('./analysis.ts')).analyzeCommand,
  explain: async () => (await import('./commands/explain.ts')).explainCommand,
  report: async () => (await import('./commands/report.ts')).reportCommand,
  info: async () => (await import('./commands/info.ts')).infoCommand,
  extract: async () => (await import('./commands/extract.ts')).extractCommand,
  findings: async () => (await import('./commands/findings.ts')).findingsCommand,
  live: async () => (await import('./commands/live.ts')).liveCommand,
  interfaces: async () => (await import('./commands/interfaces.ts')).interfacesCommand,
  check: async () => (await import('./commands/check.ts')).checkCommand,
  diff: async () => (await import('./commands/diff.ts')).diffCommand,
  synth: async () => (await import('./commands/synth.ts')).synthCommand,
  rules: async () => (await import('./commands/rules.ts')).rulesCommand,
} as const satisfies Record<string, () => Promise<CommandSpec>>;

export type CommandName = keyof typeof COMMANDS;

export const DEFAULT_COMMAND: CommandName = 'analyze';

/** Words that yargs handles itself. */
export const RESERVED_WORDS: readonly string[] = ['completion', 'help'];

export function isCommandName(word: string): word is CommandName {
  return Object.hasOwn(COMMANDS, word);
}
