import type { CaptureResult, ConnectionResult, ResultDocument } from '../../src/report/result.ts';
import {
  bulkTransfer,
  cleanClose,
  finalAckLost,
  halfClose,
  refused,
  resetByServer,
  unanswered,
} from './sample-connections.ts';
import { finding } from './sample-conversation.ts';

/** A capture's own part of a document, counted from its connections. */
export function sampleCapture(connections: ConnectionResult[], more: Partial<CaptureResult> = {}): CaptureResult {
  const segments = connections.reduce((sum, c) => sum + c.endpoints.client.segments + c.endpoints.server.segments, 0);
  const times = connections.flatMap((connection) => [connection.startTime, connection.endTime]).sort();
  return {
    path: 'web.pcap',
    format: 'pcap',
    linkTypes: ['ETHERNET'],
    clock: 'capture',
    packetCount: segments,
    tcpSegmentCount: segments,
    firstTime: times[0] ?? null,
    lastTime: times.at(-1) ?? null,
    skipped: {},
    problem: null,
    ...more,
  };
}

const tally = (words: string[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
};

/** A whole document around connections. */
export function sampleDocument(connections: ConnectionResult[], capture: Partial<CaptureResult> = {}): ResultDocument {
  return {
    schemaVersion: 1,
    tool: { name: 'lastack', version: '0.1.0' },
    captures: [sampleCapture(connections, capture)],
    summary: {
      connectionCount: connections.length,
      outcomes: tally(connections.map((connection) => connection.outcome)),
      closedFirst: tally(connections.map((connection) => connection.closedFirst ?? 'none')),
      findings: tally(connections.flatMap((connection) => connection.findings.map((each) => each.code))),
    },
    findings: [],
    connections,
  };
}

/** A service with troubles: dozens of connections of every kind, IPv6 among them, and a finding about a listener. */
export function troubledService(): ResultDocument {
  const connections: ConnectionResult[] = [];
  const kinds = [
    cleanClose,
    cleanClose,
    cleanClose,
    cleanClose,
    halfClose,
    cleanClose,
    refused,
    cleanClose,
    finalAckLost,
    cleanClose,
    resetByServer,
    bulkTransfer,
    unanswered,
  ];
  for (let index = 0; index < 130; index++) {
    const id = index + 1;
    const client =
      index % 11 === 3
        ? { address: `2001:db8:0:${id.toString(16)}:8a2e:370:7334:1`, port: 40000 + index }
        : { address: `192.0.2.${(index % 200) + 1}`, port: 40000 + index };
    const server =
      index % 11 === 3
        ? { address: '2001:db8:ffff::80', port: 443 }
        : { address: '198.51.100.7', port: index % 3 === 0 ? 8443 : 80 };
    connections.push(kinds[index % kinds.length]({ id, client, server }));
  }
  const document = sampleDocument(connections, { skipped: { udp: 1200, arp: 47 } });
  document.findings.push(
    finding('accept-queue-overflow', {
      severity: 'error',
      category: 'handshake',
      at: 'server',
      frames: [102, 107, 230, 231, 232],
      message: '198.51.100.7:8443 dropped the third ACK of 12 handshakes: its accept queue is full',
      cause: 'The application accepts more slowly than clients arrive, or its backlog is too small.',
    }),
  );
  document.summary.findings['accept-queue-overflow'] = 1;
  return document;
}
