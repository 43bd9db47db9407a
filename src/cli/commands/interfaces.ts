import type { NetworkInterface } from '../../source/interfaces.ts';
import type { CommandSpec } from '../command.ts';
import { EXIT, UsageError } from '../exit.ts';
import { type CliIo, readTextChoice, textOptionsFor } from '../io.ts';
import { type RawArguments, TERMINAL_OPTIONS } from '../options.ts';
import { readChoice } from '../values.ts';

const FORMATS = ['text', 'json'] as const;

export const interfacesCommand: CommandSpec = {
  name: 'interfaces',
  words: '',
  wordsMean: '',
  summary: 'List what can be captured on: addresses, state, default route, rights',
  options: {
    format: {
      type: 'string',
      alias: 'f',
      describe: 'Format of the list',
      choices: FORMATS,
      default: 'text',
      group: 'Output:',
    },
    ...TERMINAL_OPTIONS,
  },
  examples: [['lastack interfaces', 'Then: sudo lastack live -i NAME']],
  run: interfaces,
};

async function interfaces(raw: RawArguments, io: CliIo): Promise<number> {
  if (raw.words.length > 0)
    throw new UsageError(`interfaces takes no words; to capture: lastack live -i ${raw.words[0]}`);
  const format = readChoice(raw.options, 'format', FORMATS) ?? 'text';
  const choice = readTextChoice(raw);
  const { listInterfaces, mayCapture } = await import('../../source/interfaces.ts');
  const list = listInterfaces();
  const isAllowed = mayCapture();
  if (format === 'json') {
    io.stdout.write(`${JSON.stringify({ mayCapture: isAllowed, interfaces: list }, null, 2)}\n`);
    return EXIT.done;
  }
  const { createStyle } = await import('../../report/terminal.ts');
  const style = createStyle(textOptionsFor(io, io.stdout, choice));
  const rows = list.map((each) => [each.name, each.state, each.addresses.join(', '), describe(each, isAllowed)]);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column].length)));
  for (const [index, row] of rows.entries()) {
    const cells = row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
    io.stdout.write(`${list[index].hasDefaultRoute ? style.strong(cells) : cells}\n`);
  }
  if (!isAllowed) {
    const { explainFailure } = await import('../../source/live-error.ts');
    const attempt = { via: 'cap', interfaceName: list[0]?.name ?? 'any', filter: '', known: [] } as const;
    io.stdout.write(`\nThis process has no right to capture. ${explainFailure(attempt, 'not permitted').hint}\n`);
  }
  return EXIT.done;
}

function describe({ hasDefaultRoute, remark }: NetworkInterface, isAllowed: boolean): string {
  const words = [hasDefaultRoute ? 'default route' : '', remark, isAllowed ? '' : 'needs root or CAP_NET_RAW'];
  return words.filter((word) => word !== '').join(', ');
}
