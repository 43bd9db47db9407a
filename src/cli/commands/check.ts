import { basename } from 'node:path';
import type { CheckedCapture } from '../../check/render.ts';
import type { CommandSpec } from '../command.ts';
import { isNothingReadable, reportProblems } from '../damage.ts';
import type { AnalysisEnd, AnalysisRequest, Engine } from '../engine.ts';
import { EXIT, type ExitStatus, OutputError, UsageError } from '../exit.ts';
import { type CliIo, readTextChoice, type TextChoice, textOptionsFor } from '../io.ts';
import type { Library } from '../library.ts';
import {
  ANALYSIS_OPTIONS,
  type OptionSpecs,
  OUTPUT_FILE_OPTION,
  PROGRESS_OPTION,
  type RawArguments,
  TERMINAL_OPTIONS,
} from '../options.ts';
import { openOutput } from '../output.ts';
import { POLICY_OPTIONS, readPolicy } from '../policy.ts';
import { createProgress } from '../progress.ts';
import { readDecoding, readPaths, readTimeWait } from '../request.ts';
import { readChoice, readSwitch, readText } from '../values.ts';

const FORMATS = ['text', 'junit', 'github', 'json'] as const;
type Format = (typeof FORMATS)[number];

const CHECK_OPTIONS = {
  expect: {
    type: 'string',
    describe: 'File with what is expected, if not CAPTURE.expect.yaml beside the capture',
    group: 'Expectation:',
  },
  update: { type: 'boolean', alias: 'u', describe: 'Write what is there now as expected', group: 'Expectation:' },
  format: {
    type: 'string',
    alias: 'f',
    describe: 'Text to read, or for those who run it',
    choices: FORMATS,
    default: 'text',
    group: 'Output:',
  },
  ...OUTPUT_FILE_OPTION,
  ...TERMINAL_OPTIONS,
  ...PROGRESS_OPTION,
  ...ANALYSIS_OPTIONS,
  ...POLICY_OPTIONS,
} as const satisfies OptionSpecs;

export const checkCommand: CommandSpec = {
  name: 'check',
  words: '<capture..>',
  wordsMean: 'pcap or pcapng files, each with an expectation of its own',
  summary: 'Compare captures with what is expected of them: outcomes, closers, states, findings',
  options: CHECK_OPTIONS,
  examples: [
    ['lastack check web.pcap --update', 'Keep what happened as web.expect.yaml'],
    ['lastack check captures/*.pcap', 'Exit with 1 when something has changed'],
    ['lastack check web.pcap -f github', 'As annotations of a workflow'],
  ],
  run: check,
};

type Request = Omit<AnalysisRequest, 'paths'>;

async function check(raw: RawArguments, io: CliIo, library: Library): Promise<number> {
  const { options } = raw;
  const format = readChoice(options, 'format', FORMATS) ?? 'text';
  const paths = readPaths(raw, io);
  const expect = readText(options, 'expect');
  if (expect !== undefined && paths.length > 1) throw new UsageError('--expect goes with one capture');
  if (expect === undefined && paths.includes('-')) throw new UsageError('standard input needs --expect FILE');
  const choice = readTextChoice(raw);
  const { policy, timeWaitSeconds: configured } = await readPolicy(raw, library);
  const timeWaitSeconds = readTimeWait(raw, configured);
  const engine = await library.engine();
  const progress = createProgress(io, !readSwitch(options, 'no-progress'));
  const request: Request = {
    segments: false,
    timeWaitSeconds,
    decoding: readDecoding(raw),
    policy,
    filter: {},
    onProgress: progress.onProgress,
  };
  const { expectationPathOf } = await import('../../check/files.ts');
  const targets = paths.map((path) => ({ path, expectationPath: expect ?? expectationPathOf(path) }));
  try {
    if (readSwitch(options, 'update')) return await update(targets, engine, request, io);
    return await compareAll(targets, engine, request, io, { format, choice, output: readText(options, 'output') });
  } finally {
    progress.stop();
  }
}

interface Target {
  readonly path: string;
  readonly expectationPath: string;
}

