import { CaptureError, type CaptureErrorCode } from '../../src/base/error.ts';
import type { AnalysisRequest, Engine, WholeConnection } from '../../src/cli/engine.ts';
import { LIBRARY, type Library } from '../../src/cli/library.ts';
import type { FileProblem } from '../../src/cli/problems.ts';
import type { CaptureResult, ConnectionResult, ResultDocument } from '../../src/report/result.ts';
import { severityRank } from '../../src/report/severity.ts';
import { SAMPLE_CATALOG } from './sample-catalog.ts';
import { sampleDocument } from './sample-documents.ts';
import { SAMPLE_RULES } from './sample-rules.ts';

/** A library whose analysis is a document written by hand; the request it got is kept. */
export interface FakeLibrary extends Library {
  requests: AnalysisRequest[];
}

/** A connection that was built already. */
export function wholeOf(result: ConnectionResult): WholeConnection {
  return { id: result.id, build: () => result, json: () => new TextEncoder().encode(JSON.stringify(result)) };
}

export function createFakeLibrary(document: ResultDocument): FakeLibrary {
  const requests: AnalysisRequest[] = [];
  const engine: Engine = async (request, observer) => {
    requests.push(request);
    const connections = document.connections.filter((each) => passes(each, request));
    for (const connection of connections) {
      const { segments, ...rest } = connection;
      const result = request.segments && segments !== undefined ? connection : rest;
      if (observer.observe(result, () => result) === true) observer.take(wholeOf(result));
      await observer.ready?.();
    }
    const { captures, findings } = document;
    const { summary } = sampleDocument(connections);
    for (const { code } of findings) summary.findings[code] = (summary.findings[code] ?? 0) + 1;
    return {
      captures,
      problems: captures.flatMap(describeProblem),
      summary,
      findings,
      totalConnections: document.connections.length,
    };
  };
  return {
    version: '0.1.0',
    requests,
    engine: async () => engine,
    inspector: LIBRARY.inspector,
    rules: async () => SAMPLE_RULES,
    catalog: async () => SAMPLE_CATALOG,
    pageScript: async () => '',
  };
}

function passes(connection: ConnectionResult, { filter }: AnalysisRequest): boolean {
  const ends = [connection.client, connection.server];
  if (filter.connection !== undefined && connection.id !== filter.connection) return false;
  if (filter.host !== undefined && !ends.some((end) => end.address === filter.host)) return false;
  if (filter.port !== undefined && !ends.some((end) => end.port === filter.port)) return false;
  if (filter.outcomes !== undefined && !filter.outcomes.includes(connection.outcome)) return false;
  if (filter.closedFirst !== undefined && connection.closedFirst !== filter.closedFirst) return false;
  const { findings, minSeverity } = filter;
  if (findings !== undefined && !connection.findings.some((each) => findings.includes(each.code))) return false;
  return (
    minSeverity === undefined ||
    connection.findings.some((each) => severityRank(each.severity) >= severityRank(minSeverity))
  );
}

function describeProblem({ path, problem, packetCount }: CaptureResult): FileProblem[] {
  if (problem === null) return [];
  const { code, message, byteOffset, packetNumber } = problem;
  const details = { path, byteOffset, packetNumber, hint: 'Check the file' };
  const error = new CaptureError(code as CaptureErrorCode, message, details);
  return [{ path, unreadable: packetCount === 0, error }];
}
