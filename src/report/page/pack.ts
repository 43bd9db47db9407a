/**
 * Ladders as short arrays, many together: words are numbers into one list, frames and times count from the row before,
 * what a rule says stands once in the page. `unpackLadders` gives back what `packLadders` was given, times to the
 * microsecond. It runs in the page, so nothing here may need Node.js.
 */
import type { Severity } from '../../findings/finding.ts';
import type { End } from '../../flow/vocabulary.ts';
import type { Basis, Phase, TcpState } from '../../tcp/states.ts';
import type {
  Fate,
  Ladder,
  LadderLane,
  LadderNote,
  LadderRow,
  SegmentRow,
  StateBand,
  StateChange,
} from '../ladder-model.ts';
import type { PageLadder, PageRule } from './data.ts';

const ENDS: readonly End[] = ['client', 'server'];
const BASES: readonly Basis[] = ['proven', 'assumed', 'timer'];
const FATES: readonly Fate[] = ['arrives', 'lost', 'unanswered', 'not-taken'];
const NONE = -1;

type Packed = number | string | readonly Packed[];

/** Ladders packed together. */
export interface Parcel {
  readonly words: readonly string[];
  readonly ladders: readonly Packed[];
}

const toMicros = (seconds: number): number => Math.round(seconds * 1e6);

class Words {
  readonly list: string[] = [];
  readonly #index = new Map<string, number>();

  of(word: string): number {
    let index = this.#index.get(word);
    if (index === undefined) {
      index = this.list.length;
      this.list.push(word);
      this.#index.set(word, index);
    }
    return index;
  }
}

/** Packs ladders. */
export function packLadders(pages: readonly PageLadder[]): Parcel {
  const words = new Words();
  return { words: words.list, ladders: pages.map((page) => packPage(words, page)) };
}

function packPage(words: Words, { summary, findings, ladder }: PageLadder): Packed {
  let frame = 0;
  let micros = 0;
  const rows = ladder.rows.map((row) => {
    const at = toMicros(row.seconds);
    const packed = packRow(words, row, frame, at - micros);
    if (row.kind === 'segment') frame = row.frame;
    if (row.kind === 'fold') frame = row.lastFrame;
    micros = at;
    return packed;
  });
  return [
    ladder.connection,
    ENDS.map((end) => packLane(words, ladder.lanes[end])),
    rows,
    findings.map(({ code, severity, message, frames }) => [words.of(code), words.of(severity), message, frames]),
    summary.verdict,
    summary.facts.map(([name, text]) => [words.of(name), text]),
    summary.endings,
  ];
}

function packLane(words: Words, { endpoint, before, bands }: LadderLane): Packed {
  return [
    endpoint,
    before === null ? NONE : words.of(before),
    bands.map((band) => [
      words.of(band.state),
      BASES.indexOf(band.basis),
      band.frame,
      (band.provenFrame ?? NONE) - (band.provenFrame === null ? 0 : band.frame),
      band.withdrawnAt ?? NONE,
      band.firstRow,
      band.endRow,
    ]),
  ];
}

function packRow(words: Words, row: LadderRow, frame: number, micros: number): Packed {
  switch (row.kind) {
    case 'segment':
      return packSegment(words, row, frame, micros);
    case 'fold':
      return [
        1,
        micros,
        row.firstFrame - frame,
        row.lastFrame - row.firstFrame,
        toMicros(row.durationSeconds),
        ENDS.map((end) => row.segments[end]),
        ENDS.map((end) => row.payloadBytes[end]),
        Object.entries(row.labels).flatMap(([label, count]) => [words.of(label), count]),
      ];
    case 'idle':
      return [2, micros, toMicros(row.durationSeconds)];
    case 'timer':
      return [3, micros, row.changes.map((change) => packChange(words, change))];
    case 'unseen':
      return [4, micros, ENDS.indexOf(row.from), words.of(row.flags.join(',')), row.seq ?? NONE, row.length];
  }
}

function packSegment(words: Words, row: SegmentRow, frame: number, micros: number): Packed {
  return [
    0,
    micros,
    row.frame - frame,
    ENDS.indexOf(row.from) + 2 * FATES.indexOf(row.fate),
    words.of(row.flags.join(',')),
    row.seq ?? '',
    row.ack ?? '',
    row.length,
    words.of(row.labels.join(' ')),
    words.of(row.phase),
    row.changes.map((change) => packChange(words, change)),
    row.notes.map((note) => words.of(note.rule) * 2 + ENDS.indexOf(note.end)),
    row.findings.flatMap(({ code, severity }) => [words.of(code), words.of(severity)]),
  ];
}

function packChange(words: Words, change: StateChange): Packed {
  return [
    ENDS.indexOf(change.end) + 2 * BASES.indexOf(change.basis),
    words.of(change.state),
    words.of(change.via.join(' ')),
    change.withdrawnAt ?? NONE,
    change.takesBack === null ? NONE : words.of(change.takesBack),
  ];
}

/** Reads packed values in order. */
class Reader {
  readonly #values: readonly Packed[];
  readonly #words: readonly string[];
  #at = 0;

  constructor(values: Packed, words: readonly string[]) {
    this.#values = values as readonly Packed[];
    this.#words = words;
  }

  number(): number {
    return this.#values[this.#at++] as number;
  }

  text(): string {
    return this.#values[this.#at++] as string;
  }

  list<T = Packed>(): readonly T[] {
    return this.#values[this.#at++] as unknown as readonly T[];
  }

