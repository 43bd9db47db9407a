import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resolvePolicy } from '../../src/findings/policy.ts';
import type { ConnectionResult } from '../../src/report/result.ts';
import { TcpFlag } from '../../src/wire/batch.ts';
import {
  ack1,
  ack2,
  anyClose,
  closeOf,
  fin1,
  fin2,
  OPENING,
  OPENINGS,
  recordClose,
  type Sent,
  type Step,
} from '../support/closes.ts';
import { type Row, track } from '../support/rows.ts';

const { ACK, RST } = TcpFlag;

/** What becomes of a connection; the kind is -1 if it is like no other. Both lanes must agree. */
function take(
  sent: readonly Sent[],
  { silenceSeconds = 70, policy = resolvePolicy({}), opening = OPENING } = {},
): { kind: number; connection: ConnectionResult; codes: string[] } {
  const recording = recordClose(sent, { silenceSeconds, opening });
  const { kinds, connections } = track(recording, { policy });
  expect(connections).toHaveLength(1);
  expect(connections).toEqual(track(recording, { policy, alwaysInFull: true }).connections);
  const [connection] = connections;
  return { kind: [...kinds.keys()][0] ?? -1, connection, codes: connection.findings.map(({ code }) => code) };
}

const PLAIN_END = [fin2(500), ack2(520)] as const;

