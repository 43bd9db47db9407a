/** What a connection comes to once no more can be seen of it: timers that ran out, and the outcome (SPEC §6). */
import type { Connection } from './connection.ts';
import type { EndTrack } from './end.ts';
import { isFiltered } from './quality.ts';
import type { ClosedFirst, CloseStyle, End, Outcome, UndeterminedReason } from './vocabulary.ts';

/** The answer for the whole connection. */
export interface Verdict {
  readonly outcome: Outcome;
  readonly undeterminedBecause: UndeterminedReason | null;
  readonly closedFirst: ClosedFirst;
  readonly closeStyle: CloseStyle;
  readonly resetBy: End | null;
}

const ANSWER_NANOS = 3_000_000_000;

/** Ends the connection's history at `endNanos`, the time of the last packet of the capture, and judges it. */
export function settle(connection: Connection, endNanos: number): void {
  connection.observedUntilNanos = connection.successor?.firstNanos ?? endNanos;
  for (const index of [0, 1] as const) {
    if (index === 1 && connection.isSelfConnect) break;
    endTimeWait(connection, connection.ends[index], connection.ends[1 - index], endNanos);
  }
  connection.verdict = judge(connection);
}

/** Looks at a connection as if the capture ended at `nowNanos`, and leaves its history as it was. */
export function peek<Seen>(connection: Connection, nowNanos: number, look: () => Seen): Seen {
  settle(connection, nowNanos);
  try {
    return look();
  } finally {
    for (const end of connection.ends) end.history.dropTimers();
  }
}

function endTimeWait(connection: Connection, me: EndTrack, peer: EndTrack, endNanos: number): void {
  const { current } = me.history;
  if (current?.state !== 'TIME_WAIT') return;
  let start = current.timeNanos;
  for (const copy of peer.finCopies) start = Math.max(start, copy.timeNanos);
  for (const copy of peer.lateFinCopies) start = Math.max(start, copy.timeNanos);
  const expiry = start + connection.options.timeWaitNanos;
  const { successor } = connection;
  if (successor !== null && successor.firstNanos < expiry) {
    me.history.enter('CLOSED', 'assumed', { frame: successor.firstFrame, timeNanos: successor.firstNanos });
  } else if (expiry <= endNanos && me.lastSentNanos < expiry) {
    me.history.enter('CLOSED', 'timer', { frame: connection.lastFrame, timeNanos: expiry });
  }
}

/** Whether the capture went on for at least `nanos` after a moment. */
export function goesOnFor(connection: Connection, sinceNanos: number, nanos: number): boolean {
  return connection.observedUntilNanos - sinceNanos >= nanos;
}

/** Whether only one direction was captured although the other must have spoken. */
export function isOneWay(connection: Connection): boolean {
  if (connection.isSelfConnect) return false;
  const [a, b] = connection.ends;
  if (a.segments > 0 && b.segments > 0) return false;
  const seen = a.segments > 0 ? a : b;
  return seen.sentBeyondSyn || seen.sentSynAck;
}

function endOf(connection: Connection, index: 0 | 1): End {
  return index === connection.clientIndex ? 'client' : 'server';
}

function judge(connection: Connection): Verdict {
  const outcome = outcomeOf(connection);
  const resetBy = resetByOf(connection, outcome);
  return {
    outcome,
    undeterminedBecause: doubtOf(connection, outcome),
    closedFirst: closedFirstOf(connection, outcome, resetBy),
    closeStyle: closeStyleOf(connection, outcome),
    resetBy,
  };
}

function outcomeOf(connection: Connection): Outcome {
  const { client, server, closingReset } = connection;
  if (connection.segmentCount === 0) return 'partial';
  if (isRefused(connection)) return 'refused';
  if (isOneWay(connection)) return 'partial';
  const isFullyClosed = client.finCover !== null && server.finCover !== null;
  if (closingReset !== null && !isFullyClosed) return resetOutcome(connection);
  const fins = (client.fin === -1 ? 0 : 1) + (server.fin === -1 ? 0 : 1);
  if (connection.isSelfConnect && client.fin !== -1)
    return client.finCover !== null ? 'graceful' : 'fin-unacknowledged';
  if (fins === 2) return isFullyClosed ? 'graceful' : 'final-ack-missing';
  if (fins === 1) {
    const closer = client.fin !== -1 ? client : server;
    return closer.finCover !== null ? 'half-closed' : 'fin-unacknowledged';
  }
  return openOutcome(connection);
}

