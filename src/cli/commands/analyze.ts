import { isOneWay } from '../../source/blocks.ts';
import { COMMANDS, type CommandSpec } from '../command.ts';
import { isNothingReadable, reportProblems, statusOf } from '../damage.ts';
import type { ConnectionObserver } from '../engine.ts';
import { EXIT, UsageError } from '../exit.ts';
import { FailConditions } from '../fail-on.ts';
import { type CliIo, readTextChoice, type TextChoice, textOptionsFor } from '../io.ts';
import { type Library, loadFindingCodes } from '../library.ts';
import {
  ANALYSIS_OPTIONS,
  FAIL_OPTION,
  FILTER_OPTIONS,
  FOLLOW_OPTION,
  FORMAT_OPTION,
  LIMIT_OPTION,
  OUTPUT_FILE_OPTION,
  PROGRESS_OPTION,
  type RawArguments,
  TERMINAL_OPTIONS,
  THREADS_OPTION,
} from '../options.ts';
import { type Output, openOutput } from '../output.ts';
import { POLICY_OPTIONS, readPolicy } from '../policy.ts';
import type { FileProblem } from '../problems.ts';
import { createProgress } from '../progress.ts';
import { filterWords, readDecoding, readFilter, readPaths, readTimeWait } from '../request.ts';
import { createCsvSink, createJsonSink, createNdjsonSink, createTextSink, type Sink } from '../sinks.ts';
import { chooseThreads, isReadAside } from '../threads/choose.ts';
import { readChoice, readList, readSwitch, readText, readWhole, suggest } from '../values.ts';

const FORMATS = ['text', 'json', 'ndjson', 'csv'] as const;
/** So many tuples can be numbered. */
const MOST_CONNECTIONS = 100_000_000;
type Format = (typeof FORMATS)[number];

export const analyzeCommand: CommandSpec = {
  name: 'analyze',
  words: '<capture..>',
  wordsMean: 'pcap or pcapng files, or directories of them, together one capture; - is standard input',
  summary: 'Tell what happened to each connection (the command may be left out)',
  options: {
    ...FILTER_OPTIONS,
    ...FORMAT_OPTION,
    ...OUTPUT_FILE_OPTION,
    ...TERMINAL_OPTIONS,
    ...PROGRESS_OPTION,
    ...ANALYSIS_OPTIONS,
    ...FOLLOW_OPTION,
    ...LIMIT_OPTION,
    ...THREADS_OPTION,
    ...POLICY_OPTIONS,
    ...FAIL_OPTION,
  },
  examples: [
    ['lastack web.pcap', 'What happened, in a screenful'],
    ['lastack web.pcap --outcome reset,refused', 'Only what ended like this'],
    ['lastack ring/ --follow -f ndjson', 'A ring being written; a connection a line'],
    ['lastack web.pcap --fail-on error', 'For scripts: exit with 1 on errors'],
    ['tcpdump -w - port 443 | lastack -', 'From standard input'],
  ],
  run: analyze,
};

async function analyze(raw: RawArguments, io: CliIo, library: Library): Promise<number> {
  const { options } = raw;
  const format = readChoice(options, 'format', FORMATS) ?? 'text';
  const segments = readSwitch(options, 'segments');
  const paths = readPaths(raw, io);
  if (segments && format === 'text') {
    throw new UsageError('--segments goes with json, ndjson and csv; to read segments use: lastack explain');
  }
  const isFollowing = readSwitch(options, 'follow');
  if (isFollowing && (paths.length > 1 || isOneWay(paths[0]))) {
    throw new UsageError(
      '--follow takes one file or one directory; standard input and pipes are read as they come anyway',
    );
  }
  const choice = readTextChoice(raw);
  const { policy, timeWaitSeconds: configured } = await readPolicy(raw, library);
  const timeWaitSeconds = readTimeWait(raw, configured);
  const maxConnections = readWhole(options, 'max-connections', 1, MOST_CONNECTIONS);
  const filter = await readFilter(raw, library);
  const isForOneThread = filter.connection !== undefined || maxConnections !== undefined || isFollowing;
  const threads = isForOneThread ? 1 : chooseThreads(raw, paths, format === 'ndjson' ? 'json' : format);
  if (threads === 1 || isReadAside(threads, paths, format)) io.favourMainThread();
  const failWords = readList(options, 'fail-on');
  const conditions = new FailConditions(failWords, failWords.length === 0 ? [] : await loadFindingCodes(library));
  const engine = await library.engine();
  const output = openOutput(io, readText(options, 'output'));
  const progress = createProgress(
    io,
    !isFollowing && !readSwitch(options, 'no-progress') && !(format !== 'text' && output.stream?.isTTY === true),
  );
  try {
    const sink = await createSink(format, { raw, io, library, output, segments, choice });
    const request = {
      paths,
      segments,
      timeWaitSeconds,
      decoding: readDecoding(raw),
      policy,
      filter,
      threads,
      ...(maxConnections === undefined ? {} : { maxConnections }),
      onProgress: progress.onProgress,
      ...(isFollowing
        ? { follow: io.untilInterrupted(), onProblem: (each: FileProblem) => reportProblems(io, [each]) }
        : {}),
    };
    const end = await engine(request, watch(sink, conditions));
    progress.stop();
    conditions.observeEnd(end);
    if (!isNothingReadable(end)) {
      await sink.end(end);
      await output.finish();
    }
    const status = isFollowing ? statusOf(end.problems) : reportProblems(io, end.problems);
    suggestCommand(io, end.problems);
    const met = conditions.describe();
    if (met === '') return status;
    io.stderr.write(`lastack: --fail-on: ${met}\n`);
    return EXIT.conditionMet;
  } finally {
    progress.stop();
    output.discard();
  }
}

/** The sink, with `--fail-on` looking on. */
function watch(sink: Sink, conditions: FailConditions): ConnectionObserver {
  return {
    observe(brief, ends) {
      conditions.observe(brief);
      return sink.observe(brief, ends);
    },
    observeMore(brief, count) {
      conditions.observe(brief, count);
      sink.observeMore?.(brief, count);
    },
    take: (connection) => sink.take(connection),
    ...(sink.threaded === undefined ? {} : { threaded: sink.threaded }),
    ready: async () => sink.ready?.(),
  };
}

interface SinkParts {
  readonly raw: RawArguments;
  readonly io: CliIo;
  readonly library: Library;
  readonly output: Output;
  readonly segments: boolean;
  readonly choice: TextChoice;
}

async function createSink(format: Format, { raw, io, library, output, segments, choice }: SinkParts): Promise<Sink> {
  switch (format) {
    case 'json':
      return createJsonSink(output, library.version);
    case 'ndjson':
      return createNdjsonSink(output);
    case 'csv':
      return createCsvSink(output, segments);
    case 'text': {
      const parts = { paths: raw.words, filterWords: filterWords(raw), catalog: await library.catalog() };
      return createTextSink(output, parts, textOptionsFor(io, output.stream, choice));
    }
  }
}

/** `lastack explian web.pcap` looks for a file `explian`: says what was probably meant. */
function suggestCommand(io: CliIo, [first]: readonly FileProblem[]): void {
  if (first?.error.code !== 'unreadable') return;
  const command = suggest(first.path, Object.keys(COMMANDS));
  if (command !== undefined) io.stderr.write(`lastack: did you mean the command ${command}?\n`);
}
