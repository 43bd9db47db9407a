import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TcpFlag, TcpOption } from '../../src/wire/batch.ts';
import { makeRow, type Recording, type Row, SYN_OPTIONS, track } from '../support/rows.ts';

const { SYN, ACK, FIN, RST, PSH } = TcpFlag;
const CLIENT = { words: [0x0a000001, 0, 0, 0], port: 40_000 };
const SERVER = { words: [0x0a000002, 0, 0, 0], port: 80 };
const ENDS = [CLIENT, SERVER] as const;
const STEP_NANOS = 1_000_000;
const OPENING_ROWS = 3;

/** How a conversation looks from outside. */
interface Style {
  readonly isStamped: boolean;
  readonly hasIpIds: boolean;
  /** Taken in turns. */
  readonly windows: readonly number[];
}

/** Writes the rows of one conversation; `end` 0 is the client. */
class Conversation {
  readonly rows: Row[] = [];
  nanos = 0;
  readonly next: [number, number];
  readonly #style: Style;

  constructor(isns: readonly [number, number], style: Style) {
    this.next = [isns[0], isns[1]];
    this.#style = style;
  }

  /** Sends what comes next of an end, acknowledging all of the other's; `changes` make it odd. */
  send(end: 0 | 1, flags: number, payloadBytes = 0, changes: Partial<Row> = {}): void {
    const peer = end === 0 ? 1 : 0;
    const { rows } = this;
    const { isStamped, hasIpIds, windows } = this.#style;
    this.nanos += STEP_NANOS;
    const syn = (flags & SYN) !== 0 ? SYN_OPTIONS : 0;
    rows.push(
      makeRow({
        frame: rows.length + 1,
        timeNanos: this.nanos,
        source: ENDS[end],
        destination: ENDS[peer],
        flags,
        seq: this.next[end],
        ack: (flags & ACK) !== 0 ? this.next[peer] : 0,
        payloadBytes,
        window: windows[rows.length % windows.length],
        options: syn | (isStamped ? TcpOption.TIMESTAMPS : 0),
        tsVal: isStamped ? wrap(this.nanos / 1e6 + 0xffff_f000) : 0,
        ipId: hasIpIds ? rows.length + 1 : 0,
        mss: syn !== 0 ? 1460 : 0,
        ...changes,
      }),
    );
    if (changes.seq !== undefined) return;
    const counted = (flags & SYN ? 1 : 0) + (flags & FIN ? 1 : 0);
    this.next[end] = (this.next[end] + payloadBytes + counted) >>> 0;
  }

  open(): void {
    this.send(0, SYN);
    this.send(1, SYN | ACK);
    this.send(0, ACK);
  }

  /** The capture began later, if there is anything later. */
  loseOpening(): void {
    if (this.rows.length > OPENING_ROWS) this.rows.splice(0, OPENING_ROWS);
  }

  get recording(): Recording {
    const timeBase = { epochSeconds: 1_790_000_000 };
    return { rows: this.rows, icmpErrors: [], endNanos: this.nanos + 400e9, timeBase };
  }
}

function expectSame(conversation: Conversation): void {
  const full = track(conversation.recording, { alwaysInFull: true });
  expect(track(conversation.recording).connections).toEqual(full.connections);
}

/** Segments with data that both ends send in turns. */
const PATTERNS = { download: [0, 2], upload: [2, 0], dialogue: [1, 1] } as const;
type Pattern = keyof typeof PATTERNS;

/** Sends `count` plain segments. */
function chat(conversation: Conversation, pattern: Pattern, count: number, payloadBytes: number): void {
  const burst = PATTERNS[pattern];
  const until = conversation.rows.length + count;
  while (conversation.rows.length < until) {
    for (const end of [0, 1] as const) {
      for (let i = 0; i < burst[end]; i++) conversation.send(end, ACK | PSH, payloadBytes);
      if (burst[end] > 0) conversation.send(end === 0 ? 1 : 0, ACK);
    }
  }
}

type Oddity = (conversation: Conversation, end: 0 | 1) => void;

