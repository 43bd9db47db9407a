/** What the capture left out of a connection: verdicts that rest on absence are not safe then. */
import { seqAdd, seqDiff } from '../tcp/seq.ts';
import type { Connection } from './connection.ts';

/** Segments that are neither SYN nor FIN nor RST, capture duplicates and invalid ones apart. */
export function plainSegments(connection: Connection): number {
  const { ends, isSelfConnect, segmentCount, captureDuplicates, invalidFlagSegments } = connection;
  const [a, b] = ends;
  let marked = captureDuplicates + invalidFlagSegments + a.syn + a.finCount + a.rst;
  if (!isSelfConnect) marked += b.syn + b.finCount + b.rst;
  return segmentCount - marked;
}

/** Whether the numbers, or a server that speaks before its handshake was over, show that the capture lacks segments: any other may be missing too. */
export function lacksSegments(connection: Connection): boolean {
  const { client, server, ends, handshakeAck } = connection;
  if (client.sentBareSyn && client.sentBeyondSyn && !server.sentSynAck && !server.sentBareSyn) return true;
  const isOpenUnseen = handshakeAck === null && server.sentSynAck && !server.sentBareSyn && server.sentBeyondSyn;
  if (connection.isThirdDoubtful || (isOpenUnseen && connection.acceptedSynBytes === 0)) return true;
  return ends.some((end) => end.unseenRanges.length > 0);
}

/**
 * Whether only segments with SYN, FIN or RST were captured although the numbers show that there were others: a FIN
 * far behind the SYN, or an acknowledgment of octets that nobody was seen to send.
 */
export function isFiltered(connection: Connection): boolean {
  if (connection.isSelfConnect || plainSegments(connection) > 0) return false;
  return connection.ends.some((end, index) => {
    const peer = connection.ends[1 - index];
    if (end.isn === -1) return false;
    const [first] = end.finCopies;
    const start = seqAdd(end.isn, 1);
    const isFinBehindData = first !== undefined && seqDiff(end.fin, start) > first.payloadBytes;
    const isDataAcknowledged = peer.ackHigh !== -1 && end.nxt !== -1 && seqDiff(peer.ackHigh, end.nxt) > 1;
    return isFinBehindData || isDataAcknowledged;
  });
}
