/** The table of connections without its looks: what a row says, which rows are wanted, and in which order. */
import { formatEndpoint } from '../report/measure.ts';
import type { PageTable, PageVocabulary } from '../report/page/data.ts';

export type SortKey =
  | 'id'
  | 'start'
  | 'client'
  | 'server'
  | 'outcome'
  | 'closer'
  | 'duration'
  | 'bytes'
  | 'segments'
  | 'findings';

export interface Wish {
  /** Words that all must occur; `#12` is the connection of that number, and several of them mean any. */
  readonly search: string;
  readonly outcome: string;
  readonly closer: string;
  readonly finding: string;
}

export class Rows {
  readonly table: PageTable;
  readonly vocabulary: PageVocabulary;
  readonly count: number;
  /** By set of findings: what it weighs when sorting, more serious and more of them first. */
  readonly #weights: readonly number[];
  #texts: readonly string[] | null = null;

  constructor(table: PageTable, vocabulary: PageVocabulary) {
    this.table = table;
    this.vocabulary = vocabulary;
    this.count = table.id.length;
    const ranks = { info: 0.001, note: 1, warning: 100, error: 10_000 };
    this.#weights = table.findingSets.map((set) =>
      set.reduce((sum, index) => sum + ranks[vocabulary.findings[index].severity], 0),
    );
  }

  endpoint(row: number, end: 'client' | 'server'): string {
    const { table } = this;
    const port = end === 'client' ? table.clientPort[row] : table.serverPort[row];
    return formatEndpoint({ address: table.addresses[table[end][row]], port });
  }

  findings(row: number): PageVocabulary['findings'] {
    return this.table.findingSets[this.table.findingSet[row]].map((index) => this.vocabulary.findings[index]);
  }

  rowOf(connection: number): number {
    return this.table.id.indexOf(connection);
  }

  /** Rows that meet a wish, sorted. */
  select(wish: Wish, key: SortKey, descending: boolean): Uint32Array {
    const { table, vocabulary } = this;
    const outcome = vocabulary.outcomes.indexOf(wish.outcome);
    const closer = vocabulary.closers.indexOf(wish.closer);
    const finding = vocabulary.findings.findIndex(({ code }) => code === wish.finding);
    const sets = new Set(table.findingSets.flatMap((set, index) => (set.includes(finding) ? [index] : [])));
    const typed = wish.search
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== '');
    const numbers = typed.filter(isNumber).map((word) => Number(word.slice(1)));
    const words = typed.filter((word) => !isNumber(word));
    const texts = words.length > 0 ? this.#allTexts() : [];
    const chosen: number[] = [];
    for (let row = 0; row < this.count; row++) {
      if (outcome >= 0 && table.outcome[row] !== outcome) continue;
      if (closer >= 0 && table.closer[row] !== closer) continue;
      if (finding >= 0 && !sets.has(table.findingSet[row])) continue;
      if (numbers.length > 0 && !numbers.includes(table.id[row])) continue;
      if (words.every((word) => texts[row].includes(word))) chosen.push(row);
    }
    const compare = this.#comparer(key);
    const sign = descending ? -1 : 1;
    return Uint32Array.from(chosen.sort((a, b) => sign * compare(a, b) || a - b));
  }

  /** What the search looks at, put together once, when somebody searches. */
  #allTexts(): readonly string[] {
    const { table, vocabulary } = this;
    this.#texts ??= Array.from({ length: this.count }, (_, row) =>
      [
        this.endpoint(row, 'client'),
        this.endpoint(row, 'server'),
        vocabulary.outcomes[table.outcome[row]],
        vocabulary.states[table.clientState[row]],
        vocabulary.states[table.serverState[row]],
        ...this.findings(row).map(({ code }) => code),
      ]
        .join(' ')
        .toLowerCase(),
    );
    return this.#texts;
  }

  #comparer(key: SortKey): (a: number, b: number) => number {
    const { table } = this;
    switch (key) {
      case 'client':
      case 'server': {
        const ports = key === 'client' ? table.clientPort : table.serverPort;
        const order = rankTexts(table.addresses);
        const ends = table[key];
        return (a, b) => order[ends[a]] - order[ends[b]] || ports[a] - ports[b];
      }
      case 'outcome':
      case 'closer': {
        const order = rankTexts(key === 'outcome' ? this.vocabulary.outcomes : this.vocabulary.closers);
        const column = table[key];
        return (a, b) => order[column[a]] - order[column[b]];
      }
      case 'findings':
        return (a, b) => this.#weights[table.findingSet[a]] - this.#weights[table.findingSet[b]];
      default: {
        const column = key === 'duration' ? table.micros : table[key];
        return (a, b) => column[a] - column[b];
      }
    }
  }
}

const isNumber = (word: string): boolean => /^#\d+$/.test(word);

/** By index: the place of a text when all are sorted, numbers in them by value. */
function rankTexts(texts: readonly string[]): number[] {
  const collator = new Intl.Collator('en', { numeric: true });
  const order = texts.map((_, index) => index).sort((a, b) => collator.compare(texts[a], texts[b]));
  const ranks: number[] = new Array(texts.length);
  for (const [rank, index] of order.entries()) ranks[index] = rank;
  return ranks;
}
