import { TcpFlag } from '../../wire/batch.ts';
import { findResetAfterFin } from '../close.ts';
import type { Detector } from '../detector.ts';
import { duration, endName } from '../words.ts';

/** Shorter than any sensible setting of the timer. */
const SHORTEST_NANOS = 1_000_000_000;
/** Default of Linux and the BSDs; data that late finds nobody in any case. */
const USUAL_NANOS = 60_000_000_000;

export const finWait2Timeout: Detector = {
  entry: {
    code: 'fin-wait-2-timeout',
    category: 'teardown',
    severity: 'warning',
    title: 'FIN_WAIT_2 ran out before the other end closed',
    meaning:
      'An end closed, the other took long to close too, and its FIN or data then met a reset: the first kernel had already dropped the connection.',
    cause:
      'After close() a kernel keeps a connection in FIN_WAIT_2 only for a while (Linux: net.ipv4.tcp_fin_timeout, 60 s); the other program left its socket in CLOSE_WAIT for longer.',
    hint: 'Make the slow end call close() as soon as recv() returns 0. The timer is net.ipv4.tcp_fin_timeout (or TCP_LINGER2 per socket) on Linux, net.inet.tcp.finwait2_timeout on FreeBSD; a longer one only hides the slow close.',
    source: 'Linux tcp_close(), tcp_rcv_state_process(), TCP_LINGER2; RFC 1122 §4.2.2.13; RFC 9293 §3.10.7.1',
  },
  detect(connection) {
    const found = findResetAfterFin(connection);
    if (found === null) return null;
    const { index, reset, provoking, payload, waitedNanos } = found;
    const isBareFin = payload === null && (provoking.flags & TcpFlag.FIN) !== 0;
    if (!isBareFin && payload === null) return null;
    if (waitedNanos < (isBareFin ? SHORTEST_NANOS : USUAL_NANOS)) return null;
    if (reset.senderState !== 'FIN_WAIT_2' && reset.senderState !== 'TIME_WAIT') return null;
    const name = endName(connection, index);
    const answered = payload ?? provoking;
    const waited = duration(waitedNanos);
    const frames = [connection.ends[index].finCopies[0].frame, answered.frame, reset.segment.frame];
    const other = endName(connection, index === 0 ? 1 : 0);
    const message = `The ${other}'s ${isBareFin ? 'FIN' : 'data'} (frame ${answered.frame}) came ${waited} after the ${name}'s FIN and met a reset (frame ${reset.segment.frame}): the ${name}'s kernel had given up waiting in FIN_WAIT_2.`;
    if (waitedNanos >= USUAL_NANOS) return { at: name, frames, message };
    const cause = `${waited} is less than the usual 60 s: a lower net.ipv4.tcp_fin_timeout or TCP_LINGER2, too many orphans (net.ipv4.tcp_max_orphans), another system than Linux, or the ${name}'s host lost the connection altogether.`;
    return { at: name, frames, message, cause };
  },
};
