/** From what was counted of a capture to its entry in the result document. */
import type { CaptureReport } from '../source/reader.ts';
import type { DecoderCounts } from '../wire/tally.ts';
import type { CaptureResult } from './result.ts';

type Counts = Pick<CaptureResult, 'tcpSegmentCount' | 'skipped' | 'tunnels' | 'fragments' | 'checksums'>;

/** What the decoder counted, without what there was none of. */
export function describeCounts(counts: DecoderCounts, verified: boolean): Counts {
  const { tcpSegmentCount, skipped, tunnels, fragments, checksums } = counts;
  return {
    tcpSegmentCount,
    skipped,
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
