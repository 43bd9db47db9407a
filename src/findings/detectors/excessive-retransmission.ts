import { isOneWay } from '../../flow/settle.ts';
import { seqDiff } from '../../tcp/seq.ts';
import type { Detector } from '../detector.ts';
import { leadingEnd } from '../leading-end.ts';
import { duration, endName } from '../words.ts';

export const excessiveRetransmission: Detector = {
  entry: {
    code: 'excessive-retransmission',
    category: 'data',
    severity: 'warning',
    title: 'The same data was sent again and again',
    meaning:
      'The same octets were sent many times without an acknowledgment in between: for that time nothing got through.',
    cause:
      'The path broke in one direction or both, the other host went down or lost its address, or one segment in particular cannot pass: too large for the path while ICMP is filtered, or dropped by a device that inspects content.',
    hint: 'See whether small segments passed meanwhile: then think of the path MTU (net.ipv4.tcp_mtu_probing). How long a sender tries is net.ipv4.tcp_retries2 or TCP_USER_TIMEOUT.',
    source: 'RFC 6298 §5; RFC 9293 §3.8.3; Linux tcp_write_timeout()',
  },
  detect(connection, policy) {
    const index = leadingEnd(connection, (each) => connection.ends[each].worstResend?.count ?? 0);
    const resend = connection.ends[index].worstResend;
    if (resend === null || resend.count + 1 < policy.retransmissionCopies) return null;
    if (resend.lastNanos - resend.firstNanos < connection.rttNanos) return null;
    const peer = connection.ends[1 - index];
    const closed = peer.closedWindow ?? peer.longestClosedWindow;
    if (closed !== null && resend.firstNanos >= closed.timeNanos) return null;
    const name = endName(connection, index);
    const isCovered = peer.ackHigh !== -1 && seqDiff(peer.ackHigh, resend.seq) > 0;
    const end = isCovered
      ? 'before they were acknowledged'
      : isOneWay(connection)
        ? 'and went on without an acknowledgment'
        : 'and they were never acknowledged';
    return {
      at: name,
      frames: resend.frames,
      message: `The ${name} sent the same octets ${resend.count + 1} times, the last ${resend.count} within ${duration(resend.lastNanos - resend.firstNanos)}, ${end}.`,
    };
  },
};
