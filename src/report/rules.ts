/** The state machine, from its rules, for people (text), programs (json) and diagrams (mermaid, dot). */
import type { Rule } from '../tcp/rule.ts';
import { type Phase, STATES, type TcpState } from '../tcp/states.ts';
import { createStyle, padRight, paintWords, type Style, type TextOptions, textWidth, wrapBehind } from './terminal.ts';

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
    `The machine has ${rules.length} rules. An end moves because it sends a segment, or because it presumably receives one. Of the rules for an event the first that fits the state of the end counts.`,
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
  const move = describeMove(style, rule);
  const from = rule.from.length === STATES.length ? 'any state' : rule.from.join(' ');
  const event = `${rule.role === 'sends' ? style.client('sends') : style.server('receives')} ${rule.on}`;
  const head = `${padRight(style.strong(rule.id), 36)} ${event}`;
  const lines = textWidth(head) <= style.width ? [head] : [style.strong(rule.id), `    ${event}`];
  lines.push(...wrapBehind('    ', `${from} ${move}`, style.width));
  const source = paintWords(style.faint, `(${rule.rfc})`);
  if (rule.socket === undefined) return [...lines, ...wrapBehind('    ', `${rule.why} ${source}`, style.width)];
  lines.push(...wrapBehind('    ', rule.why, style.width));
  const call = `${paintWords(style.good, rule.socket)} ${source}`;
  return [...lines, ...wrapBehind(`    ${style.good(style.glyphs.to)} `, call, style.width)];
}

function describeMove(style: Style, { to }: Rule): string {
  if (to === 'same') return 'stays';
  return to === 'withdraw' ? 'takes back what was presumed' : `${style.glyphs.to} ${style.strong(to)}`;
}

/** Stands for all the states of a rule that holds in nearly every one. */
const ANY_STATE = 'ANY';
/** From this many states on a rule gets one arrow from `ANY_STATE`. */
const NEARLY_ALL = 8;

interface Edge {
  readonly from: TcpState | typeof ANY_STATE;
  readonly to: TcpState;
  /** `sends fin`, `receives fin-covered`. */
  readonly events: string[];
}

/** One edge for each pair of states that some rule joins, with every event that leads along it; staying is no edge. */
function collectEdges(rules: readonly Rule[]): Edge[] {
  const edges = new Map<string, Edge>();
  for (const { from: states, to, role, on } of rules) {
    if (to === 'same' || to === 'withdraw') continue;
    for (const from of states.length >= NEARLY_ALL ? ([ANY_STATE] as const) : states) {
      if (from === to) continue;
      const key = `${from} ${to}`;
      const edge: Edge = edges.get(key) ?? { from, to, events: [] };
      const event = `${role} ${on}`;
      if (!edge.events.includes(event)) edge.events.push(event);
      edges.set(key, edge);
    }
  }
  const rank = (state: Edge['from']): number => (state === ANY_STATE ? STATES.length : STATES.indexOf(state));
  return [...edges.values()].sort((a, b) => rank(a.from) - rank(b.from) || rank(a.to) - rank(b.to));
}

function renderRulesMermaid(rules: readonly Rule[]): string {
  const edges = collectEdges(rules);
  const lines = ['stateDiagram-v2'];
  if (edges.some((edge) => edge.from === ANY_STATE)) lines.push(`  state "nearly any state" as ${ANY_STATE}`);
  for (const edge of edges) lines.push(`  ${edge.from} --> ${edge.to} : ${edge.events.join('<br/>')}`);
  return `${lines.join('\n')}\n`;
}

/** Solid arrows are proven by a segment of the end itself, dashed ones presumed. */
function renderRulesDot(rules: readonly Rule[]): string {
  const edges = collectEdges(rules);
  const lines = [
    'digraph tcp {',
    '  graph [rankdir=TB, nodesep=0.6];',
    '  node [shape=box, style=rounded, fontname="sans-serif"];',
    '  edge [fontname="sans-serif", fontsize=10];',
  ];
  if (edges.some((edge) => edge.from === ANY_STATE)) {
    lines.push(`  ${ANY_STATE} [label="nearly any state", style="rounded,dotted"];`);
  }
  for (const { from, to, events } of edges) {
    const sent = events.some((event) => event.startsWith('sends'));
    lines.push(`  ${from} -> ${to} [label="${events.join('\\n')}", style=${sent ? 'solid' : 'dashed'}];`);
  }
  lines.push('}');
  return `${lines.join('\n')}\n`;
}
