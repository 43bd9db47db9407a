import { describe, expect, it } from 'vitest';
import { TcpFlag } from '../../src/wire/batch.ts';
import { makeRow, type Recording, type Row, SYN_OPTIONS, track } from '../support/rows.ts';

const { SYN, ACK, RST } = TcpFlag;
const SERVER = { words: [0x0a800001, 0, 0, 0], port: 80 };
const client = (n: number): Row['source'] => ({ words: [0x0a000000 + (n >> 4), 0, 0, 0], port: 40_000 + (n & 15) });

/** Collects rows in the order in which they are written. */
class Capture {
  readonly rows: Row[] = [];
  nanos = 0;

  put(from: Row['source'], to: Row['source'], changes: Partial<Row>): void {
    this.nanos += 1_000_000;
    const frame = this.rows.length + 1;
    const options = ((changes.flags ?? 0) & SYN) !== 0 ? SYN_OPTIONS : 0;
    this.rows.push(makeRow({ frame, timeNanos: this.nanos, source: from, destination: to, options, ...changes }));
  }

  refuse(from: Row['source'], isn: number, scope = 0): void {
    this.put(from, SERVER, { flags: SYN, seq: isn, scope });
    this.put(SERVER, from, { flags: RST | ACK, ack: isn + 1, window: 0, scope });
  }

  open(from: Row['source'], isn: number, scope = 0): void {
    this.put(from, SERVER, { flags: SYN, seq: isn, scope });
    this.put(SERVER, from, { flags: SYN | ACK, seq: 9000, ack: isn + 1, scope });
    this.put(from, SERVER, { flags: ACK, seq: isn + 1, ack: 9001, scope });
  }

  get recording(): Recording {
    return { rows: this.rows, icmpErrors: [], endNanos: this.nanos + 1e9, timeBase: { epochSeconds: 0 } };
  }
}

/** Just below what is kept of connections that are over. */
const MANY = 32_700;
/** So many more, after a pause, push the first ones out. */
const MORE = 600;

describe('the tracker', () => {
  it('hands over what has been over for long, and starts anew on the tuple', () => {
    const capture = new Capture();
    capture.refuse(client(0), 100);
    for (let n = 1; n <= MANY; n++) capture.refuse(client(n), 1000 + n);
    capture.nanos += 100e9;
    for (let n = MANY + 1; n <= MANY + MORE; n++) capture.refuse(client(n), 1000 + n);
    // Without the old connection nothing makes this an answer to anything.
    capture.put(SERVER, client(0), { flags: RST | ACK, seq: 0, ack: 101, window: 0 });
    const { connections } = track(capture.recording);
    expect(connections).toHaveLength(MANY + MORE + 2);
    expect(connections.at(-1)).toMatchObject({ firstFrame: capture.rows.length, outcome: 'partial' });
  });

  it('does not give the segments of a forgotten VLAN to the tuple that has its place now', () => {
    const capture = new Capture();
    capture.open(client(0), 100, 1);
    capture.refuse(client(0), 500_000_000, 2);
    for (let n = 1; n <= MANY; n++) capture.refuse(client(n), 1000 + n);
    capture.nanos += 100e9;
    for (let n = MANY + 1; n <= MANY + MORE; n++) capture.refuse(client(n), 1000 + n);
    const strangers = Array.from({ length: 2 * MORE }, (_, n) => client(100_000 + n));
    for (const stranger of strangers) capture.put(stranger, SERVER, { flags: SYN, seq: 77 });
    capture.refuse(client(0), 800_000_000, 2);
    const { connections } = track(capture.recording);
    const last = connections.slice(-strangers.length - 1);
    const refused = last.pop();
    expect([refused?.outcome, refused?.lastFrame]).toEqual(['refused', capture.rows.length]);
    expect(refused?.client).toEqual({ address: '10.0.0.0', port: 40_000 });
    expect(new Set(last.map(({ outcome, endpoints }) => `${outcome} ${endpoints.client.segments}`))).toEqual(
      new Set(['unanswered 1']),
    );
  });

  it('knows whose connection gives way to a new one while packed rows are gone through', () => {
    const capture = new Capture();
    // A SYN with FIN opens nothing; only the machine knows that the next SYN begins another connection.
    capture.put(client(5), SERVER, { flags: SYN | TcpFlag.FIN, seq: 100 });
    capture.put(client(5), SERVER, { flags: SYN, seq: 100 });
    capture.open(client(6), 300);
    capture.refuse(client(5), 700);
    const [fast, full] = [track(capture.recording), track(capture.recording, { alwaysInFull: true })];
    expect(fast.connections).toEqual(full.connections);
  });
});
