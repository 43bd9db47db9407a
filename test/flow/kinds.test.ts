import { describe, expect, it } from 'vitest';
import { MAX_TROUBLED_ROWS } from '../../src/core/record.ts';
import { resolvePolicy } from '../../src/findings/policy.ts';
import { TcpFlag, TcpOption } from '../../src/wire/batch.ts';
import { makeRow, type Row, SYN_OPTIONS, track } from '../support/rows.ts';
import {
  BY_THE_BOOK,
  CLIENT,
  CLOSE,
  codesOf,
  isAlike,
  OPENING,
  SENT_SYN,
  SERVER,
  SLOW_NANOS,
  type Step,
  TALK,
  take,
} from '../support/steps.ts';

const { SYN, ACK, FIN, RST } = TcpFlag;
const USUAL_NANOS = 10_000_000;

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

  it('are so whichever end has the lower address', () => {
    const reset: Step = [SERVER, CLIENT, { flags: RST | ACK, seq: 901, ack: 151 }];
    const byServer = CLOSE.map(([from, to, { seq = 0, ack = 0, ...rest }]): Step => {
      return [to, from, { ...rest, seq: seq < 500 ? seq + 750 : seq - 750, ack: ack < 500 ? ack + 750 : ack - 750 }];
    });
    const open = [...OPENING, ...TALK];
    const all = [
      [OPENING[0]],
      OPENING.slice(0, 2),
      OPENING,
      open,
      BY_THE_BOOK,
      [...open, ...byServer],
      [...open, reset],
    ];
    const kinds = all.map((steps) => {
      const [usual, mirrored] = [steps, steps.map(([from, to, fields]): Step => [to, from, fields])].map((each) =>
        take(each),
      );
      expect(mirrored.kind).toBe(usual.kind);
      expect(mirrored.connection.closedFirst).toBe(usual.connection.closedFirst);
      return usual.kind;
    });
    expect(new Set([-1, ...kinds.slice(2)]).size).toBe(kinds.length - 1);
  });

  it('may have closed in three segments or in four, and acknowledged data at once or not', () => {
    const { kind, connection } = take(BY_THE_BOOK);
    const four = take(BY_THE_BOOK.toSpliced(-2, 0, [SERVER, CLIENT, { flags: ACK, seq: 901, ack: 152 }]));
    const styles = [connection, four.connection].map(({ closeStyle }) => closeStyle);
    expect([styles, four.kind]).toEqual([['three-segment', 'four-segment'], kind]);
    expect(take([...OPENING, TALK[0], ...CLOSE]).kind).toBe(kind);
    const silent = CLOSE.map(([from, to, { seq = 0, ack = 0, ...rest }], index): Step => {
      return [from, to, { ...rest, seq: seq - (index === 1 ? 0 : 50), ack: ack - (index === 1 ? 50 : 0) }];
    });
    expect([-1, kind]).not.toContain(take([...OPENING, ...silent]).kind);
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

  it('are none whose third segment carries more than the MSS', () => {
    const third: Step = [CLIENT, SERVER, { flags: ACK, seq: 101, ack: 901, payloadBytes: 5000 }];
    expect(isAlike([...OPENING.slice(0, 2), third])).toBe(false);
  });

  it('are none that one end has left', () => expect(isAlike([...OPENING, ...TALK, CLOSE[0]])).toBe(false));
});

const PATIENT = { lateNanos: 1_000_000_000, policy: resolvePolicy({ slowHandshakeSeconds: 0.5 }) };
const STAMPED = SYN_OPTIONS | TcpOption.TIMESTAMPS;

