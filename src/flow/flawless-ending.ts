/** How flawless connections (flawless.ts) end, and what is said of it. */
import type { Outcome } from './vocabulary.ts';

/**
 * How it ended: the SYN was not answered, or by a reset; only the client was captured, and did not close; the SYN-ACK was not
 * answered, or by a reset; it was left open; one end has closed; it was reset, before any FIN or by the end that had sent one;
 * both ends have closed, with FINs that crossed or not; the first FIN, or the second one, was sent again and never acknowledged.
 */
export type Ending =
  | 'unanswered'
  | 'refused'
  | 'one-way'
  | 'half-open'
  | 'abandoned'
  | 'open'
  | 'half-closed'
  | 'reset'
  | 'late-reset'
  | 'closed'
  | 'crossing'
  | 'fin-unheard'
  | 'last-fin-unheard';

export const OUTCOMES: Readonly<Record<Ending, Outcome>> = {
  unanswered: 'unanswered',
  refused: 'refused',
  'one-way': 'partial',
  'half-open': 'handshake-incomplete',
  abandoned: 'abandoned',
  open: 'open',
  'half-closed': 'half-closed',
  reset: 'reset',
  'late-reset': 'reset',
  closed: 'graceful',
  crossing: 'graceful',
  'fin-unheard': 'fin-unacknowledged',
  'last-fin-unheard': 'final-ack-missing',
};

/** All of them. */
export const ENDINGS = Object.keys(OUTCOMES) as Ending[];
