import type { TimeBase } from '../../src/base/time.ts';
import { Core } from '../../src/core/core.ts';
import { TOUCH_FROM } from '../../src/core/layout.ts';
import { DEFAULT_POLICY } from '../../src/findings/detector.ts';
import type { Finding } from '../../src/findings/finding.ts';
import { ConnectionFacts, factsOfPlain, type JoinedFacts } from '../../src/findings/joined-facts.ts';
import { type Policy, plainLimits } from '../../src/findings/policy.ts';
import { DETECTORS, findAll } from '../../src/findings/registry.ts';
import { isTellable } from '../../src/findings/told.ts';
import type { Connection, SegmentChoice } from '../../src/flow/connection.ts';
import { type Segment, takeSegment } from '../../src/flow/segment.ts';
import { Tracker } from '../../src/flow/tracker.ts';
import type { TrackerOptions } from '../../src/flow/tracker-options.ts';
import { buildConnection } from '../../src/report/build.ts';
import { ConnectionJson } from '../../src/report/connection-json.ts';
import type { ConnectionResult } from '../../src/report/result.ts';
import { readChunks } from '../../src/source/session.ts';
import { BATCH_ROWS, type IcmpError, ROW_WORDS, SegmentBatch, TcpOption, Word } from '../../src/wire/batch.ts';
import { Decoder } from '../../src/wire/decode.ts';
import { putSegment, putTuple } from './batch.ts';

/** One end of a row as the batch has it. */
export interface RowEnd {
  /** Four big-endian words. */
  readonly words: readonly number[];
  readonly port: number;
}

/** One row of a batch, taken out. */
export interface Row extends Omit<Segment, 'from'> {
  readonly ipVersion: number;
  readonly source: RowEnd;
  readonly destination: RowEnd;
  readonly scope: number;
}

/** What a capture decodes to; `beforeRow` of the ICMP errors counts in `rows`. */
export interface Recording {
  readonly rows: readonly Row[];
  readonly icmpErrors: readonly IcmpError[];
  /** Time of the last packet, also of one without TCP. */
  readonly endNanos: number;
  readonly timeBase: TimeBase;
}

