import type { End } from '../flow/vocabulary.ts';

export const SEVERITIES = ['info', 'note', 'warning', 'error'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** One verdict about a connection, a listener, a host or the capture, with its evidence; also its JSON shape. */
export interface Finding {
  /** Kebab-case, never renamed once released. */
  code: string;
  severity: Severity;
  category: string;
  at: End | 'path' | 'capture';
  /** Evidence, ascending frame numbers. */
  frames: number[];
  /** One sentence with the numbers of the case. */
  message: string;
  cause: string;
  hint: string;
}
