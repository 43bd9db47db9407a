import { describe, expect, it } from 'vitest';
import { TcpFlag } from '../../src/wire/batch.ts';
import { makeRow, track } from '../support/rows.ts';
import {
  BY_THE_BOOK,
  CLIENT,
  CLOSE,
  codesOf,
  isAlike,
  OPENING,
  SERVER,
  type Step,
  TALK,
  take,
} from '../support/steps.ts';

const { SYN, ACK, FIN, RST } = TcpFlag;
const LATER: readonly Step[] = [...TALK, ...CLOSE];

describe('connections that were open before the capture began', () => {
  it('are alike when both ends go on by the book, and unlike those that opened in it', () => {
    const { kind, connection } = take(LATER);
    expect([-1, take(BY_THE_BOOK).kind]).not.toContain(kind);
    expect(connection.outcome).toBe('graceful');
    expect(codesOf(connection)).toEqual(['time-wait-owner', 'midstream-start']);
    expect(take([TALK[0], ...LATER.slice(1)], 2).kind).toBe(kind);
  });

  it('take the end with the lower port for the server, whoever was captured first', () => {
    const spoken: Step = [SERVER, CLIENT, { flags: ACK, seq: 851, ack: 101, payloadBytes: 50 }];
    const { kind, connection } = take([spoken, ...LATER]);
    expect(kind).not.toBe(-1);
    expect([connection.client.port, connection.closedFirst]).toEqual([CLIENT.port, 'client']);
  });

  it('may have had octets on their way that were not captured', () => {
    const [ask, answer] = TALK;
    const behind: Step = [SERVER, CLIENT, { ...answer[2], ack: 60 }];
    expect(isAlike([ask, behind, answer, ...CLOSE])).toBe(true);
    const ahead: Step = [SERVER, CLIENT, { flags: ACK, seq: 1901, ack: 151, payloadBytes: 9 }];
    const { connection } = take([ask, ahead, [CLIENT, SERVER, { flags: ACK, seq: 151, ack: 1910 }]]);
    expect(isAlike([ask, ahead, [CLIENT, SERVER, { flags: ACK, seq: 151, ack: 1910 }]])).toBe(true);
    expect(codesOf(connection)).not.toContain('acked-unseen');
  });

  it.each<[string, readonly Step[]]>([
    ['only one end was heard', [TALK[0]]],
    [
      'one end was heard before its first octets were sent again',
      [TALK[0], [SERVER, CLIENT, { flags: ACK, seq: 801, ack: 151, payloadBytes: 50 }], ...CLOSE],
    ],
    ['more was acknowledged than was captured', [TALK[0], [SERVER, CLIENT, { flags: ACK, seq: 901, ack: 951 }]]],
    ['the capture begins with a FIN', CLOSE],
    ['it begins with a SYN-ACK', OPENING.slice(1)],
    ['it begins with a reset', [[SERVER, CLIENT, { flags: RST, seq: 901, window: 0 }]]],
    ['it begins with a closed window', [[CLIENT, SERVER, { ...TALK[0][2], window: 0 }], ...LATER.slice(1)]],
  ])('are like no other if %s', (_, steps) => expect(isAlike(steps)).toBe(false));

  it('begin anew with a SYN', () => {
    const rows = [...LATER, [CLIENT, SERVER, { flags: SYN, seq: 70_000 }] as Step].map(
      ([source, destination, fields], i) =>
        makeRow({ frame: i + 1, timeNanos: i * 1e7, source, destination, ...fields }),
    );
    const recording = { rows, icmpErrors: [], endNanos: 100e9, timeBase: { epochSeconds: 0 } };
    const { connections } = track(recording);
    expect(connections.map(({ outcome }) => outcome)).toEqual(['graceful', 'unanswered']);
    expect(connections).toEqual(track(recording, { alwaysInFull: true }).connections);
  });
});

describe('CLOSE_WAIT, as findings about hosts and services are told of it', () => {
  const left: readonly Step[] = [...OPENING, CLOSE[0], [SERVER, CLIENT, { flags: ACK, seq: 901, ack: 152 }]];
  const nanosOf = (more: readonly Step[]): number => {
    const rows = [...left, ...more].map(([source, destination, fields], i) =>
      makeRow({ frame: i + 1, timeNanos: i * 1e9, source, destination, ...fields }),
    );
    const recording = { rows, icmpErrors: [], endNanos: 100e9, timeBase: { epochSeconds: 0 } };
    return track(recording).factsInFull.get(1)?.closeWaitNanos ?? -1;
  };

  it('lasts to the end of the capture', () => expect(nanosOf([])).toBe(96e9));

  it('is over with a reset', () =>
    expect(nanosOf([[CLIENT, SERVER, { flags: RST | ACK, seq: 152, ack: 901 }]])).toBe(1e9));

  it('is none once the other end has closed', () =>
    expect(nanosOf([[SERVER, CLIENT, { flags: ACK | FIN, seq: 901, ack: 152 }]])).toBe(0));
});
