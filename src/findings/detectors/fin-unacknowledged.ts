import { type Sentence, say } from '../../base/sentence.ts';
import type { Moment } from '../../flow/history.ts';
import type { End } from '../../flow/vocabulary.ts';
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
    const message = (): Sentence => {
      const bytes = unacknowledgedBytes(connection, fin.index);
      const peer = connection.ends[other];
      const heard = peer.recent.at(-1);
      const isAlive = peer.lastSentNanos > fin.first.timeNanos;
      const rest = heard === undefined ? '' : heardMessage(endName(connection, other), isAlive, heard.frame);
      return unacknowledgedMessage(name, fin.copies, connection.finRetransmissions[fin.index] + 1, bytes, rest);
    };
    return { at: name, frames: fin.copies.map((copy) => copy.frame), message };
  },
};

/** Whose FIN, its copies and how many there were, octets before it that were not acknowledged, and what is said of the other end. */
export function unacknowledgedMessage(
  name: End,
  copies: readonly Moment[],
  sent: number,
  bytes: number,
  rest: string | Sentence,
): Sentence {
  const data = bytes === 0 ? '' : say`, nor ${bytes === 1 ? 'was' : 'were'} the ${count(bytes, 'octet')} before it`;
  const span = duration(copies[copies.length - 1].timeNanos - copies[0].timeNanos);
  return say`The ${name} sent its FIN ${sent} times within ${span} (${frameList(copies)}), and it was never acknowledged${data}${rest}.`;
}

/** In which frame an end was heard at last, and whether that was after the FIN. */
export function heardMessage(name: End, isAlive: boolean, frame: number): Sentence {
  return say`; the ${name} ${isAlive ? 'was still heard' : 'was last heard'} in frame ${frame}`;
}
