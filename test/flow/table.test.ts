import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Core } from '../../src/core/core.ts';
import { MODE, MODE_FINISH } from '../../src/core/layout.ts';
import { NO_ENTRY, TupleTable } from '../../src/flow/table.ts';

interface Tuple {
  readonly ipVersion: 4 | 6;
  readonly source: readonly number[];
  readonly destination: readonly number[];
  readonly sourcePort: number;
  readonly destinationPort: number;
}

function find(table: TupleTable, { ipVersion, source, destination, sourcePort, destinationPort }: Tuple): number {
  const ports = (sourcePort << 16) | destinationPort;
  return table.findTuple(ipVersion, Int32Array.from(source), Int32Array.from(destination), ports);
}

function addressOf(table: TupleTable, entry: number, end: 0 | 1): number[] {
  const words = new Int32Array(4);
  table.copyAddress(entry, end, words);
  return [...words];
}

const reversed = (tuple: Tuple): Tuple => ({
  ...tuple,
  source: tuple.destination,
  destination: tuple.source,
  sourcePort: tuple.destinationPort,
  destinationPort: tuple.sourcePort,
});

/** Both directions of a tuple have the same key. */
function keyOf(tuple: Tuple): string {
  const ends = [
    [...tuple.source, tuple.sourcePort],
    [...tuple.destination, tuple.destinationPort],
  ];
  return `${tuple.ipVersion} ${ends.map(String).sort().join(' ')}`;
}

const anyWord = fc.oneof(fc.integer(), fc.constantFrom(0, 1, -1, 0x7fffffff, -0x80000000));
const anyPort = fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.constantFrom(0, 1, 0x8000, 0xffff));
const anyAddress = (ipVersion: 4 | 6) =>
  ipVersion === 4
    ? anyWord.map((word) => [word, 0, 0, 0])
    : fc.tuple(anyWord, anyWord, anyWord, anyWord).map((words) => [...words]);
const anyTuple: fc.Arbitrary<Tuple> = fc.constantFrom(4 as const, 6 as const).chain((ipVersion) =>
  fc.record({
    ipVersion: fc.constant(ipVersion),
    source: anyAddress(ipVersion),
    destination: anyAddress(ipVersion),
    sourcePort: anyPort,
    destinationPort: anyPort,
  }),
);

