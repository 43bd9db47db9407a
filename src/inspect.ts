/** What captures are, and what that means for the verdicts on their connections. */

import { describeResolved } from './annotations.ts';
import { formatTime, toSeconds } from './base/time.ts';
import { Analysis, type AnalyzeOptions, breathe } from './engine.ts';
import { deduceConsequences } from './report/consequences.ts';
import type { CaptureInfo, InfoDocument, InterfaceResult } from './report/info.ts';
import { type CaptureResult, SCHEMA_VERSION } from './report/result.ts';
import type { InterfaceInfo, PacketSink, ResolvedName } from './source/packet.ts';
import type { CaptureReport } from './source/reader.ts';
import { readInSteps } from './source/session.ts';
import { VERSION } from './version.ts';
import { linkTypeName } from './wire/linktype-names.ts';

/** How captures are looked at. */
export type InspectOptions = Pick<AnalyzeOptions, 'decapsulate' | 'onProgress'>;

/** An Ethernet frame of 1500 octets of payload with two VLAN tags. */
const LARGEST_FRAME_BYTES = 1522;
const NAMES_TOLD = 100;

/** What goes by on one interface. */
class Meter {
  packetCount = 0;
  capturedBytes = 0;
  wireBytes = 0;
  cutPacketCount = 0;
  oversizedPacketCount = 0;
  firstNanos = Number.POSITIVE_INFINITY;
  lastNanos = Number.NEGATIVE_INFINITY;
  clockStepCount = 0;
  furthestBackNanos = 0;
  #previousNanos = Number.NEGATIVE_INFINITY;

  /** @hot */
  take(capturedBytes: number, wireBytes: number, timeNanos: number): void {
    this.packetCount++;
    this.capturedBytes += capturedBytes;
    this.wireBytes += wireBytes;
    if (capturedBytes < wireBytes) this.cutPacketCount++;
    if (wireBytes > LARGEST_FRAME_BYTES) this.oversizedPacketCount++;
    if (timeNanos < this.firstNanos) this.firstNanos = timeNanos;
    if (timeNanos > this.lastNanos) this.lastNanos = timeNanos;
    if (timeNanos < this.#previousNanos) {
      this.clockStepCount++;
      this.furthestBackNanos = Math.max(this.furthestBackNanos, this.#previousNanos - timeNanos);
    }
    this.#previousNanos = timeNanos;
  }
}

/** Measures packets on their way to the analysis. */
class MeteredAnalysis implements PacketSink {
  readonly meters: Meter[] = [];
  readonly analysis: Analysis;
  #interfaceIndex = -1;
  #meter = new Meter();

  constructor(options: InspectOptions) {
    const { decapsulate = true } = options;
    this.analysis = new Analysis(
      { decapsulate, checksums: true },
      {
        onConnection: (final) => {
          const { outcome, closedFirst } = final.connection.verdict;
          this.analysis.join(final);
          this.analysis.count(outcome, closedFirst, final.findings);
        },
        onPlain: () => false,
        onMorePlain: ({ outcome, closedFirst, findings }, count) =>
          this.analysis.count(outcome, closedFirst, findings, count),
      },
    );
  }

  onPacket(
    bytes: Uint8Array,
    view: DataView,
    start: number,
    capturedBytes: number,
    wireBytes: number,
    linkType: number,
    frame: number,
    timeNanos: number,
    interfaceIndex: number,
  ): void {
    if (interfaceIndex !== this.#interfaceIndex) {
      this.#interfaceIndex = interfaceIndex;
      this.#meter = this.meters[interfaceIndex] ?? new Meter();
      this.meters[interfaceIndex] = this.#meter;
    }
    this.#meter.take(capturedBytes, wireBytes, timeNanos);
    this.analysis.onPacket(bytes, view, start, capturedBytes, wireBytes, linkType, frame, timeNanos, interfaceIndex);
  }

  onName(name: ResolvedName): void {
    this.analysis.onName(name);
  }
}

/** Looks at captures (`-` is standard input); problems of a file are in the document, never thrown. */
export async function inspectCaptures(
  paths: readonly string[],
  options: InspectOptions = {},
): Promise<{ document: InfoDocument; reports: CaptureReport[] }> {
  const sink = new MeteredAnalysis(options);
  const { analysis } = sink;
  const steps = readInSteps(paths, sink, { timeBase: analysis.timeBase });
  const pace = { since: Date.now() };
  let reports: CaptureReport[] | null = null;
  try {
    while (reports === null) {
      const step = await steps.next();
      if (step.done) reports = step.value;
      else options.onProgress?.(step.value.bytesRead, step.value.totalBytes);
      await breathe(pace);
    }
  } finally {
    await steps.return([]);
  }
  for (const _ of analysis.finishInSteps()) await breathe(pace);
  const joined = analysis.finishJoined();
  analysis.countFindings(joined);
  const results = analysis.captureResults(reports);
  const captures = reports.map((report, index) => describeCapture(sink, report, results[index]));
  const { connectionCount, findings } = analysis.summary;
  const facts = { captures, connectionCount, findings };
  const document: InfoDocument = {
    schemaVersion: SCHEMA_VERSION,
    tool: { name: 'lastack', version: VERSION },
    ...facts,
    consequences: deduceConsequences(facts),
  };
  return { document, reports };
}

function describeCapture(sink: MeteredAnalysis, report: CaptureReport, result: CaptureResult): CaptureInfo {
  const { interfaces, names, sections, sectionCount, compression, format, fileBytes } = report;
  return {
    ...result,
    format,
    compression,
    fileBytes,
    sectionCount,
    sections: sections.map((section) => ({ ...section })),
    interfaces: interfaces.map((info, index) => describeInterface(sink, report, info, index)),
    names: names.slice(0, NAMES_TOLD).map(describeResolved),
    nameCount: names.length,
  };
}

function describeInterface(
  { meters, analysis }: MeteredAnalysis,
  report: CaptureReport,
  info: InterfaceInfo,
  index: number,
): InterfaceResult {
  const meter = meters[info.index] ?? new Meter();
  const [{ tcpSegmentCount, skipped }] = analysis.captureResults([{ ...report, interfaces: [info] }]);
  const time = (nanos: number): string | null =>
    meter.packetCount === 0 ? null : formatTime(analysis.timeBase, nanos);
  return {
    index,
    linkType: linkTypeName(info.linkType),
    name: info.name,
    description: info.description,
    filter: info.filter,
    system: info.system,
    snapLength: info.snapLength,
    ticksPerSecond: info.ticksPerSecond,
    offsetSeconds: info.offsetSeconds,
    fcsBytes: info.fcsBytes,
    packetCount: meter.packetCount,
    capturedBytes: meter.capturedBytes,
    wireBytes: meter.wireBytes,
    cutPacketCount: meter.cutPacketCount,
    oversizedPacketCount: meter.oversizedPacketCount,
    tcpSegmentCount,
    skipped,
    firstTime: time(meter.firstNanos),
    lastTime: time(meter.lastNanos),
    clockStepCount: meter.clockStepCount,
    furthestBackSeconds: toSeconds(meter.furthestBackNanos),
    receivedCount: info.receivedCount,
    droppedCount: info.droppedCount,
  };
}
