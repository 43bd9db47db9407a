/**
 * An analysis that tells what happens while it happens.
 *
 *     packet ──► Analysis ──► onChange ──► changed ──► opened, state        after every batch
 *     tick   ──► wheel of connections to look at ────► finding, closed      when its time has come
 *
 * A look judges a connection as if the capture ended now, and leaves it as it was. Whatever is told early is therefore the
 * same that the end would tell, or is taken back by an event; the last word is said when the tracker hands the
 * connection over, by the very code that files go through.
 */
import { formatTime, NANOS_PER_MILLI, NANOS_PER_SECOND } from '../base/time.ts';
import { Analysis, type AnalyzeOptions, type FinalConnection } from '../engine.ts';
import { writeOut } from '../findings/detector.ts';
import type { Finding } from '../findings/finding.ts';
import { DEFAULT_POLICY } from '../findings/policy.ts';
import type { Connection } from '../flow/connection.ts';
import type { Flow } from '../flow/flow.ts';
import type { FlowAddresses } from '../flow/place.ts';
import type { TrackerWatcher } from '../flow/tracker-options.ts';
import type { End } from '../flow/vocabulary.ts';
import { type ConnectionEnds, endsOf } from '../report/build.ts';
import type { ConnectionResult, SummaryResult } from '../report/result.ts';
import type { PacketSink } from '../source/packet.ts';
import type { TcpState } from '../tcp/states.ts';
import type { ClosingReason, LiveEvent } from './events.ts';
import { type StateChange, Watched } from './watched.ts';

export interface LiveOptions extends AnalyzeOptions {
  /** Connections that are tracked at a time (default 50,000); when there are more, the oldest closed ones go first. */
  readonly maxConnections?: number;
}

/** Where a live analysis tells what it sees; what nobody listens to is not built. */
export interface LiveHandler {
  onEvent?(event: LiveEvent): void;
  /** A connection is handed over for good; once for each. */
  onFinal?(final: FinalConnection): void;
  /** As the event of that name. */
  onFinding?(finding: Finding, stands: boolean): void;
  /** A connection is told to be closed; once more if what came later changed what it came to. */
  onClosed?(closed: ClosedBrief, isRevised: boolean): void;
}

/** What is cheap to know of a connection that closed. */
export interface ClosedBrief {
  readonly id: number;
  readonly outcome: ConnectionResult['outcome'];
  readonly closedFirst: ConnectionResult['closedFirst'];
  readonly findings: readonly Finding[];
}

export const DEFAULT_MAX_CONNECTIONS = 50_000;

/** Connections are looked at in intervals of this length. */
const TICK_NANOS = 250 * NANOS_PER_MILLI;
/** Time that a connection must have been over for, at least, before it is told to be closed. */
const QUIET_NANOS = NANOS_PER_SECOND;
/** Looks at a connection that is silent come ever more seldom, but at the latest so long after the one before. */
const LONGEST_PAUSE_NANOS = 600 * NANOS_PER_SECOND;
const PAUSE_GROWTH = 1.4;
/** What a tick may spend on looks before packets have their turn again, milliseconds. */
const LOOK_BUDGET_MILLIS = 40;
const LOOKS_BETWEEN_CLOCKS = 16;

export class LiveAnalysis implements PacketSink, TrackerWatcher {
  readonly maxConnections: number;
  readonly analysis: Analysis;
  readonly summary: SummaryResult = { connectionCount: 0, outcomes: {}, closedFirst: {}, findings: {} };
  /** Ends by state, of the connections that are tracked. */
  readonly states: Record<End, Map<TcpState, number>> = { client: new Map(), server: new Map() };
  /** Connections given up because there were too many: those that were over, and those that were not. */
  readonly evicted = { over: 0, open: 0 };
  openedCount = 0;
  packetCount = 0;
  readonly #handler: LiveHandler;
  readonly #watched = new Map<Connection, Watched>();
  readonly #wheel = new Map<number, Set<Watched>>();
  /** Ages of silence at which something may become certain, nanoseconds, ascending. */
  readonly #ages: readonly number[];
  #changed: Watched[] = [];
  #doneTick = Number.NEGATIVE_INFINITY;
  #nowNanos = 0;
  #because: ClosingReason = 'over';

