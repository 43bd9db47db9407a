/** Connections in which FINs are sent again, and what else may become of a close. */
import fc from 'fast-check';
import { TcpFlag, TcpOption } from '../../src/wire/batch.ts';
import { makeRow, type Recording, type Row, SYN_OPTIONS } from './rows.ts';

const { SYN, ACK, FIN, RST } = TcpFlag;
const CLIENT = { words: [0x0a000001, 0, 0, 0], port: 40_000 };
const SERVER = { words: [0x0a800001, 0, 0, 0], port: 80 };

/** Milliseconds, who sends it, and what; unless said otherwise, time stamps are in milliseconds too, and echo the latest of the other end. */
export type Sent = readonly [millis: number, from: 'client' | 'server', fields: Partial<Row>];

export const OPENING: readonly Sent[] = [
  [0, 'client', { flags: SYN, seq: 100 }],
  [20, 'server', { flags: SYN | ACK, seq: 900, ack: 101 }],
  [40, 'client', { flags: ACK, seq: 101, ack: 901 }],
  [50, 'client', { flags: ACK, seq: 101, ack: 901, payloadBytes: 50 }],
  [70, 'server', { flags: ACK, seq: 901, ack: 151 }],
];
export const fin1 = (millis: number, fields: Partial<Row> = {}): Sent => [
  millis,
  'client',
  { flags: ACK | FIN, seq: 151, ack: 901, ...fields },
];
export const ack1 = (millis: number, fields: Partial<Row> = {}): Sent => [
  millis,
  'server',
  { flags: ACK, seq: 901, ack: 152, ...fields },
];
export const fin2 = (millis: number, fields: Partial<Row> = {}): Sent => [
  millis,
  'server',
  { flags: ACK | FIN, seq: 901, ack: 152, ...fields },
];
export const ack2 = (millis: number, fields: Partial<Row> = {}): Sent => [
  millis,
  'client',
  { flags: ACK, seq: 152, ack: 902, ...fields },
];

export interface CloseOptions {
  readonly silenceSeconds?: number;
  readonly opening?: readonly Sent[];
  /** Ends that do not permit SACK. */
  readonly withoutSack?: readonly ('client' | 'server')[];
  /** Ticks of the time stamps in a millisecond. */
  readonly ticks?: number;
}

/** Segments of both ends, no two of the same octets, behind an opening, and silence behind them. */
export function recordClose(
  sent: readonly Sent[],
  { silenceSeconds = 70, opening = OPENING, withoutSack = [], ticks = 1 }: CloseOptions = {},
): Recording {
  const latest = { client: 0, server: 0 };
  const rows = [...opening, ...sent].map(([millis, from, fields], index) => {
    const isSyn = ((fields.flags ?? 0) & SYN) !== 0;
    const tsVal = fields.tsVal ?? 1000 + millis;
    const tsEcr = latest[from === 'client' ? 'server' : 'client'];
    latest[from] = tsVal;
    const offers = withoutSack.includes(from) ? TcpOption.MSS : SYN_OPTIONS;
    return makeRow({
      frame: index + 1,
      timeNanos: millis * 1e6,
      source: from === 'client' ? CLIENT : SERVER,
      destination: from === 'client' ? SERVER : CLIENT,
      options: (isSyn ? offers : 0) | TcpOption.TIMESTAMPS,
      ...(isSyn ? { mss: 1460 } : {}),
      ipId: index + 1,
      checksum: index + 1,
      ...fields,
      tsVal: tsVal * ticks,
      tsEcr: (fields.tsEcr ?? tsEcr) * ticks,
    });
  });
  const endNanos = (rows.at(-1)?.timeNanos ?? 0) + silenceSeconds * 1e9;
  return { rows, icmpErrors: [], endNanos, timeBase: { epochSeconds: 0 } };
}

/** One step of a close that anything may follow: who does what, how long after the step before, and what its time stamps say. */
export interface Step {
  readonly what: 'fin1' | 'ack1' | 'data' | 'ackOfData' | 'fin2' | 'ack2' | 'reset';
  readonly gap: number;
  /** How much older its time stamp is than its time, milliseconds, and how many segments of the other end it ignores. */
  readonly age: number;
  readonly ignores: number;
}

const GAPS = [0, 0.5, 3, 20, 45, 130, 210, 250, 460, 1200] as const;
const anyStep: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom(
    ...(['fin1', 'fin1', 'ack1', 'ack1', 'data', 'data', 'ackOfData', 'ackOfData'] as const),
    ...(['fin2', 'fin2', 'ack2', 'ack2', 'reset'] as const),
  ),
  gap: fc.constantFrom(...GAPS),
  age: fc.constantFrom(0, 0, 0, 0, 0, 0, 300),
  ignores: fc.constantFrom(0, 0, 0, 0, 1, 2),
});

