/**
 * Reads an ordinary command line without yargs, whose start takes as long as a small analysis.
 *
 * Everything out of the ordinary (help, a mistake, an unknown option) is left to yargs, which explains it better.
 */
import { parseArgs } from 'node:util';
import type { CommandSpec } from './command.ts';
import type { RawArguments } from './options.ts';

/** The arguments of a command, or null when yargs has to look at them. */
export function readFastArguments(
  args: readonly string[],
  { options: specs, words }: CommandSpec,
): RawArguments | null {
  const options: Record<string, { type: 'string' | 'boolean'; multiple: boolean; short?: string }> = {};
  for (const [name, spec] of Object.entries(specs)) {
    options[name] = {
      type: spec.type,
      multiple: spec.list === true,
      ...(spec.alias === undefined ? {} : { short: spec.alias }),
    };
  }
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    if (positionals.length === 0 && words.startsWith('<')) return null;
    if (positionals.length > 0 && words === '') return null;
    const read: Record<string, string | boolean | string[]> = {};
    for (const [name, spec] of Object.entries(specs)) {
      if (spec.default !== undefined) read[name] = spec.default;
      const value = values[name] as string | boolean | string[] | undefined;
      if (value !== undefined) read[name] = value;
    }
    return { words: positionals, options: read };
  } catch {
    return null;
  }
}
