import type { Detector } from '../detector.ts';
import { count } from '../words.ts';

export const captureReordering: Detector = {
  entry: {
    code: 'capture-reordering',
    category: 'capture',
    severity: 'note',
    title: 'The capture exchanged packets',
    meaning:
      'An acknowledgment was captured before the data that it covers, less than 10 ms apart: the packets passed in the other order. They were put right before the analysis.',
    cause:
      'The two directions are captured on different queues, interfaces or ports of a tap and merged by inexact time stamps; or the capturing host stamps packets late.',
    hint: 'Do not take times below this uncertainty seriously. Stamp in hardware, capture both directions on one interface, or sort the file with reordercap.',
    source: 'RFC 9293 §3.4: no end acknowledges what has not been sent',
  },
  detect(connection) {
    const { reorderedFrames, reorderedSegments } = connection;
    if (reorderedSegments === 0) return null;
    return {
      at: 'capture',
      frames: reorderedFrames,
      message: `${count(reorderedSegments, 'acknowledgment')} (first in frame ${reorderedFrames[0]}) ${reorderedSegments === 1 ? 'was' : 'were'} captured before the data ${reorderedSegments === 1 ? 'it covers' : 'they cover'}.`,
    };
  },
};