const step = (what: Step['what'], ...gaps: number[]): fc.Arbitrary<Step> =>
  fc.record({
    what: fc.constant(what),
    gap: fc.constantFrom(...gaps),
    age: fc.constant(0),
    ignores: fc.constantFrom(0, 0, 0, 0, 1, 2),
  });
const many = (steps: fc.Arbitrary<Step>[], maxLength: number, minLength = 0): fc.Arbitrary<Step[]> =>
  fc.array(fc.tuple(...steps), { minLength, maxLength }).map((each) => each.flat());
const repeated = (what: 'fin1' | 'fin2'): fc.Arbitrary<Step> => step(what, 210, 230, 460, 1200, 1800);

/** A close as it goes if segments are lost, cut off anywhere, perhaps with a step that is put in or changed. */
export const anyClose: fc.Arbitrary<Step[]> = fc
  .tuple(
    many([repeated('fin1')], 3),
    many([step('ack1', 0.5, 3, 20, 45, 200)], 1),
    many([repeated('fin1'), step('ack1', 0.5, 3, 20, 45)], 1),
    many([step('data', 0, 20, 1200), step('ackOfData', 3, 20)], 2),
    many([step('fin2', 0.5, 20, 45, 1200)], 1, 1),
    many([repeated('fin2')], 3),
    many([step('ack2', 0.5, 3, 20, 45, 200)], 1, 1),
    many([repeated('fin2'), step('ack2', 0.5, 3, 20, 45)], 1),
  )
  .map((parts) => parts.flat())
  .chain((steps) =>
    fc
      .tuple(
        fc.oneof(fc.constant(steps.length), fc.constant(steps.length), fc.nat(steps.length)),
        fc.array(fc.tuple(fc.nat(), fc.nat(1), anyStep), { maxLength: 1 }),
      )
      .map(([length, changes]) => {
        const kept = steps.slice(0, length);
        for (const [at, isChanged, other] of changes) kept.splice(at % (kept.length + 1), isChanged, other);
        return kept;
      }),
  );

/** The segments of a close, numbers of which go on from one to the next. */
export function closeOf(steps: readonly Step[], beginsAt: number, first: 'client' | 'server'): Sent[] {
  const second = first === 'client' ? 'server' : 'client';
  const mine = first === 'client' ? 151 : 901;
  const start = first === 'client' ? 901 : 151;
  const sent = { [first]: [1000], [second]: [1000] } as Record<'client' | 'server', number[]>;
  let next = start;
  let fin2 = -1;
  let millis = beginsAt;
  const plan = { flags: FIN | ACK, seq: mine, ack: start };
  return steps.map(({ what, gap, age, ignores }) => {
    millis += gap;
    const from = what === 'fin1' || what === 'ackOfData' || what === 'ack2' || what === 'reset' ? first : second;
    const heard = sent[from === first ? second : first];
    const tsVal = Math.floor(1000 + millis - age);
    const tsEcr = heard[Math.max(0, heard.length - 1 - ignores)];
    sent[from].push(tsVal);
    let fields: Partial<Row> = plan;
    if (what === 'ack1') fields = { flags: ACK, seq: next, ack: mine + 1 };
    else if (what === 'ackOfData') fields = { flags: ACK, seq: mine + 1, ack: next };
    else if (what === 'ack2') fields = { flags: ACK, seq: mine + 1, ack: fin2 === -1 ? next : fin2 + 1 };
    else if (what === 'reset') fields = { flags: RST, seq: mine + 1, window: 0 };
    else if (what === 'fin2') {
      if (fin2 === -1) fin2 = next;
      fields = { flags: FIN | ACK, seq: fin2, ack: mine + 1 };
    } else if (what === 'data') {
      fields = { flags: ACK, seq: next, ack: mine + 1, payloadBytes: 9 };
      next += 9;
    }
    return [millis, from, { ...fields, tsVal, tsEcr }];
  });
}

const again = (sent: Sent, millis: number): Sent => [sent[0] + millis, sent[1], sent[2]];
const [SYN_SENT, ANSWERED, ...REST] = OPENING;
const late = REST.map((sent) => again(sent, 1000));
/** Ways to open: by the book, with a SYN or SYN-ACK sent again, on a longer way. */
export const OPENINGS: readonly (readonly Sent[])[] = [
  OPENING,
  [SYN_SENT, again(SYN_SENT, 1000), again(ANSWERED, 1000), ...late],
  [SYN_SENT, ANSWERED, again(ANSWERED, 1000), ...late],
  [SYN_SENT, ANSWERED, ...REST.map((sent) => again(sent, 70))],
];
