import type { Detector } from '../detector.ts';
import { closingReset } from '../resets.ts';
import { count, duration, endName } from '../words.ts';
import { isDoubted } from './rst-injection-suspected.ts';

export const rstAfterOwnFin: Detector = {
  entry: {
    code: 'rst-after-own-fin',
    category: 'reset',
    severity: 'warning',
    title: 'Reset its own orderly close',
    meaning:
      'An end sent its FIN and then an active reset, before the other end had closed: it did not wait for what was still to come.',
    cause:
      'shutdown(SHUT_WR) followed by close() with unread data or with SO_LINGER and time-out 0; or an orphaned socket that the kernel dropped to save memory (net.ipv4.tcp_max_orphans).',
    hint: 'After shutdown(SHUT_WR) read until recv() returns 0, then close(). Check for SO_LINGER, and for "too many orphaned sockets" in the kernel log; nstat tells unread data (TcpExtTCPAbortOnClose) from orphans dropped (TcpExtTCPAbortOnMemory).',
    source: 'RFC 9293 §3.6.1; RFC 1122 §4.2.2.13; Linux tcp_close(), tcp_check_oom()',
  },
  detect(connection) {
    const closing = closingReset(connection);
    if (closing === null || closing.reset.shape !== 'active') return null;
    const { reset, me, peer } = closing;
    const fin = me.finCopies[0];
    if (fin === undefined || me.fin === -1 || fin.timeNanos > reset.segment.timeNanos) return null;
    if (isDoubted(connection, reset.segment)) return null;
    const name = endName(connection, reset.segment.from);
    const other = name === 'client' ? 'server' : 'client';
    const lost = connection.halfCloseSegments.filter((segment) => segment.from !== reset.segment.from);
    const octets = lost.reduce((sum, segment) => sum + segment.payloadBytes, 0);
    const peerFin = peer.finCopies[0];
    const isHarmless = peerFin !== undefined && octets === 0;
    const rest = isHarmless
      ? `instead of acknowledging the FIN of the ${other} in frame ${peerFin.frame}`
      : octets > 0
        ? `after ${count(octets, 'octet')} more from the ${other}`
        : `while the ${other} was still open`;
    return {
      at: name,
      frames: [fin.frame, ...lost.map((segment) => segment.frame), reset.segment.frame],
      message: `The ${name} sent its FIN in frame ${fin.frame} and reset the connection ${duration(reset.segment.timeNanos - fin.timeNanos)} later in frame ${reset.segment.frame}, ${rest}.`,
      ...(isHarmless
        ? {
            severity: 'note' as const,
            cause:
              'Both ends had closed already, so no data is lost: some stacks and load balancers end like this to be spared TIME_WAIT (SO_LINGER with time-out 0).',
          }
        : {}),
    };
  },
};
