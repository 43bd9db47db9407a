import type { Connection } from '../../flow/connection.ts';
import { seqDiff } from '../../tcp/seq.ts';
import type { Detector } from '../detector.ts';
import { leadingEnd } from '../leading-end.ts';
import { count, endName } from '../words.ts';

/** More than this acknowledged ahead of the capture is a broken number, not a gap. */
const BELIEVABLE_BYTES = 1 << 28;

export const ackedUnseen: Detector = {
  entry: {
    code: 'acked-unseen',
    category: 'capture',
    severity: 'note',
    title: 'The capture missed data that arrived',
    meaning:
      'An end acknowledged data that was never captured and never sent again: it reached the receiver, so the network did not lose it. The capture did.',
    cause:
      'The capturing host was too slow or its buffer too small, a span port was overloaded, or some packets take another path than past the capture point.',
    hint: 'Look at the drop counters of the capture (tcpdump prints them at its end), capture with a larger buffer (tcpdump -B), a shorter snap length or a filter. Conclusions from what is missing in this connection are not safe.',
    source: 'RFC 9293 §3.4: an acknowledgment says that all before it was received',
  },
  detect(connection) {
    const isWhole =
      connection.ackedUnseenFrames.length === 0 && connection.ends.every((end) => end.unseenRanges.length === 0);
    if (isWhole) return null;
    const gaps = ([0, 1] as const).map((index) => gapOf(connection, index));
    const widest = leadingEnd(connection, (index) => gaps[index].bytes);
    const other = widest === 0 ? 1 : 0;
    if (gaps[widest].bytes === 0) return null;
    const name = endName(connection, widest);
    const acker = name === 'client' ? 'server' : 'client';
    const also = gaps[other].bytes > 0 ? `, and ${gaps[other].bytes} of the ${acker}` : '';
    return {
      at: 'capture',
      frames: [...gaps[widest].frames, ...gaps[other].frames],
      message: `${count(gaps[widest].bytes, 'octet')} of the ${name}${also} were acknowledged (first in frame ${gaps[widest].frames[0]}) but are not in the capture.`,
    };
  },
};

/** Octets of an end that its peer acknowledged and the capture does not hold. */
function gapOf(connection: Connection, index: 0 | 1): { readonly bytes: number; readonly frames: readonly number[] } {
  const none = { bytes: 0, frames: [] };
  if (connection.isSelfConnect) return none;
  const end = connection.ends[index];
  const peer = connection.ends[1 - index];
  if (end.segments === 0 || end.nxt === -1) return none;
  let bytes = end.unseenRanges.reduce((sum, range) => sum + seqDiff(range.end, range.start), 0);
  const frames = end.unseenRanges.map((range) => range.frame);
  const ahead = peer.ackHigh === -1 ? 0 : seqDiff(peer.ackHigh, end.nxt);
  const isTail = ahead > 0 && ahead < BELIEVABLE_BYTES && connection.ackedUnseenFrames.length > 0;
  if (isTail) {
    bytes += ahead;
    frames.push(connection.ackedUnseenFrames[connection.ackedUnseenFrames.length - 1]);
  }
  return { bytes, frames };
}
