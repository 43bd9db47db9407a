import { Annotations } from '../../annotations.ts';
import type { TimeBase } from '../../base/time.ts';
import type { Finding } from '../../findings/finding.ts';
import { ConnectionFacts, factsOfFlawless, factsOfPlain, findingsOfFlawless } from '../../findings/joined-facts.ts';
import { type Policy, plainLimits, resolvePolicy } from '../../findings/policy.ts';
import { findAll } from '../../findings/registry.ts';
import { BUCKETS } from '../../flow/bucket.ts';
import type { Connection } from '../../flow/connection.ts';
import type { Flawless } from '../../flow/flawless.ts';
import type { FlowAddresses, PlainPlace } from '../../flow/place.ts';
import { Tracker } from '../../flow/tracker.ts';
import type { PlainTaker, RowShare } from '../../flow/tracker-options.ts';
import { PlainKinds } from '../../plain-kinds.ts';
import { buildConnection } from '../../report/build.ts';
import { ConnectionJson } from '../../report/connection-json.ts';
import { type AnalysisRequest, hasFilter, hasWantedFinding, isSelected } from '../engine.ts';
import { TextBuffer } from '../text-buffer.ts';
import { type LineForm, numberOf, renderUnnumbered } from './form.ts';
import { type Chunk, RecordWriter } from './records.ts';
import { openFilled, type Slot, type SlotMessage } from './ring.ts';

/** Twice the rows that a batch may have: steps of different batches do not mix. */
const STEPS_IN_BATCH = 4096;
/** Results that are sent on at the latest when there are so many numbers of them. */
const CHUNK_NUMBERS = 1 << 16;

/** What a thread has to know of what was asked for; it can be sent by message. */
export interface ShareRequest extends Pick<AnalysisRequest, 'segments' | 'timeWaitSeconds' | 'policy' | 'filter'> {
  readonly form: LineForm;
}

/** Follows, judges and renders the connections of some buckets. */
export class Share {
  readonly #request: ShareRequest;
  readonly #policy: Policy;
  readonly #tracker: Tracker;
  readonly #annotations = new Annotations();
  readonly #isMine: Uint8Array;
  readonly #timeBase: TimeBase;
  readonly #kinds = new PlainKinds();
  readonly #records = new RecordWriter();
  readonly #text = new TextBuffer();
  #json: ConnectionJson | null = null;
  #opened: number[] = [];
  #nextId = 1;
  #kind = -1;
  #total = 0;
  #batches = 0;
  #rows: RowShare | null = null;
  #isOver = false;

  /** `isMine` has 1 for the buckets of the share. */
  constructor(request: ShareRequest, isMine: Uint8Array, timeBase: TimeBase) {
    this.#request = request;
    this.#policy = resolvePolicy(request.policy);
    this.#isMine = isMine;
    this.#timeBase = timeBase;
    // Only lines of JSON are told faster than they are built.
    const isTold = request.form === 'json' && !hasFilter(request.filter);
    this.#tracker = new Tracker({
      segments: request.segments,
      timeWaitNanos: request.timeWaitSeconds * 1e9,
      onConnection: (connection, addresses) => this.#take(connection, addresses),
      ...(isTold ? { onPlain: this.#takePlain, limits: plainLimits(this.#policy) } : {}),
    });
  }