/** What happens after a long time without events. */
const ODDITIES: Record<string, Oddity> = {
  nothing: () => {},
  'a retransmission': (conversation, end) => {
    const last = conversation.rows.findLast((row) => row.source === ENDS[end] && row.payloadBytes > 0);
    const { seq, payloadBytes } = last ?? { seq: conversation.next[end], payloadBytes: 10 };
    if (last) conversation.send(end, ACK | PSH, payloadBytes, { seq });
  },
  'a hole': (conversation, end) => {
    const seq = conversation.next[end];
    conversation.send(end, ACK, 100, { seq: (seq + 100) >>> 0 });
    conversation.send(end === 0 ? 1 : 0, ACK, 0, { options: TcpOption.SACK, sack: [seq + 100, seq + 200].map(wrap) });
    conversation.send(end, ACK, 100);
    conversation.next[end] = wrap(seq + 200);
  },
  'an old segment': (conversation, end) => conversation.send(end, ACK, 10, { seq: wrap(conversation.next[end] - 500) }),
  'a keep-alive': (conversation, end) => {
    conversation.nanos += 75e9;
    conversation.send(end, ACK, 0, { seq: wrap(conversation.next[end] - 1) });
    conversation.send(end === 0 ? 1 : 0, ACK);
  },
  'a closed window': (conversation, end) => {
    conversation.send(end, ACK, 0, { window: 0 });
    conversation.nanos += 1e9;
    conversation.send(end === 0 ? 1 : 0, ACK, 1);
    conversation.send(end, ACK, 0, { window: 600 });
  },
  'a duplicate ACK': (conversation, end) => {
    conversation.send(end, ACK);
    conversation.send(end, ACK);
  },
  'a capture duplicate': (conversation) => {
    const last = conversation.rows[conversation.rows.length - 1];
    conversation.rows.push({ ...last, frame: last.frame + 1, timeNanos: last.timeNanos + 10_000 });
  },
  'a superframe': (conversation, end) => conversation.send(end, ACK | PSH, 60_000),
  'a reset': (conversation, end) => conversation.send(end, RST | ACK),
  'a bare reset': (conversation, end) => conversation.send(end, RST, 0, { window: 0 }),
  'a reset within the window': (conversation, end) =>
    conversation.send(end, RST, 0, { window: 0, seq: wrap(conversation.next[end] + 50) }),
  'a repeated SYN': (conversation) => {
    const [syn] = conversation.rows;
    conversation.rows.push({ ...syn, frame: conversation.rows.length + 1, timeNanos: conversation.nanos + 1000 });
  },
  'a new SYN': (conversation) => {
    conversation.send(0, SYN, 0, { seq: wrap(conversation.next[0] + 100_000) });
    conversation.send(1, ACK);
  },
  'an ACK ahead of its data': (conversation, end) => {
    const peer = end === 0 ? 1 : 0;
    conversation.send(peer, ACK, 0, { ack: wrap(conversation.next[end] + 400) });
    conversation.send(end, ACK, 400);
  },
  'octets that were never captured': (conversation, end) => {
    conversation.next[end] = wrap(conversation.next[end] + 4000);
    conversation.send(end, ACK, 400);
  },
  'no ACK flag': (conversation, end) => conversation.send(end, PSH, 0),
  'an urgent segment': (conversation, end) => conversation.send(end, ACK | TcpFlag.URG, 5),
};

const wrap = (number: number): number => number >>> 0;

function close(conversation: Conversation, end: 0 | 1): void {
  const peer = end === 0 ? 1 : 0;
  conversation.send(end, FIN | ACK);
  conversation.send(peer, ACK);
  conversation.send(peer, FIN | ACK);
  conversation.send(end, ACK);
}

const anyIsn = fc.oneof(
  fc.integer({ min: 0, max: 0xffffffff }),
  fc.constantFrom(0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffe),
);
const anyStyle = fc.record({
  isStamped: fc.boolean(),
  hasIpIds: fc.boolean(),
  windows: fc.array(fc.integer({ min: 1, max: 65_535 }), { minLength: 1, maxLength: 5 }),
});
const anyEnd = fc.constantFrom(0, 1) as fc.Arbitrary<0 | 1>;
const anyPattern = fc.constantFrom(...(Object.keys(PATTERNS) as Pattern[]));

describe('a long connection by the book, of which only the ends are kept', () => {
  for (const [name, make] of Object.entries(ODDITIES)) {
    it(`equals the one that the machine followed, then ${name}`, () => {
      fc.assert(
        fc.property(
          fc.tuple(anyIsn, anyIsn),
          fc.array(fc.tuple(anyPattern, fc.integer({ min: 0, max: 300 })), { minLength: 1, maxLength: 4 }),
          fc.constantFrom(1, 100, 1460, 30_000),
          fc.integer({ min: 0, max: 120 }),
          anyEnd,
          anyEnd,
          anyStyle,
          fc.boolean(),
          (isns, stretches, payloadBytes, after, odd, closer, style, isSeenFromTheStart) => {
            const conversation = new Conversation(isns, style);
            conversation.open();
            for (const [pattern, count] of stretches) chat(conversation, pattern, count, payloadBytes);
            if (!isSeenFromTheStart) conversation.loseOpening();
            make(conversation, odd);
            if (after > 20) chat(conversation, 'dialogue', after, payloadBytes);
            if (after % 2 === 0) close(conversation, closer);
            expectSame(conversation);
          },
        ),
        { numRuns: 40 },
      );
    });
  }

  it('counts octets right when the numbers wrap several times', () => {
    const conversation = new Conversation([0xffff_0000, 17], { isStamped: false, hasIpIds: true, windows: [500] });
    conversation.open();
    const segments = 4200;
    for (let i = 0; i < segments; i++) {
      conversation.send(1, ACK | PSH, 0x40_0000);
      conversation.send(0, ACK);
    }
    close(conversation, 1);
    const [connection] = track(conversation.recording).connections;
    expect(connection.endpoints.server.payloadBytes).toBe(segments * 0x40_0000);
    expect(connection.endpoints.server.payloadBytes).toBeGreaterThan(4 * 2 ** 32);
    expect(connection.endpoints.server.retransmittedSegments).toBe(0);
    expect(connection.outcome).toBe('graceful');
    expectSame(conversation);
  });
});
