/** Joins the rooms: packets from a source are decoded, tracked, judged and built into results. */
import { Annotations } from './annotations.ts';
import type { TimeBase } from './base/time.ts';
import { Core } from './core/core.ts';
import {
  ALIKE_BYTES,
  ALIKE_CLIENT,
  ALIKE_SERVER,
  ALIKE_SERVICE,
  ALIKE_TAG,
  ALIKE_TOLD,
  FIRST_TOLD,
  TOLD_BITS,
} from './core/layout.ts';
import { type BatchTaker, Decoding, type DecodingOptions } from './decoding.ts';
import type { Finding } from './findings/finding.ts';
import { type CaptureFacts, Seen, type SeenParts } from './findings/joined.ts';
import { ConnectionFacts, factsOfPlain, PlainFacts } from './findings/joined-facts.ts';
import { type Joined, joinAll, timeWaitIfOrdinary } from './findings/joined-registry.ts';
import { isDefault, type Policy, type PolicyOptions, plainLimits, resolvePolicy } from './findings/policy.ts';
import { findAll } from './findings/registry.ts';
import { newPlace, readNoted } from './flow/alike.ts';
import type { Connection, SegmentChoice } from './flow/connection.ts';
import type { ConnectionLimit } from './flow/eviction.ts';
import type { Flawless } from './flow/flawless.ts';
import { HostCounts, UNNAMED } from './flow/host-counts.ts';
import type { FlowAddresses, PlainPlace } from './flow/place.ts';
import { peek } from './flow/settle.ts';
import { Tracker } from './flow/tracker.ts';
import type { PlainTaker, TrackerOptions, TrackerWatcher } from './flow/tracker-options.ts';
import type { ClosedFirst, Outcome } from './flow/vocabulary.ts';
import { knownVerdict } from './known-kinds.ts';
import { type PlainAnswer, PlainKinds } from './plain-kinds.ts';
import { buildConnection } from './report/build.ts';
import { ConnectionJson } from './report/connection-json.ts';
import type { KindBrief } from './report/overview.ts';
import type { CaptureResult, ConnectionResult, SummaryResult } from './report/result.ts';
import type { PacketSink, ResolvedName } from './source/packet.ts';
import type { CaptureReport } from './source/reader.ts';
import { SegmentBatch } from './wire/batch.ts';
import type { PacketRun } from './wire/run.ts';

/** How a capture is analysed, and from where on something is reported; everything has a default. */
export interface AnalyzeOptions extends PolicyOptions, DecodingOptions {
  /** Keep every segment with its labels, states and rules, or those of the connections with certain ids (default false). */
  readonly segments?: SegmentChoice;
  /** Segments kept of one connection (default all); when there are more, those in the middle go. */
  readonly segmentLimit?: number;
  /** How long an end stays in TIME_WAIT, seconds (default 60, as Linux; RFC 9293 says 240). */
  readonly timeWaitSeconds?: number;
  /** Connections that may be tracked at a time; the oldest are given up (default: any number). */
  readonly maxConnections?: number;
  /** Called now and then while files are read; `totalBytes` is 0 when it is not known. */
  readonly onProgress?: (bytesRead: number, totalBytes: number) => void;
}

/** As Linux has it. */
export const DEFAULT_TIME_WAIT_SECONDS = 60;

/** A connection as the analysis hands it over: what a filter may want to know is cheap, the rest is built on demand. */
export interface FinalConnection {
  readonly id: number;
  readonly connection: Connection;
  readonly findings: readonly Finding[];
  /** Unless it is of a live capture, written over for the next one. */
  readonly addresses: FlowAddresses;
  /** Whether `onPlain` was asked about it before. */
  readonly isAnnounced: boolean;
  /** Builds all of it; to be called before the next connection is handed over. */
  build(): ConnectionResult;
  /** What `build` builds as JSON text (UTF-8), faster; good until it is called for another connection. */
  json(): Uint8Array;
}

/** What is cheap to know of a connection that went by the book. */
export interface PlainBrief {
  readonly id: number;
  readonly outcome: Outcome;
  readonly closedFirst: ClosedFirst;
  /** Codes and severities are this connection's own; frames and numbers are those of another one of its kind. */
  readonly findings: readonly Finding[];
}

/** A connection that is told without having been built; to be looked at before the next one comes. */
export interface FlawlessConnection extends PlainBrief {
  build(): ConnectionResult;
  json(): Uint8Array;
}

