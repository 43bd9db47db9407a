import type { Rule } from '../tcp/rule.ts';
import { layOutLadder } from './ladder.ts';
import { renderLadder } from './ladder-text.ts';
import { formatClock, formatDuration } from './measure.ts';
import type { ConnectionResult } from './result.ts';
import { sortBySeverity } from './severity.ts';
import { describeWithdrawal, renderConnectionTitle, withEvidence } from './story.ts';
import { createStyle, type Style, type TextOptions, wrapBehind } from './terminal.ts';
import {
  closingLabel,
  describeBasis,
  describeClosing,
  describeOpening,
  describeTraffic,
  OUTCOME_WORDS,
  standingEntries,
  UNDETERMINED_WORDS,
} from './words.ts';

export interface ExplainOptions {
  /** The machine's rules, of which the segments name the ids. */
  readonly rules: readonly Rule[];
  /** Draws every segment; otherwise long runs of plain ones are folded. */
  readonly unfolded?: boolean;
}

/** Explains one connection, analysed with `segments`: what happened, segment by segment, and what follows from it. */
export function renderExplanation(connection: ConnectionResult, explain: ExplainOptions, options: TextOptions): string {
  const style = createStyle(options);
  const lines = [
    ...renderConnectionTitle(style, connection),
    ...renderSummary(style, connection),
    '',
    ...renderLadder(style, layOutLadder(connection, explain)),
    '',
    ...renderEnding(style, connection),
  ];
  for (const finding of sortBySeverity(connection.findings)) {
    const paint = style.severity[finding.severity];
    lines.push(
      '',
      `${paint(`${style.glyphs.severity[finding.severity]} ${finding.code}`)}${style.faint(`, ${finding.severity}`)}`,
    );
    lines.push(...wrapBehind('  ', withEvidence(style, finding), style.width));
    if (finding.cause !== '') lines.push(...wrapBehind(`  ${style.faint('cause:')} `, finding.cause, style.width));
    if (finding.hint !== '') lines.push(...wrapBehind(`  ${style.faint('hint: ')} `, finding.hint, style.width));
  }
  return `${lines.join('\n')}\n`;
}

function renderSummary(style: Style, connection: ConnectionResult): string[] {
  const started = `${formatClock(connection.startTime)} UTC, lasted ${formatDuration(connection.durationSeconds)}`;
  return [
    ...wrapBehind(`  ${style.faint('when   ')} `, started, style.width),
    ...wrapBehind(`  ${style.faint('opened ')} `, describeOpening(connection), style.width),
    ...wrapBehind(`  ${style.faint('carried')} `, describeTraffic(connection), style.width),
    ...wrapBehind(`  ${style.faint(closingLabel(connection).padEnd(7))} `, describeClosing(connection), style.width),
  ];
}

function renderEnding(style: Style, connection: ConnectionResult): string[] {
  const lines: string[] = [];
  for (const end of ['client', 'server'] as const) {
    const history = connection.endpoints[end].stateHistory;
    const last = standingEntries(history).at(-1);
    const text =
      last === undefined ? connection.endpoints[end].state : `${style.strong(last.state)}, ${describeBasis(last)}`;
    lines.push(...wrapBehind(`The ${style[end](end)} is left in `, text, style.width));
    for (const entry of history) {
      if (entry.withdrawn !== undefined) lines.push(...wrapBehind('  ', describeWithdrawal(entry), style.width));
    }
  }
  lines.push(...wrapBehind('', `${connection.outcome}: ${OUTCOME_WORDS[connection.outcome].meaning}`, style.width));
  if (connection.undeterminedBecause !== null) {
    lines.push(...wrapBehind('', `Undetermined: ${UNDETERMINED_WORDS[connection.undeterminedBecause]}.`, style.width));
  }
  return lines;
}
