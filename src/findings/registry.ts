import type { Connection } from '../flow/connection.ts';
import type { CatalogEntry } from './catalog.ts';
import { DEFAULT_POLICY, type Detector, type Policy, toFinding } from './detector.ts';
import { abortiveClose } from './detectors/abortive-close.ts';
import { acceptOverflowReset } from './detectors/accept-overflow-reset.ts';
import { acceptQueueOverflow } from './detectors/accept-queue-overflow.ts';
import { ackedUnseen } from './detectors/acked-unseen.ts';
import { captureDuplicates } from './detectors/capture-duplicates.ts';
import { captureReordering } from './detectors/capture-reordering.ts';
import { clientAbandonedConnect } from './detectors/client-abandoned-connect.ts';
import { closeWaitLingering } from './detectors/close-wait-lingering.ts';
import { connectionRefused } from './detectors/connection-refused.ts';
import { connectionRefusedIcmp } from './detectors/connection-refused-icmp.ts';
import { dataAfterCloseReset } from './detectors/data-after-close-reset.ts';
import { dataAfterOwnFin } from './detectors/data-after-own-fin.ts';
import { establishedNoData } from './detectors/established-no-data.ts';
import { excessiveRetransmission } from './detectors/excessive-retransmission.ts';
import { finBeforeData } from './detectors/fin-before-data.ts';
import { finRetransmission } from './detectors/fin-retransmission.ts';
import { finSeqChanged } from './detectors/fin-seq-changed.ts';
import { finUnacknowledged } from './detectors/fin-unacknowledged.ts';
import { finWait2Timeout } from './detectors/fin-wait-2-timeout.ts';
import { finalAckMissing } from './detectors/final-ack-missing.ts';
import { finalAckNotCaptured } from './detectors/final-ack-not-captured.ts';
import { halfClose } from './detectors/half-close.ts';
import { halfOpenRecovery } from './detectors/half-open-recovery.ts';
import { handshakeAckLost } from './detectors/handshake-ack-lost.ts';
import { invalidFlags } from './detectors/invalid-flags.ts';
import { keepAliveProbing } from './detectors/keep-alive-probing.ts';
import { keepAliveTimeoutReset } from './detectors/keep-alive-timeout-reset.ts';
import { lastAckGiveUp } from './detectors/last-ack-give-up.ts';
import { listenerClosedUnaccepted } from './detectors/listener-closed-unaccepted.ts';
import { midstreamStart } from './detectors/midstream-start.ts';
import { offloadSuperframe } from './detectors/offload-superframe.ts';
import { oneWay } from './detectors/one-way.ts';
import { peerLostState } from './detectors/peer-lost-state.ts';
import { portReuseUnclosed } from './detectors/port-reuse-unclosed.ts';
import { rstAfterOwnFin } from './detectors/rst-after-own-fin.ts';
import { rstChallenged } from './detectors/rst-challenged.ts';
import { rstIgnored } from './detectors/rst-ignored.ts';
import { rstInjectionSuspected } from './detectors/rst-injection-suspected.ts';
import { selfConnect } from './detectors/self-connect.ts';
import { serverSilentAfterHandshake } from './detectors/server-silent-after-handshake.ts';
import { silentAbort } from './detectors/silent-abort.ts';
import { simultaneousClose } from './detectors/simultaneous-close.ts';
import { simultaneousOpen } from './detectors/simultaneous-open.ts';
import { slowHandshake } from './detectors/slow-handshake.ts';
import { slowTeardown } from './detectors/slow-teardown.ts';
import { synAckBadAck } from './detectors/syn-ack-bad-ack.ts';
import { synAckGiveUp } from './detectors/syn-ack-give-up.ts';
import { synAckIsnChange } from './detectors/syn-ack-isn-change.ts';
import { synAckLost } from './detectors/syn-ack-lost.ts';
import { synAckRetransmission } from './detectors/syn-ack-retransmission.ts';
import { synLostDownstream } from './detectors/syn-lost-downstream.ts';
import { synOnLiveIgnored } from './detectors/syn-on-live-ignored.ts';
import { synOptionFallback } from './detectors/syn-option-fallback.ts';
import { synRetransmission } from './detectors/syn-retransmission.ts';
import { synUnanswered } from './detectors/syn-unanswered.ts';
import { teardownW1Lost } from './detectors/teardown-w1-lost.ts';
import { teardownW2Lost } from './detectors/teardown-w2-lost.ts';
import { teardownW3Lost } from './detectors/teardown-w3-lost.ts';
import { teardownW4Lost } from './detectors/teardown-w4-lost.ts';
import { tfoAccepted } from './detectors/tfo-accepted.ts';
import { tfoIgnored } from './detectors/tfo-ignored.ts';
import { timeWaitAssassination } from './detectors/time-wait-assassination.ts';
import { timeWaitOwner } from './detectors/time-wait-owner.ts';
import { timeWaitReuse } from './detectors/time-wait-reuse.ts';
import { trafficAfterReset } from './detectors/traffic-after-reset.ts';
import { truncatedHeader } from './detectors/truncated-header.ts';
import { windowProbe } from './detectors/window-probe.ts';
import { zeroWindowStall } from './detectors/zero-window-stall.ts';
import type { Finding } from './finding.ts';
import { gateOf } from './gate.ts';
import { JOINED_DETECTORS } from './joined-registry.ts';
import { needsOf, traitsOf } from './traits.ts';

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
  connectionRefusedIcmp,
  clientAbandonedConnect,
  simultaneousOpen,
  selfConnect,
  synAckBadAck,
  synAckIsnChange,
  halfOpenRecovery,
  tfoAccepted,
  tfoIgnored,
  synOptionFallback,
  slowHandshake,
  zeroWindowStall,
  windowProbe,
  keepAliveProbing,
  excessiveRetransmission,
  silentAbort,
  establishedNoData,
  teardownW1Lost,
  teardownW2Lost,
  teardownW3Lost,
  teardownW4Lost,
  finRetransmission,
  finalAckMissing,
  finalAckNotCaptured,
  lastAckGiveUp,
  finUnacknowledged,
  closeWaitLingering,
  finWait2Timeout,
  halfClose,
  dataAfterCloseReset,
  simultaneousClose,
  finBeforeData,
  dataAfterOwnFin,
  finSeqChanged,
  slowTeardown,
  timeWaitOwner,
  abortiveClose,
  rstAfterOwnFin,
  peerLostState,
  keepAliveTimeoutReset,
  rstChallenged,
  rstIgnored,
  trafficAfterReset,
  timeWaitReuse,
  timeWaitAssassination,
  portReuseUnclosed,
  synOnLiveIgnored,
  rstInjectionSuspected,
  invalidFlags,
  captureDuplicates,
  captureReordering,
  ackedUnseen,
  oneWay,
  midstreamStart,
  truncatedHeader,
  offloadSuperframe,
];

