import type { ConnectionResult } from '../../../src/report/result.ts';
import { captureRuns, type SimulatedCapture } from './capture.ts';
import { SECOND } from './clock.ts';
import type { LegPlan } from './network.ts';
import { Oracle, type Untruth } from './oracle.ts';
import { type Plan, WHOLE_TAP } from './plan.ts';
import { runPlan, type Simulation } from './simulate.ts';

/** The analysis under test: a classic pcap file in, its connections out. */
export type Analyze = (pcap: Uint8Array) => Promise<ConnectionResult[]>;

export interface Verdict {
  untruths: Untruth[];
  oracle: Oracle;
  capture: SimulatedCapture;
}

/** Runs started one after another within this, so that they overlap. */
const SPREAD_NANOS = 20 * SECOND;

/** Merges runs into one capture, analyses it and holds every connection against its run. */
export async function verifyRuns(runs: readonly Simulation[], analyze: Analyze): Promise<Verdict> {
  const startNanos = runs.map((_, index) => Math.floor((index * SPREAD_NANOS) / runs.length));
  const capture = captureRuns(runs, startNanos);
  const oracle = new Oracle(runs, startNanos, capture);
  oracle.check(await analyze(capture.bytes), (run) => ({ finalStates: isUneventful(run) }));
  return { untruths: oracle.untruths, oracle, capture };
}

/** Everything arrived, once and in order, and nobody went down: the tap knows all. */
export function isUneventful(run: Simulation): boolean {
  const { plan } = run;
  const quiet = run.losses.length + run.duplicates + run.heldBack + run.uncaptured === 0;
  return quiet && plan.crash === null && plan.reconnectNanos === null && plan.door !== 'silent';
}

/** Simpler plans, one step away. */
function simplerPlans(plan: Plan): Plan[] {
  const plans: Plan[] = [];
  if (plan.crash !== null) plans.push({ ...plan, crash: null });
  if (plan.reconnectNanos !== null) plans.push({ ...plan, reconnectNanos: null });
  if (plan.capturedTwice) plans.push({ ...plan, capturedTwice: false });
  if (plan.tap !== WHOLE_TAP) plans.push({ ...plan, tap: WHOLE_TAP });
  if (plan.ipv6) plans.push({ ...plan, ipv6: false });
  for (const end of ['client', 'server'] as const) {
    const application = plan.applications[end];
    const change = (changes: Partial<typeof application>): void => {
      plans.push({ ...plan, applications: { ...plan.applications, [end]: { ...application, ...changes } } });
    };
    if (application.writes.length > 0) {
      change({ writes: [] });
      change({ writes: application.writes.slice(1) });
      change({ writes: application.writes.map((write) => ({ ...write, bytes: Math.ceil(write.bytes / 2) })) });
    }
    if (application.reading !== 'at-once') change({ reading: 'at-once' });
    for (const from of ['fromClient', 'fromServer'] as const) {
      const leg = plan.network[end][from];
      const calmer = (changes: Partial<LegPlan>): void => {
        const legs = { ...plan.network[end], [from]: { ...leg, ...changes } };
        plans.push({ ...plan, network: { ...plan.network, [end]: legs } });
      };
      if (leg.loss > 0) calmer({ loss: 0 });
      if (leg.duplication > 0) calmer({ duplication: 0 });
      if (leg.reordering > 0) calmer({ reordering: 0 });
      if (leg.jitterNanos > 0) calmer({ jitterNanos: 0 });
      if (leg.deadFromNanos < Number.POSITIVE_INFINITY) calmer({ deadFromNanos: Number.POSITIVE_INFINITY });
    }
  }
  return plans;
}

const SHRINK_LIMIT = 400;

/** The smallest run found, by segments at the tap, that still gets an untruth of the same kind. */
export async function shrink(failing: Simulation, kind: Untruth['kind'], analyze: Analyze): Promise<Simulation> {
  let best = failing;
  for (let tries = 0, progress = true; progress && tries < SHRINK_LIMIT; ) {
    progress = false;
    for (const plan of simplerPlans(best.plan)) {
      if (tries++ >= SHRINK_LIMIT) break;
      const candidate = runPlan(failing.seed, plan);
      if (candidate.tap.length > best.tap.length) continue;
      const { untruths } = await verifyRuns([candidate], analyze);
      if (!untruths.some((untruth) => untruth.kind === kind)) continue;
      best = candidate;
      progress = true;
      break;
    }
  }
  return best;
}

/** A run as text: what the tap saw, what was lost, and what both ends truly were. */
export function printRun(run: Simulation): string {
  const { client } = run.connections[0];
  const serverIss = run.sent.find((segment) => segment.from === 'server')?.seq ?? 0;
  const iss = { client: client.iss, server: serverIss };
  const flagsOf = (flags: number): string => ['F', 'S', 'R', 'P', '.'].filter((_, bit) => (flags >> bit) & 1).join('');
  const lines = run.tap.map(({ timeNanos, segment, deliveredNanos }, index) => {
    const seq = (segment.seq - iss[segment.from]) | 0;
    const ack =
      segment.ack === 0 ? '' : ` ack ${(segment.ack - iss[segment.from === 'client' ? 'server' : 'client']) | 0}`;
    const arrived = deliveredNanos.map((nanos) => (nanos / 1e9).toFixed(6)).join(' ');
    const sack = segment.sack.length > 0 ? ` sack ${segment.sack.length}` : '';
    return `${String(index + 1).padStart(4)} ${(timeNanos / 1e9).toFixed(6)} ${segment.from} ${flagsOf(segment.flags)} ${seq}(${segment.payloadBytes})${ack} win ${segment.window} id ${segment.ipId}${sack} sent ${(segment.sentNanos / 1e9).toFixed(6)} in ${segment.senderState} ${arrived === '' ? 'LOST past the tap' : `arrived ${arrived}`}`;
  });
  for (const { segment, where, timeNanos } of run.losses) {
    if (where === 'before-tap') {
      const seq = (segment.seq - iss[segment.from]) | 0;
      lines.push(
        `     never at the tap: ${(timeNanos / 1e9).toFixed(6)} ${segment.from} ${flagsOf(segment.flags)} ${seq}(${segment.payloadBytes})`,
      );
    }
  }
  for (const [index, { client, server }] of run.connections.entries()) {
    for (const [name, socket] of Object.entries({ client, server })) {
      const path = socket?.history.slice(1).map((entry) => `${entry.state} ${(entry.timeNanos / 1e9).toFixed(6)}`);
      lines.push(`     ${index + 1} ${name}: ${path?.join(', ') ?? 'no socket'} ${socket?.end ?? ''}`);
    }
  }
  return lines.join('\n');
}
