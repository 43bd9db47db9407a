import type { WantedConnection } from '../../extract.ts';
import { formatEndpoint, formatQuantity } from '../../report/measure.ts';
import type { CommandSpec } from '../command.ts';
import { isNothingReadable, reportProblems } from '../damage.ts';
import type { AnalysisEnd, AnalysisRequest, Engine } from '../engine.ts';
import { UsageError } from '../exit.ts';
import type { CliIo } from '../io.ts';
import type { Library } from '../library.ts';
import { ANALYSIS_OPTIONS, FILTER_OPTIONS, type OptionSpecs, PROGRESS_OPTION, type RawArguments } from '../options.ts';
import { type Output, openOutput } from '../output.ts';
import { POLICY_OPTIONS, readPolicy } from '../policy.ts';
import { createProgress } from '../progress.ts';
import { readDecoding, readFilter, readPaths, readTimeWait } from '../request.ts';
import { spool } from '../spool.ts';
import { readList, readSwitch, readText } from '../values.ts';

const EXTRACT_OPTIONS = {
  ...FILTER_OPTIONS,
  connection: { ...FILTER_OPTIONS.connection, list: true, describe: 'With these numbers, as lastack prints them' },
  output: { type: 'string', alias: 'o', describe: 'The pcapng file to write', group: 'Output:' },
  'no-comments': { type: 'boolean', describe: 'Write no comments beside the packets', group: 'Output:' },
  ...PROGRESS_OPTION,
  ...ANALYSIS_OPTIONS,
  ...POLICY_OPTIONS,
} as const satisfies OptionSpecs;

export const extractCommand: CommandSpec = {
  name: 'extract',
  words: '<capture..>',
  wordsMean: 'pcap or pcapng files, or directories of them; - is standard input',
  summary: 'Cut the packets of connections out, with what lastack says of each as a comment for Wireshark',
  options: EXTRACT_OPTIONS,
  examples: [
    ['lastack extract web.pcap --connection 12 -o one.pcapng', 'The one that lastack calls #12'],
    ['lastack extract ring/ --outcome reset -o resets.pcapng', 'All that were reset, of a ring of captures'],
  ],
  run: extract,
};

/** Connections with more segments than this, together, get no comments: they would take too much memory. */
const MAX_COMMENTS = 250_000;
const BATCH_BYTES = 1 << 20;

async function extract(raw: RawArguments, io: CliIo, library: Library): Promise<number> {
  const paths = readPaths(raw, io);
  const ids = readIds(raw);
  const { connection: _, ...filter } = await readFilter(withoutIds(raw), library);
  if (ids === null && Object.keys(filter).length === 0) {
    throw new UsageError(
      'say which connections: --connection N (lastack CAPTURE lists them), --host, --port, --outcome',
    );
  }
  const outputPath = readText(raw.options, 'output');
  if (outputPath === undefined && io.stdout.isTTY === true) {
    throw new UsageError('name the file to write: -o one.pcapng');
  }
  const { policy, timeWaitSeconds: configured } = await readPolicy(raw, library);
  const spooled = await spool(paths);
  const progress = createProgress(io, !readSwitch(raw.options, 'no-progress'));
  const request: Request = {
    paths: spooled.paths,
    timeWaitSeconds: readTimeWait(raw, configured),
    decoding: readDecoding(raw),
    policy,
    filter,
    onProgress: progress.onProgress,
  };
  try {
    const found = await findWanted(await library.engine(), request, ids, !readSwitch(raw.options, 'no-comments'));
    const problems = found.end.problems.map((each) => ({ ...each, path: spooled.nameOf(each.path) }));
    if (isNothingReadable(found.end)) return reportProblems(io, problems);
    checkFound(found, ids);
    const output = openOutput(io, outputPath);
    const packetCount = await cutOut(library, request, found, output).finally(() => output.discard());
    progress.stop();
    const status = reportProblems(io, problems);
    io.stderr.write(`lastack: ${describeWork(found, packetCount, outputPath)}\n`);
    return status;
  } finally {
    progress.stop();
    spooled.remove();
  }
}

type Request = Omit<AnalysisRequest, 'segments'>;

interface Found {
  readonly end: AnalysisEnd;
  readonly wanted: readonly WantedConnection[];
  /** How many of them have no comments because they are too long. */
  readonly uncommented: number;
}

