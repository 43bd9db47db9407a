import type { End, Outcome } from '../../../src/flow/vocabulary.ts';
import type { ConnectionResult, StateEntry } from '../../../src/report/result.ts';
import type { TcpState } from '../../../src/tcp/states.ts';
import type { SimulatedCapture } from './capture.ts';
import type { TapRecord } from './network.ts';
import { ACK, add, before, FIN, peerOf, RST, SYN, sequenceLength } from './segment.ts';
import type { Simulation, TrueConnection } from './simulate.ts';
import type { Socket } from './socket.ts';

/** Something the analysis said that the simulator knows to be wrong. */
export interface Untruth {
  run: number;
  connectionId: number;
  kind: 'connections' | 'proven-state' | 'proven-in-gap' | 'final-state' | 'outcome' | 'finding';
  message: string;
}

/** What is checked, beyond what always is. */
export interface OracleOptions {
  /** Final states must be right too; for runs in which nothing was lost and nobody crashed. */
  finalStates: boolean;
}

/** Findings that say a segment was lost or repeated. */
const LOSS_FINDINGS = new Set([
  'syn-lost-downstream',
  'syn-ack-lost',
  'syn-ack-retransmission',
  'handshake-ack-lost',
  'accept-queue-overflow',
  'syn-ack-give-up',
  'excessive-retransmission',
  'silent-abort',
  'teardown-w1-lost',
  'teardown-w2-lost',
  'teardown-w3-lost',
  'teardown-w4-lost',
  'fin-retransmission',
  'final-ack-missing',
  'final-ack-not-captured',
  'last-ack-give-up',
  'fin-unacknowledged',
  'acked-unseen',
  'rst-injection-suspected',
]);

/** Holds one connection of the result against the run that it came from. */
export class Oracle {
  readonly untruths: Untruth[] = [];
  /** How many proven entries and final states were looked at, and how many final states were right. */
  provenChecked = 0;
  finalChecked = 0;
  finalRight = 0;

  private readonly capture: SimulatedCapture;
  private readonly runs: readonly Simulation[];
  private readonly startNanos: readonly number[];

  constructor(runs: readonly Simulation[], startNanos: readonly number[], capture: SimulatedCapture) {
    this.runs = runs;
    this.startNanos = startNanos;
    this.capture = capture;
  }

  /** Checks all connections of a capture. */
  check(connections: readonly ConnectionResult[], options: (run: Simulation) => OracleOptions): void {
    const byRun = new Map<number, ConnectionResult[]>();
    for (const connection of connections) {
      const run = this.capture.frames[connection.firstFrame - 1]?.run;
      if (run === undefined) continue;
      byRun.set(run, [...(byRun.get(run) ?? []), connection]);
    }
    for (const [run, simulation] of this.runs.entries()) {
      this.checkRun(run, simulation, byRun.get(run) ?? [], options(simulation));
    }
  }

  private checkRun(run: number, simulation: Simulation, found: ConnectionResult[], options: OracleOptions): void {
    const taken = new Set<TrueConnection>();
    for (const connection of found) {
      const say = (kind: Untruth['kind'], message: string): void => {
        this.untruths.push({ run, connectionId: connection.id, kind, message });
      };
      const truth = this.matchTruth(simulation, connection);
      if (truth === null) {
        if (simulation.uncaptured === 0) say('connections', 'no socket of the run belongs to it');
        continue;
      }
      if (taken.has(truth) && !haveNeverMet(truth)) say('connections', 'a second connection for the same sockets');
      taken.add(truth);
      for (const end of ['client', 'server'] as const)
        this.checkStates(simulation, truth, connection, end, options, say);
      if (simulation.uncaptured > 0) continue;
      if (simulation.connections.length === 1) checkOutcome(simulation, connection, say);
      checkFindings(simulation, connection, say);
    }
  }

  /** The sockets behind a connection: by the first of its frames that a socket of the client's side can be told from. */
  private matchTruth(simulation: Simulation, connection: ConnectionResult): TrueConnection | null {
    const frames = [connection.handshake?.synFrame, connection.handshake?.synAckFrame, connection.firstFrame];
    for (const frame of frames) {
      if (frame === null || frame === undefined) continue;
      const { segment } = this.capture.frames[frame - 1].record;
      const match = simulation.connections.find(
        ({ client, server }) => (segment.from === 'client' ? client : server)?.index === segment.socket,
      );
      if (match) return match;
    }
    return simulation.connections.length === 1 ? simulation.connections[0] : null;
  }