  /** A list whose members are lists themselves. */
  each<T>(read: (reader: Reader) => T): T[] {
    return this.list().map((value) => read(new Reader(value, this.#words)));
  }

  word(): string {
    return this.#words[this.number()];
  }

  /** A word, or null. */
  wordOrNull(): string | null {
    const index = this.number();
    return index === NONE ? null : this.#words[index];
  }

  /** A number, or null for `NONE`. */
  numberOrNull(): number | null {
    const value = this.number();
    return value === NONE ? null : value;
  }
}

const split = (text: string, separator: string): string[] => (text === '' ? [] : text.split(separator));

/** Unpacks ladders; `rules` is what the page knows of the rules. */
export function unpackLadders({ words, ladders }: Parcel, rules: ReadonlyMap<string, PageRule>): PageLadder[] {
  return ladders.map((packed) => unpackPage(new Reader(packed, words), words, rules));
}

function unpackPage(reader: Reader, words: readonly string[], rules: ReadonlyMap<string, PageRule>): PageLadder {
  const connection = reader.number();
  const lanes = reader.each((lane) => ({
    endpoint: lane.text(),
    before: lane.wordOrNull() as TcpState | null,
    bands: lane.each(unpackBand),
  }));
  const place = { frame: 0, micros: 0 };
  const rows = reader.each((row) => unpackRow(row, place, words, rules));
  const [client, server] = ENDS.map((end, index) => ({ end, ...lanes[index] }));
  return {
    ladder: { connection, startTime: '', lanes: { client, server }, rows } satisfies Ladder,
    findings: reader.each((finding) => ({
      code: finding.word(),
      severity: finding.word() as Severity,
      message: finding.text(),
      frames: finding.list<number>(),
    })),
    summary: {
      verdict: reader.text(),
      facts: reader.each((fact) => [fact.word(), fact.text()] as const),
      endings: reader.list<string>(),
    },
  };
}

function unpackBand(reader: Reader): StateBand {
  const state = reader.word() as TcpState;
  const basis = BASES[reader.number()];
  const frame = reader.number();
  const proven = reader.numberOrNull();
  return {
    state,
    basis,
    frame,
    provenFrame: proven === null ? null : proven + frame,
    withdrawnAt: reader.numberOrNull(),
    firstRow: reader.number(),
    endRow: reader.number(),
  };
}

function unpackRow(
  reader: Reader,
  place: { frame: number; micros: number },
  words: readonly string[],
  rules: ReadonlyMap<string, PageRule>,
): LadderRow {
  const kind = reader.number();
  place.micros += reader.number();
  const seconds = place.micros / 1e6;
  switch (kind) {
    case 1: {
      const firstFrame = place.frame + reader.number();
      place.frame = firstFrame + reader.number();
      const durationSeconds = reader.number() / 1e6;
      const [segments, payloadBytes] = [perEnd(reader.list<number>()), perEnd(reader.list<number>())];
      const pairs = reader.list<number>();
      const labels: Record<string, number> = {};
      for (let at = 0; at < pairs.length; at += 2) labels[words[pairs[at]]] = pairs[at + 1];
      return {
        kind: 'fold',
        firstFrame,
        lastFrame: place.frame,
        seconds,
        durationSeconds,
        segments,
        payloadBytes,
        labels,
      };
    }
    case 2:
      return { kind: 'idle', seconds, durationSeconds: reader.number() / 1e6 };
    case 3:
      return { kind: 'timer', seconds, changes: reader.each(unpackChange) };
    case 4: {
      const from = ENDS[reader.number()];
      const flags = split(reader.word(), ',');
      return { kind: 'unseen', seconds, from, flags, seq: reader.numberOrNull(), length: reader.number() };
    }
    default:
      return unpackSegment(reader, place, seconds, words, rules);
  }
}

const perEnd = ([client, server]: readonly number[]): Record<End, number> => ({ client, server });

function unpackSegment(
  reader: Reader,
  place: { frame: number },
  seconds: number,
  words: readonly string[],
  rules: ReadonlyMap<string, PageRule>,
): SegmentRow {
  place.frame += reader.number();
  const way = reader.number();
  const flags = split(reader.word(), ',');
  const seq = reader.number() as number | '';
  const ack = reader.number() as number | '';
  const length = reader.number();
  const labels = split(reader.word(), ' ');
  const phase = reader.word() as Phase;
  const changes = reader.each(unpackChange);
  const notes = reader.list<number>().map((note) => toNote(rules.get(words[note >> 1]), ENDS[note & 1]));
  const pairs = reader.list<number>();
  const findings: { code: string; severity: Severity }[] = [];
  for (let at = 0; at < pairs.length; at += 2) {
    findings.push({ code: words[pairs[at]], severity: words[pairs[at + 1]] as Severity });
  }
  return {
    kind: 'segment',
    frame: place.frame,
    seconds,
    from: ENDS[way & 1],
    flags,
    seq: seq === '' ? null : seq,
    ack: ack === '' ? null : ack,
    length,
    labels,
    phase,
    fate: FATES[way >> 1],
    changes,
    notes: notes.filter((note) => note !== null),
    findings,
  };
}

function toNote(rule: PageRule | undefined, end: End): LadderNote | null {
  if (rule === undefined) return null;
  return { end, rule: rule.id, to: rule.to, why: rule.why, rfc: rule.rfc, socket: rule.socket ?? null };
}

function unpackChange(reader: Reader): StateChange {
  const who = reader.number();
  return {
    end: ENDS[who & 1],
    basis: BASES[who >> 1],
    state: reader.word() as TcpState,
    via: split(reader.word(), ' ') as TcpState[],
    withdrawnAt: reader.numberOrNull(),
    takesBack: reader.wordOrNull() as TcpState | null,
  };
}
