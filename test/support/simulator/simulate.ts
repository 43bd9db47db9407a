import { runApplication } from './application.ts';
import { Clock, MILLISECOND, SECOND } from './clock.ts';
import { Host } from './host.ts';
import { type Loss, Network, type TapRecord } from './network.ts';
import { drawPlan, type Plan } from './plan.ts';
import { Random } from './random.ts';
import type { SimSegment } from './segment.ts';
import type { Socket } from './socket.ts';

/** One connection as it truly was. */
export interface TrueConnection {
  client: Socket;
  /** The server's last socket for it; null when no SYN ever led to one. */
  server: Socket | null;
  /** All of them: a server that went down answers a repeated SYN from a new one. */
  servers: Socket[];
}

/** A run and everything there is to know about it. */
export interface Simulation {
  seed: number;
  plan: Plan;
  /** What the capture holds, in the order of time. */
  tap: TapRecord[];
  /** How many segments passed the tap that the capture lacks. */
  uncaptured: number;
  /** Every segment sent, also those that the tap never saw. */
  sent: SimSegment[];
  losses: Loss[];
  /** Copies that the network made, and segments that it held back. */
  duplicates: number;
  heldBack: number;
  connections: TrueConnection[];
}

/** A run is over when nothing is due any more, or after this. */
const LIMIT_NANOS = 900 * SECOND;

/** Runs one tuple's life; the same seed (and `calm`) gives the same run. */
export function simulate(seed: number, calm = false): Simulation {
  return runPlan(seed, drawPlan(new Random(seed), calm));
}

/** Runs a given plan; the seed still decides sequence numbers and what the network does. */
export function runPlan(seed: number, plan: Plan): Simulation {
  const random = new Random(seed ^ 0x0f0f_1234);
  const clock = new Clock();
  const network = new Network(clock, random, plan.network);
  const sent: SimSegment[] = [];
  const send = (segment: Omit<SimSegment, 'serial' | 'sentNanos'>): void => {
    const whole = { ...segment, serial: sent.length, sentNanos: clock.nowNanos };
    sent.push(whole);
    network.send(whole);
  };
  const client = new Host('client', clock, random, plan.sockets.client, 'refuses', send);
  const server = new Host('server', clock, random, plan.sockets.server, plan.door, send);
  client.onSocket = (socket) => runApplication(socket, plan.applications.client, clock);
  server.onSocket = (socket) => runApplication(socket, plan.applications.server, clock);
  network.deliver = (segment, to) => (to === 'client' ? client : server).receive(segment);

  client.connect();
  if (plan.crossedOpen) scheduleCrossedOpen(plan, clock, random, server);
  if (plan.crash !== null) scheduleCrash(plan.crash, clock, client, server);
  if (plan.reconnectNanos !== null) scheduleReconnect(plan.reconnectNanos, clock, client);
  clock.run(LIMIT_NANOS);

  const tap = network.tap.filter(({ timeNanos }) => {
    const { drops, fromNanos, untilNanos } = plan.tap;
    return timeNanos >= fromNanos && timeNanos < untilNanos && !(drops > 0 && random.chance(drops));
  });
  return {
    seed,
    plan,
    tap,
    uncaptured: network.tap.length - tap.length,
    sent,
    losses: network.losses,
    duplicates: network.duplicates,
    heldBack: network.heldBack,
    connections: pairSockets(client, server),
  };
}

/** The server's SYN leaves before the client's has come, or hardly later. */
function scheduleCrossedOpen(plan: Plan, clock: Clock, random: Random, server: Host): void {
  const oneWayNanos = plan.network.client.fromClient.delayNanos + plan.network.server.fromClient.delayNanos;
  server.door = 'refuses';
  clock.after(random.unit() * oneWayNanos, () => {
    if (server.current === undefined) server.connect();
  });
}

function scheduleCrash(crash: NonNullable<Plan['crash']>, clock: Clock, client: Host, server: Host): void {
  clock.after(crash.atNanos, () => {
    const { current } = crash.end === 'client' ? client : server;
    if (current !== undefined && current.state !== 'CLOSED') current.crash();
  });
}

/** Tries once a second until the tuple is free, then waits, then connects. */
function scheduleReconnect(afterNanos: number, clock: Clock, client: Host): void {
  const look = (): void => {
    const state = client.current?.state;
    if (state !== 'CLOSED' && state !== 'TIME_WAIT') clock.after(SECOND, look);
    else clock.after(afterNanos, () => client.connect());
  };
  clock.after(100 * MILLISECOND, look);
}

function pairSockets(client: Host, server: Host): TrueConnection[] {
  return client.sockets.map((socket, index) => {
    const unmatched = index === 0 ? server.sockets.filter((other) => other.irs === 0) : [];
    const servers = [...server.sockets.filter((other) => other.irs === socket.iss), ...unmatched];
    const partner = servers.find((other) => other.iss === socket.irs);
    return { client: socket, server: partner ?? servers.at(-1) ?? null, servers };
  });
}
