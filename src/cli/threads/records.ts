/**
 * Connections on their way from the thread that judged them to the one that puts the results together: what is
 * counted and joined as packed numbers, the rest as text.
 */
import { wordless } from '../../findings/detector.ts';
import type { Finding } from '../../findings/finding.ts';
import { SEVERITIES } from '../../findings/finding.ts';
import type { JoinedFacts } from '../../findings/joined-facts.ts';
import { CATALOG } from '../../findings/registry.ts';
import type { FlowAddresses } from '../../flow/place.ts';
import { type ClosedFirst, OUTCOMES, type Outcome } from '../../flow/vocabulary.ts';

/** Some of the results of a thread, in the order in which they became final. */
export interface Chunk {
  /** Records one after the other, see {@link Field}. */
  readonly records: Float64Array;
  /** Texts of those records that have one, one after the other; null when there are none. */
  readonly text: Uint8Array | null;
  /** Steps at which the connections of the thread began, by their number there. */
  readonly opened: Float64Array;
  /** No later chunk has a record of a step before this. */
  readonly upTo: number;
  readonly isLast: boolean;
  /** Connections that the thread has seen so far, whether they pass the filter or not. */
  readonly total: number;
}

/** Where a record has what; its findings follow, two numbers each. */
export const Field = {
  /** Place in the capture at which it became final: twice the row among all rows, one less for an ICMP error. */
  STEP: 0,
  /** Number within the thread. */
  ID: 1,
  BITS: 2,
  OUTCOME: 3,
  CLOSED_FIRST: 4,
  PORTS: 5, // and 6
  WORDS: 7, // to 14
  LAST_NANOS: 15,
  FIRST_NANOS: 16,
  CLOSE_WAIT_NANOS: 17,
  FIRST_FRAME: 18,
  LAST_FRAME: 19,
  /** End of its text among the texts; 0 if it does not pass the filter, is joined with the others and no more. */
  TEXT_END: 20,
  /** Number within the thread of the first connection of its tuple: the order at the end of the capture. */
  TUPLE_ID: 21,
  FIN_FRAME: 22,
  FINDINGS: 23,
} as const;
export const RECORD_NUMBERS = 24;
const FINDING_NUMBERS = 2;

const Bit = {
  ANSWERED: 1,
  COMPLETED: 2,
  HALF_OPEN: 4,
  PROBE: 8,
  PLAIN_SEGMENTS: 16,
  FILTERED: 32,
  CLIENT_1: 64,
  IPV6: 128,
} as const;

const CLOSERS: readonly ClosedFirst[] = [null, 'client', 'server', 'both'];
const PLACES = ['client', 'server', 'path', 'capture'] as const satisfies readonly Finding['at'][];
const CODE_NUMBERS = new Map(CATALOG.map(({ code }, index) => [code, index]));
const SEVERITY_BITS = 2;
const PLACE_BITS = 2;

/** What a record is made of. */
export interface RecordParts {
  readonly step: number;
  readonly id: number;
  readonly outcome: Outcome;
  readonly closedFirst: ClosedFirst;
  readonly clientIndex: 0 | 1;
  readonly firstNanos: number;
  readonly lastNanos: number;
  readonly addresses: FlowAddresses;
  readonly facts: JoinedFacts;
  readonly findings: readonly Finding[];
  readonly tupleId: number;
  readonly textEnd: number;
}

/** Writes records into memory that grows with them. */
export class RecordWriter {
  #numbers = new Float64Array(1 << 12);
  length = 0;

  write(parts: RecordParts): void {
    const { facts, findings, addresses } = parts;
    const wanted = this.length + RECORD_NUMBERS + findings.length * FINDING_NUMBERS;
    if (wanted > this.#numbers.length) this.#grow(wanted);
    const numbers = this.#numbers;
    const at = this.length;
    numbers[at + Field.STEP] = parts.step;
    numbers[at + Field.ID] = parts.id;
    numbers[at + Field.BITS] = bitsOf(parts);
    numbers[at + Field.OUTCOME] = OUTCOMES.indexOf(parts.outcome);
    numbers[at + Field.CLOSED_FIRST] = CLOSERS.indexOf(parts.closedFirst);
    numbers[at + Field.PORTS] = addresses.ports[0];
    numbers[at + Field.PORTS + 1] = addresses.ports[1];
    for (let i = 0; i < 4; i++) {
      numbers[at + Field.WORDS + i] = addresses.words0[i];
      numbers[at + Field.WORDS + 4 + i] = addresses.words1[i];
    }
    numbers[at + Field.LAST_NANOS] = parts.lastNanos;
    numbers[at + Field.FIRST_NANOS] = parts.firstNanos;
    numbers[at + Field.CLOSE_WAIT_NANOS] = facts.closeWaitNanos;
    numbers[at + Field.FIRST_FRAME] = facts.firstFrame;
    numbers[at + Field.LAST_FRAME] = facts.lastFrame;
    numbers[at + Field.FIN_FRAME] = facts.finFrame;
    numbers[at + Field.TEXT_END] = parts.textEnd;
    numbers[at + Field.TUPLE_ID] = parts.tupleId;
    numbers[at + Field.FINDINGS] = findings.length;
    this.length = at + RECORD_NUMBERS;
    for (const finding of findings) this.#writeFinding(finding);
  }

  /** What was written since the last call. */
  take(): Float64Array {
    const taken = this.#numbers.slice(0, this.length);
    this.length = 0;
    return taken;
  }

  #writeFinding({ code, severity, at, frames }: Finding): void {
    const number = CODE_NUMBERS.get(code) ?? 0;
    const place = PLACES.indexOf(at);
    this.#numbers[this.length++] =
      (((number << SEVERITY_BITS) | SEVERITIES.indexOf(severity)) << PLACE_BITS) | Math.max(place, 0);
    this.#numbers[this.length++] = frames[0] ?? 0;
  }

