import { describe, expect, it } from 'vitest';
import type { End } from '../src/flow/vocabulary.ts';
import {
  type ApplicationPlan,
  drawPlan,
  FIN,
  before as isBefore,
  type Plan,
  Random,
  RST,
  runPlan,
  SECOND,
  type Simulation,
  type Socket,
  SYN,
  simulate,
  WHOLE_TAP,
} from './support/simulator.ts';

const QUIET: ApplicationPlan = {
  writes: [],
  reading: 'at-once',
  close: { when: 'never', nanos: 0, how: 'close' },
};

/** A calm network and two hosts that do nothing but what the test says. */
function calmPlan(applications: Partial<Record<End, Partial<ApplicationPlan>>>, changes: Partial<Plan> = {}): Plan {
  const plan = drawPlan(new Random(7), true);
  return {
    ...plan,
    door: 'listens',
    crossedOpen: false,
    crash: null,
    reconnectNanos: null,
    capturedTwice: false,
    applications: { client: { ...QUIET, ...applications.client }, server: { ...QUIET, ...applications.server } },
    ...changes,
  };
}

/** Leg B loses everything that goes one way, from a moment on. */
function deafen(plan: Plan, who: 'fromClient' | 'fromServer', fromNanos: number): Plan {
  const server = { ...plan.network.server, [who]: { ...plan.network.server[who], deadFromNanos: fromNanos } };
  return { ...plan, network: { ...plan.network, server } };
}

const statesOf = (socket: Socket | null): string[] => socket?.history.slice(1).map((entry) => entry.state) ?? [];
const wire = (run: Simulation): string[] =>
  run.tap.map(({ segment }) => {
    const names = ['F', 'S', 'R', 'P', 'A'].filter((_, bit) => (segment.flags >> bit) & 1).join('');
    return `${segment.from} ${names}${segment.payloadBytes > 0 ? ` ${segment.payloadBytes}` : ''}`;
  });

const CLOSE_AFTER_WRITES = { when: 'after-writes', nanos: SECOND / 10, how: 'shutdown' } as const;
const CLOSE_AT_END = { when: 'end-of-file', nanos: SECOND / 10, how: 'close' } as const;

