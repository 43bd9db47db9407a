import { describe, expect, it } from 'vitest';
import { resolvePolicy } from '../../src/findings/policy.ts';
import type { ConnectionResult } from '../../src/report/result.ts';
import { TcpFlag, TcpOption } from '../../src/wire/batch.ts';
import { makeRow, type Row, SYN_OPTIONS, track } from '../support/rows.ts';

const { SYN, ACK, FIN, RST } = TcpFlag;
const CLIENT = { words: [0x0a000001, 0, 0, 0], port: 40_000 };
const SERVER = { words: [0x0a800001, 0, 0, 0], port: 80 };
const USUAL_NANOS = 10_000_000;
const SLOW_NANOS = 150_000_000;
/** `SLOW_NANOS` is slow by this policy. */
const IMPATIENT = resolvePolicy({ slowHandshakeSeconds: 0.1, slowTeardownSeconds: 0.1 });

type Step = [Row['source'], Row['source'], Partial<Row>];

const SENT_SYN: Step = [CLIENT, SERVER, { flags: SYN, seq: 100, options: SYN_OPTIONS, mss: 1460 }];
const OPENING: readonly Step[] = [
  SENT_SYN,
  [SERVER, CLIENT, { flags: SYN | ACK, seq: 900, ack: 101, options: SYN_OPTIONS, mss: 1460 }],
  [CLIENT, SERVER, { flags: ACK, seq: 101, ack: 901 }],
];
const TALK: readonly Step[] = [
  [CLIENT, SERVER, { flags: ACK, seq: 101, ack: 901, payloadBytes: 50 }],
  [SERVER, CLIENT, { flags: ACK, seq: 901, ack: 151 }],
];
const CLOSE: readonly Step[] = [
  [CLIENT, SERVER, { flags: ACK | FIN, seq: 151, ack: 901 }],
  [SERVER, CLIENT, { flags: ACK | FIN, seq: 901, ack: 152 }],
  [CLIENT, SERVER, { flags: ACK, seq: 152, ack: 902 }],
];
const BY_THE_BOOK = [...OPENING, ...TALK, ...CLOSE];

/** What becomes of a connection when the segment at `slow` comes late; the kind is -1 if it is like no other. */
function take(steps: readonly Step[], slow = -1): { kind: number; connection: ConnectionResult } {
  let timeNanos = 0;
  const rows = steps.map(([source, destination, fields], index) => {
    timeNanos += index === slow ? SLOW_NANOS : USUAL_NANOS;
    return makeRow({ frame: index + 1, timeNanos, source, destination, ...fields });
  });
  const recording = { rows, icmpErrors: [], endNanos: timeNanos + 1e9, timeBase: { epochSeconds: 0 } };
  const { kinds, connections } = track(recording, { policy: IMPATIENT });
  expect(connections).toHaveLength(1);
  return { kind: [...kinds.keys()][0] ?? -1, connection: connections[0] };
}

const isAlike = (steps: readonly Step[], slow = -1): boolean => take(steps, slow).kind !== -1;

