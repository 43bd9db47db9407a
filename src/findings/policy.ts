/** Policy, apart from detection: from where on something is reported, and how serious it is. */
import type { PlainLimits } from '../flow/plain-lane.ts';
import type { Severity } from './finding.ts';

/** A number that decides from where on something is reported. */
export interface Threshold {
  readonly default: number;
  readonly unit: 'seconds' | 'count';
  /** What it decides, in one line. */
  readonly about: string;
}

/** Every threshold there is; options, configuration and their documentation are made of this. */
export const THRESHOLDS = {
  closeWaitSeconds: {
    default: 60,
    unit: 'seconds',
    about: 'Seconds without a sign of life after which a CLOSE_WAIT lingers',
  },
  closeWaitErrorSeconds: {
    default: 600,
    unit: 'seconds',
    about: 'Seconds after which a lingering CLOSE_WAIT is an error',
  },
  closeWaitConnections: { default: 10, unit: 'count', about: 'Lingering CLOSE_WAITs of one service that are a pile' },
  slowHandshakeSeconds: { default: 1, unit: 'seconds', about: 'Seconds for a round trip that make a handshake slow' },
  slowTeardownSeconds: { default: 5, unit: 'seconds', about: 'Seconds that make a close slow' },
  zeroWindowSeconds: { default: 0.2, unit: 'seconds', about: 'Seconds of a closed window that are a stall' },
  retransmissionCopies: { default: 5, unit: 'count', about: 'Copies of one segment that are excessive' },
  idleSeconds: {
    default: 60,
    unit: 'seconds',
    about: 'Seconds of silence that make an idle time-out likely when an end has lost its state',
  },
  acceptQueueConnections: {
    default: 2,
    unit: 'count',
    about: 'Connections that find the accept queue full before their listener is reported',
  },
  overloadAttempts: {
    default: 2,
    unit: 'count',
    about: 'Unanswered attempts that make a port that answers others a candidate for overload',
  },
  timeWaitConnections: { default: 100, unit: 'count', about: 'TIME_WAITs of one host that are many' },
  scanTargets: { default: 10, unit: 'count', about: 'Half-open targets of one source that are a SYN scan' },
  floodConnections: { default: 50, unit: 'count', about: 'Half-open connections to one port that are a SYN flood' },
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

/** From where on a connection that went by the book is worth a closer look. */
export function plainLimits(policy: Policy): PlainLimits {
  return {
    handshakeNanos: policy.slowHandshakeSeconds * 1e9,
    closeNanos: policy.slowTeardownSeconds * 1e9,
    copies: policy.retransmissionCopies,
    closeWaitNanos: policy.closeWaitSeconds * 1e9,
    closeWaitErrorNanos: policy.closeWaitErrorSeconds * 1e9,
  };
}

export const DEFAULT_POLICY: Policy = resolvePolicy();

/** Whether everything is as by default. */
export function isDefault(policy: Policy): boolean {
  if (Object.keys(policy.severities).length > 0) return false;
  return THRESHOLD_NAMES.every((name) => policy[name] === DEFAULT_POLICY[name]);
}
