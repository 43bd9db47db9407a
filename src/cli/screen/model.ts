/** What the live screen shows and how keys change it; knows nothing of terminals. */
import type { LiveEvent } from '../../live/events.ts';
import type { LiveAnalysis } from '../../live/live-analysis.ts';
import type { Watched } from '../../live/watched.ts';
import { formatEndpoint } from '../../report/measure.ts';
import { severityRank, worstSeverity } from '../../report/severity.ts';

/** What the screen needs of the session besides the analysis. */
export interface ScreenSource {
  readonly live: LiveAnalysis;
  readonly title: string;
  packetCount(): number;
  losses(): string;
  /** Lines that draw a connection, for a width. */
  draw(watched: Watched, width: number): readonly string[];
  /** Writes the packets of a connection to a file; says what came of it. */
  write(watched: Watched): string;
  stop(): void;
}

/** One connection in the table. */
export interface Row {
  readonly watched: Watched;
  readonly id: number;
  readonly client: string;
  readonly server: string;
  readonly clientState: string;
  readonly serverState: string;
  readonly segments: number;
  readonly bytes: number;
  readonly lastNanos: number;
  /** -1 without a finding. */
  readonly rank: number;
}

export const SORTS = ['newest', 'latest', 'state', 'bytes', 'segments', 'findings'] as const;
export type Sort = (typeof SORTS)[number];

export type FindingEvent = Extract<LiveEvent, { event: 'finding' }>;

/** Samples kept for the curves, one a second. */
const MAX_SAMPLES = 240;
const MAX_FINDINGS = 200;
/** More connections than this are put in order once a second only. */
const MANY = 2000;
const TICKS_A_SECOND = 4;
const MESSAGE_TICKS = 5 * TICKS_A_SECOND;

const COMPARE: Readonly<Record<Sort, (a: Row, b: Row) => number>> = {
  newest: (a, b) => b.id - a.id,
  latest: (a, b) => b.lastNanos - a.lastNanos,
  state: (a, b) =>
    a.clientState.localeCompare(b.clientState) || a.serverState.localeCompare(b.serverState) || b.id - a.id,
  bytes: (a, b) => b.bytes - a.bytes || b.id - a.id,
  segments: (a, b) => b.segments - a.segments || b.id - a.id,
  findings: (a, b) => b.rank - a.rank || b.id - a.id,
};

export class ScreenModel {
  readonly source: ScreenSource;
  mode: 'list' | 'ladder' | 'help' | 'filter' = 'list';
  sort: Sort = 'newest';
  isReversed = false;
  filter = '';
  /** Connections that pass the filter, in order. */
  rows: readonly Row[] = [];
  /** Number of the selected connection; -1 for the first of the list. */
  selectedId = -1;
  /** First line of the ladder that is shown; Infinity stays at its end. */
  ladderTop = Number.POSITIVE_INFINITY;
  ladder: readonly string[] = [];
  #message = '';
  #messageTicks = 0;
  readonly findings: FindingEvent[] = [];
  /** Ends in each state, once a second; both ends together. */
  readonly samples = new Map<string, number[]>();
  readonly rates: number[] = [];
  height = 24;
  width = 80;
  #ticks = 0;
  #packetsBefore = 0;

  constructor(source: ScreenSource) {
    this.source = source;
  }

  onEvent(event: LiveEvent): void {
    if (event.event !== 'finding' || !event.stands) return;
    this.findings.push(event);
    if (this.findings.length > MAX_FINDINGS) this.findings.shift();
  }

