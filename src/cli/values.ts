import { UsageError } from './exit.ts';
import type { RawArguments } from './options.ts';

type Raw = RawArguments['options'];

/** The text of an option, undefined when it was not given. */
export function readText(options: Raw, name: string): string | undefined {
  const value = options[name];
  if (Array.isArray(value)) return value.at(-1);
  return typeof value === 'string' ? value : undefined;
}

export function readSwitch(options: Raw, name: string): boolean {
  return options[name] === true;
}

/** A list given as `--name a,b --name c`; empty when not given. */
export function readList(options: Raw, name: string): string[] {
  const value = options[name];
  const parts = value === undefined || typeof value === 'boolean' ? [] : typeof value === 'string' ? [value] : value;
  return parts.flatMap((part) => part.split(',')).filter((part) => part !== '');
}

/** One of the words; `what` names it in the message. */
export function readChoice<Choice extends string>(
  options: Raw,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const value = readText(options, name);
  return value === undefined ? undefined : checkChoice(`--${name}`, value, choices);
}

export function checkChoice<Choice extends string>(what: string, value: string, choices: readonly Choice[]): Choice {
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  const near = suggest(value, choices);
  if (near !== undefined) throw new UsageError(`${what}: there is no "${value}"; did you mean ${near}?`);
  const known = choices.length <= 15 ? `; use ${listWords(choices)}` : '';
  throw new UsageError(`${what}: there is no "${value}"${known}`);
}

export function readWhole(options: Raw, name: string, least: number, most: number): number | undefined {
  const value = readText(options, name);
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!/^\d+$/.test(value) || number < least || number > most) {
    const range =
      most === Number.MAX_SAFE_INTEGER ? `a whole number from ${least} on` : `a whole number from ${least} to ${most}`;
    throw new UsageError(`--${name}: "${value}" is not ${range}`);
  }
  return number;
}

export function readSeconds(options: Raw, name: string): number | undefined {
  const value = readText(options, name);
  if (value === undefined) return undefined;
  const number = Number(value);
  if (value.trim() === '' || !Number.isFinite(number) || number < 0) {
    throw new UsageError(`--${name}: "${value}" is not a number of seconds`);
  }
  return number;
}

/** An address in its canonical form, as results have it. */
export function readAddress(options: Raw, name: string): string | undefined {
  const value = readText(options, name)?.replace(/^\[(.*)\]$/, '$1');
  if (value === undefined) return undefined;
  // Not imported: it brings all of the network along, for some milliseconds of every start.
  const { isIP } = process.getBuiltinModule('node:net');
  if (isIP(value) === 4) return value;
  if (isIP(value) === 0) {
    throw new UsageError(`--${name}: "${value}" is not an IP address (names are not looked up)`);
  }
  return new URL(`http://[${value}]/`).hostname.slice(1, -1);
}

function listWords(words: readonly string[]): string {
  return words.length === 1 ? words[0] : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

/** The word that `typed` was probably meant to be, if one is close enough. */
export function suggest(typed: string, words: readonly string[]): string | undefined {
  const longer = words.filter((word) => word.startsWith(typed));
  if (longer.length === 1) return longer[0];
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(typed.length / 3)) + 1;
  for (const word of words) {
    const distance = editDistance(typed, word);
    if (distance < bestDistance) {
      best = word;
      bestDistance = distance;
    }
  }
  return best;
}

/** Insertions, deletions and replacements between two words. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[b.length];
}