describe('connections that are taken to be alike', () => {
  it('went by the book', () => expect(isAlike(BY_THE_BOOK)).toBe(true));

  it('may have been silent for long while they were open', () => expect(isAlike(BY_THE_BOOK, 5)).toBe(true));

  it.each([
    ['the SYN-ACK', 1],
    ['the third segment', 2],
    ['the second FIN', 6],
    ['the last ACK', 7],
  ])('are none in which %s was slow', (_, index) => expect(isAlike(BY_THE_BOOK, index)).toBe(false));

  it('are still open', () => {
    const { kind, connection } = take([...OPENING, ...TALK]);
    expect(kind).not.toBe(-1);
    expect(connection.outcome).toBe('open');
  });

  it('may have gone on in one direction, which makes them others', () => {
    const half: Step[] = [
      CLOSE[0],
      [SERVER, CLIENT, { flags: ACK, seq: 901, ack: 152, payloadBytes: 9 }],
      [CLIENT, SERVER, { flags: ACK, seq: 152, ack: 910 }],
      [SERVER, CLIENT, { flags: ACK | FIN, seq: 910, ack: 152 }],
      [CLIENT, SERVER, { flags: ACK, seq: 152, ack: 911 }],
    ];
    const { kind, connection } = take([...OPENING, ...TALK, ...half]);
    expect(kind).not.toBe(-1);
    expect(kind).not.toBe(take(BY_THE_BOOK).kind);
    expect(connection.findings.map(({ code }) => code)).toContain('half-close');
    const early = half.with(1, [SERVER, CLIENT, { flags: ACK, seq: 901, ack: 151, payloadBytes: 9 }]);
    expect(isAlike([...OPENING, ...TALK, ...early])).toBe(false);
  });

  it('may have been closed by both at once, which makes them others', () => {
    const crossing: Step[] = [
      CLOSE[0],
      [SERVER, CLIENT, { flags: ACK | FIN, seq: 901, ack: 151 }],
      [CLIENT, SERVER, { flags: ACK, seq: 152, ack: 902 }],
      [SERVER, CLIENT, { flags: ACK, seq: 902, ack: 152 }],
    ];
    const { kind, connection } = take([...OPENING, ...TALK, ...crossing]);
    expect(kind).not.toBe(-1);
    expect(kind).not.toBe(take(BY_THE_BOOK).kind);
    expect(connection.closedFirst).toBe('both');
    expect(isAlike([...OPENING, ...TALK, ...crossing.slice(0, 3)])).toBe(false);
  });

  it('are none that one end has left', () => expect(isAlike([...OPENING, ...TALK, CLOSE[0]])).toBe(false));
});

describe('connections that are alike because they were reset', () => {
  const reset = (fields: Partial<Row>): Step[] => [
    ...OPENING,
    ...TALK,
    [SERVER, CLIENT, { flags: RST | ACK, seq: 901, ack: 151, ...fields }],
  ];

  it('were reset by one end with the very next number', () => {
    const { kind, connection } = take(reset({}));
    expect(kind).not.toBe(-1);
    expect(connection.outcome).toBe('reset');
    expect(connection.findings.map(({ code }) => code)).toEqual(['listener-closed-unaccepted']);
  });

  it('are others for the other end', () => {
    const byClient: Step = [CLIENT, SERVER, { flags: RST | ACK, seq: 151, ack: 901 }];
    const { kind, connection } = take([...OPENING, ...TALK, byClient]);
    expect(kind).not.toBe(-1);
    expect(kind).not.toBe(take(reset({})).kind);
    expect(connection.closedFirst).toBe('client');
  });

  it.each<[string, Partial<Row>]>([
    ['another number', { seq: 905 }],
    ['an acknowledgment of what was not sent', { ack: 152 }],
    ['an old acknowledgment', { ack: 150 }],
    ['data', { payloadBytes: 4 }],
    ['another time to live', { ttl: 61 }],
    ['neither window nor time stamps', { window: 0 }],
    ['no ACK', { flags: RST }],
  ])('have no reset with %s', (_, fields) => expect(isAlike(reset(fields))).toBe(false));

  it('may have one with time stamps but without window', () =>
    expect(isAlike(reset({ window: 0, options: TcpOption.TIMESTAMPS }))).toBe(true));

  it('have no reset after a FIN', () => {
    const byServer: Step = [SERVER, CLIENT, { flags: RST | ACK, seq: 901, ack: 152 }];
    expect(isAlike([...OPENING, ...TALK, CLOSE[0], byServer])).toBe(false);
  });

  it('fell silent after it', () => expect(isAlike([...reset({}), CLOSE[0]])).toBe(false));
});

describe('connections that are alike because they were refused', () => {
  const refuse = (fields: Partial<Row>): Step[] => [
    SENT_SYN,
    [SERVER, CLIENT, { flags: RST | ACK, seq: 0, ack: 101, window: 0, ...fields }],
  ];

  it('were answered by a bare reset', () => {
    const { kind, connection } = take(refuse({}));
    expect(kind).not.toBe(-1);
    expect(connection.findings.map(({ code }) => code)).toEqual(['connection-refused']);
  });

  it.each<[string, Partial<Row>]>([
    ['a sequence number', { seq: 7 }],
    ['another acknowledgment', { ack: 102 }],
    ['a window', { window: 100 }],
    ['no ACK', { flags: RST }],
  ])('have no reset with %s', (_, fields) => expect(isAlike(refuse(fields))).toBe(false));

  it('did not try again', () => expect(isAlike([...refuse({}), SENT_SYN])).toBe(false));
});
