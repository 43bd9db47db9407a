/** From the analysis of a connection to its entry in the result document. */

import { formatAddress } from '../base/address.ts';
import { formatTime, type TimeBase, toSeconds } from '../base/time.ts';
import { writeOut } from '../findings/detector.ts';
import type { Finding } from '../findings/finding.ts';
import type { Connection, IncompleteSegments, SegmentRecord } from '../flow/connection.ts';
import type { EndTrack } from '../flow/end.ts';
import type { HistoryEntry } from '../flow/history.ts';
import type { End } from '../flow/vocabulary.ts';
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
  /** The tunnels that a tuple came through, outermost first. */
  tunnelOf(addresses: TupleAddresses, ports: readonly [number, number]): string | undefined;
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
  const texts = [
    formatAddress(addresses.ipVersion, addresses.words0),
    formatAddress(addresses.ipVersion, addresses.words1),
  ];
  const place = (index: number): ConnectionResult['client'] => {
    const name = notes?.nameOf(texts[index]);
    return { address: texts[index], port: connection.ports[index], ...(name === undefined ? {} : { name }) };
  };
  const tunnel = notes?.tunnelOf(addresses, connection.ports);
  const client = buildEndpoint(connection.client, base);
  const server = connection.isSelfConnect ? { ...client, ...NOTHING_SENT } : buildEndpoint(connection.server, base);
  if (connection.incomplete !== null) addIncomplete(connection, connection.incomplete, client, server);
  const result: ConnectionResult = {
    id: connection.id,
    client: place(clientIndex),
    server: place(1 - clientIndex),
    ...(tunnel === undefined ? {} : { tunnel }),
    roleBasis: connection.roleBasis,
    firstFrame: connection.firstFrame,
    lastFrame: connection.lastFrame,
    startTime: formatTime(base, connection.firstNanos),
    endTime: formatTime(base, connection.lastNanos),
    durationSeconds: toSeconds(connection.lastNanos - connection.firstNanos),
    outcome: verdict.outcome,
    certainty: verdict.undeterminedBecause === null ? 'determined' : 'undetermined',
    undeterminedBecause: verdict.undeterminedBecause,
    closedFirst: verdict.closedFirst,
    closeStyle: verdict.closeStyle,
    resetBy: verdict.resetBy,
    endpoints: { client, server },
    handshake: buildHandshake(connection),
    teardown: buildTeardown(connection),
    resets: connection.resets.map(({ segment, shape, verdict: fate, isWithdrawn }) => ({
      from: endOf(connection, segment.from),
      frame: segment.frame,
      shape,
      accepted: fate === 'accepted' && !isWithdrawn,
    })),
    findings: findings.map(writeOut),
    equivalents: {
      zeekConnState: connection.zeek.connState(),
      zeekHistory: connection.zeek.history(),
      wiresharkCompleteness: connection.completeness,
    },
  };
  if (connection.records !== null) {
    result.segments = connection.records.map((record) => buildSegment(connection, record, base));
  }
  return result;
}

function endOf(connection: Connection, index: number): End {
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
  const { firstFinIndex, secondFinIndex } = connection;
  if (firstFinIndex === -1) return null;
  const fin1 = buildFin(connection, firstFinIndex);
  if (fin1 === null) return null;
  const fin2 = secondFinIndex === -1 ? null : buildFin(connection, secondFinIndex);
  const start = connection.ends[firstFinIndex].finCopies[0].timeNanos;
  const last = secondFinIndex === -1 ? null : connection.ends[secondFinIndex].finCover;
  return { fin1, fin2, durationSeconds: last === null ? null : toSeconds(last.timeNanos - start) };
}

function buildFin(connection: Connection, index: 0 | 1): FinResult | null {
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
