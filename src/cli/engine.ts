import { formatAddress } from '../base/address.ts';
import {
  Analysis,
  type AnalysisHandler,
  type AnalyzeOptions,
  breathe,
  type FinalConnection,
  type FlawlessConnection,
} from '../engine.ts';
import type { Finding, Severity } from '../findings/finding.ts';
import type { CaptureFacts } from '../findings/joined.ts';
import type { PolicyOptions } from '../findings/policy.ts';
import type { SegmentChoice } from '../flow/connection.ts';
import type { FlowAddresses } from '../flow/place.ts';
import type { TrackerWatcher } from '../flow/tracker-options.ts';
import type { ClosedFirst, Outcome } from '../flow/vocabulary.ts';
import { type ConnectionEnds, endsOf } from '../report/build.ts';
import type { ConnectionBrief, Interest, KindBrief } from '../report/overview.ts';
import type { CaptureResult, SummaryResult } from '../report/result.ts';
import { severityRank } from '../report/severity.ts';
import type { CaptureReport } from '../source/reader.ts';
import { type ReadProgress, readInSteps } from '../source/session.ts';
import { statusOf } from '../source/status.ts';
import { keepObjectsYoung } from './heap.ts';
import { type FileProblem, problemsOf } from './problems.ts';
import { isReadAside } from './threads/choose.ts';
import type { LineForm } from './threads/form.ts';

/** Which connections are wanted; all conditions have to hold, a list is met by any of its members. */
export interface ConnectionFilter {
  readonly host?: string;
  readonly port?: number;
  readonly connection?: number;
  readonly outcomes?: readonly Outcome[];
  readonly findings?: readonly string[];
  readonly minSeverity?: Severity;
  readonly closedFirst?: ClosedFirst;
}

export interface AnalysisRequest {
  /** Files that together are one capture; `-` is standard input. */
  readonly paths: readonly string[];
  /** Whether every segment is kept, or those of the connections with certain ids. */
  readonly segments: SegmentChoice;
  readonly timeWaitSeconds: number;
  /** How packets are decoded. */
  readonly decoding?: Pick<AnalyzeOptions, 'decapsulate' | 'checksums'>;
  readonly policy?: PolicyOptions;
  readonly filter: ConnectionFilter;
  /** Connections that may be tracked at a time; which go depends on all others, so that one thread does it all. */
  readonly maxConnections?: number;
  /** Threads that share the work (default 1). */
  readonly threads?: number;
  readonly onProgress?: (bytesRead: number, totalBytes: number) => void;
  /** Follow the one path, which is still being written, until the signal comes. */
  readonly follow?: AbortSignal;
  /** Called with what is wrong with a file that is followed, at once. */
  readonly onProblem?: (problem: FileProblem) => void;
}

/** A connection that an observer wants; to be looked at before the next one comes. */
export type WholeConnection = Pick<FinalConnection, 'id' | 'build' | 'json'>;

/** Sees the connections that pass the filter. */
export interface ConnectionObserver {
  /** Sees every one of them in brief, if there is no `observeMore`; says whether it wants to take it whole. */
  observe(brief: ConnectionBrief, ends: () => ConnectionEnds): Interest;
  /** Sees that there were `count` more like one that was of no interest: it is not asked about these. */
  observeMore?(brief: KindBrief, count: number): void;
  take(connection: WholeConnection): void;
  /** Awaited now and then, so that output can keep up. */
  ready?(): Promise<void>;
  /** How threads prepare connections for it; without it they are not dealt out. */
  readonly threaded?: ThreadedSide;
}

/** What an observer of all connections says to threads. */
export interface ThreadedSide {
  readonly form: LineForm;
  /** Takes a connection whole as text, whose lines miss the number that they begin with. */
  takeText(id: number, text: Uint8Array): void;
}

/** What is known once every connection has been handed over. */
export interface AnalysisEnd {
  readonly captures: CaptureResult[];
  readonly problems: readonly FileProblem[];
  /** Of the connections that pass the filter. */
  readonly summary: SummaryResult;
  readonly findings: Finding[];
  /** How many connections there are, whether they pass the filter or not. */
  readonly totalConnections: number;
}

/** The analysis as the commands use it: problems with files are in its result, never thrown. */
export type Engine = (request: AnalysisRequest, observer: ConnectionObserver) => Promise<AnalysisEnd>;

