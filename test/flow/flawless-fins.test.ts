import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TcpFlag } from '../../src/wire/batch.ts';
import {
  ack1,
  ack2,
  anyClose,
  type CloseOptions,
  closeOf,
  fin1,
  fin2,
  OPENING,
  OPENINGS,
  recordClose,
  type Sent,
  type Step,
} from '../support/closes.ts';
import { track } from '../support/rows.ts';

const { ACK } = TcpFlag;

interface Told {
  /** Whether it is told from its rows; the text is that of what the machine makes of it. */
  readonly isTold: boolean;
  readonly outcome: string;
  readonly codes: readonly string[];
}

function tell(sent: readonly Sent[], options: CloseOptions = {}, timeWaitSeconds = 60): Told {
  const recording = recordClose(sent, options);
  const { connections } = track(recording, { alwaysInFull: true, timeWaitSeconds });
  const { told } = track(recording, { timeWaitSeconds });
  const [connection] = connections;
  expect(connections).toHaveLength(1);
  for (const text of told.values()) expect(text).toBe(JSON.stringify(connection));
  return { isTold: told.size === 1, outcome: connection.outcome, codes: connection.findings.map(({ code }) => code) };
}

/** The other way round: the server closes first. */
const swap = (sent: readonly Sent[]): Sent[] =>
  sent.map(([millis, from, fields]) => {
    const { seq = 0, ack = 0 } = fields;
    const move = (number: number): number => (number < 500 ? number + 750 : number - 750);
    return [millis, from === 'client' ? 'server' : 'client', { ...fields, seq: move(seq), ack: move(ack) }];
  });

const PLAIN_END = [fin2(2000), ack2(2020)] as const;
const LATE_END = [fin2(5000), ack2(5020)] as const;
const more = (millis: number, seq: number): Sent => [millis, 'server', { flags: ACK, seq, ack: 152, payloadBytes: 9 }];
const took = (millis: number, ack: number): Sent => [millis, 'client', { flags: ACK, seq: 152, ack }];
const MANY = [330, 800, 1700];

