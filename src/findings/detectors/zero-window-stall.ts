import type { Connection } from '../../flow/connection.ts';
import type { ClosedWindow, EndTrack } from '../../flow/end.ts';
import type { Detector } from '../detector.ts';
import { leadingEnd } from '../leading-end.ts';
import { duration, endName, times } from '../words.ts';

export const zeroWindowStall: Detector = {
  entry: {
    code: 'zero-window-stall',
    category: 'data',
    severity: 'warning',
    title: 'The receiver kept its window closed',
    meaning:
      'An end offered no receive window, so that the other had to stop sending: its buffer was full of data that its program had not read.',
    cause:
      'The program does not call recv(), or not fast enough: it is busy, blocked on something else (a lock, a database, its own output), or stopped. It is not the network.',
    hint: 'Find out what the receiving program was doing at that time (Recv-Q in ss -tnp stays high and names it; nstat TcpExtTCPToZeroWindowAdv counts how often the window closed). A larger buffer (SO_RCVBUF, net.ipv4.tcp_rmem) only puts the stall off.',
    source: 'RFC 9293 §3.8.6 and §3.8.6.1; Linux tcp_select_window()',
  },
  detect(connection, policy) {
    const index = leadingEnd(connection, (each) => durationOf(connection, each));
    const end = connection.ends[index];
    const peer = connection.ends[1 - index];
    const closed = longestOf(connection, end);
    if (closed === null) return null;
    const nanos = untilOf(connection, closed) - closed.timeNanos;
    const { probes } = closed;
    const isAfterOwnFin = end.fin !== -1 && closed.timeNanos >= end.finCopies[0].timeNanos;
    if (isAfterOwnFin && probes === 0) return null;
    if (nanos < policy.zeroWindowSeconds * 1e9 && peer.windowProbes === null) return null;
    const name = endName(connection, index);
    const other = name === 'client' ? 'server' : 'client';
    const opening =
      closed.openFrame === 0 ? 'and it was not opened again' : `until it opened again in frame ${closed.openFrame}`;
    const probed = probes > 0 ? `; the ${other} probed it ${times(probes)}` : '';
    return {
      at: name,
      frames: closed.openFrame === 0 ? [closed.frame] : [closed.frame, closed.openFrame],
      message: `The ${name} closed its receive window in frame ${closed.frame} for ${duration(nanos)}, ${opening}${probed}.`,
    };
  },
};

function durationOf(connection: Connection, index: 0 | 1): number {
  const closed = longestOf(connection, connection.ends[index]);
  return closed === null ? -1 : untilOf(connection, closed) - closed.timeNanos;
}

function longestOf(connection: Connection, end: EndTrack): ClosedWindow | null {
  const { closedWindow: last, longestClosedWindow: longest } = end;
  if (last === null || longest === null) return last ?? longest;
  const lastNanos = untilOf(connection, last) - last.timeNanos;
  return lastNanos > longest.openNanos - longest.timeNanos ? last : longest;
}

/** When the window opened again, or nothing more could be sent into it. */
function untilOf(connection: Connection, closed: ClosedWindow): number {
  if (closed.openFrame !== 0) return closed.openNanos;
  const { closingReset, firstFinIndex } = connection;
  if (closingReset !== null && !closingReset.isWithdrawn)
    return Math.max(closingReset.segment.timeNanos, closed.timeNanos);
  return firstFinIndex !== -1 ? connection.lastNanos : connection.observedUntilNanos;
}
