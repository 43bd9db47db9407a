import type { Connection } from '../../flow/connection.ts';
import type { Detector } from '../detector.ts';
import { count, duration } from '../words.ts';

export const listenerClosedUnaccepted: Detector = {
  entry: {
    code: 'listener-closed-unaccepted',
    category: 'handshake',
    severity: 'warning',
    title: 'The server reset the connection before its program said a word',
    meaning:
      'The handshake was completed by the kernel, and then the server reset the connection of its own accord without having sent one octet: it may be that no program had accepted it.',
    cause:
      'The listening socket was closed, or its process ended, with the connection still in the accept queue. A program that did accept and then closed without reading or answering (close() with unread data, SO_LINGER 0), a load balancer whose idle time ran out, and a filter on the path that resets what it does not like look the same.',
    hint: 'See whether the service restarted at that time; a service that stops should first stop listening, then accept and serve what is queued.',
    source: 'Linux inet_csk_listen_stop(); RFC 9293 §3.10.4 and §3.10.5',
  },
  detect(connection) {
    const { closingReset, handshakeAck, client } = connection;
    if (!isResetUnheard(connection) || closingReset === null || handshakeAck === null) return null;
    const { segment } = closingReset;
    const asked =
      client.uniquePayloadBytes > 0
        ? `; ${count(client.uniquePayloadBytes, 'octet')} of the client went unanswered`
        : '';
    const after = duration(segment.timeNanos - handshakeAck.timeNanos);
    return {
      at: 'server',
      frames: [handshakeAck.frame, segment.frame],
      message: `The server reset the connection in frame ${segment.frame}, ${after} after the handshake, without having sent an octet${asked}.`,
      cause: `${client.uniquePayloadBytes > 0 ? UNREAD : IDLE} The packets cannot tell these apart for certain.`,
    };
  },
};

const UNREAD =
  'First: the listening socket was closed, or its process ended, with the connection still in the accept queue. Second: a program did accept it and called close(), or ended, with what the client had sent unread. Third: SO_LINGER with time-out 0, a load balancer whose idle time ran out, or a filter on the path.';
const IDLE =
  'First: the listening socket was closed, or its process ended, with the connection still in the accept queue. Second: a program did accept it and closed it with SO_LINGER and time-out 0. Third: a load balancer whose idle time ran out, or a filter on the path; data that could be unread had not come.';

/** Whether the server reset the connection of its own accord after the handshake without having sent anything. */
export function isResetUnheard(connection: Connection): boolean {
  const { closingReset, handshakeAck, server, client } = connection;
  if (closingReset === null || closingReset.isWithdrawn || closingReset.shape !== 'active') return false;
  const { segment, verdict } = closingReset;
  if (connection.ends[segment.from] !== server || handshakeAck === null || !server.sentSynAck) return false;
  if (server.payloadBytes > 0 || server.keepAlives !== null || server.fin !== -1 || client.fin !== -1) return false;
  return verdict !== 'not-delivered' && connection.ackedUnseenFrames.length === 0;
}
