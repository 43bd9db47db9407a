/** Sentences for the words of the result contract, shared by the renderers that speak to people. */
import type { CloseStyle, End, Outcome, UndeterminedReason } from '../flow/vocabulary.ts';
import type { Basis } from '../tcp/states.ts';
import { formatCount, formatDuration, formatFrames, formatQuantity } from './measure.ts';
import type { CaptureResult, ConnectionResult, FinResult, StateEntry } from './result.ts';

/** How an outcome strikes someone who runs the service. */
export type OutcomeMood = 'good' | 'neutral' | 'doubtful' | 'bad';

export const OUTCOME_WORDS: Readonly<Record<Outcome, { mood: OutcomeMood; meaning: string }>> = {
  graceful: { mood: 'good', meaning: 'both ends sent FIN and both FINs were acknowledged' },
  'final-ack-missing': { mood: 'doubtful', meaning: 'both ends sent FIN, the second was never acknowledged' },
  'half-closed': { mood: 'doubtful', meaning: 'one end closed, the other never did' },
  'fin-unacknowledged': { mood: 'bad', meaning: 'one end sent FIN and nothing acknowledged it' },
  reset: { mood: 'doubtful', meaning: 'ended by RST after the handshake' },
  refused: { mood: 'bad', meaning: 'the SYN was answered by a refusal' },
  abandoned: { mood: 'doubtful', meaning: 'the client reset before completing the handshake' },
  unanswered: { mood: 'bad', meaning: 'SYNs only, nothing came back' },
  'handshake-incomplete': { mood: 'bad', meaning: 'SYN-ACK seen, the handshake never completed' },
  open: { mood: 'neutral', meaning: 'established, nobody had closed yet' },
  partial: { mood: 'neutral', meaning: 'too little was captured to say' },
};

export const UNDETERMINED_WORDS: Readonly<Record<UndeterminedReason, string>> = {
  'capture-ended': 'the capture ends too early to be sure',
  'one-way': 'only one direction was captured',
  midstream: 'the capture starts in the middle of it',
  gap: 'the capture misses packets',
};

const CLOSE_STYLE_WORDS: Readonly<Record<CloseStyle, string>> = {
  'four-segment': 'four segments',
  'three-segment': 'three segments',
  simultaneous: 'both at once',
  'half-close': 'half-close',
  reset: '',
  none: '',
};

export const BASIS_WORDS: Readonly<Record<Basis, string>> = {
  proven: 'proven',
  assumed: 'presumed',
  timer: 'by timer',
};

/** `client closed first`, `both closed at once`, `nobody closed`. */
export function describeCloser(connection: ConnectionResult): string {
  if (connection.closedFirst === 'both') return 'both closed at once';
  if (connection.closedFirst !== null) return `${connection.closedFirst} closed first`;
  return connection.resetBy === null ? 'nobody closed' : `${connection.resetBy} reset it`;
}

/** How the connection came up: its handshake with frames and round-trip time. */
export function describeOpening(connection: ConnectionResult): string {
  const handshake = connection.handshake;
  if (handshake === null) return `before the capture starts; first seen in #${connection.firstFrame}`;
  const parts: string[] = [];
  if (handshake.synFrame !== null) parts.push(`SYN #${handshake.synFrame}${repeats(handshake.synRetransmissions)}`);
  if (handshake.synAckFrame !== null) {
    parts.push(`SYN-ACK #${handshake.synAckFrame}${repeats(handshake.synAckRetransmissions)}`);
  }
  if (handshake.ackFrame !== null) parts.push(`ACK #${handshake.ackFrame}`);
  const toServer = handshake.rttToServerSeconds;
  const toClient = handshake.rttToClientSeconds;
  const took = toServer !== null && toClient !== null ? ` in ${formatDuration(toServer + toClient)}` : '';
  const missing = handshake.synAckFrame === null ? '; no SYN-ACK' : handshake.ackFrame === null ? '; no ACK' : '';
  return `${parts.join(', ')}${took}${missing}`;
}

const repeats = (count: number): string => (count > 0 ? ` (sent ${formatCount(count + 1)} times)` : '');

/** Whether the connection has one end: a socket that is connected to itself. */
function isSelfConnect({ client, server }: ConnectionResult): boolean {
  return client.address === server.address && client.port === server.port;
}