/** Where an analysis hands its connections. */
export interface AnalysisHandler {
  onConnection(connection: FinalConnection): void;
  /**
   * Asked about connections that went by the book, before anything is built of them: true to have it handed over whole.
   * Without it all of them are. Those that are not handed over are joined with the others all the same, unless they are left out.
   * Where it was holds until the next one.
   */
  onPlain?(brief: PlainBrief, placeOf: () => PlainPlace): PlainAnswer;
  /**
   * Takes connections that `onPlain` wants whole and that can be told without having been built. Without it they are built;
   * it pays for whoever asks for JSON.
   */
  onFlawless?(flawless: FlawlessConnection): void;
  /**
   * Tells of `count` connections that were not handed over, the one for which `onPlain` was false or `left-out` among them: with
   * it, the others of its kind are not asked about any more.
   */
  onMorePlain?(brief: KindBrief, count: number): void;
}

/** One analysis: a sink for packets, and the connections that come out of it. */
export class Analysis implements PacketSink {
  readonly #core = new Core();
  readonly #decoding: Decoding;
  readonly #annotations = new Annotations();
  #json: ConnectionJson | null = null;
  readonly #tracker: Tracker;
  readonly #handler: AnalysisHandler;
  readonly #kinds: PlainKinds;
  readonly #told = newPlace();
  readonly #toldFacts = new PlainFacts(this.#told);
  readonly #seen = new Seen({ client: UNNAMED, server: UNNAMED, service: UNNAMED }, null, [], Number.NaN, Number.NaN);
  #kind = -1;
  #batchesDecoded = 0;
  readonly #policy: Policy;
  readonly #joined: Joined;
  readonly #summary: SummaryResult = { connectionCount: 0, outcomes: {}, closedFirst: {}, findings: {} };

