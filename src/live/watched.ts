/** One connection as somebody who watches it knows it: what was told of it so far, and what is new. */
import type { Finding } from '../findings/finding.ts';
import type { Connection } from '../flow/connection.ts';
import type { Flow } from '../flow/flow.ts';
import type { History, HistoryEntry } from '../flow/history.ts';
import type { ClosedFirst, End, Outcome } from '../flow/vocabulary.ts';
import type { Basis, TcpState } from '../tcp/states.ts';

/** An end that is in another state now. */
export interface StateChange {
  readonly end: End;
  readonly state: TcpState;
  /** The state before; null for the first. */
  readonly was: TcpState | null;
  readonly basis: Basis;
  /** Frame that shows it; for a timer, the last one before. */
  readonly frame: number;
  readonly timeNanos: number;
  /** `was` had only been presumed and turned out wrong: the end had been in `state` all the time. */
  readonly isTakenBack: boolean;
}

/** What a connection came to when it was told to be closed. */
export interface ToldEnd {
  readonly outcome: Outcome;
  readonly closedFirst: ClosedFirst;
  readonly codes: readonly string[];
}

/** How much of the history of one end was told. */
class ToldHistory {
  state: TcpState | null = null;
  #entries = 0;
  #current: HistoryEntry | undefined = undefined;
  #withdrawn: HistoryEntry[] | null = null;
  /** Time at which a timer was told to have closed it, nanoseconds; NaN if none was. */
  #timerNanos = Number.NaN;

  take(end: End, history: History, isLook: boolean): StateChange[] {
    const { entries, current } = history;
    const isTimer = current?.basis === 'timer';
    if (current === this.#current && !(isLook && !Number.isNaN(this.#timerNanos))) return [];
    const changes: StateChange[] = [];
    if (isTimer) {
      if (this.#timerNanos !== current.timeNanos) changes.push(this.#change(end, current, current, false));
      this.#timerNanos = current.timeNanos;
      return changes;
    }
    if (isLook && !Number.isNaN(this.#timerNanos)) {
      this.#timerNanos = Number.NaN;
      if (current === this.#current && current !== undefined) return [this.#change(end, current, current, true)];
    }
    for (const moment of this.#momentsOf(entries)) changes.push(this.#change(end, ...moment));
    this.#entries = entries.length;
    this.#current = current;
    return changes;
  }

  /** What was entered and taken back since the last time, in the order of time. */
  #momentsOf(
    entries: readonly HistoryEntry[],
  ): (readonly [HistoryEntry, { frame: number; timeNanos: number }, boolean])[] {
    const moments: (readonly [HistoryEntry, { frame: number; timeNanos: number }, boolean])[] = [];
    for (const entry of entries.slice(this.#entries)) moments.push([entry, entry, false]);
    for (const [index, entry] of entries.entries()) {
      const { withdrawnFrame: frame, withdrawnNanos: timeNanos } = entry;
      if (frame === 0 || this.#withdrawn?.includes(entry)) continue;
      this.#withdrawn ??= [];
      this.#withdrawn.push(entry);
      const before = entries.findLast(
        (each, at) => at < index && (each.withdrawnFrame === 0 || each.withdrawnNanos > timeNanos),
      );
      if (before !== undefined) moments.push([before, { frame, timeNanos }, true]);
    }
    return moments.length < 2 ? moments : moments.sort((a, b) => a[1].timeNanos - b[1].timeNanos);
  }

  #change(end: End, entry: HistoryEntry, at: { frame: number; timeNanos: number }, isTakenBack: boolean): StateChange {
    const was = this.state;
    this.state = entry.state;
    const { frame, timeNanos } = at;
    return { end, state: entry.state, was, basis: entry.basis, frame, timeNanos, isTakenBack };
  }
}

export class Watched {
  /** Null for one that is seen when it is handed over only. */
  readonly flow: Flow | null;
  readonly connection: Connection;
  /** Its place in the tracker, while it is there. */
  readonly entry: number;
  isOpened = false;
  isChanged = false;
  /** Interval in which it is looked at next; -1 when in none. */
  dueTick = -1;
  /** What was told when it closed; null before. */
  end: ToldEnd | null = null;
  /** Findings that were told and stand, by code; null while there were none. */
  findings: Map<string, Finding> | null = null;
  readonly #told: readonly [ToldHistory, ToldHistory] = [new ToldHistory(), new ToldHistory()];

  constructor(flow: Flow | null, connection: Connection, entry: number) {
    this.flow = flow;
    this.connection = connection;
    this.entry = entry;
  }

  /** The state of an end as it was told last; null before the first. */
  stateOf(end: End): TcpState | null {
    const { clientIndex } = this.connection;
    return this.#told[end === 'client' ? clientIndex : 1 - clientIndex].state;
  }

  /** Whether nothing is left of it but TIME_WAIT. */
  get isOver(): boolean {
    return this.flow?.current === this.connection && this.flow.isOver;
  }

  /**
   * What the ends went through since the last call, in the order of time. `isLook`: while the connection is judged, so
   * that timers show.
   */
  takeChanges(isLook: boolean): StateChange[] {
    const { ends, clientIndex } = this.connection;
    const name = (index: 0 | 1): End => (index === clientIndex ? 'client' : 'server');
    const first = this.#told[0].take(name(0), ends[0].history, isLook);
    const second = this.#told[1].take(name(1), ends[1].history, isLook);
    if (second.length === 0) return first;
    return first.length === 0 ? second : [...first, ...second].sort((a, b) => a.timeNanos - b.timeNanos);
  }
}
