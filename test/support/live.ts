import type { LiveEvent } from '../../src/live/events.ts';
import { LiveAnalysis, type LiveHandler, type LiveOptions } from '../../src/live/live-analysis.ts';
import type { ConnectionResult } from '../../src/report/result.ts';
import type { PacketSink } from '../../src/source/packet.ts';
import { readChunks } from '../../src/source/session.ts';

const STEP_NANOS = 250_000_000;
/** Steps of the clock that are played in one pause of the capture. */
const MOST_STEPS = 2400;

/** What a live analysis told of a capture that was played to it packet by packet, with a clock that goes on in between. */
export interface Played {
  readonly live: LiveAnalysis;
  readonly events: LiveEvent[];
}

/** Plays a capture; after its last packet the clock goes on for `extraSeconds`. */
export async function play(
  bytes: Uint8Array,
  options: LiveOptions = {},
  extraSeconds = 0,
  handler: LiveHandler = {},
): Promise<Played> {
  const events: LiveEvent[] = [];
  const live = new LiveAnalysis(options, { ...handler, onEvent: (event) => events.push(event) });
  let clockNanos = Number.NEGATIVE_INFINITY;
  const goOn = (toNanos: number): void => {
    for (let steps = 0; clockNanos + STEP_NANOS < toNanos && steps < MOST_STEPS; steps++) {
      clockNanos += STEP_NANOS;
      live.tick(clockNanos);
    }
    clockNanos = Math.max(clockNanos, toNanos);
  };
  const sink: PacketSink = {
    onPacket(...packet) {
      const timeNanos = packet[7];
      if (clockNanos > Number.NEGATIVE_INFINITY) goOn(timeNanos);
      else clockNanos = timeNanos;
      live.onPacket(...packet);
      live.flush();
    },
  };
  await readChunks([bytes], sink, { timeBase: live.analysis.timeBase });
  goOn(clockNanos + extraSeconds * 1e9);
  live.finish();
  live.finishJoined();
  return { live, events };
}

/** What was told of one connection, put together again. */
export interface Told {
  /** States in the order in which they were entered, those taken back later included. */
  client: string[];
  server: string[];
  /** Codes that stand at the end, sorted. */
  findings: string[];
  outcomes: string[];
  /** Codes that were told and taken back. */
  takenBack: string[];
}

/** Puts events together by connection. */
export function tell(events: readonly LiveEvent[]): Map<number, Told> {
  const all = new Map<number, Told>();
  for (const event of events) {
    if (event.connection === undefined) continue;
    const told = all.get(event.connection) ?? { client: [], server: [], findings: [], outcomes: [], takenBack: [] };
    all.set(event.connection, told);
    if (event.event === 'state' && !event.takenBack) told[event.end].push(event.state);
    if (event.event === 'closed') told.outcomes.push(event.result.outcome);
    if (event.event !== 'finding') continue;
    const { code } = event.finding;
    if (event.stands) told.findings = [...new Set([...told.findings, code])].sort();
    else told.findings = told.findings.filter((each) => each !== code);
    if (!event.stands) told.takenBack.push(code);
  }
  return all;
}

/** What the result of a file says, in the same shape. */
export function toldOf({
  endpoints,
  findings,
  outcome,
}: ConnectionResult): Omit<Told, 'takenBack' | 'outcomes'> & { outcome: string } {
  return {
    client: endpoints.client.stateHistory.map(({ state }) => state),
    server: endpoints.server.stateHistory.map(({ state }) => state),
    findings: [...new Set(findings.map(({ code }) => code))].sort(),
    outcome,
  };
}