  /** A quarter of a second has passed. */
  tick(): void {
    if (--this.#messageTicks === 0) this.#message = '';
    if (this.#ticks++ % TICKS_A_SECOND === 0) this.#sample();
    const isDue = this.rows.length < MANY || this.#ticks % TICKS_A_SECOND === 0;
    if (this.mode !== 'help' && isDue) this.refresh();
  }

  /** Reads the connections anew. */
  refresh(): void {
    const rows: Row[] = [];
    for (const watched of this.source.live.connections) {
      if (!watched.isOpened) continue;
      const row = this.#rowOf(watched);
      if (this.#passes(row)) rows.push(row);
    }
    rows.sort(COMPARE[this.sort]);
    if (this.isReversed) rows.reverse();
    this.rows = rows;
    if (this.mode === 'ladder') this.#drawLadder();
  }

  /** What is said for some seconds in place of the keys. */
  get message(): string {
    return this.#message;
  }

  set message(text: string) {
    this.#message = text;
    this.#messageTicks = MESSAGE_TICKS;
  }

  get selected(): Row | undefined {
    return this.rows.find(({ id }) => id === this.selectedId) ?? this.rows[0];
  }

  /** Takes a key: a character, or a name such as `up`, `pagedown`, `return`, `escape`, `ctrl-c`. */
  onKey(key: string): void {
    this.message = '';
    if (key === 'ctrl-c') this.source.stop();
    else if (this.mode === 'filter') this.#onFilterKey(key);
    else if (key === 'q') this.source.stop();
    else if (key === '?') this.mode = this.mode === 'help' ? 'list' : 'help';
    else if (this.mode === 'help') this.mode = 'list';
    else if (key === 'w') this.#write();
    else if (this.mode === 'ladder') this.#onLadderKey(key);
    else this.#onListKey(key);
  }

  #onListKey(key: string): void {
    const page = Math.max(1, this.height - 16);
    const steps: Readonly<Record<string, number>> = {
      up: -1,
      k: -1,
      down: 1,
      j: 1,
      pageup: -page,
      pagedown: page,
      home: -1e9,
      g: -1e9,
      end: 1e9,
      G: 1e9,
    };
    if (key in steps) this.#move(steps[key]);
    else if (key === 's') this.sort = SORTS[(SORTS.indexOf(this.sort) + 1) % SORTS.length];
    else if (key === 'r') this.isReversed = !this.isReversed;
    else if (key === '/') this.mode = 'filter';
    else if (key === 'escape') this.filter = '';
    else if (key === 'return' && this.selected !== undefined) this.#openLadder(this.selected);
    this.refresh();
  }

  #onLadderKey(key: string): void {
    const page = Math.max(1, this.height - 3);
    const top = Math.min(this.ladderTop, Math.max(0, this.ladder.length - page));
    if (key === 'escape' || key === 'return') this.mode = 'list';
    else if (key === 'up' || key === 'k') this.ladderTop = Math.max(0, top - 1);
    else if (key === 'down' || key === 'j') this.ladderTop = top + 1;
    else if (key === 'pageup') this.ladderTop = Math.max(0, top - page);
    else if (key === 'pagedown') this.ladderTop = top + page;
    else if (key === 'home' || key === 'g') this.ladderTop = 0;
    else if (key === 'end' || key === 'G') this.ladderTop = Number.POSITIVE_INFINITY;
    // Whoever is at the end stays there while the ladder grows.
    if (this.ladderTop + page >= this.ladder.length) this.ladderTop = Number.POSITIVE_INFINITY;
    if (this.ladder.length <= page) this.ladderTop = 0;
  }

  #onFilterKey(key: string): void {
    if (key === 'return') this.mode = 'list';
    else if (key === 'escape') {
      this.filter = '';
      this.mode = 'list';
    } else if (key === 'backspace') this.filter = this.filter.slice(0, -1);
    else if (key.length === 1) this.filter += key;
    this.refresh();
  }

  #move(step: number): void {
    const at = this.rows.findIndex(({ id }) => id === this.selectedId);
    const next = Math.min(this.rows.length - 1, Math.max(0, Math.max(0, at) + step));
    // At the top the selection stays with the newest.
    this.selectedId = next <= 0 ? -1 : this.rows[next].id;
  }

  #openLadder(row: Row): void {
    this.selectedId = row.id;
    this.mode = 'ladder';
    this.ladderTop = 0;
    this.#drawLadder();
  }

  #drawLadder(): void {
    const { selected } = this;
    if (selected !== undefined && selected.id === this.selectedId) {
      this.ladder = this.source.draw(selected.watched, this.width);
    }
  }

  #write(): void {
    const { selected } = this;
    this.message = selected === undefined ? 'there is no connection to write' : this.source.write(selected.watched);
  }

  #sample(): void {
    const { live } = this.source;
    const counts = new Map<string, number>();
    for (const end of ['client', 'server'] as const) {
      for (const [state, count] of live.states[end]) counts.set(state, (counts.get(state) ?? 0) + count);
    }
    for (const state of new Set([...counts.keys(), ...this.samples.keys()])) {
      const list = this.samples.get(state) ?? [];
      list.push(counts.get(state) ?? 0);
      if (list.length > MAX_SAMPLES) list.shift();
      this.samples.set(state, list);
    }
    const packets = this.source.packetCount();
    this.rates.push(packets - this.#packetsBefore);
    if (this.rates.length > MAX_SAMPLES) this.rates.shift();
    this.#packetsBefore = packets;
  }

  #rowOf(watched: Watched): Row {
    const { connection } = watched;
    const { client, server } = this.source.live.placesOf(watched);
    const worst = worstSeverity([...(watched.findings?.values() ?? [])]);
    return {
      watched,
      id: connection.id,
      client: formatEndpoint(client),
      server: formatEndpoint(server),
      clientState: watched.stateOf('client') ?? '',
      serverState: watched.stateOf('server') ?? '',
      segments: connection.segmentCount,
      bytes: connection.client.payloadBytes + connection.server.payloadBytes,
      lastNanos: connection.lastNanos,
      rank: worst === null ? -1 : severityRank(worst),
    };
  }

  /** Every word of the filter must be part of an address, a state, or the code of a finding. */
  #passes(row: Row): boolean {
    if (this.filter === '') return true;
    const codes = [...(row.watched.findings?.keys() ?? [])].join(' ');
    const text = `${row.client} ${row.server} ${row.clientState} ${row.serverState} ${codes}`.toLowerCase();
    return this.filter
      .toLowerCase()
      .split(/\s+/)
      .every((word) => text.includes(word));
  }
}