  #grow(wanted: number): void {
    const numbers = new Float64Array(Math.max(wanted, this.#numbers.length * 2));
    numbers.set(this.#numbers);
    this.#numbers = numbers;
  }
}

function bitsOf({ facts, clientIndex, addresses }: RecordParts): number {
  let bits: number = clientIndex === 1 ? Bit.CLIENT_1 : 0;
  if (addresses.ipVersion === 6) bits |= Bit.IPV6;
  if (facts.isAnswered) bits |= Bit.ANSWERED;
  if (facts.isCompleted) bits |= Bit.COMPLETED;
  if (facts.isHalfOpen) bits |= Bit.HALF_OPEN;
  if (facts.isProbe) bits |= Bit.PROBE;
  if (facts.hasPlainSegments) bits |= Bit.PLAIN_SEGMENTS;
  if (facts.isFiltered) bits |= Bit.FILTERED;
  return bits;
}

/** The record at an index of a chunk's records. */
export class RecordReader {
  #numbers: Float64Array = new Float64Array(RECORD_NUMBERS);
  #at = 0;
  readonly #addresses = {
    ipVersion: 4 as 4 | 6,
    words0: new Int32Array(4),
    words1: new Int32Array(4),
    ports: [0, 0] as [number, number],
  };

  seek(numbers: Float64Array, at: number): void {
    this.#numbers = numbers;
    this.#at = at;
  }

  get outcome(): Outcome {
    return OUTCOMES[this.#get(Field.OUTCOME)];
  }

  get closedFirst(): ClosedFirst {
    return CLOSERS[this.#get(Field.CLOSED_FIRST)];
  }

  get clientIndex(): 0 | 1 {
    return this.#has(Bit.CLIENT_1) ? 1 : 0;
  }

  get firstNanos(): number {
    return this.#get(Field.FIRST_NANOS);
  }

  get lastNanos(): number {
    return this.#get(Field.LAST_NANOS);
  }

  /** Written over for the next record. */
  get addresses(): FlowAddresses {
    const addresses = this.#addresses;
    const numbers = this.#numbers;
    const wordsAt = this.#at + Field.WORDS;
    for (let i = 0; i < 4; i++) {
      addresses.words0[i] = numbers[wordsAt + i];
      addresses.words1[i] = numbers[wordsAt + 4 + i];
    }
    addresses.ports[0] = this.#get(Field.PORTS);
    addresses.ports[1] = this.#get(Field.PORTS + 1);
    addresses.ipVersion = this.#has(Bit.IPV6) ? 6 : 4;
    return addresses;
  }

  get facts(): JoinedFacts {
    return {
      firstFrame: this.#get(Field.FIRST_FRAME),
      lastFrame: this.#get(Field.LAST_FRAME),
      firstNanos: this.firstNanos,
      finFrame: this.#get(Field.FIN_FRAME),
      closeWaitNanos: this.#get(Field.CLOSE_WAIT_NANOS),
      isAnswered: this.#has(Bit.ANSWERED),
      isCompleted: this.#has(Bit.COMPLETED),
      isHalfOpen: this.#has(Bit.HALF_OPEN),
      isProbe: this.#has(Bit.PROBE),
      hasPlainSegments: this.#has(Bit.PLAIN_SEGMENTS),
      isFiltered: this.#has(Bit.FILTERED),
    };
  }

  /** Code, severity, place and first frame of each; what is told in words is only in the result. */
  get findings(): Finding[] {
    const findings: Finding[] = [];
    let at = this.#at + RECORD_NUMBERS;
    for (let left = this.#get(Field.FINDINGS); left > 0; left--) {
      findings.push(readFinding(this.#numbers[at], this.#numbers[at + 1]));
      at += FINDING_NUMBERS;
    }
    return findings;
  }

  #get(field: number): number {
    return this.#numbers[this.#at + field];
  }

  #has(bit: number): boolean {
    return (this.#numbers[this.#at + Field.BITS] & bit) !== 0;
  }
}

/** Index behind the record at `at`. */
export function endOfRecord(numbers: Float64Array, at: number): number {
  return at + RECORD_NUMBERS + numbers[at + Field.FINDINGS] * FINDING_NUMBERS;
}

function readFinding(packed: number, frame: number): Finding {
  const entry = CATALOG[packed >> (SEVERITY_BITS + PLACE_BITS)];
  return wordless(entry, SEVERITIES[(packed >> PLACE_BITS) & 3], PLACES[packed & 3], frame === 0 ? [] : [frame]);
}
