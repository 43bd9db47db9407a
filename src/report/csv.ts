/**
 * Connections, or their segments, as comma-separated values (RFC 4180: CRLF line ends, quotes only where needed).
 *
 * A column is named by the path of its value in the JSON document (`client.address`), so the two formats share one
 * description. Left out: state histories and finding messages, which do not fit a cell.
 */
import type { ConnectionResult, SegmentResult } from './result.ts';
import { worstSeverity } from './severity.ts';

type Cell = string | number | boolean | null | undefined;

interface Column<Row> {
  readonly name: string;
  readonly value: (row: Row) => Cell;
}

const column = <Row>(name: string, value: (row: Row) => Cell): Column<Row> => ({ name, value });

const endpointColumns = (end: 'client' | 'server'): Column<ConnectionResult>[] =>
  (
    [
      'state',
      'basis',
      'segments',
      'payloadBytes',
      'uniquePayloadBytes',
      'syn',
      'fin',
      'rst',
      'retransmittedSegments',
      'outOfOrderSegments',
      'duplicateAcks',
      'zeroWindows',
      'mss',
      'windowScale',
      'sackPermitted',
      'timestamps',
    ] as const
  ).map((field) => column(`${end}.${field}`, (connection) => connection.endpoints[end][field]));

const finColumns = (fin: 'fin1' | 'fin2'): Column<ConnectionResult>[] =>
  (['from', 'frame', 'ackFrame', 'retransmissions'] as const).map((field) =>
    column(`teardown.${fin}.${field}`, (connection) => connection.teardown?.[fin]?.[field]),
  );

/** Columns of one row a connection, in order. */
export const CONNECTION_COLUMNS: readonly Column<ConnectionResult>[] = [
  column('id', (c) => c.id),
  column('client.address', (c) => c.client.address),
  column('client.port', (c) => c.client.port),
  column('server.address', (c) => c.server.address),
  column('server.port', (c) => c.server.port),
  column('roleBasis', (c) => c.roleBasis),
  column('startTime', (c) => c.startTime),
  column('endTime', (c) => c.endTime),
  column('durationSeconds', (c) => c.durationSeconds),
  column('firstFrame', (c) => c.firstFrame),
  column('lastFrame', (c) => c.lastFrame),
  column('outcome', (c) => c.outcome),
  column('certainty', (c) => c.certainty),
  column('undeterminedBecause', (c) => c.undeterminedBecause),
  column('closedFirst', (c) => c.closedFirst),
  column('closeStyle', (c) => c.closeStyle),
  column('resetBy', (c) => c.resetBy),
  ...endpointColumns('client'),
  ...endpointColumns('server'),
  column('handshake.synFrame', (c) => c.handshake?.synFrame),
  column('handshake.synAckFrame', (c) => c.handshake?.synAckFrame),
  column('handshake.ackFrame', (c) => c.handshake?.ackFrame),
  column('handshake.rttToServerSeconds', (c) => c.handshake?.rttToServerSeconds),
  column('handshake.rttToClientSeconds', (c) => c.handshake?.rttToClientSeconds),
  column('handshake.synRetransmissions', (c) => c.handshake?.synRetransmissions),
  column('handshake.synAckRetransmissions', (c) => c.handshake?.synAckRetransmissions),
  ...finColumns('fin1'),
  ...finColumns('fin2'),
  column('teardown.durationSeconds', (c) => c.teardown?.durationSeconds),
  column('worstSeverity', (c) => worstSeverity(c.findings)),
  column('findings', (c) => [...new Set(c.findings.map((finding) => finding.code))].join(' ')),
  column('equivalents.zeekConnState', (c) => c.equivalents.zeekConnState),
  column('equivalents.zeekHistory', (c) => c.equivalents.zeekHistory),
  column('equivalents.wiresharkCompleteness', (c) => c.equivalents.wiresharkCompleteness),
];

interface SegmentRow {
  readonly connection: number;
  readonly segment: SegmentResult;
}

/** Columns of one row a segment, in order; `connection` is the connection's id, lists are separated by spaces. */
export const SEGMENT_COLUMNS: readonly Column<SegmentRow>[] = [
  column('connection', (row) => row.connection),
  column('frame', ({ segment }) => segment.frame),
  column('time', ({ segment }) => segment.time),
  column('from', ({ segment }) => segment.from),
  column('flags', ({ segment }) => segment.flags),
  column('seq', ({ segment }) => segment.seq),
  column('ack', ({ segment }) => segment.ack),
  column('length', ({ segment }) => segment.length),
  column('labels', ({ segment }) => segment.labels.join(' ')),
  column('phase', ({ segment }) => segment.phase),
  column('clientState', ({ segment }) => segment.clientState),
  column('serverState', ({ segment }) => segment.serverState),
  column('rules', ({ segment }) => segment.rules.join(' ')),
];

const lineOf = (cells: readonly Cell[]): string => `${cells.map(quoteCell).join(',')}\r\n`;

function quoteCell(cell: Cell): string {
  if (cell === null || cell === undefined) return '';
  if (typeof cell === 'number') return String(cell);
  const text = String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The first line: names of the columns of {@link renderCsvRow}, or of {@link renderSegmentCsvRows}. */
export function renderCsvHeader(segments = false): string {
  return lineOf((segments ? SEGMENT_COLUMNS : CONNECTION_COLUMNS).map((each) => each.name));
}

/** One line for a connection. */
export function renderCsvRow(connection: ConnectionResult): string {
  return lineOf(CONNECTION_COLUMNS.map((each) => each.value(connection)));
}

/** One line for each segment of a connection that was analysed with `segments`. */
export function renderSegmentCsvRows(connection: ConnectionResult): string {
  let text = '';
  for (const segment of connection.segments ?? []) {
    const row = { connection: connection.id, segment };
    text += lineOf(SEGMENT_COLUMNS.map((each) => each.value(row)));
  }
  return text;
}
