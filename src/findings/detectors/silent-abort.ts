import type { Connection, ResetRecord } from '../../flow/connection.ts';
import { seqDiff } from '../../tcp/seq.ts';
import type { Detector } from '../detector.ts';
import { duration, endName, times } from '../words.ts';

/** Repeats of the same octets before their end counts as giving up. */
const REPEATS = 2;

export const silentAbort: Detector = {
  entry: {
    code: 'silent-abort',
    category: 'data',
    severity: 'error',
    title: 'An end gave the connection up without a word',
    meaning:
      'Data was sent again and again without being acknowledged, then the repeats stopped; a later segment of the other end was answered by a reset: the connection no longer existed there. What had been sent last never arrived.',
    cause:
      'The retransmissions reached their limit (tcp_retries2, TCP_USER_TIMEOUT): the program got ETIMEDOUT, and the kernel dropped the connection without telling the other end, which cannot be reached anyway. The way between them was broken for that time.',
    hint: 'Look for what broke the path in the time of the repeats (link, route, firewall entry that expired); TCP_USER_TIMEOUT or net.ipv4.tcp_retries2 decides how long to try, and nstat TcpExtTCPAbortOnTimeout counts the connections that ended so.',
    source: 'RFC 9293 §3.8.3; Linux tcp_write_err()',
  },
  detect(connection) {
    for (const reset of connection.resets) {
      const evidence = judge(connection, reset);
      if (evidence !== null) return evidence;
    }
    return null;
  },
};

function judge(
  connection: Connection,
  { shape, provoking, segment }: ResetRecord,
): { at: 'client' | 'server'; frames: number[]; message: string } | null {
  const { resend } = connection.ends[segment.from];
  if (shape !== 'reactive' || provoking === null || resend === null || resend.count < REPEATS) return null;
  if (seqDiff(provoking.ack, resend.seq) > 0) return null;
  const silence = provoking.timeNanos - resend.lastNanos;
  if (silence <= 2 * resend.intervalNanos) return null;
  const name = endName(connection, segment.from);
  return {
    at: name,
    frames: [...resend.frames, provoking.frame, segment.frame],
    message: `The ${name} stopped sending after it had repeated the same octets ${times(resend.count)} in vain; ${duration(silence)} later it answered frame ${provoking.frame} with the reset in frame ${segment.frame}.`,
  };
}