  constructor(options: LiveOptions, handler: LiveHandler) {
    const { maxConnections = DEFAULT_MAX_CONNECTIONS, ...others } = options;
    this.maxConnections = maxConnections;
    this.#handler = handler;
    this.#ages = agesOf(options);
    this.analysis = new Analysis(others, { onConnection: (final) => this.#takeFinal(final) }, this);
  }

  /** Tuples that are tracked. */
  get openCount(): number {
    return this.analysis.openCount;
  }

  /** Connections that are tracked, in the order in which they were seen. */
  get connections(): Iterable<Watched> {
    return this.#watched.values();
  }

  /** @hot */
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
    this.packetCount++;
    if (timeNanos > this.#nowNanos) this.#nowNanos = timeNanos;
    this.analysis.onPacket(bytes, view, start, capturedBytes, wireBytes, linkType, frame, timeNanos, interfaceIndex);
  }

  onChange(flow: Flow, entry: number): void {
    const { current } = flow;
    if (current === null) return;
    let watched = this.#watched.get(current);
    if (watched === undefined) {
      watched = new Watched(flow, current, entry);
      this.#watched.set(current, watched);
    }
    if (watched.isChanged) return;
    watched.isChanged = true;
    this.#changed.push(watched);
  }

  onEvict(isOver: boolean): void {
    this.evicted[isOver ? 'over' : 'open']++;
    this.#because = 'evicted';
  }

  /** Tells what the packets so far have changed. */
  flush(): void {
    this.analysis.flush();
    const changed = this.#changed;
    this.#changed = [];
    const next = this.#tickOf(this.#nowNanos) + 1;
    for (const watched of changed) {
      watched.isChanged = false;
      if (!this.#watched.has(watched.connection)) continue;
      this.#tellChanges(watched, this.#addressesOf(watched), false);
      if (watched.dueTick !== next) this.#schedule(watched, next);
    }
  }

  /** Time has passed by the clock of the packets, nanoseconds after the time base. */
  tick(nowNanos: number): void {
    if (nowNanos > this.#nowNanos) this.#nowNanos = nowNanos;
    this.analysis.tick(this.#nowNanos);
    this.flush();
    const tick = this.#tickOf(this.#nowNanos);
    const until = performance.now() + LOOK_BUDGET_MILLIS;
    const due = [...this.#wheel.keys()].filter((key) => key <= tick).sort((a, b) => a - b);
    for (const key of due) {
      let looked = 0;
      for (const watched of this.#wheel.get(key) ?? []) {
        if (++looked % LOOKS_BETWEEN_CLOCKS === 0 && performance.now() > until) return;
        this.#look(watched);
      }
      this.#wheel.delete(key);
      this.#doneTick = key;
    }
  }

  /** The capture is over: all connections that are left are handed over. */
  finish(): void {
    this.flush();
    this.#because = 'stopped';
    for (const _ of this.analysis.finishInSteps()) this.#because = 'stopped';
  }

  /** Findings about hosts and the capture; to be called once, after `finish`. */
  finishJoined(): Finding[] {
    const findings = this.analysis.finishJoined();
    const { findings: counts } = this.summary;
    for (const finding of findings) {
      counts[finding.code] = (counts[finding.code] ?? 0) + 1;
      this.#handler.onFinding?.(finding, true);
      this.#handler.onEvent?.({ event: 'finding', time: this.timeText(this.#nowNanos), stands: true, finding });
    }
    return findings;
  }

  /** What there is to say of a connection now, with its segments if they are kept; undefined when it is gone. */
  describe(watched: Watched): ConnectionResult | undefined {
    if (!this.#watched.has(watched.connection)) return undefined;
    const { connection } = watched;
    return this.analysis.peek(connection, this.#addressesOf(watched), this.#nowNanos, (seen) => seen.build());
  }

  /** Addresses and ports of both ends, as events name them. */
  placesOf(watched: Watched): ConnectionEnds {
    return endsOf({ addresses: this.#addressesOf(watched), clientIndex: watched.connection.clientIndex });
  }

  /** RFC 3339 text of a time in the capture. */
  timeText(timeNanos: number): string {
    return formatTime(this.analysis.timeBase, timeNanos);
  }

  #tickOf(timeNanos: number): number {
    return Math.floor(timeNanos / TICK_NANOS);
  }

  #schedule(watched: Watched, tick: number): void {
    this.#unschedule(watched);
    watched.dueTick = Math.max(tick, this.#doneTick + 1);
    const bucket = this.#wheel.get(watched.dueTick);
    if (bucket === undefined) this.#wheel.set(watched.dueTick, new Set([watched]));
    else bucket.add(watched);
  }

  /** Nothing that is gone may be held by a look that is far off. */
  #unschedule(watched: Watched): void {
    this.#wheel.get(watched.dueTick)?.delete(watched);
    watched.dueTick = -1;
  }

  #addressesOf(watched: Watched): FlowAddresses {
    return this.analysis.addressesAt(watched.entry);
  }

  #look(watched: Watched): void {
    this.#unschedule(watched);
    const { connection } = watched;
    const now = this.#nowNanos;
    const addresses = this.#addressesOf(watched);
    const silence = now - connection.lastNanos;
    const isClosed = watched.isOver && silence >= Math.max(connection.repeatNanos, QUIET_NANOS);
    this.analysis.peek(connection, addresses, now, (seen) => {
      this.#tellChanges(watched, addresses, true);
      if (isClosed) this.#tellClosed(watched, seen, 'over');
      else this.#tellFindings(watched, seen);
    });
    if (isClosed && connection.closingReset === null) watched.flow?.forgetRecent();
    const age = this.#ages.find((each) => each > silence) ?? Number.POSITIVE_INFINITY;
    const pause = Math.min(LONGEST_PAUSE_NANOS, Math.max(NANOS_PER_SECOND, silence * PAUSE_GROWTH) - silence);
    const dueNanos = Math.min(connection.lastNanos + age, now + Math.max(pause, TICK_NANOS));
    this.#schedule(watched, this.#tickOf(dueNanos) + 1);
  }

  #tellChanges(watched: Watched, addresses: FlowAddresses, isLook: boolean): void {
    const { connection } = watched;
    if (!watched.isOpened) {
      watched.isOpened = true;
      this.openedCount++;
      this.#handler.onEvent?.({
        event: 'opened',
        ...this.#headOf(connection, addresses, connection.firstNanos),
        frame: connection.firstFrame,
      });
    }
    for (const change of watched.takeChanges(isLook)) {
      this.#countState(change.end, change.was, -1);
      this.#countState(change.end, change.state, 1);
      this.#tellState(connection, addresses, change);
    }
  }

  #tellState(connection: Connection, addresses: FlowAddresses, change: StateChange): void {
    if (this.#handler.onEvent === undefined) return;
    const { end, state, was, basis, frame, timeNanos, isTakenBack: takenBack } = change;
    const head = this.#headOf(connection, addresses, timeNanos);
    this.#handler.onEvent({ event: 'state', ...head, end, state, was, basis, frame, takenBack });
  }

  #countState(end: End, state: TcpState | null, change: number): void {
    if (state === null) return;
    const counts = this.states[end];
    counts.set(state, (counts.get(state) ?? 0) + change);
  }

  /** Tells the findings that are new or more serious than before, and those that no longer hold. */
  #tellFindings(watched: Watched, seen: FinalConnection): void {
    const { connection, addresses, findings } = seen;
    const told = watched.findings;
    if (findings.length === 0 && told === null) return;
    const codes = new Set(findings.map(({ code }) => code));
    for (const [code, finding] of told ?? []) {
      if (codes.has(code)) continue;
      told?.delete(code);
      this.#tellFinding(connection, addresses, finding, false);
    }
    for (const found of findings) {
      if (watched.findings?.get(found.code)?.severity === found.severity) continue;
      const finding = writeOut(found);
      watched.findings ??= new Map();
      watched.findings.set(finding.code, finding);
      this.#tellFinding(connection, addresses, finding, true);
    }
  }

  #tellFinding(connection: Connection, addresses: FlowAddresses, finding: Finding, stands: boolean): void {
    this.#handler.onFinding?.(finding, stands);
    if (this.#handler.onEvent === undefined) return;
    const head = this.#headOf(connection, addresses, this.#nowNanos);
    this.#handler.onEvent({ event: 'finding', ...head, stands, finding });
  }

  /** Tells that a connection is closed, unless just that was told before. */
  #tellClosed(watched: Watched, final: FinalConnection, because: ClosingReason): void {
    const { connection, findings, addresses } = final;
    const { outcome, closedFirst } = connection.verdict;
    const codes = findings.map(({ code }) => code);
    const before = watched.end;
    if (before !== null && isSameEnd(before, { outcome, closedFirst, codes })) return;
    this.#tellFindings(watched, final);
    if (before !== null) count(this.summary, before, -1);
    watched.end = { outcome, closedFirst, codes };
    count(this.summary, watched.end, 1);
    this.#handler.onClosed?.({ id: connection.id, outcome, closedFirst, findings }, before !== null);
    if (this.#handler.onEvent === undefined) return;
    const head = this.#headOf(connection, addresses, this.#nowNanos);
    this.#handler.onEvent({ event: 'closed', ...head, because, revised: before !== null, result: final.build() });
  }

  #takeFinal(final: FinalConnection): void {
    const { connection, addresses } = final;
    const watched = this.#watched.get(connection) ?? new Watched(null, connection, -1);
    const because = connection.successor !== null ? 'replaced' : this.#because;
    if (this.#because === 'evicted') this.#because = 'over';
    this.analysis.join(final);
    this.#handler.onFinal?.(final);
    this.#tellChanges(watched, addresses, true);
    this.#tellClosed(watched, final, because);
    for (const end of ['client', 'server'] as const) this.#countState(end, watched.stateOf(end), -1);
    this.#unschedule(watched);
    this.#watched.delete(connection);
  }

  #headOf({ id, clientIndex }: Connection, addresses: FlowAddresses, timeNanos: number) {
    return { time: this.timeText(timeNanos), connection: id, ...endsOf({ addresses, clientIndex }) };
  }
}

