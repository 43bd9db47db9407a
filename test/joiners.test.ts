import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Core } from '../src/core/core.ts';
import { wordless } from '../src/findings/detector.ts';
import type { Finding } from '../src/findings/finding.ts';
import { overloadedListener } from '../src/findings/joined/overloaded-listener.ts';
import { synFlood } from '../src/findings/joined/syn-flood.ts';
import { synScan } from '../src/findings/joined/syn-scan.ts';
import { type Joiner, MAX_JOINED_FRAMES, Members, Ordinary, Seen } from '../src/findings/joined.ts';
import type { JoinedFacts } from '../src/findings/joined-facts.ts';
import { JOINED_DETECTORS } from '../src/findings/joined-registry.ts';
import { Times } from '../src/findings/joined-times.ts';
import { DEFAULT_POLICY } from '../src/findings/policy.ts';
import { CATALOG } from '../src/findings/registry.ts';
import { HostCounts, UNNAMED } from '../src/flow/host-counts.ts';

const CAPTURE = { backwardFrames: [7], backwardSteps: 1, furthestBackNanos: 5e9 };
const FLAGS = ['isAnswered', 'isCompleted', 'isHalfOpen', 'isProbe', 'hasPlainSegments', 'isFiltered'] as const;

/** What is known of a connection besides where and when it was; null if it opened by the book. */
type Sort = Omit<JoinedFacts, 'firstFrame' | 'firstNanos' | 'lastFrame'> | null;

/** Every sort that there may be, and some that there cannot be. */
function* everySort(): Generator<Sort> {
  yield null;
  for (let bits = 0; bits < 1 << FLAGS.length; bits++) {
    const has = Object.fromEntries(FLAGS.map((name, bit) => [name, ((bits >> bit) & 1) !== 0]));
    yield { finFrame: 4, closeWaitNanos: 7e10, ...(has as Record<(typeof FLAGS)[number], boolean>) };
  }
}

const CODES = new Set(JOINED_DETECTORS.flatMap(({ codes }) => codes));
const FINDINGS = [null, ...CODES, 'connection-refused'].map((code): Finding[] => {
  const entry = CATALOG.find((each) => each.code === code);
  return entry === undefined ? [] : [wordless(entry, entry.severity, 'client', [3])];
});
const ALL = FINDINGS.flatMap((findings) => [...everySort()].map((sort) => ({ sort, findings })));

/** The connection of a sort that began with frame `at`, to one of so many services of a host. */
function connect({ sort, findings }: (typeof ALL)[number], at: number, services: number): Seen {
  const nanos = at * 1e6;
  const facts = sort === null ? null : { ...sort, firstFrame: at, lastFrame: at + 5, firstNanos: nanos };
  return new Seen({ client: 0, server: 4, service: at % services }, facts, findings, nanos, nanos + 1e9);
}

describe.each(JOINED_DETECTORS.map((detector) => [detector.entry.code, detector] as const))('%s', (_, detector) => {
  const create = (): Joiner => detector.create(DEFAULT_POLICY, new Ordinary(new HostCounts(new Core())));
  const finish = (joiner: Joiner): string =>
    JSON.stringify(joiner.finish(CAPTURE).map((evidence) => ({ ...evidence, message: String(evidence.message) })));
  const told = new Set<string>();

  it.each([
    [false, 1],
    [true, 1],
    [false, 12],
    [true, 12],
  ])(
    'says rightly which connections it has no use for (ordinary ones among them: %s, services: %i)',
    (mixed, services) => {
      for (const most of ALL) {
        // As many of one sort as make a finding if anything does, then all that are not minded.
        const [joiner, other] = [create(), create()];
        for (let at = 1; at <= 120; at++) {
          const seen = connect(mixed && (at === 1 || at === 120) ? ALL[0] : most, at, services);
          joiner.take(seen);
          other.take(seen);
        }
        for (const each of ALL) {
          const seen = connect(each, 60, services);
          if (other.minds?.(seen) === false) other.take(seen);
        }
        const expected = finish(joiner);
        expect(finish(other)).toBe(expected);
        told.add(expected);
      }
    },
  );

  it('finds something in what it is shown here', () => expect([...told].some((text) => text !== '[]')).toBe(true));
});

