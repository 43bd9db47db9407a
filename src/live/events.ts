/**
 * What a live analysis tells, as it is printed: one JSON object a line. Field names are a contract, as those of the result
 * document are; `events.schema.json` is made of the same definition (see events-schema.ts).
 */
import type { Finding } from '../findings/finding.ts';
import type { End } from '../flow/vocabulary.ts';
import type { ConnectionResult } from '../report/result.ts';
import type { Basis, TcpState } from '../tcp/states.ts';

/** Why a connection was handed over. */
export const CLOSING_REASONS = ['over', 'replaced', 'evicted', 'stopped'] as const;

/** `over`: both ends are done; `replaced`: the tuple was used again; `evicted`: too many at a time; `stopped`: the capture ended. */
export type ClosingReason = (typeof CLOSING_REASONS)[number];

interface OfConnection {
  /** RFC 3339, nanoseconds, UTC, by the clock of the packets. */
  readonly time: string;
  readonly connection: number;
  readonly client: { readonly address: string; readonly port: number };
  readonly server: { readonly address: string; readonly port: number };
}

/** A connection was seen for the first time. */
export interface OpenedEvent extends OfConnection {
  readonly event: 'opened';
  readonly frame: number;
}

/** An end is in another state. */
export interface StateEvent extends OfConnection {
  readonly event: 'state';
  readonly end: End;
  readonly state: TcpState;
  readonly was: TcpState | null;
  readonly basis: Basis;
  readonly frame: number;
  /** `was` had only been presumed and turned out wrong. */
  readonly takenBack: boolean;
}

/** A finding appeared, or one that was told no longer holds; without a connection it is about a host or the capture. */
export interface FindingEvent extends Partial<Omit<OfConnection, 'time'>> {
  readonly event: 'finding';
  readonly time: string;
  /** False when what came later put it right. */
  readonly stands: boolean;
  readonly finding: Finding;
}

/** A connection is over, with its whole result. */
export interface ClosedEvent extends OfConnection {
  readonly event: 'closed';
  readonly because: ClosingReason;
  /** It was told to be closed before, and what came later changed the outcome or the findings. */
  readonly revised: boolean;
  readonly result: ConnectionResult;
}

export type LiveEvent = OpenedEvent | StateEvent | FindingEvent | ClosedEvent;
