import type { CommandSpec } from '../command.ts';
import { reportProblems } from '../damage.ts';
import { EXIT, UsageError } from '../exit.ts';
import { readTextChoice, textOptionsFor } from '../io.ts';
import { ANALYSIS_OPTIONS, type OptionSpecs, OUTPUT_FILE_OPTION, TERMINAL_OPTIONS } from '../options.ts';
import { openOutput } from '../output.ts';
import { readDecoding, readTimeWait } from '../request.ts';
import { readChoice, readSwitch, readText } from '../values.ts';

const FORMATS = ['text', 'json'] as const;

const DIFF_OPTIONS = {
  'same-clock': {
    type: 'boolean',
    describe: 'Both captures were stamped by one clock: delays are as measured',
    group: 'Comparison:',
  },
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
  ...ANALYSIS_OPTIONS,
} as const satisfies OptionSpecs;

export const diffCommand: CommandSpec = {
  name: 'diff',
  words: '<capture..>',
  wordsMean: 'two captures of the same traffic, A and B, at two points of its way',
  summary: 'Tell what happened between two points: segments lost, doubled, changed; and what is true of each end',
  options: DIFF_OPTIONS,
  examples: [
    ['lastack diff client.pcap server.pcap', 'What was lost on the way'],
    ['lastack diff a.pcap b.pcap --same-clock', 'On one host: real one-way delays'],
  ],
  async run(raw, io) {
    const { options, words } = raw;
    const format = readChoice(options, 'format', FORMATS) ?? 'text';
    const choice = readTextChoice(raw);
    if (words.length !== 2) throw new UsageError('give two captures, one of each point');
    if (words.includes('-')) throw new UsageError('diff reads files, not standard input');
    const decoding = readDecoding(raw);
    const analysis = { timeWaitSeconds: readTimeWait(raw), decapsulate: decoding.decapsulate ?? true };
    const { readPoint } = await import('../../diff/point.ts');
    const { comparePoints, isSame } = await import('../../diff/compare.ts');
    const { renderDiffJson, renderDiffText } = await import('../../diff/render.ts');
    const a = await readPoint(words[0], analysis);
    const b = await readPoint(words[1], analysis);
    const problems = [a, b].flatMap(({ report: { path, status, problem } }) =>
      problem === null ? [] : [{ path, unreadable: status === 'unreadable', error: problem }],
    );
    const status = reportProblems(io, problems);
    if (status === EXIT.unreadable) return status;
    const comparison = comparePoints(a, b, readSwitch(options, 'same-clock'));
    const output = openOutput(io, readText(options, 'output'));
    try {
      const paths = { a: words[0], b: words[1] };
      const style = textOptionsFor(io, output.stream, choice);
      output.write(format === 'json' ? renderDiffJson(comparison, paths) : renderDiffText(comparison, paths, style));
      await output.finish();
      return isSame(comparison) ? status : EXIT.conditionMet;
    } finally {
      output.discard();
    }
  },
};
