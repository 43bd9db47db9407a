import type { Connection, ConnectionOptions } from './connection.ts';
import type { AlikeTaker } from './counted-kinds.ts';
import type { ConnectionLimit } from './eviction.ts';
import type { Flawless } from './flawless.ts';
import type { Flow } from './flow.ts';
import type { FlowAddresses, PlainPlace } from './place.ts';
import type { PlainLimits } from './plain-lane.ts';

/** Sees what becomes of connections before they are over, as somebody who watches a live capture wants to. */
export interface TrackerWatcher extends ConnectionLimit {
  /** The connections of a tuple may have changed; `entry` is its place until `onConnection` was called for the last. */
  onChange(flow: Flow, entry: number): void;
}

/** Which rows of a batch belong to a tracker that has only some of the buckets. */
export interface RowShare {
  /** Bucket of each row. */
  readonly buckets: Uint8Array;
  /** 1 for the buckets of this tracker, 0 for the others. */
  readonly isMine: Uint8Array;
  /** Set to twice the row in work, and one less while ICMP errors before it are. */
  step: number;
  /** Called after a row that began connections; `nextId` is the id of the next one. */
  onOpened(nextId: number): void;
}

/** See `TrackerOptions.onPlain`. */
export type PlainTaker = (
  kind: number,
  id: number,
  build: () => void,
  place: () => PlainPlace,
  tell: () => Flawless | null,
) => void;

export interface TrackerOptions extends ConnectionOptions {
  /** Called with each connection once it is final; without a watcher, its addresses are written over for the next one. */
  readonly onConnection: (connection: Connection, addresses: FlowAddresses) => void;
  /**
   * Called with each connection that went by the book once it is final, before anything is built of it; all with the
   * same `kind` have the same outcome and findings. `build` calls `onConnection` with it; without a call it is passed
   * over. `place` and `tell` must be called at once, if at all; `tell` reads what is there to tell of a flawless one without
   * building it, null if it is not, and writes over what it told before.
   */
  readonly onPlain?: PlainTaker;
  /**
   * Called with connections of the kinds that are `counted`, before any other connection is handed over; without it none are.
   */
  readonly onAlike?: AlikeTaker;
  /** From where on connections are not alike; without it all that went by the book are. */
  readonly limits?: PlainLimits;
  /** How many connections may be tracked at a time (default: any number, or what the watcher says). */
  readonly limit?: ConnectionLimit;
  /** Whoever watches; the machine then gets every connection from its first segment on. */
  readonly watcher?: TrackerWatcher;
}
