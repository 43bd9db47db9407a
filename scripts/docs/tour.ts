/**
 * The commands that a page shows, with what they print:
 *
 *     ```console
 *     $ npx lastack fixtures/refused.pcap; echo $?       <- run, in the order of the page
 *     ...                                                <- replaced by what it printed
 *     ```
 *
 * Understood behind `npx lastack ARGUMENTS`: `| head -n N`, `| tail -n N`; `> /dev/null` and `; echo $?`. Other commands in
 * such a block are left alone. A `js` block that imports from `lastack` is run, and the `text` block right behind it replaced.
 */
import * as library from '../../src/index.ts';
import { runLastack } from './run-lastack.ts';

const CONSOLE_BLOCK = /^```console\n([\s\S]*?)^```$/gm;
const LASTACK_LINE = /^npx lastack(?: ([^|;>]*?))?(?: \| (head|tail) -n (\d+)|( > \/dev\/null)?(; echo \$\?)?)$/;
const EXAMPLE = /^```js\n([\s\S]*?)^```\n\n```text\n[\s\S]*?^```$/gm;

/** The page with the output of all its commands and examples as it is now; run in the root of the repository. */
export async function retell(page: string): Promise<string> {
  const retold = await replaceEach(
    page,
    CONSOLE_BLOCK,
    async ([, body]) => `\`\`\`console\n${await retellBlock(body)}\`\`\``,
  );
  return replaceEach(retold, EXAMPLE, async ([, code]) => {
    return `\`\`\`js\n${code}\`\`\`\n\n\`\`\`text\n${await runExample(code)}\`\`\``;
  });
}

/** Arguments of every lastack command of a page. */
export function commandsOf(page: string): string[][] {
  return [...page.matchAll(CONSOLE_BLOCK)]
    .flatMap(([, body]) => body.split('\n'))
    .flatMap((line) => {
      const match = line.startsWith('$ ') ? LASTACK_LINE.exec(line.slice(2)) : null;
      return match === null ? [] : [splitWords(match[1] ?? '')];
    });
}

async function replaceEach(
  text: string,
  pattern: RegExp,
  replace: (match: RegExpMatchArray) => Promise<string>,
): Promise<string> {
  let result = '';
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    result += text.slice(end, match.index) + (await replace(match));
    end = match.index + match[0].length;
  }
  return result + text.slice(end);
}

async function retellBlock(body: string): Promise<string> {
  const commands = body.split(/^(?=\$ )/m);
  let text = '';
  for (const command of commands) {
    const line = command.split('\n', 1)[0];
    const match = line.startsWith('$ ') ? LASTACK_LINE.exec(line.slice(2)) : null;
    text += match === null ? command : `${line}\n${await outputOf(match)}`;
  }
  return text;
}

async function outputOf([, words, filter, count, muted, echo]: RegExpExecArray): Promise<string> {
  const { out, err, status } = await runLastack(splitWords(words ?? ''));
  const lines = muted === undefined ? out.split(/\r?\n/).slice(0, -1) : [];
  const kept = filter === undefined ? lines : filter === 'head' ? lines.slice(0, +count) : lines.slice(-count);
  const shown = kept.map((each) => `${each}\n`).join('') + err;
  return echo === undefined ? shown : `${shown}${status}\n`;
}

function splitWords(text: string): string[] {
  return text.split(' ').filter((word) => word !== '');
}

async function runExample(code: string): Promise<string> {
  const body = code.replace(/^import (\{[^}]*\}) from 'lastack';$/gm, 'const $1 = lastack;');
  let text = '';
  const console = { log: (...values: unknown[]) => (text += `${values.join(' ')}\n`) };
  const AsyncFunction = retell.constructor as new (...source: string[]) => (...values: unknown[]) => Promise<void>;
  await new AsyncFunction('lastack', 'console', body)(library, console);
  return text;
}