describe('connections that are alike although a SYN was sent again', () => {
  const syn = (tsVal: number, fields: Partial<Row> = {}): Step => [
    CLIENT,
    SERVER,
    { flags: SYN, seq: 100, options: STAMPED, mss: 1460, tsVal, ...fields },
  ];
  const answer = (tsEcr: number, fields: Partial<Row> = {}): Step => [
    SERVER,
    CLIENT,
    { flags: SYN | ACK, seq: 900, ack: 101, options: STAMPED, mss: 1460, tsVal: 5, tsEcr, ...fields },
  ];
  const rest = [...TALK, ...CLOSE];
  const opened = (...steps: Step[]): Step[] => [...steps, OPENING[2], ...rest];
  const isOfAKind = (steps: Step[], slow = 1): boolean => take(steps, slow, PATIENT).kind !== -1;

  it('were answered the second time', () => {
    const { kind, connection } = take(opened(syn(1), syn(2), answer(2)), 1, PATIENT);
    expect(kind).not.toBe(-1);
    expect(codesOf(connection)).toEqual(expect.arrayContaining(['syn-retransmission', 'syn-lost-downstream']));
  });

  it('were answered the first time, though late, which makes them others', () => {
    const { kind, connection } = take(opened(syn(1), syn(2), answer(1)), 1, PATIENT);
    expect([-1, take(opened(syn(1), syn(2), answer(2)), 1, PATIENT).kind]).not.toContain(kind);
    expect(codesOf(connection)).not.toContain('syn-lost-downstream');
  });

  it('were never answered', () => {
    const { kind, connection } = take([syn(1), syn(2)], 1, PATIENT);
    expect(kind).not.toBe(-1);
    expect(connection.outcome).toBe('unanswered');
    expect(isOfAKind([syn(1)])).toBe(false);
  });

  it.each<[string, Step[]]>([
    ['an echo of neither', opened(syn(1), syn(2), answer(7))],
    ['fewer options', opened(syn(1), syn(2, { options: SYN_OPTIONS }), answer(2))],
    ['another number', [syn(1), syn(2, { seq: 101 })]],
    ['data', [syn(1), syn(2, { payloadBytes: 4 })]],
    ['a copy that the network made', [syn(1, { ipId: 9, checksum: 9 }), syn(1, { ipId: 9, checksum: 9 })]],
    ['other flags', [syn(1, { flags: SYN | TcpFlag.ECE | TcpFlag.CWR }), syn(2)]],
    ['a refusal', [syn(1), syn(2), [SERVER, CLIENT, { flags: RST | ACK, seq: 0, ack: 101, window: 0 }]]],
  ])('have none with %s', (_, steps) => {
    // Two connections on one tuple are no kind either.
    const rows = steps.map(([source, destination, fields], index) =>
      makeRow({ frame: index + 1, timeNanos: index * PATIENT.lateNanos, source, destination, ...fields }),
    );
    const { kinds } = track({ rows, icmpErrors: [], endNanos: 60e9, timeBase: { epochSeconds: 0 } });
    expect(kinds.size).toBe(0);
  });

  it('are none when no timer can have run out', () =>
    expect(take(opened(syn(1), syn(2), answer(2)), 1, { ...PATIENT, lateNanos: 150_000_000 }).kind).toBe(-1));

  it('are none when the answer was slow', () => expect(isOfAKind(opened(syn(1), syn(2), answer(2)), 2)).toBe(false));

  it('may have sent the SYN-ACK again', () => {
    const { kind, connection } = take(opened(syn(1), answer(1), answer(1, { tsVal: 6 })), 2, PATIENT);
    expect(kind).not.toBe(-1);
    expect(connection.outcome).toBe('graceful');
    expect(kind).toBe(take(opened(syn(1), answer(1))).kind);
    expect(isOfAKind([syn(1), answer(1), answer(1, { tsVal: 6 })], 2)).toBe(false);
    const reset: Step = [CLIENT, SERVER, { flags: RST | ACK, seq: 151, ack: 901 }];
    const talked = [syn(1), answer(1), answer(1, { tsVal: 6 }), OPENING[2], ...TALK];
    expect(isOfAKind([...talked, reset], 2)).toBe(false);
    const reply: Step = [SERVER, CLIENT, { flags: ACK, seq: 901, ack: 151, payloadBytes: 9 }];
    expect(isOfAKind([...talked, reply, [CLIENT, SERVER, { ...reset[2], ack: 910 }]], 2)).toBe(true);
  });

  it.each<[string, Partial<Row>]>([
    ['another number', { seq: 901 }],
    ['another acknowledgment', { ack: 102 }],
    ['no window', { window: 0 }],
  ])('have no other SYN-ACK with %s', (_, fields) =>
    expect(isOfAKind(opened(syn(1), answer(1), answer(1, { tsVal: 6, ...fields })), 2)).toBe(false),
  );
});

