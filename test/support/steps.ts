/** One connection, step by step, and what kind it is of. */
import { expect } from 'vitest';
import { resolvePolicy } from '../../src/findings/policy.ts';
import type { ConnectionResult } from '../../src/report/result.ts';
import { TcpFlag } from '../../src/wire/batch.ts';
import { makeRow, type Row, SYN_OPTIONS, track } from './rows.ts';

const { SYN, ACK, FIN } = TcpFlag;
export const CLIENT = { words: [0x0a000001, 0, 0, 0], port: 40_000 };
export const SERVER = { words: [0x0a800001, 0, 0, 0], port: 80 };
const USUAL_NANOS = 10_000_000;
export const SLOW_NANOS = 150_000_000;
/** `SLOW_NANOS` is slow by this policy. */
const IMPATIENT = resolvePolicy({ slowHandshakeSeconds: 0.1, slowTeardownSeconds: 0.1 });

export type Step = [Row['source'], Row['source'], Partial<Row>];

export const SENT_SYN: Step = [CLIENT, SERVER, { flags: SYN, seq: 100, options: SYN_OPTIONS, mss: 1460 }];
export const OPENING: readonly Step[] = [
  SENT_SYN,
  [SERVER, CLIENT, { flags: SYN | ACK, seq: 900, ack: 101, options: SYN_OPTIONS, mss: 1460 }],
  [CLIENT, SERVER, { flags: ACK, seq: 101, ack: 901 }],
];
export const TALK: readonly Step[] = [
  [CLIENT, SERVER, { flags: ACK, seq: 101, ack: 901, payloadBytes: 50 }],
  [SERVER, CLIENT, { flags: ACK, seq: 901, ack: 151 }],
];
export const CLOSE: readonly Step[] = [
  [CLIENT, SERVER, { flags: ACK | FIN, seq: 151, ack: 901 }],
  [SERVER, CLIENT, { flags: ACK | FIN, seq: 901, ack: 152 }],
  [CLIENT, SERVER, { flags: ACK, seq: 152, ack: 902 }],
];
export const BY_THE_BOOK: readonly Step[] = [...OPENING, ...TALK, ...CLOSE];

/** What becomes of a connection when the segment at `slow` comes late; the kind is -1 if it is like no other. */
export function take(
  steps: readonly Step[],
  slow = -1,
  { lateNanos = SLOW_NANOS, policy = IMPATIENT, silenceNanos = 1e9 } = {},
): { kind: number; connection: ConnectionResult } {
  let timeNanos = 0;
  const rows = steps.map(([source, destination, fields], index) => {
    timeNanos += index === slow ? lateNanos : USUAL_NANOS;
    return makeRow({ frame: index + 1, timeNanos, source, destination, ...fields });
  });
  const recording = { rows, icmpErrors: [], endNanos: timeNanos + silenceNanos, timeBase: { epochSeconds: 0 } };
  const { kinds, connections } = track(recording, { policy });
  expect(connections).toHaveLength(1);
  expect(connections).toEqual(track(recording, { policy, alwaysInFull: true }).connections);
  return { kind: [...kinds.keys()][0] ?? -1, connection: connections[0] };
}

export const isAlike = (steps: readonly Step[], slow = -1): boolean => take(steps, slow).kind !== -1;

export const codesOf = ({ findings }: ConnectionResult): string[] => findings.map(({ code }) => code);