/** The catalogue: what each code means. */
export const CATALOG: readonly CatalogEntry[] = [
  ...new Set([...DETECTORS, ...JOINED_DETECTORS].map((detector) => detector.entry)),
];

/** The detectors to ask, by the traits of a connection. */
const ASKED = new Map<number, readonly Detector[]>();

/** Detectors that can have something to say of a connection with these traits. */
function detectorsFor(traits: number): readonly Detector[] {
  let detectors = ASKED.get(traits);
  if (detectors === undefined) {
    detectors = DETECTORS.filter(({ entry }) => (needsOf(entry.code) & traits) !== 0);
    ASKED.set(traits, detectors);
  }
  return detectors;
}

/** The findings of a settled connection; `detectors` are those asked, all that can have something to say. */
export function findAll(
  connection: Connection,
  policy: Policy = DEFAULT_POLICY,
  detectors: readonly Detector[] = detectorsFor(traitsOf(connection)),
): Finding[] {
  const findings: Finding[] = [];
  if (connection.segmentCount === 0) return findings;
  let gate: ReadonlySet<string> | null = null;
  for (const detector of detectors) {
    const evidence = detector.detect(connection, policy);
    if (evidence === null) continue;
    const { entry } = detector;
    const override = policy.severities[entry.code];
    if (override === 'off') continue;
    gate ??= gateOf(connection);
    if (!gate.has(entry.code)) findings.push(toFinding(entry, evidence, override));
  }
  return findings;
}
