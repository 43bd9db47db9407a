import type { Detector } from '../detector.ts';
import { endName } from '../words.ts';

export const abortiveClose: Detector = {
  entry: {
    code: 'abortive-close',
    category: 'reset',
    severity: 'warning',
    title: 'Closed by a reset instead of a FIN',
    meaning:
      'An end dropped an open connection by a reset of its own accord; whatever the other end had not read is gone.',
    cause:
      'close() with unread data in the receive buffer, SO_LINGER with time-out 0, or a process killed with unread data; the packets cannot tell these apart for certain.',
    hint: 'Read everything before close(), or shutdown(SHUT_WR) and read to the end; look for SO_LINGER in the code of that end.',
    source: 'RFC 9293 §3.10.5; RFC 2525 §2.17; Linux tcp_close() and tcp_disconnect()',
  },
  detect(connection) {
    const reset = connection.closingReset;
    if (reset === null || reset.isWithdrawn || reset.shape !== 'active' || connection.verdict.outcome !== 'reset')
      return null;
    const { from } = reset.segment;
    const me = connection.ends[from];
    if (me.fin !== -1 || reset.verdict === 'not-delivered' || connection.segmentCount === me.rst) return null;
    const peer = connection.ends[1 - from];
    if (me.uniquePayloadBytes === 0 && peer.uniquePayloadBytes === 0 && endName(connection, from) === 'server')
      return null;
    const name = endName(connection, from);
    return {
      at: name,
      frames: [reset.segment.frame],
      message: `The ${name} reset the open connection in frame ${reset.segment.frame} without a FIN of its own.`,
    };
  },
};
