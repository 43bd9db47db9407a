import type { CommandSpec } from '../command.ts';
import { readTextChoice, textOptionsFor } from '../io.ts';
import { type OptionSpecs, OUTPUT_FILE_OPTION, TERMINAL_OPTIONS } from '../options.ts';
import { openOutput } from '../output.ts';
import { readChoice, readText } from '../values.ts';

const FORMATS = ['text', 'json', 'mermaid', 'dot'] as const;

const RULES_OPTIONS = {
  format: {
    type: 'string',
    alias: 'f',
    describe: 'Text to read, json, or a diagram for Mermaid or Graphviz',
    choices: FORMATS,
    default: 'text',
    group: 'Output:',
  },
  ...OUTPUT_FILE_OPTION,
  ...TERMINAL_OPTIONS,
} as const satisfies OptionSpecs;

export const rulesCommand: CommandSpec = {
  name: 'rules',
  words: '',
  wordsMean: '',
  summary: 'Print the state machine: every rule, why it is so and where that is written',
  options: RULES_OPTIONS,
  examples: [
    ['lastack rules', 'Every rule, to read'],
    ['lastack rules -f dot | dot -Tsvg > tcp.svg', 'As a picture'],
  ],
  async run(raw, io, library) {
    const { options } = raw;
    const format = readChoice(options, 'format', FORMATS) ?? 'text';
    const choice = readTextChoice(raw);
    const { renderRules } = await import('../../report/rules.ts');
    const rules = await library.rules();
    const output = openOutput(io, readText(options, 'output'));
    try {
      const style = textOptionsFor(io, output.stream, choice);
      output.write(renderRules(rules, format, style));
      await output.finish();
      return 0;
    } finally {
      output.discard();
    }
  },
};
