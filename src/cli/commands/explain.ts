import { EXPLAIN_FORMATS } from '../../report/explain-vocabulary.ts';
import { formatEndpoint } from '../../report/measure.ts';
import type { ConnectionResult } from '../../report/result.ts';
import type { CommandSpec } from '../command.ts';
import { isNothingReadable, reportProblems } from '../damage.ts';
import type { AnalysisEnd, AnalysisRequest, Engine } from '../engine.ts';
import { UsageError } from '../exit.ts';
import { type CliIo, readTextChoice, textOptionsFor } from '../io.ts';
import type { Library } from '../library.ts';
import {
  ANALYSIS_OPTIONS,
  type OptionSpecs,
  OUTPUT_FILE_OPTION,
  PROGRESS_OPTION,
  type RawArguments,
  SELECT_OPTIONS,
  TERMINAL_OPTIONS,
} from '../options.ts';
import { openOutput } from '../output.ts';
import { POLICY_OPTIONS, readPolicy } from '../policy.ts';
import { createProgress } from '../progress.ts';
import { readDecoding, readFilter, readPaths, readTimeWait } from '../request.ts';
import { spool, unspooled } from '../spool.ts';
import { readChoice, readSwitch, readText } from '../values.ts';

const FORMATS = [...EXPLAIN_FORMATS, 'scenario'] as const;

const EXPLAIN_OPTIONS = {
  ...SELECT_OPTIONS,
  format: {
    type: 'string',
    alias: 'f',
    describe: 'Format of the picture, or scenario: what lastack synth reads',
    choices: FORMATS,
    default: 'text',
    group: 'Output:',
  },
  all: { type: 'boolean', alias: 'a', describe: 'Draw every segment; do not fold long transfers', group: 'Output:' },
  ...OUTPUT_FILE_OPTION,
  ...TERMINAL_OPTIONS,
  ...PROGRESS_OPTION,
  ...ANALYSIS_OPTIONS,
  ...POLICY_OPTIONS,
} as const satisfies OptionSpecs;

export const explainCommand: CommandSpec = {
  name: 'explain',
  words: '<capture..>',
  wordsMean: 'pcap or pcapng files, or directories of them, together one capture; - is standard input',
  summary: 'Draw one connection segment by segment, and say why each end moved',
  options: EXPLAIN_OPTIONS,
  examples: [
    ['lastack explain web.pcap --connection 12', 'The one that lastack calls #12'],
    ['lastack explain web.pcap --port 40112', 'The one with this port'],
    ['lastack explain web.pcap -c 12 -f svg -o 12.svg', 'As a picture, for a ticket'],
  ],
  run: explain,
};

async function explain(raw: RawArguments, io: CliIo, library: Library): Promise<number> {
  const { options } = raw;
  const named = readPaths(raw, io);
  const format = readChoice(options, 'format', FORMATS) ?? 'text';
  if (format === 'scenario' && named.includes('-')) {
    throw new UsageError('--format scenario reads the capture twice: give a file, not standard input');
  }
  const filter = await readFilter(raw, library);
  const choice = readTextChoice(raw);
  const { policy, timeWaitSeconds: configured } = await readPolicy(raw, library);
  const timeWaitSeconds = readTimeWait(raw, configured);
  const engine = await library.engine();
  const progress = createProgress(io, !readSwitch(options, 'no-progress'));
  const decoding = readDecoding(raw);
  const spooled = filter.connection === undefined ? await spool(named) : unspooled(named);
  try {
    const { paths } = spooled;
    const request = { paths, timeWaitSeconds, decoding, policy, filter, onProgress: progress.onProgress };
    const found = await findConnection(engine, request).finally(() => progress.stop());
    const problems = found.end.problems.map((each) => ({ ...each, path: spooled.nameOf(each.path) }));
    const status = reportProblems(io, problems);
    if (isNothingReadable(found.end)) return status;
    const connection = pickOne(found);
    const output = openOutput(io, readText(options, 'output'));
    try {
      if (format === 'scenario') {
        const { tellConnection } = await import('../../transcript/transcript.ts');
        output.write(await tellConnection(connection, paths, { decapsulate: decoding.decapsulate, timeWaitSeconds }));
      } else {
        const { renderConnection } = await import('../../report/explain-formats.ts');
        const style = textOptionsFor(io, output.stream, choice);
        const rules = await library.rules();
        output.write(renderConnection(connection, format, { rules, unfolded: readSwitch(options, 'all') }, style));
      }
      await output.finish();
      return status;
    } finally {
      output.discard();
    }
  } finally {
    spooled.remove();
  }
}

interface Found {
  readonly end: AnalysisEnd;
  readonly count: number;
  /** The first few; with segments when it is the only one. */
  readonly connections: readonly ConnectionResult[];
}

const MAX_CANDIDATES = 12;

/** A first pass finds the connection, a second one keeps the segments of that connection alone; with a number one is enough. */
async function findConnection(engine: Engine, request: Omit<AnalysisRequest, 'segments'>): Promise<Found> {
  const { filter } = request;
  if (filter.connection !== undefined)
    return collect(engine, { ...request, segments: (id) => id === filter.connection });
  const first = await collect(engine, { ...request, segments: false });
  if (first.count !== 1) return first;
  const [{ id }] = first.connections;
  return collect(engine, { ...request, filter: { connection: id }, segments: (each) => each === id });
}

/** Counts connections, and keeps the first ones. */
async function collect(engine: Engine, request: AnalysisRequest): Promise<Found> {
  const connections: ConnectionResult[] = [];
  let count = 0;
  const end = await engine(request, {
    observe: ({ id }) => {
      count++;
      return connections.length < MAX_CANDIDATES || id < connections[MAX_CANDIDATES - 1].id;
    },
    take: (connection) => {
      connections.push(connection.build());
      connections.sort((a, b) => a.id - b.id);
      connections.length = Math.min(connections.length, MAX_CANDIDATES);
    },
  });
  return { end, count, connections };
}

function pickOne({ count, connections, end }: Found): ConnectionResult {
  if (count === 1) return connections[0];
  if (count === 0) {
    const total = end.totalConnections;
    throw new UsageError(
      total === 0 ? 'no such connection in this capture' : `no such connection; the capture has ${total}`,
    );
  }
  const lines = connections.map(describeCandidate);
  if (count > connections.length) lines.push(`  and ${count - connections.length} more`);
  const list = `${count} connections match; pick one with --connection:\n${lines.join('\n')}`;
  throw new UsageError(list);
}

function describeCandidate(connection: ConnectionResult): string {
  const { id, client, server, outcome } = connection;
  return `  ${String(id).padStart(5)}  ${formatEndpoint(client)} > ${formatEndpoint(server)}  ${outcome}`;
}
