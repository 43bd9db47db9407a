import { describe, expect, it } from 'vitest';
import { compile, MACHINE, ruleForReceived, ruleForSent } from '../../src/tcp/compile.ts';
import { RECEIVED, type ReceivedEvent, SENT, type SentEvent } from '../../src/tcp/events.ts';
import type { Rule } from '../../src/tcp/rule.ts';
import { RULES } from '../../src/tcp/rules.ts';
import { STATES, type TcpState } from '../../src/tcp/states.ts';

interface Cell {
  readonly role: Rule['role'];
  readonly event: SentEvent | ReceivedEvent;
  readonly state: TcpState;
}

const CELLS: Cell[] = [
  ...SENT.flatMap((event) => STATES.map((state): Cell => ({ role: 'sends', event, state }))),
  ...RECEIVED.flatMap((event) => STATES.map((state): Cell => ({ role: 'receives', event, state }))),
];

/** The rules read as they are written: the first one that fits. */
function interpret({ role, event, state }: Cell): Rule | undefined {
  return RULES.find((rule) => rule.role === role && rule.on === event && rule.from.includes(state));
}

const lookUp = ({ role, event, state }: Cell): Rule =>
  role === 'sends' ? ruleForSent(state, event as SentEvent) : ruleForReceived(state, event as ReceivedEvent);

describe('the compiled machine', () => {
  it(`is the rules in each of its ${CELLS.length} cells`, () => {
    for (const cell of CELLS) expect(lookUp(cell), JSON.stringify(cell)).toBe(interpret(cell));
  });

  it('has exactly as many cells as there are events and states, each with a rule of its own role', () => {
    expect(MACHINE.sent.length).toBe(SENT.length * STATES.length);
    expect(MACHINE.received.length).toBe(RECEIVED.length * STATES.length);
    for (const index of MACHINE.sent) expect(RULES[index].role).toBe('sends');
    for (const index of MACHINE.received) expect(RULES[index].role).toBe('receives');
  });

  it('uses every rule', () => {
    expect(new Set([...MACHINE.sent, ...MACHINE.received]).size).toBe(RULES.length);
  });
});

/** The arrows of RFC 9293 figures 5, 7 and 13, as an observer sees them. */
const MUST: readonly (readonly [Cell['role'], Cell['event'], TcpState, TcpState])[] = [
  ['sends', 'syn', 'CLOSED', 'SYN_SENT'],
  ['receives', 'syn', 'CLOSED', 'LISTEN'],
  ['sends', 'syn-ack', 'LISTEN', 'SYN_RECEIVED'],
  ['receives', 'syn-crossing', 'SYN_SENT', 'SYN_RECEIVED'],
  ['receives', 'syn-ack', 'SYN_SENT', 'ESTABLISHED'],
  ['receives', 'syn-ack-crossing', 'SYN_RECEIVED', 'ESTABLISHED'],
  ['sends', 'segment', 'SYN_SENT', 'ESTABLISHED'],
  ['receives', 'syn-covered', 'SYN_RECEIVED', 'ESTABLISHED'],
  ['sends', 'fin', 'SYN_RECEIVED', 'FIN_WAIT_1'],
  ['sends', 'fin', 'ESTABLISHED', 'FIN_WAIT_1'],
  ['sends', 'fin', 'CLOSE_WAIT', 'LAST_ACK'],
  ['sends', 'cover-of-fin', 'ESTABLISHED', 'CLOSE_WAIT'],
  ['sends', 'cover-of-fin', 'FIN_WAIT_1', 'CLOSING'],
  ['sends', 'cover-of-fin', 'FIN_WAIT_2', 'TIME_WAIT'],
  ['receives', 'fin-crossing', 'FIN_WAIT_1', 'CLOSING'],
  ['receives', 'fin-covered', 'FIN_WAIT_1', 'FIN_WAIT_2'],
  ['receives', 'fin-covered', 'CLOSING', 'TIME_WAIT'],
  ['receives', 'fin-covered', 'LAST_ACK', 'CLOSED'],
  ['receives', 'fin-with-cover', 'FIN_WAIT_1', 'TIME_WAIT'],
  ['receives', 'fin-with-cover', 'CLOSING', 'TIME_WAIT'],
  ['receives', 'fin-with-cover', 'LAST_ACK', 'CLOSED'],
  ['receives', 'time-wait-over', 'TIME_WAIT', 'CLOSED'],
];

