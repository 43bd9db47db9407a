import type { Part, Sentence } from '../base/sentence.ts';
import type { Piece, TextWriter } from './text-writer.ts';

/** Words are few, fractions of durations and histories of Zeek among them. */
const MAX_WORDS = 2048;

/** Writes sentences as JSON strings: their texts, and the words in them, are kept as pieces. */
export class SentenceJson {
  readonly #writer: TextWriter;
  readonly #quote: Piece;
  /** By the texts of a sentence. */
  readonly #texts = new Map<readonly string[], readonly Piece[]>();
  readonly #words = new Map<string, Piece>();

  constructor(writer: TextWriter) {
    this.#writer = writer;
    this.#quote = writer.constant('"');
  }

  /** Appends a piece, and a sentence or any other text in quotes. */
  append(before: Piece, sentence: string | Sentence): void {
    const writer = this.#writer;
    if (typeof sentence === 'string') {
      writer.quoted(before, sentence);
      return;
    }
    writer.piece(before);
    writer.piece(this.#quote);
    this.#appendSentence(sentence);
    writer.piece(this.#quote);
  }

  #appendSentence({ texts, parts }: Sentence): void {
    const pieces = this.#texts.get(texts) ?? this.#learn(texts);
    for (let i = 0; i < parts.length; i++) this.#appendPart(pieces[i], parts[i]);
    this.#writer.piece(pieces[parts.length]);
  }

  #learn(texts: readonly string[]): readonly Piece[] {
    const pieces = texts.map((text) => this.#writer.constant(escaped(text)));
    this.#texts.set(texts, pieces);
    return pieces;
  }

  #appendPart(before: Piece, part: Part): void {
    if (typeof part === 'number' && part >>> 0 === part) this.#writer.whole(before, part);
    else if (typeof part === 'object') {
      this.#writer.piece(before);
      this.#appendSentence(part);
    } else this.appendWord(before, String(part));
  }

  /** A piece, and a word of which there are few, without quotes. */
  appendWord(before: Piece, word: string): void {
    const writer = this.#writer;
    writer.piece(before);
    const piece = this.#words.get(word) ?? this.#keep(word);
    if (piece === null) writer.unicode(escaped(word));
    else writer.piece(piece);
  }

  #keep(word: string): Piece | null {
    const piece = this.#words.size < MAX_WORDS ? this.#writer.keep(escaped(word)) : null;
    if (piece !== null) this.#words.set(word, piece);
    return piece;
  }
}

/** As it stands between the quotes of a JSON string. */
function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
