import { type Sentence, say } from '../base/sentence.ts';
import type { Connection } from '../flow/connection.ts';
import type { End } from '../flow/vocabulary.ts';

/** `client` or `server`, for the end with that index. */
export function endName(connection: Connection, index: 0 | 1): End {
  return index === connection.clientIndex ? 'client' : 'server';
}

/** `1 segment`, `3 segments`. */
export function count(n: number, noun: string): Sentence {
  return n === 1 ? say`${n} ${noun}` : say`${n} ${noun}s`;
}

/** `once`, `twice`, `3 times`. */
export function times(n: number): string {
  return n === 1 ? 'once' : n === 2 ? 'twice' : `${n} times`;
}

/** `a`, `a and b`, `a, b and c`. */
export function list(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items[items.length - 1]}`;
}

/** A duration in the unit a person would use: `340 ms`, `2.1 s`, `4 min`, `3.5 h`, `9 days`. */
export function duration(nanos: number): Sentence {
  const millis = nanos / 1e6;
  if (millis < 1) return say`${Math.max(1, Math.round(nanos / 1e3))} µs`;
  if (millis < 1000) return say`${millis < 10 ? millis.toFixed(1) : Math.round(millis)} ms`;
  const seconds = millis / 1000;
  if (seconds < 120) return say`${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  if (seconds < 7200) return say`${Math.round(seconds / 60)} min`;
  const hours = seconds / 3600;
  return hours < 48 ? say`${hours.toFixed(1)} h` : say`${Math.round(hours / 24)} days`;
}
