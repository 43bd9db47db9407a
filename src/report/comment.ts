/** What is written beside each packet of a connection that is cut out, for Wireshark to show. */
import type { ConnectionResult, SegmentResult } from './result.ts';

/**
 * A comment for every frame of a connection that was built with its segments:
 * `lastack #3, frame 8: fin-1 | client FIN_WAIT_1 | server ESTABLISHED | data-after-close-reset`.
 */
export function commentOn(connection: ConnectionResult): Map<number, string> {
  const evidence = new Map<number, string[]>();
  for (const { code, frames } of connection.findings) {
    for (const frame of frames) evidence.set(frame, [...(evidence.get(frame) ?? []), code]);
  }
  const comments = new Map<number, string>();
  for (const segment of connection.segments ?? []) {
    const { frame } = segment;
    const before = comments.get(frame);
    const comment = describeSegment(connection.id, segment, evidence.get(frame) ?? []);
    comments.set(frame, before === undefined ? comment : `${before}\n${comment}`);
  }
  return comments;
}

function describeSegment(id: number, segment: SegmentResult, codes: readonly string[]): string {
  const { frame, labels, clientState, serverState } = segment;
  const parts = [
    `lastack #${id}, frame ${frame}: ${labels.join(' ')}`,
    `client ${clientState}`,
    `server ${serverState}`,
    ...(codes.length > 0 ? [codes.join(' ')] : []),
  ];
  return parts.join(' | ');
}
