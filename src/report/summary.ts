/** A connection in a few plain lines, without any styling: for the formats that are not a terminal. */
import { formatClock, formatDuration } from './measure.ts';
import type { ConnectionResult } from './result.ts';
import { describeWithdrawal } from './story.ts';
import {
  closingLabel,
  describeBasis,
  describeCloser,
  describeClosing,
  describeOpening,
  describeTraffic,
  OUTCOME_WORDS,
  standingEntries,
  UNDETERMINED_WORDS,
} from './words.ts';

export interface ConnectionSummary {
  /** `graceful, client closed first`. */
  readonly verdict: string;
  /** When, opened, carried, closed: a name and a sentence each. */
  readonly facts: readonly (readonly [name: string, text: string])[];
  /** Where both ends are left, what was taken back, and what the outcome means. */
  readonly endings: readonly string[];
}

/** Sums up a connection. */
export function summarizeConnection(connection: ConnectionResult): ConnectionSummary {
  const { outcome, undeterminedBecause } = connection;
  const endings: string[] = [];
  for (const end of ['client', 'server'] as const) {
    const history = connection.endpoints[end].stateHistory;
    const last = standingEntries(history).at(-1);
    const state = last === undefined ? connection.endpoints[end].state : `${last.state}, ${describeBasis(last)}`;
    const takenBack = history.filter((entry) => entry.withdrawn !== undefined).map(describeWithdrawal);
    endings.push([`The ${end} is left in ${state}`, ...takenBack].join('; '));
  }
  endings.push(`${outcome}: ${OUTCOME_WORDS[outcome].meaning}`);
  if (undeterminedBecause !== null) endings.push(`Undetermined: ${UNDETERMINED_WORDS[undeterminedBecause]}`);
  return {
    verdict: `${outcome}, ${describeCloser(connection)}`,
    facts: [
      ['when', `${formatClock(connection.startTime)} UTC, lasted ${formatDuration(connection.durationSeconds)}`],
      ['opened', describeOpening(connection)],
      ['carried', describeTraffic(connection)],
      [closingLabel(connection), describeClosing(connection)],
    ],
    endings,
  };
}
