import type { Connection } from '../../flow/connection.ts';
import type { EndTrack } from '../../flow/end.ts';
import { seqAdd } from '../../tcp/seq.ts';
import type { Detector } from '../detector.ts';
import { duration, endName } from '../words.ts';

export const establishedNoData: Detector = {
  entry: {
    code: 'established-no-data',
    category: 'data',
    severity: 'info',
    title: 'Opened and closed without an octet',
    meaning: 'The handshake completed, neither end sent any data, and the connection was closed again.',
    cause:
      'A health check or a port scan by connect(), a connection pool or browser that opened ahead of need, a program that changed its mind, or a server that turns clients away.',
    hint: 'Nothing is wrong in itself. If it is a health check that makes the server log errors, let it speak the protocol.',
    source: 'RFC 9293 §3.5 and §3.6',
  },
  detect(connection) {
    const { client, server, handshakeAck, verdict, closingReset } = connection;
    if (connection.isSelfConnect || connection.isMidstream || handshakeAck === null) return null;
    if (client.payloadBytes > 0 || server.payloadBytes > 0 || connection.ackedUnseenFrames.length > 0) return null;
    const isReset = verdict.outcome === 'reset' && closingReset !== null && !closingReset.isWithdrawn;
    const isByClient = isReset && connection.ends[closingReset.segment.from] === client;
    if (verdict.outcome !== 'graceful' && verdict.outcome !== 'final-ack-missing' && !isByClient) return null;
    if (!hasOnlyOpened(client, server) || !hasOnlyOpened(server, client)) return null;
    const closed = isByClient ? closingReset.segment : firstFinOf(connection);
    if (closed === null) return null;
    const name = endName(connection, closed.from);
    const after = duration(closed.timeNanos - handshakeAck.timeNanos);
    return {
      at: name,
      frames: [handshakeAck.frame, closed.frame],
      message: `No data was sent; the ${name} closed the connection in frame ${closed.frame}, ${after} after the handshake.`,
    };
  },
};

/** Whether the numbers of an end say too that it sent nothing between SYN and FIN. */
function hasOnlyOpened(me: EndTrack, peer: EndTrack): boolean {
  const start = seqAdd(me.isn, 1);
  if (me.fin !== -1 && me.fin !== start) return false;
  return peer.ackHigh === -1 || peer.ackHigh === start || peer.ackHigh === seqAdd(start, 1);
}

function firstFinOf(connection: Connection): EndTrack['finCopies'][number] | null {
  const { firstFinIndex } = connection;
  return firstFinIndex === -1 ? null : connection.ends[firstFinIndex].finCopies[0];
}