function isRefused(connection: Connection): boolean {
  const { closingReset, server, client } = connection;
  if (client.sentBeyondSyn || server.sentSynAck || !client.sentBareSyn) return false;
  if (closingReset !== null) return connection.ends[closingReset.segment.from] === server;
  return connection.icmpRefusal !== null && server.segments === 0;
}

function resetOutcome(connection: Connection): Outcome {
  const { client, closingReset } = connection;
  const isByClient = closingReset !== null && connection.ends[closingReset.segment.from] === client;
  if (client.sentBareSyn && !client.sentBeyondSyn && isByClient) return 'abandoned';
  if (connection.segmentCount === client.rst + connection.server.rst) return 'partial';
  return 'reset';
}

function openOutcome(connection: Connection): Outcome {
  const { client, server } = connection;
  if (client.sentBareSyn && !server.sentSynAck && !server.sentBareSyn && !client.sentBeyondSyn) {
    return server.sentBeyondSyn ? 'partial' : 'unanswered';
  }
  if (connection.isSimultaneousOpen && !(client.sentBeyondSyn || server.sentBeyondSyn)) {
    const isOpen = client.state === 'ESTABLISHED' && server.state === 'ESTABLISHED';
    return isOpen ? 'open' : 'handshake-incomplete';
  }
  if (server.sentSynAck && !client.sentBeyondSyn) return 'handshake-incomplete';
  if (server.state === 'SYN_RECEIVED') return 'handshake-incomplete';
  if (client.state === 'ESTABLISHED' || server.state === 'ESTABLISHED') return 'open';
  return 'partial';
}

function resetByOf(connection: Connection, outcome: Outcome): End | null {
  const { closingReset } = connection;
  if (closingReset === null || outcome === 'graceful') return null;
  return endOf(connection, closingReset.segment.from);
}

function closedFirstOf(connection: Connection, outcome: Outcome, resetBy: End | null): ClosedFirst {
  if (outcome === 'refused' || outcome === 'unanswered' || outcome === 'handshake-incomplete') return null;
  if (connection.isCrossingClose || (connection.isSelfConnect && connection.firstFinIndex !== -1)) return 'both';
  if (connection.firstFinIndex !== -1) return endOf(connection, connection.firstFinIndex);
  return outcome === 'reset' || outcome === 'abandoned' ? resetBy : null;
}

function closeStyleOf(connection: Connection, outcome: Outcome): CloseStyle {
  const { client, server } = connection;
  if (outcome === 'reset' || outcome === 'abandoned') return 'reset';
  if (connection.isCrossingClose || (connection.isSelfConnect && client.fin !== -1)) return 'simultaneous';
  if (client.fin === -1 && server.fin === -1) return 'none';
  if (connection.isHalfCloseAcknowledged || outcome === 'half-closed') return 'half-close';
  if (client.fin === -1 || server.fin === -1) return 'none';
  const second = connection.ends[connection.secondFinIndex === 0 ? 0 : 1];
  const first = second === client ? server : client;
  return first.finCover !== null && first.finCover === second.finCopies[0] ? 'three-segment' : 'four-segment';
}

/** Outcomes that a data segment or a plain acknowledgment would have changed. */
const RESTS_ON_ABSENCE: ReadonlySet<Outcome> = new Set<Outcome>([
  'final-ack-missing',
  'half-closed',
  'fin-unacknowledged',
  'handshake-incomplete',
  'open',
]);

/** Why the outcome might be another one if more had been seen; null if it could not. */
function doubtOf(connection: Connection, outcome: Outcome): UndeterminedReason | null {
  const { client, server } = connection;
  if (isOneWay(connection)) return 'one-way';
  if (outcome === 'partial') return connection.isMidstream ? 'midstream' : 'gap';
  if (RESTS_ON_ABSENCE.has(outcome) && isFiltered(connection)) return 'gap';
  if (connection.isSynOnLiveUndetermined) return 'capture-ended';
  const last = connection.lastNanos;
  switch (outcome) {
    case 'unanswered':
      return client.synCopies.length >= 2 || goesOnFor(connection, last, ANSWER_NANOS) ? null : 'capture-ended';
    case 'handshake-incomplete':
      return goesOnFor(connection, last, ANSWER_NANOS) ? null : 'capture-ended';
    case 'graceful':
    case 'final-ack-missing':
    case 'fin-unacknowledged':
      if (server.state === 'TIME_WAIT' && client.state === 'TIME_WAIT') return null;
      return goesOnFor(connection, last, connection.repeatNanos) ? null : 'capture-ended';
    case 'half-closed':
      return goesOnFor(connection, last, connection.repeatNanos) ? null : 'capture-ended';
    default:
      return null;
  }
}
