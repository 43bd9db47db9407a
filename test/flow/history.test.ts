import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { History } from '../../src/flow/history.ts';
import { type Basis, STATES, type TcpState } from '../../src/tcp/states.ts';

const at = (frame: number) => ({ frame, timeNanos: frame * 1000 });

describe('the history of an end', () => {
  it('is UNKNOWN before the first entry', () => {
    const history = new History();
    expect(history.current).toBeUndefined();
    expect(history.state).toBe('UNKNOWN');
    expect(history.withdraw(at(1))).toBeUndefined();
    history.prove('ESTABLISHED', at(1));
    expect(history.entries).toEqual([]);
  });

  it('upgrades an assumed entry in place when it is proven', () => {
    const history = new History();
    history.enter('ESTABLISHED', 'assumed', at(2));
    history.enter('ESTABLISHED', 'proven', at(5));
    history.enter('ESTABLISHED', 'proven', at(6));
    expect(history.entries).toEqual([
      {
        state: 'ESTABLISHED',
        basis: 'proven',
        frame: 2,
        timeNanos: 2000,
        provenFrame: 5,
        withdrawnFrame: 0,
        withdrawnNanos: 0,
      },
    ]);
  });

  it('names the frame that proves it if that is another one', () => {
    const history = new History();
    history.enter('ESTABLISHED', 'assumed', at(2));
    history.enter('ESTABLISHED', 'proven', at(5), 3);
    expect(history.current?.provenFrame).toBe(3);
  });

  it('does not assume again what is proven', () => {
    const history = new History();
    history.enter('ESTABLISHED', 'proven', at(2));
    history.enter('ESTABLISHED', 'assumed', at(5));
    expect(history.entries).toHaveLength(1);
    expect(history.current).toMatchObject({ basis: 'proven', frame: 2, provenFrame: 0 });
  });

  it('keeps what is taken back in its place, and the state before holds again without a new entry', () => {
    const history = new History();
    history.enter('FIN_WAIT_1', 'proven', at(4));
    history.enter('FIN_WAIT_2', 'assumed', at(5));
    expect(history.withdraw(at(9))?.state).toBe('FIN_WAIT_2');
    expect(history.state).toBe('FIN_WAIT_1');
    expect(history.entries[1]).toMatchObject({ withdrawnFrame: 9, withdrawnNanos: 9000 });
    expect(history.passedThrough('FIN_WAIT_2')).toBe(false);
    history.enter('FIN_WAIT_2', 'assumed', at(10));
    expect(history.entries).toHaveLength(3);
    expect(history.passedThrough('FIN_WAIT_2')).toBe(true);
  });

  it('takes back what is proven only if told to', () => {
    const history = new History();
    history.enter('FIN_WAIT_1', 'proven', at(4));
    expect(history.withdraw(at(9))).toBeUndefined();
    expect(history.state).toBe('FIN_WAIT_1');
    expect(history.withdraw(at(9), true)?.state).toBe('FIN_WAIT_1');
    expect(history.state).toBe('UNKNOWN');
  });

  it('proves an earlier state whatever came after it', () => {
    const history = new History();
    history.enter('FIN_WAIT_2', 'assumed', at(4));
    history.enter('TIME_WAIT', 'proven', at(6));
    history.prove('FIN_WAIT_2', at(6));
    expect(history.entries[0]).toMatchObject({ basis: 'proven', provenFrame: 6 });
    history.prove('TIME_WAIT', at(7));
    expect(history.entries[1].provenFrame).toBe(0);
  });

  it('only grows, and its current entry is the last that stands', () => {
    const anyStep = fc.record({
      action: fc.constantFrom('enter', 'enter', 'enter', 'withdraw', 'force', 'prove'),
      state: fc.constantFrom(...STATES),
      basis: fc.constantFrom<Basis>('proven', 'assumed', 'timer'),
    });
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 60 }), (steps) => {
        const history = new History();
        let before: { state: TcpState; frame: number; withdrawnFrame: number }[] = [];
        for (const [index, { action, state, basis }] of steps.entries()) {
          const moment = at(index + 1);
          if (action === 'enter') history.enter(state, basis, moment);
          else if (action === 'prove') history.prove(state, moment);
          else history.withdraw(moment, action === 'force');
          for (const [place, old] of before.entries()) {
            const entry = history.entries[place];
            expect([entry.state, entry.frame]).toEqual([old.state, old.frame]);
            if (old.withdrawnFrame !== 0) expect(entry.withdrawnFrame).toBe(old.withdrawnFrame);
          }
          before = history.entries.map(({ state, frame, withdrawnFrame }) => ({ state, frame, withdrawnFrame }));
          const standing = history.entries.filter((entry) => entry.withdrawnFrame === 0);
          expect(history.current).toBe(standing.at(-1));
          expect(history.passedThrough(state)).toBe(standing.some((entry) => entry.state === state));
          if (action === 'enter') expect(history.state).toBe(state);
        }
      }),
    );
  });
});
