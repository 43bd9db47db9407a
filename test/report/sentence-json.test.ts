import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Part, Sentence, say } from '../../src/base/sentence.ts';
import { SentenceJson } from '../../src/report/sentence-json.ts';
import { TextWriter } from '../../src/report/text-writer.ts';

const decoder = new TextDecoder('utf-8', { fatal: true });
const writer = new TextWriter();
const sentences = new SentenceJson(writer);
const before = writer.constant('"message":');

function written(sentence: string | Sentence): string {
  sentences.append(before, sentence);
  return decoder.decode(writer.take());
}

const TEXTS: readonly (readonly string[])[] = [
  ['plain'],
  ['', ''],
  ['"', '\\\n'],
  ['é ', ' → ', '.'],
  ['', '', '', ' µs'],
];
const part: fc.Arbitrary<Part> = fc.oneof(
  fc.constantFrom(0, 1, 99, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53, -1, 1.5, Number.NaN, 1e21),
  fc.constantFrom('client', '', 'a "quoted" word', '\\', '\u0001', 'ü', '\ud83d\ude00', '\ud83d'),
);

/** Sentences that are parts of others, so deep. */
function sentence(depth: number): fc.Arbitrary<Sentence> {
  return fc.constantFrom(...TEXTS).chain((texts) => {
    const parts = depth === 0 ? part : fc.oneof(part, sentence(depth - 1));
    const length = texts.length - 1;
    return fc.array(parts, { minLength: length, maxLength: length }).map((list) => new Sentence(texts, list));
  });
}

test('sentences are written as JSON strings', () => {
  fc.assert(
    fc.property(sentence(2), (each) => {
      // What is not a pair of surrogates is escaped by either, but not in the same place if a part ends with the first half.
      expect(JSON.parse(written(each).slice('"message":'.length))).toBe(String(each));
    }),
    { numRuns: 2000 },
  );
  expect(written(say`The ${'client'}'s FIN took ${say`${12} µs`} "or so".`)).toBe(
    '"message":"The client\'s FIN took 12 µs \\"or so\\"."',
  );
});

test('other text is quoted', () => {
  expect(written('a "word"')).toBe('"message":"a \\"word\\""');
});

test('words that are too many to be kept are written all the same', () => {
  for (let i = 0; i < 5000; i++) expect(written(say`<${`"${i}é`}>`)).toBe(`"message":"<\\"${i}é>"`);
});

test('there is room for words whatever their length', () => {
  const other = new TextWriter();
  const many = new SentenceJson(other);
  const head = other.constant('');
  for (let i = 0; i < 100; i++) {
    const word = `${i}`.repeat(20_000);
    many.append(head, say`${word}`);
    expect(decoder.decode(other.take())).toBe(`"${word}"`);
  }
});