describe('textbook runs on a calm network', () => {
  it('closes in four segments', () => {
    const run = runPlan(1, calmPlan({ client: { close: CLOSE_AFTER_WRITES }, server: { close: CLOSE_AT_END } }));
    expect(wire(run)).toEqual(['client S', 'server SA', 'client A', 'client FA', 'server A', 'server FA', 'client A']);
    const [{ client, server }] = run.connections;
    expect(statesOf(client)).toEqual(['SYN_SENT', 'ESTABLISHED', 'FIN_WAIT_1', 'FIN_WAIT_2', 'TIME_WAIT', 'CLOSED']);
    expect(statesOf(server)).toEqual(['SYN_RECEIVED', 'ESTABLISHED', 'CLOSE_WAIT', 'LAST_ACK', 'CLOSED']);
  });

  it('closes in three segments when the answer is ready', () => {
    const plan = calmPlan({
      client: { close: CLOSE_AFTER_WRITES },
      server: { close: { ...CLOSE_AT_END, nanos: 0 } },
    });
    plan.sockets.server.delayedAck = true;
    const run = runPlan(1, plan);
    expect(wire(run).slice(3)).toEqual(['client FA', 'server FA', 'client A']);
    expect(statesOf(run.connections[0].server)).toContain('LAST_ACK');
  });

  it('closes at both ends at once', () => {
    const close = { when: 'at', nanos: SECOND, how: 'close' } as const;
    const run = runPlan(1, calmPlan({ client: { close }, server: { close } }));
    for (const socket of [run.connections[0].client, run.connections[0].server]) {
      expect(statesOf(socket).slice(-4)).toEqual(['FIN_WAIT_1', 'CLOSING', 'TIME_WAIT', 'CLOSED']);
    }
  });

  it('opens at both ends at once', () => {
    const run = runPlan(3, calmPlan({}, { crossedOpen: true }));
    expect(wire(run)).toEqual(['client S', 'server S', 'client SA', 'server SA']);
    for (const socket of [run.connections[0].client, run.connections[0].server]) {
      expect(statesOf(socket)).toEqual(['SYN_SENT', 'SYN_RECEIVED', 'ESTABLISHED']);
    }
  });

  it('refuses, and stays silent', () => {
    const refused = runPlan(1, calmPlan({}, { door: 'refuses' }));
    expect(wire(refused)).toEqual(['client S', 'server RA']);
    expect(refused.tap[1].segment).toMatchObject({ seq: 0, window: 0, ipId: 0, timestamps: null });
    const silent = runPlan(1, calmPlan({}, { door: 'silent' }));
    expect(new Set(wire(silent))).toEqual(new Set(['client S']));
    expect(silent.connections[0].client.end).toBe('gave-up');
  });

  it('aborts with data unread', () => {
    const writes = [{ pauseNanos: 0, bytes: 500 }];
    const run = runPlan(
      1,
      calmPlan({ client: { writes }, server: { reading: 'never', close: { ...CLOSE_AFTER_WRITES, how: 'close' } } }),
    );
    expect(wire(run).at(-1)).toBe('server RA');
    expect(run.tap.at(-1)?.segment.window).toBeGreaterThan(0);
    expect(statesOf(run.connections[0].client).at(-1)).toBe('CLOSED');
  });

  it('answers data after close() with a bare RST', () => {
    const plan = calmPlan({
      client: { close: { ...CLOSE_AFTER_WRITES, how: 'close' } },
      server: { writes: [{ pauseNanos: SECOND, bytes: 300 }] },
    });
    const run = runPlan(1, plan);
    const [data, reset] = run.tap.slice(-2).map((record) => record.segment);
    expect(data.payloadBytes).toBe(300);
    expect(reset).toMatchObject({ flags: RST, seq: data.ack, window: 0, senderState: 'CLOSED' });
  });

  it('gives up a close whose last ACK never comes', () => {
    const plan = deafen(
      calmPlan({ client: { close: CLOSE_AFTER_WRITES }, server: { close: { ...CLOSE_AT_END, nanos: SECOND } } }),
      'fromClient',
      SECOND,
    );
    const run = runPlan(1, plan);
    const fins = run.sent.filter((segment) => segment.from === 'server' && segment.flags & FIN);
    expect(fins.length).toBe(plan.sockets.server.orphanRetries + 1);
    expect(new Set(fins.map((segment) => segment.ipId)).size).toBe(fins.length);
    expect(run.connections[0].server?.end).toBe('gave-up');
  });

  it('recovers a half-open connection', () => {
    const plan = calmPlan({}, { crash: { end: 'client', atNanos: SECOND }, reconnectNanos: 2 * SECOND });
    const run = runPlan(1, plan);
    expect(wire(run).slice(3, 8)).toEqual(['client S', 'server A', 'client R', 'client S', 'server SA']);
    expect(run.connections).toHaveLength(2);
    expect(run.connections[1].client.state).toBe('ESTABLISHED');
  });
});