function isSameEnd(a: NonNullable<Watched['end']>, b: NonNullable<Watched['end']>): boolean {
  if (a.outcome !== b.outcome || a.closedFirst !== b.closedFirst) return false;
  return a.codes.length === b.codes.length && a.codes.every((code) => b.codes.includes(code));
}

function count(summary: SummaryResult, end: NonNullable<Watched['end']>, change: 1 | -1): void {
  const add = (counts: Record<string, number>, key: string): void => {
    counts[key] = (counts[key] ?? 0) + change;
    if (counts[key] === 0) delete counts[key];
  };
  summary.connectionCount += change;
  add(summary.outcomes, end.outcome);
  add(summary.closedFirst, end.closedFirst ?? 'none');
  for (const code of end.codes) add(summary.findings, code);
}

/** Times after the last segment at which a wait may be over: an answer, a repeat, a threshold, TIME_WAIT. */
function agesOf(options: LiveOptions): number[] {
  const { closeWaitSeconds, closeWaitErrorSeconds, slowTeardownSeconds, zeroWindowSeconds } = {
    ...DEFAULT_POLICY,
    ...options,
  };
  const seconds = [1, 3, closeWaitSeconds, closeWaitErrorSeconds, slowTeardownSeconds, zeroWindowSeconds];
  return [...seconds, options.timeWaitSeconds ?? 60].map((each) => each * NANOS_PER_SECOND).sort((a, b) => a - b);
}
