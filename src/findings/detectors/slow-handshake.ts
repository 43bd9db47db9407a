import type { Connection } from '../../flow/connection.ts';
import type { EndTrack } from '../../flow/end.ts';
import { hasTimestamps, type Segment } from '../../flow/segment.ts';
import { TcpFlag } from '../../wire/batch.ts';
import type { Detector } from '../detector.ts';
import { duration } from '../words.ts';

/** A leg is slow when it takes this many times what the close took on it. */
const SLOW_FACTOR = 3;

/** How late after its time a repeat may pass the tap. */
const REPEAT_NANOS = 300_000_000;
/** No attempt to connect lasts longer than this; the clock of the capture was set meanwhile. */
const BELIEVABLE_NANOS = 600_000_000_000;

export const slowHandshake: Detector = {
  entry: {
    code: 'slow-handshake',
    category: 'handshake',
    severity: 'note',
    title: 'The handshake was slow although nothing was lost',
    meaning:
      'A SYN or SYN-ACK took long to be answered, measured from the copy that the answer echoes, so that it is no matter of retransmission.',
    cause:
      'A long or congested path, a host that is overloaded, asleep or being woken, a first packet that waits for address resolution, a tunnel or a radio link that is being set up, or a proxy that asks its backend before it answers.',
    hint: 'Compare with the round trips later in the connection: if those are short, the delay lies with the host or proxy that answers, not with the path. ss -ti shows the round trip that the kernel measures; ip neigh tells whether an address had to be resolved first.',
    source: 'RFC 7323 §4; RFC 9293 §3.5',
  },
  detect(connection, policy) {
    const { client, server, handshakeAck } = connection;
    if (connection.isSelfConnect || connection.isSimultaneousOpen || client.synCopies.length === 0) return null;
    const [synAck] = server.synCopies;
    if (synAck === undefined || connection.badSynAckFrames.includes(synAck.frame)) return null;
    const lastNanos = Math.max(synAck.timeNanos, handshakeAck?.timeNanos ?? 0);
    if (lastNanos - client.synCopies[0].timeNanos < policy.slowHandshakeSeconds * 1e9) return null;
    const isSlow = (nanos: number, usualNanos: number): boolean =>
      nanos > Math.max(policy.slowHandshakeSeconds * 1e9, SLOW_FACTOR * usualNanos) &&
      nanos < BELIEVABLE_NANOS &&
      !looksLikeRepeat(nanos);
    const [asked, serverNanos] = legOf(client.synCopies, synAck);
    if (asked !== null && isSlow(serverNanos, closingLegOf(client))) {
      return evidenceOf(connection, 'server', 'SYN-ACK', synAck, 'SYN', asked);
    }
    if (handshakeAck === null || handshakeAck.payloadBytes > 0 || (handshakeAck.flags & TcpFlag.FIN) !== 0) return null;
    const [answered, clientNanos] = legOf(server.synCopies, handshakeAck);
    if (answered === null || !isSlow(clientNanos, closingLegOf(server))) return null;
    return evidenceOf(connection, 'client', 'third segment', handshakeAck, 'SYN-ACK', answered);
  },
};

/**
 * Whether the answer came when its sender would have repeated it, one, three, seven … seconds after the first time: that
 * first answer may have been lost before the tap.
 */
function looksLikeRepeat(nanos: number): boolean {
  for (let repeatNanos = 1e9; repeatNanos <= 63e9; repeatNanos = 2 * repeatNanos + 1e9) {
    if (nanos >= repeatNanos && nanos < repeatNanos + REPEAT_NANOS) return true;
  }
  return false;
}

function evidenceOf(
  connection: Connection,
  at: 'client' | 'server',
  what: string,
  answer: Segment,
  askedWhat: string,
  asked: Segment,
): { at: 'client' | 'server'; frames: number[]; message: string } {
  const usual = closingLegOf(at === 'server' ? connection.client : connection.server);
  const later = usual > 0 ? `; at the close the same way took ${duration(usual)}` : '';
  return {
    at,
    frames: [asked.frame, answer.frame],
    message: `The ${what} in frame ${answer.frame} came ${duration(answer.timeNanos - asked.timeNanos)} after the ${askedWhat} in frame ${asked.frame}${later}.`,
  };
}

/**
 * What an answer answers, and the time it took: from the copy that it echoes, but never more than from the latest copy
 * before it, which may have prompted it although the first one is echoed.
 */
function legOf(copies: readonly Segment[], answer: Segment): [asked: Segment | null, nanos: number] {
  const latest = copies.findLast((copy) => copy.timeNanos <= answer.timeNanos);
  if (latest === undefined) return [null, 0];
  const isTimed = hasTimestamps(answer) && hasTimestamps(latest);
  const echoed = isTimed ? copies.find((copy) => copy.tsVal === answer.tsEcr) : latest;
  return [echoed ?? null, answer.timeNanos - latest.timeNanos];
}

/** Time from the FIN of an end to its acknowledgment, nanoseconds; 0 if there is none or it was repeated. */
function closingLegOf(end: EndTrack): number {
  const { finCopies, finCover } = end;
  return finCover !== null && finCopies.length === 1 ? finCover.timeNanos - finCopies[0].timeNanos : 0;
}
