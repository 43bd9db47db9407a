/**
 * The library: what really happened to the TCP connections of a capture.
 *
 *     const document = await analyzeFile('capture.pcapng');
 *     for await (const connection of iterateConnections(['big.pcap'])) console.log(connection.outcome);
 */
import { Analysis, type AnalyzeOptions } from './engine.ts';
import { type InspectOptions, inspectCaptures } from './inspect.ts';
import type { InfoDocument } from './report/info.ts';
import { type ConnectionResult, type ResultDocument, SCHEMA_VERSION } from './report/result.ts';
import { createParser, HEAD_BYTES } from './source/detect.ts';
import { createSourceContext } from './source/packet.ts';
import { type PcapParserLike, readPcapParser } from './source/pcap-parser-adapter.ts';
import type { CaptureReport } from './source/reader.ts';
import { readChunksInSteps, readInSteps } from './source/session.ts';
import { VERSION } from './version.ts';

export { CaptureError } from './base/error.ts';
export type { AnalyzeOptions } from './engine.ts';
export type { Finding, Severity } from './findings/finding.ts';
export type {
  Certainty,
  ClosedFirst,
  CloseStyle,
  End,
  Outcome,
  RoleBasis,
  RstShape,
  UndeterminedReason,
} from './flow/vocabulary.ts';
export type { InspectOptions } from './inspect.ts';
export type { CaptureInfo, Consequence, InfoDocument, InterfaceResult, SectionResult } from './report/info.ts';
export type * from './report/result.ts';
export type { PcapParserLike } from './source/pcap-parser-adapter.ts';
export type { Label } from './tcp/labels.ts';
export type { Rule } from './tcp/rule.ts';
export { RULES } from './tcp/rules.ts';
export type { Basis, Phase, TcpState } from './tcp/states.ts';
export { VERSION } from './version.ts';

type Steps = AsyncGenerator<{ bytesRead: number; totalBytes: number }, CaptureReport[], undefined>;

/** Analyses a capture file, or several that together are one capture; `-` is standard input. */
export async function analyzeFile(
  path: string | readonly string[],
  options: AnalyzeOptions = {},
): Promise<ResultDocument> {
  const paths = typeof path === 'string' ? [path] : path;
  return analyzeSteps(options, (analysis) => readInSteps(paths, analysis, { timeBase: analysis.timeBase }));
}

/** Tells what captures are and what that means for the verdicts on their connections, as `lastack info` does. */
export async function inspectFile(
  path: string | readonly string[],
  options: InspectOptions = {},
): Promise<InfoDocument> {
  return (await inspectCaptures(typeof path === 'string' ? [path] : path, options)).document;
}

/** Analyses a capture whose bytes come from a stream or any other iterable. */
export async function analyze(
  source: AsyncIterable<Uint8Array | string> | Iterable<Uint8Array>,
  options: AnalyzeOptions & { readonly name?: string } = {},
): Promise<ResultDocument> {
  return analyzeSteps(options, (analysis) =>
    readChunksInSteps(source, analysis, { timeBase: analysis.timeBase, name: options.name ?? '-' }),
  );
}

/** Analyses the packets of a parser of the npm package `pcap-parser`; to be called before it has emitted anything. */
export async function analyzePcapParser(
  parser: PcapParserLike,
  options: Omit<AnalyzeOptions, 'onProgress'> & { readonly name?: string } = {},
): Promise<ResultDocument> {
  const connections: ConnectionResult[] = [];
  const analysis = collect(options, connections);
  const { timeBase } = analysis;
  const report = await readPcapParser(parser, analysis, { timeBase, name: options.name ?? 'pcap-parser' });
  return finishDocument(analysis, [report], connections);
}

async function analyzeSteps(options: AnalyzeOptions, open: (analysis: Analysis) => Steps): Promise<ResultDocument> {
  const connections: ConnectionResult[] = [];
  const analysis = collect(options, connections);
  const steps = open(analysis);
  for (;;) {
    const step = await steps.next();
    if (step.done) return finishDocument(analysis, step.value, connections);
    options.onProgress?.(step.value.bytesRead, step.value.totalBytes);
  }
}

function collect(options: AnalyzeOptions, connections: ConnectionResult[]): Analysis {
  const analysis = new Analysis(options, {
    onConnection(final) {
      const { outcome, closedFirst } = final.connection.verdict;
      analysis.join(final);
      analysis.count(outcome, closedFirst, final.findings);
      connections.push(final.build());
    },
  });
  return analysis;
}

function finishDocument(
  analysis: Analysis,
  reports: readonly CaptureReport[],
  connections: ConnectionResult[],
): ResultDocument {
  analysis.finish();
  connections.sort((a, b) => a.id - b.id);
  const findings = analysis.finishJoined();
  analysis.countFindings(findings);
  return {
    schemaVersion: SCHEMA_VERSION,
    tool: { name: 'lastack', version: VERSION },
    captures: analysis.captureResults(reports),
    summary: analysis.summary,
    findings,
    connections,
  };
}

/** Analyses an uncompressed capture that is in memory, at once. Throws `CaptureError` if it is damaged. */
export function analyzeBytes(bytes: Uint8Array, options: AnalyzeOptions = {}): ResultDocument {
  const connections: ConnectionResult[] = [];
  const analysis = collect(options, connections);
  const context = createSourceContext(analysis.timeBase);
  const parser = createParser(bytes.subarray(0, HEAD_BYTES), context, analysis);
  parser.push(bytes);
  parser.end();
  const isTimed = parser.firstTimeNanos <= parser.lastTimeNanos;
  const report: CaptureReport = {
    path: '-',
    status: 'complete',
    format: parser.format,
    compression: null,
    fileBytes: 0,
    linkTypes: [...new Set(parser.interfaces.map((each) => each.linkType))],
    clock: 'capture',
    packetCount: parser.packetCount,
    firstTimeNanos: isTimed ? parser.firstTimeNanos : null,
    lastTimeNanos: isTimed ? parser.lastTimeNanos : null,
    interfaces: parser.interfaces,
    sections: parser.sections,
    sectionCount: parser.sectionCount,
    duplicateCount: 0,
    names: parser.names,
    problem: null,
  };
  return finishDocument(analysis, [report], connections);
}

/** Connections of a capture, each as soon as it is final; memory does not grow with the file. */
export async function* iterateConnections(
  paths: string | readonly string[],
  options: AnalyzeOptions = {},
): AsyncGenerator<ConnectionResult, void, undefined> {
  const ready: ConnectionResult[] = [];
  const analysis = new Analysis(options, { onConnection: ({ build }) => ready.push(build()) });
  const list = typeof paths === 'string' ? [paths] : paths;
  const steps = readInSteps(list, analysis, { timeBase: analysis.timeBase });
  try {
    for (let step = await steps.next(); !step.done; step = await steps.next()) {
      options.onProgress?.(step.value.bytesRead, step.value.totalBytes);
      yield* ready.splice(0);
    }
    for (const _ of analysis.finishInSteps()) yield* ready.splice(0);
    yield* ready.splice(0);
  } finally {
    await steps.return([]);
  }
}
