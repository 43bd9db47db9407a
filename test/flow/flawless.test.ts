import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_POLICY } from '../../src/findings/detector.ts';
import { TcpFlag, TcpOption } from '../../src/wire/batch.ts';
import { makeRow, type Recording, type Row, track } from '../support/rows.ts';

const CLIENT = { words: [0x0a000001, 0, 0, 0], port: 40_000 };
const SERVER = { words: [0x0a800001, 0, 0, 0], port: 80 };
const { SYN, ACK, FIN, PSH, RST } = TcpFlag;
const { MSS, WINDOW_SCALE, SACK_PERMITTED, TIMESTAMPS } = TcpOption;

/** Finds no handshake slow. */
const PATIENT = { ...DEFAULT_POLICY, slowHandshakeSeconds: 1000 };

type Who = 'client' | 'server';
type Sent = readonly [who: Who, fields: Partial<Row>, afterMillis?: number];

const OPENING: readonly Sent[] = [
  ['client', { flags: SYN, seq: 100 }],
  ['server', { flags: SYN | ACK, seq: 900, ack: 101 }],
  ['client', { flags: ACK, seq: 101, ack: 901 }],
];
const DATA: readonly Sent[] = [
  ['client', { flags: ACK | PSH, seq: 101, ack: 901, payloadBytes: 50 }],
  ['server', { flags: ACK, seq: 901, ack: 151 }],
  ['server', { flags: ACK | PSH, seq: 901, ack: 151, payloadBytes: 70 }],
  ['client', { flags: ACK, seq: 151, ack: 971 }],
];
const BY_CLIENT: readonly Sent[] = [
  ['client', { flags: ACK | FIN, seq: 151, ack: 971 }],
  ['server', { flags: ACK, seq: 971, ack: 152 }],
  ['server', { flags: ACK | FIN, seq: 971, ack: 152 }],
  ['client', { flags: ACK, seq: 152, ack: 972 }],
];
const BY_SERVER_IN_THREE: readonly Sent[] = [
  ['server', { flags: ACK | FIN, seq: 971, ack: 151 }],
  ['client', { flags: ACK | FIN, seq: 151, ack: 972 }],
  ['server', { flags: ACK, seq: 972, ack: 152 }],
];

const CROSSING: readonly Sent[] = [
  ['client', { flags: ACK | FIN, seq: 151, ack: 971 }],
  ['server', { flags: ACK | FIN, seq: 971, ack: 151 }],
  ['server', { flags: ACK, seq: 972, ack: 152 }],
  ['client', { flags: ACK, seq: 152, ack: 972 }],
];
const LATE_DATA: Sent = ['server', { flags: ACK | PSH, seq: 971, ack: 152, payloadBytes: 5 }];
const HALF_CLOSE: readonly Sent[] = [
  ...BY_CLIENT.slice(0, 2),
  LATE_DATA,
  ['client', { flags: ACK, seq: 152, ack: 976 }],
  ['server', { flags: ACK | FIN, seq: 976, ack: 152 }],
  ['client', { flags: ACK, seq: 152, ack: 977 }],
];
const LATE_RESET: readonly Sent[] = [
  ...BY_CLIENT.slice(0, 2),
  LATE_DATA,
  ['client', { flags: RST, seq: 152, window: 0 }],
];
/** Data of the server behind octets that come later; `ipId` of those tells whether they were sent again or out of order. */
const hole = (ipId: number): readonly Sent[] => [
  ['server', { flags: ACK | PSH, seq: 1041, ack: 151, payloadBytes: 30, ipId: 500 }],
  ['client', { flags: ACK, seq: 151, ack: 971, options: TcpOption.SACK, sack: [1041, 1071] }],
  ['server', { flags: ACK | PSH, seq: 971, ack: 151, payloadBytes: 40, ipId }],
  ['client', { flags: ACK, seq: 151, ack: 1011 }],
  ['server', { flags: ACK | PSH, seq: 1011, ack: 151, payloadBytes: 30, ipId: ipId + 1 }],
  ['client', { flags: ACK, seq: 151, ack: 1071 }],
];
const BEHIND_HOLE: readonly Sent[] = [
  ['client', { flags: ACK | FIN, seq: 151, ack: 1071 }],
  ['server', { flags: ACK, seq: 1071, ack: 152 }],
  ['server', { flags: ACK | FIN, seq: 1071, ack: 152 }],
  ['client', { flags: ACK, seq: 152, ack: 1072 }],
];
const AGAIN: Sent = ['server', { flags: ACK | PSH, seq: 901, ack: 151, payloadBytes: 70 }, 250];
const ABANDONMENT: Sent = ['client', { flags: RST, seq: 101, window: 0 }];
const REFUSAL: Sent = ['server', { flags: RST | ACK, seq: 0, ack: 101, window: 0 }];