describe('a close in which FINs were sent again is told from its rows as the machine tells it', () => {
  const twice = [fin1(100), fin1(330)];
  const covered = [fin1(100), ack1(120)];
  it.each<[string, readonly Sent[], string[]]>([
    ['the first FIN was lost', [...twice, ack1(350), ...PLAIN_END], ['teardown-w1-lost']],
    ['it was lost often', [fin1(100), ...MANY.map((at) => fin1(at)), ack1(1720), ...PLAIN_END], ['teardown-w1-lost']],
    ['its ACK was lost before the tap', [...twice, ack1(350, { tsEcr: 1100 }), ...PLAIN_END], []],
    ['the ACK echoes none of them', [...twice, ack1(350, { tsEcr: 7 }), ...PLAIN_END], []],
    ['its ACK was lost behind the tap', [...covered, fin1(330), ack1(350), ...PLAIN_END], ['teardown-w2-lost']],
    ['the second FIN was lost', [...covered, fin2(200), fin2(430), ack2(450)], ['teardown-w3-lost']],
    ['so was it, in three segments', [fin1(100), fin2(120), fin2(350), ack2(370)], ['teardown-w3-lost']],
    [
      'the last ACK was lost before the tap',
      [...covered, fin2(200), fin2(430), ack2(450, { tsEcr: 1200 })],
      ['teardown-w4-lost'],
    ],
    [
      'so was it, in three segments',
      [fin1(100), fin2(120), fin2(350), ack2(370, { tsEcr: 1120 })],
      ['teardown-w4-lost'],
    ],
    [
      'the last ACK was lost behind the tap',
      [...covered, fin2(200), ack2(220), fin2(430), ack2(450)],
      ['teardown-w4-lost'],
    ],
    ['so was it, in three segments', [fin1(100), fin2(120), ack2(140), fin2(350), ack2(370)], ['teardown-w4-lost']],
    [
      'both ends had to',
      [...twice, ack1(350), fin2(500), ...MANY.map((at) => fin2(at + 400)), ack2(2120)],
      ['teardown-w1-lost', 'teardown-w3-lost'],
    ],
    [
      'both ACKs were lost behind the tap',
      [...covered, fin1(330), ack1(350), fin2(500), ack2(520), fin2(730), ack2(750)],
      ['teardown-w2-lost', 'teardown-w4-lost'],
    ],
    [
      'it went on in one direction',
      [...twice, ack1(350), more(400, 901), took(420, 910), fin2(800, { seq: 910 }), ack2(820, { ack: 911 })],
      ['teardown-w1-lost', 'half-close'],
    ],
    ['nothing follows', [...twice, ack1(350)], ['teardown-w1-lost', 'close-wait-lingering']],
    ['nothing follows a repeat', [...covered, fin1(330), ack1(350)], ['teardown-w2-lost', 'close-wait-lingering']],
    ['the first FIN is never acknowledged', [...twice], []],
    ['nor is it when it was sent often', [...twice, fin1(800)], ['fin-unacknowledged']],
    ['the second FIN is never acknowledged', [...covered, fin2(200), fin2(430)], ['final-ack-missing']],
    [
      'nor is it when it was sent often',
      [...covered, fin2(200), ...MANY.map((at) => fin2(at + 100))],
      ['final-ack-missing', 'last-ack-give-up'],
    ],
    ['nor is it in three segments', [fin1(100), fin2(120), fin2(350)], ['final-ack-missing', 'time-wait-owner']],
    [
      'nor is it, and nobody acknowledged the data behind the first one',
      [...covered, more(140, 901), fin2(200, { seq: 910 }), fin2(430, { seq: 910 })],
      ['final-ack-missing'],
    ],
    [
      'nor is it, and data behind the first one was acknowledged',
      [...covered, more(140, 901), took(160, 910), fin2(200, { seq: 910 }), fin2(430, { seq: 910 })],
      ['final-ack-missing', 'half-close'],
    ],
  ])('when %s', (_, sent, codes) => {
    const sided = [sent, swap(sent)];
    for (const each of sided) {
      const { codes: found } = tell(each);
      expect(found).toEqual(expect.arrayContaining([...codes]));
      for (const silenceSeconds of [3.5, 59, 61, 700]) {
        for (const timeWaitSeconds of [0.001, 60]) {
          expect(tell(each, { silenceSeconds }, timeWaitSeconds).isTold).toBe(true);
        }
        expect(tell(each, { silenceSeconds, ticks: 1000, withoutSack: ['server'] }).isTold).toBe(true);
      }
      expect(tell(each, { silenceSeconds: 2.9 }).isTold).toBe(false);
    }
  });

  it('also if the ACK of a FIN that was sent again was lost before the tap and no end knows SACK', () => {
    const sent = [fin1(100), fin1(330), ack1(350, { tsEcr: 1100 }), ...PLAIN_END];
    const { isTold, codes } = tell(sent, { withoutSack: ['client', 'server'] });
    expect(isTold).toBe(true);
    expect(codes).toContain('teardown-w2-lost');
  });

  it('also if octets before the FIN were never acknowledged', () => {
    const opening = OPENING.slice(0, 4);
    for (const bytes of [0, 1, 50]) {
      const [third, data] = opening.slice(2);
      const last: Sent = [data[0], data[1], { ...data[2], payloadBytes: bytes, seq: 151 - bytes }];
      const before = [...opening.slice(0, 2), [third[0], third[1], { ...third[2], seq: 151 - bytes }]] as Sent[];
      const syn: Sent = [0, 'client', { ...before[0][2], seq: 150 - bytes }];
      const answer: Sent = [20, 'server', { ...before[1][2], ack: 151 - bytes }];
      const opened = [syn, answer, before[2], ...(bytes === 0 ? [] : [last])];
      const { isTold, codes } = tell([fin1(100), fin1(330), fin1(800)], { opening: opened });
      expect(isTold).toBe(true);
      expect(codes).toContain('fin-unacknowledged');
    }
  });

  it.each<[string, readonly Sent[]]>([
    ['a repeat has other numbers', [fin1(100), fin1(330, { seq: 150 }), ack1(350), ...PLAIN_END]],
    ['a repeat came too soon', [fin1(100), fin1(250), ack1(270), ...PLAIN_END]],
    ['the ACK reports a duplicate', [fin1(100), fin1(330), ack1(350, { sack: [151, 152] }), ...PLAIN_END]],
    ['the ACK was sent twice', [fin1(100), fin1(330), ack1(350), ack1(380), ...PLAIN_END]],
    [
      'its FIN comes later than an ACK would, which closes it in three segments',
      [fin1(100), fin2(190), fin2(420), ack2(440)],
    ],
    [
      'it is sent again too often',
      [fin1(100), ...Array.from({ length: 17 }, (_, index) => fin1(330 + index * 230)), ack1(4030), ...LATE_END],
    ],
    [
      'there is too much data behind it',
      [
        ...covered,
        ...Array.from({ length: 16 }, (_, index) => more(200 + index, 901 + index * 9)),
        fin2(400, { seq: 1045 }),
        fin2(630, { seq: 1045 }),
        ack2(650, { ack: 1046 }),
      ],
    ],
  ])('but not if %s', (_, sent) => {
    expect(tell(sent).isTold).toBe(false);
  });

  it('sixteen times at most', () => {
    const copies = Array.from({ length: 16 }, (_, index) => fin1(330 + index * 230));
    expect(tell([fin1(100), ...copies, ack1(3800), ...LATE_END]).isTold).toBe(true);
  });

  it('whatever is sent again, lost and left open', () => {
    const told = new Map<string, number>();
    fc.assert(
      fc.property(
        anyClose,
        fc.record({
          silenceSeconds: fc.constantFrom(0.5, 3.5, 3.5, 61, 61, 700),
          opening: fc.constantFrom(...OPENINGS),
          withoutSack: fc.constantFrom<('client' | 'server')[]>([], [], [], ['client'], ['client', 'server']),
          ticks: fc.constantFrom(1, 1, 1, 1000),
        }),
        fc.constantFrom('client', 'server'),
        fc.constantFrom(60, 60, 1, 0.001),
        (steps, options, first, timeWaitSeconds) => {
          const beginsAt = (options.opening.at(-1)?.[0] ?? 0) + 10;
          const fin: Step = { what: 'fin1', gap: 0, age: 0, ignores: 0 };
          const { isTold, outcome } = tell(closeOf([fin, ...steps], beginsAt, first), options, timeWaitSeconds);
          if (isTold) told.set(outcome, (told.get(outcome) ?? 0) + 1);
        },
      ),
      { numRuns: 3000, seed: 20_261_123 },
    );
    expect([...told.keys()].sort()).toEqual(['fin-unacknowledged', 'final-ack-missing', 'graceful', 'half-closed']);
    for (const [outcome, count] of told) expect(count, outcome).toBeGreaterThan(20);
  });
});
