import type { End } from '../../../src/flow/vocabulary.ts';
import { MILLISECOND, SECOND } from './clock.ts';
import type { Door } from './host.ts';
import type { LegPlan, NetworkPlan } from './network.ts';
import type { Random } from './random.ts';
import { DEFAULT_SOCKET, type SocketOptions } from './socket-sender.ts';

/** What an application does with its connection. */
export interface ApplicationPlan {
  /** Each after a pause since the one before (the first: since the connection was established). */
  writes: { pauseNanos: number; bytes: number }[];
  reading: 'at-once' | 'slow' | 'never';
  /** When it wants to be rid of the connection; `at` counts from the start of the run. */
  close: { when: 'after-writes' | 'at' | 'end-of-file' | 'never'; nanos: number; how: 'close' | 'shutdown' | 'abort' };
}

/** All that happens in one run. */
export interface Plan {
  network: NetworkPlan;
  ipv6: boolean;
  door: Door;
  sockets: Record<End, SocketOptions>;
  applications: Record<End, ApplicationPlan>;
  /** Both ends call connect() at about the same time. */
  crossedOpen: boolean;
  /** A host goes down, forgetting its sockets, and is back at once. */
  crash: { end: End; atNanos: number } | null;
  /** The client connects again on the same tuple, so long after its first socket was gone or in TIME_WAIT. */
  reconnectNanos: number | null;
  /** The capture holds every packet twice. */
  capturedTwice: boolean;
  tap: TapPlan;
}

/** What the capture lacks although it passed the tap. */
export interface TapPlan {
  /** Share of packets that it drops. */
  drops: number;
  fromNanos: number;
  untilNanos: number;
}

/** A tap that misses nothing. */
export const WHOLE_TAP: TapPlan = { drops: 0, fromNanos: 0, untilNanos: Number.POSITIVE_INFINITY };

/** Draws a plan; with `calm` the network loses, repeats and holds back nothing. */
export function drawPlan(random: Random, calm: boolean): Plan {
  const network = drawNetwork(random, calm);
  const crossedOpen = random.chance(0.03);
  const crash = random.chance(0.06)
    ? { end: random.pick({ client: 1, server: 2 }), atNanos: random.unit() * SECOND }
    : null;
  return {
    network,
    ipv6: random.chance(0.2),
    door: crossedOpen ? 'listens' : random.pick({ listens: 92, refuses: 5, silent: 3 }),
    sockets: drawSockets(random),
    applications: drawApplications(random),
    crossedOpen,
    crash,
    reconnectNanos: random.chance(0.12) ? 1.2 * SECOND + random.unit() * 90 * SECOND * random.unit() : null,
    capturedTwice: random.chance(0.05),
    tap: calm ? WHOLE_TAP : drawTap(random),
  };
}

function drawTap(random: Random): TapPlan {
  switch (random.pick({ whole: 85, drops: 5, late: 5, cut: 5 })) {
    case 'whole':
      return WHOLE_TAP;
    case 'drops':
      return { ...WHOLE_TAP, drops: random.unit() * 0.2 };
    case 'late':
      return { ...WHOLE_TAP, fromNanos: random.unit() * 1.5 * SECOND };
    case 'cut':
      return { ...WHOLE_TAP, untilNanos: random.unit() * 2 * SECOND };
  }
}

function drawNetwork(random: Random, calm: boolean): NetworkPlan {
  const kind = calm ? 'calm' : random.pick({ calm: 2, lossy: 5, repeating: 2, reordering: 2, dying: 2, wild: 2 });
  const dying = kind === 'dying' ? random.between(0, 5) : -1;
  let index = 0;
  const leg = (delayNanos: number): LegPlan => {
    const lossy = kind === 'lossy' ? random.unit() * 0.3 : 0;
    const wild = kind === 'wild';
    const mine = index++;
    const dies = dying === mine || (dying === 4 && mine < 2) || (dying === 5 && mine >= 2);
    return {
      delayNanos,
      jitterNanos: kind === 'calm' ? 0 : random.unit() * delayNanos * 0.3,
      loss: wild ? 0.08 : random.chance(0.6) ? lossy : 0,
      duplication: wild ? 0.05 : kind === 'repeating' ? random.unit() * 0.15 : 0,
      reordering: wild ? 0.05 : kind === 'reordering' ? random.unit() * 0.2 : 0,
      reorderNanos: 2 * delayNanos + 5 * MILLISECOND,
      deadFromNanos: dies ? random.unit() * 1.5 * SECOND : Number.POSITIVE_INFINITY,
    };
  };
  const clientDelay = drawDelay(random);
  const serverDelay = drawDelay(random);
  return {
    client: { fromClient: leg(clientDelay), fromServer: leg(clientDelay) },
    server: { fromClient: leg(serverDelay), fromServer: leg(serverDelay) },
  };
}

