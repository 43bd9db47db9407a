/**
 * The quality of the capture gates the verdicts: what rests on segments that are not there is not claimed of a
 * connection of which such segments were left out or dropped by the capture itself.
 */
import type { Connection } from '../flow/connection.ts';
import { seqAdd, seqDiff } from '../tcp/seq.ts';

/** Codes that say that something was not sent, did not arrive or was not answered. */
const RESTS_ON_ABSENCE: ReadonlySet<string> = new Set([
  'syn-ack-retransmission',
  'handshake-ack-lost',
  'accept-queue-overflow',
  'server-silent-after-handshake',
  'syn-ack-give-up',
  'excessive-retransmission',
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
  'acked-unseen',
  'data-after-own-fin',
  'fin-before-data',
]);

/** Segments that are neither SYN nor FIN nor RST, capture duplicates and invalid ones apart. */
export function plainSegments(connection: Connection): number {
  let marked = connection.captureDuplicates + connection.invalidFlagSegments;
  for (const end of new Set(connection.ends)) marked += end.syn + end.finCount + end.rst;
  return connection.segmentCount - marked;
}

/**
 * Whether only segments with SYN, FIN or RST were captured although the numbers show that there were others: a FIN
 * far behind the SYN, or an acknowledgment of octets that nobody was seen to send.
 */
export function isFiltered(connection: Connection): boolean {
  if (connection.isSelfConnect || plainSegments(connection) > 0) return false;
  return connection.ends.some((end, index) => {
    const peer = connection.ends[1 - index];
    if (end.isn === -1) return false;
    const [first] = end.finCopies;
    const start = seqAdd(end.isn, 1);
    const isFinBehindData = first !== undefined && seqDiff(end.fin, start) > first.payloadBytes;
    const isDataAcknowledged = peer.ackHigh !== -1 && end.nxt !== -1 && seqDiff(peer.ackHigh, end.nxt) > 1;
    return isFinBehindData || isDataAcknowledged;
  });
}

/** Whether a finding code is not to be claimed of the connection. */
export function gateOf(connection: Connection): (code: string) => boolean {
  if (!isFiltered(connection)) return never;
  return (code) => RESTS_ON_ABSENCE.has(code);
}

const never = (): boolean => false;