/** Segments 10 ms after each other, or as they say, and silence behind them. */
function record(sent: readonly Sent[], silenceNanos = 120e9): Recording {
  let timeNanos = 0;
  const rows = sent.map(([who, fields, afterMillis = 10], index) => {
    timeNanos += afterMillis * 1e6;
    const [source, destination] = who === 'client' ? [CLIENT, SERVER] : [SERVER, CLIENT];
    return makeRow({ frame: index * 3 + 1, timeNanos, source, destination, ...fields });
  });
  return { rows, icmpErrors: [], endNanos: timeNanos + silenceNanos, timeBase: { epochSeconds: 1_700_000_000 } };
}

/** How many connections are told from their rows; their texts are those of what the machine makes of them. */
function tell(recording: Recording, timeWaitSeconds = 60): number {
  const { connections } = track(recording, { alwaysInFull: true, timeWaitSeconds, policy: PATIENT });
  const { told } = track(recording, { timeWaitSeconds, policy: PATIENT });
  for (const [id, text] of told) expect(text).toBe(JSON.stringify(connections.find((each) => each.id === id)));
  return told.size;
}

/** With one segment changed, or others in its place. */
const put = (sent: readonly Sent[], at: number, ...instead: Sent[]): Sent[] => sent.toSpliced(at, 1, ...instead);