describe('connections that are alike although data was in trouble', () => {
  const data = (seq: number, fields: Partial<Row> = {}): Step => [
    SERVER,
    CLIENT,
    { flags: ACK, seq, ack: 151, payloadBytes: 100, ...fields },
  ];
  const covers = (ack: number, fields: Partial<Row> = {}): Step => [
    CLIENT,
    SERVER,
    { flags: ACK, seq: 151, ack, ...fields },
  ];
  const closed = (seq: number): Step[] => [
    [SERVER, CLIENT, { flags: ACK | FIN, seq, ack: 151 }],
    [CLIENT, SERVER, { flags: ACK | FIN, seq: 151, ack: seq + 1 }],
    [SERVER, CLIENT, { flags: ACK, seq: seq + 1, ack: 152 }],
  ];
  const talked = (...steps: Step[]): Step[] => [...OPENING, ...TALK, ...steps];

  it.each<[string, Step[]]>([
    ['was sent again', [data(901), data(901), covers(1001)]],
    ['came out of order', [data(1001), covers(901), data(901), covers(1101)]],
    ['left a hole that more came behind', [data(1001), data(1101), covers(901), covers(901), data(901), covers(1201)]],
    ['filled a hole in two parts', [data(1101), data(901), covers(1001), data(1001), covers(1201)]],
    ['was acknowledged twice', [data(901), covers(1001), covers(1001)]],
    ['was acknowledged with ranges', [data(1001), covers(901, { sack: [1001, 1101] }), data(901), covers(1101)]],
    [
      'had an acknowledgment of its own meanwhile',
      [data(1001), [SERVER, CLIENT, { flags: ACK, seq: 1101, ack: 151 }], data(901), covers(1101)],
    ],
  ])('that %s', (_, steps) => {
    const end = Math.max(...steps.map(([, , { seq = 0, payloadBytes = 0 }]) => seq + payloadBytes));
    const { kind, connection } = take(talked(...steps, ...closed(end)));
    expect(kind).not.toBe(-1);
    expect(connection.outcome).toBe('graceful');
    // Nothing is left of it that would be judged.
    expect(kind).toBe(take(talked(data(901), covers(1001), ...closed(1001))).kind);
  });

  it.each<[string, Step[]]>([
    ['a hole that stays', [data(1001)]],
    ['octets that were never captured', [data(1001), covers(1101)]],
    [
      'a copy that the capture made',
      [data(901, { ipId: 7, checksum: 7 }), data(901, { ipId: 7, checksum: 7, timeNanos: 61_000_000 })],
    ],
    ['a keep-alive', [data(901), covers(1001), data(1000, { payloadBytes: 1 })]],
    [
      'more than the MSS',
      [
        data(901),
        data(901, { payloadBytes: 100 }),
        data(1001, { payloadBytes: 2000 }),
        data(1001, { payloadBytes: 2000 }),
      ],
    ],
    ['data from before the SYN', [data(901), data(850, { payloadBytes: 40 })]],
    ['data sent again behind a FIN', [data(901), ...closed(1001).slice(0, 1), data(901)]],
    ['a closed window', [data(901), data(901, { window: 0 })]],
    ['a reset', [data(901), data(901), [CLIENT, SERVER, { flags: RST | ACK, seq: 151, ack: 1001 }]]],
  ])('are none with %s', (_, steps) => expect(isAlike(talked(...steps))).toBe(false));

  it('may have been reset once all was acknowledged', () => {
    const reset: Step = [CLIENT, SERVER, { flags: RST | ACK, seq: 151, ack: 1001 }];
    const { kind, connection } = take(talked(data(901), data(901), covers(1001), reset));
    expect(kind).not.toBe(-1);
    expect(codesOf(connection)).toContain('abortive-close');
    const byServer: Step = [SERVER, CLIENT, { flags: RST | ACK, seq: 1001, ack: 151 }];
    expect(isAlike(talked(data(901), data(901), covers(1001), byServer))).toBe(true);
    // What was sent again and not answered since may be why it was reset.
    expect(isAlike(talked(data(901), covers(1001), data(901), byServer))).toBe(false);
  });

  it('may have been reset after ranges were acknowledged', () => {
    const reset: Step = [CLIENT, SERVER, { flags: RST | ACK, seq: 151, ack: 1101 }];
    const byServer: Step = [SERVER, CLIENT, { flags: RST | ACK, seq: 1101, ack: 151 }];
    const repaired = [data(1001), covers(901, { sack: [1001, 1101] }), data(901), covers(1101)];
    const { kind, connection } = take(talked(...repaired, reset));
    expect(kind).not.toBe(-1);
    expect(codesOf(connection)).toContain('abortive-close');
    const again = covers(1101, { sack: [901, 1001] });
    expect(isAlike(talked(...repaired, data(901), again, byServer))).toBe(true);
    expect(isAlike(talked(...repaired, again, reset))).toBe(false);
    expect(isAlike(talked(...repaired, data(901), byServer))).toBe(false);
    expect(isAlike(talked(...repaired.slice(0, 2), reset))).toBe(false);
  });

  it('may have sent nothing but an acknowledgment since it heard of the other, wherever that lies', () => {
    const reset: Step = [CLIENT, SERVER, { flags: RST | ACK, seq: 151, ack: 1001 }];
    for (let count = 0; count < 8; count++) {
      const before = [data(901), ...Array.from({ length: count }, () => covers(1001)), data(901)];
      expect(isAlike(talked(...before, covers(1001), reset))).toBe(true);
      expect(isAlike(talked(...before, covers(1001), covers(1001), reset))).toBe(false);
    }
  });

  it('are none once a segment may have been sent too often', () => {
    const again = (count: number): Step[] =>
      talked(...Array.from({ length: count + 1 }, () => data(901)), covers(1001));
    expect(isAlike(again(3))).toBe(true);
    expect(isAlike(again(4))).toBe(false);
    expect(codesOf(take(again(4)).connection)).toContain('excessive-retransmission');
  });

  it('are none if the other end never said anything', () =>
    expect(isAlike([...OPENING, TALK[0], TALK[0]])).toBe(false));

  it('are not kept whole for ever', () => {
    const many = Array.from({ length: MAX_TROUBLED_ROWS }, (_, index) => data(1001 + index * 100));
    const rows = talked(data(901), data(901), ...many);
    expect([0, 1].map((more) => isAlike(rows.slice(0, MAX_TROUBLED_ROWS + more)))).toEqual([true, false]);
  });
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

describe('connections that are alike although they were never closed by both', () => {
  const kindAfter = (steps: readonly Step[], seconds: number, slow = -1, lateNanos = SLOW_NANOS) =>
    take(steps, slow, { silenceNanos: seconds * 1e9, lateNanos, policy: resolvePolicy({ slowHandshakeSeconds: 0.1 }) });
  const left: readonly Step[] = [...OPENING, ...TALK, CLOSE[0], [SERVER, CLIENT, { flags: ACK, seq: 901, ack: 152 }]];

  it('stay in CLOSE_WAIT for a minute, or for ten, which makes them others', () => {
    const { kind, connection } = kindAfter(left, 61);
    expect(kind).not.toBe(-1);
    expect(connection.outcome).toBe('half-closed');
    expect(codesOf(connection)).toContain('close-wait-lingering');
    expect(kindAfter(left, 599).kind).toBe(kind);
    const short = kindAfter(left, 59);
    expect([-1, kind]).not.toContain(short.kind);
    expect(codesOf(short.connection)).not.toContain('close-wait-lingering');
    expect(kindAfter(left, 0.5).kind).toBe(-1);
    const long = kindAfter(left, 601);
    expect(long.kind).not.toBe(-1);
    expect(long.kind).not.toBe(kind);
    expect(long.connection.findings.find(({ code }) => code === 'close-wait-lingering')?.severity).toBe('error');
  });

  it('were opened by a SYN that was sent again: it takes longer until it is clear that nothing follows', () => {
    const stamped = (flags: number, fields: Partial<Row>): Partial<Row> => ({
      flags,
      options: STAMPED,
      mss: 1460,
      ...fields,
    });
    const opening: Step[] = [
      [CLIENT, SERVER, stamped(SYN, { seq: 100, tsVal: 1 })],
      [CLIENT, SERVER, stamped(SYN, { seq: 100, tsVal: 2 })],
      [SERVER, CLIENT, stamped(SYN | ACK, { seq: 900, ack: 101, tsVal: 5, tsEcr: 2 })],
    ];
    const leftFor = (seconds: number) =>
      take([...opening, ...left.slice(2)], 1, { ...PATIENT, silenceNanos: seconds * 1e9 });
    // The third segment came 1.02 s after the first SYN: three times 2.04 and 0.2 s.
    expect(leftFor(6.7).kind).toBe(-1);
    const { kind, connection } = leftFor(6.8);
    expect([-1, kindAfter(left, 6.8).kind]).not.toContain(kind);
    expect(leftFor(59).kind).toBe(kind);
    expect(connection.outcome).toBe('half-closed');
  });

  it('are none if the FIN was not acknowledged, or with data, or if data followed', () => {
    expect(kindAfter(left.slice(0, -1), 61).kind).toBe(-1);
    const withData = left.with(-1, [SERVER, CLIENT, { flags: ACK, seq: 901, ack: 152, payloadBytes: 9 }]);
    expect(kindAfter(withData, 61).kind).toBe(-1);
    const thenData: Step = [SERVER, CLIENT, { flags: ACK, seq: 901, ack: 152, payloadBytes: 9 }];
    expect(kindAfter([...left, thenData], 61).kind).toBe(-1);
  });

  it('were never answered, as far as there was time to see', () => {
    const { kind, connection } = kindAfter([SENT_SYN], 3);
    expect(kind).not.toBe(-1);
    expect(connection.outcome).toBe('unanswered');
    expect(kindAfter([SENT_SYN], 2.9).kind).toBe(-1);
  });

  it('have a SYN-ACK that nobody acknowledged: by how often it was sent, and whether its sender gave up', () => {
    const again = (times: number): Step[] => [SENT_SYN, ...Array.from({ length: times }, () => OPENING[1])];
    const copies = (times: number, seconds: number) => {
      let timeNanos = 0;
      const rows = again(times).map(([source, destination, fields], index) => {
        timeNanos += index < 2 ? USUAL_NANOS : 1e9 * 2 ** (index - 2);
        const ipId = 100 + index;
        return makeRow({ frame: index + 1, timeNanos, source, destination, ipId, ...fields });
      });
      const recording = { rows, icmpErrors: [], endNanos: timeNanos + seconds * 1e9, timeBase: { epochSeconds: 0 } };
      const { kinds, connections } = track(recording);
      expect(connections).toEqual(track(recording, { alwaysInFull: true }).connections);
      return { kind: [...kinds.keys()][0] ?? -1, connection: connections[0] };
    };
    const kinds = [copies(1, 9), copies(2, 9), copies(3, 3.9), copies(3, 9)].map(({ kind }) => kind);
    expect(kinds).not.toContain(-1);
    expect(new Set(kinds).size).toBe(4);
    expect(copies(4, 9).kind).toBe(kinds[3]);
    expect(codesOf(copies(3, 9).connection)).toContain('syn-ack-give-up');
    expect(codesOf(copies(3, 3.9).connection)).not.toContain('syn-ack-give-up');
    expect(copies(1, 2).kind).toBe(-1);
    expect(kindAfter(OPENING.slice(0, 2), 9, 1).kind).toBe(-1);
  });

  it('were given up by the client, who resets the SYN-ACK at once', () => {
    const reset: Step = [CLIENT, SERVER, { flags: RST, seq: 101, window: 0 }];
    const { kind, connection } = kindAfter([...OPENING.slice(0, 2), reset], 1);
    expect(kind).not.toBe(-1);
    expect([connection.outcome, ...codesOf(connection)]).toEqual(['abandoned', 'client-abandoned-connect']);
    const isAfter = (step: Step, slow = -1, lateNanos = SLOW_NANOS): boolean =>
      kindAfter([...OPENING.slice(0, 2), step], 1, slow, lateNanos).kind !== -1;
    expect(isAfter(reset, 2)).toBe(false);
    expect(isAfter(reset, 1)).toBe(false);
    expect(isAfter([CLIENT, SERVER, { ...reset[2], seq: 102 }])).toBe(false);
    expect(isAfter([CLIENT, SERVER, { ...reset[2], ttl: 30 }])).toBe(false);
    expect(isAfter([SERVER, CLIENT, { flags: RST, seq: 901, window: 0 }])).toBe(false);
  });

  it('were reset by an end that had closed, when data came', () => {
    const data: Step = [SERVER, CLIENT, { flags: ACK, seq: 901, ack: 152, payloadBytes: 9 }];
    const reset: Step = [CLIENT, SERVER, { flags: RST, seq: 152, window: 0 }];
    const all = [...left, data, reset];
    const { kind, connection } = kindAfter(all, 1);
    expect(kind).not.toBe(-1);
    expect([connection.outcome, connection.closedFirst]).toEqual(['reset', 'client']);
    expect(codesOf(connection)).toContain('data-after-close-reset');
    expect(kindAfter(all, 1, 7, 29e9).kind).toBe(kind);
    // Later it may have been the kernel that gave up waiting; a reset that comes late answers nothing.
    expect(kindAfter(all, 1, 7, 31e9).kind).toBe(-1);
    expect(kindAfter(all, 1, 8).kind).toBe(-1);
    expect(kindAfter(all.with(-1, [CLIENT, SERVER, { ...reset[2], ttl: 30 }]), 1).kind).toBe(-1);
    expect(kindAfter(all.with(-1, [SERVER, CLIENT, { flags: RST, seq: 910, window: 0 }]), 1).kind).toBe(-1);
    expect(kindAfter([...left, reset], 1).kind).toBe(-1);
    const taken: Step[] = [data, [CLIENT, SERVER, { flags: ACK, seq: 152, ack: 910 }]];
    const more: Step = [SERVER, CLIENT, { flags: ACK, seq: 910, ack: 152, payloadBytes: 9 }];
    const later = kindAfter([...left, ...taken, more, reset], 1);
    expect(later.kind).not.toBe(kind);
    expect(codesOf(later.connection)).toContain('half-close');
  });
});
