import { type HostCounts, TimeWaitAt } from '../flow/host-counts.ts';
import { type Policy, toFinding, writeOut } from './detector.ts';
import type { Finding } from './finding.ts';
import { acceptQueueOfListener } from './joined/accept-queue.ts';
import { clockBackwards } from './joined/clock-backwards.ts';
import { closeWaitPile } from './joined/close-wait-pile.ts';
import { filteredCapture } from './joined/filtered-capture.ts';
import { overloadedListener } from './joined/overloaded-listener.ts';
import { synFlood } from './joined/syn-flood.ts';
import { synScan } from './joined/syn-scan.ts';
import { timeWaitHost } from './joined/time-wait-host.ts';
import { type CaptureFacts, type JoinedDetector, type Joiner, Ordinary, Seen, type SeenParts } from './joined.ts';

/** Every detector that looks at connections together, in the order in which their findings are listed. */
export const JOINED_DETECTORS: readonly JoinedDetector[] = [
  overloadedListener,
  acceptQueueOfListener,
  closeWaitPile,
  timeWaitHost,
  synScan,
  synFlood,
  filteredCapture,
  clockBackwards,
];

/** Joins the connections of one capture. */
export interface Joined {
  take(parts: SeenParts): void;
  /**
   * As `take`, of one with names, which is not ordinary. Those of one sort, whatever number it has, differ only in what
   * `Joiner.minds` leaves open.
   */
  see(seen: Seen, sort: number): void;
  /** Counts the connections that are not taken one by one. */
  readonly ordinary: Ordinary;
  /** What came of it; to be called once. */
  finish(capture: CaptureFacts): Finding[];
}

/** All joined detectors as one; those that the policy switches off see nothing. */
export function joinAll(policy: Policy, counts: HostCounts): Joined {
  const ordinary = new Ordinary(counts);
  const active = JOINED_DETECTORS.filter(({ entry }) => policy.severities[entry.code] !== 'off');
  const joiners = active.map((detector) => ({ entry: detector.entry, joiner: detector.create(policy, ordinary) }));
  const minding = new Map<number, readonly Joiner[]>();
  const learnSort = (seen: Seen, sort: number): readonly Joiner[] => {
    const its = joiners.map(({ joiner }) => joiner).filter((joiner) => joiner.minds?.(seen) !== false);
    minding.set(sort, its);
    return its;
  };
  return {
    ordinary,
    see(seen, sort) {
      const its = minding.get(sort) ?? learnSort(seen, sort);
      for (let i = 0; i < its.length; i++) its[i].take(seen);
    },
    take(parts) {
      const { connection, findings, firstNanos, lastNanos } = parts;
      const timeWaitAt = connection === null ? timeWaitIfOrdinary(findings) : null;
      if (timeWaitAt !== null) ordinary.take(parts, timeWaitAt);
      else {
        const seen = new Seen(ordinary.endsOf(parts), connection, findings, firstNanos, lastNanos);
        for (const { joiner } of joiners) joiner.take(seen);
      }
    },
    finish(capture) {
      return joiners.flatMap(({ entry, joiner }) => {
        const override = policy.severities[entry.code];
        return joiner
          .finish(capture)
          .map((evidence) => writeOut(toFinding(entry, evidence, override === 'off' ? undefined : override)));
      });
    },
  };
}

const TIME_WAIT = timeWaitHost.entry.code;
const REMARKABLE: ReadonlySet<string> = new Set(
  JOINED_DETECTORS.flatMap(({ codes }) => codes).filter((code) => code !== TIME_WAIT),
);

/** Which end pays TIME_WAIT, of a connection that has nothing to tell; null if it has findings that are looked for besides. */
export function timeWaitIfOrdinary(findings: readonly Finding[]): TimeWaitAt | null {
  let timeWaitAt: TimeWaitAt = TimeWaitAt.NEITHER;
  for (const { code, at } of findings) {
    if (REMARKABLE.has(code)) return null;
    if (code === TIME_WAIT) timeWaitAt = at === 'client' ? TimeWaitAt.CLIENT : TimeWaitAt.SERVER;
  }
  return timeWaitAt;
}
