import type { Basis, TcpState } from '../tcp/states.ts';

/** One state that an end was believed to be in. */
export interface HistoryEntry {
  readonly state: TcpState;
  basis: Basis;
  readonly frame: number;
  readonly timeNanos: number;
  /** Frame that proved an assumed entry; 0 when none did or it was proven at once. */
  provenFrame: number;
  /** Frame and time at which the entry was taken back; 0 while it stands. */
  withdrawnFrame: number;
  withdrawnNanos: number;
}

/** Made by a constructor: of a literal V8 makes each one anew once a number in it was not a small one. */
class Entry implements HistoryEntry {
  readonly state: TcpState;
  basis: Basis;
  readonly frame: number;
  readonly timeNanos: number;
  provenFrame: number;
  withdrawnFrame = 0;
  withdrawnNanos = 0;

  constructor(state: TcpState, basis: Basis, { frame, timeNanos }: Moment, provenFrame: number) {
    this.state = state;
    this.basis = basis;
    this.frame = frame;
    this.timeNanos = timeNanos;
    this.provenFrame = provenFrame;
  }
}

/** Where and when something happened. */
export interface Moment {
  readonly frame: number;
  readonly timeNanos: number;
}

/**
 * The append-only history of one end: entries taken back keep their place, and the one before them holds again.
 */
export class History {
  readonly entries: HistoryEntry[] = [];

  /** The latest entry that stands; undefined before the first. */
  current: HistoryEntry | undefined;

  get state(): TcpState {
    return this.current?.state ?? 'UNKNOWN';
  }

  /** Enters a state, or upgrades the standing entry of that state when it is proven now. */
  enter(state: TcpState, basis: Basis, at: Moment, provenFrame = 0): void {
    const { current } = this;
    if (current?.state === state) {
      if (basis === 'proven' && current.basis === 'assumed') {
        current.basis = 'proven';
        current.provenFrame = provenFrame !== 0 ? provenFrame : at.frame;
      }
      return;
    }
    this.current = new Entry(state, basis, at, provenFrame);
    this.entries.push(this.current);
  }

  /** Upgrades the latest entry of a state that stands, whatever came after it. */
  prove(state: TcpState, at: Moment): void {
    const { entries } = this;
    for (let i = entries.length - 1; i >= 0; i--) {
      const entry = entries[i];
      if (entry.state !== state || entry.withdrawnFrame !== 0) continue;
      if (entry.basis !== 'assumed') return;
      entry.basis = 'proven';
      entry.provenFrame = at.frame;
      return;
    }
  }

  /** Takes the standing entry back if it is not the only one and, unless `evenProven`, only assumed. */
  withdraw(at: Moment, evenProven = false): HistoryEntry | undefined {
    const { current } = this;
    if (current === undefined || (current.basis === 'proven' && !evenProven)) return undefined;
    current.withdrawnFrame = at.frame;
    current.withdrawnNanos = at.timeNanos;
    this.current = this.entries.findLast((entry) => entry.withdrawnFrame === 0);
    return current;
  }

  /** Takes out, without a trace, what a timer has entered last: for a look at a connection that goes on. */
  dropTimers(): void {
    if (this.current?.basis !== 'timer') return;
    while (this.entries.at(-1)?.basis === 'timer') this.entries.pop();
    this.current = this.entries.findLast((entry) => entry.withdrawnFrame === 0);
  }

  /** Whether a standing entry of this state exists. */
  passedThrough(state: TcpState): boolean {
    return this.entries.some((entry) => entry.state === state && entry.withdrawnFrame === 0);
  }
}
