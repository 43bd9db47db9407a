import type { Finding } from '../../src/findings/finding.ts';
import type { End } from '../../src/flow/vocabulary.ts';
import type { ConnectionResult, EndpointResult, SegmentResult, StateEntry } from '../../src/report/result.ts';
import type { Basis, Phase, TcpState } from '../../src/tcp/states.ts';

/** One segment of a hand-written conversation; numbers are worked out from flags and lengths. */
export interface SampleSegment {
  /** Seconds after the first segment. */
  at: number;
  from: End;
  flags: string;
  length?: number;
  labels: string;
  phase?: Phase;
  client: TcpState;
  server: TcpState;
  rules?: string;
  /** Sends the segment of this frame once more: same numbers, not counted again. */
  repeats?: number;
  /** Overrides, relative to the initial sequence numbers. */
  seq?: number;
  ack?: number;
}

/** `state basis frame` and, when it was upgraded or taken back, `proven=FRAME` or `withdrawn=FRAME`. */
export type SampleHistory = string[];

export interface SampleConversation {
  segments: SampleSegment[];
  firstFrame?: number;
  start?: string;
  client: SampleHistory;
  server: SampleHistory;
  result: Partial<ConnectionResult> & Pick<ConnectionResult, 'outcome'>;
  findings?: Finding[];
}

/** A segment in one line: `from flags length | labels | phase client-state server-state | rules`. */
export function row(at: number, line: string, repeats?: number): SampleSegment {
  const [what, labels, states, rules] = line.split(' | ');
  const [from, flags, length] = what.split(' ');
  const [phase, client, server] = states.split(' ');
  return {
    at,
    from: from as End,
    flags,
    length: Number(length),
    labels,
    phase: phase as Phase,
    client: client as TcpState,
    server: server as TcpState,
    rules,
    ...(repeats === undefined ? {} : { repeats }),
  };
}

const START = '2026-11-20T14:03:11.123456000Z';
const CLIENT_ISN = 2_900_008_288;
const SERVER_ISN = 4_294_967_000;

function timeAt(start: string, seconds: number): string {
  const nanos = BigInt(Date.parse(start)) * 1_000_000n + BigInt(Number(start.slice(23, 29)));
  const total = nanos + BigInt(Math.round(seconds * 1e9));
  const iso = new Date(Number(total / 1_000_000n)).toISOString();
  return `${iso.slice(0, 23)}${String(total % 1_000_000n).padStart(6, '0')}Z`;
}

function numberSegments(conversation: SampleConversation): SegmentResult[] {
  const { segments, firstFrame = 1, start = START } = conversation;
  const isn = { client: CLIENT_ISN, server: SERVER_ISN };
  const next = { client: 0, server: 0 };
  const numbers: { seq: number; ack: number }[] = [];
  return segments.map((segment, index) => {
    const peer = segment.from === 'client' ? 'server' : 'client';
    const flags = segment.flags.split(',');
    const length = segment.length ?? 0;
    const original = segment.repeats === undefined ? undefined : numbers[segment.repeats - firstFrame];
    const seq = segment.seq ?? original?.seq ?? next[segment.from];
    const ack = segment.ack ?? (flags.includes('ACK') ? next[peer] : 0);
    numbers.push({ seq, ack });
    const end = seq + length + (flags.includes('SYN') ? 1 : 0) + (flags.includes('FIN') ? 1 : 0);
    next[segment.from] = Math.max(next[segment.from], end);
    return {
      frame: firstFrame + index,
      time: timeAt(start, segment.at),
      from: segment.from,
      flags: segment.flags,
      seq: (isn[segment.from] + seq) >>> 0,
      ack: flags.includes('ACK') ? (isn[peer] + ack) >>> 0 : 0,
      length,
      labels: segment.labels.split(' '),
      phase: segment.phase ?? 'data',
      clientState: segment.client,
      serverState: segment.server,
      rules: segment.rules?.split(' ') ?? [],
    };
  });
}

function readHistory(history: SampleHistory, segments: SegmentResult[]): StateEntry[] {
  const timeOf = (frame: number): string =>
    segments.find((segment) => segment.frame === frame)?.time ?? segments[0].time;
  return history.map((line) => {
    const [state, basis, frame, ...more] = line.split(' ');
    const entry: StateEntry = {
      state: state as TcpState,
      basis: basis as Basis,
      frame: Number(frame),
      time: timeOf(Number(frame)),
    };
    for (const word of more) {
      const [key, value] = word.split('=');
      if (key === 'proven') entry.provenFrame = Number(value);
      if (key === 'withdrawn') entry.withdrawn = { frame: Number(value), time: timeOf(Number(value)) };
    }
    return entry;
  });
}

function countEnd(end: End, history: StateEntry[], segments: SegmentResult[]): EndpointResult {
  const own = segments.filter((segment) => segment.from === end);
  const last = history.findLast((entry) => entry.withdrawn === undefined);
  const labelled = (label: string): number => own.filter((segment) => segment.labels.includes(label)).length;
  const flagged = (flag: string): number => own.filter((segment) => segment.flags.split(',').includes(flag)).length;
  const bytes = (list: SegmentResult[]): number => list.reduce((sum, segment) => sum + segment.length, 0);
  return {
    state: last?.state ?? 'UNKNOWN',
    basis: last?.basis ?? 'assumed',
    stateHistory: history,
    segments: own.length,
    payloadBytes: bytes(own),
    uniquePayloadBytes: bytes(own.filter((segment) => !segment.labels.includes('data-retransmission'))),
    syn: flagged('SYN'),
    fin: flagged('FIN'),
    rst: flagged('RST'),
    retransmittedSegments: own.filter((segment) => segment.labels.some((label) => label.endsWith('-retransmission')))
      .length,
    outOfOrderSegments: labelled('data-out-of-order'),
    duplicateAcks: labelled('duplicate-ack'),
    zeroWindows: labelled('zero-window'),
    mss: flagged('SYN') > 0 ? 1460 : null,
    windowScale: flagged('SYN') > 0 ? 7 : null,
    sackPermitted: flagged('SYN') > 0,
    timestamps: flagged('SYN') > 0,
  };
}

/** Completes a hand-written conversation to a connection with segments. */
export function converse(conversation: SampleConversation): ConnectionResult {
  const segments = numberSegments(conversation);
  const client = readHistory(conversation.client, segments);
  const server = readHistory(conversation.server, segments);
  const first = segments[0];
  const last = segments[segments.length - 1];
  return {
    id: 1,
    client: { address: '192.0.2.10', port: 40112 },
    server: { address: '198.51.100.7', port: 80 },
    roleBasis: 'syn',
    firstFrame: first.frame,
    lastFrame: last.frame,
    startTime: first.time,
    endTime: last.time,
    durationSeconds: conversation.segments[segments.length - 1].at,
    certainty: 'determined',
    undeterminedBecause: null,
    closedFirst: null,
    closeStyle: 'none',
    resetBy: null,
    endpoints: { client: countEnd('client', client, segments), server: countEnd('server', server, segments) },
    handshake: null,
    teardown: null,
    resets: [],
    findings: conversation.findings ?? [],
    equivalents: { zeekConnState: 'SF', zeekHistory: 'ShADadFf', wiresharkCompleteness: 31 },
    segments,
    ...conversation.result,
  };
}

/** A finding with plausible words. */
export function finding(code: string, more: Partial<Finding> = {}): Finding {
  return {
    code,
    severity: 'warning',
    category: 'teardown',
    at: 'path',
    frames: [],
    message: `${code} happened`,
    cause: `what usually causes ${code}`,
    hint: `what to do about ${code}`,
    ...more,
  };
}
