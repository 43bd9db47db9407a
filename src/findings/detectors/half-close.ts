import { type Sentence, say } from '../../base/sentence.ts';
import type { Moment } from '../../flow/history.ts';
import type { End } from '../../flow/vocabulary.ts';
import { frameList } from '../close.ts';
import type { Detector } from '../detector.ts';
import { count, endName } from '../words.ts';

export const halfClose: Detector = {
  entry: {
    code: 'half-close',
    category: 'teardown',
    severity: 'info',
    title: 'One direction was closed, the other went on',
    meaning:
      'An end sent its FIN and went on receiving: data that the other end sent after it had seen the FIN was acknowledged.',
    cause:
      'The program called shutdown(SHUT_WR) to say that its request is complete, and went on reading; after close() the same data would have been answered with a reset.',
    hint: 'Nothing is wrong; this is what shutdown(SHUT_WR) is for. Note that some middleboxes cut half-closed connections off early; connection tracking on Linux keeps them for nf_conntrack_tcp_timeout_fin_wait, then nf_conntrack_tcp_timeout_close_wait (120 s and 60 s).',
    source: 'RFC 9293 §3.6, §3.9.1 (CLOSE); RFC 1122 §4.2.2.13',
  },
  detect(connection) {
    if (!connection.isHalfCloseAcknowledged) return null;
    const [first] = connection.halfCloseSegments;
    const talker = first.from;
    const closer = talker === 0 ? 1 : 0;
    const segments = connection.halfCloseSegments.filter(({ from }) => from === talker);
    const [fin] = connection.ends[closer].finCopies;
    if (fin === undefined) return null;
    const name = endName(connection, closer);
    return {
      at: name,
      frames: [fin.frame, ...segments.map(({ frame }) => frame)],
      message: () => halfCloseMessage(name, endName(connection, talker), connection.halfCloseBytes, segments),
    };
  },
};

/** Who had closed, who sent how many octets behind that, and in which segments. */
export function halfCloseMessage(closer: End, talker: End, bytes: number, segments: readonly Moment[]): Sentence {
  return say`The ${talker} sent ${count(bytes, 'octet')} (${frameList(segments)}) after it had acknowledged the ${closer}'s FIN, and the ${closer} took them: it had called shutdown(SHUT_WR), not close().`;
}