interface Printing {
  readonly format: Format;
  readonly choice: TextChoice;
  readonly output: string | undefined;
}

async function update(targets: readonly Target[], engine: Engine, request: Request, io: CliIo): Promise<number> {
  const { ExpectationBuilder, printExpectation } = await import('../../check/expectation.ts');
  const { writeExpectation } = await import('../../check/files.ts');
  const statuses: ExitStatus[] = [];
  for (const { path, expectationPath } of targets) {
    const builder = new ExpectationBuilder();
    const end = await collect(engine, { ...request, paths: [path] }, (connection) => builder.add(connection.build()));
    statuses.push(reportProblems(io, end.problems));
    if (isNothingReadable(end)) continue;
    const text = printExpectation(builder.build(end.findings), basename(path));
    try {
      io.stdout.write(`${expectationPath}: ${writeExpectation(expectationPath, text)}\n`);
    } catch (error) {
      throw new OutputError(`${expectationPath}: ${(error as Error).message}`);
    }
  }
  return worstOf(statuses);
}

async function compareAll(
  targets: readonly Target[],
  engine: Engine,
  request: Request,
  io: CliIo,
  printing: Printing,
): Promise<number> {
  const { Comparer } = await import('../../check/compare.ts');
  const checked: CheckedCapture[] = [];
  const statuses: ExitStatus[] = [];
  for (const target of targets) {
    const expectation = await load(target);
    if (expectation === null) {
      io.stderr.write(`lastack: ${await describeMissing(target)}\n`);
      statuses.push(EXIT.usage);
      continue;
    }
    const comparer = new Comparer();
    const end = await collect(engine, { ...request, paths: [target.path] }, (connection) =>
      comparer.add(connection.build()),
    );
    statuses.push(reportProblems(io, end.problems));
    if (!isNothingReadable(end)) {
      checked.push({ ...target, comparison: comparer.compare(expectation, end.findings) });
    }
  }
  const { isAsExpected } = await import('../../check/render.ts');
  if (!checked.every(({ comparison }) => isAsExpected(comparison))) statuses.push(EXIT.conditionMet);
  await print(checked, io, printing);
  return worstOf(statuses);
}

async function load({ expectationPath }: Target) {
  const { readExpectation } = await import('../../check/files.ts');
  const { ExpectationError } = await import('../../check/expectation.ts');
  try {
    return readExpectation(expectationPath);
  } catch (error) {
    if (error instanceof ExpectationError) throw new UsageError(error.message);
    throw new UsageError(`${expectationPath}: ${(error as Error).message}`);
  }
}

async function describeMissing(target: Target): Promise<string> {
  const { updateCommand } = await import('../../check/render.ts');
  const next = `look at the capture, then keep what is there as expected: ${updateCommand([target])}`;
  return `${target.expectationPath}: there is no such file; ${next}`;
}

async function collect(
  engine: Engine,
  request: AnalysisRequest,
  take: Parameters<Engine>[1]['take'],
): Promise<AnalysisEnd> {
  return engine(request, { observe: () => true, take });
}

async function print(checked: readonly CheckedCapture[], io: CliIo, { format, choice, output: path }: Printing) {
  const render = await import('../../check/render.ts');
  const output = openOutput(io, path);
  try {
    if (format === 'json') output.write(render.renderCheckJson(checked));
    else if (format === 'junit') output.write(render.renderCheckJunit(checked));
    else if (format === 'github') output.write(render.renderCheckGithub(checked));
    else if (checked.length > 0) {
      output.write(render.renderCheckText(checked, textOptionsFor(io, output.stream, choice)));
    }
    await output.finish();
  } finally {
    output.discard();
  }
}

/** What was not compared weighs more than what has changed, and that more than damage. */
function worstOf(statuses: readonly ExitStatus[]): ExitStatus {
  const order: readonly ExitStatus[] = [EXIT.unreadable, EXIT.usage, EXIT.conditionMet, EXIT.damaged];
  return order.find((status) => statuses.includes(status)) ?? EXIT.done;
}
