import { describe, expect, it } from 'vitest';
import * as layout from '../../src/core/layout.ts';
import * as record from '../../src/core/record.ts';
import * as row from '../../src/core/row.ts';
import { BUCKETS } from '../../src/flow/bucket.ts';
import { Course, Plain, PlainNanos, PlainStage } from '../../src/flow/plain-record.ts';
import { FORM_BITS } from '../../src/flow/segment.ts';
import * as batch from '../../src/wire/batch.ts';

const { Word, TcpFlag, TcpOption } = batch;
const words = (map: Readonly<Record<string, number>>) => (name: string) => map[name] * 4;

describe('what assembly/ and src/ say of the same memory agrees', () => {
  it('on rows', () => {
    const at = words(Word);
    expect({
      frame: row.ROW_FRAME,
      seq: row.ROW_SEQ,
      ack: row.ROW_ACK,
      payload: row.ROW_PAYLOAD,
      flags: row.ROW_FLAGS,
      window: row.ROW_WINDOW,
      checksum: row.ROW_CHECKSUM,
      options: row.ROW_OPTIONS,
      tsVal: row.ROW_TSVAL,
      tsEcr: row.ROW_TSECR,
      ports: row.ROW_PORTS,
      source: row.ROW_SOURCE,
      destination: row.ROW_DESTINATION,
      scope: row.ROW_SCOPE,
      hash: row.ROW_HASH,
      version: row.ROW_VERSION,
      sack: row.ROW_SACK,
    }).toEqual({
      frame: at('FRAME'),
      seq: at('SEQ'),
      ack: at('ACK'),
      payload: at('PAYLOAD'),
      flags: at('FLAGS'),
      window: at('WINDOW'),
      checksum: at('CHECKSUM'),
      options: at('OPTIONS'),
      tsVal: at('TSVAL'),
      tsEcr: at('TSECR'),
      ports: at('PORTS'),
      source: at('SOURCE'),
      destination: at('DESTINATION'),
      scope: at('SCOPE'),
      hash: at('HASH'),
      version: at('IP_VERSION'),
      sack: at('SACK'),
    });
    expect([layout.ROW_BYTES, layout.MAX_ROWS, layout.SEGMENT_BYTES]).toEqual([
      batch.ROW_WORDS * 4,
      batch.BATCH_ROWS,
      batch.SEGMENT_WORDS * 4,
    ]);
  });

  it('on flags and options', () => {
    expect([row.FIN, row.SYN, row.RST, row.ACK]).toEqual([TcpFlag.FIN, TcpFlag.SYN, TcpFlag.RST, TcpFlag.ACK]);
    expect([row.FORM_BITS, row.FLAG_BITS, row.SACK_SHIFT, row.SACK_BITS, row.TTL_SHIFT, row.ORIGIN_SHIFT]).toEqual([
      FORM_BITS,
      batch.FLAG_BITS,
      batch.SACK_SHIFT,
      batch.SACK_BITS,
      batch.TTL_SHIFT,
      batch.ORIGIN_SHIFT,
    ]);
    const { OPTION_MSS, OPTION_WINDOW_SCALE, OPTION_SACK_PERMITTED, OPTION_SACK } = row;
    const { OPTION_TIMESTAMPS, OPTION_FAST_OPEN, OPTION_CUT } = row;
    expect([OPTION_MSS, OPTION_WINDOW_SCALE, OPTION_SACK_PERMITTED, OPTION_SACK]).toEqual([
      TcpOption.MSS,
      TcpOption.WINDOW_SCALE,
      TcpOption.SACK_PERMITTED,
      TcpOption.SACK,
    ]);
    expect([OPTION_TIMESTAMPS, OPTION_FAST_OPEN, OPTION_CUT]).toEqual([
      TcpOption.TIMESTAMPS,
      TcpOption.FAST_OPEN,
      TcpOption.CUT,
    ]);
  });

  it('on records', () => {
    const at = words(Plain);
    const nanos = PlainNanos;
    expect({
      ...{ stage: record.STAGE, client: record.CLIENT, nxt: record.NXT, ack: record.ACKED, window: record.WINDOW },
      ...{ seen: record.SEEN, next: record.NEXT_CHUNK, last: record.LAST_CHUNK, rows: record.ROW_COUNT },
      ...{ kindRow: record.NEW_KIND_ROW, course: record.COURSE, mss: record.MSS, isn: record.ISN, syns: record.SYNS },
      ...{ lastNanos: record.LAST_NANOS, markNanos: record.MARK_NANOS, ahead: record.AHEAD },
      bytes: record.RECORD_BYTES,
    }).toEqual({
      ...{ stage: at('STAGE'), client: at('CLIENT'), nxt: at('NXT'), ack: at('ACK'), window: at('WINDOW') },
      ...{ seen: at('SEEN'), next: at('NEXT_CHUNK'), last: at('LAST_CHUNK'), rows: at('ROWS') },
      ...{ kindRow: at('NEW_KIND_ROW'), course: at('COURSE'), mss: at('MSS'), isn: at('ISN'), syns: at('SYNS') },
      ...{ lastNanos: nanos.LAST * 8, markNanos: nanos.MARK * 8, ahead: at('AHEAD') },
      bytes: nanos.LAST * 8 + 8,
    });
    const named = (prefix: string): Record<string, number> =>
      Object.fromEntries(
        Object.entries(record)
          .filter(([name]) => name.startsWith(prefix))
          .map(([name, value]) => [name.slice(prefix.length), value]),
      );
    expect({ ...named('STAGE_'), HOLE_1: record.STAGE_HOLE_0 + 1 }).toEqual(PlainStage);
    expect(named('COURSE_')).toEqual(Course);
  });

  it('on what lies where, nothing above anything else', () => {
    const { STATE, KEY, KEY_BYTES, OURS, DIRECTORY, MAX_PAGES, ROWS, ROW_BYTES, SPARE_ROW, HEAP } = layout;
    const pieces = [
      [layout.TOUCHED, layout.TOUCHED + (layout.TOUCH_ROWS + 1) * 4],
      [STATE, layout.RUN + layout.RUN_BYTES],
      [KEY, KEY + KEY_BYTES],
      [OURS, OURS + BUCKETS],
      [layout.QUEUES, layout.QUEUES + BUCKETS * layout.QUEUE_BYTES],
      [DIRECTORY, DIRECTORY + MAX_PAGES * 4],
      [ROWS, ROWS + (SPARE_ROW + 1) * ROW_BYTES],
      [layout.BUCKETS, layout.BUCKETS + layout.MAX_ROWS],
      [layout.KINDS, layout.KINDS + layout.KIND_SLOTS * layout.KIND_BYTES],
      [layout.ALIKE, layout.ALIKE + layout.MAX_ALIKE * layout.ALIKE_BYTES],
      [layout.FLAWLESS, layout.FLAWLESS + layout.FLAWLESS_BYTES],
      [layout.NAMES, layout.NAME_KEY + 16],
      [layout.SPANS, layout.ORDINARY_COUNT + 4],
      [HEAP, HEAP],
    ];
    for (const [index, [from]] of pieces.entries()) {
      if (index > 0) expect(from).toBeGreaterThanOrEqual(pieces[index - 1][1]);
      expect(from % 8).toBe(0);
    }
    const { ENTRY_NUMBER, ENTRY_ID, ENTRY_QUEUED, ENTRY_NEXT, ENTRY_ROWS } = layout;
    const words = [ENTRY_NUMBER, ENTRY_ID, ENTRY_QUEUED, ENTRY_NEXT];
    expect(words).toEqual(words.map((_, index) => KEY_BYTES + index * 4));
    expect(ENTRY_ROWS).toBe(ENTRY_NEXT + 4);
  });

  it('on rows in the entry, which are the end of a chunk', () => {
    const { ENTRY_BYTES, ENTRY_ROWS, ENTRY_RECORD, CHUNK_BYTES, CHUNK_ROWS, CHUNK_NEXT, SEGMENT_BYTES } = layout;
    expect(CHUNK_NEXT).toBe(CHUNK_ROWS * SEGMENT_BYTES);
    expect(CHUNK_BYTES).toBe(CHUNK_NEXT + 8);
    const chunk = ENTRY_RECORD + record.NEXT_CHUNK - CHUNK_NEXT;
    expect(chunk + layout.FIRST_PLACE * SEGMENT_BYTES).toBe(ENTRY_ROWS);
    expect((record.HEAD_ROWS - layout.OWN_ROWS) % CHUNK_ROWS).toBe(0);
    // What every row looks at is in one cache line of 64 octets.
    expect([ENTRY_BYTES % 64, (ENTRY_RECORD + record.STAGE) % 64]).toEqual([0, 0]);
    expect(ENTRY_RECORD + record.RECORD_BYTES).toBe(ENTRY_BYTES);
  });
});
