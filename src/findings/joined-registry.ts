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
import { type CaptureFacts, type JoinedDetector, Names, Seen, type SeenParts } from './joined.ts';

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
  /** What came of it; to be called once. */
  finish(capture: CaptureFacts): Finding[];
}

/** All joined detectors as one; those that the policy switches off see nothing. */
export function joinAll(policy: Policy): Joined {
  const active = JOINED_DETECTORS.filter(({ entry }) => policy.severities[entry.code] !== 'off');
  const joiners = active.map((detector) => ({ entry: detector.entry, joiner: detector.create(policy) }));
  const names = new Names();
  return {
    take(parts) {
      const seen = new Seen(parts, names);
      for (const { joiner } of joiners) joiner.take(seen);
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
