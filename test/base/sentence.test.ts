import { expect, test } from 'vitest';
import { say } from '../../src/base/sentence.ts';

test('a sentence is what its template would be', () => {
  const [frame, name] = [7, 'client'];
  expect(String(say`The ${name} sent frame ${frame}.`)).toBe('The client sent frame 7.');
  expect(`${say`${name}: ${1.5} µs`}`).toBe('client: 1.5 µs');
  expect(String(say`nothing`)).toBe('nothing');
  expect(String(say``)).toBe('');
});

test('a part may be a sentence', () => {
  const inner = say`${2} of ${say`${3} frames`}`;
  expect(String(say`(${inner}) and ${inner}`)).toBe('(2 of 3 frames) and 2 of 3 frames');
});

test('its texts are the same array whatever its parts', () => {
  const sentenceOf = (frame: number) => say`frame ${frame}.`;
  expect(sentenceOf(1).texts).toBe(sentenceOf(2).texts);
  expect(sentenceOf(2).parts).toEqual([2]);
});