describe('what sources left half-open', () => {
  const attempt = fc.record({
    client: fc.nat(2),
    target: fc.nat(30),
    isCompleted: fc.boolean(),
    nanos: fc.integer({ min: 0, max: 1e9 }),
  });

  it.each([1, 5, 9, 12])('is told apart by target, from few to many; at least %i', (scanTargets) => {
    fc.assert(
      fc.property(fc.array(attempt, { maxLength: 120 }), (attempts) => {
        const ordinary = new Ordinary(new HostCounts(new Core()));
        const { names } = ordinary;
        const host = (n: number): number => names.host(4, Int32Array.of(0x0a000000 + n, 0, 0, 0));
        const joiner = synScan.create({ ...DEFAULT_POLICY, scanTargets }, ordinary);
        const clients = new Map([0, 1, 2].map((n) => [host(n), { probes: [] as Seen[], completed: 0 }]));
        for (const [index, { client: n, target, isCompleted, nanos }] of attempts.entries()) {
          const client = host(n);
          const server = host(10 + (target >> 2));
          const ends = { client, server, service: names.service(server, target & 3) };
          const flags = { isAnswered: true, isCompleted, isHalfOpen: !isCompleted, isProbe: !isCompleted };
          const frames = { firstFrame: 0x8000_0000 + index, lastFrame: 1, finFrame: 0, closeWaitNanos: 0 };
          const facts = { ...frames, ...flags, firstNanos: nanos, hasPlainSegments: false, isFiltered: false };
          const seen = new Seen(ends, facts, [], nanos, nanos + 5);
          joiner.take(seen);
          const its = clients.get(client);
          if (isCompleted && its !== undefined) its.completed++;
          else its?.probes.push(seen);
        }
        const expected = [...clients]
          .map(([key, { probes, completed }]) => {
            const targets = new Set(probes.map(({ service }) => service)).size;
            const hosts = new Set(probes.map(({ server }) => server)).size;
            const frames = probes.flatMap(({ connection }) => connection?.firstFrame ?? []).slice(0, MAX_JOINED_FRAMES);
            const isTold = targets >= scanTargets && probes.length >= completed;
            return {
              key,
              targets,
              frames,
              isTold,
              text: `${targets} targets on ${hosts} host${hosts === 1 ? '' : 's'} `,
            };
          })
          .filter(({ isTold }) => isTold)
          .sort((a, b) => b.targets - a.targets || a.key - b.key);
        const found = joiner.finish(CAPTURE);
        expect(found.map(({ frames }) => frames)).toEqual(expected.map(({ frames }) => frames));
        for (const [index, { message }] of found.entries()) expect(String(message)).toContain(expected[index].text);
      }),
      { numRuns: 60 },
    );
  });
});

describe('members', () => {
  it('are told apart and counted, few or many, near or far apart', () => {
    const key = fc.oneof(fc.nat(1400), fc.nat(131_071), fc.constant(UNNAMED));
    fc.assert(
      fc.property(fc.array(key, { maxLength: 900, size: 'max' }), (keys) => {
        const members = new Members();
        for (const each of keys) members.add(each);
        const named = new Set(keys.filter((each) => each !== UNNAMED));
        const visited: number[] = [];
        members.forEach((each) => void visited.push(each));
        expect(members.size).toBe(named.size);
        expect(members.hasUnnamed).toBe(keys.includes(UNNAMED));
        expect(visited.sort((a, b) => a - b)).toEqual([...named].sort((a, b) => a - b));
      }),
      { numRuns: 60 },
    );
  });
});

describe('times', () => {
  const nanos = fc.integer({ min: 0, max: 200 }).map((tenth) => tenth * 1e8);
  const mostWithin = (times: readonly number[], window: number): number =>
    Math.max(0, ...times.map((from) => times.filter((time) => time >= from && time - from <= window).length));

  it.each([
    ['exactly', 500, 0],
    ['by the second', 5, 1e9],
  ])('are counted %s', (_, most, slack) => {
    fc.assert(
      fc.property(fc.array(nanos, { minLength: 6, maxLength: 200 }), nanos, nanos, (all, from, to) => {
        const times = new Times(most);
        for (const time of all) times.add(time);
        expect(times.count).toBe(all.length);
        expect(times.isExact).toBe(slack === 0);
        const between = (first: number, last: number): number =>
          all.filter((time) => time > first && time < last).length;
        expect(times.countBetween(from, to)).toBeLessThanOrEqual(between(from, to));
        expect(times.countBetween(from, to)).toBeGreaterThanOrEqual(between(from + slack, to - slack));
        const dense = times.densest(7e9);
        expect(dense.nanos).toBeLessThanOrEqual(7e9);
        expect(dense.most).toBeLessThanOrEqual(mostWithin(all, dense.nanos));
        expect(dense.most).toBeGreaterThanOrEqual(mostWithin(all, 7e9 - 2 * slack));
      }),
      { numRuns: 300 },
    );
  });
});

