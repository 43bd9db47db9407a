import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { analyzeBytes } from '../../src/index.ts';
import { synthesizePcapng } from '../../src/synth/capture.ts';
import { listFixtures } from '../support/fixtures.ts';
import { play, tell, toldOf } from '../support/live.ts';
import { listScenarios, loadScenario } from '../support/scenario-runner.ts';

/** Codes that rest on what did not happen for a while, so that it can still happen: an answer, a FIN, data after a refusal. */
const MAY_BE_TAKEN_BACK = new Set([
  'close-wait-lingering',
  'client-abandoned-connect',
  'connection-refused-icmp',
  'syn-ack-lost',
  'syn-unanswered',
]);

async function expectSame(bytes: Uint8Array, options: Record<string, number> = {}): Promise<void> {
  const { events, live } = await play(bytes, options);
  const { connections, summary } = analyzeBytes(bytes, options);
  const told = tell(events);
  expect([...told.keys()].sort((a, b) => a - b)).toEqual(connections.map(({ id }) => id));
  for (const connection of connections) {
    const { takenBack, outcomes, ...rest } = told.get(connection.id) ?? { takenBack: [], outcomes: [] };
    expect({ ...rest, outcome: outcomes.at(-1) }).toEqual(toldOf(connection));
    expect(takenBack.filter((code) => !MAY_BE_TAKEN_BACK.has(code))).toEqual([]);
  }
  expect(live.summary).toEqual(summary);
  expect([...live.states.client.values(), ...live.states.server.values()].every((count) => count === 0)).toBe(true);
}

describe('a capture that is watched comes to what its file comes to: states, findings, outcomes, summary', () => {
  it.each(listFixtures().map(({ name, capture }) => [name, capture]))('%s', async (_, capture) => {
    await expectSame(readFileSync(capture));
  });

  it.each(listScenarios())('%s', async (name) => {
    const scenario = loadScenario(name);
    const camel = (word: string): string => word.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
    const options = [...scenario.settings.analysis].map(([key, value]) => [camel(key), value]);
    await expectSame(synthesizePcapng(scenario), Object.fromEntries(options));
  });
});

describe('by the clock alone, without a packet', () => {
  const eventsAfter = async (fixture: string, extraSeconds: number) => {
    const { events } = await play(readFileSync(`fixtures/${fixture}.pcap`), {}, extraSeconds);
    const stop = events.findIndex((event) => event.event === 'closed' && event.because === 'stopped');
    return stop === -1 ? events : events.slice(0, stop);
  };

  it('an unanswered SYN is reported', async () => {
    const found = await eventsAfter('unanswered', 4);
    expect(found.flatMap((event) => (event.event === 'finding' ? [event.finding.code] : []))).toContain(
      'syn-unanswered',
    );
  });

  it('a lingering CLOSE_WAIT is reported, and told again once it is an error', async () => {
    const found = await eventsAfter('client-closes-first', 0);
    expect(found.some((event) => event.event === 'finding' && event.finding.code === 'close-wait-lingering')).toBe(
      false,
    );
    const later = await eventsAfter('midstream-half-closed', 700);
    const severities = later.flatMap((event) =>
      event.event === 'finding' && event.finding.code === 'close-wait-lingering' ? [event.finding.severity] : [],
    );
    expect(severities).toEqual(['warning', 'error']);
  });

  it('TIME_WAIT ends, after the connection was told to be closed', async () => {
    const events = await eventsAfter('client-closes-first', 70);
    const timer = events.find((event) => event.event === 'state' && event.basis === 'timer');
    expect(timer).toMatchObject({ end: 'client', was: 'TIME_WAIT', state: 'CLOSED', takenBack: false });
    const closed = events.findIndex((event) => event.event === 'closed');
    expect(events[closed]).toMatchObject({ because: 'over', revised: false });
    expect(events.indexOf(timer as never)).toBeGreaterThan(closed);
    expect(events.filter((event) => event.event === 'closed')).toHaveLength(1);
  });
});

it('connections that are given up are counted, and told to be', async () => {
  const { live, events } = await play(readFileSync('fixtures/four-connections.pcap'), { maxConnections: 2 });
  expect(live.evicted.over + live.evicted.open).toBeGreaterThan(0);
  expect(events.some((event) => event.event === 'closed' && event.because === 'evicted')).toBe(true);
});
