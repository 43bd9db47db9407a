import type { CommandSpec } from '../command.ts';
import { reportProblems } from '../damage.ts';
import { readTextChoice, textOptionsFor } from '../io.ts';
import {
  ANALYSIS_OPTIONS,
  type OptionSpecs,
  OUTPUT_FILE_OPTION,
  PROGRESS_OPTION,
  TERMINAL_OPTIONS,
} from '../options.ts';
import { openOutput } from '../output.ts';
import { createProgress } from '../progress.ts';
import { readDecoding, readPaths } from '../request.ts';
import { readChoice, readSwitch, readText } from '../values.ts';

const FORMATS = ['text', 'json'] as const;

const INFO_OPTIONS = {
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
  ...PROGRESS_OPTION,
  'no-decapsulate': ANALYSIS_OPTIONS['no-decapsulate'],
} as const satisfies OptionSpecs;

export const infoCommand: CommandSpec = {
  name: 'info',
  words: '<capture..>',
  wordsMean: 'pcap or pcapng files, or directories of them; - is standard input',
  summary: 'Tell what captures are, what is wrong with them, and what that means for the verdicts',
  options: INFO_OPTIONS,
  examples: [
    ['lastack info web.pcapng', 'Interfaces, times, drops, protocols, damage'],
    ['lastack info ring/ -f json', 'Of every capture in a directory, for programs'],
  ],
  async run(raw, io, library) {
    const { options } = raw;
    const format = readChoice(options, 'format', FORMATS) ?? 'text';
    const paths = readPaths(raw, io);
    const choice = readTextChoice(raw);
    const { decapsulate = true } = readDecoding(raw);
    const inspect = await library.inspector();
    const output = openOutput(io, readText(options, 'output'));
    const progress = createProgress(io, !readSwitch(options, 'no-progress'));
    try {
      const found = inspect(paths, { decapsulate, onProgress: progress.onProgress });
      const { document, reports } = await found.finally(() => progress.stop());
      if (reports.some(({ status }) => status !== 'unreadable')) {
        const { renderInfo } = await import('../../report/info.ts');
        const style = textOptionsFor(io, output.stream, choice);
        output.write(format === 'json' ? `${JSON.stringify(document, null, 2)}\n` : renderInfo(document, style));
        await output.finish();
      }
      const problems = reports.flatMap(({ path, status, problem }) =>
        problem === null ? [] : [{ path, unreadable: status === 'unreadable', error: problem }],
      );
      return reportProblems(io, problems);
    } finally {
      output.discard();
    }
  },
};
