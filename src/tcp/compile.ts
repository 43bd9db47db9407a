import { assert } from '../base/error.ts';
import { RECEIVED, type ReceivedEvent, SENT, type SentEvent } from './events.ts';
import type { Rule } from './rule.ts';
import { RULES } from './rules.ts';
import { STATES, type TcpState } from './states.ts';

/** The machine as two tables of rule indices, `event * STATES.length + state`. */
export interface Machine {
  readonly rules: readonly Rule[];
  readonly sent: Uint8Array;
  readonly received: Uint8Array;
}

const NO_RULE = 0xff;

function fill(rules: readonly Rule[], role: Rule['role'], events: readonly string[]): Uint8Array {
  const table = new Uint8Array(events.length * STATES.length).fill(NO_RULE);
  for (const [index, rule] of rules.entries()) {
    if (rule.role !== role) continue;
    const event = events.indexOf(rule.on);
    assert(event >= 0, `rule ${rule.id}: no event ${rule.on} that an end ${role}`);
    let cells = 0;
    for (const state of rule.from) {
      const cell = event * STATES.length + STATES.indexOf(state);
      if (table[cell] !== NO_RULE) continue;
      table[cell] = index;
      cells++;
    }
    assert(cells > 0, `rule ${rule.id} can never match: earlier rules cover all its states`);
  }
  const hole = table.indexOf(NO_RULE);
  const where = `${role} ${events[Math.floor(hole / STATES.length)]} in ${STATES[hole % STATES.length]}`;
  assert(hole === -1, `no rule covers an end that ${where}`);
  return table;
}

/**
 * Expands rules into tables.
 *
 * Throws on a cell that no rule covers, a rule that can never match, an id used twice, and a rule without source.
 */
export function compile(rules: readonly Rule[]): Machine {
  assert(rules.length < NO_RULE, 'the tables hold at most 254 rules');
  const ids = new Set<string>();
  for (const rule of rules) {
    assert(!ids.has(rule.id), `two rules are called ${rule.id}`);
    assert(rule.rfc.length > 0 && rule.why.length > 0, `rule ${rule.id} has no source or no reason`);
    ids.add(rule.id);
  }
  return { rules, sent: fill(rules, 'sends', SENT), received: fill(rules, 'receives', RECEIVED) };
}

export const MACHINE = compile(RULES);

const STATE_INDEX = Object.fromEntries(STATES.map((state, index) => [state, index])) as Record<TcpState, number>;
const SENT_INDEX = Object.fromEntries(SENT.map((event, index) => [event, index])) as Record<SentEvent, number>;
const RECEIVED_INDEX = Object.fromEntries(RECEIVED.map((event, index) => [event, index])) as Record<
  ReceivedEvent,
  number
>;

/** The rule for an end in `state` that sends a segment meaning `event`. */
export function ruleForSent(state: TcpState, event: SentEvent): Rule {
  return RULES[MACHINE.sent[SENT_INDEX[event] * STATES.length + STATE_INDEX[state]]];
}

/** The rule for an end in `state` to which a segment meaning `event` is presumably delivered. */
export function ruleForReceived(state: TcpState, event: ReceivedEvent): Rule {
  return RULES[MACHINE.received[RECEIVED_INDEX[event] * STATES.length + STATE_INDEX[state]]];
}