/** Moves that RFC 9293 figure 5 allows, the short ways of one segment that does two things at once included. */
const MOVES: Partial<Record<TcpState, readonly TcpState[]>> = {
  LISTEN: ['SYN_RECEIVED', 'SYN_SENT'],
  SYN_SENT: ['ESTABLISHED', 'SYN_RECEIVED', 'CLOSED'],
  SYN_RECEIVED: ['ESTABLISHED', 'FIN_WAIT_1', 'CLOSE_WAIT', 'CLOSED'],
  ESTABLISHED: ['FIN_WAIT_1', 'CLOSE_WAIT', 'CLOSED'],
  FIN_WAIT_1: ['FIN_WAIT_2', 'CLOSING', 'TIME_WAIT', 'CLOSED'],
  FIN_WAIT_2: ['TIME_WAIT', 'CLOSED'],
  CLOSE_WAIT: ['LAST_ACK', 'CLOSED'],
  CLOSING: ['TIME_WAIT', 'CLOSED'],
  LAST_ACK: ['CLOSED'],
  TIME_WAIT: ['CLOSED'],
};
/** What an observer may skip: segments that were not captured, and ends of which nothing was known. */
const UNSEEN: Partial<Record<TcpState, readonly TcpState[]>> = {
  LISTEN: ['ESTABLISHED', 'CLOSE_WAIT', 'FIN_WAIT_1', 'CLOSED'],
  SYN_SENT: ['CLOSE_WAIT', 'FIN_WAIT_1'],
};

describe('the rules', () => {
  it('make no move that RFC 9293 does not know', () => {
    for (const cell of CELLS) {
      const { to, id } = lookUp(cell);
      const { state } = cell;
      if (to === 'same' || to === 'withdraw' || to === state || state === 'UNKNOWN' || state === 'CLOSED') continue;
      expect([...(MOVES[state] ?? []), ...(UNSEEN[state] ?? [])], `${id} in ${state}`).toContain(to);
    }
  });

  it('make every move of RFC 9293', () => {
    for (const [role, event, state, to] of MUST) {
      expect(lookUp({ role, event, state }).to, `${state} ${role} ${event}`).toBe(to);
    }
  });

  it('leave every state but LISTEN to an accepted RST, and none to another', () => {
    for (const state of STATES) {
      expect(lookUp({ role: 'receives', event: 'rst-not-accepted', state }).to).toBe('same');
      const { to } = lookUp({ role: 'receives', event: 'rst-accepted', state });
      expect(to === 'same' ? state : to, state).toBe(state === 'LISTEN' ? 'LISTEN' : 'CLOSED');
    }
  });

  it('lead from LISTEN to every other state', () => {
    const reached = new Set<TcpState>(['LISTEN']);
    for (let before = 0; before !== reached.size; ) {
      before = reached.size;
      for (const cell of CELLS) {
        const { to } = lookUp(cell);
        if (reached.has(cell.state) && to !== 'same' && to !== 'withdraw') reached.add(to);
      }
    }
    expect([...reached].sort()).toEqual(STATES.filter((state) => state !== 'UNKNOWN').sort());
  });

  it('take nothing back of an end that has only just begun', () => {
    for (const cell of CELLS) {
      if (cell.state === 'LISTEN' || cell.state === 'UNKNOWN') expect(lookUp(cell).to).not.toBe('withdraw');
    }
  });
});

describe('compile', () => {
  const first = RULES[0];
  const without = (id: string): Rule[] => RULES.filter((rule) => rule.id !== id);
  const changed = (id: string, changes: Partial<Rule>): Rule[] =>
    RULES.map((rule) => (rule.id === id ? { ...rule, ...changes } : rule));

  it('takes the rules as they are', () => {
    expect(compile(RULES)).toEqual(MACHINE);
  });

  it('lets the first of two rules win', () => {
    const rule: Rule = { ...first, id: 'wins', from: ['CLOSED'], to: 'same' };
    expect(compile([rule, ...RULES]).sent[SENT.indexOf('syn') * STATES.length + STATES.indexOf('CLOSED')]).toBe(0);
  });

  it('refuses a cell that no rule covers', () => {
    expect(() => compile(without('segment-no-move'))).toThrow(/no rule covers an end that sends segment in CLOSED/);
    expect(() => compile(without('syn-covered-no-move'))).toThrow(/no rule covers an end that receives syn-covered in/);
    expect(() => compile([])).toThrow(/no rule covers/);
  });

  it('refuses a rule that can never match', () => {
    expect(() => compile([...RULES, { ...first, id: 'late' }])).toThrow(/rule late can never match/);
    expect(() => compile(changed(first.id, { from: [] }))).toThrow(/can never match/);
  });

  it('refuses an id used twice', () => {
    expect(() => compile([...RULES, first])).toThrow(/two rules are called syn-sent/);
  });

  it('refuses a rule without a citation', () => {
    expect(() => compile(changed('fin-acked', { rfc: '' }))).toThrow(/rule fin-acked has no source/);
  });

  it('refuses a rule without a reason', () => {
    expect(() => compile(changed('fin-acked', { why: '' }))).toThrow(/rule fin-acked has no source or no reason/);
  });

  it('refuses an event that the role does not know', () => {
    expect(() => compile(changed('fin-acked', { on: 'fin-repeat' }))).toThrow(
      /no event fin-repeat that an end receives/,
    );
  });

  it('refuses more rules than a table entry can name', () => {
    const many = Array.from({ length: 255 }, (_, index) => ({ ...first, id: `rule-${index}` }));
    expect(() => compile(many)).toThrow(/at most 254 rules/);
  });
});
