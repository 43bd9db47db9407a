import type { CommandSpec } from '../command.ts';
import { isNothingReadable, reportProblems } from '../damage.ts';
import type { AnalysisEnd, AnalysisRequest } from '../engine.ts';
import { UsageError } from '../exit.ts';
import type { CliIo } from '../io.ts';
import type { Library } from '../library.ts';
import { ANALYSIS_OPTIONS, type OptionSpecs, PROGRESS_OPTION, type RawArguments } from '../options.ts';
import { openOutput } from '../output.ts';
import { POLICY_OPTIONS, readPolicy } from '../policy.ts';
import { createProgress } from '../progress.ts';
import { readDecoding, readPaths, readTimeWait } from '../request.ts';
import { type Spooled, spool } from '../spool.ts';
import { readSwitch, readText, readWhole } from '../values.ts';

const DEFAULT_MAX_CONNECTIONS = 20_000;
const MOST_CONNECTIONS = 1_000_000;

const REPORT_OPTIONS = {
  output: {
    type: 'string',
    alias: 'o',
    describe: 'The file to write, for a browser; - is standard output',
    group: 'Output:',
  },
  'max-connections': {
    type: 'string',
    describe: `Connections in the table and drawn, those with findings first (${DEFAULT_MAX_CONNECTIONS})`,
    group: 'Output:',
  },
  ...PROGRESS_OPTION,
  ...ANALYSIS_OPTIONS,
  ...POLICY_OPTIONS,
} as const satisfies OptionSpecs;

export const reportCommand: CommandSpec = {
  name: 'report',
  words: '<capture..>',
  wordsMean: 'pcap or pcapng files, together one capture; - is standard input',
  summary: 'Write a page for a browser: charts, findings, a table, and every odd connection drawn',
  options: REPORT_OPTIONS,
  examples: [['lastack report web.pcap -o report.html', 'One file that needs no network']],
  run: report,
};

async function report(raw: RawArguments, io: CliIo, library: Library): Promise<number> {
  const { options } = raw;
  const named = readPaths(raw, io);
  const path = readText(options, 'output');
  if (path === undefined) throw new UsageError('say where the page shall go: lastack report CAPTURE -o report.html');
  const maxConnections = readWhole(options, 'max-connections', 1, MOST_CONNECTIONS) ?? DEFAULT_MAX_CONNECTIONS;
  const { policy, timeWaitSeconds: configured } = await readPolicy(raw, library);
  const timeWaitSeconds = readTimeWait(raw, configured);
  const decoding = readDecoding(raw);
  const spooled = await spool(named);
  const output = openOutput(io, path);
  const progress = createProgress(io, !readSwitch(options, 'no-progress'));
  try {
    const { paths } = spooled;
    const { onProgress } = progress;
    const request = { paths, timeWaitSeconds, decoding, policy, filter: {}, onProgress };
    const { end, pieces } = await gather(request, maxConnections, library, spooled);
    progress.stop();
    const status = reportProblems(io, end.problems);
    if (isNothingReadable(end)) return status;
    for (const piece of pieces) {
      output.write(piece);
      await output.drained();
    }
    await output.finish();
    return status;
  } finally {
    progress.stop();
    spooled.remove();
    output.discard();
  }
}

interface Gathered {
  readonly end: AnalysisEnd;
  readonly pieces: Iterable<string>;
}

/** Two passes: every connection is counted, then those that are drawn have their segments kept. */
async function gather(
  request: Omit<AnalysisRequest, 'segments'>,
  maxConnections: number,
  library: Library,
  spooled: Spooled,
): Promise<Gathered> {
  const [engine, rules, catalog, script] = await Promise.all([
    library.engine(),
    library.rules(),
    library.catalog(),
    library.pageScript(),
  ]);
  const { LadderPacker, PageGatherer } = await import('../../report/page/gather.ts');
  const { renderPage } = await import('../../report/page/page.ts');
  const gatherer = new PageGatherer(maxConnections);
  const seen = await engine(
    { ...request, segments: false },
    { observe: () => true, take: (connection) => gatherer.add(connection.build()) },
  );
  const end = inNamesGiven(seen, spooled);
  const rows = gatherer.finish();
  const ladders = new LadderPacker(rules);
  if (rows.wanted.size > 0) {
    const isWanted = (id: number): boolean => rows.wanted.has(id);
    await engine(
      { ...request, segments: isWanted },
      { observe: ({ id }) => isWanted(id), take: (connection) => ladders.addIfWanted(connection.build(), isWanted) },
    );
    ladders.finish();
  }
  const { captures, summary, findings } = end;
  const { version } = library;
  return {
    end,
    pieces: renderPage({ captures, summary, findings, gatherer, rows, ladders, catalog, rules, script, version }),
  };
}

/** The end of an analysis in the names that the user gave. */
function inNamesGiven(end: AnalysisEnd, { nameOf }: Spooled): AnalysisEnd {
  return {
    ...end,
    captures: end.captures.map((capture) => ({ ...capture, path: nameOf(capture.path) })),
    problems: end.problems.map((problem) => ({ ...problem, path: nameOf(problem.path) })),
  };
}
