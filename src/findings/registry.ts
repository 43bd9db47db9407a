import type { Connection } from '../flow/connection.ts';
import type { CatalogEntry } from './catalog.ts';
import { DEFAULT_POLICY, type Detector, type Evidence, type Policy, toFinding } from './detector.ts';
import { abortiveClose } from './detectors/abortive-close.ts';
import { finRetransmission } from './detectors/fin-retransmission.ts';
import { simultaneousClose } from './detectors/simultaneous-close.ts';
import type { Finding } from './finding.ts';
import { gateOf } from './gate.ts';

/** Every detector that looks at one connection, in the order in which findings are listed. */
export const DETECTORS: readonly Detector[] = [abortiveClose, finRetransmission, simultaneousClose];

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