/** Decodes a capture. */
export async function readRows(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Recording> {
  const timeBase = { epochSeconds: 0 };
  const batch = new SegmentBatch(timeBase);
  const decoder = new Decoder(batch);
  const rows: Row[] = [];
  const icmpErrors: IcmpError[] = [];
  let endNanos = Number.NEGATIVE_INFINITY;
  const flush = (): void => {
    for (const error of batch.icmpErrors) icmpErrors.push({ ...error, beforeRow: rows.length + error.beforeRow });
    for (let row = 0; row < batch.count; row++) rows.push(takeRow(batch, row));
    batch.clear();
  };
  await readChunks(
    chunks,
    {
      onPacket(...packet) {
        endNanos = Math.max(endNanos, packet[7]);
        decoder.decode(...packet);
        if (batch.isFull) flush();
      },
    },
    { timeBase },
  );
  flush();
  return { rows, icmpErrors, endNanos, timeBase };
}

function takeRow(batch: SegmentBatch, row: number): Row {
  const { from: _from, ...segment } = takeSegment(batch, row, 0);
  return {
    ...segment,
    ipVersion: batch.ipVersion(row),
    source: { words: [...batch.sourceAddress(row)], port: batch.sourcePort(row) },
    destination: { words: [...batch.destinationAddress(row)], port: batch.destinationPort(row) },
    scope: batch.scope(row),
  };
}

export function putRow(batch: SegmentBatch, row: Row): void {
  const at = batch.count++;
  const { source, destination, ipVersion } = row;
  putSegment(batch, at, row);
  putTuple(batch, at, {
    ipVersion,
    source: source.words,
    destination: destination.words,
    sourcePort: source.port,
    destinationPort: destination.port,
  });
  batch.words[at * ROW_WORDS + Word.SCOPE] = row.scope;
  batch.words[at * ROW_WORDS + Word.HASH] = 0;
}

export interface TrackOptions {
  readonly segments?: SegmentChoice;
  readonly alwaysInFull?: boolean;
  readonly timeWaitSeconds?: number;
  readonly policy?: Policy;
  /** Rows in a batch (default: as many as there is room for). */
  readonly batchRows?: number;
  /** Whether the core touches memory ahead, as it does when there are many tuples. */
  readonly touchesAhead?: boolean;
  /** Whether connections that went by the book are passed over, not built. */
  readonly passesOver?: boolean;
}

export interface Tracked {
  /** In the order of their ids. */
  readonly connections: ConnectionResult[];
  /** Ids of the connections that went by the book, by kind. */
  readonly kinds: Map<number, number[]>;
  /** What joined detectors are told of those, and what they would be told had the machine seen them. */
  readonly facts: Map<number, JoinedFacts | null>;
  readonly factsInFull: Map<number, JoinedFacts>;
  /** The JSON text of those that are flawless, as it is written without the machine. */
  readonly told: Map<number, string>;
}

/**
 * Takes rows through the tracker, the detectors and the builder, as an analysis does. With `alwaysInFull` every detector
 * is asked about every connection, whatever its traits.
 */
export function track(recording: Recording, options: TrackOptions = {}): Tracked {
  const { timeBase, icmpErrors } = recording;
  const connections: ConnectionResult[] = [];
  const kinds = new Map<number, number[]>();
  const facts = new Map<number, JoinedFacts | null>();
  const factsInFull = new Map<number, JoinedFacts>();
  const told = new Map<number, string>();
  const json = new ConnectionJson(timeBase, NO_NOTES);
  const { policy = DEFAULT_POLICY } = options;
  const findIn = (connection: Connection): Finding[] =>
    options.alwaysInFull ? findAll(connection, policy, DETECTORS) : findAll(connection, policy);
  const core = new Core();
  if (options.touchesAhead === true) core.words[TOUCH_FROM >> 2] = 1;
  const trackerOptions: TrackerOptions = {
    segments: options.segments ?? false,
    alwaysInFull: options.alwaysInFull ?? false,
    timeWaitNanos: (options.timeWaitSeconds ?? 60) * 1e9,
    onConnection: (connection, addresses) => {
      factsInFull.set(connection.id, new ConnectionFacts(connection));
      connections.push(buildConnection(connection, addresses, findIn(connection), timeBase));
    },
    limits: plainLimits(policy),
    onPlain: (kind, id, build, place, tell) => {
      facts.set(id, factsOfPlain({ ...place() }));
      kinds.set(kind, [...(kinds.get(kind) ?? []), id]);
      if (options.passesOver === true) return;
      build();
      const flawless = tell();
      const findings = connections.at(-1)?.findings ?? [];
      if (flawless === null || !findings.every(isTellable)) return;
      const text = json.writeFlawless(id, flawless, place().addresses, findings);
      told.set(id, new TextDecoder('utf-8', { fatal: true }).decode(text));
    },
  };
  const tracker = new Tracker(trackerOptions, core);
  const batch = new SegmentBatch(timeBase);
  const batchRows = options.batchRows ?? BATCH_ROWS;
  let icmp = 0;
  const takeErrors = (index: number): void => {
    for (; icmp < icmpErrors.length && icmpErrors[icmp].beforeRow <= index; icmp++) {
      batch.icmpErrors.push({ ...icmpErrors[icmp], beforeRow: batch.count });
    }
  };
  for (const [index, row] of recording.rows.entries()) {
    takeErrors(index);
    putRow(batch, row);
    if (batch.count < batchRows) continue;
    tracker.push(batch);
    batch.clear();
  }
  takeErrors(recording.rows.length);
  tracker.push(batch);
  for (const _ of tracker.finish(recording.endNanos));
  connections.sort((a, b) => a.id - b.id);
  return { connections, kinds, facts, factsInFull, told };
}

const NO_NOTES = { hasNames: false, nameOf: () => undefined, tunnelOf: () => undefined };

/** A row with everything that does not matter filled in. */
export function makeRow(row: Partial<Row> & Pick<Row, 'frame' | 'timeNanos' | 'source' | 'destination'>): Row {
  return {
    flags: 0,
    seq: 0,
    ack: 0,
    payloadBytes: 0,
    window: 500,
    ttl: 64,
    ipId: row.frame & 0xffff,
    checksum: row.frame & 0xffff,
    options: 0,
    mss: 0,
    windowScale: 0,
    tsVal: 0,
    tsEcr: 0,
    sack: [],
    origin: 0,
    ipVersion: 4,
    scope: 0,
    ...row,
  };
}

/** -1, 0 or 1 as end `a` is the lower, the same or the higher one by address and port. */
export function compareEnds(a: RowEnd, b: RowEnd): number {
  for (let i = 0; i < 4; i++) {
    if (a.words[i] !== b.words[i]) return a.words[i] >>> 0 < b.words[i] >>> 0 ? -1 : 1;
  }
  return Math.sign(a.port - b.port);
}

/** Options of a SYN: an MSS, and SACK permitted. */
export const SYN_OPTIONS = TcpOption.MSS | TcpOption.SACK_PERMITTED;
