/** Metrics of a live capture for Prometheus: `GET /metrics`. docs/metrics.md tells what each means. */
import { createServer } from 'node:http';
import { Counter, Gauge, Registry } from 'prom-client';
import { LiveError } from '../../source/live-error.ts';
import type { Session } from './session.ts';

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
  /** Values with their labels, in the order of `labels`. */
  read(session: Session): Iterable<readonly [value: number, ...labels: string[]]>;
}

/** Every metric there is. */
export const METRICS: readonly Metric[] = [
  {
    name: 'lastack_connection_ends',
    help: 'Ends of tracked connections by state, as it was told last',
    labels: ['end', 'state'],
    *read({ live }) {
      for (const end of ['client', 'server'] as const) {
        for (const [state, count] of live.states[end]) yield [count, end, state];
      }
    },
  },
  {
    name: 'lastack_connections_tracked',
    help: 'Connections that are tracked, those that wait for the end of TIME_WAIT included',
    read: ({ live }) => [[live.openCount]],
  },
  {
    name: 'lastack_connections_opened_total',
    help: 'Connections seen',
    read: ({ live }) => [[live.openedCount]],
  },
  {
    name: 'lastack_connections_closed_total',
    help: 'Connections that are over, by outcome',
    labels: ['outcome'],
    read: ({ closed }) => [...closed].map(([outcome, count]) => [count, outcome] as const),
  },
  {
    name: 'lastack_findings_total',
    help: 'Findings told, by code',
    labels: ['code'],
    read: ({ toldFindings }) => [...toldFindings].map(([code, count]) => [count, code] as const),
  },
  {
    name: 'lastack_findings_taken_back_total',
    help: 'Findings told that no longer hold, by code',
    labels: ['code'],
    read: ({ takenBack }) => [...takenBack].map(([code, count]) => [count, code] as const),
  },
  {
    name: 'lastack_connections_evicted_total',
    help: 'Connections given up because there were too many, by whether they were closed',
    labels: ['state'],
    read: ({ live }) => [
      [live.evicted.over, 'closed'],
      [live.evicted.open, 'open'],
    ],
  },
  { name: 'lastack_packets_total', help: 'Packets captured', read: ({ capture }) => [[capture.packetCount]] },
  {
    name: 'lastack_packets_dropped_total',
    help: 'Packets the kernel dropped; only with --via tcpdump (dumpcap tells at the end)',
    read({ capture }) {
      const { dropped } = capture.losses;
      return dropped === null ? [] : [[dropped]];
    },
  },
  {
    name: 'lastack_interface_packets_total',
    help: 'Packets that the interface counted since the capture began',
    read({ capture }) {
      const { onInterface } = capture.losses;
      return onInterface === null ? [] : [[onInterface]];
    },
  },
  {
    name: 'lastack_interface_outages_total',
    help: 'Times the interface went away',
    read: ({ capture }) => [[capture.outages]],
  },
  {
    name: 'lastack_written_packets_total',
    help: 'Packets written by --write',
    read: ({ writer }) => (writer === null ? [] : [[writer.writtenCount]]),
  },
  {
    name: 'lastack_unwritten_packets_total',
    help: 'Packets that --write could not write',
    read: ({ writer }) => (writer === null ? [] : [[writer.lostCount]]),
  },
];

/** The metrics of a session as they are now; what is not known is left out. */
export function readRegistry(session: Session, version: string): Registry {
  const registry = new Registry();
  for (const { name, help, labels = [], read } of METRICS) {
    const values = [...read(session)];
    if (values.length === 0) continue;
    const settings = { name, help, labelNames: [...labels], registers: [registry] };
    const metric = name.endsWith('_total') ? new Counter(settings) : new Gauge(settings);
    for (const [value, ...names] of values) {
      metric.inc(Object.fromEntries(labels.map((label, index) => [label, names[index]])), value);
    }
  }
  new Gauge({ name: 'lastack_info', help: 'Version', labelNames: ['version'], registers: [registry] }).set(
    { version },
    1,
  );
  return registry;
}

/**
 * Serves them; resolves to what ends that.
 *
 * @throws LiveError when the port cannot be had
 */
export async function serveMetrics(
  session: Session,
  { host, port }: { readonly host: string; readonly port: number },
  version: string,
): Promise<() => Promise<void>> {
  const server = createServer((request, response) => {
    if (request.url?.split('?')[0] !== '/metrics') {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('See /metrics\n');
      return;
    }
    const registry = readRegistry(session, version);
    registry.metrics().then(
      (text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
      (error: Error) => response.writeHead(500).end(error.message),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: Error) =>
      reject(new LiveError(`--metrics: ${error.message}`, 'Give another port: --metrics 9471')),
    );
    server.listen(port, host, resolve);
  });
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
}
