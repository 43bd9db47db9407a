import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Merger } from '../src/cli/threads/merge.ts';
import { type Chunk, RecordWriter } from '../src/cli/threads/records.ts';
import type { JoinedFacts } from '../src/findings/joined-facts.ts';

const ADDRESSES = { ipVersion: 4, words0: new Int32Array(4), words1: new Int32Array(4), ports: [1, 2] } as const;
const FACTS: JoinedFacts = {
  ...{ firstFrame: 1, lastFrame: 1, firstNanos: 0, finFrame: 0, closeWaitNanos: 0, isAnswered: false },
  ...{ isCompleted: false, isHalfOpen: false, isProbe: false, hasPlainSegments: false, isFiltered: false },
};

interface Life {
  readonly thread: number;
  /** Step at which it began, and how much later it became final; infinite if it was left at the end. */
  readonly opened: number;
  readonly final: number;
}

/** What a thread sends of some lives, cut into chunks of so many steps. */
function chunksOf(lives: readonly Life[], stepsInChunk: number): Chunk[] {
  const begun = [...lives].sort((a, b) => a.opened - b.opened);
  const chunks: Chunk[] = [];
  for (let from = 0; from <= 1000; from += stepsInChunk) {
    const isLast = from + stepsInChunk > 1000;
    const upTo = isLast ? Number.POSITIVE_INFINITY : from + stepsInChunk;
    const isIn = (step: number): boolean => (step >= from && step < upTo) || (isLast && step === upTo);
    const writer = new RecordWriter();
    const records = begun.map((life, index) => ({ life, id: index + 1 })).filter(({ life }) => isIn(life.final));
    records.sort((a, b) => (a.life.final === b.life.final ? a.id - b.id : a.life.final - b.life.final));
    for (const { life, id } of records) {
      writer.write({
        ...{ step: life.final, id, tupleId: id, outcome: 'open', closedFirst: null },
        ...{ clientIndex: 0, firstNanos: 0, lastNanos: life.opened, addresses: ADDRESSES, facts: FACTS },
        ...{ findings: [], textEnd: 0 },
      });
    }
    const opened = Float64Array.from(begun.map((life) => life.opened).filter(isIn));
    chunks.push({ records: writer.take(), text: null, opened, upTo, isLast, total: 0 });
  }
  return chunks;
}

const lives = fc.uniqueArray(fc.nat(999), { minLength: 1, maxLength: 60 }).chain((steps) =>
  fc.tuple(
    ...steps.map((opened) =>
      fc.record({
        thread: fc.nat(2),
        opened: fc.constant(opened),
        // Two connections of different threads never become final at one step.
        final: fc.constantFrom(opened + 0.5, opened + 50.25, Number.POSITIVE_INFINITY),
      }),
    ),
  ),
);

describe('what comes from several threads', () => {
  test('is numbered by its beginning and handed on in the order in which it became final', () => {
    fc.assert(
      fc.property(
        lives,
        fc.array(fc.nat(2), { maxLength: 200 }),
        fc.integer({ min: 40, max: 400 }),
        (all, turns, cut) => {
          const ordered = [...all].sort((a, b) => a.opened - b.opened);
          const expected = ordered
            .map(({ final, opened }, index) => ({ id: index + 1, final, opened }))
            .sort((a, b) => (a.final === b.final ? a.id - b.id : a.final - b.final))
            .map(({ id, opened }) => [id, opened]);
          const taken: number[][] = [];
          const used = [0, 0, 0];
          const merger = new Merger(3, {
            take: (record, id) => void taken.push([id, record.lastNanos]),
            onUsed: (thread) => void used[thread]++,
          });
          const waiting = used.map((_, thread) =>
            chunksOf(
              all.filter((life) => life.thread === thread),
              cut,
            ),
          );
          const counts = waiting.map((chunks) => chunks.length);
          for (const thread of [...turns, ...waiting.flatMap((chunks, index) => chunks.map(() => index))]) {
            const chunk = waiting[thread].shift();
            if (chunk === undefined) continue;
            merger.add(thread, chunk);
            merger.advance();
          }
          expect(taken).toEqual(expected);
          expect(merger.isDone).toBe(true);
          expect(used).toEqual(counts);
        },
      ),
    );
  });
});
