import { describe, expect, it } from 'vitest';
import { Core } from '../../src/core/core.ts';
import { CHUNK_BYTES, ENTRY_RECORD } from '../../src/core/layout.ts';
import { Course, Plain, PlainStage } from '../../src/flow/plain-record.ts';
import { Tracker } from '../../src/flow/tracker.ts';
import { SegmentBatch, TcpFlag } from '../../src/wire/batch.ts';
import { makeRow, putRow, type Row } from '../support/rows.ts';

const { SYN, ACK, RST } = TcpFlag;
const CLIENT = { words: [0x0a000001, 0, 0, 0], port: 40_000 };
const SERVER = { words: [0x0a000002, 0, 0, 0], port: 80 };
const OPENING = [
  { flags: SYN, seq: 100 },
  { flags: SYN | ACK, seq: 500, ack: 101 },
  { flags: ACK, seq: 101, ack: 501 },
];
const REFUSAL = [OPENING[0], { flags: RST | ACK, seq: 0, ack: 101, window: 0 }];
const ABANDONMENT = [...OPENING.slice(0, 2), { flags: RST, seq: 101, window: 0 }];

/** Follows one connection of which these rows came; of two, the second one is the server's. */
function follow(rows: readonly Partial<Row>[]) {
  const core = new Core();
  const tracker = new Tracker({ segments: false, timeWaitNanos: 60e9, onConnection() {} }, core);
  const batch = SegmentBatch.of(core, { epochSeconds: 0 });
  const before = core.exports.takeChunk();
  for (const [index, row] of rows.entries()) {
    const [source, destination] = index === 1 ? [SERVER, CLIENT] : [CLIENT, SERVER];
    putRow(batch, makeRow({ frame: index + 1, timeNanos: index * 1e6, source, destination, ...row }));
  }
  tracker.push(batch);
  const word = (at: number): number => core.words[core.wordsOf(0) + (ENTRY_RECORD >> 2) + at];
  const chunks = (core.exports.takeChunk() - before) / CHUNK_BYTES - 1;
  return {
    stage: word(Plain.STAGE),
    rows: word(Plain.ROWS),
    isMoved: (word(Plain.COURSE) & Course.MOVED) !== 0,
    chunks,
  };
}

describe('the rows of a connection', () => {
  it('need no chunk as long as there are two', () => {
    expect(follow(OPENING.slice(0, 2))).toMatchObject({ stage: PlainStage.ANSWERED, rows: 2, chunks: 0 });
    expect(follow(OPENING)).toMatchObject({ stage: PlainStage.OPEN, rows: 3, chunks: 1 });
  });

  it('are moved once it is over if some are in a chunk', () => {
    expect(follow(REFUSAL)).toMatchObject({ stage: PlainStage.REFUSED, rows: 2, isMoved: false });
    expect(follow(ABANDONMENT)).toMatchObject({ stage: PlainStage.ABANDONED, rows: 3, isMoved: true });
  });
});
