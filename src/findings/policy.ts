/** Policy, apart from detection: from where on something is reported, and how serious it is. */
import type { Severity } from './finding.ts';

/** A number that decides from where on something is reported. */
export interface Threshold {
  readonly default: number;
  readonly unit: 'seconds' | 'count';
  /** What it decides; a clause that follows "Report". */
  readonly about: string;
}

/** Every threshold there is; options, configuration and their documentation are made of this. */
export const THRESHOLDS = {
  closeWaitSeconds: {
    default: 60,
    unit: 'seconds',
    about: 'a CLOSE_WAIT without a sign of life as lingering after',
  },
  closeWaitErrorSeconds: { default: 600, unit: 'seconds', about: 'a lingering CLOSE_WAIT as an error after' },
  closeWaitConnections: { default: 10, unit: 'count', about: 'CLOSE_WAIT as piling up on one service from' },
  slowHandshakeSeconds: { default: 1, unit: 'seconds', about: 'a handshake as slow from a round trip of' },
  slowTeardownSeconds: { default: 5, unit: 'seconds', about: 'a close as slow when it takes' },
  zeroWindowSeconds: { default: 0.2, unit: 'seconds', about: 'a closed window as a stall after' },
  retransmissionCopies: { default: 5, unit: 'count', about: 'retransmission as excessive from copies of one segment' },
  idleSeconds: { default: 60, unit: 'seconds', about: 'lost state as an idle time-out after a silence of' },
  acceptQueueConnections: { default: 2, unit: 'count', about: 'a listener with a full accept queue from connections' },
  overloadAttempts: { default: 2, unit: 'count', about: 'a listener as overloaded from unanswered attempts' },
  timeWaitConnections: { default: 100, unit: 'count', about: 'a host as owner of many TIME_WAITs from' },
  scanTargets: { default: 10, unit: 'count', about: 'a SYN scan from half-open targets of one source' },
  floodConnections: { default: 50, unit: 'count', about: 'a SYN flood from half-open connections to one port' },
} as const satisfies Readonly<Record<string, Threshold>>;

export type ThresholdName = keyof typeof THRESHOLDS;
export type Thresholds = { readonly [Name in ThresholdName]: number };

/** Severities by finding code; `off` reports nothing. */
export type SeverityOverrides = Readonly<Record<string, Severity | 'off'>>;

export interface Policy extends Thresholds {
  readonly severities: SeverityOverrides;
}

/** What of the policy may be set; the rest is as by default. */
export type PolicyOptions = { readonly [Name in ThresholdName]?: number } & {
  readonly severities?: SeverityOverrides;
};

export const THRESHOLD_NAMES = Object.keys(THRESHOLDS) as ThresholdName[];

/** Fills up with defaults. */
export function resolvePolicy(options: PolicyOptions = {}): Policy {
  const thresholds = THRESHOLD_NAMES.map((name) => [name, options[name] ?? THRESHOLDS[name].default]);
  return { ...(Object.fromEntries(thresholds) as Thresholds), severities: options.severities ?? {} };
}

export const DEFAULT_POLICY: Policy = resolvePolicy();
