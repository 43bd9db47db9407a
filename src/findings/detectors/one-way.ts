import { type Sentence, say } from '../../base/sentence.ts';
import type { Connection } from '../../flow/connection.ts';
import type { EndTrack } from '../../flow/end.ts';
import { goesOnFor, isOneWay } from '../../flow/settle.ts';
import type { End } from '../../flow/vocabulary.ts';
import type { Detector } from '../detector.ts';
import { count, endName } from '../words.ts';

/** Time in which the other end would have shown, were it captured. */
const ANSWER_NANOS = 3_000_000_000;

export const oneWay: Detector = {
  entry: {
    code: 'one-way',
    category: 'capture',
    severity: 'note',
    title: 'Only one direction was captured',
    meaning:
      'All packets come from one end although the other must have spoken. What that other end did is read from the acknowledgments alone, so nothing about it is proven, and loss cannot be told.',
    cause:
      'Asymmetric routing, a tap or span port of one direction only, a capture filter on source or destination, or two interfaces of which one was captured.',
    hint: 'Capture at an end host, or at both paths, and analyse the files together.',
    source: 'RFC 9293 §3.4',
  },
  detect(connection) {
    if (!isOneWay(connection)) return null;
    const index = connection.ends[0].segments > 0 ? 0 : 1;
    const end = connection.ends[index];
    if (!hasHeardFromPeer(connection, end)) return null;
    const name = endName(connection, index);
    if (end.sentSynAck && !end.sentBeyondSyn) {
      return {
        at: 'capture',
        frames: end.synCopies.map((copy) => copy.frame),
        message: `Only the server's SYN-ACK was captured (${count(end.synCopies.length, 'segment')}), neither the SYN that it answers nor anything after it.`,
        cause:
          'Asymmetric routing or a capture of one direction; or the SYN came from elsewhere under a forged address, and this is the answer to it (backscatter of a SYN flood).',
      };
    }
    return {
      at: 'capture',
      frames: [connection.firstFrame, connection.lastFrame],
      message: () => aloneMessage(name, end.segments),
    };
  },
};

/** Which end is the only one that was captured, and how many segments it has sent. */
export function aloneMessage(name: End, segments: number): Sentence {
  const other = name === 'client' ? 'server' : 'client';
  return say`All ${count(segments, 'segment')} come from the ${name}; the ${other} was answering, but none of its packets were captured.`;
}

/** Whether the only end that was seen goes on as if the other one spoke during the capture. */
function hasHeardFromPeer(connection: Connection, end: EndTrack): boolean {
  if (end.sentSynAck || end.sentBareSyn) {
    return end.sentBeyondSyn || goesOnFor(connection, connection.firstNanos, ANSWER_NANOS);
  }
  const { recent } = end;
  if (recent.length < 2) return false;
  if (recent[0].ack !== recent[recent.length - 1].ack) return true;
  const fresh = end.segments - end.retransmittedSegments;
  return fresh > 2 && end.uniquePayloadBytes > 0 && recent[0].seq !== recent[recent.length - 1].seq;
}
