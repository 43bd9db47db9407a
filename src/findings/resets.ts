/** What several findings ask of a reset. */
import type { Connection, ResetRecord } from '../flow/connection.ts';
import type { EndTrack } from '../flow/end.ts';
import type { Segment } from '../flow/segment.ts';
import { TcpFlag } from '../wire/batch.ts';

/** A reset that ended an open connection, with its sender and the other end. */
export interface ClosingReset {
  readonly reset: ResetRecord;
  readonly me: EndTrack;
  readonly peer: EndTrack;
}

/** The reset that ended the connection after its handshake; null if none did, or nothing but resets was captured. */
export function closingReset(connection: Connection): ClosingReset | null {
  const { closingReset: reset, ends, verdict } = connection;
  if (reset === null || reset.isWithdrawn || verdict.outcome !== 'reset') return null;
  const me = ends[reset.segment.from];
  if (connection.segmentCount === me.rst) return null;
  return { reset, me, peer: ends[1 - reset.segment.from] };
}

/** The end's latest segment before a moment that fits, as far as it is remembered. */
export function latestBefore(
  end: EndTrack,
  nanos: number,
  fits: (segment: Segment) => boolean = () => true,
): Segment | undefined {
  return end.recent.findLast((segment) => segment.timeNanos < nanos && fits(segment));
}

export const hasPayload = (segment: Segment): boolean => segment.payloadBytes > 0;

export const isReset = (segment: Segment): boolean => (segment.flags & TcpFlag.RST) !== 0;

/** Whether the sender of a reset had the connection at all, so that it never resets and goes on (RFC 9293 §3.5.2). */
export function wasSynchronized({ senderState }: ResetRecord): boolean {
  return senderState !== 'SYN_SENT' && senderState !== 'SYN_RECEIVED' && senderState !== 'LISTEN';
}
