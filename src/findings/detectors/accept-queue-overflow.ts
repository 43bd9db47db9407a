import type { Connection } from '../../flow/connection.ts';
import type { Segment } from '../../flow/segment.ts';
import type { Detector } from '../detector.ts';
import { duration, times } from '../words.ts';

/** Repeats of the SYN-ACK that loss alone no longer explains. */
const REPEATS = 2;

export const acceptQueueOverflow: Detector = {
  entry: {
    code: 'accept-queue-overflow',
    category: 'handshake',
    severity: 'error',
    title: 'The accept queue of the listener is full',
    meaning:
      'The server repeats its SYN-ACK again and again although the third segment and data of the client have gone by: its kernel throws them away. The client believes that it is connected.',
    cause:
      'The program does not call accept() fast enough, or its backlog is too small, so that the kernel drops the final acknowledgment of new connections and leaves them in SYN_RECEIVED. Loss of everything that the client sends would look the same.',
    hint: 'On the server compare Recv-Q with Send-Q of the listener in ss -ltn and watch nstat TcpExtListenOverflows; raise the backlog of listen() together with net.core.somaxconn, and find out what keeps the program from accept().',
    source: 'Linux tcp_v4_syn_recv_sock() and inet_csk_reqsk_queue_add(); RFC 9293 §3.10.7.4',
  },
  detect(connection) {
    const { handshakeAck, server, synAckRepeatsAfterAck, synAckRepeatsAfterData } = connection;
    if (synAckRepeatsAfterAck < REPEATS || handshakeAck === null) return null;
    const copies = server.synCopies.filter((copy) => copy.timeNanos > handshakeAck.timeNanos);
    const denial = denialOf(connection);
    if (copies.length < REPEATS || (synAckRepeatsAfterData === 0 && denial === null)) return null;
    const span = duration(copies[copies.length - 1].timeNanos - handshakeAck.timeNanos);
    const what = synAckRepeatsAfterData === 0 ? 'the third segment' : 'the third segment and data of the client';
    const end = server.sentBeyondSyn ? 'before it went on' : 'and never went on';
    const denied = denial === null ? '' : `; the reset in frame ${denial.frame} says that it knew of no connection`;
    return {
      at: 'server',
      frames: [handshakeAck.frame, ...copies.map((copy) => copy.frame), ...(denial === null ? [] : [denial.frame])],
      message: `The server repeated its SYN-ACK ${times(copies.length)} within ${span} after ${what} had passed, ${end}${denied}.`,
    };
  },
};

/**
 * The reset by which a server that never went on answers a client that believes to be connected. A listener that only
 * waits for data (TCP_DEFER_ACCEPT) would have taken the connection by then.
 */
function denialOf({ resets, ends, server }: Connection): Segment | null {
  if (server.sentBeyondSyn) return null;
  const denial = resets.find((reset) => reset.shape === 'reactive' && ends[reset.segment.from] === server);
  return denial?.provoking ? denial.segment : null;
}
