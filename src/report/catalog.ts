/** The catalogue of findings: the list of codes, and one code explained like a page of a manual. */
import type { CatalogEntry } from '../findings/catalog.ts';
import { severityRank } from './severity.ts';
import { createStyle, padRight, type TextOptions, wrapBehind } from './terminal.ts';

const SEVERITY_WIDTH = 'warning'.length;
const SECTION_INDENT = '    ';

/** Lists codes by category, the serious ones of each first. */
export function renderCatalog(catalog: readonly CatalogEntry[], options: TextOptions): string {
  const style = createStyle(options);
  const lines: string[] = [];
  const codeWidth = Math.max(...catalog.map((entry) => entry.code.length));
  for (const category of new Set(catalog.map((entry) => entry.category))) {
    const members = catalog
      .filter((entry) => entry.category === category)
      .sort((a, b) => severityRank(b.severity) - severityRank(a.severity));
    lines.push(style.heading(category));
    for (const { code, severity, title } of members) {
      const prefix = `  ${style.severity[severity](padRight(code, codeWidth))}  ${padRight(severity, SEVERITY_WIDTH)}  `;
      lines.push(...wrapBehind(prefix, title, style.width));
    }
    lines.push('');
  }
  lines.push(`${style.faint('One of them in full:')} ${style.command('lastack findings CODE')}`);
  return `${lines.join('\n')}\n`;
}

/** Explains one code. */
export function renderCatalogEntry(entry: CatalogEntry, options: TextOptions): string {
  const style = createStyle(options);
  const width = Math.min(style.width, 100);
  const mark = style.severity[entry.severity](`${style.glyphs.severity[entry.severity]} ${entry.code}`);
  const lines = [mark, ...wrapBehind('  ', entry.title, width), ''];
  const section = (name: string, text: string): void => {
    if (text !== '') lines.push(style.heading(name), ...wrapBehind(SECTION_INDENT, text, width), '');
  };
  section('What it means', entry.meaning);
  section('Likely cause', entry.cause);
  section('What to do', entry.hint);
  section('Severity', `${entry.severity}, about the ${entry.category}`);
  section('Source', entry.source);
  lines.push(`${style.faint('Connections with it:')} ${style.command(`lastack CAPTURE --finding ${entry.code}`)}`);
  return `${lines.join('\n')}\n`;
}
