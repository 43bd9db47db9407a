import { type Sentence, say } from '../../base/sentence.ts';
import type { Moment } from '../../flow/history.ts';
import type { Detector } from '../detector.ts';
import { duration, times } from '../words.ts';

export const synAckRetransmission: Detector = {
  entry: {
    code: 'syn-ack-retransmission',
    category: 'handshake',
    severity: 'warning',
    title: 'The SYN-ACK is repeated and nobody acknowledges it',
    meaning:
      'The server answered the SYN, heard nothing, and answered again; the third segment of the handshake was never seen. The server stays in SYN_RECEIVED and its accept() returns nothing.',
    cause:
      'The SYN-ACK does not reach the client (asymmetric route, stateful firewall, wrong NAT), what the client answers is lost on its way, or the source address of the SYN was forged, as in a SYN flood.',
    hint: 'Capture at the client: does the SYN-ACK arrive, and with the right address and port? The number of repeats is net.ipv4.tcp_synack_retries.',
    source: 'RFC 9293 §3.8.1; RFC 4987 §2; Linux inet_csk_reqsk_queue_drop() and reqsk_timer_handler()',
  },
  detect(connection) {
    const { client, server, synAckRetransmissions, isSimultaneousOpen } = connection;
    if (synAckRetransmissions === 0 || isSimultaneousOpen || connection.isSelfConnect) return null;
    if (client.segments === 0 || client.sentBeyondSyn || server.sentBeyondSyn || client.rst > 0) return null;
    const copies = server.synCopies;
    if (copies.length < 2) return null;
    const evidence = {
      at: 'path',
      frames: copies.map((copy) => copy.frame),
      message: () => unheardMessage(copies, synAckRetransmissions),
    } as const;
    const isClientRepeating = client.synCopies.some((copy) => copy.timeNanos > copies[0].timeNanos);
    if (!isClientRepeating) return evidence;
    return {
      ...evidence,
      message: () =>
        `${synAckAgain(copies, synAckRetransmissions)}, while the client went on sending its SYN and acknowledged none of them.`,
      cause:
        'The SYN-ACK does not reach the client, who is there and still asks: a stateful firewall, NAT or an asymmetric route takes the answer away.',
    };
  },
};

/** The copies of the SYN-ACK, the first one first, and how often it was sent again. */
function synAckAgain(copies: readonly Moment[], repeats: number): Sentence {
  const span = duration(copies[copies.length - 1].timeNanos - copies[0].timeNanos);
  return say`The server sent its SYN-ACK again ${times(repeats)} within ${span}`;
}

/** As `synAckAgain`, of a client that has sent nothing since. */
export function unheardMessage(copies: readonly Moment[], repeats: number): Sentence {
  return say`${synAckAgain(copies, repeats)}; no acknowledgment came from the client.`;
}