describe('a flood of more connections than are kept one by one', () => {
  const FLOOD = 80_000;
  const SECONDS = 100;

  /** What is found of a flood of so many a second, among so many that were completed, from as many sources as there are numbers for. */
  function findAmong(completed: number, sources: number): readonly string[] {
    const ordinary = new Ordinary(new HostCounts(new Core()));
    const server = ordinary.names.host(4, Int32Array.of(0x0a000001, 0, 0, 0));
    const service = ordinary.names.service(server, 443);
    const joiner = synFlood.create(DEFAULT_POLICY, ordinary);
    const other = { firstFrame: 9, lastFrame: 9, finFrame: 0, closeWaitNanos: 0, isProbe: true, isFiltered: false };
    const halfOpen = { ...other, isAnswered: true, isCompleted: false, isHalfOpen: true, hasPlainSegments: false };
    for (let i = 0; i < completed; i++) joiner.take(new Seen({ client: 2, server, service }, null, [], i, i));
    for (let i = 0; i < FLOOD; i++) {
      // Every other one late, as they are when they become final.
      const firstNanos = ((i % 2 === 0 ? i : FLOOD - i) * SECONDS * 1e9) / FLOOD;
      const client = i % sources < 131_072 / 2 ? 2 * (i % sources) : UNNAMED;
      joiner.take(new Seen({ client, server, service }, { ...halfOpen, firstNanos }, [], firstNanos, firstNanos));
    }
    return joiner.finish(CAPTURE).map(({ message }) => String(message));
  }

  it('is counted whole', () => {
    const [message, ...others] = findAmong(0, 5000);
    expect(others).toEqual([]);
    const most = (FLOOD * 63) / SECONDS;
    const [, found, seconds] = /answered (\d+) SYNs within (\d+) s /.exec(message) ?? [];
    expect(Number(seconds)).toBe(63);
    expect(Math.abs(Number(found) - most)).toBeLessThan(FLOOD / SECONDS);
    expect(message).toContain('from 5000 sources; no handshake');
  });

  it('says that there were more sources than it has numbers for', () => {
    expect(findAmong(0, 70_000)[0]).toContain('from more than 65536 sources;');
  });

  it('is one from a tenth of all connections on', () => {
    expect(findAmong(9 * FLOOD, 100)[0]).toContain(`; ${9 * FLOOD} handshakes with it were completed`);
    expect(findAmong(9 * FLOOD + 10, 100)).toEqual([]);
  });
});

describe('a listener that left many attempts unanswered', () => {
  it.each([
    [1000, '1000 attempts'],
    // All but those of the second in which it answered.
    [5000, 'at least 4901 attempts'],
  ])('%i of them', (attempts, told) => {
    const ordinary = new Ordinary(new HostCounts(new Core()));
    const server = ordinary.names.host(4, Int32Array.of(0x0a000001, 0, 0, 0));
    const service = ordinary.names.service(server, 443);
    const joiner = overloadedListener.create(DEFAULT_POLICY, ordinary);
    const [code] = overloadedListener.codes;
    const findings = FINDINGS.find(([finding]) => finding?.code === code) ?? [];
    const facts = { finFrame: 0, closeWaitNanos: 0, isAnswered: false, isCompleted: false, isHalfOpen: false };
    const sort = { ...facts, isProbe: false, hasPlainSegments: false, isFiltered: false };
    joiner.take(new Seen({ client: 2, server, service }, null, [], 1, 2));
    for (let frame = 1; frame <= attempts; frame++) {
      const unanswered = { ...sort, firstFrame: frame, lastFrame: frame, firstNanos: frame * 1e7 };
      joiner.take(new Seen({ client: 2, server, service }, unanswered, findings, frame * 1e7, frame * 1e7));
    }
    joiner.take(new Seen({ client: 2, server, service }, null, [], 1e12, 1e12));
    const [evidence] = joiner.finish(CAPTURE);
    expect(evidence.frames).toEqual(Array.from({ length: MAX_JOINED_FRAMES }, (_, i) => i + 1));
    expect(String(evidence.message)).toContain(`10.0.0.1:443 left ${told} to connect unanswered while it answered 2 `);
  });
});