function readIds(raw: RawArguments): ReadonlySet<number> | null {
  const words = readList(raw.options, 'connection');
  for (const word of words) {
    if (!/^[1-9]\d*$/.test(word)) throw new UsageError(`--connection: "${word}" is not a whole number from 1 on`);
  }
  return words.length === 0 ? null : new Set(words.map(Number));
}

const withoutIds = (raw: RawArguments): RawArguments => ({
  words: raw.words,
  options: { ...raw.options, connection: undefined },
});

/** A first pass finds the connections, a second one, for these alone, what to say of each segment. */
async function findWanted(
  engine: Engine,
  request: Request,
  ids: ReadonlySet<number> | null,
  commented: boolean,
): Promise<Found> {
  const wanted = new Map<number, WantedConnection>();
  const segmentCounts = new Map<number, number>();
  const end = await engine(
    { ...request, segments: false },
    {
      observe: ({ id }) => ids === null || ids.has(id),
      take: (connection) => {
        const { id, client, server, firstFrame, lastFrame, endpoints } = connection.build();
        wanted.set(id, { id, client, server, firstFrame, lastFrame, comments: null });
        segmentCounts.set(id, endpoints.client.segments + endpoints.server.segments);
      },
    },
  );
  const chosen = new Set<number>();
  let room = commented ? MAX_COMMENTS : 0;
  for (const [id, count] of [...segmentCounts].sort((a, b) => a[1] - b[1])) {
    room -= count;
    if (room >= 0) chosen.add(id);
  }
  if (chosen.size > 0) await comment(engine, request, wanted, chosen);
  const inOrder = [...wanted.values()].sort((a, b) => a.id - b.id);
  return { end, wanted: inOrder, uncommented: commented ? wanted.size - chosen.size : 0 };
}

async function comment(
  engine: Engine,
  request: Request,
  wanted: Map<number, WantedConnection>,
  chosen: ReadonlySet<number>,
): Promise<void> {
  const { commentOn } = await import('../../report/comment.ts');
  const texts = new Map<string, string>();
  await engine(
    { ...request, segments: (id) => chosen.has(id) },
    {
      observe: ({ id }) => chosen.has(id),
      take: (connection) => {
        const before = wanted.get(connection.id);
        if (before !== undefined)
          wanted.set(connection.id, { ...before, comments: commentOn(connection.build(), texts) });
      },
    },
  );
}

function checkFound({ wanted, end }: Found, ids: ReadonlySet<number> | null): void {
  const known = new Set(wanted.map(({ id }) => id));
  const missing = [...(ids ?? [])].filter((id) => !known.has(id));
  if (missing.length === 0 && known.size > 0) return;
  const which =
    missing.length === 0
      ? 'no connection matches'
      : `there is no connection ${missing.map((id) => `#${id}`).join(', ')}`;
  throw new UsageError(`${which}; the capture has ${end.totalConnections}`);
}

async function cutOut(library: Library, request: Request, { wanted, end }: Found, output: Output): Promise<number> {
  const { extractInSteps } = await import('../../extract.ts');
  let batch: Uint8Array[] = [];
  let batchBytes = 0;
  const flush = (): void => {
    output.write(Buffer.concat(batch));
    batch = [];
    batchBytes = 0;
  };
  const hasFragments = end.captures.some(({ fragments }) => fragments !== undefined);
  const steps = extractInSteps(request.paths, wanted, hasFragments, {
    decapsulate: request.decoding?.decapsulate ?? true,
    application: `lastack ${library.version}`,
    write(bytes) {
      batch.push(bytes);
      batchBytes += bytes.length;
      if (batchBytes >= BATCH_BYTES) flush();
    },
  });
  for (;;) {
    const step = await steps.next();
    if (step.done) {
      flush();
      await output.finish();
      return step.value.packetCount;
    }
    request.onProgress?.(step.value.bytesRead, step.value.totalBytes);
    await output.drained();
  }
}

function describeWork({ wanted, uncommented }: Found, packetCount: number, path: string | undefined): string {
  const [first] = wanted;
  const what =
    wanted.length === 1
      ? `connection #${first.id} (${formatEndpoint(first.client)} > ${formatEndpoint(first.server)})`
      : formatQuantity(wanted.length, 'connection');
  const where = path === undefined || path === '-' ? 'standard output' : path;
  const silent = uncommented > 0 ? `; ${formatQuantity(uncommented, 'connection')} too long for comments` : '';
  return `${formatQuantity(packetCount, 'packet')} of ${what} written to ${where}${silent}`;
}