/** Captures from here on have connections enough for what they leave behind to pile up; to load what tells V8 takes 5 ms. */
const LARGE_BYTES = 1 << 22;
/** A report has few connections built as a rule: it pays once so many were. */
const MANY_BUILT = 4096;

function mayBeLarge(path: string): boolean {
  const status = statusOf(path);
  return status?.isFile() !== true || status.size >= LARGE_BYTES;
}

/** Analyses files; connections are built only when they pass the filter and the observer wants them. */
export const runAnalysis: Engine = async (request, observer) => {
  const { threaded } = observer;
  const { threads = 1 } = request;
  const isAside = isReadAside(threads, request.paths, threaded?.form ?? 'text');
  if (threaded !== undefined && threads > 1 && !isAside) {
    const { runInThreads } = await import('./threads/run.ts');
    return runInThreads(request, observer, threaded, threads);
  }
  const { filter, segments, timeWaitSeconds, decoding, policy, maxConnections, onProgress } = request;
  if (threaded !== undefined && request.paths.some(mayBeLarge)) keepObjectsYoung();
  let totalConnections = 0;
  let built = 0;
  let hasTaken = false;
  const takeFlawless = (flawless: FlawlessConnection): void => {
    totalConnections++;
    analysis.count(flawless.outcome, flawless.closedFirst, flawless.findings);
    observer.take(flawless);
    hasTaken = true;
  };
  const passOver = (brief: KindBrief, count: number, isMatch: boolean): void => {
    totalConnections += count;
    if (isMatch) analysis.count(brief.outcome, brief.closedFirst, brief.findings, count);
  };
  const isAskedOnce = observer.observeMore !== undefined && !isAboutPlaces(filter);
  const handler: AnalysisHandler = {
    onConnection(final) {
      totalConnections++;
      if (++built === MANY_BUILT && threaded === undefined) keepObjectsYoung();
      if (handOver(analysis, final, filter, observer)) hasTaken = true;
    },
    onPlain(brief, placeOf) {
      const isJoined = isSelected(brief, () => placeOf().addresses, filter);
      const isMatch = isJoined && hasWantedFinding(brief.findings, filter);
      const interest = isMatch && observer.observe(brief, () => endsOf(placeOf()));
      if (interest === true) return true;
      if (!isAskedOnce || interest === 'again') passOver(brief, 1, isMatch);
      return isJoined ? interest : 'left-out';
    },
    // Only lines of JSON are told faster than they are built.
    ...(threaded?.form === 'json' ? { onFlawless: takeFlawless } : {}),
  };
  if (isAskedOnce) {
    handler.onMorePlain = (brief, count) => {
      const isMatch = isSelectedKind(brief, filter) && hasWantedFinding(brief.findings, filter);
      passOver(brief, count, isMatch);
      if (isMatch) observer.observeMore?.(brief, count - 1);
    };
  }
  const { follow } = request;
  const limit = maxConnections === undefined ? {} : { maxConnections };
  const options = { ...policy, ...decoding, ...limit, segments, timeWaitSeconds };
  const analysis = new Analysis(options, handler, follow === undefined ? undefined : NOBODY);
  const steps = isAside ? await openAside(request, analysis) : readHere(request, analysis);
  const pace = { since: Date.now() };
  const drain = async (): Promise<void> => {
    if (hasTaken) await observer.ready?.();
    hasTaken = false;
    await breathe(pace);
  };
  try {
    for (;;) {
      const step = await steps.next();
      if (step.done) {
        for (const _ of analysis.finishAt(step.value.endNanos)) await drain();
        await drain();
        return describeEnd(analysis, step.value, totalConnections, filter);
      }
      onProgress?.(step.value.bytesRead, step.value.totalBytes);
      if (follow !== undefined) analysis.tick(Number.NEGATIVE_INFINITY);
      await drain();
    }
  } finally {
    await steps.return(NOTHING_READ);
  }
};

/** While a file is followed connections go as soon as they are over, but nobody watches them before. */
const NOBODY: TrackerWatcher = { maxConnections: 1 << 20, onChange() {}, onEvict() {} };

/** What is known once everything is read. */
export interface ReadingEnd {
  readonly captures: CaptureResult[];
  readonly problems: readonly FileProblem[];
  readonly clock: CaptureFacts;
  /** Time of the last packet, nanoseconds. */
  readonly endNanos: number;
}

/** Reads in steps, with a pause after each. */
export type Reading = AsyncGenerator<ReadProgress, ReadingEnd, undefined>;

