import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Finding, Severity } from '../../src/findings/finding.ts';
import type { Outcome } from '../../src/flow/vocabulary.ts';
import { type ConnectionBrief, Overview } from '../../src/report/overview.ts';
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

/** Nothing is kept but for the list. */
const LIMITS = { examples: 0, listed: 10, stories: -1 };

function gather(briefs: readonly ConnectionBrief[], limits: Overview['limits'] = LIMITS) {
  const overview = new Overview(limits);
  const wanted = briefs.filter((brief) => {
    const isWanted = overview.observe(brief);
    if (isWanted) overview.keep(brief as ConnectionResult);
    return isWanted;
  });
  const lists = [true, false].map((withRank0) => overview.listed(withRank0).map(({ id }) => id));
  return { wanted: wanted.map(({ id }) => id), lists };
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

const numbered = (briefs: readonly Omit<ConnectionBrief, 'id'>[]): ConnectionBrief[] =>
  briefs.map((brief, index) => ({ ...brief, id: index + 1 }));

describe('the connections that an overview keeps for its list', () => {
  it('are those that are listed if all are kept', () => {
    const property = fc.property(anyBriefs, (briefs) => {
      const all = numbered(briefs);
      expect(gather(all).lists).toEqual([true, false].map((withRank0) => listedOfAll(all, withRank0)));
    });
    fc.assert(property, { numRuns: 2000, seed: 20_261_121 });
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
      return gather(numbered(briefs)).wanted.length;
    };
    expect([1, 2, 4, 5, 10].map(ofKinds)).toEqual([10, 10, 12, 10, 10]);
  });
});