describe('closes that are alike although FINs were sent again', () => {
  it.each<[string, readonly Sent[], string]>([
    ['the first FIN was lost', [fin1(100), fin1(330), ack1(350), ...PLAIN_END], 'teardown-w1-lost'],
    ['its ACK was lost behind the tap', [fin1(100), ack1(120), fin1(330), ack1(350), ...PLAIN_END], 'teardown-w2-lost'],
    ['the second FIN was lost', [fin1(100), ack1(120), fin2(200), fin2(430), ack2(450)], 'teardown-w3-lost'],
    ['so was it, and closed in three segments', [fin1(100), fin2(120), fin2(350), ack2(370)], 'teardown-w3-lost'],
    ['the last ACK was lost', [fin1(100), ack1(120), fin2(200), ack2(220), fin2(430), ack2(450)], 'teardown-w4-lost'],
    ['both ends had to', [fin1(100), fin1(330), ack1(350), fin2(500), fin2(730), ack2(750)], 'teardown-w3-lost'],
  ])('when %s', (_, sent, code) => {
    const { kind, connection, codes } = take(sent);
    expect(kind).not.toBe(-1);
    expect(connection.outcome).toBe('graceful');
    expect(codes).toEqual(expect.arrayContaining(['fin-retransmission', code]));
    // Others that differ in numbers and times only are of the same kind, those by the book are not.
    const later = sent.map(([millis, from, fields]): Sent => [millis + 7000, from, fields]);
    expect(take(later).kind).toBe(kind);
    expect(take([fin1(100), ack1(120), ...PLAIN_END]).kind).not.toBe(kind);
  });

  it('tell how often, up to three times, and which copy the ACK echoes', () => {
    const answered = (times: readonly number[], fields: Partial<Row> = {}): number =>
      take([fin1(100), ...times.map((at) => fin1(at)), ack1((times.at(-1) ?? 0) + 20, fields), ...PLAIN_END.map(late)])
        .kind;
    const late = ([millis, ...rest]: Sent): Sent => [millis + 4000, ...rest];
    const [twice, thrice, often] = [[330], [330, 800], [330, 800, 1700]].map((times) => answered(times));
    expect([twice, thrice]).not.toContain(-1);
    expect(thrice).not.toBe(twice);
    expect(often).toBe(thrice);
    const echoes = [1100, 1330, 7].map((tsEcr) => answered([330], { tsEcr }));
    expect(new Set([...echoes, -1]).size).toBe(4);
  });

  it('were never acknowledged: by whether the sender gave up', () => {
    const copies = [fin2(200), fin2(430), fin2(900), fin2(1800)];
    const given = take([fin1(100), ack1(120), ...copies]);
    expect(given.kind).not.toBe(-1);
    expect(given.connection.outcome).toBe('final-ack-missing');
    expect(given.codes).toContain('last-ack-give-up');
    const notYet = take([fin1(100), ack1(120), ...copies, fin2(3600)], { silenceSeconds: 3.5 });
    expect([-1, given.kind]).not.toContain(notYet.kind);
    expect(notYet.codes).not.toContain('last-ack-give-up');
    expect(take([fin1(100), ack1(120), ...copies], { silenceSeconds: 2.9 }).kind).toBe(-1);
    const once = take([fin1(100), ack1(120), fin2(200), fin2(430)]);
    expect([-1, given.kind, notYet.kind]).not.toContain(once.kind);
    const first = take([fin1(100), fin1(330), fin1(800)]);
    expect(first.kind).not.toBe(-1);
    expect([first.connection.outcome, first.codes.includes('fin-unacknowledged')]).toEqual([
      'fin-unacknowledged',
      true,
    ]);
    expect(take([fin1(100), fin1(330)]).kind).not.toBe(first.kind);
    expect(take([fin1(100)]).kind).toBe(-1);
  });

  it('took three segments or four, which tells only those apart that were not completed', () => {
    const rest = [fin2(430), ack2(450)];
    const [three, four] = [[fin2(200)], [ack1(120), fin2(200)]].map((steps) => [
      take([fin1(100), ...steps, ...rest]),
      take([fin1(100), ...steps, rest[0]], { silenceSeconds: 3.5 }),
    ]);
    expect([three[0], four[0]].map(({ connection }) => connection.closeStyle)).toEqual([
      'three-segment',
      'four-segment',
    ]);
    expect(three[0].kind).not.toBe(-1);
    expect(three[0].kind).toBe(four[0].kind);
    expect([three[1], four[1]].map(({ codes }) => codes.includes('time-wait-owner'))).toEqual([true, false]);
    expect(new Set([-1, three[1].kind, four[1].kind]).size).toBe(3);
  });

  it('may have had trouble with data before', () => {
    const again: Sent = [80, 'client', { flags: ACK, seq: 101, ack: 901, payloadBytes: 50 }];
    const troubled = take([again, fin1(100), fin1(330), ack1(350), ...PLAIN_END]);
    const { kind } = take([fin1(100), fin1(330), ack1(350), ...PLAIN_END]);
    expect(kind).not.toBe(-1);
    expect(troubled.kind).toBe(kind);
  });

  it('tell which copy was echoed only if the ACK comes soon after it', () => {
    const echoing = (millis: number, tsEcr: number): number =>
      take([fin1(100), fin1(330), fin1(millis), ack1(millis + 20, { tsEcr }), ...PLAIN_END.map(late)]).kind;
    const late = ([millis, ...rest]: Sent): Sent => [millis + 4000, ...rest];
    expect(echoing(540, 1330)).toBe(echoing(540, 1540));
    expect(echoing(580, 1330)).toBe(-1);
    expect(echoing(580, 1580)).not.toBe(-1);
  });

  it('tell which end sent its FIN more often', () => {
    const copies = (first: number, second: number) => {
      const firsts = Array.from({ length: first }, (_, index) => fin1(100 + index * 230));
      const seconds = Array.from({ length: second }, (_, index) => fin2(4000 + index * 230));
      return take([...firsts, ack1(90 + first * 230), ...seconds, ack2(3990 + second * 230)]);
    };
    const kinds = [copies(3, 3), copies(4, 3), copies(3, 4)].map(({ kind }) => kind);
    expect(new Set([-1, ...kinds]).size).toBe(4);
    expect(copies(5, 3).kind).toBe(kinds[1]);
    const places = [copies(3, 3), copies(4, 3), copies(3, 4)].map(
      ({ connection }) => connection.findings.find(({ code }) => code === 'fin-retransmission')?.at,
    );
    expect(places).toEqual(['client', 'client', 'server']);
  });

  const more = (millis: number, seq: number, fields: Partial<Row> = {}): Sent => [
    millis,
    'server',
    { flags: ACK, seq, ack: 152, payloadBytes: 9, ...fields },
  ];
  const took = (millis: number, ack: number, fields: Partial<Row> = {}): Sent => [
    millis,
    'client',
    { flags: ACK, seq: 152, ack, ...fields },
  ];
  const LAST = [fin2(800, { seq: 919 }), ack2(820, { ack: 920 })] as const;

  it('may have gone on in one direction, which makes them others', () => {
    const { kind, codes } = take([fin1(100), fin1(330), ack1(350), ...PLAIN_END]);
    const longer = [more(400, 901), took(420, 910), more(440, 910), took(460, 919)];
    const before = take([fin1(100), fin1(330), ack1(350), ...longer, ...LAST]);
    const behind = take([fin1(100), ack1(120), ...longer, LAST[0], fin2(1030, { seq: 919 }), ack2(1050, { ack: 920 })]);
    expect(new Set([-1, kind, before.kind, behind.kind]).size).toBe(4);
    expect(codes).not.toContain('half-close');
    expect(before.codes).toEqual(expect.arrayContaining(['half-close', 'teardown-w1-lost']));
    expect(behind.codes).toEqual(expect.arrayContaining(['half-close', 'teardown-w3-lost']));
    expect(before.connection.closeStyle).toBe('half-close');
    const once = take([fin1(100), fin1(330), ack1(350), more(400, 901, { payloadBytes: 18 }), took(420, 919), ...LAST]);
    expect(once.kind).toBe(before.kind);
  });

  const GOES_ON = [fin1(100), fin1(330), ack1(350)] as const;
  it.each<[string, readonly Sent[]]>([
    ['a hole', [...GOES_ON, more(400, 910), took(420, 919), ...LAST]],
    ['data that was sent again', [...GOES_ON, more(400, 901), more(630, 901), took(650, 910), more(700, 910), ...LAST]],
    ['more than the MSS', [...GOES_ON, more(400, 901, { payloadBytes: 1500 }), took(420, 2401)]],
    ['a closed window', [...GOES_ON, more(400, 901, { payloadBytes: 18 }), took(420, 919, { window: 0 }), ...LAST]],
    ['an ACK that was sent twice', [...GOES_ON, more(400, 901, { payloadBytes: 18 }), took(420, 919), took(440, 919)]],
    ['data that covers the FIN at once', [fin1(100), fin1(330), more(350, 901, { payloadBytes: 18 }), ...LAST]],
    ['the FIN sent again behind it', [fin1(100), ack1(120), more(140, 901), fin1(330), ack1(350, { seq: 910 })]],
    ['nothing behind it', [...GOES_ON, more(400, 901), took(420, 910)]],
  ])('have not gone on with %s', (_, sent) => expect(take(sent).kind).toBe(-1));

  it('may have been left half-closed: for how long since the first ACK', () => {
    const left = [fin1(100), fin1(330), ack1(350)];
    const { kind, connection, codes } = take(left);
    expect(kind).not.toBe(-1);
    expect(connection.outcome).toBe('half-closed');
    expect(codes).toEqual(expect.arrayContaining(['close-wait-lingering', 'teardown-w1-lost']));
    const short = take(left, { silenceSeconds: 59.9 });
    const long = take(left, { silenceSeconds: 601 });
    expect(new Set([-1, kind, short.kind, long.kind]).size).toBe(4);
    expect(take(left, { silenceSeconds: 2.9 }).kind).toBe(-1);
    const again = [fin1(100), ack1(120), fin1(330), ack1(350)];
    expect(take(again, { silenceSeconds: 59.8 }).kind).toBe(take(again).kind);
    expect(take(again, { silenceSeconds: 59.7 }).kind).not.toBe(take(again).kind);
    expect(take(again.slice(0, 3)).kind).toBe(-1);
  });

  const AGAIN: readonly Sent[] = [fin1(2100), fin1(2330), ack1(2350), fin2(2500), ack2(2520)];
  const [SYN_SENT, ANSWERED, THIRD, ...TALKED] = OPENING;
  const later = (sent: Sent, millis: number, fields: Partial<Row> = {}): Sent => [
    sent[0] + millis,
    sent[1],
    { ...sent[2], ...fields },
  ];
  const opened = (...opening: Sent[]): readonly Sent[] => [...opening, ...TALKED.map((sent) => later(sent, 1100))];

  it('may have sent a SYN again, which makes them others, or a SYN-ACK', () => {
    const plain = take(AGAIN);
    const late = [later(ANSWERED, 1000), later(THIRD, 1000)];
    const syn = take(AGAIN, { opening: opened(SYN_SENT, later(SYN_SENT, 1000), ...late) });
    const both = [later(ANSWERED, 1000, { tsVal: 2020 }), later(THIRD, 1000)];
    const synAck = take(AGAIN, { opening: opened(SYN_SENT, ANSWERED, ...both) });
    expect(new Set([-1, plain.kind, syn.kind]).size).toBe(3);
    expect(synAck.kind).toBe(plain.kind);
    expect(syn.codes).toEqual(
      expect.arrayContaining(['syn-retransmission', 'syn-lost-downstream', 'teardown-w1-lost']),
    );
    expect(synAck.codes).toContain('teardown-w1-lost');
  });

  it('are none if it is not clear which copy of a SYN or SYN-ACK was answered, or only the first one was', () => {
    const kindOf = (...opening: Sent[]): number => take(AGAIN, { opening: opened(...opening) }).kind;
    const late = [later(SYN_SENT, 1000), later(ANSWERED, 1000)];
    expect(kindOf(SYN_SENT, late[0], later(late[1], 0, { tsEcr: 1000 }), later(THIRD, 1000))).toBe(-1);
    expect(kindOf(SYN_SENT, late[0], later(late[1], 0, { tsEcr: 7 }), later(THIRD, 1000))).toBe(-1);
    const thrice = [SYN_SENT, ANSWERED, later(ANSWERED, 1000, { tsVal: 2020 })];
    expect(kindOf(...thrice, later(THIRD, 1000, { tsEcr: 7 }))).toBe(-1);
    expect(kindOf(...thrice, later(THIRD, 1000, { tsEcr: 1020 }))).toBe(-1);
  });

  const ACK_OF_NOTHING: Sent = [340, 'server', { flags: ACK, seq: 901, ack: 151, window: 999 }];
  const CLOSING = [ack1(350), ...PLAIN_END] as const;
  it.each<[string, readonly Sent[]]>([
    ['a copy sooner than a timer', [fin1(100), fin1(250), ack1(270), ...PLAIN_END]],
    ['a copy that the network made', [fin1(100), fin1(330, { tsVal: 1100, ipId: 6, checksum: 6 }), ...CLOSING]],
    ['a copy with another number', [fin1(100), fin1(330, { seq: 150 }), ...CLOSING]],
    ['a copy that acknowledges something else', [fin1(100), fin1(330, { ack: 900 }), ...CLOSING]],
    ['a copy with data', [fin1(100), fin1(330, { payloadBytes: 3 }), ...CLOSING]],
    ['a copy without time stamps', [fin1(100), fin1(330, { options: 0 }), ...CLOSING]],
    ['a copy older than what was sent before', [fin1(100), fin1(330, { tsVal: 1045 }), ...CLOSING]],
    ['a report of a duplicate', [fin1(100), fin1(330), ack1(350, { sack: [151, 152] }), ...PLAIN_END]],
    ['an answer that may be no answer', [fin1(100), fin1(330), ack1(590), fin2(800), ack2(820)]],
    ['an ACK that does not cover it', [fin1(100), fin1(330), ACK_OF_NOTHING, ...CLOSING]],
    ['a closed window', [fin1(100), fin1(330), ack1(350, { window: 0 }), ...PLAIN_END]],
    [
      'data behind the FIN',
      [fin1(100), fin1(330), ack1(350, { payloadBytes: 9 }), fin2(500, { seq: 910 }), ack2(520, { ack: 911 })],
    ],
    ['a reset', [fin1(100), fin1(330), ack1(350), [400, 'server', { flags: RST | ACK, seq: 901, ack: 152 }]]],
    [
      'a FIN that crossed it',
      [fin1(100), fin2(105, { ack: 151 }), fin1(330), fin2(340), ack2(350), ack1(360, { seq: 902 })],
    ],
    ['a repeat after the close', [fin1(100), fin1(330), ack1(350), ...PLAIN_END, fin1(900)]],
    ['an ACK that was sent twice', [fin1(100), fin1(330), ack1(350), ack1(380), ...PLAIN_END]],
    ['a repeat that was held back', [fin1(100), ack1(120), fin1(330, { tsVal: 1112 }), ack1(350), ...PLAIN_END]],
  ])('have no shape with %s', (_, sent) => expect(take(sent).kind).toBe(-1));

  it('have none if the close was slow, or the ends are far apart', () => {
    const sent = [fin1(100), fin1(330), ack1(350), ...PLAIN_END];
    const policy = resolvePolicy({ slowTeardownSeconds: 0.4 });
    expect(take(sent, { policy }).kind).toBe(-1);
    expect(take(sent, { policy }).codes).toContain('slow-teardown');
    const later = sent.map(([millis, from, fields]): Sent => [millis + 300, from, fields]);
    const [syn, ...others] = OPENING;
    const far = [syn, ...others.map(([millis, from, fields]): Sent => [millis + 90, from, fields])];
    expect(take(later).kind).not.toBe(-1);
    expect(take(later, { opening: far }).kind).toBe(-1);
  });
});

