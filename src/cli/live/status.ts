/** What there is to say of a live capture while it runs, and of its losses at the end. */
import { formatCount, formatDuration, formatQuantity } from '../../report/measure.ts';
import type { Session } from './session.ts';

/** Some lines, as SIGUSR1 asks for them. */
export function renderStatus(session: Session): string {
  const { live, capture, toldFindings, takenBack } = session;
  const standing = [...toldFindings].map(([code, count]) => [code, count - (takenBack.get(code) ?? 0)] as const);
  const seconds = (performance.now() - session.startedMillis) / 1000;
  const lines = [
    `${formatQuantity(capture.packetCount, 'packet')} in ${formatDuration(seconds)}; ${describeLosses(session)}`,
    `${formatQuantity(live.openedCount, 'connection')} seen, ${formatCount(live.openCount)} tracked`,
    `outcomes: ${describeCounts(Object.entries(live.summary.outcomes))}`,
    `findings: ${describeCounts(standing)}`,
  ];
  const { over, open } = live.evicted;
  if (over + open > 0) lines.push(describeEvictions(session));
  return `${lines.join('\n')}\n`;
}

/** What was lost between the interface and the analysis, as far as anybody tells. */
export function describeLosses({ capture }: Session, isOver = false): string {
  const { received, dropped, onInterface } = capture.losses;
  if (dropped !== null) {
    const of = received === null ? '' : ` of ${formatCount(received)}`;
    const left = isOver && received !== null ? received - dropped - capture.packetCount : 0;
    const rest = left > 0 ? `, and ${formatCount(left)} not fetched any more when it ended` : '';
    const doubt = dropped + Math.max(0, left) > 0 ? '; findings that rest on something missing are doubtful' : '';
    return `${formatQuantity(dropped, 'packet')}${of} dropped by the kernel${rest}${doubt}`;
  }
  if (onInterface === null) return 'losses are not known (the package cap has no drop counter; --via tcpdump has one)';
  const missing = onInterface - capture.packetCount;
  return missing <= 0
    ? `all ${formatQuantity(onInterface, 'packet')} that the interface counted`
    : `${formatCount(missing)} fewer than the ${formatCount(onInterface)} that the interface counted`;
}

export function describeEvictions({ live }: Session): string {
  const { over, open } = live.evicted;
  return `${formatQuantity(over + open, 'connection')} given up because there were too many (--max-connections): ${formatCount(over)} closed ones, ${formatCount(open)} open ones`;
}

function describeCounts(counts: readonly (readonly [string, number])[]): string {
  const some = counts.filter(([, count]) => count > 0).sort((a, b) => b[1] - a[1]);
  return some.length === 0 ? 'none' : some.map(([name, count]) => `${name} ${formatCount(count)}`).join(', ');
}
