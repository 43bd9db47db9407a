import { describe, expect, it } from 'vitest';
import { Core } from '../../src/core/core.ts';
import { ENTRY_BYTES, ENTRY_RECORD, PAGE_ENTRIES } from '../../src/core/layout.ts';
import { RECORD_BYTES } from '../../src/core/record.ts';
import { TupleTable } from '../../src/flow/table.ts';

const PAGE_BYTES = PAGE_ENTRIES * ENTRY_BYTES;
/** Tuples with which the lines of the table, 64 octets for four of them, are as large as a page of entries. */
const TUPLES = PAGE_BYTES / 16;

/** A core with so many tuples. */
function fill(tuples: number): Core {
  const core = new Core();
  const table = new TupleTable(core);
  const server = Int32Array.of(0x0a800001, 0, 0, 0);
  for (let n = 0; n < tuples; n++) {
    table.findTuple(4, Int32Array.of(0x0a000000 + n, 0, 0, 0), server, (40_000 << 16) | 80);
    table.add();
  }
  return core;
}

describe('the memory of the core', () => {
  it('has entries where the lines of the table were that have become too few, if a page of entries fits', () => {
    const core = fill(TUPLES + 1);
    const isBehind = (entry: number): boolean => core.wordsOf(entry) > core.wordsOf(entry - 1);
    expect(isBehind(TUPLES / 2)).toBe(true);
    expect(isBehind(TUPLES)).toBe(false);
  });

  it('is zeroed when it is used again', () => {
    const core = fill(TUPLES + 1);
    const record = core.wordsOf(TUPLES) + (ENTRY_RECORD >> 2);
    expect(core.words.subarray(record, record + (RECORD_BYTES >> 2)).every((word) => word === 0)).toBe(true);
    const next = core.wordsOf(TUPLES) + (ENTRY_BYTES >> 2);
    const end = core.wordsOf(TUPLES) + (PAGE_BYTES >> 2);
    expect(core.words.subarray(next, end).every((word) => word === 0)).toBe(true);
  });

  it('is given to one after the other as long as there is any left', () => {
    const core = fill(2 * TUPLES + 1);
    const page = core.wordsOf(2 * TUPLES) << 2;
    const addresses = [100, 64, PAGE_BYTES, 1].map((bytes) => core.exports.allocate(bytes));
    expect(addresses.slice(0, 2)).toEqual([page + PAGE_BYTES, page + PAGE_BYTES + 128]);
    expect(addresses[2]).toBeGreaterThan(core.wordsOf(2 * TUPLES - 1) << 2);
    expect(addresses[3]).toBe(page + PAGE_BYTES + 192);
  });
});
