/** The dialog in which one connection is drawn. */
import { renderLadderSvg } from '../report/ladder-svg.ts';
import { rowDetails, rowTitle } from '../report/ladder-words.ts';
import { escapeMarkup } from '../report/markup.ts';
import { formatFrames } from '../report/measure.ts';
import type { PageData, PageLadder } from '../report/page/data.ts';
import { byId, type Ladders } from './unpack.ts';

const HINT = 'Point at a row, or go there with Tab, to read which rule moved an end and where it is written.';

export class Sheet {
  readonly #dialog = byId('ladder') as HTMLDialogElement;
  readonly #body = byId('ladder-body');
  readonly #ladders: Ladders;
  readonly #path: string;
  #page: PageLadder | null = null;

  constructor(ladders: Ladders, data: PageData) {
    this.#ladders = ladders;
    this.#path = data.paths[0] ?? 'CAPTURE';
    byId('close').addEventListener('click', () => this.#dialog.close());
    this.#dialog.addEventListener('click', (event) => {
      if (event.target === this.#dialog) this.#dialog.close();
    });
    for (const kind of ['mouseover', 'focusin']) {
      this.#body.addEventListener(kind, (event) => this.#tell(event.target as Element));
    }
  }

  async open(connection: number, parcel: number, name: string): Promise<void> {
    const page = await this.#ladders.find(parcel, connection);
    if (page === undefined) return;
    this.#page = page;
    byId('ladder-title').textContent = name;
    this.#body.innerHTML = this.#render(page);
    this.#dialog.showModal();
    this.#dialog.scrollTop = 0;
  }

  #render({ ladder, summary, findings }: PageLadder): string {
    const { connection } = ladder;
    const svg = renderLadderSvg(ladder, {
      id: `c${connection}`,
      caption: `#${connection} ${summary.verdict}`,
      standalone: false,
    });
    const facts = summary.facts.map(
      ([name, text]) => `<tr><th scope="row">${name}</th><td>${escapeMarkup(text)}</td></tr>`,
    );
    const found = findings.map(
      ({ code, severity, message, frames }) =>
        `<li><strong class="${severity}">${severity}: ${code}</strong> ${escapeMarkup(message)}${frames.length > 0 ? ` <span class="muted">(${formatFrames(frames)})</span>` : ''}</li>`,
    );
    return `<table class="facts"><tbody>${facts.join('')}</tbody></table><div class="picture">${svg}</div><ul class="evidence">${summary.endings.map((text) => `<li>${escapeMarkup(text)}</li>`).join('')}${found.join('')}</ul><p class="muted">In a terminal: <code>lastack explain ${escapeMarkup(this.#path)} --connection ${connection}</code></p><div class="row-details" id="details" role="region" tabindex="0" aria-label="The row in words" aria-live="polite"><p>${HINT}</p></div>`;
  }

  #tell(target: Element): void {
    const index = target.closest<SVGElement>('.row')?.dataset.row;
    const row = this.#page?.ladder.rows[Number(index ?? -1)];
    if (row === undefined) return;
    const lines = [rowTitle(row), ...rowDetails(row)];
    byId('details').innerHTML = lines.map((line) => `<p>${escapeMarkup(line)}</p>`).join('');
  }
}