  private checkStates(
    simulation: Simulation,
    truth: TrueConnection,
    connection: ConnectionResult,
    end: End,
    options: OracleOptions,
    say: (kind: Untruth['kind'], message: string) => void,
  ): void {
    const role = this.roleOf(connection, end);
    const endpoint = connection.endpoints[role];
    const socket = truth[end];
    const sockets = end === 'client' ? [truth.client] : truth.servers;
    const blind = lostOwnFin(simulation, end);
    for (const entry of endpoint.stateHistory) {
      if (blind && CLOSING_STATES.has(entry.state)) continue;
      // After crossed SYNs a challenge ACK (RFC 5961 §4) looks like the ACK of an end that is ESTABLISHED.
      if (simulation.plan.crossedOpen && entry.state === 'ESTABLISHED') continue;
      if (entry.withdrawn !== undefined || entry.basis !== 'proven' || entry.state === 'UNKNOWN') continue;
      this.provenChecked++;
      const [from, to] = this.windowOf(simulation, entry, end);
      if (!wasInState(sockets, entry.state, from, to)) {
        say(
          simulation.uncaptured > 0 ? 'proven-in-gap' : 'proven-state',
          `${end} said to be in ${entry.state} at frame ${entry.frame}: ${describe(socket)}`,
        );
      }
    }
    this.finalChecked++;
    if (isFinalState(endpoint.state, socket)) this.finalRight++;
    else if (options.finalStates) say('final-state', `${end} said to be ${endpoint.state}: ${describe(socket)}`);
  }

  /** The simulator's client may be the analysis' server, when SYNs crossed or the first one was lost. */
  private roleOf(connection: ConnectionResult, end: End): End {
    const clientIsClient = this.capture.ports.includes(connection.client.port);
    return clientIsClient ? end : peerOf(end);
  }

  /** Simulated times between which an entry says that the end was in that state at least once. */
  private windowOf(simulation: Simulation, entry: StateEntry, end: End): [number, number] {
    const { record, run, timeNanos } = this.capture.frames[entry.frame - 1];
    const start = this.startNanos[run] ?? 0;
    const proof = entry.provenFrame === undefined ? null : this.capture.frames[entry.provenFrame - 1].record;
    const until = (last: TapRecord): number => (last.segment.from === end ? last.segment.sentNanos : last.timeNanos);
    if (record.segment.from !== end) {
      return [timeNanos - start, proof === null ? Number.POSITIVE_INFINITY : until(proof)];
    }
    const own = record.segment.sentNanos;
    const seen = simulation.tap.slice(0, simulation.tap.indexOf(record));
    const earlier = seen.findLast((other) => other.segment.from === end)?.segment.sentNanos;
    return [Math.min(own, earlier ?? Number.NEGATIVE_INFINITY), proof === null ? own : Math.max(own, until(proof))];
  }
}

/** Both ends called connect() and neither got the other's SYN: these are two attempts. */
const haveNeverMet = ({ client, servers }: TrueConnection): boolean =>
  client.irs === 0 && servers.some((server) => server.irs === 0);

/** LISTEN and CLOSED look the same from outside: neither is a connection. */
const isSameState = (said: TcpState, truth: TcpState): boolean =>
  said === truth || (said === 'LISTEN' && truth === 'CLOSED') || (said === 'CLOSED' && truth === 'LISTEN');

/** The timer of an orphan in FIN_WAIT_2 runs out unseen. */
function isFinalState(said: TcpState, socket: Socket | null): boolean {
  if (isSameState(said, socket?.state ?? 'CLOSED')) return true;
  return said === 'FIN_WAIT_2' && socket?.end === 'timer' && socket.history.at(-2)?.state === 'FIN_WAIT_2';
}

function wasInState(sockets: readonly Socket[], state: TcpState, fromNanos: number, toNanos: number): boolean {
  if (sockets.length === 0) return isSameState(state, 'CLOSED');
  return sockets.some(({ history }) =>
    history.some((entry, index) => {
      const endNanos = history[index + 1]?.timeNanos ?? Number.POSITIVE_INFINITY;
      return isSameState(state, entry.state) && entry.timeNanos <= toNanos && endNanos >= fromNanos;
    }),
  );
}

const CLOSING_STATES: ReadonlySet<TcpState> = new Set([
  'FIN_WAIT_1',
  'FIN_WAIT_2',
  'CLOSE_WAIT',
  'CLOSING',
  'LAST_ACK',
]);

