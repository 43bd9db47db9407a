import { describe, expect, it } from 'vitest';
import { Core } from '../src/core/core.ts';
import { wordless } from '../src/findings/detector.ts';
import type { Finding } from '../src/findings/finding.ts';
import { type Joiner, Ordinary, Seen } from '../src/findings/joined.ts';
import type { JoinedFacts } from '../src/findings/joined-facts.ts';
import { JOINED_DETECTORS } from '../src/findings/joined-registry.ts';
import { DEFAULT_POLICY } from '../src/findings/policy.ts';
import { CATALOG } from '../src/findings/registry.ts';
import { HostCounts } from '../src/flow/host-counts.ts';

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
