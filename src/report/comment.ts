/** What is written beside each packet of a connection that is cut out, for Wireshark to show. */
import type { ConnectionResult, SegmentResult } from './result.ts';

/** Texts that repeat, each kept once: connections have many segments and few kinds of them. */
export type Texts = Map<string, string>;

/**
 * What there is to say of every frame of a connection that was built with its segments:
 * `fin-1 | client FIN_WAIT_1 | server ESTABLISHED | data-after-close-reset`.
 */
export function commentOn(connection: ConnectionResult, texts: Texts): Map<number, string> {
  const evidence = new Map<number, string[]>();
  for (const { code, frames } of connection.findings) {
    for (const frame of frames) evidence.set(frame, [...(evidence.get(frame) ?? []), code]);
  }
  const comments = new Map<number, string>();
  for (const segment of connection.segments ?? []) {
    const { frame } = segment;
    const before = comments.get(frame);
    const comment = describeSegment(segment, evidence.get(frame) ?? []);
    const text = before === undefined ? comment : `${before}; ${comment}`;
    if (!texts.has(text)) texts.set(text, text);
    comments.set(frame, texts.get(text) ?? text);
  }
  return comments;
}

function describeSegment(segment: SegmentResult, codes: readonly string[]): string {
  const { labels, clientState, serverState } = segment;
  const parts = [labels.join(' '), `client ${clientState}`, `server ${serverState}`];
  return [...parts, ...(codes.length > 0 ? [codes.join(' ')] : [])].join(' | ');
}
