import type { SegmentBatch } from '../wire/batch.ts';
import type { CountedKinds } from './counted-kinds.ts';
import type { FlowContext } from './flow.ts';
import type { Places } from './places.ts';
import type { PlainLane } from './plain-lane.ts';
import { PlainStage } from './plain-record.ts';
import type { TupleTable } from './table.ts';
import type { TrackerOptions } from './tracker-options.ts';

/** Parts of a tracker. */
interface Parts {
  readonly table: TupleTable;
  readonly plain: PlainLane;
  readonly places: Places;
  readonly counted: CountedKinds;
}

/** Lets connections stay plain that begin on the tuple of one that was closed, see reuse.ts. */
export class ReusedPorts {
  readonly #options: TrackerOptions;
  readonly #parts: Parts;
  readonly #context: Pick<FlowContext, 'nextId'>;
  readonly #replay: (entry: number) => void;

  /** `replay` takes both connections of an entry through the machine, which hands the old one over. */
  constructor(
    options: TrackerOptions,
    context: Pick<FlowContext, 'nextId'>,
    parts: Parts,
    replay: (entry: number) => void,
  ) {
    this.#options = options;
    this.#context = context;
    this.#parts = parts;
    this.#replay = replay;
  }

  /** Another connection may begin at an entry with a row, a SYN; false, with nothing changed, if the machine has to see. */
  reopen(entry: number, batch: SegmentBatch, row: number): boolean {
    const { segments, onPlain, timeWaitNanos } = this.#options;
    if (onPlain === undefined || segments !== false) return false;
    const { plain, table } = this.#parts;
    const isReset = plain.stageOf(entry) === PlainStage.RESET;
    const [nanos, frame] = [batch.timeNanos(row), batch.frame(row)];
    const syn = { from: table.from, nanos, frame, oldId: table.idOf(entry), timeWaitNanos };
    if (!plain.reopen(entry, row, syn, () => this.#context.nextId++)) return false;
    if (isReset) this.closeOld(entry);
    return true;
  }

  /** The old connection is final: it was reset, or the new one was answered. */
  closeOld(entry: number): void {
    const { plain, places, counted } = this.#parts;
    const reuse = plain.reuseOf(entry);
    if (reuse === undefined || reuse.isOldGone) return;
    const { old } = reuse;
    counted.pass();
    const build = (): void => this.#replay(entry);
    this.#options.onPlain?.(
      old.kind,
      old.id,
      build,
      () => places.placeOfOld(entry, old),
      () => null,
    );
    reuse.isOldGone = true;
  }
}
