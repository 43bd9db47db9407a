import type { Connection } from '../../flow/connection.ts';
import type { EndTrack } from '../../flow/end.ts';
import type { Segment } from '../../flow/segment.ts';
import { seqDiff } from '../../tcp/seq.ts';
import type { Detector } from '../detector.ts';
import { clientFirst } from '../leading-end.ts';
import { isReset, wasSynchronized } from '../resets.ts';
import { count, duration, endName } from '../words.ts';

/** Hops by which routes differ without meaning anything. */
const TTL_TOLERANCE = 1;
/** Segments that must agree before a time to live counts as the sender's own. */
const LEAST_TTL_SAMPLES = 2;
/** Resets with numbers that their sender cannot have had before they count as a ladder. */
const LEAST_RUNGS = 2;

/** One reason to doubt that a reset is its sender's own. */
interface Doubt {
  readonly segment: Segment;
  readonly frames: readonly number[];
  /** A clause: `the client went on 800 ms later`. */
  readonly why: string;
}

export const rstInjectionSuspected: Detector = {
  entry: {
    code: 'rst-injection-suspected',
    category: 'security',
    severity: 'warning',
    title: 'A reset that its sender probably did not send',
    meaning:
      'A reset carries the address of an end, but the end went on as if it had sent none, or the reset came over another number of hops than everything else from that end, or there is a series of resets with guessed numbers.',
    cause:
      'Something on the path ends connections in the name of the ends: a firewall, an intrusion prevention or filtering system, a load balancer whose idle time-out ran out; or an attacker.',
    hint: 'Capture near the end that is said to have sent the reset: if it is not there, it was made on the way. The TTL tells how many hops away.',
    source: 'RFC 5961 §3; RFC 3360; RFC 9293 §3.5.2',
  },
  detect(connection) {
    if (connection.rstCopies.length === 0) return null;
    const doubts = doubtsOf(connection);
    const [first] = doubts;
    if (first === undefined) return null;
    const name = endName(connection, first.segment.from);
    const reasons = [
      ...new Set(doubts.filter(({ segment }) => segment.from === first.segment.from).map((doubt) => doubt.why)),
    ];
    return {
      at: 'path',
      frames: doubts.flatMap((doubt) => doubt.frames),
      message: `The reset of frame ${first.segment.frame} was probably not sent by the ${name}: ${reasons.join('; ')}.`,
    };
  },
};

function doubtsOf(connection: Connection): Doubt[] {
  if (connection.resets.length === 0) return [];
  return [...goesOn(connection), ...otherTtl(connection), ...ladder(connection)];
}

/** Whether there is reason to think that somebody else sent this reset. */
export function isDoubted(connection: Connection, reset: Segment): boolean {
  return doubtsOf(connection).some(({ segment }) => segment === reset);
}

/** An end that had the connection never sends a reset and goes on. */
function goesOn(connection: Connection): Doubt[] {
  if (connection.isSelfConnect) return [];
  const doubts: Doubt[] = [];
  for (const reset of connection.resets) {
    const { segment, verdict } = reset;
    if (verdict === 'accepted' && !reset.isWithdrawn) continue;
    const isEarlier = verdict === 'ignored' && connection.predecessor !== null;
    if (!wasSynchronized(reset) || isEarlier || reset.senderState === 'CLOSED') continue;
    const me = connection.ends[segment.from];
    const next = me.recent.find(
      (each) => !isReset(each) && connection.isBeyondRtt(segment.timeNanos, each.timeNanos) && !isCopy(me.recent, each),
    );
    if (next === undefined) continue;
    const later = duration(next.timeNanos - segment.timeNanos);
    const name = endName(connection, segment.from);
    doubts.push({
      segment,
      frames: [segment.frame, next.frame],
      why: `the ${name} went on ${later} later in frame ${next.frame}`,
    });
  }
  return doubts;
}

/** Whether an earlier segment has the same octets and time stamp: the network may have kept it back. */
function isCopy(recent: readonly Segment[], segment: Segment): boolean {
  return recent.some(
    (each) =>
      each !== segment && each.frame < segment.frame && each.seq === segment.seq && each.checksum === segment.checksum,
  );
}

/** A reset with another time to live than all other segments of that end, which agree among themselves. */
function otherTtl(connection: Connection): Doubt[] {
  const doubts: Doubt[] = [];
  for (const segment of connection.rstCopies) {
    const me = connection.ends[segment.from];
    if (me.recent.some((each) => each.ttl === segment.ttl && !isReset(each))) continue;
    const { least, most, last } = ttlOf(me);
    if (last === null || most - least > TTL_TOLERANCE) continue;
    if (segment.ttl >= least - TTL_TOLERANCE && segment.ttl <= most + TTL_TOLERANCE) continue;
    const usual = least === most ? `${least}` : `${least} or ${most}`;
    doubts.push({
      segment,
      frames: [segment.frame, last.frame],
      why: `its time to live is ${segment.ttl}, not ${usual} as in all else from that end`,
    });
  }
  return doubts;
}

/** Times to live of the segments of an end that are no resets; `last` is null while there are too few of them. */
function ttlOf(end: EndTrack): { readonly least: number; readonly most: number; readonly last: Segment | null } {
  let least = 255;
  let most = 0;
  let last: Segment | null = null;
  let samples = 0;
  for (const copies of [end.synCopies, end.recent]) {
    for (const each of copies) {
      if (isReset(each)) continue;
      if (copies === end.synCopies || !end.synCopies.includes(each)) samples++;
      least = Math.min(least, each.ttl);
      most = Math.max(most, each.ttl);
      last = each;
    }
  }
  return { least, most, last: samples < LEAST_TTL_SAMPLES ? null : last };
}

/** Resets whose numbers climb beyond everything their sender has sent: guesses at where the receiver will be. */
function ladder(connection: Connection): Doubt[] {
  if (connection.rstCopies.length < LEAST_RUNGS) return [];
  for (const from of clientFirst(connection)) {
    const me = connection.ends[from];
    const peer = connection.ends[1 - from];
    if (me.nxt === -1) continue;
    const top = peer.ackHigh !== -1 && seqDiff(peer.ackHigh, me.nxt) > 0 ? peer.ackHigh : me.nxt;
    const beyond = connection.rstCopies.filter((copy) => copy.from === from && seqDiff(copy.seq, top) > 0);
    const rungs = beyond.filter((copy, i) => i === 0 || seqDiff(copy.seq, beyond[i - 1].seq) > 0);
    if (rungs.length < LEAST_RUNGS) continue;
    const frames = rungs.map((copy) => copy.frame);
    return [
      {
        segment: rungs[0],
        frames,
        why: `${count(rungs.length, 'reset')} with climbing numbers that it had not reached`,
      },
    ];
  }
  return [];
}