describe('any run', () => {
  const seeds = Array.from({ length: 300 }, (_, index) => index + 1);

  it('is the same again for the same seed', () => {
    const brief = (run: Simulation) => run.tap.map((r) => [r.timeNanos, r.segment.seq, r.deliveredNanos]);
    for (const seed of seeds.slice(0, 20)) expect(brief(simulate(seed))).toEqual(brief(simulate(seed)));
  });

  it('reaches every state', () => {
    const reached = new Set<string>();
    for (const seed of seeds) {
      for (const { client, server } of simulate(seed).connections) {
        for (const state of [...statesOf(client), ...statesOf(server)]) reached.add(state);
      }
    }
    expect([...reached].sort()).toEqual([
      'CLOSED',
      'CLOSE_WAIT',
      'CLOSING',
      'ESTABLISHED',
      'FIN_WAIT_1',
      'FIN_WAIT_2',
      'LAST_ACK',
      'SYN_RECEIVED',
      'SYN_SENT',
      'TIME_WAIT',
    ]);
  });

  it('takes only the steps of the state diagram', () => {
    for (const seed of seeds) {
      for (const { client, server } of simulate(seed).connections) {
        for (const socket of [client, server]) {
          const path = socket?.history.map((entry) => entry.state) ?? [];
          for (let i = 1; i < path.length; i++) expect(STEPS[path[i - 1]], `seed ${seed}`).toContain(path[i]);
        }
      }
    }
  });

  it('repeats nothing and loses nothing on a calm network while both hosts live', () => {
    for (const seed of seeds) {
      const run = runPlan(seed, { ...drawPlan(new Random(seed), true), door: 'listens', crash: null });
      expect(run.losses).toEqual([]);
      if (run.plan.crossedOpen || run.plan.applications.client.reading !== 'at-once') continue;
      if (run.plan.applications.server.reading !== 'at-once') continue;
      expect(
        run.sent.filter((segment) => segment.retransmission && !(segment.flags & SYN)).length,
        `seed ${seed}`,
      ).toBe(0);
    }
  });

  it('shows the tap everything that was neither lost before it nor invented', () => {
    for (const seed of seeds) {
      const run = runPlan(seed, { ...drawPlan(new Random(seed), false), tap: WHOLE_TAP });
      const seen = new Set(run.tap.map((record) => record.segment.serial));
      const lost = new Set(run.losses.filter((loss) => loss.where === 'before-tap').map((loss) => loss.segment.serial));
      for (const segment of run.sent) expect(seen.has(segment.serial) || lost.has(segment.serial)).toBe(true);
      for (let i = 1; i < run.tap.length; i++) {
        expect(run.tap[i].timeNanos).toBeGreaterThanOrEqual(run.tap[i - 1].timeNanos);
      }
    }
  });

  it('never acknowledges what was not sent', () => {
    for (const seed of seeds) {
      const run = simulate(seed);
      const [{ client, server }] = run.connections;
      if (run.connections.length > 1 || server === null) continue;
      const sentTo = { client: client.iss, server: server.iss };
      for (const segment of run.sent) {
        const end = segment.seq + segment.payloadBytes + (segment.flags & (SYN | FIN) ? 1 : 0);
        if (segment.flags & RST) continue;
        if (isBefore(sentTo[segment.from], end >>> 0)) sentTo[segment.from] = end >>> 0;
        const peer = segment.from === 'client' ? 'server' : 'client';
        if (segment.ack !== 0) expect(isBefore(sentTo[peer], segment.ack), `seed ${seed}`).toBe(false);
      }
    }
  });
});

const STEPS: Record<string, string[]> = {
  CLOSED: ['SYN_SENT'],
  LISTEN: ['SYN_RECEIVED'],
  SYN_SENT: ['SYN_RECEIVED', 'ESTABLISHED', 'CLOSED'],
  SYN_RECEIVED: ['ESTABLISHED', 'CLOSED'],
  ESTABLISHED: ['FIN_WAIT_1', 'CLOSE_WAIT', 'CLOSED'],
  FIN_WAIT_1: ['FIN_WAIT_2', 'CLOSING', 'CLOSED'],
  FIN_WAIT_2: ['TIME_WAIT', 'CLOSED'],
  CLOSE_WAIT: ['LAST_ACK', 'CLOSED'],
  CLOSING: ['TIME_WAIT', 'CLOSED'],
  LAST_ACK: ['CLOSED'],
  TIME_WAIT: ['CLOSED'],
};
