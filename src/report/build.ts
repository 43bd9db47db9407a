/** From the analysis of a connection to its entry in the result document. */

import { formatAddress } from '../base/address.ts';
import { formatTime, type TimeBase, toSeconds } from '../base/time.ts';
import { writeOut } from '../findings/detector.ts';
import type { Finding } from '../findings/finding.ts';
import type { Connection, IncompleteSegments, ResetRecord, SegmentRecord } from '../flow/connection.ts';
import type { EndTrack } from '../flow/end.ts';
import type { HistoryEntry } from '../flow/history.ts';
import type { PlainPlace } from '../flow/place.ts';
import type { Certainty, End, UndeterminedReason } from '../flow/vocabulary.ts';
import { LABELS } from '../tcp/labels.ts';
import { TcpFlag } from '../wire/batch.ts';
import type {
  ConnectionResult,
  EndpointResult,
  FinResult,
  HandshakeResult,
  SegmentResult,
  StateEntry,
} from './result.ts';

/** Addresses of ends 0 and 1, four words each as in the batch. */
export interface TupleAddresses {
  readonly ipVersion: 4 | 6;
  readonly words0: Int32Array;
  readonly words1: Int32Array;
}

/** What else is known of connections. */
export interface ConnectionNotes {
  /** The name that the capture gives to an address. */
  nameOf(address: string): string | undefined;
  /** Whether it gives any. */
  readonly hasNames: boolean;
  /** The tunnels that a tuple came through, outermost first. */
  tunnelOf(addresses: TupleAddresses, ports: readonly [number, number]): string | undefined;
}

/** Where a connection was, without names. */
export type ConnectionEnds = Record<'client' | 'server', Pick<ConnectionResult['client'], 'address' | 'port'>>;

/** The ends of a connection as text; addresses need not outlive the call. */
export function endsOf({ addresses, clientIndex }: Pick<PlainPlace, 'addresses' | 'clientIndex'>): ConnectionEnds {
  const { ipVersion, words0, words1, ports } = addresses;
  const ends = [
    { address: formatAddress(ipVersion, words0), port: ports[0] },
    { address: formatAddress(ipVersion, words1), port: ports[1] },
  ];
  return { client: ends[clientIndex], server: ends[1 - clientIndex] };
}

/** Builds the entry of a settled connection. */
export function buildConnection(
  connection: Connection,
  addresses: TupleAddresses,
  findings: readonly Finding[],
  base: TimeBase,
  notes?: ConnectionNotes,
): ConnectionResult {
  const { verdict, clientIndex } = connection;
  const ends = endsOf({ addresses: { ...addresses, ports: connection.ports }, clientIndex });
  const named = (end: ConnectionEnds['client']): ConnectionResult['client'] => {
    const name = notes?.nameOf(end.address);
    return name === undefined ? end : { ...end, name };
  };
  const tunnel = notes?.tunnelOf(addresses, connection.ports);
  const client = buildEndpoint(connection.client, base);
  const server = connection.isSelfConnect ? { ...client, ...NOTHING_SENT } : buildEndpoint(connection.server, base);
  if (connection.incomplete !== null) addIncomplete(connection, connection.incomplete, client, server);
  const result: ConnectionResult = {
    id: connection.id,
    client: named(ends.client),
    server: named(ends.server),
    ...(tunnel === undefined ? {} : { tunnel }),
    roleBasis: connection.roleBasis,
    firstFrame: connection.firstFrame,
    lastFrame: connection.lastFrame,
    startTime: formatTime(base, connection.firstNanos),
    endTime: formatTime(base, connection.lastNanos),
    durationSeconds: toSeconds(connection.lastNanos - connection.firstNanos),
    outcome: verdict.outcome,
    certainty: certaintyOf(verdict.undeterminedBecause),
    undeterminedBecause: verdict.undeterminedBecause,
    closedFirst: verdict.closedFirst,
    closeStyle: verdict.closeStyle,
    resetBy: verdict.resetBy,
    endpoints: { client, server },
    handshake: buildHandshake(connection),
    teardown: buildTeardown(connection),
    resets: connection.resets.map((reset) => ({
      from: endOf(connection, reset.segment.from),
      frame: reset.segment.frame,
      shape: reset.shape,
      accepted: isAccepted(reset),
    })),
    findings: findings.map(writeOut),
    equivalents: {
      zeekConnState: connection.zeek.connState(),
      zeekHistory: connection.zeek.history(),
      wiresharkCompleteness: connection.completeness,
    },
  };
  if (connection.records !== null) result.segments = buildSegments(connection, connection.records, base);
  return result;
}

export function certaintyOf(undeterminedBecause: UndeterminedReason | null): Certainty {
  return undeterminedBecause === null ? 'determined' : 'undetermined';
}

export function isAccepted({ verdict, isWithdrawn }: ResetRecord): boolean {
  return verdict === 'accepted' && !isWithdrawn;
}

export function endOf(connection: Connection, index: number): End {
  return index === connection.clientIndex ? 'client' : 'server';
}

/** A socket that is connected to itself sends each segment once: it is counted at the client. */
const NOTHING_SENT = {
  segments: 0,
  payloadBytes: 0,
  uniquePayloadBytes: 0,
  syn: 0,
  fin: 0,
  rst: 0,
  retransmittedSegments: 0,
  outOfOrderSegments: 0,
  duplicateAcks: 0,
  zeroWindows: 0,
} as const satisfies Partial<EndpointResult>;

