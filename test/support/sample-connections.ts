/** Hand-written connections of the kinds that renderers have to cope with. */
import type { ConnectionResult, HandshakeResult } from '../../src/report/result.ts';
import { converse, finding, row, type SampleSegment } from './sample-conversation.ts';

const HANDSHAKE: HandshakeResult = {
  synFrame: 1,
  synAckFrame: 2,
  ackFrame: 3,
  rttToServerSeconds: 0.0604,
  rttToClientSeconds: 0.0407,
  synRetransmissions: 0,
  synAckRetransmissions: 0,
};

const opening = (): SampleSegment[] => [
  row(0, 'client SYN 0 | syn | handshake SYN_SENT LISTEN | connect listen-receives-syn'),
  row(0.0604, 'server SYN,ACK 0 | syn-ack | handshake ESTABLISHED SYN_RECEIVED | accept-syn receive-syn-ack'),
  row(
    0.1011,
    'client ACK 0 | handshake-ack | handshake ESTABLISHED ESTABLISHED | complete-handshake handshake-completed',
  ),
];

const exchange = (): SampleSegment[] => [
  row(0.1013, 'client PSH,ACK 412 | data | data ESTABLISHED ESTABLISHED | exchange'),
  row(0.162, 'server ACK 0 | ack | data ESTABLISHED ESTABLISHED | exchange'),
  row(0.17, 'server PSH,ACK 1240 | data | data ESTABLISHED ESTABLISHED | exchange'),
  row(0.2107, 'client ACK 0 | ack | data ESTABLISHED ESTABLISHED | exchange'),
];

/** Opened, one request and answer, closed by the client in four segments. */
export function cleanClose(more: Partial<ConnectionResult> = {}): ConnectionResult {
  return converse({
    segments: [
      ...opening(),
      ...exchange(),
      row(3.2, 'client FIN,ACK 0 | fin-1 | teardown FIN_WAIT_1 ESTABLISHED | close-first'),
      row(3.2605, 'server ACK 0 | ack-of-fin-1 | teardown FIN_WAIT_2 CLOSE_WAIT | acknowledge-fin fin-acknowledged'),
      row(3.4, 'server FIN,ACK 0 | fin-2 | teardown FIN_WAIT_2 LAST_ACK | close-second'),
      row(
        3.4408,
        'client ACK 0 | ack-of-fin-2 | teardown TIME_WAIT CLOSED | acknowledge-last-fin last-fin-acknowledged',
      ),
    ],
    client: [
      'SYN_SENT proven 1',
      'ESTABLISHED proven 2 proven=3',
      'FIN_WAIT_1 proven 8',
      'FIN_WAIT_2 proven 9 proven=11',
      'TIME_WAIT proven 11',
    ],
    server: [
      'LISTEN assumed 1',
      'SYN_RECEIVED proven 2',
      'ESTABLISHED proven 3 proven=5',
      'CLOSE_WAIT proven 9',
      'LAST_ACK proven 10',
      'CLOSED assumed 11',
    ],
    result: {
      outcome: 'graceful',
      closedFirst: 'client',
      closeStyle: 'four-segment',
      handshake: HANDSHAKE,
      teardown: {
        fin1: { from: 'client', frame: 8, ackFrame: 9, retransmissions: 0 },
        fin2: { from: 'server', frame: 10, ackFrame: 11, retransmissions: 0 },
        durationSeconds: 0.2408,
      },
      ...more,
    },
  });
}

