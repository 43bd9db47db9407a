import { renderRules } from '../../src/report/rules.ts';
import { PLAIN_TEXT } from '../../src/report/terminal.ts';
import type { Rule } from '../../src/tcp/rule.ts';
import { STATES } from '../../src/tcp/states.ts';

const EVENTS_OF_THE_OBSERVER =
  'Events are named from the observer’s side: `fin-covered` is the arrival of an acknowledgment that covers the end’s own FIN, `fin-repeat-refuting` a FIN sent again so late that the acknowledgment seen before cannot have arrived.';

/** docs/state-machine.md: diagram and tables of the rules. */
export function renderMachinePage(rules: readonly Rule[]): string {
  return [
    '# The state machine',
    '',
    '<!-- Written by `npm run docs` from src/tcp/rules.ts. -->',
    '',
    `${rules.length} rules tell what a segment proves of the end that sends it, and what it presumably does to the end that receives it.`,
    'Of the rules for a role and an event the first that fits the state of the end counts; no combination is without a rule.',
    EVENTS_OF_THE_OBSERVER,
    '`lastack rules` prints the same in the terminal, `lastack rules --format json` for programs.',
    '',
    '- **sends**: proven by the segment itself.',
    '- **receives**: assumed, because the segment may be lost behind the capture point. Later segments of that end prove it, or',
    '  a rule that *takes back* withdraws it; what was withdrawn stays in the history, marked so.',
    '- TIME_WAIT ends by a **timer** (`--time-wait`).',
    '',
    '## Diagram',
    '',
    'Rules that stay where they are, or take something back, draw no arrow.',
    '',
    '```mermaid',
    `${renderRules(rules, 'mermaid', PLAIN_TEXT)}\`\`\``,
    '',
    ...(['sends', 'receives'] as const).flatMap((role) => renderRole(rules, role)),
  ].join('\n');
}

function renderRole(rules: readonly Rule[], role: Rule['role']): string[] {
  const members = rules.filter((rule) => rule.role === role);
  const events = [...new Set(members.map((rule) => rule.on))];
  return [
    `## The end ${role} a segment`,
    '',
    ...events.flatMap((event) => [
      `### ${role} ${event}`,
      '',
      '| in state | then | why | source | rule |',
      '|---|---|---|---|---|',
      ...members.filter((rule) => rule.on === event).map((rule, index) => renderRow(rule, index === 0)),
      '',
    ]),
  ];
}

function renderRow({ id, from, to, why, socket, rfc }: Rule, isFirst: boolean): string {
  const states = from.length < STATES.length ? from.join(' ') : isFirst ? '*any*' : '*any other*';
  const move = to === 'same' ? 'stays' : to === 'withdraw' ? '*takes back what was presumed*' : `**${to}**`;
  const calls = socket === undefined ? '' : ` *${socket}*`;
  return `| ${escapeCell(states)} | ${escapeCell(move)} | ${escapeCell(why + calls)} | ${escapeCell(rfc)} | \`${id}\` |`;
}

function escapeCell(text: string): string {
  return text.replaceAll('_', '\\_').replaceAll('|', '\\|');
}
