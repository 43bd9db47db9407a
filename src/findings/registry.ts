import type { Connection } from '../flow/connection.ts';
import type { CatalogEntry } from './catalog.ts';
import { DEFAULT_POLICY, type Detector, type Policy, toFinding } from './detector.ts';
import { abortiveClose } from './detectors/abortive-close.ts';
import { acceptOverflowReset } from './detectors/accept-overflow-reset.ts';
import { acceptQueueOverflow } from './detectors/accept-queue-overflow.ts';
import { captureDuplicates } from './detectors/capture-duplicates.ts';
import { connectionRefused } from './detectors/connection-refused.ts';
import { finRetransmission } from './detectors/fin-retransmission.ts';
import { handshakeAckLost } from './detectors/handshake-ack-lost.ts';
import { listenerClosedUnaccepted } from './detectors/listener-closed-unaccepted.ts';
import { midstreamStart } from './detectors/midstream-start.ts';
import { oneWay } from './detectors/one-way.ts';
import { serverSilentAfterHandshake } from './detectors/server-silent-after-handshake.ts';
import { simultaneousClose } from './detectors/simultaneous-close.ts';
import { simultaneousOpen } from './detectors/simultaneous-open.ts';
import { synAckGiveUp } from './detectors/syn-ack-give-up.ts';
import { synAckLost } from './detectors/syn-ack-lost.ts';
import { synAckRetransmission } from './detectors/syn-ack-retransmission.ts';
import { synLostDownstream } from './detectors/syn-lost-downstream.ts';
import { synRetransmission } from './detectors/syn-retransmission.ts';
import { synUnanswered } from './detectors/syn-unanswered.ts';
import type { Finding } from './finding.ts';
import { gateOf } from './gate.ts';

/** Every detector that looks at one connection, in the order in which findings are listed. */
export const DETECTORS: readonly Detector[] = [
  synUnanswered,
  synRetransmission,
  synLostDownstream,
  synAckLost,
  synAckRetransmission,
  handshakeAckLost,
  acceptQueueOverflow,
  acceptOverflowReset,
  listenerClosedUnaccepted,
  serverSilentAfterHandshake,
  synAckGiveUp,
  connectionRefused,
  simultaneousOpen,
  finRetransmission,
  simultaneousClose,
  abortiveClose,
  captureDuplicates,
  oneWay,
  midstreamStart,
];

/** The catalogue: what each code means. */
export const CATALOG: readonly CatalogEntry[] = DETECTORS.map((detector) => detector.entry);

/** The findings of a settled connection. */
export function findAll(connection: Connection, policy: Policy = DEFAULT_POLICY): Finding[] {
  const findings: Finding[] = [];
  const isGated = gateOf(connection);
  for (const { entry, detect } of DETECTORS) {
    const override = policy.severities[entry.code];
    if (override === 'off' || isGated(entry.code)) continue;
    const evidence = detect(connection, policy);
    if (evidence !== null) findings.push(toFinding(entry, evidence, override));
  }
  return findings;
}
