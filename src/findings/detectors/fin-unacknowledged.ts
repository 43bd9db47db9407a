import { couldBeCovered, findUncoveredFin, frameList, unacknowledgedBytes } from '../close.ts';
import type { Detector } from '../detector.ts';
import { count, duration, endName } from '../words.ts';

export const finUnacknowledged: Detector = {
  entry: {
    code: 'fin-unacknowledged',
    category: 'teardown',
    severity: 'error',
    title: 'A FIN that nobody acknowledged',
    meaning:
      'The end that closed first repeated its FIN without ever getting an acknowledgment of it: the other end was no longer there, or no longer reachable.',
    cause:
      'The other host crashed or lost its network, or a firewall, NAT box or load balancer dropped the connection silently, often after an idle time. close() had returned long before, so the program does not learn of it.',
    hint: 'Capture on the other host to see whether the FIN arrives there. If data before the FIN is unacknowledged too, it may be lost: let the application confirm it. Keep-alives (SO_KEEPALIVE, TCP_KEEPIDLE below the time-out of the box) notice the loss earlier.',
    source: 'RFC 9293 §3.6, §3.8.3; Linux tcp_write_timeout(), net.ipv4.tcp_orphan_retries',
  },
  detect(connection) {
    if (connection.verdict.outcome !== 'fin-unacknowledged') return null;
    const fin = findUncoveredFin(connection);
    if (fin === null || connection.finRetransmissions[fin.index] < 2 || !couldBeCovered(connection, fin)) return null;
    const other = fin.index === 0 ? 1 : 0;
    const name = endName(connection, fin.index);
    const message = (): string => {
      const bytes = unacknowledgedBytes(connection, fin.index);
      const data = bytes === 0 ? '' : `, nor ${bytes === 1 ? 'was' : 'were'} the ${count(bytes, 'octet')} before it`;
      const span = duration(fin.last.timeNanos - fin.first.timeNanos);
      const peer = connection.ends[other];
      const heard = peer.recent.at(-1);
      const isAlive = peer.lastSentNanos > fin.first.timeNanos;
      const rest =
        heard === undefined
          ? ''
          : `; the ${endName(connection, other)} ${isAlive ? 'was still heard' : 'was last heard'} in frame ${heard.frame}`;
      return `The ${name} sent its FIN ${connection.finRetransmissions[fin.index] + 1} times within ${span} (${frameList(fin.copies)}), and it was never acknowledged${data}${rest}.`;
    };
    return { at: name, frames: fin.copies.map((copy) => copy.frame), message };
  },
};