/** What was carried: payload each way and what was repeated. */
export function describeTraffic(connection: ConnectionResult): string {
  const { client, server } = connection.endpoints;
  const retransmitted = client.retransmittedSegments + server.retransmittedSegments;
  const payload =
    client.payloadBytes + server.payloadBytes === 0
      ? 'no payload'
      : isSelfConnect(connection)
        ? `${formatQuantity(client.uniquePayloadBytes, 'byte')} to itself`
        : `${formatQuantity(client.uniquePayloadBytes, 'byte')} from the client, ${formatQuantity(server.uniquePayloadBytes, 'byte')} from the server`;
  const repeated = retransmitted > 0 ? `, ${formatQuantity(retransmitted, 'retransmission')}` : '';
  return `${payload}, in ${formatQuantity(client.segments + server.segments, 'segment')}${repeated}`;
}

/** What {@link describeClosing} is to be headed with. */
export function closingLabel({ teardown, outcome }: ConnectionResult): string {
  return teardown !== null || outcome === 'open' ? 'closed' : 'ended';
}

/** Who closed, with which frames, and what is missing from the close. */
export function describeClosing(connection: ConnectionResult): string {
  const { teardown, closeStyle } = connection;
  const parts: string[] = [];
  if (teardown !== null) {
    parts.push(describeFin(teardown.fin1));
    if (teardown.fin2 !== null) parts.push(describeFin(teardown.fin2));
    else if (!isSelfConnect(connection)) parts.push(`no FIN from the ${otherEnd(teardown.fin1.from)}`);
  }
  const accepted = connection.resets.filter((reset) => reset.accepted);
  for (const end of ['client', 'server'] as const) {
    const frames = accepted.filter((reset) => reset.from === end).map((reset) => reset.frame);
    if (frames.length > 0) parts.push(`the ${end} sent RST ${formatFrames(frames)}`);
  }
  if (parts.length === 0) {
    if (connection.outcome === 'open')
      return connection.resets.length > 0 ? 'not yet; RSTs were seen but not taken' : 'not yet';
    return connection.resets.length > 0 ? 'RSTs seen, none of them taken' : OUTCOME_WORDS[connection.outcome].meaning;
  }
  const style = CLOSE_STYLE_WORDS[closeStyle];
  const took =
    teardown?.durationSeconds === null || teardown?.durationSeconds === undefined
      ? ''
      : formatDuration(teardown.durationSeconds);
  const manner = teardown === null ? '' : [style, took].filter((word) => word !== '').join(', ');
  return parts.join('; ') + (manner === '' ? '' : ` (${manner})`);
}

function describeFin(fin: FinResult): string {
  const acked = fin.ackFrame === null ? 'never acknowledged' : `acknowledged #${fin.ackFrame}`;
  const again = fin.retransmissions > 0 ? `, repeated ${times(fin.retransmissions)}` : '';
  return `${fin.from}'s FIN #${fin.frame}${again}, ${acked}`;
}

const times = (count: number): string => (count === 1 ? 'once' : `${formatCount(count)} times`);

export function otherEnd(end: End): End {
  return end === 'client' ? 'server' : 'client';
}

/** Entries of a history that still hold, in order. */
export function standingEntries(history: readonly StateEntry[]): StateEntry[] {
  return history.filter((entry) => entry.withdrawn === undefined);
}

/** Why an end is held to be in its state: `proven by #17`, `presumed since #17`, `by timer after #17`. */
export function describeBasis(entry: StateEntry): string {
  if (entry.basis === 'timer') return `by timer after #${entry.frame}`;
  if (entry.basis === 'assumed') return entry.frame > 0 ? `presumed since #${entry.frame}` : 'presumed';
  const proof = entry.provenFrame ?? entry.frame;
  if (proof === entry.frame) return `proven by #${entry.frame}`;
  return `since #${entry.frame}, proven by #${proof}`;
}

/** What is wrong with a capture, where, for the one line that people get to see. */
export function describeProblem(problem: NonNullable<CaptureResult['problem']>): string {
  const packet = problem.packetNumber > 0 ? `packet ${problem.packetNumber}` : 'file header';
  return `${problem.message} (${packet}, byte ${problem.byteOffset})`;
}
