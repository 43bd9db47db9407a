import { describe, expect, it } from 'vitest';
import { MAX_ODD_ROWS } from '../../src/core/record.ts';
import { TcpFlag } from '../../src/wire/batch.ts';
import type { Row } from '../support/rows.ts';
import { CLIENT, codesOf, isAlike, OPENING, SENT_SYN, SERVER, type Step, take } from '../support/steps.ts';

const { ACK, FIN, RST } = TcpFlag;

describe('connections that are alike because only one direction was captured', () => {
  const ack = (seq: number, number: number, fields: Partial<Row> = {}): Step => [
    CLIENT,
    SERVER,
    { flags: ACK, seq, ack: number, ...fields },
  ];
  const alone: readonly Step[] = [SENT_SYN, ack(101, 901), ack(101, 901, { payloadBytes: 50 }), ack(151, 1201)];

  it('may have said anything in order', () => {
    const { kind, connection } = take(alone);
    expect(kind).not.toBe(-1);
    expect([connection.outcome, connection.closedFirst, ...codesOf(connection)]).toEqual(['partial', null, 'one-way']);
    expect(take([...alone, ack(151, 1201, { payloadBytes: 9 }), ack(160, 7_000_000)]).kind).toBe(kind);
    expect(take(alone, 1, { lateNanos: 70e9 }).kind).toBe(kind);
    expect(take(alone, -1, { silenceNanos: 700e9 }).kind).toBe(kind);
    const silent = take([SENT_SYN, ack(101, 901)]).kind;
    expect([-1, kind]).not.toContain(silent);
    expect(take([SENT_SYN, ack(101, 901), ack(101, 950)]).kind).toBe(silent);
  });

  it('may have closed, which makes them others', () => {
    const { kind, connection } = take([...alone, ack(151, 1201, { flags: ACK | FIN })]);
    expect([-1, take(alone).kind]).not.toContain(kind);
    expect([connection.outcome, connection.closedFirst]).toEqual(['partial', 'client']);
    expect(take([...alone, ack(151, 1300, { flags: ACK | FIN, payloadBytes: 40 })]).kind).toBe(kind);
  });

  it.each<[string, Step[]]>([
    ['a hole', [ack(152, 1201, { payloadBytes: 9 })]],
    ['data that was sent again', [ack(101, 1201, { payloadBytes: 50 })]],
    ['an acknowledgment that was', [ack(151, 1201)]],
    ['an old acknowledgment', [ack(151, 1200, { payloadBytes: 9 })]],
    ['ranges', [ack(151, 1202, { sack: [1300, 1400] })]],
    ['a closed window', [ack(151, 1300, { window: 0 })]],
    ['a reset', [ack(151, 1201, { flags: RST | ACK })]],
    ['something behind the FIN', [ack(151, 1201, { flags: ACK | FIN }), ack(152, 1202)]],
    ['a segment of the other end', [[SERVER, CLIENT, { flags: ACK, seq: 1201, ack: 151, payloadBytes: 9 }]]],
    ['a SYN-ACK after all', [[SERVER, CLIENT, { ...OPENING[1][2] }]]],
  ])('have none with %s', (_, steps) => expect(isAlike([...alone, ...steps])).toBe(false));

  it.each<[string, Step[]]>([
    ['with a FIN', [SENT_SYN, ack(101, 901, { flags: ACK | FIN })]],
    ['with octets missing', [SENT_SYN, ack(102, 901)]],
    ['with a SYN that was sent again', [SENT_SYN, SENT_SYN, ack(101, 901)]],
    ['with a SYN-ACK', [[SERVER, CLIENT, { ...OPENING[1][2] }], ack(101, 901)]],
    ['in the middle', [ack(101, 901), ack(101, 901, { payloadBytes: 9 })]],
  ])('do not begin %s', (_, steps) => expect(take(steps, 1, { lateNanos: 1e9 }).kind).toBe(-1));

  it('are not kept whole for ever', () => {
    const more = (count: number): Step[] => [
      ...alone,
      ...Array.from({ length: count }, (_, index) => ack(151, 1202 + index)),
    ];
    expect(isAlike(more(MAX_ODD_ROWS - alone.length))).toBe(true);
    expect(isAlike(more(MAX_ODD_ROWS + 1 - alone.length))).toBe(false);
  });
});
