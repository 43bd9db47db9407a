import { describe, expect, it } from 'vitest';
import { resolvePolicy } from '../../src/findings/policy.ts';
import type { ConnectionResult } from '../../src/report/result.ts';
import { TcpFlag, TcpOption } from '../../src/wire/batch.ts';
import { makeRow, type Row, SYN_OPTIONS, track } from '../support/rows.ts';

const { SYN, ACK, FIN, RST } = TcpFlag;
const CLIENT = { words: [0x0a000001, 0, 0, 0], port: 40_000 };
const SERVER = { words: [0x0a800001, 0, 0, 0], port: 80 };
const STEP_NANOS = 10_000_000;

type Step = readonly [from: 'client' | 'server', fields: Partial<Row>];

/** A connection whose client begins with a number, the server with that and 1000; who closes first, or resets it. */
function talk(isn: number, end: 'client' | 'server' | 'reset' | 'open' | 'crossing' = 'client'): Step[] {
  const [mine, theirs] = [isn + 1, isn + 1001];
  const other = end === 'server' ? 'client' : 'server';
  const [first, second] = end === 'server' ? [theirs, mine + 50] : [mine + 50, theirs];
  const closed: Step[] = [
    [end === 'server' ? 'server' : 'client', { flags: ACK | FIN, seq: first, ack: second }],
    [other, { flags: ACK | FIN, seq: second, ack: end === 'crossing' ? first : first + 1 }],
    [end === 'server' ? 'server' : 'client', { flags: ACK, seq: first + 1, ack: second + 1 }],
  ];
  if (end === 'crossing') closed.push([other, { flags: ACK, seq: second + 1, ack: first + 1 }]);
  return [
    ['client', { flags: SYN, seq: isn, options: SYN_OPTIONS, mss: 1460 }],
    ['server', { flags: SYN | ACK, seq: theirs - 1, ack: mine, options: SYN_OPTIONS, mss: 1460 }],
    ['client', { flags: ACK, seq: mine, ack: theirs }],
    ['client', { flags: ACK, seq: mine, ack: theirs, payloadBytes: 50 }],
    ['server', { flags: ACK, seq: theirs, ack: mine + 50 }],
    ...(end === 'open' ? [] : end === 'reset' ? [['client', resetAt(mine + 50, theirs)] as const] : closed),
  ];
}

const resetAt = (seq: number, ack: number): Partial<Row> => ({ flags: RST | ACK, seq, ack });

interface Taken {
  /** By id; -1 of one that is like no other. */
  readonly kinds: number[];
  readonly connections: readonly ConnectionResult[];
  readonly codes: readonly string[][];
  /** Ids of those that are built although all are passed over whose kind is known. */
  readonly built: readonly number[];
  /** Ids of those that are told from their rows. */
  readonly told: readonly number[];
}

/** Two connections or more, each some seconds after the one before; both lanes must agree, whatever is passed over. */
function take(
  parts: readonly (readonly Step[])[],
  pauses: readonly number[],
  policy = resolvePolicy({}),
  stamp: (timeNanos: number, from: Step[0]) => Partial<Row> = () => ({}),
): Taken {
  let timeNanos = 0;
  const rows: Row[] = [];
  for (const [index, part] of parts.entries()) {
    timeNanos += (pauses[index - 1] ?? 0) * 1e9;
    for (const [from, fields] of part) {
      timeNanos += STEP_NANOS;
      const [source, destination] = from === 'client' ? [CLIENT, SERVER] : [SERVER, CLIENT];
      const row = { frame: rows.length + 1, timeNanos, source, destination, ...fields, ...stamp(timeNanos, from) };
      rows.push(makeRow(row));
    }
  }
  const recording = { rows, icmpErrors: [], endNanos: timeNanos + 9e9, timeBase: { epochSeconds: 0 } };
  const { connections } = track(recording, { policy, alwaysInFull: true });
  const fast = track(recording, { policy });
  expect(fast.connections).toEqual(connections);
  for (const [id, text] of fast.told) expect(text).toBe(JSON.stringify(connections.find((each) => each.id === id)));
  const passing = track(recording, { policy, passesOver: true });
  const kinds = connections.map(({ id }) => [...passing.kinds].find(([, ids]) => ids.includes(id))?.[0] ?? -1);
  expect(passing.connections).toEqual(connections.filter((_, index) => kinds[index] === -1));
  const codes = connections.map(({ findings }) => findings.map(({ code }) => code));
  return { kinds, connections, codes, built: passing.connections.map(({ id }) => id), told: [...fast.told.keys()] };
}

