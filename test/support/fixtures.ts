import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { End } from '../../src/flow/vocabulary.ts';
import type { ConnectionResult, EndpointResult, ResultDocument, SegmentResult } from '../../src/report/result.ts';

const DIRECTORY = join(import.meta.dirname, '../../fixtures');

/** One committed capture: its name, its file and the files beside it. */
export interface Fixture {
  name: string;
  capture: string;
  expected: string;
  truth: string;
}

/** What the kernels of one recording went through; see fixtures/README.md. */
export interface Truth {
  name: string;
  ends: { end: End; local: string; remote: string; states: { at: number; state: string }[] }[];
}

export function listFixtures(): Fixture[] {
  return readdirSync(DIRECTORY)
    .filter((file) => /\.pcap(ng)?$/.test(file))
    .sort()
    .map((file) => {
      const name = file.replace(/\.pcap(ng)?$/, '');
      const beside = (kind: string) => join(DIRECTORY, `${name}.${kind}.json`);
      return { name, capture: join(DIRECTORY, file), expected: beside('expected'), truth: beside('truth') };
    });
}

export function readTruth(fixture: Fixture): Truth {
  return JSON.parse(readFileSync(fixture.truth, 'utf8'));
}

/** What a new recording may not change: everything but times and numbers. */
export function stablePart(document: ResultDocument) {
  return {
    captures: document.captures.map(({ format, linkTypes, packetCount, tcpSegmentCount, skipped, problem }) => ({
      format,
      linkTypes,
      packetCount,
      tcpSegmentCount,
      skipped,
      problem,
    })),
    findings: document.findings.map(describeFinding),
    connections: document.connections.map(describeConnection),
  };
}

function describeConnection(connection: ConnectionResult) {
  const { endpoints, handshake, teardown } = connection;
  return {
    client: formatAddress(connection.client),
    server: formatAddress(connection.server),
    roleBasis: connection.roleBasis,
    outcome: connection.outcome,
    certainty: connection.certainty,
    undeterminedBecause: connection.undeterminedBecause,
    closedFirst: connection.closedFirst,
    closeStyle: connection.closeStyle,
    resetBy: connection.resetBy,
    clientStates: endpoints.client.stateHistory.map(describeState),
    serverStates: endpoints.server.stateHistory.map(describeState),
    clientCounts: describeCounts(endpoints.client),
    serverCounts: describeCounts(endpoints.server),
    handshake: handshake && {
      frames: [handshake.synFrame, handshake.synAckFrame, handshake.ackFrame].join(' '),
      synRetransmissions: handshake.synRetransmissions,
      synAckRetransmissions: handshake.synAckRetransmissions,
    },
    teardown: teardown && { fin1: teardown.fin1, fin2: teardown.fin2 },
    resets: connection.resets,
    findings: connection.findings.map(describeFinding),
    equivalents: connection.equivalents,
    segments: (connection.segments ?? []).map(describeSegment),
  };
}

/** `192.0.2.10:40001` or `[2001:db8::1]:40001`. */
export function formatAddress(address: { address: string; port: number }): string {
  return address.address.includes(':') ? `[${address.address}]:${address.port}` : `${address.address}:${address.port}`;
}

function describeState(entry: EndpointResult['stateHistory'][number]): string {
  const proven = entry.provenFrame === undefined ? '' : `, proven by ${entry.provenFrame}`;
  const withdrawn = entry.withdrawn === undefined ? '' : `, withdrawn at ${entry.withdrawn.frame}`;
  return `${entry.state} at ${entry.frame} ${entry.basis}${proven}${withdrawn}`;
}

function describeCounts(end: EndpointResult): Record<string, number> {
  const { state: _state, basis: _basis, stateHistory: _history, ...counts } = end;
  const isCount = (entry: [string, unknown]): entry is [string, number] =>
    typeof entry[1] === 'number' && entry[1] !== 0;
  return Object.fromEntries(Object.entries(counts).filter(isCount));
}

function describeFinding(finding: { code: string; severity: string; at: string; frames: number[] }): string {
  return `${finding.code} (${finding.severity}, ${finding.at}) ${finding.frames.join(' ')}`;
}

function describeSegment(segment: SegmentResult): string {
  const { frame, from, flags, length, labels, phase, clientState, serverState } = segment;
  return `${frame} ${from} ${flags} ${length} [${labels.join(' ')}] ${phase} ${clientState} ${serverState}`;
}

/** The states of an end that were not taken back, from its first segment on, without the CLOSED of a timer. */
export function statePath(end: EndpointResult): string[] {
  const states: string[] = end.stateHistory
    .filter((entry) => entry.withdrawn === undefined && entry.basis !== 'timer')
    .map((entry) => entry.state);
  const start = states.findIndex((state) => state !== 'LISTEN' && state !== 'CLOSED');
  return start < 0 ? [] : states.slice(start).filter((state, index, all) => state !== all[index - 1]);
}
