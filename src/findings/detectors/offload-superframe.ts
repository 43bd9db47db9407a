import type { Segment } from '../../flow/segment.ts';
import { RowOrigin } from '../../wire/batch.ts';
import type { Detector } from '../detector.ts';
import { count, endName } from '../words.ts';

export const offloadSuperframe: Detector = {
  entry: {
    code: 'offload-superframe',
    category: 'capture',
    severity: 'note',
    title: 'Segments larger than any on the wire',
    meaning:
      'A segment holds more than the other end said it takes in one (its MSS): it was captured before the network card cut it, or after it joined several. Counts of segments, sizes and times between them are not those of the wire.',
    cause:
      'Segmentation or receive offload (TSO, GSO, LRO, GRO) on the capturing host: the capture sees what the kernel hands to the card or gets from it.',
    hint: 'Capture on another machine (tap or span port), or switch the offloads off while capturing: ethtool -K DEVICE tso off gso off gro off lro off.',
    source: 'RFC 9293 §3.7.1; Linux Documentation/networking/segmentation-offloads',
  },
  detect(connection) {
    const [a, b] = [connection.client, connection.server];
    if (!isSuperOf(a.largest, b.mss) && !isSuperOf(b.largest, a.mss)) return null;
    const found = [
      { segment: a.largest, mss: b.mss },
      { segment: b.largest, mss: a.mss },
    ].filter(
      (each): each is { segment: Segment; mss: number } => each.segment !== null && isSuper(each.segment, each.mss),
    );
    const [first] = found.sort((x, y) => y.segment.payloadBytes - x.segment.payloadBytes);
    if (first === undefined) return null;
    const { segment, mss } = first;
    const limit = mss > 0 ? `, but the other end takes ${mss} at most` : ' and its IP header gives no length';
    return {
      at: 'capture',
      frames: found.map((each) => each.segment.frame),
      message: `Frame ${segment.frame} of the ${endName(connection, segment.from)} holds ${count(segment.payloadBytes, 'octet')} of data${limit}.`,
    };
  },
};

function isSuperOf(segment: Segment | null, mss: number): boolean {
  return segment !== null && isSuper(segment, mss);
}

/** More than the receiver's MSS, or a length that only the capture knows. */
function isSuper(segment: Segment, mss: number): boolean {
  if (mss > 0) return segment.payloadBytes > mss;
  return (segment.origin & RowOrigin.LENGTH_FROM_CAPTURE) !== 0;
}