/** No packet shows a FIN that is lost before the tap: how its sender began to close then stays unknown. */
const lostOwnFin = (simulation: Simulation, end: End): boolean =>
  simulation.losses.some(
    ({ segment, where }) => where === 'before-tap' && segment.from === end && (segment.flags & FIN) !== 0,
  );

function describe(socket: Socket | null): string {
  if (socket === null) return 'there was no socket';
  const path = socket.history.slice(1).map((entry) => `${entry.state} ${(entry.timeNanos / 1e9).toFixed(6)}`);
  return `truly ${path.join(', ')}`;
}

/** What the tap itself saw of both FINs. */
interface SeenClose {
  fins: Record<End, number | null>;
  firstFin: End | null;
  covered: Record<End, boolean>;
  sawReset: boolean;
  established: boolean;
}

function watchTap(simulation: Simulation): SeenClose {
  const seen: SeenClose = {
    fins: { client: null, server: null },
    firstFin: null,
    covered: { client: false, server: false },
    sawReset: false,
    established: false,
  };
  let synAck = false;
  let handshakeAck = false;
  for (const { segment } of simulation.tap) {
    const { from, flags } = segment;
    if (flags & RST) seen.sawReset = true;
    if (flags & SYN && flags & ACK) synAck = true;
    else if (synAck && from === 'client' && !(flags & (SYN | RST))) handshakeAck = true;
    else if (handshakeAck && from === 'server' && !(flags & (SYN | RST))) seen.established = true;
    if (!(flags & FIN)) continue;
    seen.fins[from] = add(segment.seq, sequenceLength(segment));
    seen.firstFin ??= from;
  }
  for (const { segment } of simulation.tap) {
    const fin = seen.fins[peerOf(segment.from)];
    if (fin !== null && segment.flags & ACK && !(segment.flags & RST) && !before(segment.ack, fin)) {
      seen.covered[peerOf(segment.from)] = true;
    }
  }
  return seen;
}

/** The outcome by the definitions, where the tap's own view leaves no doubt; null elsewhere. */
function outcomeAtTap(simulation: Simulation): Outcome | null {
  if (simulation.plan.crossedOpen) return null;
  const { fins, firstFin, covered, sawReset, established } = watchTap(simulation);
  const both = fins.client !== null && fins.server !== null;
  if (both && covered.client && covered.server) return 'graceful';
  if (sawReset || !established) return null;
  if (firstFin === null) return 'open';
  if (both) return covered[firstFin] ? 'final-ack-missing' : null;
  return covered[firstFin] ? 'half-closed' : 'fin-unacknowledged';
}

function checkOutcome(
  simulation: Simulation,
  connection: ConnectionResult,
  say: (kind: Untruth['kind'], message: string) => void,
): void {
  const expected = outcomeAtTap(simulation);
  if (expected !== null && connection.outcome !== expected) {
    say('outcome', `said to be ${connection.outcome}, but the tap saw ${expected}`);
  }
}

function checkFindings(
  simulation: Simulation,
  connection: ConnectionResult,
  say: (kind: Untruth['kind'], message: string) => void,
): void {
  const troubled = simulation.losses.length + simulation.duplicates + simulation.heldBack > 0;
  const repeats = simulation.sent.some((segment) => segment.retransmission);
  for (const finding of connection.findings) {
    if (!LOSS_FINDINGS.has(finding.code)) continue;
    if (!troubled && !repeats) say('finding', `${finding.code} where nothing was lost or repeated: ${finding.message}`);
    else checkTeardownLoss(simulation, finding.code, (message) => say('finding', message));
  }
}

/**
 * `teardown-wN-lost` needs the loss of a FIN or of an ACK that covers one: which of the two it was cannot be told when the
 * ACK, with its D-SACK, was lost before the tap.
 */
function checkTeardownLoss(simulation: Simulation, code: string, say: (message: string) => void): void {
  if (!/^teardown-w\d-lost$/.test(code)) return;
  const fins = simulation.tap.filter(({ segment }) => (segment.flags & FIN) !== 0);
  const lost = simulation.losses.some(({ segment }) => {
    const isCover = ({ segment: fin }: TapRecord): boolean =>
      fin.from !== segment.from && segment.ack === (fin.seq + fin.payloadBytes + 1) >>> 0;
    const coversFin = (segment.flags & ACK) !== 0 && fins.some(isCover);
    return coversFin || (segment.flags & FIN) !== 0;
  });
  if (!lost) say(`${code} where no such segment was lost`);
}