describe('closes of any sort', () => {
  it('are of a kind only with those that come to the same', () => {
    const briefs = new Map<number, string>();
    const ending = fc.constantFrom(0.5, 3.5, 3.5, 61, 61, 700);
    const opened = fc.constantFrom(...OPENINGS);
    let ofKind = 0;
    fc.assert(
      fc.property(
        anyClose,
        ending,
        opened,
        fc.constantFrom('client', 'server'),
        (steps, silenceSeconds, opening, first) => {
          const beginsAt = (opening.at(-1)?.[0] ?? 0) + 10;
          const fin: Step = { what: 'fin1', gap: 0, age: 0, ignores: 0 };
          const sent = closeOf([fin, ...steps], beginsAt, first);
          const { kind, connection } = take(sent, { silenceSeconds, opening });
          if (kind === -1) return;
          ofKind++;
          const { outcome, closedFirst, resetBy, findings } = connection;
          const codes = findings.map(({ code, at, severity }) => [code, at, severity]);
          const brief = JSON.stringify([outcome, closedFirst, resetBy, codes]);
          expect(brief).toBe(briefs.get(kind) ?? brief);
          briefs.set(kind, brief);
        },
      ),
      { numRuns: 3000, seed: 20_261_121 },
    );
    expect(ofKind).toBeGreaterThan(300);
  });
});
