/** What stands in a sentence: a number or a word, or a part that is made in the same way. */
export type Part = string | number | Sentence;

/**
 * A sentence with the numbers of one case, in pieces: the texts are the same in all cases, the same array even, and between
 * each two of them stands a part. Whoever writes many of them writes the texts as they are.
 */
export class Sentence {
  readonly texts: readonly string[];
  readonly parts: readonly Part[];

  /** There is one text more than there are parts. */
  constructor(texts: readonly string[], parts: readonly Part[]) {
    this.texts = texts;
    this.parts = parts;
  }

  toString(): string {
    let text = this.texts[0];
    for (let i = 0; i < this.parts.length; i++) {
      const part = this.parts[i];
      text += (typeof part === 'object' ? part.toString() : part) + this.texts[i + 1];
    }
    return text;
  }
}

/** The tag of a template that is a sentence. */
export function say(texts: readonly string[], ...parts: Part[]): Sentence {
  return new Sentence(texts, parts);
}