describe('a flawless connection is told from its rows as the machine tells it', () => {
  const whole = [...OPENING, ...DATA, ...BY_CLIENT];

  it.each([
    ['closed by the client in four segments', whole],
    ['closed by the server in three', [...OPENING, ...DATA, ...BY_SERVER_IN_THREE]],
    ['left open', [...OPENING, ...DATA]],
    ['left open by a server that has sent nothing', OPENING],
    ['with a SYN-ACK that came late', put(whole, 1, ['server', { flags: SYN | ACK, seq: 900, ack: 101 }, 900])],
    [
      'with a SYN-ACK that may answer another SYN',
      put(whole, 1, ['server', { flags: SYN | ACK, seq: 900, ack: 101 }, 1100]),
    ],
    ['reset by the client', [...OPENING, ...DATA, ['client', { flags: RST | ACK, seq: 151, ack: 971 }]]],
    ['reset by the server', [...OPENING, ...DATA, ['server', { flags: RST | ACK, seq: 971, ack: 151 }]]],
    [
      'reset by a client that got no data',
      [...OPENING, DATA[0], DATA[1], ['client', { flags: RST | ACK, seq: 151, ack: 901 }]],
    ],
    [
      'with data in the FIN',
      [
        ...OPENING,
        ...DATA,
        ['client', { flags: ACK | FIN, seq: 151, ack: 971, payloadBytes: 5 }],
        ['server', { flags: ACK, seq: 971, ack: 157 }],
        ['server', { flags: ACK | FIN, seq: 971, ack: 157 }],
        ['client', { flags: ACK, seq: 157, ack: 972 }],
      ],
    ],
    [
      'with an acknowledgment that is repeated with another window',
      put(whole, 4, whole[4], ['server', { flags: ACK, seq: 901, ack: 151, window: 400 }]),
    ],
    [
      'with data that is sent again',
      [...OPENING, ...DATA, AGAIN, ['client', { flags: ACK, seq: 151, ack: 971 }], ...BY_CLIENT],
    ],
    [
      'with data that the network has doubled',
      [
        ...OPENING,
        ...DATA,
        ['server', { flags: ACK, seq: 971, ack: 151, payloadBytes: 10, ipId: 7, checksum: 7 }],
        ['client', { flags: ACK, seq: 151, ack: 981 }],
        ['server', { flags: ACK, seq: 971, ack: 151, payloadBytes: 10, ipId: 7, checksum: 7 }],
        ['client', { flags: RST | ACK, seq: 151, ack: 981 }],
      ],
    ],
    ['with a hole that is filled by a repeat', [...OPENING, ...DATA, ...hole(600), ...BEHIND_HOLE]],
    ['with data out of order', [...OPENING, ...DATA, ...hole(400), ...BEHIND_HOLE]],
    [
      'with acknowledgments that are repeated while data is under way',
      [
        ...OPENING,
        ...DATA,
        ['server', { flags: ACK | PSH, seq: 971, ack: 151, payloadBytes: 50 }],
        ['server', { flags: ACK | PSH, seq: 1021, ack: 151, payloadBytes: 50 }],
        ['client', { flags: ACK, seq: 151, ack: 971 }],
        ['client', { flags: ACK, seq: 151, ack: 971 }],
        ['server', { flags: ACK | PSH, seq: 971, ack: 151, payloadBytes: 50 }, 300],
        ['client', { flags: ACK, seq: 151, ack: 1071 }],
        ...BEHIND_HOLE,
      ],
    ],
    ['with FINs that cross', [...OPENING, ...DATA, ...CROSSING]],
    [
      'with FINs that cross and are acknowledged the other way round',
      [...OPENING, ...DATA, ...CROSSING.slice(0, 2), CROSSING[3], CROSSING[2]],
    ],
    [
      'with FINs that cross on a long way',
      [...OPENING, ...DATA, ...put(CROSSING, 1, ['server', { flags: ACK | FIN, seq: 971, ack: 151 }, 60])],
    ],
    ['with data behind the FIN', [...OPENING, ...DATA, ...HALF_CLOSE]],
    ['reset because of data behind the FIN', [...OPENING, ...DATA, ...LATE_RESET]],
    ['refused', [OPENING[0], REFUSAL]],
    ['of which only the client was captured', [OPENING[0], OPENING[2], DATA[0], DATA[3]]],
    ['abandoned', [...OPENING.slice(0, 2), ABANDONMENT]],
    ['whose SYN was sent again', put(whole, 0, OPENING[0], ['client', { flags: SYN, seq: 100 }, 1000])],
    [
      'whose SYN-ACK was sent again',
      put(whole, 1, OPENING[1], ['server', { flags: SYN | ACK, seq: 900, ack: 101 }, 1000]),
    ],
  ] satisfies [string, readonly Sent[]][])('%s', (_, sent) => {
    for (const silenceNanos of [0, 0.5e9, 2e9, 59.99e9, 60.03e9, 120e9]) {
      for (const timeWaitSeconds of [0.001, 60]) expect(tell(record(sent, silenceNanos), timeWaitSeconds)).toBe(1);
    }
  });

  it.each<[string, readonly Sent[]]>([
    ['the SYN is not answered', [OPENING[0]]],
    ['the SYN-ACK is not answered', OPENING.slice(0, 2)],
    ['the FIN is not answered', [...OPENING, ...DATA, ...BY_CLIENT.slice(0, 2)]],
  ])('once there was time enough, if %s', (_, sent) => {
    expect(tell(record(sent, 0))).toBe(0);
    for (const silenceNanos of [3e9, 61e9, 700e9]) expect(tell(record(sent, silenceNanos))).toBe(1);
  });

  it('if the SYN-ACK is sent again and again and not answered', () => {
    const again = [1000, 2000, 4000].map((afterMillis): Sent => ['server', OPENING[1][1], afterMillis]);
    for (let count = 0; count <= 3; count++) {
      expect(tell(record([...OPENING.slice(0, 2), ...again.slice(0, count)]))).toBe(1);
    }
    const bare: Sent = ['server', { flags: ACK, seq: 901, ack: 101 }];
    expect(tell(record([...OPENING.slice(0, 2), ...again, bare]))).toBe(0);
  });

  it('if the SYN is sent again and again and not answered', () => {
    const again = (afterMillis: number): Sent => ['client', { flags: SYN, seq: 100 }, afterMillis];
    const sent = [OPENING[0], again(1000), again(2000), again(4000)];
    for (let count = 2; count <= 4; count++) expect(tell(record(sent.slice(0, count)))).toBe(1);
    expect(tell(record([...sent, ['client', { flags: SYN, seq: 100, window: 0 }, 8000]]))).toBe(0);
  });

  it.each<[string, readonly Sent[]]>([
    ['the SYN offers no window', put(whole, 0, ['client', { flags: SYN, seq: 100, window: 0 }])],
    ['the third segment has data', [...OPENING.slice(0, 2), ...DATA, ...BY_CLIENT]],
    ['data is sent again', put(whole, 3, whole[3], [...whole[3]])],
    [
      'the second FIN of three comes later than an ACK would',
      [...OPENING, ...DATA, ...put(BY_SERVER_IN_THREE, 1, ['client', { flags: ACK | FIN, seq: 151, ack: 972 }, 80])],
    ],
    [
      'the FINs cross at the same time',
      [...OPENING, ...DATA, CROSSING[0], ['server', { flags: ACK | FIN, seq: 971, ack: 151 }, 0], ...CROSSING.slice(2)],
    ],
    [
      'data behind the FIN is the first to acknowledge it',
      [...OPENING, ...DATA, HALF_CLOSE[0], ...HALF_CLOSE.slice(2)],
    ],
    [
      'there is data of many segments behind the FIN',
      [
        ...OPENING,
        ...DATA,
        ...HALF_CLOSE.slice(0, 2),
        ...Array.from(
          { length: 17 },
          (_, index): Sent => ['server', { flags: ACK, seq: 971 + index, ack: 152, payloadBytes: 1 }],
        ),
        ['client', { flags: ACK, seq: 152, ack: 988 }],
        ['server', { flags: ACK | FIN, seq: 988, ack: 152 }],
        ['client', { flags: ACK, seq: 152, ack: 989 }],
      ],
    ],
    [
      'the end that resets has acknowledged some of the data behind its FIN',
      [
        ...OPENING,
        ...DATA,
        ...HALF_CLOSE.slice(0, 4),
        ['server', { flags: ACK, seq: 976, ack: 152, payloadBytes: 5 }],
        ['client', { flags: RST, seq: 152, window: 0 }],
      ],
    ],
    [
      'the reset that refuses has a number',
      [OPENING[0], ['server', { flags: RST | ACK, seq: 7, ack: 101, window: 0 }]],
    ],
    [
      'only the client was captured, which has closed',
      [OPENING[0], OPENING[2], DATA[0], ['client', { flags: ACK | FIN, seq: 151, ack: 971 }]],
    ],
    ['only the client was captured, with data in its third segment', [OPENING[0], DATA[0], DATA[3]]],
    [
      'the SYN-ACK that is reset came after another one',
      [...OPENING.slice(0, 2), ['server', OPENING[1][1], 1000], ABANDONMENT],
    ],
    [
      'the reset of the SYN-ACK acknowledges it',
      [...OPENING.slice(0, 2), ['client', { flags: RST | ACK, seq: 101, ack: 901, window: 0 }]],
    ],
    ['the reset of the SYN-ACK comes late', [...OPENING.slice(0, 2), [ABANDONMENT[0], ABANDONMENT[1], 101]]],
    [
      'data of the server is sent again before it is known to be open',
      [
        OPENING[0],
        OPENING[1],
        OPENING[2],
        ['server', { flags: ACK | PSH, seq: 901, ack: 101, payloadBytes: 70 }, 1],
        ['client', { flags: ACK, seq: 101, ack: 971 }, 1],
        ['server', { flags: ACK | PSH, seq: 901, ack: 101, payloadBytes: 70 }, 1],
      ],
    ],
    [
      'data is sent again ten times',
      [
        ...OPENING,
        ...DATA,
        ...Array.from({ length: 10 }, (): Sent => AGAIN),
        ['client', { flags: ACK, seq: 151, ack: 971 }],
        ...BY_CLIENT,
      ],
    ],
    ['the last ACK is missing', [...OPENING, ...DATA, ...BY_CLIENT.slice(0, 3)]],
    ['something comes behind the last ACK', [...whole, ['client', { flags: ACK, seq: 152, ack: 972, window: 9 }]]],
    ['the SYN is sent again with other octets', put(whole, 0, OPENING[0], ['client', { flags: SYN, seq: 99 }, 1000])],
    [
      'it is reset by a server that has sent nothing',
      [...OPENING, ['server', { flags: RST | ACK, seq: 901, ack: 101 }]],
    ],
    ['it is reset and neither end has sent data', [...OPENING, ['client', { flags: RST | ACK, seq: 101, ack: 901 }]]],
    [
      'it is reset behind a FIN',
      [...OPENING, ...DATA, BY_CLIENT[0], ['client', { flags: RST | ACK, seq: 152, ack: 971 }]],
    ],
    [
      'there is data as late as the reset',
      [...OPENING, ...DATA.slice(0, 3), ['client', { flags: RST | ACK, seq: 151, ack: 901 }, 0]],
    ],
  ])('but not if %s', (_, sent) => {
    expect(tell(record(sent))).toBe(0);
  });

  it('but not if the handshake echoes a time stamp that was not captured', () => {
    const stamped = (sent: readonly Sent[], tsEcr: number): Sent[] =>
      sent.map(([who, fields], index) => [
        who,
        { ...fields, options: TIMESTAMPS, tsVal: index + 5, tsEcr: index === 1 ? tsEcr : index + 4 },
      ]);
    expect(tell(record(stamped(whole, 5)))).toBe(1);
    expect(tell(record(stamped(whole, 4)))).toBe(0);
  });

  it('whatever is said, however fast, and with whichever options', () => {
    const afterMillis = fc.constantFrom(0, 0.001, 1, 5, 10, 60, 250, 1100);
    const turn = fc.record({ isClient: fc.boolean(), payloadBytes: fc.constantFrom(0, 1, 2, 500, 1460), afterMillis });
    const offer = fc.record({
      options: fc.constantFrom(
        0,
        MSS | WINDOW_SCALE | SACK_PERMITTED | TIMESTAMPS,
        MSS,
        TIMESTAMPS,
        WINDOW_SCALE | SACK_PERMITTED,
      ),
      mss: fc.constantFrom(0, 536, 1460, 1460),
      windowScale: fc.integer({ min: 0, max: 20 }),
    });
    const often = <Value>(usual: Value, ...others: Value[]): fc.Arbitrary<Value> =>
      fc.constantFrom(usual, usual, usual, ...others);
    const conversation = fc.record({
      offers: fc.tuple(offer, offer),
      opening: fc.constantFrom<Opening>(
        'answered',
        'answered',
        'answered',
        'answered',
        'half-open',
        'abandoned',
        'one-way',
        'refused',
        'unanswered',
      ),
      syns: often([0], [0, 0], [0, 1], [0, 1, 1], [0, 0, 0, 0]),
      synAcks: often([0], [0, 0], [0, 1], [0, 1, 2]),
      answered: fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 3 })),
      pauses: fc.tuple(afterMillis, afterMillis),
      turns: fc.array(turn, { maxLength: 12 }),
      ending: fc.constantFrom<Ending>('open', 'half', 'four', 'three', 'crossing', 'reset', 'late reset', 'late reset'),
      closing: fc.array(turn, { minLength: 6, maxLength: 6 }),
      late: fc.array(turn, { maxLength: 3 }),
      silenceNanos: fc.constantFrom(0, 0.9e9, 1.1e9, 3.1e9, 59e9, 61e9, 700e9),
      timeWaitSeconds: often(60, 0.001, 1),
    });
    const told = new Map<string, number>();
    fc.assert(
      fc.property(conversation, (said) => {
        const { opening, ending, silenceNanos, timeWaitSeconds } = said;
        const sort = opening === 'answered' ? ending : opening;
        const count = tell(record(converse(said), silenceNanos), timeWaitSeconds);
        told.set(sort, (told.get(sort) ?? 0) + count);
      }),
      { numRuns: 1500, seed: 20_261_122 },
    );
    expect(told.size).toBe(12);
    for (const [sort, count] of told) expect(count, sort).toBeGreaterThan(2);
  });
});

