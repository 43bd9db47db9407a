/** Hand-written connections of the kinds that renderers have to cope with. */
import type { ConnectionResult, HandshakeResult } from '../../src/report/result.ts';
import { converse, finding, type SampleSegment } from './sample-conversation.ts';

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
  {
    at: 0,
    from: 'client',
    flags: 'SYN',
    labels: 'syn',
    phase: 'handshake',
    client: 'SYN_SENT',
    server: 'LISTEN',
    rules: 'connect listen-receives-syn',
  },
  {
    at: 0.0604,
    from: 'server',
    flags: 'SYN,ACK',
    labels: 'syn-ack',
    phase: 'handshake',
    client: 'ESTABLISHED',
    server: 'SYN_RECEIVED',
    rules: 'accept-syn receive-syn-ack',
  },
  {
    at: 0.1011,
    from: 'client',
    flags: 'ACK',
    labels: 'handshake-ack',
    phase: 'handshake',
    client: 'ESTABLISHED',
    server: 'ESTABLISHED',
    rules: 'complete-handshake handshake-completed',
  },
];

const exchange = (): SampleSegment[] => [
  {
    at: 0.1013,
    from: 'client',
    flags: 'PSH,ACK',
    length: 412,
    labels: 'data',
    client: 'ESTABLISHED',
    server: 'ESTABLISHED',
    rules: 'exchange',
  },
  {
    at: 0.162,
    from: 'server',
    flags: 'ACK',
    labels: 'ack',
    client: 'ESTABLISHED',
    server: 'ESTABLISHED',
    rules: 'exchange',
  },
  {
    at: 0.17,
    from: 'server',
    flags: 'PSH,ACK',
    length: 1240,
    labels: 'data',
    client: 'ESTABLISHED',
    server: 'ESTABLISHED',
    rules: 'exchange',
  },
  {
    at: 0.2107,
    from: 'client',
    flags: 'ACK',
    labels: 'ack',
    client: 'ESTABLISHED',
    server: 'ESTABLISHED',
    rules: 'exchange',
  },
];

/** Opened, one request and answer, closed by the client in four segments. */
export function cleanClose(more: Partial<ConnectionResult> = {}): ConnectionResult {
  return converse({
    segments: [
      ...opening(),
      ...exchange(),
      {
        at: 3.2,
        from: 'client',
        flags: 'FIN,ACK',
        labels: 'fin-1',
        phase: 'teardown',
        client: 'FIN_WAIT_1',
        server: 'ESTABLISHED',
        rules: 'close-first',
      },
      {
        at: 3.2605,
        from: 'server',
        flags: 'ACK',
        labels: 'ack-of-fin-1',
        phase: 'teardown',
        client: 'FIN_WAIT_2',
        server: 'CLOSE_WAIT',
        rules: 'acknowledge-fin fin-acknowledged',
      },
      {
        at: 3.4,
        from: 'server',
        flags: 'FIN,ACK',
        labels: 'fin-2',
        phase: 'teardown',
        client: 'FIN_WAIT_2',
        server: 'LAST_ACK',
        rules: 'close-second',
      },
      {
        at: 3.4408,
        from: 'client',
        flags: 'ACK',
        labels: 'ack-of-fin-2',
        phase: 'teardown',
        client: 'TIME_WAIT',
        server: 'CLOSED',
        rules: 'acknowledge-last-fin last-fin-acknowledged',
      },
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
    {
      at: at + 0.0407,
      from: 'client',
      flags: 'ACK',
      labels: 'ack-of-fin-repeat',
      phase: 'teardown',
      client: 'TIME_WAIT',
      server: 'CLOSED',
      rules: 'acknowledge-last-fin last-fin-acknowledged',
    },
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
      {
        at: 0,
        from: 'client',
        flags: 'SYN',
        labels: 'syn',
        phase: 'handshake',
        client: 'SYN_SENT',
        server: 'LISTEN',
        rules: 'connect',
      },
      {
        at: 0.0006,
        from: 'server',
        flags: 'RST,ACK',
        labels: 'rst-refuse',
        phase: 'reset',
        client: 'CLOSED',
        server: 'CLOSED',
        rules: 'refuse receive-refusal',
      },
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
      {
        at: 0.3,
        from: 'client',
        flags: 'FIN,ACK',
        labels: 'fin-1',
        phase: 'teardown',
        client: 'FIN_WAIT_1',
        server: 'ESTABLISHED',
        rules: 'close-first',
      },
      {
        at: 0.36,
        from: 'server',
        flags: 'ACK',
        labels: 'ack-of-fin-1',
        phase: 'teardown',
        client: 'FIN_WAIT_2',
        server: 'CLOSE_WAIT',
        rules: 'acknowledge-fin fin-acknowledged',
      },
      {
        at: 12.5,
        from: 'server',
        flags: 'PSH,ACK',
        length: 9000,
        labels: 'half-close-data',
        phase: 'teardown',
        client: 'FIN_WAIT_2',
        server: 'CLOSE_WAIT',
        rules: 'half-close-send',
      },
      {
        at: 12.541,
        from: 'client',
        flags: 'ACK',
        labels: 'ack',
        phase: 'teardown',
        client: 'FIN_WAIT_2',
        server: 'CLOSE_WAIT',
        rules: 'exchange',
      },
      {
        at: 12.6,
        from: 'server',
        flags: 'FIN,ACK',
        labels: 'fin-2',
        phase: 'teardown',
        client: 'FIN_WAIT_2',
        server: 'LAST_ACK',
        rules: 'close-second',
      },
      {
        at: 12.641,
        from: 'client',
        flags: 'ACK',
        labels: 'ack-of-fin-2',
        phase: 'teardown',
        client: 'TIME_WAIT',
        server: 'CLOSED',
        rules: 'acknowledge-last-fin last-fin-acknowledged',
      },
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
      {
        at: 0.9,
        from: 'server',
        flags: 'RST,ACK',
        labels: 'rst-active',
        phase: 'reset',
        client: 'CLOSED',
        server: 'CLOSED',
        rules: 'abort receive-reset',
      },
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
      segments.push({
        at: at + 0.0004,
        from: 'client',
        flags: 'ACK',
        labels: 'ack',
        client: 'ESTABLISHED',
        server: 'ESTABLISHED',
        rules: 'exchange',
      });
    }
    if (index === 199) {
      segments.push({
        at: at + 0.0006,
        from: 'server',
        flags: 'ACK',
        length: 1448,
        labels: 'data-retransmission',
        client: 'ESTABLISHED',
        server: 'ESTABLISHED',
        rules: 'exchange',
        repeats: segments.length - 1,
      });
    }
  }
  segments.push({
    at: 95,
    from: 'server',
    flags: 'FIN,PSH,ACK',
    length: 12,
    labels: 'fin-1 data',
    phase: 'teardown',
    client: 'ESTABLISHED',
    server: 'FIN_WAIT_1',
    rules: 'close-first',
  });
  segments.push({
    at: 95.04,
    from: 'client',
    flags: 'FIN,ACK',
    labels: 'fin-2 ack-of-fin-1',
    phase: 'teardown',
    client: 'LAST_ACK',
    server: 'TIME_WAIT',
    rules: 'close-second fin-acknowledged-by-fin',
  });
  segments.push({
    at: 95.1,
    from: 'server',
    flags: 'ACK',
    labels: 'ack-of-fin-2',
    phase: 'teardown',
    client: 'CLOSED',
    server: 'TIME_WAIT',
    rules: 'acknowledge-last-fin last-fin-acknowledged',
  });
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
