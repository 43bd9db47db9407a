import type { End } from '../flow/vocabulary.ts';
import type { TcpState } from '../tcp/states.ts';
import type { LadderLane, LadderRow, StateBand, StateChange } from './ladder-model.ts';
import { formatEndpoint } from './measure.ts';
import type { ConnectionResult, StateEntry } from './result.ts';

/** Reads an end's history frame by frame. */
export class LaneBuilder {
  readonly #connection: ConnectionResult;
  readonly #end: End;
  readonly #history: readonly StateEntry[];
  readonly #before: TcpState | null;

  constructor(connection: ConnectionResult, end: End) {
    this.#connection = connection;
    this.#end = end;
    const history = connection.endpoints[end].stateHistory;
    const first = history[0];
    const startsBefore =
      first !== undefined && first.frame <= connection.firstFrame && ['LISTEN', 'UNKNOWN'].includes(first.state);
    this.#before = startsBefore ? first.state : first?.state === 'SYN_SENT' ? 'CLOSED' : null;
    this.#history = startsBefore ? history.slice(1) : history;
  }

  /** The frame that showed that a segment, first believed to have moved this end, did not; null when it did. */
  withdrawnBy(frame: number): number | null {
    return (
      this.#history.find((entry) => entry.frame === frame && entry.withdrawn !== undefined)?.withdrawn?.frame ?? null
    );
  }

  /** Whether the segment of a frame brought this end into a state, or proved that it was in it. */
  isEnteredOrProvenAt(state: TcpState, frame: number): boolean {
    return this.#connection.endpoints[this.#end].stateHistory.some(
      (entry) => entry.state === state && (entry.frame === frame || entry.provenFrame === frame),
    );
  }

  /** Changes at a frame, at most two: what is taken back, then what is entered. */
  changesAt(frame: number): StateChange[] {
    const changes: StateChange[] = [];
    const takenBack = this.#history.filter((entry) => entry.withdrawn?.frame === frame);
    const entered = this.#history.filter((entry) => entry.frame === frame && entry.basis !== 'timer');
    if (takenBack.length > 0) {
      const holds = this.#standingBefore(takenBack[0], frame);
      if (holds !== undefined) changes.push({ ...this.changeBy(holds), takesBack: takenBack[0].state });
    }
    const last = entered.at(-1);
    if (last !== undefined) {
      changes.push({ ...this.changeBy(last), via: entered.slice(0, -1).map((entry) => entry.state) });
    }
    return changes;
  }

  changeBy(entry: StateEntry): StateChange {
    return {
      end: this.#end,
      state: entry.state,
      basis: entry.basis,
      via: [],
      withdrawnAt: entry.withdrawn?.frame ?? null,
      takesBack: null,
    };
  }

  /** The entry that holds again once `taken` is taken back at `frame`. */
  #standingBefore(taken: StateEntry, frame: number): StateEntry | undefined {
    const earlier = this.#history.slice(0, this.#history.indexOf(taken));
    return earlier.findLast((entry) => entry.withdrawn === undefined || entry.withdrawn.frame > frame);
  }

  /** The lane, once it is known which rows there are. */
  finish(rows: readonly LadderRow[]): LadderLane {
    const bands: StateBand[] = [];
    for (const [index, entry] of this.#history.entries()) {
      const next = this.#history.slice(index + 1).find((later) => later.withdrawn === undefined);
      const until = entry.withdrawn?.frame ?? next?.frame;
      bands.push({
        state: entry.state,
        basis: entry.basis,
        frame: entry.frame,
        provenFrame: entry.provenFrame ?? (entry.basis === 'proven' ? entry.frame : null),
        withdrawnAt: entry.withdrawn?.frame ?? null,
        firstRow: this.#rowOf(rows, entry.frame, entry.basis === 'timer'),
        endRow:
          until === undefined
            ? rows.length
            : this.#rowOf(rows, until, entry.withdrawn === undefined && next?.basis === 'timer'),
      });
    }
    return { end: this.#end, endpoint: formatEndpoint(this.#connection[this.#end]), before: this.#before, bands };
  }

  #rowOf(rows: readonly LadderRow[], frame: number, timer: boolean): number {
    const index = rows.findIndex((row) => {
      if (timer) return row.kind === 'timer' && row.changes.some((change) => change.end === this.#end);
      if (row.kind === 'segment') return row.frame >= frame;
      return row.kind === 'fold' && row.lastFrame >= frame;
    });
    return index < 0 ? rows.length : index;
  }
}
