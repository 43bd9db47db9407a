import type { CommandSpec } from '../command.ts';
import { UsageError } from '../exit.ts';
import { readTextChoice, textOptionsFor } from '../io.ts';
import { type OptionSpecs, OUTPUT_FILE_OPTION, TERMINAL_OPTIONS } from '../options.ts';
import { openOutput } from '../output.ts';
import { checkChoice, readChoice, readText } from '../values.ts';

const FORMATS = ['text', 'json'] as const;

const FINDINGS_OPTIONS = {
  format: {
    type: 'string',
    alias: 'f',
    describe: 'Text to read, or json',
    choices: FORMATS,
    default: 'text',
    group: 'Output:',
  },
  ...OUTPUT_FILE_OPTION,
  ...TERMINAL_OPTIONS,
} as const satisfies OptionSpecs;

export const findingsCommand: CommandSpec = {
  name: 'findings',
  words: '[code]',
  wordsMean: 'the finding to explain; without it all of them are listed',
  summary: 'Explain what a finding means, what causes it and what to do',
  options: FINDINGS_OPTIONS,
  examples: [
    ['lastack findings', 'All codes'],
    ['lastack findings close-wait-lingering', 'One of them in full'],
  ],
  async run(raw, io, library) {
    const { options, words } = raw;
    const format = readChoice(options, 'format', FORMATS) ?? 'text';
    const choice = readTextChoice(raw);
    if (words.length > 1) throw new UsageError('give one finding code, or none');
    const catalog = await library.catalog();
    const code =
      words.length === 0
        ? undefined
        : checkChoice(
            'findings',
            words[0],
            catalog.map((entry) => entry.code),
          );
    const chosen = catalog.filter((entry) => code === undefined || entry.code === code);
    const { renderCatalog, renderCatalogEntry } = await import('../../report/catalog.ts');
    const output = openOutput(io, readText(options, 'output'));
    try {
      const style = textOptionsFor(io, output.stream, choice);
      const text = code === undefined ? renderCatalog(chosen, style) : renderCatalogEntry(chosen[0], style);
      const json = `${JSON.stringify(code === undefined ? chosen : chosen[0], null, 2)}\n`;
      output.write(format === 'json' ? json : text);
      await output.finish();
      return 0;
    } finally {
      output.discard();
    }
  },
};
