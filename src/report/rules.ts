/** The state machine, from its rules, for people (text), programs (json) and diagrams (mermaid, dot). */
import type { Rule } from '../tcp/rule.ts';
import { type Phase, STATES, type TcpState } from '../tcp/states.ts';
import { createStyle, padRight, paintWords, type Style, type TextOptions, wrapBehind } from './terminal.ts';

export const RULE_FORMATS = ['text', 'json', 'mermaid', 'dot'] as const;
export type RuleFormat = (typeof RULE_FORMATS)[number];

const PHASES: readonly Phase[] = ['handshake', 'data', 'teardown', 'reset', 'closed'];

/** Renders the rules in a format; only `text` looks at the options. */
export function renderRules(rules: readonly Rule[], format: RuleFormat, options: TextOptions): string {
  switch (format) {
    case 'text':
      return renderRulesText(rules, options);
    case 'json':
      return `${JSON.stringify(rules, null, 2)}\n`;
    case 'mermaid':
      return renderRulesMermaid(rules);
    case 'dot':
      return renderRulesDot(rules);
  }
}

function renderRulesText(rules: readonly Rule[], options: TextOptions): string {
  const style = createStyle(options);
  const lines = wrapBehind(
    '',
    `The machine has ${rules.length} rules. An end moves because it sends a segment, or because it presumably receives one; in each phase the first rule that matches counts.`,
    style.width,
  );
  for (const phase of PHASES) {
    const members = rules.filter((rule) => rule.phase === phase);
    if (members.length === 0) continue;
    lines.push(
      '',
      style.heading(`${phase} ${style.faint(style.glyphs.rule.repeat(Math.max(0, style.width - phase.length - 1)))}`),
    );
    for (const rule of members) lines.push(...renderRuleText(style, rule));
  }
  return `${lines.join('\n')}\n`;
}

function renderRuleText(style: Style, rule: Rule): string[] {
  const move = rule.to === 'same' ? 'stays' : `${style.glyphs.to} ${style.strong(rule.to)}`;
  const from = rule.from.length === STATES.length ? 'any state' : rule.from.join(' ');
  const event = `${rule.role === 'sends' ? style.client('sends') : style.server('receives')} ${rule.on}`;
  const lines = [`${padRight(style.strong(rule.id), 36)} ${event}`];
  lines.push(...wrapBehind('    ', `${from} ${move}`, style.width));
  const source = paintWords(style.faint, `(${rule.rfc})`);
  if (rule.socket === undefined) return [...lines, ...wrapBehind('    ', `${rule.why} ${source}`, style.width)];
  lines.push(...wrapBehind('    ', rule.why, style.width));
  const call = `${paintWords(style.good, rule.socket)} ${source}`;
  return [...lines, ...wrapBehind(`    ${style.good(style.glyphs.to)} `, call, style.width)];
}

interface Edge {
  readonly from: TcpState;
  readonly to: TcpState;
  /** `sends fin`, `receives ack-of-fin`. */
  readonly events: string[];
}

/** One edge for each pair of states that some rule joins, with every event that leads along it; staying is no edge. */
function collectEdges(rules: readonly Rule[]): Edge[] {
  const edges = new Map<string, Edge>();
  for (const rule of rules) {
    if (rule.to === 'same') continue;
    for (const from of rule.from) {
      if (from === rule.to) continue;
      const key = `${from} ${rule.to}`;
      const edge = edges.get(key) ?? { from, to: rule.to, events: [] };
      const event = `${rule.role} ${rule.on}`;
      if (!edge.events.includes(event)) edge.events.push(event);
      edges.set(key, edge);
    }
  }
  return [...edges.values()].sort(
    (a, b) => STATES.indexOf(a.from) - STATES.indexOf(b.from) || STATES.indexOf(a.to) - STATES.indexOf(b.to),
  );
}

function renderRulesMermaid(rules: readonly Rule[]): string {
  const lines = ['stateDiagram-v2'];
  for (const edge of collectEdges(rules)) lines.push(`  ${edge.from} --> ${edge.to} : ${edge.events.join('<br/>')}`);
  return `${lines.join('\n')}\n`;
}

function renderRulesDot(rules: readonly Rule[]): string {
  const lines = [
    'digraph tcp {',
    '  graph [rankdir=TB, nodesep=0.6];',
    '  node [shape=box, style=rounded, fontname="sans-serif"];',
    '  edge [fontname="sans-serif", fontsize=10];',
  ];
  for (const { from, to, events } of collectEdges(rules)) {
    const sent = events.some((event) => event.startsWith('sends'));
    lines.push(`  ${from} -> ${to} [label="${events.join('\\n')}", style=${sent ? 'solid' : 'dashed'}];`);
  }
  lines.push('}');
  return `${lines.join('\n')}\n`;
}
