import type { Detector } from '../detector.ts';
import { count } from '../words.ts';

export const captureDuplicates: Detector = {
  entry: {
    code: 'capture-duplicates',
    category: 'capture',
    severity: 'note',
    title: 'Packets were captured twice',
    meaning:
      'The same packet is in the capture more than once, within a few milliseconds. The copies were set aside: they count as frames, and never as retransmissions.',
    cause:
      'The packet passes the capture point twice: a span port that mirrors both directions, the "any" device, a bridge, router or container host that is captured on both sides.',
    hint: 'Capture on one interface or one side of the router; tools that do not set copies aside will call them retransmissions and duplicate ACKs.',
    source: 'RFC 9293 §3.4; RFC 6864 §4 for the IP identification',
  },
  detect(connection) {
    const { captureDuplicates: copies, firstDuplicateFrames, segmentCount } = connection;
    if (copies === 0) return null;
    return {
      at: 'capture',
      frames: firstDuplicateFrames,
      message: `${count(copies, 'frame')} of ${segmentCount} ${copies === 1 ? 'is a copy' : 'are copies'} of a packet that had been captured before.`,
    };
  },
};
