/** Connections that went by the book in the same way: the first of a kind is judged, the others are known by it. */
import { assert } from './base/error.ts';
import { FIRST_TOLD, LEFT_OUT } from './core/layout.ts';
import { writeOut } from './findings/detector.ts';
import { timeWaitOwner } from './findings/detectors/time-wait-owner.ts';
import type { Finding } from './findings/finding.ts';
import { timeWaitIfOrdinary } from './findings/joined-registry.ts';
import { isTellable } from './findings/told.ts';
import type { PlainPlace } from './flow/place.ts';
import type { Interest, KindBrief } from './report/overview.ts';

/** Whether a connection is wanted whole; if not, whether others of its kind may be, or it is left out of what is joined, too. */
export type PlainAnswer = Interest | 'left-out';

class PlainKind {
  readonly brief: KindBrief;
  /** From 0 on, in the order in which kinds were learned. */
  readonly number: number;
  /** Whether all findings can be told of a flawless connection. */
  readonly isTellable: boolean;
  passedOver = 0;
  /** What was said of the latest that was asked about. */
  answer: PlainAnswer = false;

  constructor(brief: KindBrief, number: number) {
    this.brief = brief;
    this.number = number;
    this.isTellable = brief.findings.every(isTellable);
  }
}

/** TIME_WAIT is told of hosts with the frames at which it began: those of another connection must not be among them. */
function withoutFrames(finding: Finding): Finding {
  return finding.code === timeWaitOwner.entry.code ? { ...writeOut(finding), frames: [] } : finding;
}

/** What the kinds of one capture came to, and how many connections of each were passed over. */
export class PlainKinds {
  readonly #kinds = new Map<number, PlainKind>();
  readonly #briefs: KindBrief[] = [];
  readonly #recall: (kind: number) => KindBrief | null;
  readonly #asksOnce: boolean;

  /**
   * `recall` tells what a kind comes to of which none was seen yet, if it knows. `asksOnce`: once one of a kind is not wanted,
   * none is asked about any more.
   */
  constructor(recall: (kind: number) => KindBrief | null = () => null, asksOnce = false) {
    this.#recall = recall;
    this.#asksOnce = asksOnce;
  }

  has(kind: number): boolean {
    return this.#kinds.has(kind);
  }

  /**
   * The findings of a kind that may be flawless (src/flow/flawless.ts), as the first of the kind has them. Null if the kind is
   * not known, or there are others than can be told.
   */
  tellableOf(kind: number): readonly Finding[] | null {
    const known = this.#kinds.get(kind);
    return known?.isTellable === true ? known.brief.findings : null;
  }

  /** Takes what the first of a kind came to. */
  learn(kind: number, brief: KindBrief): PlainKind {
    const findings = brief.findings.map(withoutFrames);
    const told = { ...brief, findings };
    const learned = new PlainKind(told, this.#briefs.length);
    this.#kinds.set(kind, learned);
    this.#briefs.push(told);
    return learned;
  }

  #recalled(kind: number): PlainKind | null {
    const brief = this.#recall(kind);
    return brief === null ? null : this.learn(kind, brief);
  }

  /** What the core is to note of connections of a known kind, one of which was at a place: who pays TIME_WAIT, or what `briefAt` finds. */
  tagOf(kind: number, { isTelling }: PlainPlace): number {
    const known = this.#kinds.get(kind);
    assert(known !== undefined, 'only what is known is counted');
    if (known.answer === 'left-out') return LEFT_OUT;
    return (isTelling ? null : timeWaitIfOrdinary(known.brief.findings)) ?? FIRST_TOLD + known.number;
  }

  /** By its number, from 0 on. */
  briefAt(number: number): KindBrief {
    return this.#briefs[number];
  }

  /**
   * Passes a connection over and tells what its kind came to. Null if it is to be built: as the first of its kind, or
   * because it is wanted.
   */
  passOver(kind: number, id: number, ask: (brief: KindBrief & { id: number }) => PlainAnswer): PlainKind | null {
    const known = this.#kinds.get(kind) ?? this.#recalled(kind);
    if (known === null) return null;
    if (!this.#asksOnce || known.passedOver === 0) {
      const { outcome, closedFirst, findings } = known.brief;
      known.answer = ask({ id, outcome, closedFirst, findings });
      if (known.answer === true) return null;
      if (known.answer === 'again') return known;
    }
    known.passedOver++;
    return known;
  }

  /** Adds connections of a known kind that were passed over. */
  countMore(kind: number, count: number): void {
    const known = this.#kinds.get(kind);
    if (known !== undefined) known.passedOver += count;
  }

  /** The kinds of which some were passed over, and how many. */
  *passedOver(): Generator<readonly [brief: KindBrief, count: number], void, undefined> {
    for (const { brief, passedOver } of this.#kinds.values()) if (passedOver > 0) yield [brief, passedOver];
  }
}
