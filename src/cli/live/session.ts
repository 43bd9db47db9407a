/** One live capture from its begin to its summary. */
import type { FinalConnection } from '../../engine.ts';
import type { Finding } from '../../findings/finding.ts';
import type { PolicyOptions } from '../../findings/policy.ts';
import type { LiveHandler, LiveOptions } from '../../live/live-analysis.ts';
import { LiveAnalysis } from '../../live/live-analysis.ts';
import { endsOf } from '../../report/build.ts';
import { LiveCapture } from '../../source/live-capture.ts';
import { createSourceContext, type PacketSink } from '../../source/packet.ts';
import { PcapngFile } from '../../source/pcapng-file.ts';
import type { AnalysisEnd } from '../engine.ts';
import { EXIT, type ExitStatus, OutputError } from '../exit.ts';
import type { FailConditions } from '../fail-on.ts';
import type { Sink } from '../sinks.ts';
import type { LiveRequest } from './options.ts';
import type { LiveView } from './view.ts';

/** What a session is made of besides what was asked for. */
export interface SessionParts {
  readonly policy: PolicyOptions;
  readonly timeWaitSeconds: number;
  /** This program's own file. */
  readonly program: string;
  readonly view: LiveView;
  readonly conditions: FailConditions;
  /** Takes the connections for the summary at the end. */
  readonly summary: Sink;
  /** Lets somebody look on; returns what ends that. */
  readonly observe: (session: Session) => Promise<() => Promise<void>>;
  /** Prints what is known so far. */
  readonly onSummaryAsked: (session: Session) => void;
  /** Keeps packets for whoever wants to have them later. */
  readonly keeper?: PacketSink;
  /** Of which connections segments are kept, and how many of each. */
  readonly segments?: Pick<LiveOptions, 'segments' | 'segmentLimit'>;
}

