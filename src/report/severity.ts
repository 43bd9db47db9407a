import { type Finding, SEVERITIES, type Severity } from '../findings/finding.ts';

/** 0 for `info` up to 3 for `error`. */
export function severityRank(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}

/** Whether it is below `warning`. */
export function isMild(severity: Severity): boolean {
  return severityRank(severity) < severityRank('warning');
}

/** The worst severity among findings, null when there are none. */
export function worstSeverity(findings: readonly Finding[]): Severity | null {
  let worst: Severity | null = null;
  for (const { severity } of findings) {
    if (worst === null || severityRank(severity) > severityRank(worst)) worst = severity;
  }
  return worst;
}

/** Findings from worst to mildest, otherwise in the order in which they came. */
export function sortBySeverity(findings: readonly Finding[]): Finding[] {
  return [...findings].sort((a, b) => severityRank(b.severity) - severityRank(a.severity));
}