/** The final ACK is lost past the tap: CLOSED was presumed of the server and is taken back twice. */
export function finalAckLost(more: Partial<ConnectionResult> = {}): ConnectionResult {
  const clean = cleanClose();
  const again = (at: number, repeats: number): SampleSegment[] => [
    {
      at,
      from: 'server',
      flags: 'FIN,ACK',
      labels: 'fin-retransmission',
      phase: 'teardown',
      client: 'TIME_WAIT',
      server: 'LAST_ACK',
      rules: 'repeat-fin time-wait-restart',
      repeats,
    },
    row(
      at + 0.0407,
      'client ACK 0 | ack-of-fin-repeat | teardown TIME_WAIT CLOSED | acknowledge-last-fin last-fin-acknowledged',
    ),
  ];
  const first: SampleSegment[] = (clean.segments ?? []).map((segment, index) => ({
    at: [0, 0.0604, 0.1011, 0.1013, 0.162, 0.17, 0.2107, 3.2, 3.2605, 3.4, 3.4408][index],
    from: segment.from,
    flags: segment.flags,
    length: segment.length,
    labels: segment.labels.join(' '),
    phase: segment.phase,
    client: segment.clientState,
    server: segment.serverState,
    rules: segment.rules.join(' '),
  }));
  return converse({
    segments: [...first, ...again(3.722, 10), ...again(4.154, 10)],
    client: [
      'SYN_SENT proven 1',
      'ESTABLISHED proven 2 proven=3',
      'FIN_WAIT_1 proven 8',
      'FIN_WAIT_2 proven 9 proven=11',
      'TIME_WAIT proven 11',
      'CLOSED timer 15',
    ],
    server: [
      'LISTEN assumed 1',
      'SYN_RECEIVED proven 2',
      'ESTABLISHED proven 3 proven=5',
      'CLOSE_WAIT proven 9',
      'LAST_ACK proven 10',
      'CLOSED assumed 11 withdrawn=12',
      'CLOSED assumed 13 withdrawn=14',
    ],
    findings: [
      finding('teardown-w4-lost', {
        severity: 'note',
        at: 'path',
        frames: [11, 12, 13, 14],
        message:
          'the final ACK was lost twice between the tap and the server: its FIN was repeated after 0.32 s and 0.75 s',
      }),
      finding('last-ack-give-up', {
        severity: 'warning',
        at: 'server',
        frames: [12, 14],
        message: 'the server repeated its FIN twice and then fell silent for 61 s: it gave up in LAST_ACK',
      }),
    ],
    result: {
      outcome: 'graceful',
      closedFirst: 'client',
      closeStyle: 'four-segment',
      handshake: HANDSHAKE,
      teardown: {
        fin1: { from: 'client', frame: 8, ackFrame: 9, retransmissions: 0 },
        fin2: { from: 'server', frame: 10, ackFrame: 11, retransmissions: 2 },
        durationSeconds: 0.9947,
      },
      ...more,
    },
  });
}

/** Nobody listens: RST in answer to the SYN. */
export function refused(more: Partial<ConnectionResult> = {}): ConnectionResult {
  return converse({
    segments: [
      row(0, 'client SYN 0 | syn | handshake SYN_SENT LISTEN | connect'),
      row(0.0006, 'server RST,ACK 0 | rst-refuse | reset CLOSED CLOSED | refuse receive-refusal'),
    ],
    client: ['SYN_SENT proven 1', 'CLOSED assumed 2'],
    server: ['CLOSED proven 2'],
    findings: [
      finding('connection-refused', {
        severity: 'error',
        category: 'handshake',
        at: 'server',
        frames: [1, 2],
        message: 'the SYN to port 80 was answered by RST after 0.6 ms',
        cause: 'Nothing listens on that address and port, or a firewall rejects with RST.',
      }),
    ],
    result: {
      outcome: 'refused',
      closeStyle: 'reset',
      resetBy: 'server',
      handshake: {
        ...HANDSHAKE,
        synAckFrame: null,
        ackFrame: null,
        rttToServerSeconds: null,
        rttToClientSeconds: null,
      },
      resets: [{ from: 'server', frame: 2, shape: 'refuse', accepted: true }],
      equivalents: { zeekConnState: 'REJ', zeekHistory: 'Sr', wiresharkCompleteness: 37 },
      ...more,
    },
  });
}

