import type { Detector } from '../detector.ts';
import { duration } from '../words.ts';

/** Outcomes in which an end still held the connection when it was last seen. */
const UNCLOSED: ReadonlySet<string> = new Set(['open', 'half-closed', 'fin-unacknowledged', 'partial']);

export const portReuseUnclosed: Detector = {
  entry: {
    code: 'port-reuse-unclosed',
    category: 'reuse',
    severity: 'note',
    title: 'The ports were used again although no close was seen',
    meaning:
      'A new connection between the same addresses and ports was accepted at once, so the old one had ended; how it ended is not in the capture.',
    cause:
      'The capture missed the close (drops, a filter, another path), or both hosts had given the connection up silently: time-outs, a reboot, or a NAT box that hands one port to one host after another.',
    hint: 'Take the outcome of the old connection with care. If it occurs often, look at the drop counters of the capture and at the time-outs of NAT boxes and firewalls.',
    source: 'RFC 9293 §3.10.7.4 (a SYN on a live connection is challenged, not accepted); RFC 5961 §4',
  },
  detect(connection) {
    const { successor, verdict } = connection;
    if (successor === null || successor.isRecovery || !UNCLOSED.has(verdict.outcome)) return null;
    const opener = successor.client;
    if (!opener.sentBareSyn || connection.ends.some(isGone)) return null;
    const silence = duration(successor.firstNanos - connection.lastNanos);
    return {
      at: 'capture',
      frames: [connection.lastFrame, successor.firstFrame, successor.lastFrame],
      message: `The SYN in frame ${successor.firstFrame}, ${silence} after the last segment of this connection (frame ${connection.lastFrame}), opened a new one on the same ports, although no close of this one was captured.`,
    };
  },
};

function isGone(end: { state: string }): boolean {
  return end.state === 'CLOSED' || end.state === 'TIME_WAIT';
}
