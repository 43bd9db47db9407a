/** A FIN of a flawless connection (flawless.ts), its repeats, and what acknowledges it: two of the four waves of a close. */
import type { Core } from '../core/core.ts';
import {
  FLAWLESS,
  FLAWLESS_ARRIVED,
  FLAWLESS_COVER_AGAIN1,
  FLAWLESS_COVER_AGAIN2,
  FLAWLESS_COVER1,
  FLAWLESS_COVER2,
  FLAWLESS_FIN1,
  FLAWLESS_FIN2,
  FLAWLESS_FINS1,
  FLAWLESS_FINS2,
  FLAWLESS_REPEATS1,
  FLAWLESS_REPEATS2,
  MAX_FINS,
} from '../core/layout.ts';
import type { LostWave } from './connection.ts';
import { type FlawlessEnd, MomentOfRow, type Step } from './flawless-end.ts';
import type { Moment } from './history.ts';
import { evidenceOf } from './lost-wave.ts';

/** A FIN that was sent again more often is left to the machine. */
export const MOST_REPEATS = MAX_FINS;

/** Where the core notes the first and the second FIN. */
const FIELDS = [
  {
    fin: FLAWLESS_FIN1,
    cover: FLAWLESS_COVER1,
    repeats: FLAWLESS_REPEATS1,
    fins: FLAWLESS_FINS1,
    coverAgain: FLAWLESS_COVER_AGAIN1,
  },
  {
    fin: FLAWLESS_FIN2,
    cover: FLAWLESS_COVER2,
    repeats: FLAWLESS_REPEATS2,
    fins: FLAWLESS_FINS2,
    coverAgain: FLAWLESS_COVER_AGAIN2,
  },
] as const;

export class FlawlessFin {
  /** The first copy, and its first acknowledgment; frame 0 if there is none. */
  readonly fin = new MomentOfRow();
  readonly cover = new MomentOfRow();
  /** How often it was sent again. */
  repeats = 0;
  /** The acknowledgment of a repeat that came although there had been one before; frame 0 if there is none. */
  readonly #coverAgain = new MomentOfRow();
  /** Whether the acknowledgment of a repeat tells that the first copy had arrived. */
  hasArrived = false;
  #copies: Moment[] = [];
  readonly #place: 0 | 1;

  /** The first or the second FIN of a close. */
  constructor(place: 0 | 1) {
    this.#place = place;
  }

  read(core: Core): void {
    const { fin, cover, repeats, coverAgain } = FIELDS[this.#place];
    this.fin.read(core, fin);
    this.cover.read(core, cover);
    this.repeats = core.words[(FLAWLESS + repeats) >> 2];
    this.#coverAgain.frame = 0;
    this.hasArrived = false;
    if (this.repeats === 0) return;
    this.#coverAgain.read(core, coverAgain);
    this.hasArrived = ((core.words[(FLAWLESS + FLAWLESS_ARRIVED) >> 2] >> this.#place) & 1) !== 0;
    this.#readCopies(core);
  }

  #readCopies(core: Core): void {
    const copies: Moment[] = [this.fin];
    for (let i = 0; i < this.repeats; i++) {
      const copy = new MomentOfRow();
      copy.read(core, FIELDS[this.#place].fins + i * 4);
      copies.push(copy);
    }
    this.#copies = copies;
  }

  /** First copy first. */
  get copies(): readonly Moment[] {
    return this.repeats === 0 ? [this.fin] : this.#copies;
  }

  /** The latest copy. */
  get last(): Moment {
    return this.repeats === 0 ? this.fin : this.#copies[this.repeats];
  }

  /** Its latest acknowledgment. */
  get lastCover(): MomentOfRow {
    return this.#coverAgain.frame === 0 ? this.cover : this.#coverAgain;
  }

  /** The end that sent it enters a state with the acknowledgment; sent again after that, it takes that back until the next one. */
  enterSender(end: FlawlessEnd, step: Step): void {
    end.enter(step, this.cover);
    if (this.#coverAgain.frame === 0) return;
    end.withdraw(this.last);
    end.enter(step, this.#coverAgain);
  }

  /** The end that acknowledges it enters a state: then, or with the first copy. */
  enterReceiver(end: FlawlessEnd, step: Step): void {
    if (this.hasArrived) end.enter(step, this.fin, this.cover.frame);
    else end.enter(step, this.cover);
  }

  /** What shows that it was lost, if it was. */
  get lossOfFin(): Omit<LostWave, 'wave'> {
    const evidence = this.#place === 0 ? 'no-d-sack' : 'tsecr';
    return { side: 'past-tap', evidence, frames: evidenceOf(this.copies, this.cover) };
  }

  /** What shows that its acknowledgment was lost, if it was. */
  get lossOfCover(): Omit<LostWave, 'wave'> {
    if (this.#coverAgain.frame === 0) {
      return { side: 'before-tap', evidence: 'tsecr', frames: evidenceOf(this.copies, this.cover) };
    }
    return { side: 'past-tap', evidence: 'cover-seen', frames: [this.cover.frame, this.last.frame] };
  }
}
