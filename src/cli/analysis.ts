/** The analysis behind the commands: reads, filters, and builds only what passes. */
import { Analysis, breathe, type FinalConnection } from '../engine.ts';
import { formatAddress } from '../report/address.ts';
import type { ConnectionResult } from '../report/result.ts';
import { severityRank } from '../report/severity.ts';
import { readInSteps } from '../source/session.ts';
import type { AnalysisRequest, ConnectionFilter, Engine } from './engine.ts';

export const engine: Engine = {
  async run(request, take) {
    const ready: FinalConnection[] = [];
    const { segments, timeWaitSeconds, filter, onProgress } = request;
    const analysis = new Analysis({ segments, timeWaitSeconds }, (final) => ready.push(final));
    const steps = readInSteps(request.paths, analysis, { timeBase: analysis.timeBase });
    const state = { since: performance.now() };
    for (;;) {
      const step = await steps.next();
      if (step.done) analysis.finish();
      else onProgress?.(step.value.bytesRead, step.value.totalBytes);
      for (const final of ready.splice(0)) await handOver(analysis, final, filter, take);
      await breathe(state);
      if (step.done) {
        return { captures: analysis.captureResults(step.value), summary: analysis.summary, findings: [] };
      }
    }
  },
};

async function handOver(
  analysis: Analysis,
  final: FinalConnection,
  filter: AnalysisRequest['filter'],
  take: (connection: ConnectionResult) => void | Promise<void>,
): Promise<void> {
  if (!passes(final, filter)) return;
  const { outcome, closedFirst } = final.connection.verdict;
  analysis.count(outcome, closedFirst, final.findings);
  const pending = take(final.build());
  if (pending !== undefined) await pending;
}

function passes(final: FinalConnection, filter: ConnectionFilter): boolean {
  const { connection, findings, addresses } = final;
  const { verdict, ports } = connection;
  if (filter.connection !== undefined && connection.id !== filter.connection) return false;
  if (filter.port !== undefined && !ports.includes(filter.port)) return false;
  if (filter.outcomes !== undefined && !filter.outcomes.includes(verdict.outcome)) return false;
  if (filter.closedFirst !== undefined && verdict.closedFirst !== filter.closedFirst) return false;
  const { findings: codes, minSeverity, host } = filter;
  if (codes !== undefined && !findings.some((each) => codes.includes(each.code))) return false;
  if (minSeverity !== undefined && !findings.some((each) => severityRank(each.severity) >= severityRank(minSeverity))) {
    return false;
  }
  if (host === undefined) return true;
  const { ipVersion, words0, words1 } = addresses;
  return formatAddress(ipVersion, words0) === host || formatAddress(ipVersion, words1) === host;
}
