/** What the charts of the report count, connection by connection, in memory that does not grow with the capture. */
import type { End } from '../../flow/vocabulary.ts';
import { STATES, type TcpState } from '../../tcp/states.ts';
import type { ConnectionResult, StateEntry } from '../result.ts';
import { standingEntries } from '../words.ts';

/** States that are worth a colour in a chart over time: those of a connection that exists. */
export const LIVE_STATES: readonly TcpState[] = STATES.filter(
  (state) => state !== 'UNKNOWN' && state !== 'CLOSED' && state !== 'LISTEN',
);

const MAX_STEPS = 512;
const FIRST_WIDTH_SECONDS = 1 / 1024;

/** How many ends were in each state on average, in each stretch of time; one per state. */
export interface StateLevels {
  readonly startSeconds: number;
  readonly widthSeconds: number;
  readonly levels: Readonly<Partial<Record<TcpState, readonly number[]>>>;
}

/** Adds up over time how many ends of one side are in which state. Stretches double in width when there are too many. */
export class StateTimeline {
  #width = FIRST_WIDTH_SECONDS;
  /** By stretch: how much each state's level rises there. */
  #steps = new Map<number, Float64Array>();

  /** Takes in the history of an end; times are seconds after any moment, the same for all. */
  add(history: readonly StateEntry[], secondsOf: (time: string) => number): void {
    let before = -1;
    for (const entry of standingEntries(history)) {
      const index = LIVE_STATES.indexOf(entry.state);
      const seconds = secondsOf(entry.time);
      if (before >= 0) this.#step(seconds, before, -1);
      if (index >= 0) this.#step(seconds, index, 1);
      before = index;
    }
  }

  #step(seconds: number, state: number, change: number): void {
    this.#put(seconds / this.#width, state, change);
    while (this.#steps.size > MAX_STEPS) this.#widen();
  }

