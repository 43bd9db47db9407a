import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Finding, Severity } from '../../src/findings/finding.ts';
import type { Outcome } from '../../src/flow/vocabulary.ts';
import { type ConnectionBrief, OVERVIEW_LIMITS, Overview } from '../../src/report/overview.ts';
import type { ConnectionResult } from '../../src/report/result.ts';

const finding = (code: string, severity: Severity): Finding => ({ code, severity }) as Finding;
const FINDINGS = [
  finding('syn-retransmission', 'info'),
  finding('half-close', 'info'),
  finding('close-wait-lingering', 'warning'),
  finding('last-ack-give-up', 'error'),
];

/** Connections of few kinds or of more than are listed, of every rank. */
const anyBriefs = fc.integer({ min: 1, max: 32 }).chain((kinds) =>
  fc.array(
    fc.nat({ max: kinds - 1 }).map((kind) => ({
      outcome: (kind < 16 ? 'graceful' : 'reset') satisfies Outcome as Outcome,
      findings: FINDINGS.filter((_, index) => ((kind >> index) & 1) === 1),
      closedFirst: null,
    })),
    { maxLength: 150 },
  ),
);

const ENDS = { client: { address: '10.0.0.1', port: 40_000 }, server: { address: '10.0.0.2', port: 80 } };

/** Nothing is kept but for the list. */
const LIMITS = { examples: 0, listed: 10, isFiltered: true, stories: -1 };

function gather(briefs: readonly ConnectionBrief[], limits: Overview['limits'] = LIMITS) {
  const overview = new Overview(limits);
  const [wanted, noted]: [number[], number[]] = [[], []];
  for (const brief of briefs) {
    const interest = overview.observe(brief, () => ENDS);
    if (interest === true) overview.keep(brief as ConnectionResult);
    if (interest === true) wanted.push(brief.id);
    if (interest === 'again') noted.push(brief.id);
  }
  return { overview, wanted, noted, listed: overview.listed().map(({ id }) => id) };
}

/** The same lists, with every connection kept until the end. */
function listedOfAll(briefs: readonly ConnectionBrief[], withRank0: boolean): number[] {
  const rankOf = ({ outcome, findings }: ConnectionBrief): number =>
    findings.includes(FINDINGS[3]) ? 3 : findings.includes(FINDINGS[2]) ? 2 : outcome === 'reset' ? 1 : 0;
  const kinds = [3, 2, 1, 0].slice(0, withRank0 ? 4 : 3).flatMap((rank) => {
    const ofRank = new Map<string, ConnectionBrief[]>();
    for (const brief of briefs.filter((each) => rankOf(each) === rank)) {
      const kind = [brief.outcome, ...brief.findings.map(({ code }) => code)].join(' ');
      ofRank.set(kind, [...(ofRank.get(kind) ?? []), brief]);
    }
    return [...ofRank.values()].slice(0, LIMITS.listed);
  });
  const inTurn = Array.from({ length: LIMITS.listed }, (_, turn) =>
    kinds.flatMap((kind) => kind.slice(turn, turn + 1)),
  );
  const picked = inTurn.flat().slice(0, LIMITS.listed);
  return picked.sort((a, b) => rankOf(b) - rankOf(a) || a.id - b.id).map(({ id }) => id);
}

const kindOf = (outcome: Outcome, ...findings: Finding[]): Omit<ConnectionBrief, 'id'> => ({
  outcome,
  findings,
  closedFirst: null,
});

const numbered = (briefs: readonly Omit<ConnectionBrief, 'id'>[]): ConnectionBrief[] =>
  briefs.map((brief, index) => ({ ...brief, id: index + 1 }));