function buildEndpoint(end: EndTrack, base: TimeBase): EndpointResult {
  const { current } = end.history;
  return {
    state: current?.state ?? 'UNKNOWN',
    basis: current?.basis ?? 'assumed',
    stateHistory: end.history.entries.map((entry) => buildEntry(entry, base)),
    segments: end.segments,
    payloadBytes: end.payloadBytes,
    uniquePayloadBytes: end.uniquePayloadBytes,
    syn: end.syn,
    fin: end.finCount,
    rst: end.rst,
    retransmittedSegments: end.retransmittedSegments,
    outOfOrderSegments: end.outOfOrderSegments,
    duplicateAcks: end.duplicateAcks,
    zeroWindows: end.zeroWindows,
    mss: end.mss === -1 ? null : end.mss,
    windowScale: end.windowScale === -1 ? null : end.windowScale,
    sackPermitted: end.sackPermitted,
    timestamps: end.timestamps,
  };
}

/** What was sent counts; whether octets are new ones is known of the first only, and only if there is nothing else. */
function addIncomplete(
  connection: Connection,
  { first, counts, payloadBytes }: IncompleteSegments,
  client: EndpointResult,
  server: EndpointResult,
): void {
  for (const index of [0, 1] as const) {
    const end = index === connection.clientIndex ? client : server;
    end.segments += counts[index];
    end.payloadBytes += payloadBytes[index];
    if (connection.segmentCount === 0 && first.from === index) end.uniquePayloadBytes = first.payloadBytes;
  }
}

function buildEntry(entry: HistoryEntry, base: TimeBase): StateEntry {
  const { state, basis, frame, timeNanos, provenFrame, withdrawnFrame, withdrawnNanos } = entry;
  return {
    state,
    basis,
    frame,
    time: formatTime(base, timeNanos),
    ...(provenFrame === 0 ? {} : { provenFrame }),
    ...(withdrawnFrame === 0 ? {} : { withdrawn: { frame: withdrawnFrame, time: formatTime(base, withdrawnNanos) } }),
  };
}

function buildHandshake(connection: Connection): HandshakeResult | null {
  const { synFrame, synAckFrame, handshakeAck } = connection;
  if (synFrame === 0 && synAckFrame === 0) return null;
  return {
    synFrame: synFrame || null,
    synAckFrame: synAckFrame || null,
    ackFrame: handshakeAck?.frame ?? null,
    rttToServerSeconds: seconds(connection.rttToServerNanos),
    rttToClientSeconds: seconds(connection.rttToClientNanos),
    synRetransmissions: connection.synRetransmissions,
    synAckRetransmissions: connection.synAckRetransmissions,
  };
}

function seconds(nanos: number): number | null {
  return Number.isNaN(nanos) ? null : toSeconds(nanos);
}

function buildTeardown(connection: Connection): ConnectionResult['teardown'] {
  const fin1 = buildFin(connection, connection.firstFinIndex);
  if (fin1 === null) return null;
  const fin2 = buildFin(connection, connection.secondFinIndex);
  return { fin1, fin2, durationSeconds: seconds(closeNanosOf(connection)) };
}

/** From the first FIN to the ACK of the second, nanoseconds; NaN without them. */
export function closeNanosOf({ ends, firstFinIndex, secondFinIndex }: Connection): number {
  const cover = secondFinIndex === -1 ? null : ends[secondFinIndex].finCover;
  if (firstFinIndex === -1 || cover === null) return Number.NaN;
  return cover.timeNanos - ends[firstFinIndex].finCopies[0].timeNanos;
}

/** The FIN of an end; null if it has sent none, or if there is no such end (-1). */
export function buildFin(connection: Connection, index: -1 | 0 | 1): FinResult | null {
  if (index === -1) return null;
  const end = connection.ends[index];
  const [first] = end.finCopies;
  if (first === undefined) return null;
  return {
    from: endOf(connection, index),
    frame: first.frame,
    ackFrame: end.finCover?.frame ?? null,
    retransmissions: connection.finRetransmissions[index],
  };
}

const FLAG_NAMES = Object.entries(TcpFlag);

function formatFlags(flags: number): string {
  return FLAG_NAMES.filter(([, bit]) => (flags & bit) !== 0)
    .map(([name]) => name)
    .join(',');
}

export function buildSegments(
  connection: Connection,
  records: readonly SegmentRecord[],
  base: TimeBase,
): SegmentResult[] {
  return records.map((record) => buildSegment(connection, record, base));
}

function buildSegment(connection: Connection, record: SegmentRecord, base: TimeBase): SegmentResult {
  const { segment, labels, rules, phase, states } = record;
  return {
    frame: segment.frame,
    time: formatTime(base, segment.timeNanos),
    from: endOf(connection, segment.from),
    flags: formatFlags(segment.flags),
    seq: segment.seq,
    ack: segment.ack,
    length: segment.payloadBytes,
    labels: labels.length < 2 ? [...labels] : LABELS.filter((label) => labels.includes(label)),
    phase,
    clientState: states[connection.clientIndex],
    serverState: states[1 - connection.clientIndex],
    rules: [...rules],
  };
}