describe('the table of tuples', () => {
  it('finds a tuple in both directions, and tells which end sent', () => {
    fc.assert(
      fc.property(anyTuple, (tuple) => {
        const table = new TupleTable();
        expect(find(table, tuple)).toBe(NO_ENTRY);
        const entry = table.add();
        expect(find(table, tuple)).toBe(entry);
        const { from, isSelf } = table;
        expect(find(table, reversed(tuple))).toBe(entry);
        expect(table.isSelf).toBe(isSelf);
        expect(isSelf).toBe(
          String(tuple.source) === String(tuple.destination) && tuple.sourcePort === tuple.destinationPort,
        );
        expect(table.from).toBe(isSelf ? from : 1 - from);
        const other = from === 0 ? 1 : 0;
        expect(addressOf(table, entry, from)).toEqual(tuple.source);
        expect(addressOf(table, entry, other)).toEqual(tuple.destination);
        const ports = table.portsOf(entry);
        const [mine, theirs] = from === 0 ? [ports >>> 16, ports & 0xffff] : [ports & 0xffff, ports >>> 16];
        expect([mine, theirs]).toEqual([tuple.sourcePort, tuple.destinationPort]);
        expect(table.ipVersionOf(entry)).toBe(tuple.ipVersion);
      }),
    );
  });

  it('makes the end with the lower address end 0, then the one with the lower port', () => {
    const table = new TupleTable();
    const tuple: Tuple = {
      ipVersion: 4,
      source: [1, 0, 0, 0],
      destination: [-1, 0, 0, 0],
      sourcePort: 9,
      destinationPort: 5,
    };
    find(table, tuple);
    expect(table.from).toBe(0);
    find(table, { ...tuple, destination: tuple.source });
    expect(table.from).toBe(1);
    find(table, { ...tuple, ipVersion: 6, source: [7, 7, 7, 2], destination: [7, 7, 7, 1] });
    expect(table.from).toBe(1);
  });

  it('behaves as a map through any additions and removals', () => {
    const anyStep = fc.record({ tuple: fc.nat({ max: 59 }), isRemoval: fc.boolean() });
    fc.assert(
      fc.property(
        fc.uniqueArray(anyTuple, { minLength: 60, maxLength: 60, selector: keyOf }),
        fc.array(anyStep, { maxLength: 300 }),
        (tuples, steps) => {
          const table = new TupleTable();
          const model = new Map<number, number>();
          for (const { tuple, isRemoval } of steps) {
            const known = model.get(tuple);
            expect(find(table, tuples[tuple])).toBe(known ?? NO_ENTRY);
            if (known === undefined) {
              const entry = table.add();
              expect([...model.values()]).not.toContain(entry);
              model.set(tuple, entry);
            } else if (isRemoval) {
              table.remove(known);
              model.delete(tuple);
            }
            expect(table.count).toBe(model.size);
          }
          for (const [index, tuple] of tuples.entries()) expect(find(table, tuple)).toBe(model.get(index) ?? NO_ENTRY);
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each([false, true])('leaves an entry in its line only if none is looked for any more: %j', (isFinished) => {
    const core = new Core();
    const table = new TupleTable(core);
    const tuples = fc.sample(fc.uniqueArray(anyTuple, { minLength: 60, maxLength: 60, selector: keyOf }), 1)[0];
    const entries = tuples.map((tuple, index) => {
      find(table, tuple);
      const entry = table.add();
      table.setId(entry, index + 1);
      return entry;
    });
    if (isFinished) core.words[MODE >> 2] |= MODE_FINISH;
    for (const [index, entry] of entries.entries()) {
      table.remove(entry);
      expect([table.idOf(entry), table.count]).toEqual([0, tuples.length - index - 1]);
      expect(find(table, tuples[index])).toBe(isFinished ? entry : NO_ENTRY);
    }
  });

  it.each([
    ['near each other', 3],
    ['far apart', 1000],
  ])('puts entries in order whose ids are %s', (_, distance) => {
    const table = new TupleTable();
    expect([...table.order()]).toEqual([]);
    const tuples = fc.sample(fc.uniqueArray(anyTuple, { minLength: 50, maxLength: 50, selector: keyOf }), 1)[0];
    const entries = tuples.map((tuple, index) => {
      find(table, tuple);
      const entry = table.add();
      table.setId(entry, 7 + ((index * 37) % 50) * distance);
      return entry;
    });
    table.remove(entries.splice(20, 1)[0]);
    const byId = entries.toSorted((a, b) => table.idOf(a) - table.idOf(b));
    expect([...table.order()]).toEqual(byId);
  });

  it('keeps every entry while it grows, shrinks and uses numbers again', () => {
    const table = new TupleTable();
    const tuple = (n: number): Tuple => ({
      ipVersion: 4,
      source: [0x0a000000 + (n >> 4), 0, 0, 0],
      destination: [0x0a800001, 0, 0, 0],
      sourcePort: 40_000 + (n & 15),
      destinationPort: 80,
    });
    const entries: number[] = [];
    for (let n = 0; n < 20_000; n++) {
      find(table, tuple(n));
      entries[n] = table.add();
    }
    for (let n = 0; n < 20_000; n += 3) table.remove(entries[n]);
    for (let n = 0; n < 20_000; n++) expect(find(table, tuple(n))).toBe(n % 3 === 0 ? NO_ENTRY : entries[n]);
    const endEntry = table.endEntry;
    for (let n = 0; n < 20_000; n += 3) {
      find(table, tuple(n));
      entries[n] = table.add();
    }
    expect(table.endEntry).toBe(endEntry);
    expect(new Set(entries).size).toBe(20_000);
    for (let n = 0; n < 20_000; n++) expect(find(table, tuple(n))).toBe(entries[n]);
  });

  it('keeps variants of a tuple apart from it', () => {
    const table = new TupleTable();
    const tuple: Tuple = {
      ipVersion: 4,
      source: [1, 0, 0, 0],
      destination: [2, 0, 0, 0],
      sourcePort: 3,
      destinationPort: 4,
    };
    find(table, tuple);
    const first = table.add();
    find(table, tuple);
    const second = table.add(1);
    expect(second).not.toBe(first);
    expect(find(table, tuple)).toBe(first);
    table.remove(first);
    expect(find(table, tuple)).toBe(NO_ENTRY);
    table.remove(second);
    expect(table.count).toBe(0);
  });
});
