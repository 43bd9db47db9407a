import { type ChecksumCounts, MAX_BAD_FRAMES, newChecksumCounts } from './checksum.ts';
import { type FragmentCounts, newFragmentCounts } from './fragments.ts';
import { SkipCounter } from './skip.ts';
import { formatPath } from './tunnel.ts';

/** What the decoder counts of the packets of one interface. */
export class Tally {
  rows = 0;
  /** Rows whose list of TCP options was malformed. */
  malformedOptions = 0;
  readonly skips = new SkipCounter();
  /** Rows by tunnel path (see tunnel.ts). */
  readonly tunnelRows = new Map<number, number>();
  readonly fragments: FragmentCounts = newFragmentCounts();
  readonly checksums: ChecksumCounts = newChecksumCounts();
}

/** What was counted of one or more interfaces, ready to be reported. */
export interface DecoderCounts {
  /** Rows appended. */
  tcpSegmentCount: number;
  /** Rows whose list of TCP options was malformed; what parsed of it is used. */
  malformedOptionCount: number;
  /** Packets that gave no row, by reason (kebab case; see `Skip`). */
  skipped: Record<string, number>;
  /** Rows that came through tunnels, by path, outermost first: `gre > vxlan`. */
  tunnels: Record<string, number>;
  fragments: FragmentCounts;
  /** All 0 when nothing was verified. */
  checksums: ChecksumCounts;
}

/** Adds up the tallies of several interfaces. */
export function sumTallies(tallies: Iterable<Tally>): DecoderCounts {
  const sum: DecoderCounts = {
    tcpSegmentCount: 0,
    malformedOptionCount: 0,
    skipped: {},
    tunnels: {},
    fragments: newFragmentCounts(),
    checksums: newChecksumCounts(),
  };
  for (const tally of tallies) {
    sum.tcpSegmentCount += tally.rows;
    sum.malformedOptionCount += tally.malformedOptions;
    addAll(sum.skipped, tally.skips.toRecord());
    for (const [path, rows] of tally.tunnelRows) addAll(sum.tunnels, { [formatPath(path)]: rows });
    const { badFrames, ...counts } = tally.checksums;
    addAll(sum.checksums as unknown as Record<string, number>, counts);
    sum.checksums.badFrames.push(...badFrames.slice(0, MAX_BAD_FRAMES - sum.checksums.badFrames.length));
    addAll(sum.fragments as unknown as Record<string, number>, { ...tally.fragments });
  }
  return sum;
}

function addAll(sum: Record<string, number>, counts: Record<string, number>): void {
  for (const [name, count] of Object.entries(counts)) sum[name] = (sum[name] ?? 0) + count;
}
