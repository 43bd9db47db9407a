/**
 * Ports that are used again after a connection that was closed, or reset, by the book. The core keeps the former connection of
 * the tuple, with its rows, in an entry of its own, so that the machine, if it has to look after all, gets the very rows:
 *
 *     SYN ... FIN  FIN  ACK │ SYN  SYN-ACK  ACK ...
 *     the former one        │ the next one       from its SYN-ACK, or refusal, on it is certain that the former one is final
 *
 * Of one that was reset it is certain at once. The one before the former one is kept until then, too.
 */
import type { Core } from '../core/core.ts';
import {
  ENTRY_QUEUED,
  ENTRY_ROWS,
  FORMER_ID,
  FORMER_IS_FINAL,
  FORMER_NEXT_ID,
  FORMER_SHIFT,
  FORMER_TIME_WAIT,
  NO_ENTRY,
} from '../core/layout.ts';
import { Word } from '../wire/batch.ts';
import type { Moment } from './history.ts';

/** Looks into the entries of former connections. */
export class Formers {
  readonly #core: Core;

  constructor(core: Core) {
    this.#core = core;
  }

  /** Entry of the former connection of the tuple at an entry; `NO_ENTRY` if there is none. */
  of(entry: number): number {
    const { unsigned } = this.#core;
    const number = unsigned[this.#core.wordsOf(entry) + (ENTRY_QUEUED >> 2)] >>> FORMER_SHIFT;
    return number === 0 ? NO_ENTRY : number - 1;
  }

  /** Whether a former connection was handed over. */
  isFinal(former: number): boolean {
    return this.#core.bytes[this.#core.wordsOf(former) * 4 + FORMER_IS_FINAL] !== 0;
  }

  /** Number of a former connection. */
  idOf(former: number): number {
    return this.#core.unsigned[this.#core.wordsOf(former) + (FORMER_ID >> 2)];
  }

  /** Number of the connection that came next. */
  nextIdOf(former: number): number {
    return this.#core.unsigned[this.#core.wordsOf(former) + (FORMER_NEXT_ID >> 2)];
  }

  /** At which end a former connection had TIME_WAIT left (`TIME_WAIT_*`). */
  timeWaitOf(former: number): number {
    return this.#core.words[this.#core.wordsOf(former) + (FORMER_TIME_WAIT >> 2)];
  }

  /** The first row of the plain connection at an entry: until then the former one was watched. */
  began(entry: number): Moment {
    const at = this.#core.wordsOf(entry) + (ENTRY_ROWS >> 2);
    return { frame: this.#core.unsigned[at + Word.FRAME], timeNanos: this.#core.doubles[at >> 1] };
  }
}