  /** Goes through the next batch. */
  push(slot: Slot, message: SlotMessage | null): void {
    this.#rows = {
      buckets: slot.buckets,
      isMine: this.#isMine,
      step: 0,
      onOpened: (nextId) => this.#noteOpened(nextId),
    };
    this.#tracker.pushShare(openFilled(slot, message, this.#annotations), this.#rows);
    this.#batches++;
  }

  /** The capture is over: what is left is judged, a few at a time. */
  *finish(endNanos: number): Generator<void, void, undefined> {
    this.#isOver = true;
    yield* this.#tracker.finish(endNanos);
  }

  /** Whether so much has come together that it should be handed on. */
  get isFull(): boolean {
    const { length } = this.#records;
    return length > CHUNK_NUMBERS || this.#text.isFull;
  }

  /** What came since the last call. */
  takeChunk(isLast = false): Chunk {
    this.#noteOpened(this.#tracker.nextId);
    const chunk = {
      records: this.#records.take(),
      text: this.#text.take(),
      opened: Float64Array.from(this.#opened),
      upTo: this.#isOver ? Number.POSITIVE_INFINITY : this.#batches * STEPS_IN_BATCH,
      isLast,
      total: this.#total,
    };
    this.#opened = [];
    return chunk;
  }

  get #step(): number {
    if (this.#isOver) return Number.POSITIVE_INFINITY;
    return this.#batches * STEPS_IN_BATCH + 1 + (this.#rows?.step ?? 0);
  }

  #noteOpened(nextId: number): void {
    for (; this.#nextId < nextId; this.#nextId++) this.#opened.push(this.#step);
  }

  readonly #takePlain: PlainTaker = (kind, id, build, place, tell) => {
    if (this.#tellFlawless(kind, id, place, tell)) return;
    this.#kind = kind;
    build();
    this.#kind = -1;
  };

  /** As `Analysis` does: writes a connection that is wanted whole without having it built, if that is possible. */
  #tellFlawless(kind: number, id: number, place: () => PlainPlace, tell: () => Flawless | null): boolean {
    const findings = this.#kinds.tellableOf(kind);
    const flawless = findings === null ? null : tell();
    if (findings === null || flawless === null) return false;
    this.#total++;
    const where = place();
    const { addresses } = where;
    this.#records.write({
      step: this.#step,
      id,
      outcome: flawless.outcome,
      closedFirst: flawless.closedFirst,
      clientIndex: flawless.clientIndex,
      firstNanos: flawless.syn.timeNanos,
      lastNanos: flawless.last.timeNanos,
      addresses,
      facts: factsOfPlain(where) ?? factsOfFlawless(flawless),
      findings: findingsOfFlawless(flawless, findings),
      tupleId: this.#tracker.tupleId,
      textEnd: this.#appendJson(id, this.#connectionJson().writeFlawless(id, flawless, addresses, findings)),
    });
    return true;
  }

  #take(connection: Connection, addresses: FlowAddresses): void {
    this.#total++;
    const findings = findAll(connection, this.#policy);
    const { filter } = this.#request;
    const { id, clientIndex, firstNanos, lastNanos, verdict } = connection;
    const { outcome, closedFirst } = verdict;
    if (!isSelected({ id, outcome, closedFirst }, () => addresses, filter)) return;
    if (this.#kind !== -1 && !this.#kinds.has(this.#kind))
      this.#kinds.learn(this.#kind, { outcome, closedFirst, findings });
    // Written out: copying the properties of one object to another takes longer than all the rest.
    this.#records.write({
      step: this.#step,
      id,
      outcome,
      closedFirst,
      clientIndex,
      firstNanos,
      lastNanos,
      addresses,
      facts: new ConnectionFacts(connection),
      findings,
      tupleId: this.#tracker.tupleId,
      textEnd: hasWantedFinding(findings, filter) ? this.#render(connection, addresses, findings) : 0,
    });
  }

  /** Appends the text of a connection; returns where it ends among those of the chunk. */
  #render(connection: Connection, addresses: FlowAddresses, findings: Finding[]): number {
    const { form } = this.#request;
    if (form === 'json') {
      return this.#appendJson(connection.id, this.#connectionJson().write(connection, addresses, findings));
    }
    const built = buildConnection(connection, addresses, findings, this.#timeBase, this.#annotations);
    return this.#text.append(renderUnnumbered(form, built));
  }

  #connectionJson(): ConnectionJson {
    this.#json ??= new ConnectionJson(this.#timeBase, this.#annotations);
    return this.#json;
  }

  /** Appends a connection without its number; returns where it ends. */
  #appendJson(id: number, text: Uint8Array): number {
    return this.#text.appendLine(text.subarray(numberOf('json', id).length));
  }
}

/** Whose bucket is whose: the reading thread, the first one, gets `readerShare` of them. */
export function dealBuckets(threads: number, readerShare: number): Uint8Array[] {
  const own = Math.round(BUCKETS * readerShare);
  const owned = Array.from({ length: threads }, () => new Uint8Array(BUCKETS));
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    const owner = bucket < own ? 0 : 1 + ((bucket - own) % (threads - 1));
    owned[owner][bucket] = 1;
  }
  return owned;
}
