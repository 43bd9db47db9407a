/** From what was counted of a capture to its entry in the result document. */
import type { CaptureReport } from '../source/reader.ts';
import type { DecoderCounts } from '../wire/tally.ts';
import { formatCount, formatFrames, formatQuantity } from './measure.ts';
import type { CaptureResult, ChecksumsResult } from './result.ts';

type Counts = Pick<
  CaptureResult,
  'tcpSegmentCount' | 'malformedOptionCount' | 'skipped' | 'tunnels' | 'fragments' | 'checksums'
>;

/** What the decoder counted, without what there was none of. */
export function describeCounts(counts: DecoderCounts, verified: boolean): Counts {
  const { tcpSegmentCount, malformedOptionCount, skipped, tunnels, fragments, checksums } = counts;
  return {
    tcpSegmentCount,
    skipped,
    ...(malformedOptionCount === 0 ? {} : { malformedOptionCount }),
    ...(Object.keys(tunnels).length === 0 ? {} : { tunnels }),
    ...(Object.values(fragments).every((count) => count === 0) ? {} : { fragments }),
    ...(verified ? { checksums } : {}),
  };
}

/** What the capture tells of packets that are not in it, and how many were left out. */
export function describeLosses(report: CaptureReport): Pick<CaptureResult, 'droppedCount' | 'duplicateCount'> {
  const told = report.interfaces.flatMap(({ droppedCount }) => (droppedCount === null ? [] : [droppedCount]));
  const { duplicateCount } = report;
  return {
    ...(told.length === 0 ? {} : { droppedCount: told.reduce((sum, count) => sum + count, 0) }),
    ...(duplicateCount === 0 ? {} : { duplicateCount }),
  };
}

/** What a reader of the report should know of the captures besides their size, as labelled sentences. */
export function describeCaptures(captures: readonly CaptureResult[]): { label: string; text: string }[] {
  const told: { label: string; text: string }[] = [];
  const say = (label: string, text: string): void => {
    if (text !== '') told.push({ label, text });
  };
  const dropped = addUp(captures.map((capture) => capture.droppedCount ?? 0));
  if (dropped > 0) {
    say(
      'lost',
      `${formatQuantity(dropped, 'packet')} never reached the capture, by its own counters: gaps are its own`,
    );
  }
  const duplicates = addUp(captures.map((capture) => capture.duplicateCount ?? 0));
  if (duplicates > 0) say('left out', `${formatQuantity(duplicates, 'packet')} that another file has too`);
  say('tunnels', describeTunnels(captures));
  const conflicts = addUp(captures.map(({ fragments }) => fragments?.conflicts ?? 0));
  const overlaps = addUp(captures.map(({ fragments }) => fragments?.overlaps ?? 0));
  if (overlaps > 0) {
    const worse = conflicts > 0 ? `, ${formatCount(conflicts)} of them with other octets: an attack or damage` : '';
    say('fragments', `${formatQuantity(overlaps, 'IP fragment')} over others${worse}; receivers drop such datagrams`);
  }
  const incomplete = addUp(captures.map(({ fragments }) => fragments?.incompleteSegments ?? 0));
  if (incomplete > 0) {
    say(
      'fragments',
      `of ${formatQuantity(incomplete, 'TCP segment')} only the first fragment came; nothing is concluded from it`,
    );
  }
  const malformed = addUp(captures.map(({ malformedOptionCount = 0 }) => malformedOptionCount));
  if (malformed > 0) say('options', `malformed in ${formatQuantity(malformed, 'TCP segment')}; what parses is used`);
  for (const { checksums } of captures) if (checksums !== undefined) say('checksums', describeChecksums(checksums));
  return told;
}

const addUp = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);

function describeTunnels(captures: readonly CaptureResult[]): string {
  const totals = new Map<string, number>();
  for (const { tunnels = {} } of captures) {
    for (const [path, count] of Object.entries(tunnels)) totals.set(path, (totals.get(path) ?? 0) + count);
  }
  const sorted = [...totals].sort((a, b) => b[1] - a[1]);
  return sorted.map(([path, count]) => `${formatQuantity(count, 'TCP segment')} through ${path}`).join(', ');
}

/** What was found when checksums were verified, and what that means. */
export function describeChecksums(checksums: ChecksumsResult): string {
  const { good, bad, badIpHeaders, offloaded, unverifiable, badFrames } = checksums;
  if (good + bad + badIpHeaders + offloaded + unverifiable === 0) return 'no TCP segment to verify';
  const parts = [`${formatCount(good)} right`];
  const frames = describeBadFrames(bad + badIpHeaders, badFrames);
  if (bad > 0) parts.push(`${formatCount(bad)} wrong, which their receiver drops (${frames})`);
  if (badIpHeaders > 0) {
    const where = bad > 0 ? '' : ` (${frames})`;
    parts.push(
      `${formatQuantity(badIpHeaders, 'IPv4 header')} with a wrong checksum, which the next router drops${where}`,
    );
  }
  if (offloaded > 0) {
    parts.push(
      `${formatCount(offloaded)} not filled in yet (offload: this capture was taken on the host that sends them)`,
    );
  }
  if (unverifiable > 0) parts.push(`${formatCount(unverifiable)} not captured whole`);
  return parts.join(', ');
}

function describeBadFrames(count: number, frames: readonly number[]): string {
  const shown = frames.slice(0, 4);
  return count > shown.length ? `${formatFrames(shown)}, ...` : formatFrames(shown);
}
