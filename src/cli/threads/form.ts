/** What threads make of connections, so that the one that writes has only to put them in order and number them. */
import { renderCsvRow, renderSegmentCsvRows } from '../../report/csv.ts';
import type { ConnectionResult } from '../../report/result.ts';

export type LineForm = 'json' | CsvForm;
export type CsvForm = 'csv' | 'csv-segments';

/** The text of a connection, without its number at the beginning of each line: a thread does not know it yet. */
export function renderUnnumbered(form: CsvForm, connection: ConnectionResult): string {
  if (form === 'csv-segments') return renderSegmentCsvRows(connection).replaceAll(/^\d+/gm, '');
  return renderCsvRow(connection).slice(numberOf(form, connection.id).length);
}

/** What the text of a connection in this form begins with. */
export function numberOf(form: LineForm, id: number): string {
  return form === 'json' ? `{"id":${id}` : String(id);
}

const LINE_FEED = 10;

/** The text of a connection from a thread, in parts, with its number where it belongs. */
export function numberLines(form: LineForm, id: number, text: Uint8Array): Uint8Array[] {
  const number = Buffer.from(numberOf(form, id), 'latin1');
  if (form !== 'csv-segments') return [number, text];
  const parts: Uint8Array[] = [];
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf(LINE_FEED, start) + 1;
    parts.push(number, text.subarray(start, end));
    start = end;
  }
  return parts;
}