const drawDelay = (random: Random): number => MILLISECOND * (0.1 + 60 * random.unit() ** 3);

function drawSockets(random: Random): Record<End, SocketOptions> {
  const timestamps = random.chance(0.85);
  const sack = random.chance(0.85);
  const draw = (): SocketOptions => ({
    ...DEFAULT_SOCKET,
    timestamps,
    sack,
    delayedAck: random.chance(0.6),
    receiveBytes: random.chance(0.1) ? 4_000 : DEFAULT_SOCKET.receiveBytes,
    mss: random.chance(0.1) ? 536 : DEFAULT_SOCKET.mss,
    windowScale: random.chance(0.9) ? 7 : null,
    synRetries: random.between(2, 5),
    synAckRetries: random.between(2, 5),
    dataRetries: random.between(4, 8),
    orphanRetries: random.between(2, 7),
  });
  return { client: draw(), server: draw() };
}

function drawApplications(random: Random): Record<End, ApplicationPlan> {
  const style = random.pick({ clientFirst: 40, serverFirst: 25, together: 12, never: 6, oneNever: 8, abort: 9 });
  const client = drawTalk(random);
  const server = drawTalk(random);
  const pause = (): number => (random.chance(0.4) ? 0 : random.unit() * 400 * MILLISECOND);
  const politely = (): 'close' | 'shutdown' => (random.chance(0.5) ? 'close' : 'shutdown');
  const patience = random.chance(0.65) ? SECOND : 0;
  const first: ApplicationPlan['close'] = { when: 'after-writes', nanos: patience + pause(), how: politely() };
  const answer: ApplicationPlan['close'] = { when: 'end-of-file', nanos: pause(), how: politely() };
  const never: ApplicationPlan['close'] = { when: 'never', nanos: 0, how: 'close' };
  const abort: ApplicationPlan['close'] = { ...first, how: 'abort' };
  const at = SECOND * (0.3 + random.unit());
  const spread = 80 * MILLISECOND * random.unit();
  const byChance = random.chance(0.5);
  switch (style) {
    case 'clientFirst':
      return { client: { ...client, close: first }, server: { ...server, close: answer } };
    case 'serverFirst':
      return { client: { ...client, close: answer }, server: { ...server, close: first } };
    case 'together':
      return {
        client: { ...client, close: { when: 'at', nanos: at, how: politely() } },
        server: { ...server, close: { when: 'at', nanos: at + spread * (random.unit() - 0.5), how: politely() } },
      };
    case 'never':
      return { client: { ...client, close: never }, server: { ...server, close: never } };
    case 'oneNever':
      return {
        client: { ...client, close: byChance ? first : never },
        server: { ...server, close: byChance ? never : first },
      };
    case 'abort':
      return {
        client: { ...client, close: byChance ? abort : answer },
        server: { ...server, close: byChance ? answer : abort },
      };
  }
}

function drawTalk(random: Random): Pick<ApplicationPlan, 'writes' | 'reading'> {
  const writes: ApplicationPlan['writes'] = [];
  for (let count = random.between(0, 3); count > 0; count--) {
    const bytes = random.chance(0.7) ? random.between(1, 2_000) : random.between(2_000, 30_000);
    writes.push({ pauseNanos: random.chance(0.3) ? 0 : random.unit() * 300 * MILLISECOND, bytes });
  }
  return { writes, reading: random.pick({ 'at-once': 90, slow: 6, never: 4 }) };
}
