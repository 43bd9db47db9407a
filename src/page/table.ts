/** The table of connections on the screen: only the rows in sight are there, between two spacers. */
import { escapeMarkup } from '../report/markup.ts';
import { formatBytes, formatCount, formatDuration, formatQuantity } from '../report/measure.ts';
import type { Rows, SortKey, Wish } from './rows.ts';
import { byId } from './unpack.ts';

const ROW_PIXELS = 34;
const MARGIN_ROWS = 12;
/** Before there are rows the box has no height. */
const LEAST_PIXELS = 600;
const PRINTED_ROWS = 200;
const COLUMNS = 10;

export class TableView {
  readonly rows: Rows;
  readonly #open: (row: number) => void;
  readonly #scroller = byId('scroller');
  readonly #body: HTMLElement;
  #chosen: Uint32Array = new Uint32Array();
  #key: SortKey = 'id';
  #descending = false;
  /** On paper the box is as high as its rows, and stays as it is. */
  #isPrinting = false;
  #first = -1;
  #last = -1;

  constructor(rows: Rows, open: (row: number) => void) {
    this.rows = rows;
    this.#open = open;
    this.#body = this.#scroller.querySelector('tbody') as HTMLElement;
    this.#scroller.addEventListener('scroll', () => this.#show(), { passive: true });
    this.#body.addEventListener('click', (event) => this.#openFrom(event.target as Element));
    this.#body.addEventListener('keydown', (event) => this.#step(event));
    for (const head of this.#scroller.querySelectorAll('th')) {
      head.querySelector('button')?.addEventListener('click', () => this.#sortBy(head.dataset.key as SortKey));
    }
    const form = document.querySelector('form.filters') as HTMLFormElement;
    form.addEventListener('input', () => this.refresh());
    form.addEventListener('submit', (event) => event.preventDefault());
    form.addEventListener('reset', () => setTimeout(() => this.refresh()));
    addEventListener('resize', () => this.#show(true));
    addEventListener('beforeprint', () => this.#showForPrint());
    addEventListener('afterprint', () => {
      this.#isPrinting = false;
      this.#show(true);
    });
    this.refresh();
  }

  /** Sets one filter, clears the others, and goes to the table. */
  filterBy(name: keyof Wish, value: string): void {
    for (const each of ['search', 'outcome', 'closer', 'finding'] as const)
      field(each).value = each === name ? value : '';
    this.refresh();
    this.#goThere();
  }

  /** Says something where the number of rows stands, until the filters change. */
  tell(text: string): void {
    byId('found').textContent = text;
    this.#goThere();
  }

  #goThere(): void {
    byId('connections').scrollIntoView();
    this.#scroller.focus({ preventScroll: true });
  }

  refresh(): void {
    const wish = { search: '', outcome: '', closer: '', finding: '' };
    for (const name of ['search', 'outcome', 'closer', 'finding'] as const) wish[name] = field(name).value;
    this.#chosen = this.rows.select(wish, this.#key, this.#descending);
    const found = this.#chosen.length;
    byId('found').textContent =
      found === this.rows.count
        ? formatQuantity(found, 'connection')
        : `${formatCount(found)} of ${formatQuantity(this.rows.count, 'connection')}`;
    this.#scroller.querySelector('table')?.setAttribute('aria-rowcount', String(found + 1));
    for (const head of this.#scroller.querySelectorAll('th')) {
      if (head.dataset.key === this.#key) head.ariaSort = this.#descending ? 'descending' : 'ascending';
      else head.removeAttribute('aria-sort');
    }
    this.#scroller.scrollTop = 0;
    this.#show(true);
  }

  #sortBy(key: SortKey): void {
    const startsDescending = ['duration', 'bytes', 'segments', 'findings'].includes(key);
    this.#descending = key === this.#key ? !this.#descending : startsDescending;
    this.#key = key;
    this.refresh();
  }

  #show(always = false): void {
    if (this.#isPrinting) return;
    const { scrollTop } = this.#scroller;
    const clientHeight = Math.max(this.#scroller.clientHeight, LEAST_PIXELS);
    const first = Math.max(0, Math.floor(scrollTop / ROW_PIXELS) - MARGIN_ROWS);
    const last = Math.min(this.#chosen.length, Math.ceil((scrollTop + clientHeight) / ROW_PIXELS) + MARGIN_ROWS);
    if (!always && first === this.#first && last === this.#last) return;
    const focused = (document.activeElement as HTMLElement | null)?.dataset.open;
    [this.#first, this.#last] = [first, last];
    const lines: string[] = [spacer(first)];
    for (let place = first; place < last; place++) lines.push(this.#line(place));
    lines.push(spacer(this.#chosen.length - last));
    this.#body.innerHTML = lines.join('');
    if (focused !== undefined) this.#button(focused)?.focus({ preventScroll: true });
  }

  #showForPrint(): void {
    this.#isPrinting = true;
    const count = Math.min(PRINTED_ROWS, this.#chosen.length);
    const lines: string[] = [];
    for (let place = 0; place < count; place++) lines.push(this.#line(place));
    const more = this.#chosen.length - count;
    if (more > 0) lines.push(`<tr><td colspan="${COLUMNS}">and ${formatCount(more)} more</td></tr>`);
    this.#body.innerHTML = lines.join('');
  }

  #line(place: number): string {
    const row = this.#chosen[place];
    const { table, vocabulary } = this.rows;
    const id = table.id[row];
    const findings = this.rows.findings(row).filter(({ severity }) => severity !== 'info');
    const codes = findings.map(
      ({ code, severity, title }) => `<span class="${severity}" title="${escapeMarkup(title)}">${code}</span>`,
    );
    const hasLadder = table.parcel[row] >= 0;
    const name = hasLadder
      ? `<button type="button" class="plain" data-open="${row}" aria-label="Draw connection ${id}">${id}</button>`
      : `<span title="Not drawn here: nothing to say of it, or too long">${id}</span>`;
    const seconds = (table.start[row] / 1000).toFixed(3);
    return `<tr class="c${hasLadder ? ' openable' : ''}" aria-rowindex="${place + 2}" data-row="${row}"><td class="r">${name}</td><td class="r">${seconds} s</td><td>${this.rows.endpoint(row, 'client')}</td><td>${this.rows.endpoint(row, 'server')}</td><td>${vocabulary.outcomes[table.outcome[row]]}</td><td class="codes">${codes.join('')}</td><td>${vocabulary.closers[table.closer[row]]}</td><td class="r">${formatDuration(table.micros[row] / 1e6)}</td><td class="r">${formatBytes(table.bytes[row])}</td><td class="r">${formatCount(table.segments[row])}</td></tr>`;
  }

  #openFrom(target: Element): void {
    const line = target.closest<HTMLElement>('tr.openable');
    if (line === null || getSelection()?.isCollapsed === false) return;
    this.#button(line.dataset.row ?? '')?.focus({ preventScroll: true });
    this.#open(Number(line.dataset.row));
  }

  /** Arrow keys go from row to row. */
  #step(event: KeyboardEvent): void {
    const direction = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    const row = (event.target as HTMLElement).dataset.open;
    if (direction === 0 || row === undefined) return;
    event.preventDefault();
    let place = this.#chosen.indexOf(Number(row)) + direction;
    while (place >= 0 && place < this.#chosen.length && this.rows.table.parcel[this.#chosen[place]] < 0)
      place += direction;
    if (place < 0 || place >= this.#chosen.length) return;
    const top = place * ROW_PIXELS;
    const { scrollTop, clientHeight } = this.#scroller;
    if (top < scrollTop) this.#scroller.scrollTop = top;
    if (top > scrollTop + clientHeight - 3 * ROW_PIXELS) this.#scroller.scrollTop = top - clientHeight + 3 * ROW_PIXELS;
    this.#show();
    this.#button(String(this.#chosen[place]))?.focus({ preventScroll: true });
  }

  #button(row: string): HTMLElement | null {
    return this.#body.querySelector<HTMLElement>(`[data-open="${row}"]`);
  }
}

const spacer = (rows: number): string =>
  `<tr class="spacer" aria-hidden="true"><td colspan="${COLUMNS}" style="height:${rows * ROW_PIXELS}px"></td></tr>`;

const field = (name: string): HTMLInputElement => byId(name) as HTMLInputElement;