type Opening = 'answered' | 'half-open' | 'abandoned' | 'one-way' | 'refused' | 'unanswered';
type Ending = 'open' | 'half' | 'four' | 'three' | 'crossing' | 'reset' | 'late reset';
interface Turn {
  readonly isClient: boolean;
  readonly payloadBytes: number;
  readonly afterMillis: number;
}

/** What two ends send. Of the copies of SYN and SYN-ACK it is said which time stamp they have. */
interface Conversation {
  readonly offers: readonly [Partial<Row>, Partial<Row>];
  readonly opening: Opening;
  readonly syns: readonly number[];
  readonly synAcks: readonly number[];
  /** Which copy of the SYN and of the SYN-ACK is answered. */
  readonly answered: readonly [number, number];
  readonly pauses: readonly [number, number];
  readonly turns: readonly Turn[];
  readonly ending: Ending;
  readonly closing: readonly Turn[];
  /** Data behind the first FIN. */
  readonly late: readonly Turn[];
}

function converse({
  offers,
  opening,
  syns,
  synAcks,
  answered,
  pauses,
  turns,
  ending,
  closing,
  late,
}: Conversation): Sent[] {
  const next = [1000, 4_294_967_000];
  const sent: Sent[] = [];
  const isStamped = offers.every(({ options = 0 }) => (options & TIMESTAMPS) !== 0);
  const send = (who: 0 | 1, afterMillis: number, fields: Partial<Row>): void => {
    const stamps = isStamped ? { options: TIMESTAMPS, tsVal: sent.length + 100, tsEcr: sent.length + 99 } : {};
    sent.push([who === 0 ? 'client' : 'server', { ...stamps, ...fields }, afterMillis]);
  };
  const say = (who: 0 | 1, flags: number, payloadBytes: number, afterMillis: number, acked = next[1 - who]): void => {
    send(who, afterMillis, { flags, seq: next[who], ack: acked, payloadBytes });
    next[who] = (next[who] + payloadBytes + ((flags & (SYN | FIN)) === 0 ? 0 : 1)) >>> 0;
  };
  for (const [index, tsVal] of syns.entries()) send(0, 1000 * index, { ...offers[0], flags: SYN, seq: 999, tsVal });
  if (opening === 'unanswered') return sent;
  if (opening === 'refused') {
    send(1, pauses[0], { flags: RST | ACK, seq: 0, ack: 1000, window: 0, options: 0 });
    return sent;
  }
  if (opening === 'one-way') {
    const step = (bytes: number): number => (next[1] = (next[1] + bytes) >>> 0);
    for (const { isClient, payloadBytes, afterMillis } of [
      { isClient: true, payloadBytes: 0, afterMillis: pauses[0] },
      ...turns,
    ]) {
      if (isClient) say(0, ACK, payloadBytes, afterMillis);
      else step(payloadBytes);
    }
    return sent;
  }
  const asked = syns[answered[0] % syns.length];
  for (const [index, tsVal] of synAcks.entries()) {
    const numbers = { flags: SYN | ACK, seq: 4_294_966_999, ack: 1000, tsVal: tsVal + 10, tsEcr: asked };
    send(1, index === 0 ? pauses[0] : 1000, { ...offers[1], ...numbers });
  }
  if (opening === 'half-open') return sent;
  if (opening === 'abandoned') {
    send(0, pauses[1], { flags: RST, seq: 1000, window: 0, options: 0 });
    return sent;
  }
  const third = { flags: ACK, seq: 1000, ack: 4_294_967_000 };
  send(0, pauses[1], { ...third, ...(isStamped ? { tsEcr: synAcks[answered[1] % synAcks.length] + 10 } : {}) });
  for (const { isClient, payloadBytes, afterMillis } of turns) say(isClient ? 0 : 1, ACK, payloadBytes, afterMillis);
  const me = closing[0].isClient ? 0 : 1;
  const peer = me === 0 ? 1 : 0;
  const [first, second, third3, fourth, fifth] = closing.map(({ afterMillis }) => afterMillis);
  if (ending === 'open') return sent;
  if (ending === 'reset') {
    say(me, RST | ACK, 0, first);
    return sent;
  }
  const uncovered = next[me];
  say(me, FIN | ACK, closing[0].payloadBytes, first);
  if (ending === 'three') {
    say(peer, FIN | ACK, 0, second);
    say(me, ACK, 0, third3);
    return sent;
  }
  if (ending === 'crossing') {
    say(peer, FIN | ACK, 0, second, uncovered);
    const order = closing[1].isClient ? [me, peer] : ([peer, me] as const);
    say(order[0] as 0 | 1, ACK, 0, third3);
    say(order[1] as 0 | 1, ACK, 0, fourth);
    return sent;
  }
  say(peer, ACK, 0, second);
  if (ending === 'half') return sent;
  for (const { isClient, payloadBytes, afterMillis } of late) {
    say(peer, ACK, payloadBytes + 1, afterMillis);
    if (isClient && ending !== 'late reset') say(me, ACK, 0, third3);
  }
  if (ending === 'late reset') {
    say(peer, ACK, closing[3].payloadBytes + 1, third3);
    send(me, Math.min(fourth, 60), { flags: RST, seq: next[me], window: 0, options: 0 });
    return sent;
  }
  say(peer, FIN | ACK, closing[1].payloadBytes, fourth);
  say(me, ACK, 0, fifth);
  return sent;
}