/** The client shuts down its sending side and goes on reading. */
export function halfClose(more: Partial<ConnectionResult> = {}): ConnectionResult {
  return converse({
    segments: [
      ...opening(),
      ...exchange(),
      row(0.3, 'client FIN,ACK 0 | fin-1 | teardown FIN_WAIT_1 ESTABLISHED | close-first'),
      row(0.36, 'server ACK 0 | ack-of-fin-1 | teardown FIN_WAIT_2 CLOSE_WAIT | acknowledge-fin fin-acknowledged'),
      row(12.5, 'server PSH,ACK 9000 | half-close-data | teardown FIN_WAIT_2 CLOSE_WAIT | half-close-send'),
      row(12.541, 'client ACK 0 | ack | teardown FIN_WAIT_2 CLOSE_WAIT | exchange'),
      row(12.6, 'server FIN,ACK 0 | fin-2 | teardown FIN_WAIT_2 LAST_ACK | close-second'),
      row(
        12.641,
        'client ACK 0 | ack-of-fin-2 | teardown TIME_WAIT CLOSED | acknowledge-last-fin last-fin-acknowledged',
      ),
    ],
    client: [
      'SYN_SENT proven 1',
      'ESTABLISHED proven 2 proven=3',
      'FIN_WAIT_1 proven 8',
      'FIN_WAIT_2 proven 9 proven=11',
      'TIME_WAIT proven 13',
    ],
    server: [
      'LISTEN assumed 1',
      'SYN_RECEIVED proven 2',
      'ESTABLISHED proven 3 proven=5',
      'CLOSE_WAIT proven 9',
      'LAST_ACK proven 12',
      'CLOSED assumed 13',
    ],
    findings: [
      finding('half-close', {
        severity: 'info',
        at: 'client',
        frames: [8, 10],
        message: "after the client's FIN the server still sent 9,000 bytes, and the client acknowledged them",
      }),
    ],
    result: {
      outcome: 'graceful',
      closedFirst: 'client',
      closeStyle: 'half-close',
      handshake: HANDSHAKE,
      teardown: {
        fin1: { from: 'client', frame: 8, ackFrame: 9, retransmissions: 0 },
        fin2: { from: 'server', frame: 12, ackFrame: 13, retransmissions: 0 },
        durationSeconds: 12.341,
      },
      ...more,
    },
  });
}

/** The server aborts in mid-transfer. */
export function resetByServer(more: Partial<ConnectionResult> = {}): ConnectionResult {
  return converse({
    segments: [
      ...opening(),
      ...exchange(),
      row(0.9, 'server RST,ACK 0 | rst-active | reset CLOSED CLOSED | abort receive-reset'),
    ],
    client: ['SYN_SENT proven 1', 'ESTABLISHED proven 2 proven=3', 'CLOSED assumed 8'],
    server: ['LISTEN assumed 1', 'SYN_RECEIVED proven 2', 'ESTABLISHED proven 3 proven=5', 'CLOSED assumed 8'],
    findings: [
      finding('abortive-close', {
        category: 'reset',
        at: 'server',
        frames: [8],
        message: 'the server sent RST 689 ms after the last data, without a FIN of its own',
        cause: 'close() with unread data in the receive buffer, or SO_LINGER with a time of 0.',
      }),
    ],
    result: {
      outcome: 'reset',
      closeStyle: 'reset',
      resetBy: 'server',
      handshake: HANDSHAKE,
      resets: [{ from: 'server', frame: 8, shape: 'active', accepted: true }],
      equivalents: { zeekConnState: 'RSTR', zeekHistory: 'ShADadr', wiresharkCompleteness: 47 },
      ...more,
    },
  });
}

