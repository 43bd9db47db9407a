import type { Core } from '../core/core.ts';
import {
  ALIKE,
  ALIKE_COUNT,
  KIND,
  KIND_BYTES,
  KIND_COUNT,
  KIND_SLOTS,
  KINDS,
  MAX_ALIKE,
  MODE,
  MODE_COUNT,
} from '../core/layout.ts';

/** From so many records on they are handed on: many at a time, so that V8 soon sees what takes time. */
const MANY_ALIKE = MAX_ALIKE / 2;

/** Called with `count` records of the core (`ALIKE_*`), from an address on. */
export type AlikeTaker = (core: Core, at: number, count: number) => void;

/**
 * Connections of kinds that are known: the core counts them and forgets them, and leaves a record of each of which there is
 * something to tell.
 */
export class CountedKinds {
  readonly #core: Core;
  readonly #take: AlikeTaker | null;

  /** Without a taker nothing is counted. */
  constructor(core: Core, take: AlikeTaker | null) {
    this.#core = core;
    this.#take = take;
    if (take === null) return;
    core.words[MODE >> 2] |= MODE_COUNT;
    core.exports.openNames();
  }

  /**
   * From now on connections of a kind are counted; not of those that only TypeScript can tell. A tag below `FIRST_TOLD` says who
   * pays TIME_WAIT and no more; others are in the records.
   */
  learn(kind: number, tag: number): void {
    if (this.#take !== null && kind > 0) this.#core.exports.learnKind(kind, tag);
  }

  /** From now on none are counted: when a tuple is given up, more has to be forgotten than the core knows of. */
  stop(): void {
    this.#core.words[MODE >> 2] &= ~MODE_COUNT;
  }

  /** Kinds, and how many connections of each were counted. */
  *counts(): Generator<readonly [kind: number, count: number], void, undefined> {
    const { unsigned } = this.#core;
    for (let at = KINDS >> 2; at < (KINDS + KIND_SLOTS * KIND_BYTES) >> 2; at += KIND_BYTES >> 2) {
      const count = unsigned[at + (KIND_COUNT >> 2)];
      if (count > 0) yield [unsigned[at + (KIND >> 2)] + unsigned[at + (KIND >> 2) + 1] * 2 ** 32, count];
    }
  }

  /** Hands on the records that came since the last time if there may soon be no room for more. */
  passIfMany(): void {
    if (this.#core.words[ALIKE_COUNT >> 2] >= MANY_ALIKE) this.pass();
  }

  /** Hands on the records that came since the last time. */
  pass(): void {
    const { words } = this.#core;
    const count = words[ALIKE_COUNT >> 2];
    if (count === 0) return;
    words[ALIKE_COUNT >> 2] = 0;
    this.#take?.(this.#core, ALIKE, count);
  }
}
