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
  ] satisfies [string, readonly Sent[]][])('%s', (_, sent) => {
    for (const silenceNanos of [0, 0.5e9, 2e9, 59.99e9, 60.03e9, 120e9]) {
      for (const timeWaitSeconds of [0.001, 60]) expect(tell(record(sent, silenceNanos), timeWaitSeconds)).toBe(1);
    }
  });

  it.each<[string, readonly Sent[]]>([
    ['the SYN offers no window', put(whole, 0, ['client', { flags: SYN, seq: 100, window: 0 }])],
    ['the third segment has data', [...OPENING.slice(0, 2), ...DATA, ...BY_CLIENT]],
    [
      'an acknowledgment is repeated with another window',
      put(whole, 4, whole[4], ['server', { flags: ACK, seq: 901, ack: 151, window: 400 }]),
    ],
    ['data is sent again', put(whole, 3, whole[3], [...whole[3]])],
    [
      'the second FIN of three comes later than an ACK would',
      [...OPENING, ...DATA, ...put(BY_SERVER_IN_THREE, 1, ['client', { flags: ACK | FIN, seq: 151, ack: 972 }, 80])],
    ],
    [
      'the FINs cross',
      [
        ...OPENING,
        ...DATA,
        BY_CLIENT[0],
        ['server', { flags: ACK | FIN, seq: 971, ack: 151 }],
        ['client', { flags: ACK, seq: 152, ack: 972 }],
        ['server', { flags: ACK, seq: 972, ack: 152 }],
      ],
    ],
    [
      'there is data between the FINs',
      [
        ...OPENING,
        ...DATA,
        ...BY_CLIENT.slice(0, 2),
        ['server', { flags: ACK, seq: 971, ack: 152, payloadBytes: 5 }],
        ['server', { flags: ACK | FIN, seq: 976, ack: 152 }],
        ['client', { flags: ACK, seq: 152, ack: 977 }],
      ],
    ],
    ['the last ACK is missing', [...OPENING, ...DATA, ...BY_CLIENT.slice(0, 3)]],
    ['only one end closes', [...OPENING, ...DATA, ...BY_CLIENT.slice(0, 2)]],
    ['something comes behind the last ACK', [...whole, ['client', { flags: ACK, seq: 152, ack: 972, window: 9 }]]],
    ['the SYN is sent again', put(whole, 0, OPENING[0], ['client', { flags: SYN, seq: 100 }, 1000])],
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
    const turn = fc.record({
      isClient: fc.boolean(),
      payloadBytes: fc.constantFrom(0, 1, 2, 1460),
      afterMillis: fc.constantFrom(0, 0.001, 1, 5, 10, 60, 250, 1100),
    });
    const offer = fc.record({
      options: fc.constantFrom(
        0,
        MSS | WINDOW_SCALE | SACK_PERMITTED | TIMESTAMPS,
        MSS,
        TIMESTAMPS,
        WINDOW_SCALE | SACK_PERMITTED,
      ),
      mss: fc.constantFrom(0, 536, 1460),
      windowScale: fc.integer({ min: 0, max: 20 }),
    });
    const conversation = fc.record({
      offers: fc.tuple(offer, offer),
      turns: fc.array(turn, { maxLength: 30 }),
      opening: fc.tuple(turn, turn),
      closing: fc.array(turn, { maxLength: 4 }),
      isThree: fc.boolean(),
      isReset: fc.boolean(),
      silenceNanos: fc.constantFrom(0, 0.9e9, 1.1e9, 59e9, 61e9, 700e9),
    });
    let told = 0;
    let all = 0;
    fc.assert(
      fc.property(conversation, ({ offers, turns, opening, closing, isThree, isReset, silenceNanos }) => {
        const next = [1000, 4_294_967_000];
        const sent: Sent[] = [];
        const say = (who: 0 | 1, flags: number, payloadBytes: number, afterMillis: number): void => {
          const isSyn = (flags & SYN) !== 0;
          const { options, mss, windowScale } = offers[who];
          const isStamped = (offers[0].options & offers[1].options & TIMESTAMPS) !== 0;
          const stamps = { tsVal: sent.length + 10, tsEcr: sent.length + 9 };
          const fields = isSyn
            ? { options, mss, windowScale, ...stamps }
            : isStamped
              ? { options: TIMESTAMPS, ...stamps }
              : {};
          const ack = (flags & ACK) === 0 ? 0 : next[1 - who];
          sent.push([
            who === 0 ? 'client' : 'server',
            { flags, seq: next[who], ack, payloadBytes, ...fields },
            afterMillis,
          ]);
          next[who] = (next[who] + payloadBytes + ((flags & (SYN | FIN)) === 0 ? 0 : 1)) >>> 0;
        };
        say(0, SYN, 0, 0);
        say(1, SYN | ACK, 0, opening[0].afterMillis);
        say(0, ACK, 0, opening[1].afterMillis);
        for (const { isClient, payloadBytes, afterMillis } of turns)
          say(isClient ? 0 : 1, ACK, payloadBytes, afterMillis);
        const [first, second, third, fourth] = closing;
        const closer = first?.isClient === true ? 0 : 1;
        const other = closer === 0 ? 1 : 0;
        if (isReset && first !== undefined) say(closer, RST | ACK, 0, first.afterMillis);
        else if (first !== undefined) say(closer, FIN | ACK, first.payloadBytes, first.afterMillis);
        if (!isReset && second !== undefined) say(other, isThree ? FIN | ACK : ACK, 0, second.afterMillis);
        if (!isReset && third !== undefined)
          say(isThree ? closer : other, isThree ? ACK : FIN | ACK, 0, third.afterMillis);
        if (!isReset && fourth !== undefined && !isThree) say(closer, ACK, 0, fourth.afterMillis);
        all++;
        told += tell(record(sent, silenceNanos));
      }),
      { numRuns: 2000, seed: 20_261_122 },
    );
    expect(told).toBeGreaterThan(all / 20);
  });
});
