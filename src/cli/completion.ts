import { COMMANDS, DEFAULT_COMMAND, isCommandName } from './command.ts';
import { type Library, loadFindingCodes } from './library.ts';
import type { OptionSpec } from './options.ts';

/**
 * What could stand in place of the last word, for the shell's completion; nothing means file names.
 *
 * @param words words typed after the program's name; the last one is being completed
 */
export async function completeWords(words: readonly string[], library: Library): Promise<readonly string[]> {
  const current = words.at(-1) ?? '';
  const [first] = words;
  const named = words.length > 1 && first !== undefined && isCommandName(first);
  const command = await COMMANDS[named ? first : DEFAULT_COMMAND]();
  const before = findOption(words.at(-2), command.options);
  if (before !== undefined && before.spec.type === 'string') return completeValue(before.name, before.spec, library);
  if (current.startsWith('-')) return [...Object.keys(command.options), 'help', 'version'].map((name) => `--${name}`);
  return words.length <= 1 ? [...Object.keys(COMMANDS), 'completion'] : [];
}

interface FoundOption {
  readonly name: string;
  readonly spec: OptionSpec;
}

function findOption(word: string | undefined, options: Readonly<Record<string, OptionSpec>>): FoundOption | undefined {
  for (const [name, spec] of Object.entries(options)) {
    if (word === `--${name}` || (spec.alias !== undefined && word === `-${spec.alias}`)) return { name, spec };
  }
  return undefined;
}

async function completeValue(name: string, spec: OptionSpec, library: Library): Promise<readonly string[]> {
  if (spec.choices !== undefined) return spec.choices;
  const { OUTCOMES } = await import('../flow/vocabulary.ts');
  const { SEVERITIES } = await import('../findings/finding.ts');
  if (name === 'outcome') return OUTCOMES;
  if (name === 'finding') return loadFindingCodes(library);
  return name === 'fail-on' ? [...new Set([...SEVERITIES, ...OUTCOMES, ...(await loadFindingCodes(library))])] : [];
}
