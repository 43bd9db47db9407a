/**
 * Ports that are used again after a connection that was closed, or reset, by the book. The rows of the new connection follow
 * those of the old one in the same record, so that the machine, if it has to look after all, gets the very rows:
 *
 *     SYN ... FIN  FIN  ACK │ SYN  SYN-ACK  ACK ...
 *     the old one           │ the new one       from its SYN-ACK, or refusal, on it is certain that the old one is final
 */

/** Two connections in one record. */
export interface Reuse {
  readonly old: OldConnection;
  readonly id: number;
  readonly firstFrame: number;
  readonly firstNanos: number;
  readonly timeWait: TimeWait;
  /** The old connection was handed over: at once if it had been reset, else when the new one was answered. */
  isOldGone: boolean;
}

/** What is told of the old one. */
export interface OldConnection {
  readonly id: number;
  readonly kind: number;
  readonly clientIndex: 0 | 1;
  readonly firstNanos: number;
  readonly lastNanos: number;
}

/** The SYN on a tuple that was used before. */
export interface Reopening {
  readonly from: 0 | 1;
  readonly nanos: number;
  readonly frame: number;
  readonly oldId: number;
  readonly timeWaitNanos: number;
}

/** Which end of the new connection had TIME_WAIT left of the old one; if both had, it counts for the client. */
export const TimeWait = { NEITHER: 0, AT_CLIENT: 1, AT_SERVER: 2 } as const;
export type TimeWait = (typeof TimeWait)[keyof typeof TimeWait];