const TICK_MILLIS = 250;
/** So long after its time a packet may still be on its way from the kernel to here. */
const LAG_MILLIS = 500;
/** Ticks between two questions for the drop counter. */
const TICKS_BETWEEN_QUESTIONS = 4;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export class Session {
  readonly live: LiveAnalysis;
  readonly capture: LiveCapture;
  readonly writer: PcapngFile | null;
  /** Findings told so far, those among them that were taken back, and connections that closed, by code and outcome. */
  readonly toldFindings = new Map<string, number>();
  readonly takenBack = new Map<string, number>();
  readonly closed = new Map<string, number>();
  readonly startedMillis = performance.now();
  readonly #request: LiveRequest;
  readonly #parts: SessionParts;
  #stop: (error?: unknown) => void = () => {};
  #hasLostPackets = false;
  #connections = 0;

  constructor(request: LiveRequest, parts: SessionParts) {
    this.#request = request;
    this.#parts = parts;
    const { policy, timeWaitSeconds, segments = {} } = parts;
    const options = { ...policy, timeWaitSeconds, maxConnections: request.maxConnections, ...segments };
    this.live = new LiveAnalysis(options, this.#handler());
    const context = createSourceContext(this.live.analysis.timeBase);
    this.writer = this.#openWriter();
    const { interfaceName, filter, via, snapLength, bufferBytes, packetLimit, known } = request;
    this.capture = new LiveCapture(
      {
        ...{ via, interfaceName, filter, snapLength, bufferBytes, packetLimit, known, program: parts.program },
        onBatch: () => this.#flush(),
        onOutage: (isOut, reason) => this.#tellOutage(isOut, reason),
        onFailure: (error) => this.#stop(error),
      },
      context,
      this.#tee(),
    );
  }

  /** Captures until it is told to end; resolves to what the summary is made of, and the exit status. */
  async run(): Promise<{ end: AnalysisEnd; status: ExitStatus }> {
    const { view, observe } = this.#parts;
    const stopped = new Promise<void>((resolve, reject) => {
      this.#stop = (error) => (error === undefined ? resolve() : reject(error));
    });
    stopped.catch(() => {});
    const unlisten = this.#listen();
    let endObserving = async (): Promise<void> => {};
    let timer: NodeJS.Timeout | undefined;
    try {
      endObserving = await observe(this);
      await this.capture.start();
      view.begin?.(this.live);
      this.#parts.view.notice(`capturing on ${this.#request.interfaceName}`);
      timer = setInterval(() => this.#guard(() => this.#tick()), TICK_MILLIS);
      const { durationSeconds } = this.#request;
      if (Number.isFinite(durationSeconds)) setTimeout(() => this.stop(), durationSeconds * 1000).unref();
      await stopped;
      clearInterval(timer);
      await this.capture.stop();
      return await this.#finish();
    } finally {
      clearInterval(timer);
      unlisten();
      await this.capture.stop();
      this.writer?.close();
      await endObserving();
      await view.end?.();
    }
  }

  stop(): void {
    this.#stop();
  }

  async #finish(): Promise<{ end: AnalysisEnd; status: ExitStatus }> {
    const { view, conditions } = this.#parts;
    this.live.finish();
    const findings = this.live.finishJoined();
    this.writer?.close();
    view.flush?.();
    const { summary, analysis } = this.live;
    const captures = analysis.captureResults([this.capture.report()]);
    const end = { captures, problems: [], summary, findings, totalConnections: this.#connections };
    if (conditions.isMet) return { end, status: EXIT.conditionMet };
    return { end, status: this.#hasLostPackets ? EXIT.damaged : EXIT.done };
  }

  #handler(): LiveHandler {
    const { view, conditions, summary } = this.#parts;
    const onFinal = (final: FinalConnection): void => {
      const { addresses, findings } = final;
      const { id, verdict, clientIndex } = final.connection;
      const { outcome, closedFirst } = verdict;
      const brief = { id, outcome, closedFirst, findings };
      this.#connections++;
      if (summary.observe(brief, () => endsOf({ addresses, clientIndex })) === true) summary.take(final);
    };
    const onFinding = (finding: Finding, stands: boolean): void => {
      countUp(stands ? this.toldFindings : this.takenBack, finding.code);
      if (stands) conditions.observeFinding(finding);
      if (conditions.isMet) this.stop();
    };
    return {
      ...(view.onEvent === undefined ? {} : { onEvent: (event) => view.onEvent?.(event) }),
      onFinal,
      onFinding,
      onClosed: ({ outcome }, isRevised) => {
        if (!isRevised) countUp(this.closed, outcome);
        conditions.observeOutcome(outcome);
        if (conditions.isMet) this.stop();
      },
    };
  }

  /** Packets go to the analysis, and to the file and whoever keeps them. */
  #tee(): PacketSink {
    const { live, writer } = this;
    const { keeper } = this.#parts;
    const limit = this.#request.packetLimit;
    return {
      onPacket: (bytes, view, start, captured, wire, linkType, frame, timeNanos, interfaceIndex) => {
        writer?.add(bytes, start, captured, wire, linkType, timeNanos);
        keeper?.onPacket(bytes, view, start, captured, wire, linkType, frame, timeNanos, interfaceIndex);
        live.onPacket(bytes, view, start, captured, wire, linkType, frame, timeNanos, interfaceIndex);
        if (frame === limit) this.stop();
      },
    };
  }

  #flush(): void {
    this.live.flush();
    this.#parts.view.flush?.();
  }

  #ticks = 0;

  #tick(): void {
    const now = this.#nowNanos();
    if (now !== null) this.live.tick(now);
    this.writer?.commit();
    if (++this.#ticks % TICKS_BETWEEN_QUESTIONS === 0) this.capture.askForLosses();
    this.#parts.view.flush?.();
    this.#parts.view.tick?.();
  }

  /**
   * The time by the clock of the packets. While packets come it is that of the latest one; in a pause it goes on with the
   * clock of this machine, a little behind it, so that no packet that is still on its way is judged to be missing.
   */
  #nowNanos(): number | null {
    const { latestNanos, latestReadMillis } = this.capture;
    if (latestNanos === Number.NEGATIVE_INFINITY) return null;
    if (performance.now() - latestReadMillis < LAG_MILLIS) return latestNanos;
    const { epochSeconds } = this.live.analysis.timeBase;
    return Math.max(latestNanos, (Date.now() - LAG_MILLIS - epochSeconds * 1000) * 1e6);
  }

  #openWriter(): PcapngFile | null {
    const { write } = this.#request;
    if (write === null) return null;
    const { timeBase } = this.live.analysis;
    try {
      return new PcapngFile(write.path, timeBase, write.rotation, (path, error) => this.#tellFullDisk(path, error));
    } catch (error) {
      throw new OutputError(`--write ${write.path}: ${(error as Error).message}`);
    }
  }

  #tellFullDisk(path: string, error: NodeJS.ErrnoException): void {
    this.#hasLostPackets = true;
    const why = error.code === 'ENOSPC' ? 'no space left on the device' : error.message;
    const count = this.writer?.writtenCount ?? 0;
    this.#parts.view.notice(`${path}: ${why}; it ends after packet ${count}, and no more is written; watching goes on`);
  }

  #tellOutage(isOut: boolean, reason: string): void {
    const { interfaceName } = this.#request;
    this.#parts.view.notice(isOut ? `${reason}; waiting for it` : `${interfaceName} is back; capturing again`);
  }

  #listen(): () => void {
    const end = (): void => this.stop();
    const ask = (): void => this.#guard(() => this.#parts.onSummaryAsked(this));
    for (const signal of SIGNALS) process.on(signal, end);
    process.on('SIGUSR1', ask);
    return () => {
      for (const signal of SIGNALS) process.off(signal, end);
      process.off('SIGUSR1', ask);
    };
  }

  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#stop(error);
    }
  }
}

function countUp(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
