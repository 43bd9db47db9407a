import { type Sentence, say } from '../../base/sentence.ts';
import type { Connection } from '../../flow/connection.ts';
import type { Moment } from '../../flow/history.ts';
import { hasTimestamps, type Segment } from '../../flow/segment.ts';
import type { Detector } from '../detector.ts';
import { duration } from '../words.ts';

export const synLostDownstream: Detector = {
  entry: {
    code: 'syn-lost-downstream',
    category: 'handshake',
    severity: 'note',
    title: 'The first SYN was captured and never arrived',
    meaning:
      'The SYN was repeated, and the SYN-ACK echoes the timestamp of a later copy: the server answered that one and, as far as the packets tell, never had the first.',
    cause:
      'The first SYN was lost between the capture point and the server, or the server dropped it because its SYN queue or accept queue was full. (A server that keeps no state, with SYN cookies, echoes the latest copy too.)',
    hint: 'On the server look at nstat TcpExtListenOverflows, TcpExtListenDrops and TcpExtSyncookiesSent; if they stand still, look at the path beyond the capture point.',
    source: 'RFC 7323 §3.2 and §4.3; Linux tcp_conn_request()',
  },
  detect(connection) {
    const { client, server } = connection;
    const [first] = client.synCopies;
    const [answer] = server.synCopies;
    if (client.synCopies.length < 2 || answer === undefined || connection.isSimultaneousOpen) return null;
    if (!hasTimestamps(first) || !hasTimestamps(answer) || first.tsVal === answer.tsEcr) return null;
    if (connection.badSynAckFrames.length > 0 || wasChallenged(connection, first)) return null;
    const answered = client.synCopies.find((copy) => copy.tsVal === answer.tsEcr);
    if (answered === undefined) return null;
    return {
      at: 'path',
      frames: [first.frame, answered.frame, answer.frame],
      message: () => lostSynMessage(first, answered, answer),
    };
  },
};

/** The first SYN, the copy that was answered, and the SYN-ACK. */
export function lostSynMessage(first: Moment, answered: Moment, answer: Moment): Sentence {
  return say`The SYN-ACK in frame ${answer.frame} answers the SYN of frame ${answered.frame}, sent ${duration(answered.timeNanos - first.timeNanos)} after the first one in frame ${first.frame}, which got no answer.`;
}

/** Whether a connection before this one, on the same tuple, answered the SYN with an ACK of its own. */
function wasChallenged(connection: Connection, syn: Segment): boolean {
  if (connection.isRecovery) return true;
  const challenges = connection.predecessor?.challengeAcks ?? [];
  return challenges.some((ack) => ack.timeNanos >= syn.timeNanos);
}
