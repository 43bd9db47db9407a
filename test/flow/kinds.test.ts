import { describe, expect, it } from 'vitest';
import { TcpFlag } from '../../src/wire/batch.ts';
import { makeRow, type Row, SYN_OPTIONS, track } from '../support/rows.ts';

const { SYN, ACK, FIN } = TcpFlag;
const CLIENT = { words: [0x0a000001, 0, 0, 0], port: 40_000 };
const SERVER = { words: [0x0a800001, 0, 0, 0], port: 80 };
const USUAL_NANOS = 10_000_000;
const SLOW_NANOS = 250_000_000;

/** How many connections were taken for ones of a kind, when the segment at `slow` comes late. */
function alike(slow: number): number {
  const segments: [Row['source'], Row['source'], Partial<Row>][] = [
    [CLIENT, SERVER, { flags: SYN, seq: 100, options: SYN_OPTIONS, mss: 1460 }],
    [SERVER, CLIENT, { flags: SYN | ACK, seq: 900, ack: 101, options: SYN_OPTIONS, mss: 1460 }],
    [CLIENT, SERVER, { flags: ACK, seq: 101, ack: 901 }],
    [CLIENT, SERVER, { flags: ACK, seq: 101, ack: 901, payloadBytes: 50 }],
    [SERVER, CLIENT, { flags: ACK, seq: 901, ack: 151 }],
    [CLIENT, SERVER, { flags: ACK | FIN, seq: 151, ack: 901 }],
    [SERVER, CLIENT, { flags: ACK | FIN, seq: 901, ack: 152 }],
    [CLIENT, SERVER, { flags: ACK, seq: 152, ack: 902 }],
  ];
  let timeNanos = 0;
  const rows = segments.map(([source, destination, fields], index) => {
    timeNanos += index === slow ? SLOW_NANOS : USUAL_NANOS;
    return makeRow({ frame: index + 1, timeNanos, source, destination, ...fields });
  });
  const { kinds } = track({ rows, icmpErrors: [], endNanos: timeNanos + 1e9, timeBase: { epochSeconds: 0 } });
  return [...kinds.values()].flat().length;
}

describe('connections that are taken to be alike', () => {
  it('went by the book', () => expect(alike(-1)).toBe(1));

  it('may have been silent for long while they were open', () => expect(alike(5)).toBe(1));

  it.each([
    ['the SYN-ACK', 1],
    ['the third segment', 2],
    ['the second FIN', 6],
    ['the last ACK', 7],
  ])('are none in which %s was slow', (_, index) => expect(alike(index)).toBe(0));
});