describe('the connections that an overview keeps for its list', () => {
  it.each([true, false])('are those that are listed if all are kept (the untroubled, too: %s)', (isFiltered) => {
    const property = fc.property(anyBriefs, (briefs) => {
      const all = numbered(briefs);
      expect(gather(all, { ...LIMITS, isFiltered }).listed).toEqual(listedOfAll(all, isFiltered));
    });
    fc.assert(property, { numRuns: 2000, seed: 20_261_121 });
  });

  it('are none of which there is nothing to say, unless they are asked for', () => {
    const briefs = numbered(Array.from({ length: 50 }, () => kindOf('graceful')));
    expect(gather(briefs).noted).toHaveLength(10);
    expect(gather(briefs, { ...LIMITS, isFiltered: false }).noted).toEqual([]);
  });

  it.each([9, 10, 11])('are none of a kind that comes behind ten others in any case (%d)', (count) => {
    const serious = Array.from({ length: count }, (_, number) =>
      kindOf('graceful', FINDINGS[2], finding(`other-${number}`, 'info')),
    );
    const { wanted, noted, listed } = gather(numbered([...serious, kindOf('reset'), kindOf('refused')]));
    expect(noted).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(listed).toEqual(noted);
    expect(wanted).toEqual([]);
  });

  it('are fewer of each kind the more kinds there are', () => {
    const ofKinds = (count: number): number => {
      const kinds = Array.from({ length: count }, (_, kind) =>
        FINDINGS.filter((_, index) => ((kind >> index) & 1) === 1),
      );
      const briefs = Array.from({ length: 100 * count }, (_, index) => ({
        outcome: 'reset' as const,
        closedFirst: null,
        findings: kinds[index % count],
      }));
      return gather(numbered(briefs)).noted.length;
    };
    expect([1, 2, 4, 5, 10].map(ofKinds)).toEqual([10, 10, 10, 10, 10]);
  });
});

describe('connections that get their stories', () => {
  const limits = { ...LIMITS, isFiltered: false, listed: 0, stories: 3 };
  const storiesOf = (ids: readonly number[], isFiltered: boolean) => {
    const briefs = ids.map((id) => ({ ...kindOf('graceful'), id }));
    const { overview, wanted } = gather(briefs, { ...limits, isFiltered });
    return { wanted, stories: overview.stories()?.map(({ id }) => id) ?? null };
  };

  it.each([false, true])('are all of three (of those asked for: %s)', (isFiltered) => {
    expect(storiesOf([2, 3, 1], isFiltered)).toEqual({ wanted: [2, 3, 1], stories: [1, 2, 3] });
    expect(storiesOf([2, 1, 3, 4], isFiltered).stories).toBeNull();
  });

  it('are not wanted once a number tells that there are more, unless only some were asked for', () => {
    expect(storiesOf([2, 4, 1, 3], false)).toEqual({ wanted: [2], stories: null });
    expect(storiesOf([70, 4], true)).toEqual({ wanted: [70, 4], stories: [4, 70] });
  });
});

describe('the connection most worth a closer look', () => {
  const limits = { ...LIMITS, isFiltered: false };

  it('is the first of those that are listed', () => {
    const briefs = numbered([kindOf('graceful'), kindOf('reset'), kindOf('graceful', FINDINGS[3]), kindOf('reset')]);
    expect(gather(briefs, limits).overview.mostInteresting()).toBe(3);
  });

  it('is the first of all if there is nothing to say of any', () => {
    const briefs = numbered([kindOf('graceful'), kindOf('graceful'), kindOf('graceful')]).reverse();
    expect(gather(briefs, limits).overview.mostInteresting()).toBe(1);
    expect(gather([], limits).overview.mostInteresting()).toBeNull();
  });
});

describe('examples of findings', () => {
  const limits = { ...OVERVIEW_LIMITS, listed: 0, stories: -1, mildCodes: new Set(['half-close']) };
  const examplesOf = (...briefs: Omit<ConnectionBrief, 'id'>[]): number[] => {
    const { overview, wanted } = gather(numbered(briefs), limits);
    const examples = overview.groups().flatMap((group) => group.examples.map(({ connection }) => connection?.id ?? 0));
    expect(new Set(wanted)).toEqual(new Set(examples));
    return examples;
  };

  it('are three of each code', () => {
    const brief = kindOf('graceful', finding('syn-retransmission', 'info'));
    expect(examplesOf(brief, brief, brief, brief)).toEqual([1, 2, 3]);
  });

  it('are not kept of one that is told in a line', () => {
    const brief = kindOf('graceful', finding('half-close', 'note'));
    expect(examplesOf(brief, brief)).toEqual([]);
    expect(gather(numbered([brief, brief]), limits).overview.groups()).toMatchObject([{ count: 2, severity: 'note' }]);
  });

  it('are kept of one that the policy takes for worse', () => {
    const brief = kindOf('graceful', finding('half-close', 'warning'));
    expect(examplesOf(brief, brief)).toEqual([1, 2]);
  });
});
