import { describe, expect, it } from 'vitest';
import { resolvePolicy } from '../../src/findings/policy.ts';
import { TcpFlag } from '../../src/wire/batch.ts';
import { makeRow, track } from '../support/rows.ts';
import { CLIENT, CLOSE, codesOf, OPENING, SERVER, type Step, TALK, take } from '../support/steps.ts';

const { ACK, RST } = TcpFlag;

describe('connections that are alike although an end sent keep-alives', () => {
  const ASKED: Step = [CLIENT, SERVER, { flags: ACK, seq: 150, ack: 901 }];
  const ANSWERED: Step = [SERVER, CLIENT, { flags: ACK, seq: 901, ack: 151 }];
  const reply: Step = [SERVER, CLIENT, { flags: ACK, seq: 901, ack: 151, payloadBytes: 9 }];
  const taken: Step = [CLIENT, SERVER, { flags: ACK, seq: 151, ack: 910 }];
  const byServer: Step[] = [
    [SERVER, CLIENT, { flags: ACK, seq: 909, ack: 151 }],
    [CLIENT, SERVER, { flags: ACK, seq: 151, ack: 910 }],
  ];
  const IDLE = { lateNanos: 60e9, policy: resolvePolicy({}) };
  const idle = (steps: readonly Step[], lateNanos = IDLE.lateNanos) =>
    take([...OPENING, ...TALK, ...steps], 5, { ...IDLE, lateNanos });

  it('by which end it was', () => {
    const { kind, connection } = idle([ASKED, ANSWERED]);
    expect(kind).not.toBe(-1);
    expect(codesOf(connection)).toContain('keep-alive-probing');
    expect([-1, take([...OPENING, ...TALK]).kind]).not.toContain(kind);
    const server = take([...OPENING, ...TALK, reply, taken, ...byServer], 7, IDLE);
    expect([-1, kind]).not.toContain(server.kind);
    expect(server.connection.findings[0].at).toBe('server');
    expect(idle([ASKED, ANSWERED, ...CLOSE]).connection.outcome).toBe('graceful');
    expect(idle([ASKED, ANSWERED, ...CLOSE]).kind).not.toBe(-1);
  });

  it.each<[string, readonly Step[]]>([
    ['one that carries an octet', [[CLIENT, SERVER, { ...ASKED[2], payloadBytes: 1 }], ANSWERED]],
    ['a closed window', [[CLIENT, SERVER, { ...ASKED[2], window: 0 }], ANSWERED]],
    ['one two octets back', [[CLIENT, SERVER, { ...ASKED[2], seq: 149 }], ANSWERED]],
    ['an old acknowledgment', [[CLIENT, SERVER, { ...ASKED[2], ack: 900 }], ANSWERED]],
    ['data that was not acknowledged', [[CLIENT, SERVER, { flags: ACK, seq: 151, ack: 901, payloadBytes: 5 }], ASKED]],
    ['a reset', [ASKED, [CLIENT, SERVER, { flags: RST | ACK, seq: 151, ack: 901 }]]],
  ])('have none with %s', (_, steps) => expect(idle(steps).kind).toBe(-1));

  it('have none that comes soon, nor from both ends', () => {
    expect(idle([ASKED, ANSWERED], 499e6).kind).toBe(-1);
    expect(idle([ASKED, ANSWERED], 500e6).kind).not.toBe(-1);
    expect(take([...OPENING, [CLIENT, SERVER, { flags: ACK, seq: 100, ack: 901 }]], 3, IDLE).kind).toBe(-1);
    const mine: Step[] = [
      [CLIENT, SERVER, { flags: ACK, seq: 150, ack: 910 }],
      [SERVER, CLIENT, { flags: ACK, seq: 910, ack: 151 }],
    ];
    const kindsOf = (steps: readonly Step[]): number => {
      const rows = [...OPENING, ...TALK, reply, taken, ...steps].map(([source, destination, fields], index) =>
        makeRow({ frame: index + 1, timeNanos: (index < 7 ? 0.01 : 60) * index * 1e9, source, destination, ...fields }),
      );
      const recording = { rows, icmpErrors: [], endNanos: 1e12, timeBase: { epochSeconds: 0 } };
      expect(track(recording).connections).toEqual(track(recording, { alwaysInFull: true }).connections);
      return track(recording).kinds.size;
    };
    expect([kindsOf(mine), kindsOf(byServer), kindsOf([...mine, ...byServer])]).toEqual([1, 1, 0]);
  });
});
