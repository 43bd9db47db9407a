import type { Connection } from '../../flow/connection.ts';
import { hasTimestamps, type Segment } from '../../flow/segment.ts';
import type { Detector } from '../detector.ts';
import { duration } from '../words.ts';

export const synAckLost: Detector = {
  entry: {
    code: 'syn-ack-lost',
    category: 'handshake',
    severity: 'warning',
    title: 'The SYN-ACK was captured and never arrived',
    meaning:
      'The server answered, and more than a round trip later the client sent the same SYN again: the answer did not reach it.',
    cause:
      'Loss between the capture point and the client, or a firewall, NAT or load balancer there that does not let the SYN-ACK through (asymmetric route, wrong address after NAT).',
    hint: 'If it happens now and then, look for loss on the way back; if it happens to every SYN-ACK of a client, look for the stateful device that did not see the SYN.',
    source: 'RFC 9293 §3.8.1; RFC 6298 §5',
  },
  detect(connection) {
    const { client, server } = connection;
    if (connection.isSimultaneousOpen || connection.isSelfConnect || client.establishedRefutations === 0) return null;
    const again = client.synCopies.find((copy) =>
      server.synCopies.some((answer) => connection.isBeyondRtt(answer.timeNanos, copy.timeNanos)),
    );
    if (again === undefined) return null;
    const lost = server.synCopies.findLast((answer) => answer.timeNanos < again.timeNanos);
    if (lost === undefined || arrivedLate(connection, lost, again)) return null;
    return {
      at: 'path',
      frames: [client.synCopies[0].frame, lost.frame, again.frame],
      message: `The client sent its SYN again in frame ${again.frame}, ${duration(again.timeNanos - lost.timeNanos)} after the SYN-ACK in frame ${lost.frame} had passed.`,
    };
  },
};

/** Whether the third segment answers the very SYN-ACK that seemed lost: it only took longer than the client waited. */
function arrivedLate(connection: Connection, lost: Segment, again: Segment): boolean {
  const { handshakeAck, server } = connection;
  if (handshakeAck === null) return false;
  const later = server.synCopies.filter(
    (copy) => copy.timeNanos > again.timeNanos && copy.timeNanos <= handshakeAck.timeNanos,
  );
  if (later.length === 0) return true;
  const isTimed = hasTimestamps(handshakeAck) && hasTimestamps(lost);
  return isTimed && handshakeAck.tsEcr === lost.tsVal && later.every((copy) => copy.tsVal !== lost.tsVal);
}
