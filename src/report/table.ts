import { padLeft, padRight, type Style, shorten, textWidth } from './terminal.ts';

export interface TableColumn {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Columns this one may shrink to when the table is too wide; without it the column keeps its width. */
  readonly shrinkTo?: number;
  /** Left out, the last such column first, when the table does not fit. */
  readonly optional?: boolean;
  readonly paint?: (cell: string, row: number) => string;
}

const GAP = 2;

/** Lays out rows of plain texts under faint titles; what is optional is left out and what may shrink shrinks until it fits. */
export function renderTable(
  style: Style,
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  width: number,
): string[] {
  const dropped = columns.findLastIndex((column) => column.optional === true);
  if (dropped >= 0 && naturalWidth(columns, rows) > width) {
    const keep = <T>(cells: readonly T[]): T[] => cells.filter((_, index) => index !== dropped);
    return renderTable(style, keep(columns), rows.map(keep), width);
  }
  const widths = fitWidths(columns, rows, width);
  const line = (cells: readonly string[], paint: (cell: string, column: number) => string): string =>
    cells
      .map((cell, index) => {
        const text = shorten(cell, widths[index], style.glyphs.ellipsis);
        const padded = columns[index].align === 'right' ? padLeft(text, widths[index]) : padRight(text, widths[index]);
        return paint(index === cells.length - 1 ? padded.trimEnd() : padded, index);
      })
      .join(' '.repeat(GAP))
      .trimEnd();
  const titles = columns.map((column) => column.title);
  const lines = titles.every((title) => title === '') ? [] : [line(titles, style.faint)];
  rows.forEach((cells, row) => {
    lines.push(line(cells, (cell, index) => columns[index].paint?.(cell, row) ?? cell));
  });
  return lines;
}

function naturalWidths(columns: readonly TableColumn[], rows: readonly (readonly string[])[]): number[] {
  return columns.map((column, index) =>
    rows.reduce((widest, cells) => Math.max(widest, textWidth(cells[index])), textWidth(column.title)),
  );
}

function naturalWidth(columns: readonly TableColumn[], rows: readonly (readonly string[])[]): number {
  return naturalWidths(columns, rows).reduce((sum, each) => sum + each + GAP, -GAP);
}

function fitWidths(columns: readonly TableColumn[], rows: readonly (readonly string[])[], width: number): number[] {
  const widths = naturalWidths(columns, rows);
  let excess = naturalWidth(columns, rows) - width;
  while (excess > 0) {
    const candidates = columns
      .map((column, index) => ({ index, spare: widths[index] - (column.shrinkTo ?? widths[index]) }))
      .filter((candidate) => candidate.spare > 0);
    if (candidates.length === 0) break;
    const widest = candidates.reduce((a, b) => (widths[b.index] > widths[a.index] ? b : a));
    widths[widest.index]--;
    excess--;
  }
  return widths;
}
