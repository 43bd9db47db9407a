/**
 * The quality of the capture gates the verdicts: what rests on segments that are not there is not claimed of a
 * connection of which such segments were left out by a filter, or of which one direction was not captured.
 */
import type { Connection } from '../flow/connection.ts';
import { isFiltered } from '../flow/quality.ts';
import { isOneWay } from '../flow/settle.ts';

/** Codes that say that something did not arrive or was not answered: one direction alone cannot tell. */
const NEEDS_BOTH_DIRECTIONS: ReadonlySet<string> = new Set([
  'handshake-ack-lost',
  'accept-queue-overflow',
  'server-silent-after-handshake',
  'established-no-data',
  'teardown-w1-lost',
  'teardown-w2-lost',
  'teardown-w3-lost',
  'teardown-w4-lost',
  'final-ack-missing',
  'final-ack-not-captured',
  'last-ack-give-up',
  'fin-unacknowledged',
  'close-wait-lingering',
]);

/** Besides them, codes that data or plain acknowledgments would refute. */
const NEEDS_PLAIN_SEGMENTS: ReadonlySet<string> = new Set([
  ...NEEDS_BOTH_DIRECTIONS,
  'syn-ack-retransmission',
  'syn-ack-give-up',
  'excessive-retransmission',
  'acked-unseen',
  'data-after-own-fin',
  'fin-before-data',
]);

const NOTHING: ReadonlySet<string> = new Set();

/** The codes that are not to be claimed of the connection. */
export function gateOf(connection: Connection): ReadonlySet<string> {
  if (isFiltered(connection)) return NEEDS_PLAIN_SEGMENTS;
  return isOneWay(connection) ? NEEDS_BOTH_DIRECTIONS : NOTHING;
}
