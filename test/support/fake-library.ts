import type { AnalysisRequest, Engine } from '../../src/cli/engine.ts';
import type { Library } from '../../src/cli/library.ts';
import type { ConnectionResult, ResultDocument } from '../../src/report/result.ts';
import { severityRank } from '../../src/report/severity.ts';
import { SAMPLE_CATALOG } from './sample-catalog.ts';
import { SAMPLE_RULES } from './sample-rules.ts';

/** A library whose analysis is a document written by hand; the request it got is kept. */
export interface FakeLibrary extends Library {
  requests: AnalysisRequest[];
}

export function createFakeLibrary(document: ResultDocument): FakeLibrary {
  const requests: AnalysisRequest[] = [];
  const engine: Engine = {
    async run(request, take) {
      requests.push(request);
      for (const connection of document.connections.filter((each) => passes(each, request))) {
        const { segments, ...rest } = connection;
        await take(request.segments && segments !== undefined ? connection : rest);
      }
      const { captures, summary, findings } = document;
      return { captures, summary, findings };
    },
  };
  return {
    version: '0.1.0',
    requests,
    engine: async () => engine,
    rules: async () => SAMPLE_RULES,
    catalog: async () => SAMPLE_CATALOG,
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