  /**
   * `watcher` sees connections before they are final; for live captures. With a `taker` no connection comes out of
   * the analysis: what becomes of the rows is handed to `join` and `count`.
   */
  constructor(options: AnalyzeOptions, handler: AnalysisHandler, watcher?: TrackerWatcher, taker?: BatchTaker) {
    this.#decoding = new Decoding(options, taker ?? this.#takeOwn(), this.#core);
    this.#policy = resolvePolicy(options);
    this.#joined = joinAll(this.#policy, new HostCounts(this.#core));
    this.#handler = handler;
    const { timeWaitSeconds = DEFAULT_TIME_WAIT_SECONDS } = options;
    // What is told as JSON needs the words of findings, too.
    const isRecalled =
      handler.onFlawless === undefined && timeWaitSeconds === DEFAULT_TIME_WAIT_SECONDS && isDefault(this.#policy);
    const asksOnce = handler.onMorePlain !== undefined;
    this.#kinds = new PlainKinds(isRecalled ? knownVerdict : undefined, asksOnce);
    const trackerOptions: TrackerOptions = {
      segments: options.segments ?? false,
      ...(options.segmentLimit === undefined ? {} : { segmentLimit: options.segmentLimit }),
      timeWaitNanos: timeWaitSeconds * 1e9,
      onConnection: (connection, addresses) => this.#take(connection, addresses),
      ...(watcher === undefined ? {} : { watcher }),
      ...(options.maxConnections === undefined ? {} : { limit: this.#limit(options.maxConnections) }),
      ...(handler.onPlain === undefined
        ? {}
        : {
            onPlain: this.#takePlain,
            ...(asksOnce ? { onAlike: (core, at, count) => this.#joinAlike(core, at, count) } : {}),
            limits: plainLimits(this.#policy),
          }),
    };
    this.#tracker = new Tracker(trackerOptions, this.#core);
  }

  /** Takes in what this analysis has decoded itself: always the same batch. */
  #takeOwn(): BatchTaker {
    let batch: SegmentBatch | null = null;
    return {
      exchange: (decoded, timeBase) => {
        batch ??= SegmentBatch.of(this.#core, timeBase);
        if (decoded === null) return batch;
        try {
          this.#tracker.push(batch);
        } finally {
          batch.clear();
        }
        this.#batchesDecoded++;
        return batch;
      },
      noteTunnel: (row, path) => {
        if (batch !== null) this.#annotations.noteTunnel(batch, row, path);
      },
      noteName: (name) => this.#annotations.noteName(name),
    };
  }

  #limit(maxConnections: number): ConnectionLimit {
    const evicted = { closed: 0, open: 0 };
    return {
      maxConnections,
      onEvict: (isOver) => {
        evicted[isOver ? 'closed' : 'open']++;
        this.#summary.evicted = evicted;
      },
    };
  }

  /** What lies in its memory need not be copied to be taken in. */
  get core(): Core {
    return this.#core;
  }

  get timeBase(): TimeBase {
    return this.#decoding.timeBase;
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
    const decoding = this.#decoding;
    decoding.onPacket(bytes, view, start, capturedBytes, wireBytes, linkType, frame, timeNanos, interfaceIndex);
  }

  /** @hot */
  onRun(bytes: Uint8Array, from: number, end: number, run: PacketRun): number {
    return this.#decoding.onRun(bytes, from, end, run);
  }

  openBlock(bytes: number): Uint8Array {
    return this.#decoding.openBlock(bytes);
  }

  onName(name: ResolvedName): void {
    this.#decoding.onName(name);
  }

  /** No more packets come: what is left half-read is taken in too. */
  end(): void {
    this.#decoding.end();
  }

  /** Takes in what was decoded. */
  flush(): void {
    this.#decoding.flush();
  }

  /** Batches that this analysis has decoded itself and taken in; packets of which there is no batch yet have no part in it. */
  get batchesDecoded(): number {
    return this.#batchesDecoded;
  }

  /** Takes in a batch that was decoded elsewhere. */
  takeDecoded(batch: SegmentBatch): void {
    this.#tracker.push(batch);
  }

  /** What is known of rows and addresses besides, to be added to by whoever has rows decoded elsewhere. */
  get annotations(): Annotations {
    return this.#annotations;
  }

  /** Time has passed by the clock of the packets, nanoseconds; for a live capture, whether packets came or not. */
  tick(nowNanos: number): void {
    this.#decoding.passTo(nowNanos);
    this.#tracker.tick(this.lastNanos);
  }

  /** Tuples that are tracked. */
  get openCount(): number {
    return this.#tracker.openCount;
  }

  /** Addresses of the tuple at an entry that the watcher was told. */
  addressesAt(entry: number): FlowAddresses {
    return this.#tracker.addressesAt(entry);
  }

  /** Judges a connection that goes on as if the capture ended at `nowNanos`, and leaves it as it was. */
  peek<Seen>(
    connection: Connection,
    addresses: FlowAddresses,
    nowNanos: number,
    look: (seen: FinalConnection) => Seen,
  ): Seen {
    return peek(connection, nowNanos, () => look(this.#judge(connection, addresses, false)));
  }

  /** The capture is over: all that is left is judged and handed over, a few at a time. */
  *finishInSteps(): Generator<void, void, undefined> {
    this.end();
    yield* this.finishAt(this.lastNanos);
  }

  /** As `finishInSteps`, at once. */
  finish(): void {
    for (const _ of this.finishInSteps());
  }

  /** As `finishInSteps`, once all is taken in, of a capture that ended then; it may have been decoded elsewhere. */
  *finishAt(endNanos: number): Generator<void, void, undefined> {
    yield* this.#tracker.finish(endNanos);
    for (const [kind, count] of this.#tracker.counted.counts()) this.#kinds.countMore(kind, count);
    for (const [brief, count] of this.#kinds.passedOver()) this.#handler.onMorePlain?.(brief, count);
  }

  /** Time of the latest packet, nanoseconds; -Infinity before the first. */
  get lastNanos(): number {
    return this.#decoding.lastNanos;
  }

  /** How the clock of the capture went. */
  get clock(): CaptureFacts {
    return this.#decoding.clock;
  }

  get summary(): SummaryResult {
    return this.#summary;
  }

  /** What the result document says of the captures. */
  captureResults(reports: readonly CaptureReport[]): CaptureResult[] {
    return this.#decoding.describe(reports);
  }

  /** The first of each kind is judged in full, the others are known by it. */
  readonly #takePlain: PlainTaker = (kind, id, build, place, tell) => {
    const known = this.#kinds.passOver(kind, id, (brief) => this.#handler.onPlain?.(brief, place) ?? true);
    if (known !== null) {
      const where = place();
      if (known.answer !== 'left-out') this.#joinPlain(where, known.brief.findings);
      if (known.answer !== 'again') this.#tracker.counted.learn(kind, this.#kinds.tagOf(kind, where));
      return;
    }
    if (this.#tellFlawless(kind, id, place, tell)) return;
    this.#kind = kind;
    build();
    this.#kind = -1;
  };

  /** Hands over a connection that is wanted whole without having it built, if that is possible. */
  #tellFlawless(kind: number, id: number, place: () => PlainPlace, tell: () => Flawless | null): boolean {
    const { onFlawless } = this.#handler;
    const findings = onFlawless === undefined ? null : this.#kinds.tellableOf(kind);
    const flawless = findings === null ? null : tell();
    if (onFlawless === undefined || findings === null || flawless === null) return false;
    const where = place();
    const { addresses } = where;
    const { outcome, closedFirst, timeWaitFrame } = flawless;
    const timeWaitAt = where.isTelling ? null : timeWaitIfOrdinary(findings);
    if (timeWaitAt === null) this.#joinPlain(where, findings);
    else this.#joined.ordinary.take(where, timeWaitAt, timeWaitFrame);
    const json = (): Uint8Array => this.#connectionJson().writeFlawless(id, flawless, addresses, findings);
    const build = (): ConnectionResult => JSON.parse(new TextDecoder().decode(json()));
    onFlawless({ id, outcome, closedFirst, findings, json, build });
    return true;
  }

  #connectionJson(): ConnectionJson {
    this.#json ??= new ConnectionJson(this.timeBase, this.#annotations);
    return this.#json;
  }

  /** As `join`, of `count` connections of known kinds of which there is something to tell, as the core notes them from an address on. @hot */
  #joinAlike(core: Core, from: number, count: number): void {
    const { words } = core;
    const place = this.#told;
    const seen = this.#seen;
    for (let at = from; at < from + count * ALIKE_BYTES; at += ALIKE_BYTES) {
      readNoted(place, core, at);
      const tag = words[(at + ALIKE_TAG) >> 2];
      seen.connection = place.isTelling ? this.#toldFacts : null;
      seen.findings = this.#kinds.briefAt(tag - FIRST_TOLD).findings;
      seen.firstNanos = place.firstNanos;
      seen.lastNanos = place.lastNanos;
      seen.client = words[(at + ALIKE_CLIENT) >> 2];
      seen.server = words[(at + ALIKE_SERVER) >> 2];
      seen.service = words[(at + ALIKE_SERVICE) >> 2];
      this.#joined.see(seen, (tag << TOLD_BITS) | words[(at + ALIKE_TOLD) >> 2]);
    }
  }

  #joinPlain(where: PlainPlace, findings: readonly Finding[]): void {
    const { clientIndex, firstNanos, lastNanos, addresses } = where;
    this.#joined.take({ connection: factsOfPlain(where), findings, clientIndex, firstNanos, lastNanos, addresses });
  }

  #take(connection: Connection, addresses: FlowAddresses): void {
    const isAnnounced = this.#kinds.has(this.#kind);
    const final = this.#judge(connection, addresses, isAnnounced);
    if (this.#kind !== -1) {
      const { outcome, closedFirst } = connection.verdict;
      const { findings } = final;
      if (!isAnnounced) this.#kinds.learn(this.#kind, { outcome, closedFirst, findings });
    }
    this.#handler.onConnection(final);
  }

  #judge(connection: Connection, addresses: FlowAddresses, isAnnounced: boolean): FinalConnection {
    const findings = findAll(connection, this.#policy);
    return {
      id: connection.id,
      connection,
      findings,
      addresses,
      isAnnounced,
      build: () => buildConnection(connection, addresses, findings, this.timeBase, this.#annotations),
      json: () => this.#connectionJson().write(connection, addresses, findings),
    };
  }

  /** Lets findings about hosts, listeners and the capture see a connection. */
  join({ connection, addresses, findings }: FinalConnection): void {
    const { clientIndex, firstNanos, lastNanos } = connection;
    const facts = new ConnectionFacts(connection);
    this.joinParts({ connection: facts, findings, clientIndex, firstNanos, lastNanos, addresses });
  }

  /** As `join`, of what is known of a connection that was judged elsewhere. */
  joinParts(parts: SeenParts): void {
    this.#joined.take(parts);
  }

  /** What came of the connections that were joined; to be called once, after `finish`. */
  finishJoined(clock: CaptureFacts = this.clock): Finding[] {
    return this.#joined.finish(clock);
  }

  /** Counts findings in the summary. */
  countFindings(findings: readonly Finding[], times = 1): void {
    const { findings: codes } = this.#summary;
    for (const { code } of findings) codes[code] = (codes[code] ?? 0) + times;
  }

  /** Counts a connection in the summary, or as many as are alike. */
  count(outcome: Outcome, closedFirst: ClosedFirst, findings: readonly Finding[], times = 1): void {
    const { outcomes, closedFirst: closers } = this.#summary;
    this.#summary.connectionCount += times;
    outcomes[outcome] = (outcomes[outcome] ?? 0) + times;
    const closer = closedFirst ?? 'none';
    closers[closer] = (closers[closer] ?? 0) + times;
    this.countFindings(findings, times);
  }
}

/** Lets the event loop turn now and then. */
export async function breathe(state: { since: number }): Promise<void> {
  if (Date.now() - state.since < 50) return;
  await new Promise((resolve) => setImmediate(resolve));
  state.since = Date.now();
}
