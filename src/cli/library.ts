/** What the commands need of the rest of lastack, loaded piece by piece and only when asked for. */
import type { Rule } from '../tcp/rule.ts';
import type { Engine } from './engine.ts';

export interface Library {
  readonly version: string;
  engine(): Promise<Engine>;
  /** The machine's rules. */
  rules(): Promise<readonly Rule[]>;
  findingCodes(): Promise<readonly string[]>;
  /** One line about what a finding code means. */
  findingTitles(): Promise<(code: string) => string | undefined>;
}
