import type { CommandSpec } from '../command.ts';
import { type ColourChoice, textOptionsFor } from '../io.ts';
import { type OptionSpecs, OUTPUT_FILE_OPTION, TERMINAL_OPTIONS } from '../options.ts';
import { openOutput } from '../output.ts';
import { readChoice, readSwitch, readText } from '../values.ts';

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
    ['lastack rules --format dot | dot -Tsvg > tcp.svg', 'The machine as a picture'],
  ],
  async run(raw, io, library) {
    const { options } = raw;
    const format = readChoice(options, 'format', FORMATS) ?? 'text';
    const { renderRules } = await import('../../report/rules.ts');
    const rules = await library.rules();
    const output = openOutput(io, readText(options, 'output'));
    try {
      const colour = (readText(options, 'color') ?? 'auto') as ColourChoice;
      const style = textOptionsFor(io, output.stream, { colour, ascii: readSwitch(options, 'ascii') });
      await output.write(renderRules(rules, format, style));
      await output.finish();
      return 0;
    } finally {
      output.discard();
    }
  },
};
