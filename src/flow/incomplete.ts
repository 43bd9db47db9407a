/**
 * Segments of which only the first IP fragment was captured. That they were sent is certain; whether the rest arrived is
 * not, and they are known only once nobody waits for the rest any more, long after what followed them. So they count,
 * with their frame and time, and the machine does not see them.
 */
import { seqDiff } from '../tcp/seq.ts';
import { TcpFlag } from '../wire/batch.ts';
import { completenessBits } from './completeness.ts';
import type { Connection, SegmentRecord } from './connection.ts';
import type { EndTrack } from './end.ts';
import { decideRoles } from './process.ts';
import { hasInvalidFlags, type Segment } from './segment.ts';

/** Numbers this far from the next one are believed of a connection whose SYN was not captured. */
const NEAR_BYTES = 0xffff;

/** Counts such a segment in a connection, or begins one that has nothing else yet. */
export function takeIncomplete(connection: Connection, segment: Segment): void {
  const { frame, timeNanos, from, flags, payloadBytes } = segment;
  const isBlank = connection.segmentCount === 0 && connection.incomplete === null;
  const isFirst = isBlank || (frame < connection.firstFrame && belongsBefore(connection.ends[from], segment));
  if (isBlank) decideRoles(connection, segment);
  if (isFirst) {
    connection.firstFrame = frame;
    connection.firstNanos = timeNanos;
  }
  connection.lastFrame = Math.max(connection.lastFrame, frame);
  connection.lastNanos = isBlank ? timeNanos : Math.max(connection.lastNanos, timeNanos);
  // As in Wireshark, which takes the length of such a segment for unknown.
  connection.completeness |= completenessBits(flags, 0, isFirst);
  connection.incomplete ??= { first: segment, counts: [0, 0], payloadBytes: [0, 0] };
  if (frame < connection.incomplete.first.frame) connection.incomplete.first = segment;
  connection.incomplete.counts[from]++;
  connection.incomplete.payloadBytes[from] += payloadBytes;
  if (connection.records !== null) enterRecord(connection, connection.records, segment);
}

/** Whether the numbers allow that a connection, of which later segments were taken in, began with this one. */
function belongsBefore(sender: EndTrack, { flags, seq }: Segment): boolean {
  if (sender.isn !== -1) return (flags & TcpFlag.SYN) !== 0 && seq === sender.isn;
  return sender.nxt === -1 || Math.abs(seqDiff(seq, sender.nxt)) <= NEAR_BYTES;
}

/** Puts the record where its frame belongs, with the states that held there. */
function enterRecord(connection: Connection, records: SegmentRecord[], segment: Segment): void {
  let at = records.length;
  while (at > 0 && records[at - 1].segment.frame > segment.frame) at--;
  const before = records.at(at - 1);
  const isOpening = (segment.flags & TcpFlag.SYN) !== 0;
  records.splice(at, 0, {
    segment,
    labels: ['incomplete'],
    rules: [],
    phase: at === 0 || before === undefined ? (isOpening ? 'handshake' : 'data') : before.phase,
    states: at === 0 || before === undefined ? ['UNKNOWN', 'UNKNOWN'] : [before.states[0], before.states[1]],
  });
  const { segmentLimit } = connection.options;
  if (segmentLimit === undefined || records.length <= segmentLimit) return;
  records.pop();
  connection.droppedRecords++;
}

/** Nothing else was captured of the connection: what its first segment shows of the end that sent it. */
export function assumeSender(connection: Connection): void {
  const first = connection.incomplete?.first;
  if (first === undefined || hasInvalidFlags(first.flags)) return;
  const me = connection.ends[first.from];
  const { flags } = first;
  connection.isMidstream = (flags & TcpFlag.SYN) === 0;
  if ((flags & (TcpFlag.FIN | TcpFlag.RST)) !== 0) return;
  if ((flags & TcpFlag.SYN) === 0) me.history.enter('ESTABLISHED', 'assumed', first);
  else if ((flags & TcpFlag.ACK) === 0) {
    connection.synFrame = first.frame;
    me.history.enter('SYN_SENT', 'proven', first);
  } else {
    connection.synAckFrame = first.frame;
    me.history.enter('SYN_RECEIVED', 'proven', first);
  }
}
