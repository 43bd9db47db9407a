/** What joined detectors look at in a connection: little enough to be handed from thread to thread. */
import type { Connection } from '../flow/connection.ts';
import type { Flawless } from '../flow/flawless.ts';
import type { PlainPlace } from '../flow/place.ts';
import { isFiltered, plainSegments } from '../flow/quality.ts';
import { TcpOption } from '../wire/batch.ts';
import type { Finding } from './finding.ts';
import { tellFinding } from './told.ts';

export interface JoinedFacts {
  readonly firstFrame: number;
  readonly lastFrame: number;
  /** Time of the first segment, nanoseconds. */
  readonly firstNanos: number;
  /** Frame of the first FIN; 0 if none was seen. */
  readonly finFrame: number;
  /** How long the end that has not closed was seen to stay in CLOSE_WAIT, nanoseconds; 0 if it did not. */
  readonly closeWaitNanos: number;
  /** Whether the server sent a SYN-ACK. */
  readonly isAnswered: boolean;
  /** Whether the third segment of the handshake was seen. */
  readonly isCompleted: boolean;
  /** Whether the SYN was answered and its sender never completed the handshake, as far as it was possible to see. */
  readonly isHalfOpen: boolean;
  /** Whether it was left half-open on purpose, or tried without success by a SYN that no common stack sends. */
  readonly isProbe: boolean;
  /** Whether there are segments without SYN, FIN and RST. */
  readonly hasPlainSegments: boolean;
  /** Whether such segments are missing though the numbers show that there were some. */
  readonly isFiltered: boolean;
}

/** Options that the SYN of every common stack has, and that of a hand-made probe has not. */
const USUAL_OPTIONS = TcpOption.SACK_PERMITTED | TcpOption.TIMESTAMPS | TcpOption.WINDOW_SCALE;

/**
 * What joined detectors are told of a connection that the machine has not seen, good for as long as the place is: null if both
 * ends were seen to open it, as nearly all are, for then there is nothing to tell.
 */
export function factsOfPlain(place: PlainPlace): JoinedFacts | null {
  return place.isTelling ? new PlainFacts(place) : null;
}

/** Looks at the place when it is asked. Copies would be objects of ever other shapes to V8, as their numbers differ in size. */
export class PlainFacts implements JoinedFacts {
  readonly #place: PlainPlace;

  constructor(place: PlainPlace) {
    this.#place = place;
  }

  get firstFrame(): number {
    return this.#place.firstFrame;
  }

  get lastFrame(): number {
    return this.#place.lastFrame;
  }

  get firstNanos(): number {
    return this.#place.firstNanos;
  }

  get finFrame(): number {
    return this.#place.finFrame;
  }

  get closeWaitNanos(): number {
    return this.#place.closeWaitNanos;
  }

  get isAnswered(): boolean {
    return this.#place.isAnswered;
  }

  get isCompleted(): boolean {
    return this.#place.isCompleted;
  }

  get isHalfOpen(): boolean {
    return this.#place.isAnswered && !this.#place.isCompleted;
  }

  get isProbe(): boolean {
    const { isCompleted, isAnswered, isMidstream, synOptions } = this.#place;
    return this.isHalfOpen || (!isCompleted && !isAnswered && !isMidstream && (synOptions & USUAL_OPTIONS) === 0);
  }

  get hasPlainSegments(): boolean {
    return this.#place.isCompleted || this.#place.isMidstream;
  }

  get isFiltered(): boolean {
    return false;
  }
}

/** The facts of a connection that is flawless and of which there is no more to tell than that it opened. */
export function factsOfFlawless({ syn, last, fin1 }: Flawless): JoinedFacts {
  return {
    firstFrame: syn.frame,
    lastFrame: last.frame,
    firstNanos: syn.timeNanos,
    finFrame: fin1.frame,
    closeWaitNanos: 0,
    isAnswered: true,
    isCompleted: true,
    isHalfOpen: false,
    isProbe: false,
    hasPlainSegments: true,
    isFiltered: false,
  };
}

/** The findings of a connection that is flawless: `findings` are those of another of its kind. */
export function findingsOfFlawless(flawless: Flawless, findings: readonly Finding[]): Finding[] {
  return findings.map((finding) => ({ ...finding, frames: [...tellFinding(finding, flawless).frames] }));
}

/** The facts of a settled connection, worked out when they are asked for. */
export class ConnectionFacts implements JoinedFacts {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  get firstFrame(): number {
    return this.#connection.firstFrame;
  }

  get lastFrame(): number {
    return this.#connection.lastFrame;
  }

  get firstNanos(): number {
    return this.#connection.firstNanos;
  }

  get finFrame(): number {
    const { ends, firstFinIndex } = this.#connection;
    return firstFinIndex === -1 ? 0 : (ends[firstFinIndex].finCopies[0]?.frame ?? 0);
  }

  get closeWaitNanos(): number {
    const { ends, firstFinIndex, secondFinIndex, closingReset, observedUntilNanos } = this.#connection;
    const cover = firstFinIndex === -1 ? null : ends[firstFinIndex].finCover;
    if (cover === null || secondFinIndex !== -1) return 0;
    return (closingReset?.segment.timeNanos ?? observedUntilNanos) - cover.timeNanos;
  }

  get isAnswered(): boolean {
    return this.#connection.server.sentSynAck;
  }

  get isCompleted(): boolean {
    return this.#connection.handshakeAck !== null;
  }

  get isHalfOpen(): boolean {
    const { verdict, handshakeAck, client } = this.#connection;
    if (verdict.outcome === 'abandoned') return true;
    if (verdict.outcome !== 'handshake-incomplete' || verdict.undeterminedBecause !== null) return false;
    return handshakeAck === null && !client.sentBeyondSyn;
  }

  get isProbe(): boolean {
    if (this.isHalfOpen) return true;
    const { verdict, client } = this.#connection;
    if (verdict.outcome !== 'refused' && verdict.outcome !== 'unanswered') return false;
    const [syn] = client.synCopies;
    return syn !== undefined && (syn.options & USUAL_OPTIONS) === 0;
  }

  get hasPlainSegments(): boolean {
    return plainSegments(this.#connection) > 0;
  }

  get isFiltered(): boolean {
    return isFiltered(this.#connection);
  }
}
