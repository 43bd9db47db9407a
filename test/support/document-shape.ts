/** The result document as it was promised, written down apart from the types that the code is compiled against. */
import {
  bool,
  count,
  frame,
  listOf,
  mapOf,
  matching,
  object,
  oneOf,
  orNull,
  port,
  type Shape,
  seconds,
  text,
  time,
  uint32,
} from './shape.ts';

const words = (list: string): Shape => oneOf(...list.split(' '));

const END = words('client server');
const STATE = words(
  'LISTEN SYN_SENT SYN_RECEIVED ESTABLISHED FIN_WAIT_1 FIN_WAIT_2 CLOSE_WAIT CLOSING LAST_ACK TIME_WAIT CLOSED UNKNOWN',
);
const BASIS = words('proven assumed timer');
const OUTCOME = words(
  'graceful final-ack-missing half-closed fin-unacknowledged reset refused abandoned unanswered handshake-incomplete open partial',
);
const CODE = matching('a code', /^[a-z0-9]+(-[a-z0-9]+)*$/);
const LABEL = words(
  'syn syn-retransmission syn-data syn-crossing syn-ack syn-ack-retransmission syn-ack-crossing handshake-ack ' +
    'handshake-ack-repeat syn-on-live data data-retransmission data-out-of-order half-close-data ack duplicate-ack ' +
    'window-update zero-window window-probe keep-alive keep-alive-ack fin-1 ack-of-fin-1 fin-2 ack-of-fin-2 ' +
    'fin-crossing ack-of-crossing-fin fin-retransmission ack-of-fin-repeat rst-refuse rst-active rst-reactive ' +
    'rst-challenged rst-ignored rst-duplicate challenge-ack capture-duplicate late orphan unclassified',
);
const ADDRESS = object({ address: matching('an address', /^[0-9a-f.:]+$/), port, 'name?': text });

export const FINDING = object({
  code: CODE,
  severity: words('info note warning error'),
  category: text,
  at: words('client server path capture'),
  frames: listOf(frame),
  message: text,
  cause: text,
  hint: text,
});

const CAPTURE = object({
  path: text,
  format: words('pcap pcapng'),
  linkTypes: listOf(matching('a link type', /^[A-Z0-9_]+$/)),
  clock: words('capture arrival'),
  packetCount: count,
  tcpSegmentCount: count,
  firstTime: orNull(time),
  lastTime: orNull(time),
  skipped: mapOf(CODE, count),
  problem: orNull(object({ code: CODE, byteOffset: count, packetNumber: count, message: text })),
  'droppedCount?': count,
  'duplicateCount?': count,
  'malformedOptionCount?': count,
  'tunnels?': mapOf(text, count),
  'fragments?': mapOf(text, count),
  'checksums?': object({
    good: count,
    bad: count,
    offloaded: count,
    unverifiable: count,
    badIpHeaders: count,
    badFrames: listOf(frame),
  }),
});

const ENDPOINT = object({
  state: STATE,
  basis: BASIS,
  stateHistory: listOf(
    object({
      state: STATE,
      basis: BASIS,
      frame,
      time,
      'provenFrame?': frame,
      'withdrawn?': object({ frame, time }),
    }),
  ),
  segments: count,
  payloadBytes: count,
  uniquePayloadBytes: count,
  syn: count,
  fin: count,
  rst: count,
  retransmittedSegments: count,
  outOfOrderSegments: count,
  duplicateAcks: count,
  zeroWindows: count,
  mss: orNull(count),
  windowScale: orNull(count),
  sackPermitted: bool,
  timestamps: bool,
});

const FIN = object({ from: END, frame, ackFrame: orNull(frame), retransmissions: count });

const SEGMENT = object({
  frame,
  time,
  from: END,
  flags: matching('flags', /^([A-Z]+(,[A-Z]+)*)?$/),
  seq: uint32,
  ack: uint32,
  length: count,
  labels: listOf(LABEL),
  phase: words('handshake data teardown reset closed'),
  clientState: STATE,
  serverState: STATE,
  rules: listOf(CODE),
});

/** A connection, with segments or without. */
export function connectionShape(hasSegments: boolean): Shape {
  return object({
    id: frame,
    client: ADDRESS,
    server: ADDRESS,
    'tunnel?': text,
    roleBasis: words('syn syn-ack port first-seen'),
    firstFrame: frame,
    lastFrame: frame,
    startTime: time,
    endTime: time,
    durationSeconds: seconds,
    outcome: OUTCOME,
    certainty: words('determined undetermined'),
    undeterminedBecause: orNull(words('capture-ended one-way midstream gap')),
    closedFirst: orNull(words('client server both')),
    closeStyle: words('four-segment three-segment simultaneous half-close reset none'),
    resetBy: orNull(END),
    endpoints: object({ client: ENDPOINT, server: ENDPOINT }),
    handshake: orNull(
      object({
        synFrame: orNull(frame),
        synAckFrame: orNull(frame),
        ackFrame: orNull(frame),
        rttToServerSeconds: orNull(seconds),
        rttToClientSeconds: orNull(seconds),
        synRetransmissions: count,
        synAckRetransmissions: count,
      }),
    ),
    teardown: orNull(object({ fin1: FIN, fin2: orNull(FIN), durationSeconds: orNull(seconds) })),
    resets: listOf(object({ from: END, frame, shape: words('refuse reactive active unknown'), accepted: bool })),
    findings: listOf(FINDING),
    equivalents: object({
      zeekConnState: words('S0 S1 SF REJ S2 S3 RSTO RSTR RSTOS0 RSTRH SH SHR OTH'),
      zeekHistory: matching('a history', /^\^?[shadfrcgtwiqSHADFRCGTWIQ]*$/),
      wiresharkCompleteness: oneOf(...Array.from({ length: 64 }, (_, bits) => bits)),
    }),
    ...(hasSegments ? { segments: listOf(SEGMENT) } : {}),
  });
}

/** A whole document. */
export function documentShape(hasSegments: boolean): Shape {
  return object({
    schemaVersion: oneOf(1),
    tool: object({ name: oneOf('lastack'), version: matching('a version', /^\d+\.\d+\.\d+/) }),
    captures: listOf(CAPTURE),
    summary: object({
      connectionCount: count,
      outcomes: mapOf(OUTCOME, count),
      closedFirst: mapOf(words('client server both none'), count),
      findings: mapOf(CODE, count),
      'evicted?': object({ closed: count, open: count }),
    }),
    findings: listOf(FINDING),
    connections: listOf(connectionShape(hasSegments)),
  });
}
