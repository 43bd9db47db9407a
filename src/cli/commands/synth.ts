import { readFileSync } from 'node:fs';
import { CaptureError } from '../../base/error.ts';
import type { CommandSpec } from '../command.ts';
import { EXIT, UsageError } from '../exit.ts';
import type { CliIo } from '../io.ts';
import { type OptionSpecs, OUTPUT_FILE_OPTION } from '../options.ts';
import { openOutput } from '../output.ts';
import { readChoice, readText } from '../values.ts';

const FORMATS = ['pcapng', 'pcap'] as const;
type Format = (typeof FORMATS)[number];

const SYNTH_OPTIONS = {
  format: {
    type: 'string',
    alias: 'f',
    describe: 'Format of the capture, if the name of the output does not tell it (pcapng)',
    choices: FORMATS,
    group: 'Output:',
  },
  ...OUTPUT_FILE_OPTION,
} as const satisfies OptionSpecs;

export const synthCommand: CommandSpec = {
  name: 'synth',
  words: '<scenario>',
  wordsMean: 'a Markdown file with a packet script; - is standard input',
  summary: 'Write the capture that a scenario tells',
  options: SYNTH_OPTIONS,
  examples: [
    ['lastack synth lost-ack.md -o lost-ack.pcapng', 'A fixture from prose'],
    ['lastack synth lost-ack.md | lastack -', 'What lastack makes of it'],
    ['lastack explain web.pcap -c 3 -f scenario', 'The way back'],
  ],
  async run(raw, io) {
    const { options, words } = raw;
    const path = readText(options, 'output');
    const format = readChoice(options, 'format', FORMATS) ?? (path?.endsWith('.pcap') === true ? 'pcap' : 'pcapng');
    if (words.length !== 1) throw new UsageError('give one scenario');
    if ((path === undefined || path === '-') && io.stdout.isTTY === true) {
      throw new UsageError('a capture is nothing to read on a terminal; write it to a file: --output FILE.pcapng');
    }
    const { ScenarioError } = await import('../../synth/error.ts');
    try {
      const bytes = await synthesize(readScenarioFile(words[0], io), words[0], format);
      const output = openOutput(io, path);
      try {
        output.write(bytes);
        await output.finish();
        return EXIT.done;
      } finally {
        output.discard();
      }
    } catch (error) {
      if (!(error instanceof ScenarioError)) throw error;
      io.stderr.write(`lastack: ${error.message}\n`);
      return EXIT.unreadable;
    }
  },
};

async function synthesize(text: string, path: string, format: Format): Promise<Uint8Array> {
  const { parseScenario } = await import('../../synth/scenario.ts');
  const { synthesizePcap, synthesizePcapng } = await import('../../synth/capture.ts');
  const { LABELS } = await import('../../tcp/labels.ts');
  const { STATES } = await import('../../tcp/states.ts');
  const scenario = parseScenario(text, { path, labels: LABELS, states: STATES });
  return format === 'pcap' ? synthesizePcap(scenario) : synthesizePcapng(scenario, { application: 'lastack' });
}

function readScenarioFile(path: string, io: CliIo): string {
  if (path === '-' && io.stdinIsTerminal) throw new UsageError('standard input is a terminal; pipe a scenario into it');
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const what = code === 'ENOENT' ? 'there is no such file' : message;
    throw new CaptureError('unreadable', what, {
      path,
      byteOffset: 0,
      packetNumber: 0,
      hint: 'Give a scenario, a Markdown file with a packet script',
    });
  }
}