/** As `take`, with time stamps in milliseconds that echo the latest of the other end. */
function takeStamped(parts: readonly (readonly Step[])[], pauses: readonly number[]): Taken {
  const latest = { client: 0, server: 0 };
  return take(parts, pauses, resolvePolicy({}), (timeNanos, from) => {
    const tsVal = 1000 + timeNanos / 1e6;
    latest[from] = tsVal;
    const tsEcr = latest[from === 'client' ? 'server' : 'client'];
    return { options: SYN_OPTIONS | TcpOption.TIMESTAMPS, tsVal, tsEcr, ipId: tsVal & 0xffff };
  });
}

const OLD = talk(100);
const USUAL = take([OLD], []).kinds[0];
const placeOf = ({ findings }: ConnectionResult): string | undefined =>
  findings.find(({ code }) => code === 'time-wait-reuse')?.at;

describe('connections that are alike although their ports were used before', () => {
  it('while the one before was in TIME_WAIT, which makes them others', () => {
    const { kinds, connections, codes, built, told } = take([OLD, talk(500_000)], [1]);
    expect(told).toEqual([1, 2]);
    expect(connections[0].findings.find(({ code }) => code === 'time-wait-owner')?.message).toContain('only');
    expect(kinds[0]).toBe(USUAL);
    expect([-1, USUAL]).not.toContain(kinds[1]);
    expect(codes[1]).toContain('time-wait-reuse');
    expect(placeOf(connections[1])).toBe('client');
    expect(built).toEqual([]);
    expect(take([OLD, talk(900_000)], [59.9]).kinds).toEqual(kinds);
  });

  it('when that was over, which makes them others again', () => {
    const { kinds, codes } = take([OLD, talk(500_000)], [60]);
    expect(kinds[0]).toBe(USUAL);
    expect([-1, USUAL, take([OLD, talk(500_000)], [1]).kinds[1]]).not.toContain(kinds[1]);
    expect(codes[1]).not.toContain('time-wait-reuse');
    expect(take([OLD, talk(500_000)], [700]).kinds).toEqual(kinds);
    // It began somewhere between the first FIN and the last ACK.
    expect(take([OLD, talk(500_000)], [59.975]).kinds).toEqual([-1, -1]);
  });

  it('by which end had closed', () => {
    const atServer = take([talk(100, 'server'), talk(500_000)], [1]);
    const atBoth = take([talk(100, 'crossing'), talk(500_000)], [1]);
    const atClient = take([OLD, talk(500_000)], [1]);
    expect(new Set([-1, ...atServer.kinds, ...atClient.kinds]).size).toBe(5);
    expect(placeOf(atServer.connections[1])).toBe('server');
    expect(placeOf(atBoth.connections[1])).toBe('client');
    expect(atBoth.kinds[1]).toBe(atClient.kinds[1]);
  });

  it('after a reset', () => {
    const { kinds, codes } = take([talk(100, 'reset'), talk(500_000)], [1]);
    expect(kinds[0]).toBe(take([talk(100, 'reset')], []).kinds[0]);
    expect(kinds[1]).toBe(take([OLD, talk(500_000)], [70]).kinds[1]);
    expect(codes[1]).not.toContain('time-wait-reuse');
  });

  it('may be open still, or have been reset', () => {
    const open = take([OLD, talk(500_000, 'open')], [1]);
    const reset = take([OLD, talk(500_000, 'reset')], [1]);
    expect(new Set([-1, ...open.kinds, ...reset.kinds]).size).toBe(4);
    expect(open.connections[1].outcome).toBe('open');
    expect(reset.codes[1]).toEqual(expect.arrayContaining(['abortive-close', 'time-wait-reuse']));
  });

  const [newSyn, newAnswer, ...rest] = talk(500_000);
  const changed = ([from, fields]: Step, other: Partial<Row>): Step => [from, { ...fields, ...other }];
  const refusal: Step = ['server', { flags: RST | ACK, seq: 0, ack: 500_001, window: 0 }];
  const challenge: Step = ['server', { flags: ACK, seq: 1102, ack: 152 }];
  it.each<[string, readonly Step[]]>([
    ['no answer', [newSyn]],
    ['a challenge', [newSyn, challenge, ['client', { flags: RST, seq: 152, window: 0 }]]],
    ['data in the SYN', [changed(newSyn, { payloadBytes: 5 }), newAnswer, ...rest]],
    ['another acknowledgment', [newSyn, changed(newAnswer, { ack: 152 }), ...rest]],
    ['a SYN that was sent again and not answered', [newSyn, changed(newSyn, { timeNanos: 3e9 })]],
    ['a SYN that was sent again and refused', [newSyn, changed(newSyn, { timeNanos: 3e9 }), refusal]],
  ])('have no kind with %s, nor has the one before', (_, steps) =>
    expect(take([OLD, steps], [1]).kinds.every((kind) => kind === -1)).toBe(true),
  );

  it.each<[string, readonly Step[]]>([
    ['a hole that stays', [...talk(500_000, 'open'), ['client', { ...rest[1][1], seq: 500_151 }]]],
    ['a FIN that was sent again', [...talk(500_000).slice(0, -1), changed(rest[4], { timeNanos: 9e9 })]],
    ['something behind a refusal', [newSyn, refusal, refusal]],
    [
      'one end that has not closed',
      [...talk(500_000, 'open'), ['client', { flags: ACK | FIN, seq: 500_051, ack: 501_001 }]],
    ],
    ['an old segment', [...talk(500_000, 'open'), challenge]],
  ])('have no kind with %s, but the one before has', (_, steps) =>
    expect(take([OLD, steps], [1]).kinds).toEqual([USUAL, -1]),
  );

  it('may have been refused, by what was left of the one before', () => {
    const { kinds, connections, codes, built } = take([OLD, [newSyn, refusal]], [1]);
    expect(connections[1].outcome).toBe('refused');
    expect(codes[1]).toContain('time-wait-reuse');
    expect(built).toEqual([]);
    expect(kinds[0]).toBe(USUAL);
    const atServer = take([talk(100, 'server'), [newSyn, refusal]], [1]);
    expect(atServer.codes[1]).not.toContain('time-wait-reuse');
    const late = take([OLD, [newSyn, refusal]], [60]);
    const fresh = take([[newSyn, refusal]], []);
    expect(new Set([-1, kinds[1], atServer.kinds[1], late.kinds[1], ...fresh.kinds]).size).toBe(5);
    expect(take([talk(100, 'reset'), [newSyn, refusal]], [1]).kinds[1]).toBe(late.kinds[1]);
  });

  it('may have had trouble with data, or a SYN-ACK that was sent again', () => {
    const usual = take([OLD, talk(500_000)], [1]);
    const again = take([OLD, talk(500_000).toSpliced(5, 0, rest[1])], [1]);
    expect(again.connections[1].endpoints.client.retransmittedSegments).toBe(1);
    expect([again.kinds, again.built]).toEqual([usual.kinds, []]);
    const repeated = take([OLD, [newSyn, newAnswer], [newAnswer, ...rest]], [1, 0.5]);
    expect(repeated.connections[1].handshake?.synAckRetransmissions).toBe(1);
    expect([repeated.kinds, repeated.built]).toEqual([usual.kinds, []]);
    // Too soon for a timer.
    expect(take([OLD, [newSyn, newAnswer], [newAnswer, ...rest]], [1, 0.1]).kinds).toEqual([USUAL, -1]);
  });

  it('may follow one in which FINs were sent again, if that was completed and some seconds before', () => {
    const [fin, finAck, last] = OLD.slice(-3);
    const begun = [...OLD.slice(0, -3), fin];
    const covered: Step = ['server', { flags: ACK, seq: 1101, ack: 152 }];
    const repeated = [begun, [fin, covered, finAck, last]];
    const { kinds, codes, built } = takeStamped([...repeated, talk(500_000)], [0.5, 4]);
    expect(codes[0]).toContain('fin-retransmission');
    expect(kinds[0]).toBe(takeStamped(repeated, [0.5]).kinds[0]);
    expect(kinds[1]).toBe(takeStamped([OLD, talk(500_000)], [4]).kinds[1]);
    expect([codes[1].includes('time-wait-reuse'), built]).toEqual([true, []]);
    expect(takeStamped([...repeated, talk(500_000)], [0.5, 2.9]).kinds).toEqual([-1, -1]);
    // When TIME_WAIT began is not clear: with the first FIN or with the last.
    expect(takeStamped([...repeated, talk(500_000)], [0.5, 59.7]).kinds).toEqual([-1, -1]);
    expect(takeStamped([...repeated, talk(500_000)], [0.5, 60]).codes[1]).not.toContain('time-wait-reuse');
    expect(takeStamped([...repeated, talk(500_000)], [0.5, 60]).built).toEqual([]);
    const left = [[...begun, finAck], [finAck]];
    expect(takeStamped([...left, talk(500_000)], [0.5, 9]).kinds).toEqual([-1, -1]);
  });

  it('may not have been completed, have been given up, or have had to ask again', () => {
    const unheard = take([OLD, [newSyn, newAnswer]], [1]);
    expect(unheard.connections[1].outcome).toBe('handshake-incomplete');
    const abandoned = take([OLD, [newSyn, newAnswer, ['client', { flags: RST, seq: 500_001, window: 0 }]]], [1]);
    expect(abandoned.connections[1].outcome).toBe('abandoned');
    const again = take([OLD, [newSyn], talk(500_000)], [1, 2]);
    expect(again.connections[1].handshake?.synRetransmissions).toBe(1);
    for (const { kinds, codes, built } of [unheard, abandoned, again]) {
      expect(kinds[0]).toBe(USUAL);
      expect(codes[1]).toContain('time-wait-reuse');
      expect(built).toEqual([]);
    }
    expect(new Set([unheard, abandoned, again].map(({ kinds }) => kinds[1])).size).toBe(3);
  });

  it('may have a hole for a while, also while their tuple waits to be forgotten', () => {
    const open = talk(500_000, 'open');
    const [, data] = rest;
    const later: Step = ['client', { ...data[1], seq: 500_076, payloadBytes: 25 }];
    const missing: Step = ['client', { ...data[1], seq: 500_051, payloadBytes: 25 }];
    const { kinds, connections, built } = take([OLD, [...open, later, missing]], [1]);
    expect(connections[1].endpoints.client.uniquePayloadBytes).toBe(100);
    expect([kinds, built]).toEqual([take([OLD, open], [1]).kinds, []]);
  });

  it('may have had FINs that were sent again', () => {
    const begun = talk(500_000).slice(0, -2);
    const [fin, finAck, last] = talk(500_000).slice(-3);
    const again = [fin, ['server', { flags: ACK, seq: 501_001, ack: 500_052 }], finAck, last] as const;
    const once = takeStamped([OLD, begun, again], [1, 0.5]);
    const fresh = takeStamped([begun, again], [0.5]);
    expect(once.kinds[0]).toBe(takeStamped([OLD], []).kinds[0]);
    expect(fresh.kinds).not.toEqual([-1]);
    expect([-1, ...fresh.kinds]).not.toContain(once.kinds[1]);
    expect(once.codes[1]).toEqual(expect.arrayContaining(['fin-retransmission', 'time-wait-reuse']));
    expect(once.built).toEqual([]);
  });

  it('as often as the ports are used', () => {
    const [, reused] = take([OLD, talk(500_000)], [1]).kinds;
    const parts = [OLD, talk(500_000), talk(900_000), talk(1_300_000), talk(1_700_000)];
    const { kinds, codes, built, told } = take(parts, [1, 1, 1, 1]);
    expect(told).toEqual([1, 2, 3, 4, 5]);
    expect(kinds).toEqual([USUAL, reused, reused, reused, reused]);
    expect(codes.slice(1).every((each) => each.includes('time-wait-reuse'))).toBe(true);
    expect(built).toEqual([]);
    // The last but one is not final, and has one before it all the same.
    const unanswered = take(
      [OLD, talk(500_000), talk(900_000), [['client', { flags: SYN, seq: 1_300_000 }]]],
      [1, 1, 1],
    );
    expect(unanswered.kinds).toEqual([USUAL, reused, -1, -1]);
    expect(unanswered.codes[2]).toContain('time-wait-reuse');
  });

  it('have none if the one before was slow', () => {
    const policy = resolvePolicy({ slowTeardownSeconds: 0.01 });
    expect(take([OLD, talk(500_000)], [1], policy).kinds).toEqual([-1, -1]);
  });
});