/** SYNs into the void. */
export function unanswered(more: Partial<ConnectionResult> = {}): ConnectionResult {
  const syn = (at: number, repeats?: number): SampleSegment => ({
    at,
    from: 'client',
    flags: 'SYN',
    labels: repeats === undefined ? 'syn' : 'syn-retransmission',
    phase: 'handshake',
    client: 'SYN_SENT',
    server: 'UNKNOWN',
    rules: repeats === undefined ? 'connect' : 'repeat-syn',
    ...(repeats === undefined ? {} : { repeats }),
  });
  return converse({
    segments: [syn(0), syn(1.02, 1), syn(3.05, 1), syn(7.13, 1)],
    client: ['SYN_SENT proven 1'],
    server: ['UNKNOWN assumed 1'],
    findings: [
      finding('syn-unanswered', {
        severity: 'error',
        category: 'handshake',
        at: 'path',
        frames: [1, 2, 3, 4],
        message: '4 SYNs in 7.13 s, nothing came back',
        cause: 'The host is down, the address is wrong, or a firewall drops the packets.',
      }),
    ],
    result: {
      outcome: 'unanswered',
      certainty: 'undetermined',
      undeterminedBecause: 'capture-ended',
      handshake: {
        synFrame: 1,
        synAckFrame: null,
        ackFrame: null,
        rttToServerSeconds: null,
        rttToClientSeconds: null,
        synRetransmissions: 3,
        synAckRetransmissions: 0,
      },
      equivalents: { zeekConnState: 'S0', zeekHistory: 'S', wiresharkCompleteness: 1 },
      ...more,
    },
  });
}

/** A long download: many data segments that a ladder has to fold, with a retransmission inside. */
export function bulkTransfer(more: Partial<ConnectionResult> = {}): ConnectionResult {
  const segments: SampleSegment[] = [...opening(), exchange()[0]];
  for (let index = 0; index < 400; index++) {
    const at = 0.2 + index * 0.0011;
    segments.push({
      at,
      from: 'server',
      flags: 'ACK',
      length: 1448,
      labels: 'data',
      client: 'ESTABLISHED',
      server: 'ESTABLISHED',
      rules: 'exchange',
    });
    if (index % 2 === 1) {
      segments.push(row(at + 0.0004, 'client ACK 0 | ack | data ESTABLISHED ESTABLISHED | exchange'));
    }
    if (index === 199) {
      segments.push(
        row(
          at + 0.0006,
          'server ACK 1448 | data-retransmission | data ESTABLISHED ESTABLISHED | exchange',
          segments.length - 1,
        ),
      );
    }
  }
  segments.push(row(95, 'server FIN,PSH,ACK 12 | fin-1 data | teardown ESTABLISHED FIN_WAIT_1 | close-first'));
  segments.push(
    row(
      95.04,
      'client FIN,ACK 0 | fin-2 ack-of-fin-1 | teardown LAST_ACK TIME_WAIT | close-second fin-acknowledged-by-fin',
    ),
  );
  segments.push(
    row(95.1, 'server ACK 0 | ack-of-fin-2 | teardown CLOSED TIME_WAIT | acknowledge-last-fin last-fin-acknowledged'),
  );
  const end = segments.length;
  return converse({
    segments,
    client: [
      'SYN_SENT proven 1',
      'ESTABLISHED proven 2 proven=3',
      `CLOSE_WAIT proven ${end - 1}`,
      `LAST_ACK proven ${end - 1}`,
      `CLOSED assumed ${end}`,
    ],
    server: [
      'LISTEN assumed 1',
      'SYN_RECEIVED proven 2',
      'ESTABLISHED proven 3 proven=5',
      `FIN_WAIT_1 proven ${end - 2}`,
      `TIME_WAIT proven ${end - 1} proven=${end}`,
    ],
    result: {
      outcome: 'graceful',
      closedFirst: 'server',
      closeStyle: 'three-segment',
      handshake: HANDSHAKE,
      teardown: {
        fin1: { from: 'server', frame: end - 2, ackFrame: end - 1, retransmissions: 0 },
        fin2: { from: 'client', frame: end - 1, ackFrame: end, retransmissions: 0 },
        durationSeconds: 0.1,
      },
      ...more,
    },
  });
}

/** One of each kind, by name. */
export const SAMPLES = {
  cleanClose,
  finalAckLost,
  refused,
  halfClose,
  resetByServer,
  unanswered,
  bulkTransfer,
} as const;
