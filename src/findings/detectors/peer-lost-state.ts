import { TcpFlag } from '../../wire/batch.ts';
import type { Detector } from '../detector.ts';
import { type ClosingReset, closingReset, isReset } from '../resets.ts';
import { count, duration, endName } from '../words.ts';
import { silentAbort } from './silent-abort.ts';

/** Unanswered segments of the end itself after which it is one that gave up, not one that lost its state. */
const GIVEN_UP = 2;

export const peerLostState: Detector = {
  entry: {
    code: 'peer-lost-state',
    category: 'reset',
    severity: 'error',
    title: 'An end no longer knew the connection',
    meaning:
      'A segment of an open connection was answered by a bare reset, as a host answers for which there is no such connection, although that end had never closed.',
    cause:
      'The host was restarted, its address moved to another host or container (failover), or a load balancer, NAT or firewall forgot the connection and answers in the name of the end.',
    hint: 'Look for a restart or failover of that end at this time; if there was none, look at the connection tables of the devices between (conntrack -L on Linux). nstat TcpOutRsts on that host grows if it sent the reset itself.',
    source: 'RFC 9293 §3.5.1 and §3.10.7.1; Linux tcp_v4_send_reset()',
  },
  detect(connection, policy) {
    const closing = closingReset(connection);
    if (closing === null || closing.reset.shape !== 'reactive') return null;
    const { reset, me, peer } = closing;
    const { from, frame, timeNanos } = reset.segment;
    if (me.fin !== -1 || !me.sentBeyondSyn || reset.unansweredProbes >= GIVEN_UP) return null;
    if (reset.senderState === 'CLOSED' || reset.senderState === 'SYN_SENT') return null;
    if (connection.successor?.isRecovery === true) return null;
    if (silentAbort.detect(connection, policy) !== null) return null;
    const asked = reset.provoking;
    if (asked === null ? peer.segments === 0 : (asked.flags & TcpFlag.SYN) !== 0) return null;
    const name = endName(connection, from);
    const lastSign = me.recent.findLast((segment) => !isReset(segment) && segment.timeNanos < timeNanos);
    const idle = longestSilence(closing);
    const isIdle = idle.nanos >= policy.idleSeconds * 1e9;
    const what = asked !== null && asked.payloadBytes > 0 ? count(asked.payloadBytes, 'octet') : 'a segment';
    const which = asked === null ? '' : ` (frame ${asked.frame})`;
    const silence = isIdle ? `, after ${duration(idle.nanos)} of silence` : '';
    return {
      at: name,
      frames: [...(lastSign ? [lastSign.frame] : []), ...(asked ? [asked.frame] : []), frame],
      message: `The ${name} answered ${what} of the open connection${which} with a bare reset in frame ${frame}${silence}: it knew nothing of the connection.`,
      ...(isIdle
        ? {
            cause: `An idle time-out on the path is likeliest: a firewall, NAT or load balancer drops connections that are silent for less than the ${duration(idle.nanos)} seen here. Otherwise the end was restarted meanwhile.`,
            hint: `Let one end send keep-alives more often than that: SO_KEEPALIVE with TCP_KEEPIDLE (net.ipv4.tcp_keepalive_time is 7200 s by default) or a ping of the application; or raise the idle time-out of the device.`,
          }
        : {}),
    };
  },
};

/** The longest time without a segment of either end before the reset, after the sender was last heard. */
function longestSilence({ reset, me, peer }: ClosingReset): { readonly nanos: number } {
  const { timeNanos } = reset.segment;
  const times = [...me.recent, ...peer.recent]
    .filter((segment) => segment.timeNanos < timeNanos && !isReset(segment))
    .map((segment) => segment.timeNanos)
    .sort((a, b) => a - b);
  const heard = me.recent.findLast((segment) => segment.timeNanos < timeNanos && !isReset(segment))?.timeNanos;
  let nanos = 0;
  for (let i = 1; i < times.length; i++) {
    if (heard !== undefined && times[i] <= heard) continue;
    nanos = Math.max(nanos, times[i] - times[i - 1]);
  }
  return { nanos };
}