  /** A change in the middle of a stretch counts in it for the share that is left, and in full from the next one on. */
  #put(place: number, state: number, change: number): void {
    const index = Math.floor(place);
    const share = place - index;
    this.#row(index)[state] += change * (1 - share);
    if (share > 0) this.#row(index + 1)[state] += change * share;
  }

  #row(index: number): Float64Array {
    let row = this.#steps.get(index);
    if (row === undefined) {
      row = new Float64Array(LIVE_STATES.length);
      this.#steps.set(index, row);
    }
    return row;
  }

  #widen(): void {
    const old = this.#steps;
    this.#steps = new Map();
    this.#width *= 2;
    for (const [index, row] of old) {
      for (const [state, change] of row.entries()) if (change !== 0) this.#put(index / 2, state, change);
    }
  }

  /** Levels from `fromSeconds` to `toSeconds`, in at most `count` stretches. */
  levels(fromSeconds: number, toSeconds: number, count: number): StateLevels {
    while ((toSeconds - fromSeconds) / this.#width > count) this.#widen();
    const first = Math.floor(fromSeconds / this.#width);
    const last = Math.max(first, Math.ceil(toSeconds / this.#width) - 1);
    const levels: Partial<Record<TcpState, number[]>> = {};
    const indices = [...this.#steps.keys()].sort((a, b) => a - b);
    for (const [state, name] of LIVE_STATES.entries()) {
      const row: number[] = new Array(last - first + 1).fill(0);
      let level = 0;
      let next = 0;
      for (let index = first; index <= last; index++) {
        for (; next < indices.length && indices[next] <= index; next++) {
          level += this.#steps.get(indices[next])?.[state] ?? 0;
        }
        row[index - first] = Math.max(0, Math.round(level * 1e6) / 1e6);
      }
      if (row.some((value) => value > 0)) levels[name] = row;
    }
    return { startSeconds: first * this.#width, widthSeconds: this.#width, levels };
  }
}

const BINS_PER_DECADE = 10;

export interface HistogramBin {
  readonly fromSeconds: number;
  readonly toSeconds: number;
  readonly count: number;
}

/** Durations counted in ten bins a decade. */
export class DurationHistogram {
  readonly #counts = new Map<number, number>();
  count = 0;

  add(seconds: number): void {
    const bin = Math.floor(Math.log10(Math.max(seconds, 1e-6)) * BINS_PER_DECADE);
    this.#counts.set(bin, (this.#counts.get(bin) ?? 0) + 1);
    this.count++;
  }

  /** From the first bin that is not empty to the last. */
  bins(): HistogramBin[] {
    return [...this.#counts].sort(([a], [b]) => a - b).map(([bin, count]) => ({ ...edgesOf(bin), count }));
  }

  /** The duration that a share of all stays under, to the precision of a bin; null when there are none. */
  quantile(share: number): number | null {
    let left = this.count * share;
    for (const { fromSeconds, toSeconds, count } of this.bins()) {
      if (left <= count) return fromSeconds * (toSeconds / fromSeconds) ** (left / count);
      left -= count;
    }
    return null;
  }
}

const edgesOf = (bin: number): { fromSeconds: number; toSeconds: number } => ({
  fromSeconds: 10 ** (bin / BINS_PER_DECADE),
  toSeconds: 10 ** ((bin + 1) / BINS_PER_DECADE),
});

/** Who ended the connections of a service: the first FIN, or an RST without any. */
export const CLOSERS = ['client', 'server', 'both', 'reset', 'nobody'] as const;
export type Closer = (typeof CLOSERS)[number];

export interface PortClosers {
  /** Server port; null for all that are not listed. */
  readonly port: number | null;
  readonly total: number;
  readonly counts: Readonly<Record<Closer, number>>;
}

/** Counts by server port who closed first. */
export class CloserTally {
  readonly #ports = new Map<number, Record<Closer, number>>();

  add({ server, closedFirst, resetBy, teardown }: ConnectionResult): void {
    const counts = this.#ports.get(server.port) ?? emptyCounts();
    this.#ports.set(server.port, counts);
    counts[teardown === null && resetBy !== null ? 'reset' : (closedFirst ?? 'nobody')]++;
  }

  /** The ports with the most connections, then all others together. */
  top(count: number): PortClosers[] {
    const all = [...this.#ports]
      .map(([port, counts]) => ({ port, total: CLOSERS.reduce((sum, closer) => sum + counts[closer], 0), counts }))
      .sort((a, b) => b.total - a.total || a.port - b.port);
    const rest = all.slice(count);
    if (rest.length === 0) return all;
    const counts = emptyCounts();
    for (const each of rest) for (const closer of CLOSERS) counts[closer] += each.counts[closer];
    return [...all.slice(0, count), { port: null, total: rest.reduce((sum, each) => sum + each.total, 0), counts }];
  }
}

const emptyCounts = (): Record<Closer, number> => ({ client: 0, server: 0, both: 0, reset: 0, nobody: 0 });

/** Everything that the charts need. */
export class Tallies {
  readonly timelines: Readonly<Record<End, StateTimeline>> = {
    client: new StateTimeline(),
    server: new StateTimeline(),
  };
  readonly handshakes = new DurationHistogram();
  readonly teardowns = new DurationHistogram();
  readonly closers = new CloserTally();
  readonly undetermined: Record<string, number> = {};
  payloadBytes = 0;
  segments = 0;
  retransmittedSegments = 0;
  #originMillis: number | null = null;

  /** Seconds after the first moment that was asked about. */
  secondsOf(time: string): number {
    const [wholeMillis, fraction] = [Date.parse(`${time.slice(0, 19)}Z`), Number(`0.${time.slice(20, -1) || 0}`)];
    this.#originMillis ??= wholeMillis;
    return (wholeMillis - this.#originMillis) / 1000 + fraction;
  }

  add(connection: ConnectionResult): void {
    const { handshake, teardown, endpoints, undeterminedBecause } = connection;
    for (const end of ['client', 'server'] as const) {
      const endpoint = endpoints[end];
      this.timelines[end].add(endpoint.stateHistory, (time) => this.secondsOf(time));
      this.payloadBytes += endpoint.uniquePayloadBytes;
      this.segments += endpoint.segments;
      this.retransmittedSegments += endpoint.retransmittedSegments;
    }
    const toServer = handshake?.rttToServerSeconds ?? null;
    const toClient = handshake?.rttToClientSeconds ?? null;
    if (toServer !== null && toClient !== null) this.handshakes.add(toServer + toClient);
    const took = teardown?.durationSeconds ?? null;
    if (took !== null) this.teardowns.add(took);
    this.closers.add(connection);
    if (undeterminedBecause !== null) {
      this.undetermined[undeterminedBecause] = (this.undetermined[undeterminedBecause] ?? 0) + 1;
    }
  }
}