const NOTHING_READ: ReadingEnd = {
  captures: [],
  problems: [],
  clock: { backwardFrames: [], backwardSteps: 0, furthestBackNanos: 0 },
  endNanos: Number.NEGATIVE_INFINITY,
};

async function openAside(request: AnalysisRequest, analysis: Analysis): Promise<Reading> {
  const { readAside } = await import('./threads/read-aside.ts');
  return readAside(request, analysis);
}

async function* readHere(request: AnalysisRequest, analysis: Analysis): Reading {
  return endReading(analysis, yield* await openSteps(request, analysis));
}

async function openSteps({ paths, follow, onProblem }: AnalysisRequest, analysis: Analysis): Promise<Steps> {
  const { timeBase } = analysis;
  if (follow === undefined) return readInSteps(paths, analysis, { timeBase });
  const { followInSteps } = await import('../source/follow.ts');
  return followInSteps(paths[0], analysis, {
    timeBase,
    signal: follow,
    onReport: (report) => {
      for (const problem of problemsOf([report])) onProblem?.(problem);
    },
  });
}

type Steps = ReturnType<typeof readInSteps>;

/** Everything is read by the analysis itself. */
export function endReading(analysis: Analysis, reports: readonly CaptureReport[]): ReadingEnd {
  analysis.end();
  const { clock, lastNanos: endNanos } = analysis;
  return { captures: analysis.captureResults(reports), problems: problemsOf(reports), clock, endNanos };
}

export function describeEnd(
  analysis: Analysis,
  { captures, problems, clock }: ReadingEnd,
  totalConnections: number,
  filter: ConnectionFilter,
): AnalysisEnd {
  const findings = analysis.finishJoined(clock).filter((finding) => hasWantedFinding([finding], filter));
  analysis.countFindings(findings);
  return {
    captures,
    problems,
    summary: analysis.summary,
    findings,
    totalConnections,
  };
}

/** Whether there is any condition. */
export function hasFilter(filter: ConnectionFilter): boolean {
  return Object.values(filter).some((value) => value !== undefined);
}

/** Returns whether the connection was taken. */
function handOver(
  analysis: Analysis,
  final: FinalConnection,
  filter: ConnectionFilter,
  observer: ConnectionObserver,
): boolean {
  const { id, connection, findings, addresses } = final;
  const { outcome, closedFirst } = connection.verdict;
  if (!isSelected({ id, outcome, closedFirst }, () => addresses, filter)) return false;
  analysis.join(final);
  if (!hasWantedFinding(findings, filter)) return false;
  analysis.count(outcome, closedFirst, findings);
  const brief = { id, outcome, closedFirst, findings };
  const { clientIndex } = connection;
  const isWanted = final.isAnnounced || observer.observe(brief, () => endsOf({ addresses, clientIndex })) === true;
  if (isWanted) observer.take(final);
  return isWanted;
}

/** Whether connections that end alike may differ in whether they pass the filter. */
function isAboutPlaces({ connection, host, port }: ConnectionFilter): boolean {
  return connection !== undefined || host !== undefined || port !== undefined;
}

/** Whether the conditions hold that are not about findings. */
export function isSelected(
  brief: Omit<ConnectionBrief, 'findings'>,
  addressesOf: () => FlowAddresses,
  filter: ConnectionFilter,
): boolean {
  const { connection, port, host } = filter;
  if (connection !== undefined && connection !== brief.id) return false;
  if (!isSelectedKind(brief, filter)) return false;
  if (port !== undefined && !addressesOf().ports.includes(port)) return false;
  if (host === undefined) return true;
  const { ipVersion, words0, words1 } = addressesOf();
  return formatAddress(ipVersion, words0) === host || formatAddress(ipVersion, words1) === host;
}

/** As `isSelected`, of what all that end alike have in common. */
function isSelectedKind(
  { outcome, closedFirst }: Omit<KindBrief, 'findings'>,
  { outcomes, closedFirst: closer }: ConnectionFilter,
): boolean {
  if (outcomes !== undefined && !outcomes.includes(outcome)) return false;
  return closer === undefined || closer === closedFirst;
}

/** Whether the conditions about findings hold. */
export function hasWantedFinding(
  findings: readonly Finding[],
  { findings: codes, minSeverity }: ConnectionFilter,
): boolean {
  if (codes !== undefined && !findings.some((each) => codes.includes(each.code))) return false;
  if (minSeverity === undefined) return true;
  return findings.some((each) => severityRank(each.severity) >= severityRank(minSeverity));
}
