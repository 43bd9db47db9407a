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
    const { handshakeAck, server, synAckRepeatsAfterAck: repeats, synAckRepeatsAfterData } = connection;
    if (repeats < REPEATS || synAckRepeatsAfterData === 0 || handshakeAck === null) return null;
    const copies = server.synCopies.filter((copy) => copy.timeNanos > handshakeAck.timeNanos);
    if (copies.length < REPEATS) return null;
    const span = duration(copies[copies.length - 1].timeNanos - handshakeAck.timeNanos);
    const end = server.sentBeyondSyn ? 'before it went on' : 'and never went on';
    return {
      at: 'server',
      frames: [handshakeAck.frame, ...copies.map((copy) => copy.frame)],
      message: `The server repeated its SYN-ACK ${times(copies.length)} within ${span} after the third segment and data of the client had passed, ${end}.`,
    };
  },
};
